/* exec - the execution context: threads, scratch memory and settings, handed to everything that computes.
 *
 * The same code sizes a computation and performs it. With an arena without memory the context *measures*: what is taken
 * is only counted, and the primitives below do nothing. So code that computes through them alone needs no size function
 * and no test of its own for measuring. Sizes must not depend on data: only on shapes, settings and numbers of rows.
 *
 *     const size_t mark = cama__arena_mark(exec->arena);
 *     real *scratch = cama__exec_reals(exec, count * cama__exec_threads(exec));
 *     cama__exec_run(exec, tasks, task, &job);
 *     cama__arena_release(exec->arena, mark); */
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

/* Winograd weights that were transformed once for many applications (conv.h). */
enum { PREPARED_MOST = 24 };
typedef struct {
    int32_t count;
    const real *weights[PREPARED_MOST], *transformed[PREPARED_MOST];
} cama__prepared;

typedef struct {
    cama__pool *pool;
    cama__arena *arena;
    const cama__dropout_keys *dropout; /* NULL: dropout layers pass everything on, as in prediction */
    bool winograd;                     /* convolutions by Winograd's algorithm where it pays (conv/winograd.h) */
    const cama__prepared *prepared;    /* or NULL */
    bool whole;                        /* small batches are not cut into tiles (conv/small_batch.h) */
} cama__exec;

/* Without an arena (NULL) a context computes and has no scratch. */
static inline bool cama__exec_measures(const cama__exec *exec)
{
    return exec->arena != NULL && exec->arena->base == NULL;
}
static inline int32_t cama__exec_threads(const cama__exec *exec) { return cama__pool_threads(exec->pool); }

/* Memory from the arena, not zeroed but for doubles. While measuring the pointer is not NULL, because NULL means
 * "not wanted", and is never followed. */
real *cama__exec_reals(const cama__exec *exec, int64_t count);
double *cama__exec_doubles(const cama__exec *exec, int64_t count);
int32_t *cama__exec_indices(const cama__exec *exec, int64_t count);
void *cama__exec_structs(const cama__exec *exec, int64_t count, size_t size);
uint8_t *cama__exec_bytes(const cama__exec *exec, int64_t count);
/* A blocked tensor of `features` numbers for each of `rows` rows, padding lanes included. */
real *cama__exec_tensor(const cama__exec *exec, int64_t rows, int64_t features);

/* base + offset, of memory that is not the arena's: the caller's, which need not be there while measuring. */
real *cama__exec_piece(const cama__exec *exec, const real *base, int64_t offset);

/* A count that data decide, which is at most `most`: while measuring the largest. */
static inline int64_t cama__exec_count(const cama__exec *exec, int64_t count, int64_t most)
{
    return cama__exec_measures(exec) ? most : count;
}

/* task(arg, index, worker) for each index in [0, count), as cama__pool_run. */
void cama__exec_run(const cama__exec *exec, int64_t count, cama__task *task, void *arg);
/* The same in the order of the indices on the calling thread. */
void cama__exec_serial(const cama__exec *exec, int64_t count, cama__task *task, void *arg);

void cama__exec_zero(const cama__exec *exec, real *data, int64_t count);
void cama__exec_zero_bytes(const cama__exec *exec, uint8_t *data, int64_t count);
void cama__exec_copy(const cama__exec *exec, const real *from, int64_t count, real *to);
void cama__exec_add(const cama__exec *exec, const real *from, int64_t count, real *to); /* to += from */
#endif
