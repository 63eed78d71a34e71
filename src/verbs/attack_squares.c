/* attack_squares - first what changes, as weights in a window, then what the weights do by the norm. In the maximum
 * norm numbers go to one end of the ball or the other. In the Euclidean one offsets are taken from another window, so
 * that the example stays at the ball's edge. */
#include "attack_squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef cama__attack_squares squares;
typedef cama__attack_offsets offsets;

static double sign_of(real u) { return u < 0.5f ? -1 : 1; }

static void clear(const cama__attack_ball *b, real *const *v)
{
    for (int32_t k = 0; k < b->parts; k++) memset(v[k], 0, (size_t)b->part[k].width * sizeof *v[k]);
}

static int64_t all_width(const cama__attack_ball *b)
{
    int64_t width = 0;
    for (int32_t k = 0; k < b->parts; k++) width += b->part[k].width;
    return width;
}

/* The norm over the numbers that may change and, with `in`, lie where it is not 0. */
static double norm_of(const cama__attack_ball *b, const real *const *v, const real *const *in)
{
    double sum = 0;
    for (int32_t k = 0; k < b->parts; k++)
        for (int64_t d = 0; d < b->part[k].width; d++)
            if (b->part[k].free[d] && (in == NULL || in[k][d] != 0)) sum += (double)v[k][d] * v[k][d];
    return sqrt(sum);
}

/* ---- Windows of an image ----------------------------------------------------------------------------------------- */

/* Places a window needs: row, column, whether it is turned; then a sign for each channel. */
enum { WINDOW_DRAWS = 3, TILES = 5, TILE_DRAWS = 1 };

/* A bump of h x w, highest in its middle: the sum of squares of side 1, 3, 5, ... about it, ever lower ones. */
static double bump(int32_t i, int32_t j, int32_t h, int32_t w)
{
    const int32_t di = abs(i - h / 2), dj = abs(j - w / 2), most = (h > w ? h : w) / 2 + 1;
    double sum = 0;
    for (int32_t t = di > dj ? di : dj; t < most; t++) sum += 1.0 / ((t + 1.0) * (t + 1.0));
    return sum;
}

/* One bump up and one down, above each other in a square of that side. */
static double two_bumps(int32_t i, int32_t j, int32_t side)
{
    const int32_t half = side / 2;
    return i < half ? bump(i, j, half, side) : -bump(i - half, j, side - half, side);
}

/* Weights of a h x w window at (row, column): signs of its channels, in the Euclidean norm times two bumps of a square
 * that holds the window. */
static void fill_window(const squares *s, const int32_t at[2], const int32_t size[2], bool turned, const real *signs,
                        real *weight)
{
    const int32_t side = size[0] > size[1] ? size[0] : size[1];
    for (int32_t i = 0; i < size[0]; i++)
        for (int32_t j = 0; j < size[1]; j++) {
            const double w = !s->euclidean ? 1 : turned ? two_bumps(j, i, side) : two_bumps(i, j, side);
            real *to = weight + ((int64_t)(at[0] + i) * s->shape.w + at[1] + j) * s->shape.c;
            for (int32_t c = 0; c < s->shape.c; c++) to[c] = (real)(w * sign_of(signs[c]));
        }
}

/* A square of about that share of the image, at a random place. */
static void draw_square(const squares *s, double share, const real *u, real *weight)
{
    const int32_t least = s->shape.h < s->shape.w ? s->shape.h : s->shape.w, smallest = s->euclidean ? 3 : 1;
    int32_t side = (int32_t)lround(sqrt(share * s->shape.h * s->shape.w));
    if (side < smallest) side = smallest;
    if (side > least) side = least;
    const int32_t at[] = {(int32_t)((double)u[0] * (s->shape.h - side + 1)),
                          (int32_t)((double)u[1] * (s->shape.w - side + 1))},
                  size[] = {side, side};
    fill_window(s, at, size, u[2] < 0.5f, u + WINDOW_DRAWS, weight);
}

/* Columns of one sign each; in the Euclidean norm tiles of two bumps. */
static void draw_image(const squares *s, const real *u, real *weight)
{
    const int32_t across = s->euclidean ? TILES : s->shape.w, down = s->euclidean ? TILES : 1;
    for (int32_t i = 0; i < down; i++)
        for (int32_t j = 0; j < across; j++) {
            const int32_t at[] = {s->shape.h * i / down, s->shape.w * j / across},
                          size[] = {s->shape.h * (i + 1) / down - at[0], s->shape.w * (j + 1) / across - at[1]};
            const real *draws = u + (i * across + j) * (TILE_DRAWS + s->shape.c);
            fill_window(s, at, size, draws[0] < 0.5f, draws + TILE_DRAWS, weight);
        }
}

/* ---- Windows of numbers without a place -------------------------------------------------------------------------- */

/* `count` of the numbers that may change, drawn one after the other: each is taken with the chance that is left
 * (Knuth's algorithm S), with a sign. */
static void draw_subset(const squares *s, int64_t count, const real *chances, const real *signs, real *const *weight)
{
    const cama__attack_ball *b = s->ball;
    int64_t left = b->changeable, wanted = count, at = 0;
    for (int32_t k = 0; k < b->parts; k++)
        for (int64_t d = 0; d < b->part[k].width; d++, at++) {
            if (!b->part[k].free[d]) continue;
            if ((double)chances[at] * (double)left < (double)wanted) {
                weight[k][d] = (real)sign_of(signs[at]);
                wanted--;
            }
            left--;
        }
}

/* ---- Both -------------------------------------------------------------------------------------------------------- */

/* Which: 0 for the window that changes, 1 for the other one. */
static void draw_window(const squares *s, int32_t which, bool first, double share, const real *u, real *const *weight)
{
    const int64_t width = all_width(s->ball), count = llround(share * (double)s->ball->changeable);
    clear(s->ball, weight);
    if (s->shape.h > 0 && first)
        draw_image(s, u, weight[0]);
    else if (s->shape.h > 0)
        draw_square(s, share, u + which * (WINDOW_DRAWS + s->shape.c), weight[0]);
    else
        draw_subset(s, first ? s->ball->changeable : count < 1 ? 1 : count, u + 2 * which * width,
                    u + (2 * which + 1) * width, weight);
}

int64_t cama__attack_squares_uniforms(const squares *s)
{
    const int64_t c = s->shape.c, squares_of = 2 * (WINDOW_DRAWS + c),
                  first = (s->euclidean ? TILES * TILES : s->shape.w) * (TILE_DRAWS + c);
    return s->shape.h == 0 ? 4 * all_width(s->ball) : first > squares_of ? first : squares_of;
}

/* ---- What the weights do ----------------------------------------------------------------------------------------- */

/* To one end of the ball where there is a weight; false if nothing changes. */
static bool go_to_ends(const squares *s, double eps, const offsets *e)
{
    bool changed = false;
    for (int32_t k = 0; k < s->ball->parts; k++)
        for (int64_t d = 0; d < s->ball->part[k].width; d++) {
            const double w = e->window[k][d];
            e->to[k][d] = !s->ball->part[k].free[d] ? 0 : w == 0 ? e->from[k][d] : (real)(w > 0 ? eps : -eps);
            changed |= e->to[k][d] != e->from[k][d];
        }
    return changed;
}

/* The weights at the edge of the ball. */
static void begin_at_edge(const squares *s, const offsets *e)
{
    const double norm = norm_of(s->ball, (const real *const *)e->window, NULL);
    for (int32_t k = 0; k < s->ball->parts; k++)
        for (int64_t d = 0; d < s->ball->part[k].width; d++)
            e->to[k][d] = norm > 0 && s->ball->part[k].free[d] ? (real)(s->ball->eps / norm * e->window[k][d]) : 0;
}

/* The offsets' length in both windows, and what the ball has left, go into the first one: along its weights and, with
 * the same length, the direction that its offsets have. */
static void take_from_other(const squares *s, const offsets *e)
{
    const cama__attack_ball *b = s->ball;
    const real *const *from = e->from, *const *window = (const real *const *)e->window;
    const double eta = norm_of(b, window, NULL), old = norm_of(b, from, window);
    double outside = 0, sum = 0;
    for (int32_t k = 0; k < b->parts; k++)
        for (int64_t d = 0; d < b->part[k].width; d++) {
            const bool in = e->window[k][d] != 0, stays = !in && e->other[k][d] == 0;
            double to = stays ? e->from[k][d] : 0;
            if (in && b->part[k].free[d]) to = (eta > 0 ? window[k][d] / eta : 0) + (old > 0 ? from[k][d] / old : 0);
            e->to[k][d] = (real)to;
            *(in ? &sum : &outside) += (double)e->to[k][d] * e->to[k][d];
        }
    const double left = b->eps * b->eps - outside, scale = left > 0 && sum > 0 ? sqrt(left / sum) : 0;
    for (int32_t k = 0; k < b->parts; k++)
        for (int64_t d = 0; d < b->part[k].width; d++)
            if (e->window[k][d] != 0) e->to[k][d] = (real)(scale * e->to[k][d]);
}

void cama__attack_squares_propose(const squares *s, bool first, double share, const offsets *e)
{
    draw_window(s, 0, first, share, e->uniform, e->window);
    if (!s->euclidean) {
        if (!go_to_ends(s, s->ball->eps, e)) go_to_ends(s, -s->ball->eps, e);
    } else if (first) {
        begin_at_edge(s, e);
    } else {
        draw_window(s, 1, false, share, e->uniform, e->other);
        take_from_other(s, e);
    }
}
