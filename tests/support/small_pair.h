/* small_pair - a session, a small model, and clean and other rows for it: what a law about two data sets begins
 * with. */
#ifndef TESTS_SUPPORT_SMALL_PAIR_H
#define TESTS_SUPPORT_SMALL_PAIR_H

#include "small.h"

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_dataset *clean, *other;
} small_pair;

/* n rows of either; `seed` makes the clean ones, the next the others. */
small_pair small_prepare(cama__spec spec, int64_t n, uint64_t seed);
void small_finish(small_pair *t);

#endif
