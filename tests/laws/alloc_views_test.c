/* alloc_views_test - memory can run out at any moment in the verbs of views too: whichever allocation fails, the call
 * says CAMA_E_MEMORY, gives back what it took, leaves its outputs and every handle as they were, and works when called
 * again; and steps allocate nothing. */
#include "alloc_books.h"
#include "small_views.h"

enum { N = 22, C = 3 };
static cama_session *session;
static cama_model *model, *source, *reader;
static cama_dataset *data, *other;
static cama_options *of_train, *of_alone, *of_finetune, *of_predict, *of_view;
static float wanted[N * C];

static int begin(void **state)
{
    (void)state;
    const cama__spec spec = small_view();
    cama__mem_set_hook(&(cama__mem_hook){books_alloc, books_free, NULL});
    session = small_session(2, 0);
    model = small_viewing(2);
    source = small_model(small_view_source(), 3);
    reader = small_model(small_view_reader(), 4);
    data = small_data(&spec, N, 5);
    other = small_data(&spec, N, 6);
    of_train = small_options(VERB_TRAIN, "epochs=1 batch=20 simulate=also");
    of_alone = small_options(VERB_TRAIN, "epochs=1 batch=20 simulate=alone");
    of_finetune = small_options(VERB_FINETUNE, "steps=2 batch=20 clean_batch=20 check_every=1 proposals=3");
    /* q has its way, so that pixels are contaminated and replaced */
    of_predict = small_options(VERB_PREDICT, "samples=2 view_draws=1 view_again=1 restore=1 view_temper=60"
                                             " reader_weight=0.5");
    of_view = small_options(VERB_VIEW, "view_draws=1 view_again=1 restore=1 view_temper=60");
    OK(cama_predict(session, model, data, of_predict, wanted));
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_options_free(of_train), cama_options_free(of_alone), cama_options_free(of_finetune);
    cama_options_free(of_predict), cama_options_free(of_view);
    cama_dataset_free(data), cama_dataset_free(other);
    cama_model_free(model), cama_model_free(source), cama_model_free(reader);
    cama_session_free(session);
    cama__mem_set_hook(NULL);
    return atomic_load(&books_held) == 0 ? 0 : -1;
}

/* ---- Calls that may fail; each gives back all it took, in a session of its own ----------------------------------- */

static int32_t in_session(int32_t (*call)(cama_session *s))
{
    cama_session *s = NULL;
    int32_t status;
    TRY_CALL(cama__session_create(2, 0, 0, &s));
    TRY_CALL(call(s));
out:
    cama_session_free(s);
    return status;
}

static int32_t call_with_views(void)
{
    cama_model *made = NULL;
    const int32_t status = cama_model_with_views(source, NULL, &made);
    assert_true((made == NULL) == (status != CAMA_OK));
    cama_model_free(made);
    return status;
}

static int32_t views(cama_session *s)
{
    float mean[N * VIEW_COUNT] = {7}, deviation[N * VIEW_COUNT] = {7};
    const int32_t status = cama_views(s, model, data, of_view, mean, deviation);
    if (status != CAMA_OK) assert_true(mean[0] == 7 && deviation[0] == 7);
    return status;
}

static int32_t see(cama_session *s)
{
    cama_dataset *seen = NULL;
    const int32_t status = cama_see(s, model, data, of_view, &seen);
    assert_true((seen == NULL) == (status != CAMA_OK));
    cama_dataset_free(seen);
    return status;
}

static int32_t predict(cama_session *s)
{
    float p[N * C] = {7};
    const int32_t status = cama_predict(s, model, data, of_predict, p);
    if (status != CAMA_OK) assert_true(p[0] == 7);
    return status;
}

static int32_t predict_read(cama_session *s)
{
    float p[N * C] = {7};
    const int32_t status = cama_predict_read(s, model, reader, data, of_predict, p);
    if (status != CAMA_OK) assert_true(p[0] == 7);
    return status;
}

static int32_t train_with(cama_session *s, const cama_options *options)
{
    cama_model *copy = NULL;
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    int32_t status;
    TRY_CALL(cama_model_clone(model, &copy));
    TRY_CALL(cama_optimizer_create(copy, NULL, &optimizer));
    TRY_CALL(cama_train(s, optimizer, data, NULL, options, &report));
out:
    assert_true((report == NULL) == (status != CAMA_OK));
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    cama_model_free(copy);
    return status;
}
static int32_t train(cama_session *s) { return train_with(s, of_train); }
static int32_t train_alone(cama_session *s) { return train_with(s, of_alone); }

static int32_t finetune(cama_session *s)
{
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    const int32_t status = cama_finetune(s, model, data, other, of_finetune, &adapted, &report);
    assert_true((adapted == NULL) == (status != CAMA_OK));
    assert_true((report == NULL) == (status != CAMA_OK));
    cama_report_free(report);
    cama_model_free(adapted);
    return status;
}

static int32_t call_views(void) { return in_session(views); }
static int32_t call_see(void) { return in_session(see); }
static int32_t call_predict(void) { return in_session(predict); }
static int32_t call_predict_read(void) { return in_session(predict_read); }
static int32_t call_train(void) { return in_session(train); }
static int32_t call_train_alone(void) { return in_session(train_alone); }
static int32_t call_finetune(void) { return in_session(finetune); }

static const book_call all_calls[] = {
    {"with views", call_with_views}, {"views", call_views}, {"see", call_see},           {"predict", call_predict},
    {"read", call_predict_read},     {"train", call_train}, {"alone", call_train_alone}, {"finetune", call_finetune}};

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void assert_usable(void)
{
    float got[N * C];
    OK(cama_predict(session, model, data, of_predict, got));
    assert_memory_equal(got, wanted, sizeof got);
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    books_fail_each(all_calls, sizeof all_calls / sizeof *all_calls, assert_usable);
}

static void check_steps(int32_t (*call)(void), cama_options *options, const char *key, int64_t few, int64_t many)
{
    OK(cama_options_set_int(options, key, few));
    const long first = books_count(call);
    OK(cama_options_set_int(options, key, many));
    assert_int_equal(books_count(call), first);
    OK(cama_options_set_int(options, key, few));
}

static void test_a_step_allocates_nothing(void **state)
{
    (void)state;
    check_steps(call_train, of_train, "epochs", 1, 5);
    check_steps(call_train_alone, of_alone, "epochs", 1, 5);
    OK(cama_options_set_int(of_finetune, "check_every", 0));
    check_steps(call_finetune, of_finetune, "steps", 2, 7);
    OK(cama_options_set_int(of_finetune, "check_every", 1));
}

static void test_a_second_prediction_allocates_no_workspace(void **state)
{
    (void)state;
    int64_t first, second;
    OK(predict_read(session));
    OK(cama_session_bytes(session, &first));
    OK(predict_read(session));
    OK(cama_session_bytes(session, &second));
    assert_int_equal(first, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_a_step_allocates_nothing),
        cmocka_unit_test(test_a_second_prediction_allocates_no_workspace),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
