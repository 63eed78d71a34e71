/* threads_test - every index exactly once, the same bits for any number of threads, and the caller's floating-point
 * state left as it was. */
#include "threads_tally.h"

#include <pthread.h>
#include <unistd.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* ---- Exactly once ------------------------------------------------------------------------------------------------ */

static void test_every_index_once(void **state)
{
    (void)state;
    static const int64_t counts[] = {0,  1,  2,  3,  4,   5,   7,   8,   9,    15,     16,
                                     17, 31, 33, 64, 100, 127, 128, 129, 1000, LONGEST};
    for (int32_t threads = 1; threads <= MOST; threads++) {
        cama__pool *pool = tally_pool(threads);
        for (int repeat = 0; repeat < 20; repeat++) {
            for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
                assert_true(tally_runs_each_once(pool, counts[i]));
            if (repeat % 5 == 0) tally_nap(1000000); /* workers fall asleep */
        }
        cama__pool_free(pool);
    }
}

static void test_without_a_pool(void **state)
{
    (void)state;
    assert_int_equal(cama__pool_threads(NULL), 1);
    assert_true(tally_runs_each_once(NULL, 0));
    assert_true(tally_runs_each_once(NULL, 100));
    cama__pool_free(NULL);
}

static void test_more_threads_than_processors(void **state)
{
    (void)state;
    const int32_t threads = cama__processors() + 3 < 2 * MOST ? cama__processors() + 3 : 2 * MOST;
    cama__pool *pool = tally_pool(threads);
    for (int repeat = 0; repeat < 200; repeat++) assert_true(tally_runs_each_once(pool, 3 * repeat));
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
    cama__pool *pool = tally_pool(4);
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
        cama__pool *pool = tally_pool(1 + repeat % 4);
        if (repeat % 3 != 0) assert_true(tally_runs_each_once(pool, repeat));
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
        while (atomic_load(left) != 0) tally_nap(10000);
}

static void test_idle_workers_take_what_is_left(void **state)
{
    (void)state;
    cama__pool *pool = tally_pool(2);
    for (int repeat = 0; repeat < 50; repeat++) {
        atomic_int left = 15;
        alarm(20);
        cama__pool_run(pool, 16, hold_first, &left); /* would hang */
        alarm(0);
        if (repeat % 10 == 0) tally_nap(1000000);
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
        cama__pool *pool = tally_pool(threads);
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
    for (int repeat = 0; right && repeat < 300; repeat++) right = tally_runs_each_once(pool, (repeat * 7) % 200);
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
        cama__pool *pool = threads > 0 ? tally_pool(threads) : NULL;
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
