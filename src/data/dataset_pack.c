/* dataset_pack - rows of a dataset as a batch: gathered, brought to standard units, transposed into blocks. */
#include <string.h>

#include "../base/elementary.h"
#include "../tensor/kernel.h"
#include "../tensor/layout.h"
#include "dataset.h"

typedef struct {
    const uint8_t *bytes; /* or NULL: */
    const float *values;  /* (., width) */
    int64_t width;
    const cama__selection *rows;
    const float *mean, *scale;
    real *out;
} packing;

static int64_t row_of(const cama__selection *rows, int64_t i)
{
    return rows->index != NULL ? rows->index[i] : rows->first + i;
}

CAMA__CLONES
static void reals_of_bytes(const uint8_t *bytes, int64_t count, real *out)
{
    for (int64_t i = 0; i < count; i++) out[i] = (real)cama__dataset_pixel(bytes[i]);
}

static void reals_of_floats(const float *x, int64_t count, real *out)
{
    for (int64_t i = 0; i < count; i++) out[i] = (real)x[i];
}

static void standardise(const float *mean, const float *scale, int64_t count, real *out)
{
    for (int64_t i = 0; i < count; i++) out[i] = (out[i] - (real)mean[i]) / (real)scale[i];
}

/* Numbers first .. first + count of one row. */
static void line_of(const packing *p, int64_t row, int64_t first, int64_t count, real *line)
{
    if (p->bytes != NULL)
        reals_of_bytes(p->bytes + row * p->width + first, count, line);
    else
        reals_of_floats(p->values + row * p->width + first, count, line);
    if (p->mean != NULL) standardise(p->mean + first, p->scale + first, count, line);
}

/* Rows are gathered, a piece of them that stays in the first cache, and transposed from there. */
enum { PIECE = 4096 };

static void pack_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const packing *p = arg;
    const int64_t nr = cama__kernel()->nr, most = (PIECE / nr) & ~(int64_t)3;
    _Alignas(CAMA__ALIGN) real piece[PIECE];
    real *out = p->out + block * p->width * nr;
    for (int64_t f = 0; f < p->width; f += most) {
        const int64_t width = p->width - f < most ? p->width - f : most;
        for (int64_t lane = 0; lane < nr; lane++) {
            const int64_t i = block * nr + lane;
            real *line = piece + lane * most;
            if (i >= p->rows->n)
                memset(line, 0, (size_t)width * sizeof *line);
            else
                line_of(p, row_of(p->rows, i), f, width, line);
        }
        cama__layout_transpose(piece, most, nr, width, out + f * nr, nr);
    }
}

void cama__dataset_pack(cama__pool *pool, const cama_dataset *dataset, int32_t role, const cama__selection *rows,
                        const float *mean, const float *scale, real *out)
{
    packing p = {.bytes = role == ROLE_X ? dataset->bytes : NULL,
                 .values = dataset->block[role],
                 .width = cama__dataset_width(dataset, role),
                 .rows = rows,
                 .mean = mean,
                 .scale = scale,
                 .out = out};
    cama__pool_run(pool, cama__blocks(rows->n), pack_block, &p);
}

void cama__dataset_pack_labels(const cama_dataset *dataset, const cama__selection *rows, int32_t *y, uint32_t *example)
{
    for (int64_t i = 0; y != NULL && dataset->y != NULL && i < rows->n; i++) y[i] = dataset->y[row_of(rows, i)];
    for (int64_t i = 0; example != NULL && i < rows->n; i++) example[i] = (uint32_t)row_of(rows, i);
}
