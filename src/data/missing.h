/* missing - cells of x that are not there. A dataset has NaN in their place. A batch has a mask of what is observed,
 * by which their terms of log p(x|y,c,z,m) are left out, and for the encoders a number that says nothing of the
 * cell. */
#ifndef CAMA_DATA_MISSING_H
#define CAMA_DATA_MISSING_H

#include "../model/model.h"

/* Takes the cells of n rows that are NaN out of x (blocks, D, NR), in standard units: observed (like x) is 0 for them
 * and 1 for all others, and x becomes the mean of a continuous number, 0; 1/2 of a binary one; of a categorical
 * variable 0 for each level. False: none is missing. */
bool cama__missing_split(const cama_model *model, int64_t n, real *x, real *observed);

/* Takes cells out of the n rows at random: each row has a share of its own, drawn evenly from 0 to `most`, and each of
 * its variables goes with that probability. `split`: whether observed is written already. example (n) or NULL, seed
 * and step key the draws (rng.h). */
typedef struct {
    double most;
    uint64_t seed;
    uint32_t step;
    const uint32_t *example;
} cama__missing_draw;
void cama__missing_drop(const cama_model *model, const cama__missing_draw *draw, int64_t n, bool split, real *x,
                        real *observed);
#endif
