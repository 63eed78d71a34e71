/* attack_run - an attack that is being made, and its two ways: steps along the gradient, and a search that needs
 * predictions alone. */
#ifndef CAMA_VERBS_ATTACK_RUN_H
#define CAMA_VERBS_ATTACK_RUN_H

#include "attack_ball.h"
#include "attack_judge.h"

enum { ATTACK_AT_ONCE = 128 }; /* rows of a batch at most; results do not depend on it */

typedef struct {
    cama_session *session;
    const cama_dataset *dataset;
    cama__attack_judge judge;
    cama__attack_ball ball;
    const cama__attack_norm *norm;
    bool euclidean; /* option norm */
    bool random_start, redraw;
    int32_t steps;   /* of an example in one run */
    int32_t restart; /* the run, from 0 */
    int64_t done, all; /* steps of all examples and runs, for progress */
    double share;      /* of the numbers that the search's first squares cover */
    const bool *settled;      /* (N) rows that an earlier run has fooled; NULL: none */
    float *out[ATTACK_PARTS]; /* (N, width) of the ball's parts: the result of the run */
} cama__attack_run;

/* Each fills `out`. CAMA_E_CANCELLED, CAMA_E_NONFINITE, CAMA_E_MEMORY. */
int32_t cama__attack_by_steps(cama__attack_run *run);
int32_t cama__attack_by_search(cama__attack_run *run);

/* A number in the data's units that moved so far in the model's, within the box. How far it moved is converted: a
 * number that stayed keeps its bits, and the ball is as exact as a float. */
float cama__attack_moved(const cama_model *model, const cama__attack_part *part, int64_t d, float clean, double moved);
#endif
