/* api_fit_test - verbs whose model, data and numbers are good each for itself and do not fit each other, and verbs that
 * are cancelled: neither touches an output. */
#include "api_small.h"

#include <math.h>

static void test_verbs_refuse_what_does_not_fit_the_model(void **state)
{
    (void)state;
    cama_model *adapted = MARKED(cama_model);
    cama_dataset *attacked = MARKED(cama_dataset);
    double values[N] = {7};
    float out[N * D] = {7}, bad[N * Z];
    const int32_t labels[N] = {0, 1, C, 0, 1};
    REFUSED(CAMA_E_ARGUMENT, "expected vectors of 3", cama_train(session, optimizer, narrow, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_train(session, optimizer, unlabelled, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "manipulated", cama_train(session, optimizer, labelled, narrow, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "test", cama_finetune(session, model, labelled, narrow, NULL, &adapted, NULL));
    REFUSED(CAMA_E_ARGUMENT, "M = 0", cama_finetune(session, without_m, labelled, unlabelled, NULL, &adapted, NULL));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_elbo(session, model, unlabelled, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_elbo_do(session, model, unlabelled, NULL, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_elbo_marginal(session, model, narrow, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_predict(session, model, narrow, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_attack(session, model, unlabelled, NULL, &attacked));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_encode(session, model, narrow, NULL, out, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "m_mu", cama_encode(session, without_m, labelled, NULL, out, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_reconstruct(session, model, narrow, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "-1", cama_generate(session, model, -1, y, NULL, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "row 2", cama_generate(session, model, N, labels, NULL, NULL, NULL, NULL, out));
    for (int i = 0; i < N * Z; i++) bad[i] = i == 3 ? NAN : 0;
    REFUSED(CAMA_E_DATA, "z, element 3", cama_generate(session, model, N, y, NULL, bad, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "m, element 3", cama_generate(session, model, N, y, NULL, NULL, bad, NULL, out));
    REFUSED(CAMA_E_DATA, "m0", cama_elbo_do(session, model, labelled, bad + 3, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_model_set_prior(model, unlabelled));
    assert_ptr_equal(adapted, &mark);
    assert_ptr_equal(attacked, &mark);
    assert_true(values[0] == 7 && out[0] == 7);
}

static int32_t stop(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    (void)user, (void)phase, (void)step, (void)total, (void)objective, (void)seconds;
    return 1;
}

/* More examples than are computed at once, so that some are done when the verb is cancelled. */
static void test_cancelled_verbs_touch_no_output(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static float many[MANY * D], out[MANY * D];
    static double values[MANY];
    static int32_t labels[MANY];
    cama_dataset *large;
    must(cama_dataset_from_arrays(MANY, 1, 1, D, C, many, labels, 0, &large));
    must(cama_session_set_progress(session, stop, NULL));
#define CANCELLED(call)                                                                                                \
    do {                                                                                                               \
        values[0] = out[0] = 7;                                                                                        \
        assert_int_equal((call), CAMA_E_CANCELLED);                                                                    \
        if (values[0] != 7 || out[0] != 7) fail_msg("written to although cancelled: %s", #call);                       \
    } while (0)
    CANCELLED(cama_predict(session, model, large, NULL, out));
    CANCELLED(cama_elbo(session, model, large, NULL, values));
    CANCELLED(cama_elbo_do(session, model, large, NULL, NULL, values));
    CANCELLED(cama_elbo_marginal(session, model, large, NULL, values));
    CANCELLED(cama_encode(session, model, large, NULL, out, NULL, NULL, NULL));
    CANCELLED(cama_encode(session, model, large, NULL, NULL, NULL, NULL, out));
    CANCELLED(cama_reconstruct(session, model, large, NULL, out));
    CANCELLED(cama_generate(session, model, MANY, labels, NULL, NULL, NULL, NULL, out));
    must(cama_session_set_progress(session, NULL, NULL));
    cama_dataset_free(large);
}

static void test_classes_must_agree(void **state)
{
    (void)state;
    cama_dataset *three = NULL;
    float out[N * D] = {7};
    must(cama_dataset_from_arrays(N, 1, 1, D, 3, x, y, 0, &three));
    REFUSED(CAMA_E_ARGUMENT, "2 classes", cama_predict(session, model, three, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "2 classes", cama_model_set_prior(model, three));
    cama_dataset_free(three);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbs_refuse_what_does_not_fit_the_model),
        cmocka_unit_test(test_cancelled_verbs_touch_no_output),
        cmocka_unit_test(test_classes_must_agree),
    };
    return cmocka_run_group_tests(tests, begin_small, end_small);
}
