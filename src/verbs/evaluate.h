/* evaluate - an objective over the rows of a dataset, batch by batch. */
#ifndef CAMA_VERBS_EVALUATE_H
#define CAMA_VERBS_EVALUATE_H

#include "../options/options.h"
#include "../data/dataset.h"
#include "../data/extreme.h"
#include "session.h"

/* Room for one batch in the layout and the units the score wants. */
typedef struct {
    const cama_model *model;
    int64_t capacity;
    real *block[ROLE_COUNT]; /* x, a, c; NULL for what the model does not have */
    real *observed;          /* like x, of vectors; NULL of images */
    int32_t *y;
    uint32_t *example;
} cama__batch_room;
int32_t cama__batch_room_create(const cama_model *model, int64_t capacity, cama__batch_room *room);
void cama__batch_room_free(cama__batch_room *room);
/* Rows index[0..n) (NULL: first, ...) of a dataset in the room; keyed: the noise is keyed by row. */
cama__batch cama__batch_fill(cama__batch_room *room, cama__pool *pool, const cama_dataset *dataset,
                             const int64_t *index, int64_t first, int64_t n, bool keyed);

/* The same batch with cells of x taken out at random (data/missing.h): a share of them, by seed and step. */
void cama__batch_drop(cama__batch_room *room, double share, uint64_t seed, uint32_t step, cama__batch *batch);

/* How log-weights treat m under an option m. CAMA_E_ARGUMENT if the option asks a model with M = 0 to infer m. */
int32_t cama__evaluate_m(const cama_model *model, enum cama__choice_infer_m option, enum cama__logw_m *m);

/* Rows [first, first + n) of a dataset, `at_once` at a time, and where their results go. */
typedef struct {
    int64_t first, n, at_once;
    bool keyed;            /* the noise is keyed by row; otherwise all rows share it */
    bool quiet;            /* no progress is reported */
    double *value;         /* (n), from row `first` on, or NULL */
    double *probabilities; /* (n, C), or NULL */
} cama__evaluation;
/* CAMA_E_NONFINITE names the first bad row. */
int32_t cama__evaluate(cama_session *session, const cama_model *model, const cama__logw_options *options,
                       const cama_dataset *dataset, const cama__evaluation *e);
/* CAMA_E_NONFINITE for a result of that row, with the number of the row that is to blame, if one is. */
int32_t cama__evaluate_refused(const cama_model *model, const cama_dataset *dataset, int64_t row, double got);
/* How rows are scored where one pass has to do and no noise is wanted: at the means of q, m inferred if q_m was
 * trained. */
cama__logw_options cama__evaluate_at_means(const cama_model *model, enum cama__objective objective);
/* What a model maximises over rows without labels: ELBO(x), of a discriminative baseline the negative entropy. */
enum cama__objective cama__evaluate_unlabelled(const cama_model *model);
int32_t cama__evaluate_top(const double *p, int64_t classes); /* the first most probable class of p (C) */
/* Examples at once: whole groups (row_plan.h), enough to keep the threads busy. */
int64_t cama__evaluate_at_once(const cama_model *model);
#endif
