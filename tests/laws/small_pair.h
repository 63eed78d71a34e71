/* small_pair - a session, a small model, and clean and other rows for it: what a law about two data sets begins with.
 * Header only. */
#ifndef TESTS_LAWS_SMALL_PAIR_H
#define TESTS_LAWS_SMALL_PAIR_H

#include "small.h"

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_dataset *clean, *other;
} small_pair;

/* n rows of either; `seed` makes the clean ones, the next the others. */
static inline small_pair small_prepare(cama__spec spec, int64_t n, uint64_t seed)
{
    return (small_pair){small_session(2, 0), small_model(spec, 4), small_data(&spec, n, seed),
                        small_data(&spec, n, seed + 1)};
}

static inline void small_finish(small_pair *t)
{
    cama_dataset_free(t->clean), cama_dataset_free(t->other);
    cama_model_free(t->model);
    cama_session_free(t->session);
}

#endif
