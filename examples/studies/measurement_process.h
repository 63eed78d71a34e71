/* measurement_process.h - the synthetic process of docs/measurement.md: fixed random functions from causes to effects,
 * and rows drawn from them. Plain C, nothing of the library. */
#ifndef EXAMPLE_MEASUREMENT_PROCESS_H
#define EXAMPLE_MEASUREMENT_PROCESS_H

#include <stdint.h>

enum { PARENTS = 6, CO_PARENTS = 8, STYLES = 3, CHILDREN = 16, CLASSES = 5, PARENT_UNITS = 12, CHILD_UNITS = 32 };

typedef struct {
    int64_t n;
    float *a, *c, *x; /* (n, PARENTS), (n, CO_PARENTS), (n, CHILDREN) */
    int32_t *y;       /* (n) */
} sample;

/* n rows. Row i's draws are those of (seed, i): with another shift of the co-parents, in their standard deviations
 * (CO_PARENTS; NULL: none), it has the same a, y, style and noise, and x follows the moved c through the mechanism.
 * Gives up where there is no memory. */
sample sample_draw(int64_t n, uint64_t seed, const double *shift);
void sample_free(sample *self);

#endif
