/* conv - the map in both directions. */
#include "../base/elementary.h"
#include "conv_job.h"
#include "small_m.h"

/* ---- the map ---- */

/* Pointwise maps of single pixels (dense layers): a panel of weights stays in cache while the blocks pass. */
static void dense_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, panel = index / j->splits, part = index % j->splits;
    products p = {.a = j->weights + panel * panel_size(&j->s), .k = j->s.in, .count = 1};
    for (int64_t block = j->blocks * part / j->splits; block < j->blocks * (part + 1) / j->splits; block++) {
        p.b = j->in + block * j->in_size * nr;
        compute_tile(&p, panel_bias(j->bias, panel), j->relu, tile_rows(j->s.out, panel),
                     j->out + (block * j->out_size + panel * mr) * nr);
    }
}

/* The same with the weights of the other direction: a panel is turned when its turn comes, and stays in cache. */
static void dense_turned_task(void *arg, int64_t panel, int32_t worker)
{
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    real *weights = j->work + worker * j->work_size;
    cama__conv_transpose_panel(j->map, j->adjoint, j->weights, panel, weights);
    products p = {.a = weights, .k = j->s.in, .count = 1};
    for (int64_t block = 0; block < j->blocks; block++) {
        p.b = j->in + block * j->in_size * nr;
        compute_tile(&p, NULL, false, tile_rows(j->s.out, panel), j->out + (block * j->out_size + panel * mr) * nr);
    }
}

/* One row of output pixels of one block. */
static void direct_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, block = index / j->out_h;
    const int32_t oh = (int32_t)(index % j->out_h);
    real *out = j->out + block * j->out_size * nr + (int64_t)oh * j->out_w * j->s.out * nr;
    for (int32_t ow = 0; ow < j->out_w; ow++) {
        products p = pixel_products(j, j->in + block * j->in_size * nr, oh, ow);
        for (int64_t panel = 0; panel < j->panels; panel++, p.a += panel_size(&j->s))
            compute_tile(&p, panel_bias(j->bias, panel), j->relu, tile_rows(j->s.out, panel),
                         out + (ow * j->s.out + panel * mr) * nr);
    }
}

/* A line of output from its columns of patches, four pixels at a time. */
static void short_line(const job *j, const real *columns, int32_t oh, real *out)
{
    enum { PIXELS = 4 };
    const cama__small_k sums = short_sums(j);
    for (int32_t ow = 0; ow < j->out_w; ow += PIXELS) {
        const int32_t count = least_32(PIXELS, j->out_w - ow);
        const real *pixel[PIXELS];
        real *to[PIXELS];
        for (int32_t i = 0; i < count; i++) {
            pixel[i] = patch_products(j, columns, oh, oh, ow + i).b;
            to[i] = out + (ow + i) * j->s.out * cama__kernel()->nr;
        }
        cama__small_k_pixels(&sums, count, pixel, to);
    }
}

/* One row of small pixels of one block, from the patches of the big grid. */
static void patch_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, block = index / j->out_h;
    const int32_t oh = (int32_t)(index % j->out_h);
    real *columns = j->work + worker * j->work_size;
    cama__im2col_columns(j->map, j->in + block * j->in_size * nr, oh, columns);
    real *out = j->out + block * j->out_size * nr + (int64_t)oh * j->out_w * j->s.out * nr;
    if (cama__small_k_pays(j->map)) {
        short_line(j, columns, oh, out);
        return;
    }
    for (int32_t ow = 0; ow < j->out_w; ow++) {
        products p = patch_products(j, columns, oh, oh, ow);
        for (int64_t panel = 0; panel < j->panels; panel++, p.a += panel_size(&j->s))
            compute_tile(&p, panel_bias(j->bias, panel), j->relu, tile_rows(j->s.out, panel),
                         out + (ow * j->s.out + panel * mr) * nr);
    }
}

/* ---- adding patches to the big grid ---- */

/* The patch of small pixel q of a block, by the micro-kernel. */
static void make_patch(const job *j, const real *in, int32_t q, real *patch)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    products p = {.a = j->weights, .b = in + q * j->s.in * nr, .k = j->s.in, .count = 1};
    if (cama__small_k_patch_pays(j->map)) {
        cama__small_k_patch(p.a, panel_size(&j->s), j->s.out, p.k, p.b, patch);
        return;
    }
    for (int64_t panel = 0; panel < j->panels; panel++, p.a += panel_size(&j->s))
        compute_tile(&p, NULL, false, tile_rows(j->s.out, panel), patch + panel * mr * nr);
}

CAMA__CLONES static void fill_pixels(real *out, int64_t pixels, int64_t channels, int64_t nr, const real *bias)
{
    for (int64_t i = 0; i < pixels; i++)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t lane = 0; lane < nr; lane++) *out++ = bias[c];
}

/* A block before the first patch is added: the bias. */
static void start_block(const job *j, real *out)
{
    const int64_t nr = cama__kernel()->nr, channels = j->map->big_channels;
    if (j->bias == NULL)
        memset(out, 0, (size_t)(j->out_size * nr) * sizeof *out);
    else
        fill_pixels(out, j->out_size / channels, channels, nr, j->bias);
}

/* A whole block: the patches of each small pixel are computed and added where they lie on the big grid. */
static void unpatch_task(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const cama__conv *m = j->map;
    const int64_t nr = cama__kernel()->nr;
    real *patch = j->work + worker * j->work_size, *out = j->out + block * j->out_size * nr;
    start_block(j, out);
    for (int32_t q = 0; q < m->h.small * m->w.small; q++) {
        make_patch(j, j->in + block * j->in_size * nr, q, patch);
        cama__col2im_add(m, patch, q / m->w.small, q % m->w.small, out);
    }
    if (j->relu) cama__epilogue_rows(out, j->out_size, nr, NULL, true);
}

/* The same where patches are thin. */
static void unpatch_thin_task(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const cama__conv *m = j->map;
    const int64_t nr = cama__kernel()->nr, patch = j->s.out, k = j->s.in;
    const real *in = j->in + block * j->in_size * nr;
    real *weights = j->work + worker * j->work_size, *out = j->out + block * j->out_size * nr;
    _Alignas(CAMA__ALIGN) real numbers[THIN_PATCH * THIN_NR];
    cama__small_m_repeat_weights(j->weights, patch, k, weights);
    start_block(j, out);
    for (int32_t q = 0; q < m->h.small * m->w.small; q++) {
        cama__small_m_multiply(weights, patch, k, in + q * k * nr, numbers);
        cama__col2im_add(m, numbers, q / m->w.small, q % m->w.small, out);
    }
    if (j->relu) cama__epilogue_rows(out, j->out_size, nr, NULL, true);
}

static int64_t worker_scratch(const cama__conv *m, int32_t lines)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t patch = (int64_t)m->h.taps * m->w.taps * m->big_channels;
    const int64_t gathered = lines * m->w.small * (patch + kernel->mr);
    const int64_t weights = cama__small_m_pays(m) ? patch * m->small_channels : 0;
    return m->patches ? cama__round_16((gathered > weights ? gathered : weights) * kernel->nr) : 0;
}

int64_t cama__conv_apply_work(const cama__conv *map, bool adjoint, int32_t threads)
{
    if (adjoint) return worker_scratch(map, 1) * threads;
    return cama__conv_pooled_work(map, 1, threads);
}

enum { PANELS_TO_SHARE = 8 /* so many tasks are enough for the threads */ };

static bool is_dense(const job *j) { return !j->map->patches && j->out_h * j->out_w == 1 && j->s.taps == 1; }

void cama__conv_apply(cama__pool *pool, const cama__conv *map, bool adjoint, const real *weights, const real *bias,
                      bool relu, int64_t blocks, const real *in, real *out, real *work)
{
    job j = plan(map, adjoint);
    j.weights = weights, j.bias = bias, j.relu = relu, j.blocks = blocks;
    j.in = in, j.out = out, j.work = work, j.work_size = worker_scratch(map, 1);
    if (map->patches && adjoint) {
        cama__pool_run(pool, blocks, cama__small_m_pays(map) ? unpatch_thin_task : unpatch_task, &j);
    } else if (map->patches) {
        use_columns(&j, 1, work);
        cama__pool_run(pool, blocks * j.out_h, patch_task, &j);
    } else if (is_dense(&j)) {
        j.splits = j.panels >= PANELS_TO_SHARE ? 1 : blocks < 4 ? 1 : 4;
        cama__pool_run(pool, j.panels * j.splits, dense_task, &j);
    } else {
        cama__pool_run(pool, blocks * j.out_h, direct_task, &j);
    }
}

int64_t cama__conv_apply_transposed_work(const cama__conv *map, bool adjoint, int32_t threads)
{
    const job j = plan(map, adjoint);
    return is_dense(&j) && j.panels >= PANELS_TO_SHARE
               ? cama__round_16(panel_size(&j.s)) * threads
               : cama__conv_weights(map, adjoint) + cama__conv_apply_work(map, adjoint, threads);
}

void cama__conv_apply_transposed(cama__pool *pool, const cama__conv *map, bool adjoint, const real *other,
                                 int64_t blocks, const real *in, real *out, real *work)
{
    job j = plan(map, adjoint);
    if (is_dense(&j) && j.panels >= PANELS_TO_SHARE) {
        j.weights = other, j.blocks = blocks, j.in = in, j.out = out, j.work = work;
        j.work_size = cama__round_16(panel_size(&j.s));
        cama__pool_run(pool, j.panels, dense_turned_task, &j);
        return;
    }
    cama__conv_transpose(pool, map, adjoint, other, work);
    cama__conv_apply(pool, map, adjoint, work, NULL, false, blocks, in, out, work + cama__conv_weights(map, adjoint));
}
