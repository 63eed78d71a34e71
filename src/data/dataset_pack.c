/* dataset_pack - rows of a dataset as a batch: gathered, brought to standard units, transposed into blocks. */
#include <string.h>

#include "../base/elementary.h"
#include "dataset.h"

typedef struct {
    const uint8_t *bytes; /* or NULL: */
    const float *values;  /* (., width) */
    int64_t width;
    const int64_t *index;
    int64_t first, n;
    const float *mean, *scale;
    real *out;
} packing;

static int64_t row_of(const int64_t *index, int64_t first, int64_t i) { return index != NULL ? index[i] : first + i; }

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
            if (i >= p->n)
                memset(line, 0, (size_t)width * sizeof *line);
            else
                line_of(p, row_of(p->index, p->first, i), f, width, line);
        }
        cama__layout_transpose(piece, most, nr, width, out + f * nr, nr);
    }
}

void cama__dataset_pack(cama__pool *pool, const cama_dataset *dataset, int32_t role, const int64_t *index,
                        int64_t first, int64_t n, const float *mean, const float *scale, real *out)
{
    packing p = {role == ROLE_X ? dataset->bytes : NULL,
                 cama__dataset_block(dataset, role),
                 cama__dataset_width(dataset, role),
                 index,
                 first,
                 n,
                 mean,
                 scale,
                 out};
    cama__pool_run(pool, cama__blocks(n), pack_block, &p);
}

void cama__dataset_pack_labels(const cama_dataset *dataset, const int64_t *index, int64_t first, int64_t n, int32_t *y,
                               uint32_t *example)
{
    for (int64_t i = 0; y != NULL && dataset->y != NULL && i < n; i++) y[i] = dataset->y[row_of(index, first, i)];
    for (int64_t i = 0; example != NULL && i < n; i++) example[i] = (uint32_t)row_of(index, first, i);
}
