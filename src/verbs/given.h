/* given - causes and latents that a caller gives, row by row, in place of what a dataset holds or a network infers. */
#ifndef CAMA_VERBS_GIVEN_H
#define CAMA_VERBS_GIVEN_H

#include "latents.h"
#include "verbs.h"

/* CAMA_E_DATA names the first number that is not finite, the first class that is none, or what of c the model's schema
 * refuses. Names of the arguments are for the messages; what is NULL is not given. */
typedef struct {
    const char *y, *c, *z, *m;
} cama__given_names;
int32_t cama__given_check(const cama_model *model, int64_t n, const cama__given *given, const cama__given_names *names);

/* Row a->first and so on of what is given into the batch: y and c into its room, z and m into its tensors. Those that
 * are not given stay as they are. */
void cama__given_fill(cama__latents *a, const cama__given *given);
#endif
