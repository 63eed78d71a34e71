/* wgrad_im2col - each block gathers the patches of a line and multiplies them by the line of the small grid. */
#include <string.h>

#include "im2col.h"
#include "wgrad.h"

/* Scratch: the patches of a line, then both sides of it in panels. */
typedef struct {
    int64_t patches, a, b;
} sizes;

static sizes sizes_of(const cama__conv *m, const cama__wgrad_sides *s)
{
    const int64_t nr = cama__kernel()->nr, w = m->w.small;
    return (sizes){cama__round_16(w * m->h.taps * m->w.taps * m->big_channels * nr),
                   cama__round_16(w * nr * s->out.panels * s->out.width),
                   cama__round_16(w * nr * s->in.panels * s->in.width)};
}

/* Line q of both sides to panels. */
static void pack_line(const cama__conv *m, const cama__wgrad_sides *s, int64_t block, int32_t q, const real *patches,
                      real *a, real *b)
{
    const cama__wgrad_side *big = m->adjoint ? &s->out : &s->in, *small = m->adjoint ? &s->in : &s->out;
    const int64_t nr = cama__kernel()->nr, w = m->w.small;
    real *of_big = m->adjoint ? a : b, *of_small = m->adjoint ? b : a;
    for (int32_t x = 0; x < w; x++) {
        cama__wgrad_pack_pixel(big, cama__wgrad_all_panels(big), patches + x * big->channels * nr,
                               of_big + x * nr * big->width, w * nr * big->width);
        cama__wgrad_pack_pixel_at(small, cama__wgrad_all_panels(small), block, q, x, of_small + x * nr * small->width,
                                  w * nr * small->width);
    }
}

static void gradient_of_block(const cama__conv_weight_gradient *g, int64_t block, real *gradient, real *scratch)
{
    const cama__conv *m = g->map;
    const cama__wgrad_sides s = cama__wgrad_sides_of(g);
    const sizes size = sizes_of(m, &s);
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, rows = m->w.small * nr;
    const real *big = (m->adjoint ? s.out.src : s.in.src) + block * cama__big_size(m) * nr;
    real *patches = scratch, *a = patches + size.patches, *b = a + size.a;
    memset(gradient, 0, (size_t)cama__conv_weights(m, m->adjoint) * sizeof *gradient);
    memset(a, 0, (size_t)(size.a + size.b) * sizeof *a); /* stays past the last channels of both sides */
    for (int32_t q = 0; q < m->h.small; q++) {
        cama__im2col_row(m, big, q, patches);
        pack_line(m, &s, block, q, patches, a, b);
        for (int64_t panel = 0; panel < s.out.panels; panel++)
            for (int64_t in = 0; in < s.in.panels; in++)
                cama__wgrad_add_tile(rows, a + panel * rows * mr, b + in * rows * nr, s.in.channels - in * nr,
                                     gradient + (panel * s.in.channels + in * nr) * mr);
    }
}

void cama__wgrad_im2col(const cama__exec *exec, const cama__conv_weight_gradient *g)
{
    const cama__wgrad_sides s = cama__wgrad_sides_of(g);
    const sizes size = sizes_of(g->map, &s);
    cama__wgrad_by_blocks(exec, g, size.patches + size.a + size.b, gradient_of_block);
}
