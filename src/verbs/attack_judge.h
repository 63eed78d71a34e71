/* attack_judge - what a model's prediction says of attacked examples: the log-odds of the label, and whether another
 * class is likelier. */
#ifndef CAMA_VERBS_ATTACK_JUDGE_H
#define CAMA_VERBS_ATTACK_JUDGE_H

#include "evaluate.h"

typedef struct {
    const cama_model *model;
    cama__logw_options score; /* OBJECTIVE_ODDS */
    int32_t draws;            /* predictions with seed, seed + 1, ..., of which the mean counts */
    int64_t capacity;
    double *value;         /* (capacity) */
    double *probabilities; /* (capacity, C) */
    double *sum;           /* (capacity, C) */
} cama__attack_judge;

/* A judge whose model, score and draws are set gets room for that many rows. To be freed after failure too. */
int32_t cama__attack_judge_room(cama__attack_judge *judge, int64_t capacity);
void cama__attack_judge_free(cama__attack_judge *judge);

/* odds (n): log p(y|x) - log(1 - p(y|x)) of the label, mean over the draws; fooled (n): another class has the larger
 * mean of p. Of a model with views the prediction is that over proposed views, which has no gradient. The rows' own
 * values: they do not depend on the other rows. CAMA_E_NONFINITE names the first bad row. */
int32_t cama__attack_judge_rows(cama_session *session, const cama__attack_judge *judge, const cama_dataset *dataset,
                                double *odds, bool *fooled);
#endif
