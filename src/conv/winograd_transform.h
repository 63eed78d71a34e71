/* winograd_transform - sums of vectors by the small matrices of minimal filtering (winograd.h), along an axis of
 * pixels or taps.
 *
 * The points of a filter are mirrored: p and -p, then 0 if their number is even, then infinity. So a row of a matrix
 * and the next one differ by the signs of every other number, and two rows cost little more than one. A matrix is
 * used in two ways: to spread the numbers of an axis (pixels, taps) over points, and, transposed, to gather points
 * to numbers. A number, or point, is a vector of `count` numbers in memory, the next one a step further. */
#ifndef CAMA_CONV_WINOGRAD_TRANSFORM_H
#define CAMA_CONV_WINOGRAD_TRANSFORM_H

#include "../base/mem.h"

enum { POINTS_MAX = 9, PHASES_MAX = 3, AXIS_MAX = 15 };

/* One filter of an axis: with a stride there is one for each remainder. */
typedef struct {
    int32_t points, size;                 /* of the matrix: rows, columns */
    int32_t point, first, step;           /* its first point on the axis; its numbers are first, first + step, ... */
    bool identity;                        /* a single tap: the points are the input values */
    real matrix[POINTS_MAX * POINTS_MAX]; /* (points, POINTS_MAX) */
} cama__polyphase;

typedef struct {
    int32_t phases, points, size;
    cama__polyphase phase[PHASES_MAX];
} cama__winograd_transform;

/* Whether phases make the same numbers, which are added up, and not each its own. */
static inline bool cama__winograd_transform_shares(const cama__winograd_transform *t)
{
    return t->phases > 1 && t->phase[1].first == t->phase[0].first;
}

/* Whether a point is made of any of the numbers [low, high). */
bool cama__winograd_transform_uses(const cama__winograd_transform *t, int32_t point, int32_t low, int32_t high);

/* Vectors that are read and written. */
typedef struct {
    const real *from;
    int64_t step; /* from one that is read to the next */
    real *to;
    int64_t to_step, count;
} cama__winograd_vectors;

/* Points from numbers, of which those outside [low, high) are zero. skip_identity: points that are numbers are not
 * copied. */
void cama__winograd_input_transform(const cama__winograd_transform *t, int32_t low, int32_t high, bool skip_identity,
                                    const cama__winograd_vectors *v);

/* What gathered numbers are added to, from one to the next (step 0: the same for all), and what they are then at
 * least. */
typedef struct {
    const real *start;
    int64_t step;
    real least; /* -INFINITY: nothing */
} cama__gather_finish;

/* Numbers [low, high) from points. finish NULL: as they are. */
void cama__winograd_output_transform(const cama__winograd_transform *t, int32_t low, int32_t high, bool skip_identity,
                                     const cama__gather_finish *finish, const cama__winograd_vectors *v);
#endif
