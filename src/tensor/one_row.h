/* one_row - products of a single row: a dense layer of one image or of one m. The micro-kernel would compute NR
 * lanes, of which one is wanted. Here a panel of weights meets one number at a time, in the order of the micro-kernel
 * and with its fused multiply-add, so that a row is the same to the bit alone and among others. */
#ifndef CAMA_TENSOR_ONE_ROW_H
#define CAMA_TENSOR_ONE_ROW_H

#include "../base/mem.h"

enum { ONE_ROW_PANELS = 4 /* at once, at most: a chain of additions waits for itself, four do not */ };

typedef struct {
    const real *a; /* panels (k, MR), `panel` reals apart */
    const real *b; /* k numbers, `step` reals apart */
    int64_t k, panel, step;
} cama__one_row;

/* Whether there is code for panels of mr on this processor. Whether its sums are those of the kernel is for kernel.c to
 * find out: cama__kernel()->one_row. */
bool cama__one_row_can(int64_t mr);
/* sums (count, MR) of `count` panels of mr, 1 to ONE_ROW_PANELS. */
void cama__one_row_sums(int64_t mr, const cama__one_row *r, int32_t count, real *sums);
#endif
