/* texts - a growing list of strings. */
#include "texts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

void *room(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (memory == NULL) fail("no memory for %zu times %zu bytes", count, size);
    return memory;
}

char *text_of(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length < 0) fail("a text cannot be written");
    char *text = room((size_t)length + 1, 1);
    va_start(list, format);
    vsnprintf(text, (size_t)length + 1, format, list);
    va_end(list);
    return text;
}

void texts_add(texts *list, const char *text)
{
    if (list->count == list->room) {
        const size_t larger = list->room > 0 ? 2 * list->room : 16;
        char **items = room(larger, sizeof *items);
        if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
        free(list->items);
        list->items = items;
        list->room = larger;
    }
    list->items[list->count++] = text_of("%s", text);
}

void texts_free(texts *list)
{
    for (size_t i = 0; i < list->count; i++) free(list->items[i]);
    free(list->items);
    *list = (texts){NULL, 0, 0};
}

static int by_bytes(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

void texts_sort(texts *list)
{
    if (list->count > 1) qsort(list->items, list->count, sizeof *list->items, by_bytes);
}

ptrdiff_t texts_find(const texts *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0) return (ptrdiff_t)i;
    return -1;
}
