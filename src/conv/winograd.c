/* winograd - the matrices of F(m, r), the filters of an axis, and when they pay. */
#include "winograd.h"

#include <math.h>
#include <string.h>

#include "conv_geometry.h"

/* ---- the matrices of a phase ----
 *
 * A product of polynomials of m and r coefficients has n. It is known from its values at n - 1 points p and at
 * infinity: values V of the factors, the inverse of V to go back (Lagrange). F(m, r) is the transpose of that in one
 * factor. */

/* The p of p and -p: of sets of such fractions the one with the least error of a product of random numbers. */
static const double pairs_of[POINTS_MAX + 1][4] = {
    [3] = {1},
    [4] = {1},
    [5] = {2. / 5, 5. / 4},
    [6] = {5. / 8, 3. / 2},
    [7] = {1. / 4, 7. / 8, 7. / 4},
    [8] = {1. / 2, 1, 2},
    [9] = {1. / 4, 5. / 8, 5. / 4, 2},
};

/* Coefficients, lowest first, of the product of (x - p) over all points but `left_out`. */
static void product_of_points(const double *points, int32_t finite, int32_t left_out, double *coefficient)
{
    int32_t degree = 0;
    memset(coefficient, 0, POINTS_MAX * sizeof *coefficient);
    coefficient[0] = 1;
    for (int32_t i = 0; i < finite; i++) {
        if (i == left_out) continue;
        for (int32_t k = ++degree; k >= 0; k--)
            coefficient[k] = (k > 0 ? coefficient[k - 1] : 0) - points[i] * coefficient[k];
    }
}

static double largest(const double *a, int32_t count)
{
    double most = 0;
    for (int32_t i = 0; i < count; i++) most = fmax(most, fabs(a[i]));
    return most;
}

static double power_of_two(double x)
{
    int exponent = 0;
    return ldexp(1, (frexp(x, &exponent) > 0.7071 ? 0 : -1) + exponent);
}

/* p to the powers 0, 1, ..., or of infinity the last of them. */
static void powers(double p, bool infinite, int32_t count, double *power)
{
    for (int32_t k = 0; k < count; k++) power[k] = infinite ? k == count - 1 : k == 0 ? 1 : power[k - 1] * p;
}

static void set_row(cama__polyphase *s, int32_t point, double factor, const double *row)
{
    for (int32_t k = 0; k < s->size; k++) s->matrix[point * POINTS_MAX + k] = (real)(factor * row[k]);
}

/* One point, scaled by powers of two so that none is large. */
static void set_point(const double *points, int32_t point, cama__polyphase *in, cama__polyphase *weights,
                      cama__polyphase *out)
{
    const int32_t finite = in->points - 1;
    const bool infinite = point == finite;
    const double p = infinite ? 0 : points[point];
    double of_in[POINTS_MAX], of_tap[POINTS_MAX], of_out[POINTS_MAX], scale = 1;
    product_of_points(points, finite, point, of_in);
    for (int32_t i = 0; !infinite && i < finite; i++) scale *= i == point ? 1 : p - points[i];
    powers(p, infinite, weights->size, of_tap);
    powers(p, infinite, out->size, of_out);
    const double factor = power_of_two(fabs(scale) / largest(of_in, in->size));
    const double of_weight = power_of_two(sqrt(largest(of_out, out->size) / (largest(of_tap, weights->size) * factor)));
    set_row(in, point, factor / scale, of_in);
    set_row(weights, point, of_weight, of_tap);
    set_row(out, point, 1 / (factor * of_weight), of_out);
}

void cama__polyphase_init(int32_t outputs, int32_t taps, cama__polyphase *in, cama__polyphase *weights,
                          cama__polyphase *out)
{
    const int32_t n = outputs + taps - 1;
    double points[POINTS_MAX] = {0};
    *in = (cama__polyphase){.points = n, .size = n, .step = 1, .identity = taps == 1};
    *weights = (cama__polyphase){.points = n, .size = taps, .step = 1, .identity = taps == 1};
    *out = (cama__polyphase){.points = n, .size = outputs, .step = 1, .identity = taps == 1};
    if (taps == 1) weights->points = 1;
    for (int32_t i = 0; i < (n - 1) / 2; i++) points[2 * i] = pairs_of[n][i], points[2 * i + 1] = -pairs_of[n][i];
    for (int32_t point = 0; taps > 1 && point < n; point++) set_point(points, point, in, weights, out);
}

/* ---- the filters of an axis ---- */

/* Taps of each remainder of the stride. */
static int32_t taps_of(const cama__axis *a, int32_t remainder)
{
    return (a->taps - remainder + a->stride - 1) / a->stride;
}

static void add_phase(cama__winograd_transform *t, int32_t first, int32_t step)
{
    cama__polyphase *s = &t->phase[t->phases++];
    s->point = t->points, s->first = first, s->step = step;
    t->points += s->points;
}

/* Output pixels of a remainder among the first `outputs`. */
static int32_t outputs_of(const cama__axis *a, bool adjoint, int32_t outputs, int32_t remainder)
{
    return adjoint ? (outputs - remainder + a->stride - 1) / a->stride : outputs;
}

/* A tile of so many output pixels, which meet inputs from `origin` on. */
static void make_filter(const cama__axis *a, bool adjoint, int32_t outputs, int32_t origin, cama__filter *f)
{
    memset(f, 0, sizeof *f);
    f->in.size = adjoint ? 0 : a->stride * (outputs - 1) + a->taps;
    f->weights.size = a->taps;
    f->out.size = outputs;
    for (int32_t i = 0; i < a->stride; i++) {
        const cama__tap_run at = cama__axis_run_at(a, adjoint, i);
        const int32_t taps = adjoint ? at.count : taps_of(a, i), m = outputs_of(a, adjoint, outputs, i);
        if (m == 0) continue;
        const int32_t phase = f->in.phases, points = f->in.points;
        cama__polyphase_init(m, taps, &f->in.phase[phase], &f->weights.phase[phase], &f->out.phase[phase]);
        for (int32_t p = 0; p < f->in.phase[phase].points; p++)
            f->weight[points + p] = f->weights.points + (taps == 1 ? 0 : p);
        add_phase(&f->in, adjoint ? at.in - origin : i, adjoint ? 1 : a->stride);
        add_phase(&f->weights, adjoint ? at.tap : i, adjoint ? 1 : a->stride);
        add_phase(&f->out, adjoint ? i : 0, adjoint ? a->stride : 1);
        const int32_t inputs = at.in - origin + m + taps - 1;
        if (adjoint && inputs > f->in.size) f->in.size = inputs;
    }
}

/* What a tile of so many output pixels costs, in products; transforms of many points cost more. 0 if there is no such
 * filter. */
static double cost_of(const cama__axis *a, bool adjoint, int32_t outputs, int32_t *points)
{
    double cost = 0;
    *points = 0;
    for (int32_t i = 0; i < a->stride; i++) {
        const int32_t taps = adjoint ? cama__axis_run_at(a, adjoint, i).count : taps_of(a, i);
        const int32_t m = outputs_of(a, adjoint, outputs, i), here = m == 0 ? 0 : m + taps - 1;
        if (taps > 1 && here > POINTS_MAX) return 0;
        *points += here;
        cost += taps == 1 ? here : here * (1 + here / 40.);
    }
    const int32_t numbers = adjoint ? outputs : a->stride * (outputs - 1) + a->taps;
    return *points <= AXIS_MAX && numbers <= AXIS_MAX ? cost : 0;
}

/* The tiles that cost the least: output pixels of one, and its points; with a stride, whole steps of it or all. */
typedef struct {
    int32_t size, points, tiles;
} tile_choice;

static tile_choice cheapest(const cama__axis *a, bool adjoint)
{
    const int32_t outputs = adjoint ? a->big : a->small, step = adjoint ? a->stride : 1;
    tile_choice best = {0, 0, 0};
    double least = 0;
    for (int32_t size = 0; size < outputs;) {
        size = cama__least_32(size + step, outputs);
        tile_choice here = {.size = size, .tiles = (outputs + size - 1) / size};
        const double one = cost_of(a, adjoint, size, &here.points), all = one * here.tiles;
        if (one == 0) break;
        if (best.size == 0 || all < least) best = here, least = all;
    }
    return best;
}

static void make_tiling(const cama__axis *a, bool adjoint, cama__tiling *t)
{
    const int32_t outputs = adjoint ? a->big : a->small, size = cheapest(a, adjoint).size;
    int32_t origin = cama__axis_run_at(a, adjoint, 0).in;
    for (int32_t i = 1; adjoint && i < a->stride; i++)
        origin = cama__least_32(origin, cama__axis_run_at(a, adjoint, i).in);
    *t = (cama__tiling){.tiles = (outputs + size - 1) / size, .outputs = outputs, .origin = origin};
    t->step = adjoint ? (size + a->stride - 1) / a->stride : a->stride * size;
    make_filter(a, adjoint, size, origin, &t->filter);
}

/* ---- does it pay ---- */

enum { CHANNELS_LEAST = 16 };

/* Pairs of an input pixel and a tap that meet, on an axis. */
static int64_t direct_products(const cama__axis *a)
{
    int64_t sum = 0;
    for (int32_t q = 0; q < a->small; q++)
        for (int32_t t = 0; t < a->taps; t++) {
            const int32_t big = q * a->stride - a->pad + t;
            sum += big >= 0 && big < a->big;
        }
    return sum;
}

/* Whether filtering takes at most `share` of the products: the transforms cost, too. */
static bool pays(const cama__conv *map, bool adjoint, double share)
{
    if (map->im2col || map->h.taps * map->w.taps < 2) return false;
    if (map->h.stride > cama__least_32(map->h.taps, PHASES_MAX) ||
        map->w.stride > cama__least_32(map->w.taps, PHASES_MAX))
        return false;
    if (map->big_channels < CHANNELS_LEAST || map->small_channels < CHANNELS_LEAST) return false;
    const tile_choice h = cheapest(&map->h, adjoint), w = cheapest(&map->w, adjoint);
    if (h.size == 0 || w.size == 0) return false;
    const int64_t direct = direct_products(&map->h) * direct_products(&map->w);
    return (double)((int64_t)h.tiles * h.points * w.tiles * w.points) <= share * (double)direct;
}

bool cama__winograd_pays(const cama__conv *map, bool adjoint) { return pays(map, adjoint, 0.8); }

/* Both sides are transformed, and packed into panels. A line of tiles of some blocks is held for all points of h: not
 * of images so wide that this would be much memory. */
bool cama__winograd_pays_wgrad(const cama__conv *map)
{
    enum { BLOCKS = 4, NUMBERS_MOST = 32 << 20 };
    if (!pays(map, map->adjoint, 0.5)) return false;
    const int64_t line = (int64_t)map->w.big * map->big_channels + (int64_t)map->w.small * map->small_channels;
    return cheapest(&map->h, map->adjoint).points * line * BLOCKS * cama__kernel()->nr <= NUMBERS_MOST;
}

static void make(const cama__conv *map, bool adjoint, cama__winograd *w)
{
    make_tiling(&map->h, adjoint, &w->h);
    make_tiling(&map->w, adjoint, &w->w);
}

bool cama__winograd_plan(const cama__conv *map, bool adjoint, cama__winograd *w)
{
    if (!cama__winograd_pays(map, adjoint)) return false;
    make(map, adjoint, w);
    return true;
}

bool cama__winograd_plan_wgrad(const cama__conv *map, cama__winograd *w)
{
    if (!cama__winograd_pays_wgrad(map)) return false;
    make(map, map->adjoint, w);
    return true;
}
