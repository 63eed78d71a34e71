/* threads_tally - a pool, and whether it does each index exactly once. */
#include "threads_tally.h"

cama__pool *tally_pool(int32_t threads)
{
    cama__pool *pool = NULL;
    OK(cama__pool_create(threads, &pool));
    assert_int_equal(cama__pool_threads(pool), threads);
    return pool;
}

void tally_nap(long nanoseconds) { nanosleep(&(struct timespec){0, nanoseconds}, NULL); }

static void tally_count(void *arg, int64_t index, int32_t worker)
{
    tally *t = arg;
    if (worker < 0 || worker >= t->threads)
        atomic_fetch_add(&t->strangers, 1);
    else if (atomic_fetch_add(&t->inside[worker], 1) != 0)
        atomic_fetch_add(&t->clashes, 1);
    t->done[index]++;
    if (worker >= 0 && worker < t->threads) atomic_fetch_sub(&t->inside[worker], 1);
}

bool tally_runs_each_once(cama__pool *pool, int64_t count)
{
    static _Thread_local tally t;
    memset(&t, 0, sizeof t);
    t.threads = cama__pool_threads(pool);
    cama__pool_run(pool, count, tally_count, &t);
    bool right = atomic_load(&t.strangers) == 0 && atomic_load(&t.clashes) == 0;
    for (int64_t i = 0; i < LONGEST; i++) right = right && t.done[i] == (i < count);
    return right;
}
