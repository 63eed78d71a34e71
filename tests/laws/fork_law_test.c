/* fork_law_test - a session that has worked may be used in a child after fork(): the child predicts, trains and
 * attacks on with the same session, without the parent's workers, and gets the same bits; so does the parent. An
 * alarm ends a child that hangs. */
#include <sys/wait.h>
#include <unistd.h>

#include "fork_safe.h"
#include "small.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NO_NEW_THREADS_IN_CHILD
#endif
#endif
#if defined(__SANITIZE_THREAD__) /* ThreadSanitizer does not allow new threads in a child */
#define NO_NEW_THREADS_IN_CHILD
#endif

enum { N = 101, SECONDS = 20 };

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_dataset *data;
    cama_optimizer *optimizer;
} setting;

/* Predictions, and parameters after some more training; false if a call fails. */
static bool work(const setting *t, float *probabilities)
{
    return small_predict(t->session, t->model, t->data, "m=infer m_samples=2 samples=3", probabilities) == CAMA_OK &&
           small_train(t->session, t->optimizer, t->data, NULL, "epochs=1 batch=50") == CAMA_OK;
}

static int exit_of(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status)) fail_msg("the child was ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* The child does what the parent is about to do, and sends the result. */
static void check_fork(setting *t, int32_t depth)
{
    const size_t count = N * (size_t)t->model->spec.classes, bytes = count * sizeof(float);
    float *mine = small_floats((int64_t)count), *childs = small_floats((int64_t)count);
    const size_t reals = (size_t)t->model->params.reals;
    real *theta = calloc(reals, sizeof *theta);
    int ends[2];
    assert_non_null(theta);
    assert_int_equal(pipe(ends), 0);
    let_workers_start();
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(SECONDS);
        bool good = work(t, mine);
        if (good && depth > 0) { /* and a child of the child, after it worked */
            let_workers_start();
            const pid_t grandchild = fork();
            if (grandchild == 0) {
                alarm(SECONDS);
                _exit(work(t, mine) ? 0 : 1);
            }
            int status = 1;
            good = grandchild > 0 && waitpid(grandchild, &status, 0) == grandchild && status == 0;
        }
        good = good && write(ends[1], mine, bytes) == (ssize_t)bytes;
        const char *at = (const char *)t->model->theta;
        for (size_t left = reals * sizeof(real); good && left > 0;) {
            const ssize_t done = write(ends[1], at, left);
            good = done > 0;
            at += done;
            left -= (size_t)done;
        }
        cama_session_free(t->session);
        _exit(good ? 0 : 1);
    }
    close(ends[1]);
    assert_true(work(t, mine));
    char *const to[] = {(char *)childs, (char *)theta};
    const size_t want[] = {bytes, reals * sizeof(real)};
    for (int i = 0; i < 2; i++)
        for (size_t got = 0; got < want[i];) {
            const ssize_t more = read(ends[0], to[i] + got, want[i] - got);
            if (more <= 0) break;
            got += (size_t)more;
        }
    close(ends[0]);
    assert_int_equal(exit_of(child), 0);
    assert_memory_equal(mine, childs, bytes);
    assert_null(small_difference(t->model, t->model->theta, theta, CAMA__NET_ALL));
    free(mine), free(childs), free(theta);
}

static void test_fork(void **state)
{
    (void)state;
    const cama__spec spec = small_image();
#ifdef NO_NEW_THREADS_IN_CHILD
    const int32_t most = 1;
#else
    const int32_t most = 4;
#endif
    for (int32_t threads = 1; threads <= most; threads++) {
        setting t = {
            .session = small_session(threads, 0), .model = small_trained(spec, 6), .data = small_data(&spec, N, 61)};
        float *p = small_floats((int64_t)N * spec.classes);
        t.optimizer = small_optimizer(t.model, "");
        check_fork(&t, 0); /* a session that never worked */
        assert_true(work(&t, p));
        check_fork(&t, 0);
        check_fork(&t, 1);
        free(p);
        cama_optimizer_free(t.optimizer);
        cama_dataset_free(t.data);
        cama_model_free(t.model);
        cama_session_free(t.session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fork)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
