/* api_session_test - a session is used by one verb at a time: a verb that its progress callback or another thread calls
 * meanwhile is refused, leaves its outputs as they were, and changes nothing of the one that runs. */
#include "api_small.h"

#include <pthread.h>
#include <string.h>

enum { VERBS = 13 };

static float probabilities[N * C], wide[N * D];
static double scores[N];
static int calls, refused;
static cama_stream *stream;

/* Every verb once on a session; how many answered CAMA_E_ARGUMENT. */
static int try_all(cama_session *on)
{
    cama_model *adapted = MARKED(cama_model);
    cama_dataset *attacked = MARKED(cama_dataset);
    cama_report *report = MARKED(cama_report);
    const int32_t status[VERBS] = {
        cama_train(on, api_optimizer, api_labelled, NULL, NULL, NULL),
        cama_finetune(on, api_model, api_labelled, api_unlabelled, NULL, &adapted, NULL),
        cama_elbo(on, api_model, api_labelled, NULL, scores),
        cama_elbo_do(on, api_model, api_labelled, NULL, NULL, scores),
        cama_elbo_marginal(on, api_model, api_labelled, NULL, scores),
        cama_predict(on, api_model, api_labelled, NULL, probabilities),
        cama_attack(on, api_model, api_labelled, NULL, &attacked),
        cama_attack_report(on, api_model, api_labelled, NULL, &attacked, &report),
        cama_stream_step(on, stream, api_unlabelled, NULL, probabilities, &report),
        cama_encode(on, api_model, api_labelled, NULL, wide, NULL, NULL, NULL),
        cama_reconstruct(on, api_model, api_labelled, NULL, wide),
        cama_counterfactual(on, api_model, api_labelled, NULL, NULL, NULL, NULL, wide),
        cama_generate(on, api_model, N, api_y, NULL, NULL, NULL, NULL, wide),
    };
    int count = 0;
    for (int i = 0; i < VERBS; i++) count += status[i] == CAMA_E_ARGUMENT;
    if ((void *)adapted != &api_mark || (void *)attacked != &api_mark ||
        (void *)report != &api_mark)
        return -1;
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

/* One step on a session that is free: what is refused later is a step that could be taken. */
static void begin_stream(void)
{
    cama_options *few;
    OK(cama_options_create("finetune", &few));
    OK(cama_options_set_int(few, "steps", 2));
    OK(cama_stream_create(api_model, api_labelled, NULL, few, &stream));
    OK(cama_stream_step(api_session, stream, api_unlabelled, NULL, probabilities, NULL));
    cama_options_free(few);
}

static void check_refused(cama_progress callback)
{
    static const float untouched[N * D] = {0};
    float before[N * C];
    calls = refused = 0;
    OK(cama_session_set_progress(api_session, NULL, NULL));
    begin_stream();
    OK(cama_predict(api_session, api_model, api_labelled, NULL, before));
    memset(probabilities, 0, sizeof probabilities);
    OK(cama_session_set_progress(api_session, callback, api_session));
    float after[N * C];
    OK(cama_predict(api_session, api_model, api_labelled, NULL, after));
    OK(cama_session_set_progress(api_session, NULL, NULL));
    assert_true(calls > 0);
    assert_int_equal(refused, calls * VERBS);
    assert_memory_equal(before, after, sizeof before);
    assert_memory_equal(probabilities, untouched, sizeof probabilities);
    assert_memory_equal(wide, untouched, sizeof wide);
    for (int i = 0; i < N; i++) assert_true(scores[i] == 0);
    cama_stream_free(stream);
}

static void test_in_its_callback(void **state)
{
    (void)state;
    check_refused(use_it);
    check_said("cama_generate: expected a session that is not in use");
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
    return cama_predict(user, api_model, api_labelled, NULL, probabilities) != CAMA_OK;
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
    OK(cama_session_create(NULL, &second));
    calls = 0;
    OK(cama_session_set_progress(api_session, predict_elsewhere, second));
    OK(cama_predict(api_session, api_model, api_labelled, NULL, wide));
    assert_true(calls > 0);
    OK(cama_session_set_progress(api_session, stop, NULL));
    assert_int_equal(cama_predict(api_session, api_model, api_labelled, NULL, wide), CAMA_E_CANCELLED);
    OK(cama_session_set_progress(api_session, NULL, NULL));
    assert_int_equal(cama_predict(api_session, api_model, api_narrow, NULL, wide), CAMA_E_ARGUMENT);
    OK(cama_predict(api_session, api_model, api_labelled, NULL, wide));
    cama_session_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_in_its_callback), cmocka_unit_test(test_on_another_thread),
                                       cmocka_unit_test(test_another_session_and_afterwards)};
    return cmocka_run_group_tests(tests, api_begin_small, api_end_small);
}
