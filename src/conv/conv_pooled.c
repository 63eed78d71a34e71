/* conv_pooled - squares of output pixels, panel by panel, reduced to their maximum while they are in cache. */
#include "conv_pooled.h"

#include <string.h>

#include "im2col_job.h"
#include "tile_pool.h"

int32_t cama__conv_pooled_lines(const cama__conv_job *j) { return cama__maxpool_out(j->out_h, j->post.window); }
int32_t cama__conv_pooled_columns(const cama__conv_job *j) { return cama__maxpool_out(j->out_w, j->post.window); }

void cama__conv_pooled_run(const cama__exec *exec, cama__conv_job *j, cama__task *line, cama__task *pooled)
{
    if (j->post.window > 1)
        cama__exec_run(exec, j->blocks * cama__conv_pooled_lines(j), pooled, j);
    else
        cama__exec_run(exec, j->blocks * j->out_h, line, j);
}

cama__pool_square cama__conv_pooled_square(const cama__conv_job *j, int64_t index, int32_t column, const real *columns)
{
    const int32_t lines = cama__conv_pooled_lines(j), window = j->post.window, row = (int32_t)(index % lines) * window;
    return (cama__pool_square){.in = j->in + index / lines * j->in_size * cama__kernel()->nr,
                               .columns = columns,
                               .row = row,
                               .end = cama__least_32(row + window, j->out_h),
                               .column = column * window,
                               .last = cama__least_32((column + 1) * window, j->out_w)};
}

/* A panel of a square, pixel after pixel. */
static void pool_pixels(const cama__conv_job *j, const cama__pool_square *s, int64_t panel, real *best, real *where)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t size = kernel->mr * kernel->nr, rs = kernel->by_rows ? kernel->nr : 1,
                  cs = kernel->by_rows ? 1 : kernel->mr;
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    for (int32_t y = s->row; y < s->end; y++)
        for (int32_t x = s->column; x < s->last; x++) {
            cama__tile_products p =
                j->map->im2col ? cama__im2col_pixel(j, s->columns, s->row, y, x) : cama__conv_job_pixel(j, s->in, y, x);
            const int32_t number = (y - s->row) * j->post.window + x - s->column;
            p.a += panel * cama__panel_size(&j->s);
            cama__tile_multiply(&p, number == 0 ? best : tile, rs, cs);
            if (number == 0)
                memset(where, 0, (size_t)size * sizeof *where);
            else
                cama__tile_pool_next(tile, (real)number, best, where, size);
        }
}

/* A whole 2 x 2 square of im2col: the maximum is sought in one pass, when all four tiles are there. */
static void pool_four(const cama__conv_job *j, const cama__pool_square *s, int64_t panel, real *best, real *where)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t size = kernel->mr * kernel->nr, rs = kernel->by_rows ? kernel->nr : 1,
                  cs = kernel->by_rows ? 1 : kernel->mr;
    _Alignas(CAMA__ALIGN) real tiles[4 * TILE_MAX];
    for (int32_t i = 0; i < 4; i++) {
        const cama__tile_products p = cama__im2col_pixel(j, s->columns, s->row, s->row + i / 2, s->column + i % 2);
        cama__kernel_run(p.k, p.a + panel * cama__panel_size(&j->s), p.b, false, tiles + i * size, rs, cs);
    }
    cama__tile_pool_four((const real *const[4]){tiles, tiles + size, tiles + 2 * size, tiles + 3 * size}, best, where,
                         size);
}

/* All channels of a square to out, argmax (channels, NR). */
static void pool_square(const cama__conv_job *j, const cama__pool_square *s, real *out, uint8_t *argmax)
{
    const int64_t nr = cama__kernel()->nr, size = cama__kernel()->mr * nr;
    const bool four = j->map->im2col && j->post.window == 2 && s->end - s->row == 2 && s->last - s->column == 2;
    _Alignas(CAMA__ALIGN) real best[TILE_MAX], where[TILE_MAX];
    for (int64_t panel = 0; panel < j->panels; panel++, out += size, argmax += size) {
        const int64_t rows = cama__tile_rows(j->s.out, panel);
        cama__tile_expect_write(out, (size_t)(rows * nr) * sizeof *out);
        cama__tile_expect_write(argmax, (size_t)(rows * nr));
        (four ? pool_four : pool_pixels)(j, s, panel, best, where);
        cama__tile_pool_store(best, where, cama__tile_bias(j->post.bias, panel), j->post.relu, rows, out, argmax);
    }
}

void cama__conv_pooled_task(void *arg, int64_t index, int32_t worker)
{
    const cama__conv_job *j = arg;
    const int64_t pixel = j->s.out * cama__kernel()->nr;
    const int32_t columns = cama__conv_pooled_columns(j);
    real *gathered = j->scratch + worker * j->scratch_size;
    const cama__pool_square line = cama__conv_pooled_square(j, index, 0, gathered);
    if (j->map->im2col) cama__im2col_lines(j, line.in, line.row, line.end, gathered);
    for (int32_t column = 0; column < columns; column++) {
        const cama__pool_square s = cama__conv_pooled_square(j, index, column, gathered);
        const int64_t at = (index * columns + column) * pixel;
        pool_square(j, &s, j->out + at, j->argmax + at);
    }
}
