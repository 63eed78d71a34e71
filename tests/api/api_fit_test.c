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
    REFUSED(CAMA_E_ARGUMENT, "expected vectors of 3",
            cama_train(api_session, api_optimizer, api_narrow, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_train(api_session, api_optimizer, api_unlabelled, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "manipulated",
            cama_train(api_session, api_optimizer, api_labelled, api_narrow, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "test",
            cama_finetune(api_session, api_model, api_labelled, api_narrow, NULL, &adapted, NULL));
    REFUSED(CAMA_E_ARGUMENT, "M = 0",
            cama_finetune(api_session, api_without_m, api_labelled, api_unlabelled, NULL, &adapted, NULL));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_elbo(api_session, api_model, api_unlabelled, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_elbo_do(api_session, api_model, api_unlabelled, NULL, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_elbo_marginal(api_session, api_model, api_narrow, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_predict(api_session, api_model, api_narrow, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_attack(api_session, api_model, api_unlabelled, NULL, &attacked));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors",
            cama_encode(api_session, api_model, api_narrow, NULL, out, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "m_mu",
            cama_encode(api_session, api_without_m, api_labelled, NULL, out, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_reconstruct(api_session, api_model, api_narrow, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "-1", cama_generate(api_session, api_model, -1, api_y, NULL, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "row 2", cama_generate(api_session, api_model, N, labels, NULL, NULL, NULL, NULL, out));
    for (int i = 0; i < N * Z; i++) bad[i] = i == 3 ? NAN : 0;
    REFUSED(CAMA_E_DATA, "z, element 3", cama_generate(api_session, api_model, N, api_y, NULL, bad, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "m, element 3", cama_generate(api_session, api_model, N, api_y, NULL, NULL, bad, NULL, out));
    REFUSED(CAMA_E_DATA, "m0", cama_elbo_do(api_session, api_model, api_labelled, bad + 3, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_model_set_prior(api_model, api_unlabelled));
    assert_ptr_equal(adapted, &api_mark);
    assert_ptr_equal(attacked, &api_mark);
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
    OK(cama_dataset_from_arrays(MANY, 1, 1, D, C, many, labels, 0, &large));
    OK(cama_session_set_progress(api_session, stop, NULL));
#define CANCELLED(call)                                                                                                \
    do {                                                                                                               \
        values[0] = out[0] = 7;                                                                                        \
        assert_int_equal((call), CAMA_E_CANCELLED);                                                                    \
        if (values[0] != 7 || out[0] != 7) fail_msg("written to although cancelled: %s", #call);                       \
    } while (0)
    CANCELLED(cama_predict(api_session, api_model, large, NULL, out));
    CANCELLED(cama_elbo(api_session, api_model, large, NULL, values));
    CANCELLED(cama_elbo_do(api_session, api_model, large, NULL, NULL, values));
    CANCELLED(cama_elbo_marginal(api_session, api_model, large, NULL, values));
    CANCELLED(cama_encode(api_session, api_model, large, NULL, out, NULL, NULL, NULL));
    CANCELLED(cama_encode(api_session, api_model, large, NULL, NULL, NULL, NULL, out));
    CANCELLED(cama_reconstruct(api_session, api_model, large, NULL, out));
    CANCELLED(cama_generate(api_session, api_model, MANY, labels, NULL, NULL, NULL, NULL, out));
    OK(cama_session_set_progress(api_session, NULL, NULL));
    cama_dataset_free(large);
}

static void test_classes_must_agree(void **state)
{
    (void)state;
    cama_dataset *three = NULL;
    float out[N * D] = {7};
    OK(cama_dataset_from_arrays(N, 1, 1, D, 3, api_x, api_y, 0, &three));
    REFUSED(CAMA_E_ARGUMENT, "2 classes", cama_predict(api_session, api_model, three, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "2 classes", cama_model_set_prior(api_model, three));
    cama_dataset_free(three);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbs_refuse_what_does_not_fit_the_model),
        cmocka_unit_test(test_cancelled_verbs_touch_no_output),
        cmocka_unit_test(test_classes_must_agree),
    };
    return cmocka_run_group_tests(tests, api_begin_small, api_end_small);
}
