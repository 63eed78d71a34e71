/* figure_09.h - images of Figure 9: under do(m=0), with each other's m, under the m of many places. */
#ifndef EXAMPLE_FIGURE_09_H
#define EXAMPLE_FIGURE_09_H

#include "paper.h"

typedef struct {
    int64_t n;
    int32_t height, width;
    float *clean, *shifted;  /* (n, height, width) the digits, and under vertical shifts */
    float *undone, *swapped; /* (n, height, width) under do(m=0); with the next digit's m */
    float *travels;          /* (n, height, width) the first digit under the m of digits further down */
} swaps;

/* Returns 0 when it was cancelled; free it then too. */
int swaps_make(paper *self, const cama_model *model, double range, swaps *out);
void swaps_free(swaps *self);

/* The row of an image's centre of mass. */
double centre_row(const swaps *self, const float *images, int64_t which);

#endif
