/* sort - heapsort: no memory, no recursion, and no input makes it slow. Not stable: an order that must not depend on
 * luck compares equal items by their place. */
#ifndef CAMA_BASE_SORT_H
#define CAMA_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

enum { CAMA__SORT_ITEM = 32 }; /* largest size of an item */

/* Items (count) of size bytes each, ascending by order (as for qsort). */
void cama__sort(void *items, int64_t count, size_t size, int (*order)(const void *a, const void *b));

/* For items that are `const char *`: by their bytes. */
int cama__sort_texts(const void *a, const void *b);

/* Place of an item equal to wanted in sorted items, or -1. */
int64_t cama__sort_find(const void *wanted, const void *items, int64_t count, size_t size,
                        int (*order)(const void *a, const void *b));

#endif
