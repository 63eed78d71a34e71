/* exec - what a layer verb computes with: threads and memory. A verb takes its scratch from the arena and gives it
 * back. An arena without memory only measures: every verb then takes as it would and computes nothing, so that one code
 * path both sizes a session and runs it. */
#ifndef CAMA_TENSOR_EXEC_H
#define CAMA_TENSOR_EXEC_H

#include "layout.h"

/* Keys of the noise of dropout layers: row r is example[r] (RNG_NO_EXAMPLE for rows past n, and without keys). */
typedef struct {
    uint64_t seed;
    uint32_t step;
    const uint32_t *example;
    int64_t n;
} cama__dropout_keys;

/* Weights of maps that are applied tile after tile, transformed once for all (map.h). */
enum { PREPARED_MOST = 24 };
typedef struct {
    int32_t count;
    const real *weights[PREPARED_MOST], *transformed[PREPARED_MOST];
} cama__prepared;

typedef struct {
    cama__pool *pool;
    cama__arena *arena;
    const cama__dropout_keys *dropout; /* NULL: dropout layers pass everything on, as in prediction */
    bool winograd;                     /* convolutions by minimal filtering where it pays (conv/winograd.h) */
    const cama__prepared *ready;       /* or NULL */
    bool whole;                        /* few rows are not cut into windows (map.h) */
} cama__exec;

static inline bool cama__exec_measures(const cama__exec *work) { return work->arena->base == NULL; }
static inline int32_t cama__exec_threads(const cama__exec *work) { return cama__pool_threads(work->pool); }
/* While measuring, pieces lie nowhere: the pointer is not NULL (NULL means "not wanted" to the verbs) and is never
 * followed. */
extern real cama__exec_nowhere;
static inline real *cama__exec_reals(const cama__exec *work, int64_t count)
{
    real *piece = cama__arena_take(work->arena, (size_t)count, sizeof(real));
    return cama__exec_measures(work) ? &cama__exec_nowhere : piece;
}
/* A blocked tensor of `features` numbers for each of `rows` rows, padding lanes included. */
static inline real *cama__exec_tensor(const cama__exec *work, int64_t rows, int64_t features)
{
    return cama__exec_reals(work, cama__blocks(rows) * cama__kernel()->nr * features);
}
void cama__exec_zero(const cama__exec *work, real *data, int64_t count); /* does nothing while measuring */
#endif
