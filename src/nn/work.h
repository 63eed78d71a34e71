/* work - what a layer verb computes with: threads and memory. A verb takes its scratch from the arena and gives it
 * back. An arena without memory only measures: every verb then takes as it would and computes nothing, so that one code
 * path both sizes a session and runs it. */
#ifndef CAMA_NN_WORK_H
#define CAMA_NN_WORK_H

#include "../math/packed.h"

/* Keys of the noise of dropout layers: row r is example[r] (RNG_NO_EXAMPLE for rows past n, and without keys). */
typedef struct {
    uint64_t seed;
    uint32_t step;
    const uint32_t *example;
    int64_t n;
} cama__dropout_keys;

/* Weights of maps that are applied tile after tile, transformed once for all (map.h). */
enum { READY_MOST = 24 };
typedef struct {
    int32_t count;
    const real *weights[READY_MOST], *transformed[READY_MOST];
} cama__ready;

typedef struct {
    cama__pool *pool;
    cama__arena *arena;
    const cama__dropout_keys *dropout; /* NULL: dropout layers pass everything on, as in prediction */
    bool winograd;                     /* convolutions by minimal filtering where it pays (math/winograd.h) */
    const cama__ready *ready;          /* or NULL */
    bool whole;                        /* few rows are not cut into windows (map.h) */
} cama__work;

static inline bool cama__work_measures(const cama__work *work) { return work->arena->base == NULL; }
static inline int32_t cama__work_threads(const cama__work *work) { return cama__pool_threads(work->pool); }
/* While measuring, pieces lie nowhere: the pointer is not NULL (NULL means "not wanted" to the verbs) and is never
 * followed. */
extern real cama__work_nowhere;
static inline real *cama__work_reals(const cama__work *work, int64_t count)
{
    real *piece = cama__arena_take(work->arena, (size_t)count, sizeof(real));
    return cama__work_measures(work) ? &cama__work_nowhere : piece;
}
/* A blocked tensor of `features` numbers for each of `rows` rows, padding lanes included. */
static inline real *cama__work_tensor(const cama__work *work, int64_t rows, int64_t features)
{
    return cama__work_reals(work, cama__blocks(rows) * cama__kernel()->nr * features);
}
void cama__work_zero(const cama__work *work, real *data, int64_t count); /* does nothing while measuring */
#endif
