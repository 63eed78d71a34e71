/* threads_tally - a pool, and whether it does each index exactly once. Header only. */
#ifndef TESTS_UNIT_THREADS_TALLY_H
#define TESTS_UNIT_THREADS_TALLY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/threads.h"

enum { MOST = 8, LONGEST = 5000 };

static inline cama__pool *create(int32_t threads)
{
    cama__pool *pool = NULL;
    assert_int_equal(cama__pool_create(threads, &pool), CAMA_OK);
    assert_int_equal(cama__pool_threads(pool), threads);
    return pool;
}

static inline void nap(long nanoseconds) { nanosleep(&(struct timespec){0, nanoseconds}, NULL); }

typedef struct {
    unsigned char done[LONGEST]; /* plain, not atomic: an index belongs to one task, and the sanitizer would tell */
    int32_t threads;
    atomic_int strangers;                 /* workers outside [0, threads) */
    atomic_int inside[2 * MOST], clashes; /* two tasks at once under one worker number */
} tally;

static inline void count_index(void *arg, int64_t index, int32_t worker)
{
    tally *t = arg;
    if (worker < 0 || worker >= t->threads)
        atomic_fetch_add(&t->strangers, 1);
    else if (atomic_fetch_add(&t->inside[worker], 1) != 0)
        atomic_fetch_add(&t->clashes, 1);
    t->done[index]++;
    if (worker >= 0 && worker < t->threads) atomic_fetch_sub(&t->inside[worker], 1);
}

/* true if a run over count indices does each exactly once and nothing else. */
static inline bool runs_each_once(cama__pool *pool, int64_t count)
{
    static _Thread_local tally t;
    memset(&t, 0, sizeof t);
    t.threads = cama__pool_threads(pool);
    cama__pool_run(pool, count, count_index, &t);
    bool right = atomic_load(&t.strangers) == 0 && atomic_load(&t.clashes) == 0;
    for (int64_t i = 0; i < LONGEST; i++) right = right && t.done[i] == (i < count);
    return right;
}

#endif
