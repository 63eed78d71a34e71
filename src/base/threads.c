/* threads - workers may help with a run, but no run waits for a worker that has not joined it: the caller alone could
 * do all of it, so a late, sleeping or missing worker costs speed and never correctness.
 *
 * One atomic word is the whole protocol: the number of the run (GEN), whether it may be joined (OPEN), whether the
 * caller sleeps until the last worker leaves (WAIT), whether the pool ends (STOP), and how many workers are inside
 * (ACTIVE). The caller writes the job only while the run is closed and ACTIVE is 0; a worker reads it only while
 * counted there. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#define ACTIVE ((uint64_t)0xffff)
#define STOP ((uint64_t)1 << 29)
#define WAIT ((uint64_t)1 << 30)
#define OPEN ((uint64_t)1 << 31)
#define GEN ((uint64_t)0xffffffff << 32)
#define NEXT_GEN ((uint64_t)1 << 32)

enum {
    MAX_THREADS = 4096,
    SPIN_NANOSECONDS = 50000, /* about what it costs to wake a sleeper */
    RUNS_PER_RANGE = 16       /* a range is taken in this many pieces, so that there is something left to steal */
};

typedef struct {
    _Alignas(CAMA__ALIGN) atomic_llong next; /* own cache line: the owner takes from it while others do from theirs */
    int64_t end;
    cama__pool *pool;
    pthread_t thread;
    int32_t index;
} lane;

struct cama__pool {
    _Alignas(CAMA__ALIGN) atomic_ullong word;
    _Alignas(CAMA__ALIGN) atomic_int sleepers; /* changed under mutex only */
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    int32_t threads, started; /* started counts workers, without the caller */
    unsigned forks;           /* value of forks when the workers were started */
    long spin_nanoseconds;
    cama__task *task;
    void *arg;
    int64_t piece;
    lane lanes[];
};

/* ---- Floating-point environment ---------------------------------------------------------------------------------- */

/* All of MXCSR is set, not two bits of it: with the caller's rounding mode the caller would differ from the workers,
 * and with the caller's exception traps an infinity in the middle of a sum would raise a signal. */
cama__fp cama__fp_enter(void)
{
#if defined(__SSE__)
    const cama__fp fp = {_mm_getcsr()};
    _mm_setcsr(0x1f80 | 0x8040); /* power-on state, FTZ, DAZ */
#else
    const cama__fp fp = {0};
#endif
    return fp;
}

void cama__fp_leave(cama__fp fp)
{
#if defined(__SSE__)
    _mm_setcsr(fp.saved);
#else
    (void)fp;
#endif
}

/* ---- Processors and fork ----------------------------------------------------------------------------------------- */

int32_t cama__processors(void)
{
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > MAX_THREADS ? MAX_THREADS : (int32_t)online;
}

static atomic_uint forks; /* how many forks lie between this process and the one that loaded the library */
static pthread_once_t forks_once = PTHREAD_ONCE_INIT;
static int forks_watched; /* what pthread_atfork returned */

static void count_fork(void) { atomic_fetch_add(&forks, 1); }
static void watch_forks(void) { forks_watched = pthread_atfork(NULL, NULL, count_fork); }

/* ---- Waiting ----------------------------------------------------------------------------------------------------- */

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Spin for a bounded time until (word & mask) == value, or until it differs. */
static bool spin(cama__pool *pool, uint64_t mask, uint64_t value, bool equal)
{
    if (pool->spin_nanoseconds == 0) return ((atomic_load(&pool->word) & mask) == value) == equal;
    const int64_t end = nanoseconds() + pool->spin_nanoseconds;
    do {
        for (int i = 0; i < 64; i++) {
            if (((atomic_load_explicit(&pool->word, memory_order_acquire) & mask) == value) == equal) return true;
            relax();
        }
    } while (nanoseconds() < end);
    return false;
}

/* A worker's wait for a run it has not seen, or for the end. sleepers is raised before word is read again, and the
 * caller writes word before it reads sleepers: one of the two sees the other. */
static uint64_t await_run(cama__pool *pool, uint64_t seen)
{
    if (!spin(pool, GEN | STOP, seen, false)) {
        pthread_mutex_lock(&pool->mutex);
        atomic_fetch_add(&pool->sleepers, 1);
        while ((atomic_load(&pool->word) & (GEN | STOP)) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
        atomic_fetch_sub(&pool->sleepers, 1);
        pthread_mutex_unlock(&pool->mutex);
    }
    return atomic_load(&pool->word);
}

/* The caller's wait for the workers that joined. */
static void await_workers(cama__pool *pool)
{
    if (spin(pool, ACTIVE, 0, true)) return;
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_or(&pool->word, WAIT);
    while ((atomic_load(&pool->word) & ACTIVE) != 0) pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

static void wake_workers(cama__pool *pool, int64_t wanted)
{
    const int sleepers = atomic_load(&pool->sleepers);
    if (sleepers == 0) return;
    pthread_mutex_lock(&pool->mutex); /* whoever was on the way to sleep is asleep now */
    pthread_mutex_unlock(&pool->mutex);
    if (wanted >= sleepers) {
        pthread_cond_broadcast(&pool->wake);
    } else {
        for (int64_t i = 0; i < wanted; i++) pthread_cond_signal(&pool->wake);
    }
}

/* ---- Work -------------------------------------------------------------------------------------------------------- */

/* Take pieces from the own range, then from those of the neighbours, until nothing is left to take. */
static void drain(cama__pool *pool, int32_t worker)
{
    for (int32_t k = 0; k < pool->threads; k++) {
        lane *from = &pool->lanes[(worker + k) % pool->threads];
        while (atomic_load_explicit(&from->next, memory_order_relaxed) < from->end) {
            const int64_t first = atomic_fetch_add_explicit(&from->next, pool->piece, memory_order_relaxed);
            for (int64_t i = first; i < from->end && i < first + pool->piece; i++) pool->task(pool->arg, i, worker);
        }
    }
}

static bool join_run(cama__pool *pool, uint64_t word)
{
    unsigned long long expected = word;
    while (expected & OPEN) {
        if (atomic_compare_exchange_weak(&pool->word, &expected, expected + 1)) return true;
    }
    return false;
}

static void leave_run(cama__pool *pool)
{
    const uint64_t before = atomic_fetch_sub(&pool->word, 1);
    if ((before & ACTIVE) == 1 && (before & WAIT)) {
        pthread_mutex_lock(&pool->mutex);
        pthread_mutex_unlock(&pool->mutex);
        pthread_cond_signal(&pool->done);
    }
}

static void *worker_main(void *arg)
{
    const lane *self = arg;
    cama__pool *pool = self->pool;
    cama__fp_enter();
    for (uint64_t seen = 0;;) {
        const uint64_t word = await_run(pool, seen);
        if (word & STOP) return NULL;
        seen = word & GEN;
        if (join_run(pool, word)) {
            drain(pool, self->index);
            leave_run(pool);
        }
    }
}

static void deal_ranges(cama__pool *pool, int64_t count)
{
    const int64_t share = count / pool->threads, rest = count % pool->threads;
    int64_t first = 0;
    for (int32_t t = 0; t < pool->threads; t++) {
        atomic_store_explicit(&pool->lanes[t].next, first, memory_order_relaxed);
        first += share + (t < rest);
        pool->lanes[t].end = first;
    }
    pool->piece = share / RUNS_PER_RANGE + 1;
}

static void run_shared(cama__pool *pool, int64_t count, cama__task *task, void *arg)
{
    pool->task = task;
    pool->arg = arg;
    deal_ranges(pool, count);
    atomic_store(&pool->word, ((atomic_load(&pool->word) & GEN) + NEXT_GEN) | OPEN);
    wake_workers(pool, count - 1);
    drain(pool, 0);
    if (atomic_fetch_and(&pool->word, ~OPEN) & ACTIVE) await_workers(pool);
}

/* ---- The pool ---------------------------------------------------------------------------------------------------- */

/* Start the workers; signals of the program are not theirs to handle, faults of their own are. Fewer than wanted may
 * start; returns what pthread_create said. */
static int start_workers(cama__pool *pool)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    sigset_t blocked, saved;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&blocked, faults[i]);

    atomic_init(&pool->word, 0);
    atomic_init(&pool->sleepers, 0);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->forks = atomic_load(&forks);
    pool->started = 0;
    int refused = 0;
    pthread_sigmask(SIG_SETMASK, &blocked, &saved);
    for (int32_t t = 1; t < pool->threads && refused == 0; t++) {
        refused = pthread_create(&pool->lanes[t].thread, NULL, worker_main, &pool->lanes[t]);
        if (refused == 0) pool->started = t;
    }
    pthread_sigmask(SIG_SETMASK, &saved, NULL);
    return refused;
}

static void stop_workers(cama__pool *pool)
{
    atomic_fetch_or(&pool->word, STOP);
    pthread_mutex_lock(&pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    for (int32_t t = 1; t <= pool->started; t++) pthread_join(pool->lanes[t].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
}

/* In a child the workers are gone, and locks and conditions are in whatever state the fork found them. */
static bool forked(const cama__pool *pool) { return pool->forks != atomic_load(&forks); }

int32_t cama__pool_create(int32_t threads, cama__pool **out)
{
    int32_t status = CAMA_OK;
    cama__pool *pool = NULL;
    if (threads < 1 || threads > MAX_THREADS)
        FAIL(CAMA_E_ARGUMENT, "threads: 1 to %d expected, got %d", MAX_THREADS, (int)threads);
    pthread_once(&forks_once, watch_forks);
    if (forks_watched != 0) FAIL(CAMA_E_SYSTEM, "threads: cannot watch for fork: %s", strerror(forks_watched));

    pool = cama__mem_alloc(1, sizeof *pool + (size_t)threads * sizeof *pool->lanes);
    TRY(cama__mem_got(pool));
    pool->threads = threads;
    pool->spin_nanoseconds = threads > cama__processors() ? 0 : SPIN_NANOSECONDS;
    for (int32_t t = 0; t < threads; t++) {
        pool->lanes[t].pool = pool;
        pool->lanes[t].index = t;
    }
    const int refused = start_workers(pool);
    if (refused != 0)
        FAIL(CAMA_E_SYSTEM, "threads: %d workers wanted, %d started, then: %s", (int)threads - 1, (int)pool->started,
             strerror(refused));
    *out = pool;
    pool = NULL;
out:
    cama__pool_free(pool);
    return status;
}

void cama__pool_free(cama__pool *pool)
{
    if (pool == NULL) return;
    if (!forked(pool)) stop_workers(pool);
    cama__mem_free(pool);
}

int32_t cama__pool_threads(const cama__pool *pool) { return pool != NULL ? pool->threads : 1; }

void cama__pool_run(cama__pool *pool, int64_t count, cama__task *task, void *arg)
{
    const cama__fp fp = cama__fp_enter();
    if (pool == NULL || pool->threads == 1 || count <= 1) {
        for (int64_t i = 0; i < count; i++) task(arg, i, 0);
    } else {
        if (forked(pool)) start_workers(pool);
        run_shared(pool, count, task, arg);
    }
    cama__fp_leave(fp);
}
