/* attack_squares - the proposals of the Square Attack (Andriushchenko, Croce, Flammarion and Hein 2020): how the
 * offsets of one example begin, and which of them change next. Of an image these are squares; of numbers without a
 * place in one they are drawn at random. */
#ifndef CAMA_VERBS_ATTACK_SQUARES_H
#define CAMA_VERBS_ATTACK_SQUARES_H

#include "attack_ball.h"

/* Offsets and scratch of one example, (width) of each part of the ball, in the model's units. */
typedef struct {
    const real *from[ATTACK_PARTS]; /* the offsets so far; those that may not change are 0 */
    real *to[ATTACK_PARTS];         /* the offsets that are proposed */
    real *window[ATTACK_PARTS];     /* what changes, with its weights */
    real *other[ATTACK_PARTS];      /* l2: where offsets are taken from */
    real *uniform;                  /* (cama__attack_squares_uniforms) */
} cama__attack_offsets;

typedef struct {
    const cama__attack_ball *ball;
    cama__shape shape; /* of an image; h = 0: numbers without a place */
    bool euclidean;
} cama__attack_squares;

/* Draws that a proposal needs. */
int64_t cama__attack_squares_uniforms(const cama__attack_squares *s);

/* e->to from e->from and e->uniform; first: the offsets to begin with, and otherwise some that differ in a share of the
 * numbers that may change, and in at least one. The box is not looked at. */
void cama__attack_squares_propose(const cama__attack_squares *s, bool first, double share,
                                  const cama__attack_offsets *e);
#endif
