/* attack_ball - what attacked examples may become: the numbers of x and c that may change, the box they stay in, and
 * the ball around the clean example that they share. */
#ifndef CAMA_VERBS_ATTACK_BALL_H
#define CAMA_VERBS_ATTACK_BALL_H

#include "../options/options.h"
#include "../data/dataset.h"
#include "../model/model.h"

enum { ATTACK_PARTS = 2 }; /* x and c at most */

/* A block that is attacked. */
typedef struct {
    int32_t role; /* ROLE_X or ROLE_C */
    int64_t width;
    bool *free;          /* (width) whether a number may change: continuous, and in the mask */
    float least, most;   /* the box in the data's units; -inf and inf without bounds */
    real *lower, *upper; /* (width) the box in the model's units */
} cama__attack_part;

typedef struct {
    int32_t parts;
    cama__attack_part part[ATTACK_PARTS];
    int64_t changeable; /* how many numbers of an example may change: those of all parts */
    double eps, step;   /* in the model's units: standard deviations where it is standardised */
    uint64_t seed;
} cama__attack_ball;

/* Options of, mask, low and high for a model and a dataset that fits it. CAMA_E_OPTION and CAMA_E_ARGUMENT say what
 * cannot be, CAMA_E_DATA which number lies outside of the box. To be freed after failure too; eps, step and seed are
 * the caller's to set. */
int32_t cama__attack_ball_create(const cama_model *model, const cama_dataset *dataset, const cama__attack_options *o,
                                 cama__attack_ball *ball);
void cama__attack_ball_free(cama__attack_ball *ball);

/* Row `row` of an attacked block as floats (width). */
void cama__attack_clean_row(const cama_dataset *dataset, int32_t role, int64_t row, float *out);

/* One example of a packed batch: number d of part p is at [p][d * stride]. */
typedef struct {
    int64_t stride;
    real *x[ATTACK_PARTS];
    const real *clean[ATTACK_PARTS], *gradient[ATTACK_PARTS];
} cama__attack_example;

/* By option "norm": places an example at random in the ball (keyed by its row and the run), or takes a step up the
 * gradient and goes back to the ball. The numbers that may not change are moved too. */
typedef struct {
    void (*start)(const cama__attack_ball *ball, uint32_t row, uint32_t run, const cama__attack_example *e);
    void (*step)(const cama__attack_ball *ball, const cama__attack_example *e);
} cama__attack_norm;
extern const cama__attack_norm cama__attack_norms[];

/* To the box, and what may not change to where it was. A box that holds the clean example never leads away from it: the
 * example stays in the ball. */
void cama__attack_confine(const cama__attack_ball *ball, const cama__attack_example *e);
#endif
