/* conv_reference - the witnesses of conv.h: dense rows, plain loops, double precision. */
#include "conv.h"

/* Calls visit for every (small, big, tap) that meet; the three products differ only in what they do there. */
typedef struct {
    const cama__conv *map;
    int64_t rows;
    double *big, *small, *weights;
    void (*visit)(double *big, double *small, double *weight);
} walk;

static void walk_pixel(const walk *k, int64_t row, int32_t qh, int32_t qw, int32_t th, int32_t tw)
{
    const cama__conv *m = k->map;
    const int32_t bh = qh * m->h.stride - m->h.pad + th, bw = qw * m->w.stride - m->w.pad + tw;
    if (bh < 0 || bh >= m->h.big || bw < 0 || bw >= m->w.big) return;
    double *small = k->small + ((row * m->h.small + qh) * m->w.small + qw) * m->small_channels;
    double *big = k->big + ((row * m->h.big + bh) * m->w.big + bw) * m->big_channels;
    for (int32_t s = 0; s < m->small_channels; s++)
        for (int32_t b = 0; b < m->big_channels; b++)
            k->visit(big + b, small + s,
                     k->weights + ((int64_t)(s * m->h.taps + th) * m->w.taps + tw) * m->big_channels + b);
}

static void walk_all(const walk *k)
{
    for (int64_t row = 0; row < k->rows; row++)
        for (int32_t qh = 0; qh < k->map->h.small; qh++)
            for (int32_t qw = 0; qw < k->map->w.small; qw++)
                for (int32_t th = 0; th < k->map->h.taps; th++)
                    for (int32_t tw = 0; tw < k->map->w.taps; tw++) walk_pixel(k, row, qh, qw, th, tw);
}

static void to_small(double *big, double *small, double *weight) { *small += *weight * *big; }
static void to_big(double *big, double *small, double *weight) { *big += *weight * *small; }
static void to_weight(double *big, double *small, double *weight) { *weight += *small * *big; }

static double *writable(const double *p) { return (double *)(uintptr_t)p; }

void cama__conv_reference_apply(const cama__conv *map, bool adjoint, const double *weights, int64_t rows,
                                const double *in, double *out)
{
    for (int64_t i = 0; i < rows * cama__conv_out(map, adjoint); i++) out[i] = 0;
    walk_all(&(walk){map, rows, adjoint ? out : writable(in), adjoint ? writable(in) : out, writable(weights),
                     adjoint ? to_big : to_small});
}

void cama__conv_reference_wgrad(const cama__conv *map, int64_t rows, const double *big, const double *small,
                                double *dweights)
{
    walk_all(&(walk){map, rows, writable(big), writable(small), dweights, to_weight});
}
