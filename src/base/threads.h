/* threads - a fixed pool of workers that shares out numbered tasks. No OpenMP. Which worker gets which task never
 * changes a result: a task writes only what is its own, and whoever sums, sums in index order.
 * Workers, and the caller while in cama__pool_run, compute with denormals flushed to zero; the caller's floating-point
 * environment is restored. The pool survives fork(): the child starts new workers at its first run. */
#ifndef CAMA_BASE_THREADS_H
#define CAMA_BASE_THREADS_H

#include "mem.h"

typedef struct cama__pool cama__pool;

/* threads >= 1 counts the caller; 1 starts none. */
int32_t cama__pool_create(int32_t threads, cama__pool **out);
void cama__pool_free(cama__pool *pool);
int32_t cama__pool_threads(const cama__pool *pool);

/* Call task(arg, index, worker) once for each index in [0, count), worker in [0, threads). Returns when all are done.
 * Contiguous ranges of indices go to the same worker first, then idle workers take what is left. pool NULL runs all on
 * the caller as worker 0. Tasks must not call cama__pool_run. */
typedef void cama__task(void *arg, int64_t index, int32_t worker);
void cama__pool_run(cama__pool *pool, int64_t count, cama__task *task, void *arg);

int32_t cama__processors(void); /* processors this process may use, at least 1 */

/* Flush denormals to zero until leave: for verbs that compute on the calling thread outside cama__pool_run. */
typedef struct {
    uint32_t saved;
} cama__fp;
cama__fp cama__fp_enter(void);
void cama__fp_leave(cama__fp fp);

#endif
