/* api_session_test - a session is used by one verb at a time: a verb that its progress callback or another thread calls
 * meanwhile is refused, leaves its outputs as they were, and changes nothing of the one that runs. */
#include "api_small.h"

#include <pthread.h>
#include <string.h>

enum { VERBS = 11 };

static float probabilities[N * C], wide[N * D];
static double scores[N];
static int calls, refused;

/* Every verb once on a session; how many answered CAMA_E_ARGUMENT. */
static int try_all(cama_session *on)
{
    cama_model *adapted = MARKED(cama_model);
    cama_dataset *attacked = MARKED(cama_dataset);
    const int32_t status[VERBS] = {
        cama_train(on, optimizer, labelled, NULL, NULL, NULL),
        cama_finetune(on, model, labelled, unlabelled, NULL, &adapted, NULL),
        cama_elbo(on, model, labelled, NULL, scores),
        cama_elbo_do(on, model, labelled, NULL, NULL, scores),
        cama_elbo_marginal(on, model, labelled, NULL, scores),
        cama_predict(on, model, labelled, NULL, probabilities),
        cama_attack(on, model, labelled, NULL, &attacked),
        cama_encode(on, model, labelled, NULL, wide, NULL, NULL, NULL),
        cama_reconstruct(on, model, labelled, NULL, wide),
        cama_counterfactual(on, model, labelled, NULL, NULL, NULL, NULL, wide),
        cama_generate(on, model, N, y, NULL, NULL, NULL, NULL, wide),
    };
    int count = 0;
    for (int i = 0; i < VERBS; i++) count += status[i] == CAMA_E_ARGUMENT;
    if ((void *)adapted != &mark || (void *)attacked != &mark) return -1;
    return count;
}

static int32_t use_it(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    (void)phase, (void)step, (void)total, (void)objective, (void)seconds;
    calls++;
    refused += try_all(user);
    return 0;
}

static void *use_it_there(void *user)
{
    refused += try_all(user);
    return NULL;
}

static int32_t use_it_on_a_thread(void *user, const char *phase, int64_t step, int64_t total, double objective,
                                  double seconds)
{
    pthread_t thread;
    (void)phase, (void)step, (void)total, (void)objective, (void)seconds;
    calls++;
    return pthread_create(&thread, NULL, use_it_there, user) != 0 || pthread_join(thread, NULL) != 0;
}

static void check_refused(cama_progress callback)
{
    static const float untouched[N * D] = {0};
    float before[N * C];
    calls = refused = 0;
    must(cama_session_set_progress(session, NULL, NULL));
    must(cama_predict(session, model, labelled, NULL, before));
    memset(probabilities, 0, sizeof probabilities);
    must(cama_session_set_progress(session, callback, session));
    float after[N * C];
    must(cama_predict(session, model, labelled, NULL, after));
    must(cama_session_set_progress(session, NULL, NULL));
    assert_true(calls > 0);
    assert_int_equal(refused, calls * VERBS);
    assert_memory_equal(before, after, sizeof before);
    assert_memory_equal(probabilities, untouched, sizeof probabilities);
    assert_memory_equal(wide, untouched, sizeof wide);
    for (int i = 0; i < N; i++) assert_true(scores[i] == 0);
}

static void test_in_its_callback(void **state)
{
    (void)state;
    check_refused(use_it);
    assert_non_null(strstr(cama_last_error(), "cama_generate: expected a session that is not in use"));
}

static void test_on_another_thread(void **state)
{
    (void)state;
    check_refused(use_it_on_a_thread);
}

static int32_t predict_elsewhere(void *user, const char *phase, int64_t step, int64_t total, double objective,
                                 double seconds)
{
    (void)phase, (void)step, (void)total, (void)objective, (void)seconds;
    calls++;
    return cama_predict(user, model, labelled, NULL, probabilities) != CAMA_OK;
}

static int32_t stop(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    (void)user, (void)phase, (void)step, (void)total, (void)objective, (void)seconds;
    return 1;
}

/* A second session serves inside the callback; after a cancel and after a refusal the first is free again. */
static void test_another_session_and_afterwards(void **state)
{
    (void)state;
    cama_session *second;
    must(cama_session_create(NULL, &second));
    calls = 0;
    must(cama_session_set_progress(session, predict_elsewhere, second));
    must(cama_predict(session, model, labelled, NULL, wide));
    assert_true(calls > 0);
    must(cama_session_set_progress(session, stop, NULL));
    assert_int_equal(cama_predict(session, model, labelled, NULL, wide), CAMA_E_CANCELLED);
    must(cama_session_set_progress(session, NULL, NULL));
    assert_int_equal(cama_predict(session, model, narrow, NULL, wide), CAMA_E_ARGUMENT);
    must(cama_predict(session, model, labelled, NULL, wide));
    cama_session_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_in_its_callback), cmocka_unit_test(test_on_another_thread),
                                       cmocka_unit_test(test_another_session_and_afterwards)};
    return cmocka_run_group_tests(tests, begin_small, end_small);
}
