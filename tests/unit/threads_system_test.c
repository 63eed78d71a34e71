/* threads_system_test - a pool and the system below it: forked children, too little memory, too many threads, and how
 * many processors there are. */
#include "fork_safe.h"
#include "threads_tally.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define WATCHED_THREADS 1
#elif defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define WATCHED_MEMORY 1
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
    tally_nap(200000);
}

/* In the child: several runs, more than one thread at work in them, and a child of the child. */
static int use_in_child(cama__pool *pool, int depth)
{
    pthread_t where[32];
    bool shared = false, right = true;
    for (int repeat = 0; repeat < 50; repeat++) right = right && tally_runs_each_once(pool, repeat * 5);
    cama__pool_run(pool, 32, note_all, where);
    for (int i = 0; i < 32; i++) shared = shared || !pthread_equal(where[i], pthread_self());
    if (depth > 0) {
        let_workers_start();
        const pid_t child = fork();
        if (child == 0) {
            alarm(10);
            _exit(use_in_child(pool, depth - 1));
        }
        right = right && exit_code_of(child) == 0;
    }
    cama__pool_free(pool);
    return right && shared ? 0 : 1;
}

static void test_pool_survives_fork(void **state)
{
    (void)state;
    for (int repeat = 0; repeat < 10; repeat++) {
        cama__pool *pool = tally_pool(1 + repeat % 3 + 1);
        assert_true(tally_runs_each_once(pool, 100));
        if (repeat % 2 == 0) tally_nap(1000000); /* fork with workers asleep, and with workers spinning */
        let_workers_start();
        const pid_t child = fork();
        if (child == 0) {
            alarm(10);
            _exit(use_in_child(pool, 1));
        }
        assert_int_equal(exit_code_of(child), 0);
        assert_true(tally_runs_each_once(pool, 100)); /* the parent's pool is as it was */
        cama__pool_free(pool);
    }
}

static void test_child_may_free_without_running(void **state)
{
    (void)state;
    for (int asleep = 0; asleep < 2; asleep++) {
        cama__pool *pool = tally_pool(3);
        if (asleep) tally_nap(2000000);
        let_workers_start();
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
