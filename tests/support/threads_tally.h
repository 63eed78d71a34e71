/* threads_tally - a pool, and whether it does each index exactly once. */
#ifndef TESTS_SUPPORT_THREADS_TALLY_H
#define TESTS_SUPPORT_THREADS_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/threads.h"
#include "check.h"

enum { MOST = 8, LONGEST = 5000 };

cama__pool *tally_pool(int32_t threads);
void tally_nap(long nanoseconds);

typedef struct {
    unsigned char done[LONGEST]; /* plain, not atomic: an index belongs to one task, and the sanitizer would tell */
    int32_t threads;
    atomic_int strangers;                 /* workers outside [0, threads) */
    atomic_int inside[2 * MOST], clashes; /* two tasks at once under one worker number */
} tally;

/* true if a run over count indices does each exactly once and nothing else. */
bool tally_runs_each_once(cama__pool *pool, int64_t count);

#endif
