/* threads_test - every index exactly once, the same bits for any number of threads, and nothing left behind: neither in
 * the caller's floating-point state nor in a forked child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "base/threads.h"

#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define WATCHED_THREADS 1
#elif defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define WATCHED_MEMORY 1
#endif

enum { MOST = 8, LONGEST = 5000 };

static cama__pool *create(int32_t threads)
{
    cama__pool *pool = NULL;
    assert_int_equal(cama__pool_create(threads, &pool), CAMA_OK);
    assert_int_equal(cama__pool_threads(pool), threads);
    return pool;
}

static void nap(long nanoseconds) { nanosleep(&(struct timespec){0, nanoseconds}, NULL); }

/* ---- Exactly once ------------------------------------------------------------------------------------------------ */

typedef struct {
    unsigned char done[LONGEST]; /* plain, not atomic: an index belongs to one task, and the sanitizer would tell */
    int32_t threads;
    atomic_int strangers;                 /* workers outside [0, threads) */
    atomic_int inside[2 * MOST], clashes; /* two tasks at once under one worker number */
} tally;

static void count_index(void *arg, int64_t index, int32_t worker)
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
static bool runs_each_once(cama__pool *pool, int64_t count)
{
    static _Thread_local tally t;
    memset(&t, 0, sizeof t);
    t.threads = cama__pool_threads(pool);
    cama__pool_run(pool, count, count_index, &t);
    bool right = atomic_load(&t.strangers) == 0 && atomic_load(&t.clashes) == 0;
    for (int64_t i = 0; i < LONGEST; i++) right = right && t.done[i] == (i < count);
    return right;
}

static void test_every_index_once(void **state)
{
    (void)state;
    static const int64_t counts[] = {0,  1,  2,  3,  4,   5,   7,   8,   9,    15,     16,
                                     17, 31, 33, 64, 100, 127, 128, 129, 1000, LONGEST};
    for (int32_t threads = 1; threads <= MOST; threads++) {
        cama__pool *pool = create(threads);
        for (int repeat = 0; repeat < 20; repeat++) {
            for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) assert_true(runs_each_once(pool, counts[i]));
            if (repeat % 5 == 0) nap(1000000); /* workers fall asleep */
        }
        cama__pool_free(pool);
    }
}

static void test_without_a_pool(void **state)
{
    (void)state;
    assert_int_equal(cama__pool_threads(NULL), 1);
    assert_true(runs_each_once(NULL, 0));
    assert_true(runs_each_once(NULL, 100));
    cama__pool_free(NULL);
}

static void test_more_threads_than_processors(void **state)
{
    (void)state;
    const int32_t threads = cama__processors() + 3 < 2 * MOST ? cama__processors() + 3 : 2 * MOST;
    cama__pool *pool = create(threads);
    for (int repeat = 0; repeat < 200; repeat++) assert_true(runs_each_once(pool, 3 * repeat));
    cama__pool_free(pool);
}

static void note_thread(void *arg, int64_t index, int32_t worker)
{
    pthread_t *where = arg;
    where[index] = pthread_self();
    if (worker != 0) where[index] = (pthread_t)0;
}

static void test_one_index_runs_on_the_caller(void **state)
{
    (void)state;
    cama__pool *pool = create(4);
    for (int repeat = 0; repeat < 100; repeat++) {
        pthread_t where;
        cama__pool_run(pool, 1, note_thread, &where);
        assert_true(pthread_equal(where, pthread_self()));
    }
    cama__pool_free(pool);
}

static void test_pools_come_and_go(void **state)
{
    (void)state;
    for (int repeat = 0; repeat < 200; repeat++) {
        cama__pool *pool = create(1 + repeat % 4);
        if (repeat % 3 != 0) assert_true(runs_each_once(pool, repeat));
        cama__pool_free(pool);
    }
}

/* ---- Sharing ----------------------------------------------------------------------------------------------------- */

/* Index 0 ends only when all others are done: somebody else has to take them out of the same range. */
static void hold_first(void *arg, int64_t index, int32_t worker)
{
    atomic_int *left = arg;
    (void)worker;
    if (index != 0)
        atomic_fetch_sub(left, 1);
    else
        while (atomic_load(left) != 0) nap(10000);
}

static void test_idle_workers_take_what_is_left(void **state)
{
    (void)state;
    cama__pool *pool = create(2);
    for (int repeat = 0; repeat < 50; repeat++) {
        atomic_int left = 15;
        alarm(20);
        cama__pool_run(pool, 16, hold_first, &left); /* would hang */
        alarm(0);
        if (repeat % 10 == 0) nap(1000000);
    }
    cama__pool_free(pool);
}

static void sum_series(void *arg, int64_t index, int32_t worker)
{
    float sum = 0;
    (void)worker;
    for (int k = 1; k < 200; k++) sum += 1.0f / (float)(k + index) * 1e-3f;
    ((float *)arg)[index] = sum;
}

static void test_results_do_not_depend_on_threads(void **state)
{
    (void)state;
    static float expected[LONGEST], got[LONGEST];
    cama__pool_run(NULL, LONGEST, sum_series, expected);
    for (int32_t threads = 1; threads <= MOST; threads++) {
        cama__pool *pool = create(threads);
        memset(got, 0, sizeof got);
        cama__pool_run(pool, LONGEST, sum_series, got);
        assert_memory_equal(got, expected, sizeof got);
        cama__pool_free(pool);
    }
}

static void *use_own_pool(void *arg)
{
    cama__pool *pool = NULL;
    bool right = cama__pool_create(3, &pool) == CAMA_OK;
    for (int repeat = 0; right && repeat < 300; repeat++) right = runs_each_once(pool, (repeat * 7) % 200);
    cama__pool_free(pool);
    return right ? arg : NULL;
}

static void test_two_pools_at_once(void **state)
{
    (void)state;
    pthread_t threads[2];
    int answers[2];
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, use_own_pool, &answers[i]), 0);
    for (int i = 0; i < 2; i++) {
        void *answer = NULL;
        assert_int_equal(pthread_join(threads[i], &answer), 0);
        assert_ptr_equal(answer, &answers[i]);
    }
}

/* ---- Floating point ---------------------------------------------------------------------------------------------- */

#if defined(__SSE__)
enum { ROUND_UP = 0x4000, FLUSH = 0x8040, POWER_ON = 0x1f80, FLAGS = 0x3f };

static void note_mode(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    ((uint32_t *)arg)[index] = _mm_getcsr() & ~(uint32_t)FLAGS;
}

static void test_caller_gets_its_floating_point_state_back(void **state)
{
    (void)state;
    static const int64_t counts[] = {0, 1, 500};
    const uint32_t original = _mm_getcsr();
    for (int32_t threads = 0; threads <= 3; threads++) {
        _mm_setcsr(POWER_ON | ROUND_UP); /* the workers are born with a strange mode */
        cama__pool *pool = threads > 0 ? create(threads) : NULL;
        for (size_t c = 0; c < 3; c++) {
            uint32_t modes[500];
            _mm_setcsr((POWER_ON | ROUND_UP | 1) & ~(1u << 9)); /* round up, division by zero traps, a flag is set */
            const uint32_t before = _mm_getcsr();
            cama__pool_run(pool, counts[c], note_mode, modes);
            const uint32_t after = _mm_getcsr();
            _mm_setcsr(original);
            assert_int_equal(after, before);
            for (int64_t i = 0; i < counts[c]; i++) assert_int_equal(modes[i], POWER_ON | FLUSH);
        }
        cama__pool_free(pool);
    }
}

static void test_enter_flushes_and_leave_restores(void **state)
{
    (void)state;
    volatile float small = 1e-20f, tiny = 1e-40f, flushed, read_as_zero; /* volatile: stay between the calls */
    const uint32_t before = _mm_getcsr();
    const cama__fp fp = cama__fp_enter();
    flushed = small * small;
    read_as_zero = tiny * 1e10f;
    cama__fp_leave(fp);
    assert_int_equal(_mm_getcsr(), before);
    assert_true(flushed == 0 && read_as_zero == 0);
    flushed = small * small;
    read_as_zero = tiny * 1e10f;
    assert_true(flushed > 0 && read_as_zero > 0);
}
#endif

/* ---- Fork -------------------------------------------------------------------------------------------------------- */

#if !defined(WATCHED_THREADS) /* ThreadSanitizer does not allow new threads in a child */
static int exit_code_of(pid_t child)
{
    int code = -1;
    if (child <= 0 || waitpid(child, &code, 0) != child) return -1;
    return WIFEXITED(code) ? WEXITSTATUS(code) : 128 + WTERMSIG(code);
}

static void note_all(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    ((pthread_t *)arg)[index] = pthread_self();
    nap(200000);
}

/* In the child: several runs, more than one thread at work in them, and a child of the child. */
static int use_in_child(cama__pool *pool, int depth)
{
    pthread_t where[32];
    bool shared = false, right = true;
    for (int repeat = 0; repeat < 50; repeat++) right = right && runs_each_once(pool, repeat * 5);
    cama__pool_run(pool, 32, note_all, where);
    for (int i = 0; i < 32; i++) shared = shared || !pthread_equal(where[i], pthread_self());
    if (depth > 0) {
        const pid_t child = fork();
        if (child == 0) _exit(use_in_child(pool, depth - 1));
        right = right && exit_code_of(child) == 0;
    }
    cama__pool_free(pool);
    return right && shared ? 0 : 1;
}

static void test_pool_survives_fork(void **state)
{
    (void)state;
    for (int repeat = 0; repeat < 10; repeat++) {
        cama__pool *pool = create(1 + repeat % 3 + 1);
        assert_true(runs_each_once(pool, 100));
        if (repeat % 2 == 0) nap(1000000); /* fork with workers asleep, and with workers spinning */
        const pid_t child = fork();
        if (child == 0) {
            alarm(10);
            _exit(use_in_child(pool, 1));
        }
        assert_int_equal(exit_code_of(child), 0);
        assert_true(runs_each_once(pool, 100)); /* the parent's pool is as it was */
        cama__pool_free(pool);
    }
}

static void test_child_may_free_without_running(void **state)
{
    (void)state;
    for (int asleep = 0; asleep < 2; asleep++) {
        cama__pool *pool = create(3);
        if (asleep) nap(2000000);
        const pid_t child = fork();
        if (child == 0) {
            alarm(10);
            cama__pool_free(pool);
            _exit(0);
        }
        assert_int_equal(exit_code_of(child), 0);
        cama__pool_free(pool);
    }
}
#endif

/* ---- Failures ---------------------------------------------------------------------------------------------------- */

static void test_bad_numbers_of_threads(void **state)
{
    (void)state;
    static const int32_t bad[] = {0, -1, INT32_MIN, 4097, INT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cama__pool *pool = (cama__pool *)state;
        assert_int_equal(cama__pool_create(bad[i], &pool), CAMA_E_ARGUMENT);
        assert_ptr_equal(pool, state);
    }
}

static void *refuse(void *user, size_t bytes) { return bytes == 0 ? user : NULL; }

static void test_no_memory(void **state)
{
    cama__pool *pool = (cama__pool *)state;
    cama__mem_set_hook(&(cama__mem_hook){refuse, NULL, NULL});
    const int32_t status = cama__pool_create(2, &pool);
    cama__mem_set_hook(NULL);
    assert_int_equal(status, CAMA_E_MEMORY);
    assert_ptr_equal(pool, state);
}

#if !defined(WATCHED_THREADS) && !defined(WATCHED_MEMORY) /* their shadows need the address space */
static void test_threads_that_cannot_start(void **state)
{
    const pid_t child = fork();
    if (child == 0) {
        alarm(10);
        cama__pool *pool = (cama__pool *)state;
        const struct rlimit limit = {100 << 20, 100 << 20}; /* room for some of the stacks */
        if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
        if (cama__pool_create(1000, &pool) != CAMA_E_SYSTEM) _exit(3);
        _exit(pool == (cama__pool *)state && strstr(cama_last_error(), "999 workers wanted") != NULL ? 0 : 4);
    }
    assert_int_equal(exit_code_of(child), 0);
}
#endif

static void test_processors(void **state)
{
    (void)state;
    assert_in_range(cama__processors(), 1, 4096);
    assert_true(cama__processors() <= sysconf(_SC_NPROCESSORS_CONF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_index_once),
        cmocka_unit_test(test_without_a_pool),
        cmocka_unit_test(test_more_threads_than_processors),
        cmocka_unit_test(test_one_index_runs_on_the_caller),
        cmocka_unit_test(test_pools_come_and_go),
        cmocka_unit_test(test_idle_workers_take_what_is_left),
        cmocka_unit_test(test_results_do_not_depend_on_threads),
        cmocka_unit_test(test_two_pools_at_once),
#if defined(__SSE__)
        cmocka_unit_test(test_caller_gets_its_floating_point_state_back),
        cmocka_unit_test(test_enter_flushes_and_leave_restores),
#endif
        cmocka_unit_test(test_bad_numbers_of_threads),
        cmocka_unit_test(test_no_memory),
#if !defined(WATCHED_THREADS)
        cmocka_unit_test(test_pool_survives_fork),
        cmocka_unit_test(test_child_may_free_without_running),
#endif
#if !defined(WATCHED_THREADS) && !defined(WATCHED_MEMORY)
        cmocka_unit_test(test_threads_that_cannot_start),
#endif
        cmocka_unit_test(test_processors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
