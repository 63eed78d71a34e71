/* texts - lists of strings that grow, and memory that is there or ends the program with a message. */
#ifndef TOOL_TEXTS_H
#define TOOL_TEXTS_H

#include <stddef.h>

typedef struct {
    char **items; /* owned, and so are the texts */
    size_t count, room;
} texts;

void texts_add(texts *list, const char *text); /* a copy */
void texts_free(texts *list);
void texts_sort(texts *list); /* by their bytes */
/* Place of a text in the list, or -1. */
ptrdiff_t texts_find(const texts *list, const char *text);

/* Zeroed memory for count things of a size, at least one byte; never NULL. */
void *room(size_t count, size_t size);

/* A new text as printf writes it; never NULL. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
char *
text_of(const char *format, ...);

#endif
