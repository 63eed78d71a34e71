/* render - warp, blur and tone one after the other for one block, in scratch images of a worker; backward runs them
 * again. */
#include "render.h"

#include <string.h>

#include "../base/elementary.h"
#include "blur.h"
#include "tone.h"
#include "warp.h"

/* What one call works on; d... are NULL in a forward pass. */
typedef struct {
    const cama__render *r;
    bool logits;
    const real *in, *dout;
    const int32_t *x_row;
    const double *dshare;
    real *out, *din, *dnumbers;
} job;

/* One block of a job, and its scratch images. */
typedef struct {
    int64_t block, size; /* numbers of a block: D NR */
    cama__view view;
    real *image[RENDER_SCRATCH];
} piece;

static piece begin(const job *j, int64_t block, int32_t worker)
{
    const cama__render *r = j->r;
    piece p = {.block = block, .size = cama__image_size(r->image) * cama__kernel()->nr};
    for (int32_t i = 0; i < RENDER_SCRATCH; i++) p.image[i] = r->scratch + (worker * RENDER_SCRATCH + i) * p.size;
    cama__view_take(r->image, r->numbers, r->view, r->one, r->rows, block, &p.view);
    return p;
}

CAMA__CLONES static void sigmoids(int64_t count, const real *restrict l, real *restrict p)
{
    for (int64_t i = 0; i < count; i++) p[i] = cama__sigmoid(l[i]);
}

CAMA__CLONES static void sigmoids_backward(int64_t count, const real *restrict p, real *restrict d)
{
    for (int64_t i = 0; i < count; i++) d[i] *= p[i] * (1 - p[i]);
}

/* ---- render: image[0] the source, image[1] warped, out blurred --------------------------------------------------- */

static void render_to_blur(const job *j, const piece *p, real *blurred)
{
    const real *in = j->in + p->block * p->size;
    if (j->logits)
        sigmoids(p->size, in, p->image[0]);
    else
        memcpy(p->image[0], in, (size_t)p->size * sizeof *in);
    cama__warp_block(p->view.image, p->view.nr, &p->view.source_at, j->r->edge, p->image[0], p->image[1]);
    cama__blur_block(p->view.image, p->view.nr, p->view.number[VIEW_BLUR], p->image[1], p->image[2], blurred);
}

static void render_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const piece p = begin(j, block, worker);
    real *out = j->out + block * p.size;
    render_to_blur(j, &p, out);
    cama__tone_block(&p.view, p.size / p.view.nr, j->r->floor, out);
}

void cama__render_forward(const cama__render *r, bool logits, const real *in, real *mean)
{
    job j = {.r = r, .logits = logits, .in = in, .out = mean};
    cama__exec_run(r->exec, cama__blocks(r->rows), render_block, &j);
}

static void finish_numbers(const job *j, const piece *p, cama__view_gradient *g)
{
    const int32_t nr = p->view.nr;
    for (int32_t l = 0; j->dshare != NULL && l < nr; l++)
        g->share[l] = p->block * nr + l < j->r->rows ? (real)j->dshare[p->block * nr + l] : 0;
    cama__view_backward(&p->view, g, j->dnumbers + p->block * VIEW_COUNT * nr);
}

static void render_backward_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const piece p = begin(j, block, worker);
    cama__view_gradient g = {.share = {0}};
    real *blurred = p.image[3], *d = p.image[4], *din = j->din + block * p.size;
    render_to_blur(j, &p, blurred);
    memcpy(d, j->dout + block * p.size, (size_t)p.size * sizeof *d);
    cama__tone_backward_block(&p.view, p.size / p.view.nr, j->r->floor, blurred, d, &g);
    /* blurred has had its use: it and image[2] are the scratch of the blur's adjoint, which needs two images. */
    cama__blur_backward_block(p.view.image, p.view.nr, p.view.number[VIEW_BLUR], p.image[1], d, p.image[2], d, g.blur);
    memset(din, 0, (size_t)p.size * sizeof *din);
    cama__warp_backward_block(p.view.image, p.view.nr, &p.view.source_at, j->r->edge, p.image[0], d, din,
                              j->dnumbers != NULL ? &g.source_at : NULL);
    if (j->logits) sigmoids_backward(p.size, p.image[0], din);
    if (j->dnumbers != NULL) finish_numbers(j, &p, &g);
}

void cama__render_backward(const cama__render *r, bool logits, const real *in, const real *dmean, const double *dshare,
                           real *din, real *dnumbers)
{
    job j = {.r = r, .logits = logits, .in = in, .dout = dmean, .dshare = dshare, .din = din, .dnumbers = dnumbers};
    cama__exec_run(r->exec, cama__blocks(r->rows), render_backward_block, &j);
}

/* ---- look: image[0] x, image[1] without its tone ----------------------------------------------------------------- */

static void gather(const job *j, const piece *p, real *to)
{
    const int64_t dims = cama__image_size(p->view.image), nr = p->view.nr;
    cama__rows_map map;
    cama__rows_look(j->x_row, j->r->rows, p->block, dims, &map);
    for (int64_t first = 0; first < dims; first += CAMA__TILE) {
        real tile[CAMA__TILE * CAMA__LANES];
        const int64_t count = dims - first < CAMA__TILE ? dims - first : CAMA__TILE;
        memcpy(to + first * nr, cama__rows_tile(&map, j->in, first, count, tile), (size_t)(count * nr) * sizeof *to);
    }
}

static void look_to_untone(const job *j, const piece *p)
{
    gather(j, p, p->image[0]);
    memcpy(p->image[1], p->image[0], (size_t)p->size * sizeof *p->image[1]);
    cama__untone_block(&p->view, p->size / p->view.nr, p->image[1]);
}

static void look_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const piece p = begin(j, block, worker);
    look_to_untone(j, &p);
    cama__sharpen_block(p.view.image, p.view.nr, p.view.number[VIEW_BLUR], j->r->sharpen, p.image[2], p.image[1]);
    cama__warp_block(p.view.image, p.view.nr, &p.view.seen_at, WARP_ZERO, p.image[1], j->out + block * p.size);
}

void cama__look_forward(const cama__render *r, const real *x, const int32_t *x_row, real *seen)
{
    job j = {.r = r, .in = x, .x_row = x_row, .out = seen};
    cama__exec_run(r->exec, cama__blocks(r->rows), look_block, &j);
}

static void look_backward_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const piece p = begin(j, block, worker);
    cama__view_gradient g = {.share = {0}};
    real *d = p.image[2];
    look_to_untone(j, &p);
    memset(d, 0, (size_t)p.size * sizeof *d);
    cama__warp_backward_block(p.view.image, p.view.nr, &p.view.seen_at, WARP_ZERO, p.image[1], j->dout + block * p.size,
                              d, &g.seen_at);
    cama__untone_backward_block(&p.view, p.size / p.view.nr, p.image[0], d, &g);
    if (j->din != NULL) memcpy(j->din + block * p.size, d, (size_t)p.size * sizeof *d);
    if (j->dnumbers != NULL) finish_numbers(j, &p, &g);
}

void cama__look_backward(const cama__render *r, const real *x, const int32_t *x_row, const real *dseen, real *dx,
                         real *dnumbers)
{
    job j = {.r = r, .in = x, .x_row = x_row, .dout = dseen, .din = dx, .dnumbers = dnumbers};
    cama__exec_run(r->exec, cama__blocks(r->rows), look_backward_block, &j);
}

/* ---- shares ------------------------------------------------------------------------------------------------------ */

static void shares_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const cama__render *r = j->r;
    const int64_t nr = cama__kernel()->nr;
    cama__view view;
    cama__view_take(r->image, r->numbers, r->view, r->one, r->rows, block, &view);
    for (int64_t l = 0; l < nr; l++) j->out[block * nr + l] = view.share[l];
}

void cama__render_shares(const cama__render *r, real *share)
{
    job j = {.r = r, .out = share};
    cama__exec_serial(r->exec, cama__blocks(r->rows), shares_block, &j);
}
