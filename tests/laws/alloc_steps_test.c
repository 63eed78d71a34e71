/* alloc_steps_test - steps allocate nothing: many steps of training or fine-tuning take as much memory as few, a second
 * prediction no more than the first. */
#include "alloc_small.h"

static void test_a_step_of_training_allocates_nothing(void **state)
{
    (void)state;
    const long few = books_count(alloc_call_train);
    OK(cama_options_set_int(alloc_of_train, "epochs", 20));
    const long many = books_count(alloc_call_train);
    OK(cama_options_set_int(alloc_of_train, "epochs", 2));
    assert_int_equal(few, many);
}

static void test_a_step_of_finetuning_allocates_nothing(void **state)
{
    (void)state;
    OK(cama_options_set_int(alloc_of_finetune, "check_every", 0));
    const long few = books_count(alloc_call_finetune);
    OK(cama_options_set_int(alloc_of_finetune, "steps", 40));
    const long many = books_count(alloc_call_finetune);
    OK(cama_options_set_int(alloc_of_finetune, "steps", 4));
    OK(cama_options_set_int(alloc_of_finetune, "check_every", 2));
    assert_int_equal(few, many);
}

static void test_a_second_prediction_allocates_no_workspace(void **state)
{
    (void)state;
    float got[N * C];
    int64_t first, second;
    OK(cama_predict(alloc_session, alloc_model, alloc_data, NULL, got));
    OK(cama_session_bytes(alloc_session, &first));
    OK(cama_predict(alloc_session, alloc_model, alloc_data, NULL, got));
    OK(cama_session_bytes(alloc_session, &second));
    assert_int_equal(first, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_step_of_training_allocates_nothing),
        cmocka_unit_test(test_a_step_of_finetuning_allocates_nothing),
        cmocka_unit_test(test_a_second_prediction_allocates_no_workspace),
    };
    return cmocka_run_group_tests(tests, alloc_begin, alloc_end);
}
