/* simulate - the mixture of views. An image is untouched, moved by whole pixels, or warped by one, two or any of the
 * groups position, rotation, zoom and shear. Tone and blur come with some of these or alone, contamination mostly
 * alone. Untouched images and whole pixels keep q_m from recognising a view by the softness of interpolation; half of
 * the images are sharpened or softened a little beyond their view for the same reason. */
#include "simulate.h"

#include <math.h>
#include <string.h>

#include "../base/elementary.h"
#include "../image/blur.h"
#include "../image/contaminate.h"
#include "../image/tone.h"

enum { GROUPS = 4, U_COUNT = 48, N_COUNT = 8 };
/* Samples of the noise's key. */
enum { SAMPLE_U = 0, SAMPLE_N = 1, SAMPLE_ANY = 2 };

/* One image's dice: uniforms are used up in order. */
typedef struct {
    real u[U_COUNT], normal[N_COUNT];
    int32_t used;
} dice;

static real next(dice *d) { return d->u[d->used++ % U_COUNT]; }
static bool chance(dice *d, double p) { return (double)next(d) < p; }
static real between(dice *d, double low, double high) { return (real)(low + (double)next(d) * (high - low)); }

static void draw_position(dice *d, real *v)
{
    const real axis = next(d);
    const real y = between(d, -1, 1), x = between(d, -1, 1);
    v[VIEW_Y] = axis < (real)(2 / 3.) ? y : 0;
    v[VIEW_X] = axis >= (real)(1 / 3.) ? x : 0;
}

static void draw_rotation(dice *d, real *v) { v[VIEW_ROTATION] = between(d, -1.15, 1.15); }

static void draw_zoom(dice *d, real *v)
{
    const real both = between(d, -.6, .5);
    const real apart = chance(d, .5) ? (real).15 : 0;
    v[VIEW_ZOOM_Y] = both + apart * d->normal[0];
    v[VIEW_ZOOM_X] = both + apart * d->normal[1];
}

static void draw_shear(dice *d, real *v) { v[VIEW_SHEAR] = between(d, -.5, .5); }

static void (*const groups[GROUPS])(dice *d, real *v) = {draw_position, draw_rotation, draw_zoom, draw_shear};

/* A group by its share: position and rotation are asked for most. */
static int32_t pick_group(dice *d)
{
    static const double upto[GROUPS] = {.33, .70, .88, 1};
    const double u = (double)next(d);
    int32_t g = 0;
    while (g < GROUPS - 1 && u >= upto[g]) g++;
    return g;
}

static void draw_geometry(dice *d, real *v)
{
    const real how = next(d);
    const int32_t first = pick_group(d);
    int32_t second = pick_group(d);
    if (second == first) second = (first + 1) % GROUPS;
    for (int32_t g = 0; g < GROUPS; g++) {
        const bool any = chance(d, .5);
        if (how < (real).5 ? g == first : how < (real).75 ? g == first || g == second : any) groups[g](d, v);
    }
}

static void draw_whole_pixels(dice *d, cama__image image, real *v)
{
    const real unit = (real)(image.h > image.w ? image.h : image.w) / 2;
    draw_position(d, v);
    v[VIEW_Y] = (real)floor((double)(v[VIEW_Y] * unit) + .5) / unit;
    v[VIEW_X] = (real)floor((double)(v[VIEW_X] * unit) + .5) / unit;
}

static void draw_photometry(dice *d, real *v)
{
    if (chance(d, .3)) {
        v[VIEW_CONTRAST] = chance(d, .8) ? between(d, -1.8, .6) : 0;
        v[VIEW_BRIGHTNESS] = chance(d, .7) ? (real).35 * d->normal[2] : 0;
    }
    const real blur = (real)1.1 * (d->normal[3] < 0 ? -d->normal[3] : d->normal[3]),
               most = cama__view_rows[VIEW_BLUR].bound;
    if (chance(d, .3)) v[VIEW_BLUR] = blur < most ? blur : most;
}

/* The numbers of one image's view, and whether pixels of it are replaced. */
static bool draw_view(dice *d, cama__image image, real *v)
{
    const real how = next(d);
    const bool touched = how >= (real).2, whole = how < (real).45;
    memset(v, 0, VIEW_COUNT * sizeof *v);
    if (!touched) return false;
    const bool tone_only = !whole && chance(d, .25), shape_only = whole ? chance(d, .5) : !tone_only && chance(d, .35);
    if (whole)
        draw_whole_pixels(d, image, v);
    else if (!tone_only)
        draw_geometry(d, v);
    if (!shape_only) draw_photometry(d, v);
    const bool plain = v[VIEW_CONTRAST] == 0 && v[VIEW_BRIGHTNESS] == 0 && v[VIEW_BLUR] == 0;
    return chance(d, plain ? .4 : .1);
}

typedef struct {
    const cama_model *model;
    cama__image image;
    cama__simulated_rows rows;
    const real *numbers, *x;
    real *m, *out, *softness, *scratch; /* softness (2, n lanes): width and amount of the nuisance */
    uint8_t *replaced;                  /* (n) */
} job;

static cama__rng_key key_of(const job *j, int64_t row, uint32_t sample)
{
    const cama__simulated_rows *r = &j->rows;
    return (cama__rng_key){r->seed, RNG_VIEW, sample, r->example == NULL ? (uint32_t)row : r->example[row], r->step};
}

/* m of one image; numbers are scale m where p_m adds nothing, which is what q_m learns from first. */
static void draw_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    dice d = {.used = 0};
    real v[VIEW_COUNT];
    const int64_t size = j->model->spec.m, lanes = cama__blocks(j->rows.n) * cama__kernel()->nr;
    cama__rng_uniforms(key_of(j, row, SAMPLE_U), U_COUNT, d.u, 1);
    cama__rng_normals(key_of(j, row, SAMPLE_N), N_COUNT, d.normal, 1);
    j->replaced[row] = draw_view(&d, j->image, v);
    for (int64_t k = 0; k < size; k++)
        j->m[cama__at(row, k, size)] = k < VIEW_COUNT ? v[k] / cama__view_rows[k].scale : 0;
    const bool nuisance = v[VIEW_BLUR] == 0 && chance(&d, .5);
    j->softness[row] = between(&d, 0.06, .6);
    j->softness[lanes + row] = nuisance ? between(&d, -.8, .8) : 0;
}

/* out += amount (out - blurred out), within [0, 1]. */
static void soften_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, size = cama__image_size(j->image) * nr, lanes = cama__blocks(j->rows.n) * nr;
    real *out = j->out + block * size, *scratch = j->scratch + worker * RENDER_SCRATCH * size, *soft = scratch + size;
    const real *amount = j->softness + lanes + block * nr;
    cama__blur_block(j->image, (int32_t)nr, j->softness + block * nr, out, scratch, soft);
    for (int64_t i = 0; i < size; i++) {
        const real v = out[i] + amount[i % nr] * (out[i] - soft[i]);
        out[i] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
}

/* Pixels of anything, and the number of m that says how many. */
static void replace_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, size = cama__image_size(j->image), m = j->model->spec.m;
    real *mask = j->scratch + worker * RENDER_SCRATCH * size * nr;
    for (int64_t row = block * nr; row < (block + 1) * nr && row < j->rows.n; row++) {
        if (!j->replaced[row]) continue;
        const double share =
            cama__contaminate(j->image, key_of(j, row, SAMPLE_ANY), nr, j->out + cama__at(row, 0, size), mask);
        j->m[cama__at(row, VIEW_CONTAMINATION, m)] =
            (real)sqrt(-log1p(-(share < .9 ? share : .9))) / cama__view_rows[VIEW_CONTAMINATION].scale;
    }
}

void cama__simulate(const cama__exec *exec, const cama_model *model, const cama__simulated_rows *rows, const real *x,
                    real *m, real *out)
{
    const int64_t n = rows->n, nr = cama__kernel()->nr, lanes = cama__blocks(n) * nr,
                  size = cama__shape_size(model->spec.x);
    const size_t mark = cama__arena_mark(exec->arena);
    real *numbers = cama__exec_tensor(exec, n, VIEW_COUNT);
    job j = {.model = model,
             .image = cama__model_image(model),
             .rows = *rows,
             .numbers = numbers,
             .x = x,
             .m = m,
             .out = out,
             .softness = cama__exec_reals(exec, 2 * lanes),
             .scratch = cama__exec_reals(exec, cama__exec_threads(exec) * RENDER_SCRATCH * size * nr),
             .replaced = cama__exec_bytes(exec, n)};
    cama__exec_zero(exec, m, lanes * model->spec.m);
    cama__exec_zero(exec, j.softness, 2 * lanes);
    cama__exec_serial(exec, n, draw_task, &j);
    cama__logw_view_numbers(exec, model, n, m, numbers);
    const cama__render render = {
        .exec = exec, .image = j.image, .rows = n, .numbers = numbers, .edge = WARP_ZERO, .scratch = j.scratch};
    cama__render_forward(&render, false, x, out);
    cama__exec_run(exec, cama__blocks(n), soften_block, &j);
    cama__exec_run(exec, cama__blocks(n), replace_block, &j);
    cama__arena_release(exec->arena, mark);
}
