/* conv_pooled - the map and the max pool after it, in one: no pixel before the pool leaves the cache. */
#include "conv_job.h"
#include "conv_maxpool.h"

/* Output pixels [row, end) x [column, last), at most a square of the pool, and what they are made from. */
typedef struct {
    const real *in, *columns; /* the block's; of patches, from line `row` on */
    int32_t row, end, column, last;
} square;

/* A panel of the square: its largest tile and which it was. */
static void largest_tile(const job *j, const square *s, int64_t panel, int64_t rs, int64_t cs, real *best, real *where)
{
    const int64_t size = cama__kernel()->mr * cama__kernel()->nr;
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    for (int32_t y = s->row; y < s->end; y++)
        for (int32_t x = s->column; x < s->last; x++) {
            products p = j->map->patches ? patch_products(j, s->columns, s->row, y, x) : pixel_products(j, s->in, y, x);
            const int32_t here = (y - s->row) * j->window + x - s->column;
            p.a += panel * panel_size(&j->s);
            multiply(&p, here == 0 ? best : tile, rs, cs);
            if (here == 0)
                memset(where, 0, (size_t)size * sizeof *where);
            else
                keep_larger(tile, (real)here, best, where, size);
        }
}

/* The same of four pixels, two by two, from patches: the largest is sought in one pass, when all four tiles are
 * there. */
static void largest_of_patches(const job *j, const square *s, int64_t panel, int64_t rs, int64_t cs, real *best,
                               real *where)
{
    const int64_t nr = cama__kernel()->nr, size = cama__kernel()->mr * nr;
    const int64_t right = j->map->w.stride * cama__im2col_column(j->map) * nr, below = j->columns * nr;
    const products first = patch_products(j, s->columns, s->row, s->row, s->column);
    const real *a = first.a + panel * panel_size(&j->s);
    _Alignas(CAMA__ALIGN) real tiles[4 * TILE_MAX];
    for (int32_t i = 0; i < 4; i++)
        cama__kernel_run(first.k, a, first.b + i / 2 * below + i % 2 * right, false, tiles + i * size, rs, cs);
    largest_of_four(tiles, tiles + size, tiles + 2 * size, tiles + 3 * size, best, where, size);
}

/* All channels of a square of short sums. */
static void short_square(const job *j, const square *s, real *out, uint8_t *place)
{
    enum { PIXELS_MOST = 15 * 15 }; /* nn/maxpool.h */
    const cama__small_k sums = short_sums(j);
    const real *pixel[PIXELS_MOST];
    uint8_t number[PIXELS_MOST];
    int32_t count = 0;
    for (int32_t y = s->row; y < s->end; y++)
        for (int32_t x = s->column; x < s->last; x++) {
            number[count] = (uint8_t)((y - s->row) * j->window + x - s->column);
            pixel[count++] = patch_products(j, s->columns, s->row, y, x).b;
        }
    cama__small_k_largest(&sums, count, pixel, number, out, place);
}

/* One row of pooled pixels of one block: no pixel before the pool leaves the cache. */
static void pooled_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t nr = kernel->nr, mr = kernel->mr, rs = kernel->by_rows ? nr : 1, cs = kernel->by_rows ? 1 : mr;
    const int32_t window = j->window, rows = (j->out_h + window - 1) / window, row = (int32_t)(index % rows) * window;
    const int32_t columns = (j->out_w + window - 1) / window, end = least_32(row + window, j->out_h);
    const real *in = j->in + index / rows * j->in_size * nr;
    real *patches = j->work + worker * j->work_size;
    _Alignas(CAMA__ALIGN) real best[TILE_MAX], where[TILE_MAX];
    for (int32_t y = row; j->map->patches && y < end; y++)
        cama__im2col_columns(j->map, in, y, patches + (y - row) * j->columns * nr);
    for (int32_t column = 0; column < columns; column++) {
        const square s = {in, patches, row, end, column * window, least_32((column + 1) * window, j->out_w)};
        if (cama__small_k_pays(j->map)) {
            const int64_t at = (index * columns + column) * j->s.out * nr;
            short_square(j, &s, j->out + at, j->place + at);
            continue;
        }
        const bool four = j->map->patches && window == 2 && s.end - s.row == 2 && s.last - s.column == 2;
        for (int64_t panel = 0; panel < j->panels; panel++) {
            const int64_t at = ((index * columns + column) * j->s.out + panel * mr) * nr;
            const int64_t count = tile_rows(j->s.out, panel) * nr;
            expect_write(j->out + at, (size_t)count * sizeof *j->out);
            expect_write(j->place + at, (size_t)count);
            (four ? largest_of_patches : largest_tile)(j, &s, panel, rs, cs, best, where);
            finish_pooled(best, where, panel_bias(j->bias, panel), j->relu, tile_rows(j->s.out, panel), j->out + at,
                          j->place + at);
        }
    }
}

int64_t cama__conv_pooled_work(const cama__conv *map, int32_t window, int32_t threads)
{
    return map->patches ? columns_scratch(map, window) * threads + cama__conv_weights(map, false) : 0;
}

void cama__conv_apply_pooled(cama__pool *pool, const cama__conv *map, int32_t window, const real *weights,
                             const real *bias, bool relu, int64_t blocks, const real *in, real *out, uint8_t *place,
                             real *work)
{
    job j = plan(map, false);
    j.weights = weights, j.bias = bias, j.relu = relu, j.blocks = blocks, j.window = window;
    j.in = in, j.out = out, j.place = place;
    if (map->patches) use_columns(&j, window, work);
    cama__pool_run(pool, blocks * ((j.out_h + window - 1) / window), pooled_task, &j);
}
