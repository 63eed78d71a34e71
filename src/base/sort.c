/* sort - the textbook's heapsort over bytes, one item held aside while others move up. */
#include "sort.h"

#include <string.h>

typedef int (*ordering)(const void *a, const void *b);

static void sift(char *items, int64_t root, int64_t count, size_t size, ordering order)
{
    char moved[CAMA__SORT_ITEM];
    memcpy(moved, items + (size_t)root * size, size);
    for (int64_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        const char *at = items + (size_t)child * size;
        if (child + 1 < count && order(at, at + size) < 0) {
            child++;
            at += size;
        }
        if (order(moved, at) >= 0) break;
        memcpy(items + (size_t)root * size, at, size);
        root = child;
    }
    memcpy(items + (size_t)root * size, moved, size);
}

void cama__sort(void *items, int64_t count, size_t size, ordering order)
{
    char top[CAMA__SORT_ITEM], *first = items;
    for (int64_t root = count / 2 - 1; root >= 0; root--) sift(first, root, count, size, order);
    for (int64_t last = count - 1; last > 0; last--) {
        memcpy(top, first, size);
        memcpy(first, first + (size_t)last * size, size);
        memcpy(first + (size_t)last * size, top, size);
        sift(first, 0, last, size, order);
    }
}

int cama__sort_texts(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

int64_t cama__sort_find(const void *wanted, const void *items, int64_t count, size_t size, ordering order)
{
    int64_t low = 0, high = count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int c = order(wanted, (const char *)items + (size_t)middle * size);
        if (c == 0) return middle;
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}
