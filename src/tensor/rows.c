/* rows - one block at a time, one tile of features at a time; whole spans where lanes need no telling apart. */
#include "rows.h"

#include "../base/elementary.h"

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

CAMA__CLONES static void span_add(int64_t n, const real *restrict src, real *restrict dst)
{
    for (int64_t i = 0; i < n; i++) dst[i] += src[i];
}

/* ---- Maps and tiles --------------------------------------------------------------------------------------------- */

static int32_t kind_of(const int32_t *index, int32_t lanes, int32_t nr)
{
    bool aligned = index[0] % nr == 0, constant = true;
    for (int32_t j = 1; j < lanes; j++) {
        aligned = aligned && index[j] == index[0] + j;
        constant = constant && index[j] == index[0];
    }
    return aligned ? ROWS_ALIGNED : constant ? ROWS_CONSTANT : ROWS_MIXED;
}

void cama__rows_look(const int32_t *index, int64_t rows, int64_t block, int64_t src_features, cama__rows_map *map)
{
    const int32_t nr = cama__kernel()->nr;
    map->nr = nr;
    map->lanes = (int32_t)smaller(nr, rows - block * nr);
    map->kind = ROWS_ALIGNED;
    map->at[0] = block * src_features * nr;
    if (index == NULL) return;

    const int32_t *here = index + block * nr;
    map->kind = kind_of(here, map->lanes, nr);
    const int32_t told = map->kind == ROWS_MIXED ? nr : 1;
    for (int32_t j = 0; j < told; j++) {
        const int32_t row = here[j < map->lanes ? j : 0];
        map->at[j] = (row / nr) * src_features * nr + row % nr;
    }
}

static void fill_constant(int64_t count, int64_t nr, const real *restrict src, real *restrict tile)
{
    for (int64_t f = 0; f < count; f++) {
        const real value = src[f * nr];
        real *lane = tile + f * nr;
        int64_t j = 0;
        for (; j + 4 <= nr; j += 4) lane[j] = lane[j + 1] = lane[j + 2] = lane[j + 3] = value;
        for (; j < nr; j++) lane[j] = value;
    }
}

const real *cama__rows_tile(const cama__rows_map *map, const real *src, int64_t first, int64_t count, real *scratch)
{
    const int64_t nr = map->nr;
    const real *from = src + first * nr;
    if (map->kind == ROWS_ALIGNED) return from + map->at[0];
    if (map->kind == ROWS_CONSTANT) {
        fill_constant(count, nr, from + map->at[0], scratch);
        return scratch;
    }
    for (int64_t j = 0; j < nr; j++) {
        const real *lane = from + map->at[j];
        for (int64_t f = 0; f < count; f++) scratch[f * nr + j] = lane[f * nr];
    }
    return scratch;
}

/* dst[lane] += tile[lane] where not every lane exists. */
static void add_ragged(int64_t count, int64_t nr, int64_t lanes, const real *tile, real *dst)
{
    for (int64_t f = 0; f < count; f++)
        for (int64_t j = 0; j < lanes; j++) dst[f * nr + j] += tile[f * nr + j];
}

static void add_block(int64_t count, int64_t nr, int64_t lanes, const real *tile, real *dst)
{
    if (lanes == nr)
        span_add(count * nr, tile, dst);
    else
        add_ragged(count, nr, lanes, tile, dst);
}

/* A chain of additions for each feature, in lane order; four features keep the adders busy. */
static void add_constant(int64_t count, int64_t nr, int64_t lanes, const real *restrict tile, real *restrict dst)
{
    int64_t f = 0;
    for (; f + 4 <= count; f += 4) {
        const real *t = tile + f * nr;
        real *d = dst + f * nr, a = d[0], b = d[nr], c = d[2 * nr], e = d[3 * nr];
        for (int64_t j = 0; j < lanes; j++) {
            a += t[j];
            b += t[nr + j];
            c += t[2 * nr + j];
            e += t[3 * nr + j];
        }
        d[0] = a;
        d[nr] = b;
        d[2 * nr] = c;
        d[3 * nr] = e;
    }
    for (; f < count; f++)
        for (int64_t j = 0; j < lanes; j++) dst[f * nr] += tile[f * nr + j];
}

void cama__rows_tile_add(const cama__rows_map *map, const real *tile, int64_t first, int64_t count, real *dst)
{
    const int64_t nr = map->nr;
    real *to = dst + first * nr;
    if (map->kind == ROWS_ALIGNED)
        add_block(count, nr, map->lanes, tile, to + map->at[0]);
    else if (map->kind == ROWS_CONSTANT)
        add_constant(count, nr, map->lanes, tile, to + map->at[0]);
    else
        for (int64_t j = 0; j < map->lanes; j++) {
            real *lane = to + map->at[j];
            for (int64_t f = 0; f < count; f++) lane[f * nr] += tile[f * nr + j];
        }
}

void cama__rows_spread(const double *value, int64_t rows, int64_t block, int64_t count, real *tile)
{
    const int64_t nr = cama__kernel()->nr, lanes = smaller(nr, rows - block * nr);
    if (count < 1) return;
    for (int64_t j = 0; j < nr; j++) tile[j] = j < lanes ? (real)value[block * nr + j] : 0;
    for (int64_t f = 1; f < count; f++)
        for (int64_t j = 0; j < nr; j++) tile[f * nr + j] = tile[j];
}

void cama__rows_clear(int64_t rows, int64_t block, int64_t count, real *tile)
{
    const int64_t nr = cama__kernel()->nr, lanes = rows - block * nr;
    for (int64_t f = 0; lanes < nr && f < count; f++)
        for (int64_t j = lanes; j < nr; j++) tile[f * nr + j] = 0;
}

/* ---- Sharing out ------------------------------------------------------------------------------------------------ */

#define TASK_NUMBERS 8192 /* about what makes a task of the pool worth its price, a microsecond */

typedef struct {
    cama__rows_block_task *block_task;
    cama__rows_range_task *range_task;
    void *arg;
    int64_t count, step; /* blocks or features, and how many of them make a task */
} share;

static void run_blocks(void *arg, int64_t index, int32_t worker)
{
    const share *s = arg;
    const int64_t end = smaller(s->count, (index + 1) * s->step);
    (void)worker;
    for (int64_t block = index * s->step; block < end; block++) s->block_task(s->arg, block);
}

void cama__rows_each_block(const cama__exec *exec, int64_t rows, int64_t features, cama__rows_block_task *task,
                           void *arg)
{
    share s = {.block_task = task, .arg = arg, .count = cama__blocks(rows)};
    s.step = larger(1, TASK_NUMBERS / larger(1, features * cama__kernel()->nr));
    cama__exec_run(exec, (s.count + s.step - 1) / s.step, run_blocks, &s);
}

static void run_range(void *arg, int64_t index, int32_t worker)
{
    const share *s = arg;
    const int64_t first = index * s->step;
    (void)worker;
    s->range_task(s->arg, first, smaller(s->step, s->count - first));
}

void cama__rows_each_range(const cama__exec *exec, int64_t rows, int64_t features, cama__rows_range_task *task,
                           void *arg)
{
    const int64_t shares = 2 * cama__exec_threads(exec);
    share s = {.range_task = task, .arg = arg, .count = features};
    s.step = larger((features + shares - 1) / shares, larger(1, TASK_NUMBERS / larger(1, rows)));
    cama__exec_run(exec, (features + s.step - 1) / s.step, run_range, &s);
}

/* ---- Gather and scatter ----------------------------------------------------------------------------------------- */

typedef struct {
    int64_t rows, features;
    const real *src;
    const int32_t *index;
    real *dst;
} plan;

static void gather_block(void *arg, int64_t block)
{
    const plan *p = arg;
    cama__rows_map map;
    real scratch[CAMA__TILE * CAMA__LANES];
    cama__rows_look(p->index, p->rows, block, p->features, &map);
    for (int64_t first = 0; first < p->features; first += CAMA__TILE) {
        const int64_t count = smaller(CAMA__TILE, p->features - first);
        const real *tile = cama__rows_tile(&map, p->src, first, count, scratch);
        add_block(count, map.nr, map.lanes, tile, p->dst + (block * p->features + first) * map.nr);
    }
}

void cama__rows_gather_add(const cama__exec *exec, int64_t rows, int64_t features, const real *src,
                           const int32_t *index, real *dst)
{
    plan p = {rows, features, src, index, dst};
    cama__rows_each_block(exec, rows, features, gather_block, &p);
}

static void scatter_range(void *arg, int64_t first, int64_t count)
{
    const plan *p = arg;
    const int64_t blocks = cama__blocks(p->rows);
    cama__rows_map map;
    for (int64_t block = 0; block < blocks; block++) {
        cama__rows_look(p->index, p->rows, block, p->features, &map);
        cama__rows_tile_add(&map, p->src + (block * p->features + first) * map.nr, first, count, p->dst);
    }
}

void cama__rows_scatter_add(const cama__exec *exec, int64_t rows, int64_t features, const real *src,
                            const int32_t *index, real *dst)
{
    plan p = {rows, features, src, index, dst};
    cama__rows_each_range(exec, rows, features, scatter_range, &p);
}
