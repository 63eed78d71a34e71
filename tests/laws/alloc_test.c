/* alloc_test - memory can run out at any moment: whichever allocation fails, the call says CAMA_E_MEMORY, gives back
 * what it took, leaves its outputs and every handle as they were, and works when called again. And steps allocate
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc_books.h"

/* ---- What stays through all calls ---- */

enum { N = 20, D = 3, C = 2, M = 2 };

static cama_session *session;
static cama_model *model;
static cama_dataset *data, *unlabelled;
static cama_options *of_session, *of_model, *of_train, *of_finetune;
static float x[N * D], wanted[N * C];
static int32_t y[N];
static void *file; /* the model */
static int64_t file_size;
static char directory[512], path[600];

static void set_options(void)
{
    static const struct {
        const char *key, *text;
    } nets[] = {{"p_y", "dense 3 relu"}, {"p_z", "dense 3 relu"},
                {"p_m", "dense 3 relu"}, {"p_merge", "dense 4 relu, dense x"},
                {"q_m", "dense 3 relu"}, {"q_z", "dense 4 relu | dense 3 relu"}};
    must(cama_options_create("session", &of_session));
    must(cama_options_set_int(of_session, "threads", 2));
    must(cama_options_create("model", &of_model));
    must(cama_options_set_int(of_model, "channels", D));
    must(cama_options_set_int(of_model, "classes", C));
    must(cama_options_set_int(of_model, "z", 2));
    must(cama_options_set_int(of_model, "m", M));
    for (int i = 0; i < 6; i++) must(cama_options_set_text(of_model, nets[i].key, nets[i].text));
    must(cama_options_create("train", &of_train));
    must(cama_options_set_int(of_train, "epochs", 2));
    must(cama_options_set_int(of_train, "batch", 8)); /* the last of an epoch is smaller */
    must(cama_options_create("finetune", &of_finetune));
    must(cama_options_set_int(of_finetune, "steps", 4));
    must(cama_options_set_int(of_finetune, "batch", 8));
    must(cama_options_set_int(of_finetune, "clean_batch", 8));
    must(cama_options_set_int(of_finetune, "check_every", 2));
}

static int begin(void **state)
{
    (void)state;
    cama__mem_set_hook(&(cama__mem_hook){book_alloc, book_free, NULL});
    for (int i = 0; i < N * D; i++) x[i] = 0.25f * (float)(i * 5 % 13) - 1;
    for (int i = 0; i < N; i++) y[i] = i % C;
    set_options();
    must(cama_session_create(of_session, &session));
    must(cama_model_create("measurement", of_model, &model));
    must(cama_dataset_from_arrays(N, 1, 1, D, C, x, y, 1, &data));
    must(cama_dataset_without_labels(data, &unlabelled));
    must(cama_predict(session, model, data, NULL, wanted));
    must(cama_model_save_memory(model, NULL, &file_size));
    file = malloc((size_t)file_size);
    must(cama_model_save_memory(model, file, &file_size));
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/alloc_test_XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(directory) == NULL) return -1;
    snprintf(path, sizeof path, "%s/model", directory);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(file);
    cama_dataset_free(unlabelled);
    cama_dataset_free(data);
    cama_model_free(model);
    cama_session_free(session);
    cama_options_free(of_session);
    cama_options_free(of_model);
    cama_options_free(of_train);
    cama_options_free(of_finetune);
    cama__mem_set_hook(NULL);
    unlink(path);
    return atomic_load(&held) == 0 ? rmdir(directory) : -1;
}

/* The handles that stay are as good as before. */
static void assert_usable(void)
{
    float got[N * C];
    int64_t size = file_size;
    char *bytes = malloc((size_t)file_size);
    must(cama_predict(session, model, data, NULL, got));
    assert_memory_equal(got, wanted, sizeof got);
    must(cama_model_save_memory(model, bytes, &size));
    assert_int_equal(size, file_size);
    assert_memory_equal(bytes, file, (size_t)size);
    free(bytes);
}

/* ---- Calls that may fail; each gives back all it took ---- */

static int32_t call_options(void)
{
    cama_options *options = NULL;
    const float m0[M] = {0.5f, -0.5f};
    int32_t status;
    TRY_CALL(cama_options_create("train", &options));
    TRY_CALL(cama_options_set_text(options, "schedule", "linear"));
    TRY_CALL(cama_options_set_vector(options, "m0", m0, M));
out:
    cama_options_free(options);
    return status;
}

static int32_t call_session(void)
{
    cama_session *s = NULL;
    const int32_t status = cama_session_create(of_session, &s);
    assert_true((s == NULL) == (status != CAMA_OK));
    cama_session_free(s);
    return status;
}

static int32_t call_datasets(void)
{
    cama_dataset *made[4] = {NULL};
    int32_t status;
    TRY_CALL(cama_dataset_from_arrays(N, 1, 1, D, C, x, y, 1, &made[0]));
    TRY_CALL(cama_dataset_from_arrays(N, 1, 1, D, C, x, y, 0, &made[1]));
    TRY_CALL(cama_dataset_slice(made[0], 3, 5, &made[2]));
    TRY_CALL(cama_dataset_without_labels(made[1], &made[3]));
out:
    for (int i = 0; i < 4; i++) cama_dataset_free(made[i]);
    return status;
}

static int32_t call_manipulate(void)
{
    cama_dataset *made = NULL;
    cama_options *options = NULL;
    int32_t status;
    TRY_CALL(cama_options_create("manipulate", &options));
    TRY_CALL(cama_options_set_text(options, "kind", "noise"));
    TRY_CALL(cama_options_set_real(options, "amount", 0.1));
    TRY_CALL(cama_dataset_manipulate(data, options, &made));
out:
    assert_true((made == NULL) == (status != CAMA_OK));
    cama_dataset_free(made);
    cama_options_free(options);
    return status;
}

static int32_t call_create(void)
{
    cama_model *made = NULL;
    const int32_t status = cama_model_create("measurement", of_model, &made);
    assert_true((made == NULL) == (status != CAMA_OK));
    cama_model_free(made);
    return status;
}

static int32_t call_clone_and_prior(void)
{
    cama_model *made = NULL;
    int32_t status;
    TRY_CALL(cama_model_clone(model, &made));
    TRY_CALL(cama_model_set_prior(made, data));
out:
    cama_model_free(made);
    return status;
}

static int32_t call_save_and_load(void)
{
    cama_model *made = NULL;
    int32_t status;
    TRY_CALL(cama_model_save(model, path));
    TRY_CALL(cama_model_load(path, &made));
out:
    assert_true((made == NULL) == (status != CAMA_OK));
    cama_model_free(made);
    return status;
}

static int32_t call_memory_save_and_load(void)
{
    cama_model *made = NULL;
    int64_t size = 0;
    int32_t status;
    TRY_CALL(cama_model_save_memory(model, NULL, &size));
    TRY_CALL(cama_model_load_memory(file, file_size, &made));
out:
    assert_true((made == NULL) == (status != CAMA_OK));
    cama_model_free(made);
    return status;
}

static int32_t call_predict(void)
{
    cama_session *s = NULL;
    float got[N * C] = {7};
    int32_t status;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(cama_predict(s, model, data, NULL, got));
    assert_memory_equal(got, wanted, sizeof got);
out:
    if (status != CAMA_OK) assert_true(got[0] == 7);
    cama_session_free(s);
    return status;
}

static int32_t call_scores(void)
{
    cama_session *s = NULL;
    double values[N];
    int32_t status;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(cama_elbo(s, model, data, NULL, values));
    TRY_CALL(cama_elbo_do(s, model, data, NULL, NULL, values));
    TRY_CALL(cama_elbo_marginal(s, model, unlabelled, NULL, values));
out:
    cama_session_free(s);
    return status;
}

static int32_t call_latents(void)
{
    cama_session *s = NULL;
    float out[N * D];
    int32_t status;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(cama_encode(s, model, unlabelled, NULL, NULL, NULL, out, NULL));
    TRY_CALL(cama_reconstruct(s, model, data, NULL, out));
    TRY_CALL(cama_generate(s, model, N, y, NULL, NULL, NULL, NULL, out));
out:
    cama_session_free(s);
    return status;
}

static int32_t call_attack(void)
{
    cama_session *s = NULL;
    cama_dataset *made = NULL;
    cama_options *options = NULL;
    int32_t status;
    TRY_CALL(cama_options_create("attack", &options));
    TRY_CALL(cama_options_set_int(options, "steps", 2));
    TRY_CALL(cama_options_set_real(options, "low", 1)); /* above high: x is not bounded */
    TRY_CALL(cama_options_set_real(options, "high", 0));
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(cama_attack(s, model, data, options, &made));
out:
    assert_true((made == NULL) == (status != CAMA_OK));
    cama_dataset_free(made);
    cama_options_free(options);
    cama_session_free(s);
    return status;
}

static int32_t train_once(cama_session *s, const cama_dataset *manipulated)
{
    cama_model *copy = NULL;
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    int32_t status;
    TRY_CALL(cama_model_clone(model, &copy));
    TRY_CALL(cama_optimizer_create(copy, NULL, &optimizer));
    TRY_CALL(cama_train(s, optimizer, data, manipulated, of_train, &report));
out:
    assert_true((report == NULL) == (status != CAMA_OK));
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    cama_model_free(copy);
    return status;
}

static int32_t finetune_once(cama_session *s)
{
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    const int32_t status = cama_finetune(s, model, data, unlabelled, of_finetune, &adapted, &report);
    assert_true((adapted == NULL) == (status != CAMA_OK));
    assert_true((report == NULL) == (status != CAMA_OK));
    cama_report_free(report);
    cama_model_free(adapted);
    return status;
}

static int32_t call_train(void)
{
    cama_session *s = NULL;
    int32_t status;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(train_once(s, NULL));
    TRY_CALL(train_once(s, data));
out:
    cama_session_free(s);
    return status;
}

static int32_t call_finetune(void)
{
    cama_session *s = NULL;
    int32_t status;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(finetune_once(s));
out:
    cama_session_free(s);
    return status;
}

/* ---- Tests ---- */

static const struct {
    const char *name;
    int32_t (*call)(void);
} all_calls[] = {{"options", call_options},
                 {"session", call_session},
                 {"datasets", call_datasets},
                 {"manipulate", call_manipulate},
                 {"create", call_create},
                 {"clone", call_clone_and_prior},
                 {"save and load", call_save_and_load},
                 {"in memory", call_memory_save_and_load},
                 {"predict", call_predict},
                 {"scores", call_scores},
                 {"latents", call_latents},
                 {"attack", call_attack},
                 {"train", call_train},
                 {"finetune", call_finetune}};

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_calls / sizeof *all_calls; i++) {
        const long before = atomic_load(&held);
        int32_t status = CAMA_E_MEMORY;
        long failing = 0;
        for (; status != CAMA_OK; failing++) {
            begin_counting(failing);
            status = all_calls[i].call();
            begin_counting(-1);
            if (atomic_load(&held) != before)
                fail_msg("%s, allocation %ld: %ld held, %ld before", all_calls[i].name, failing, atomic_load(&held),
                         before);
            if (status != CAMA_OK && status != CAMA_E_MEMORY)
                fail_msg("%s, allocation %ld: %s, %s", all_calls[i].name, failing, cama_status_name(status),
                         cama_last_error());
            if (status != CAMA_OK) assert_non_null(strstr(cama_last_error(), "memory"));
            assert_usable();
        }
        if (failing < 2) fail_msg("%s: no allocation was made to fail", all_calls[i].name);
    }
}

/* A session that could not grow is none the worse for it. */
static void test_a_session_outlives_failed_growth(void **state)
{
    (void)state;
    cama_session *s = NULL;
    float got[N * C];
    must(cama_session_create(of_session, &s));
    int32_t status = CAMA_E_MEMORY;
    for (long failing = 0; status != CAMA_OK; failing++) {
        begin_counting(failing);
        status = train_once(s, data);
        begin_counting(-1);
        must(cama_predict(s, model, data, NULL, got));
        assert_memory_equal(got, wanted, sizeof got);
    }
    cama_session_free(s);
}

static void test_a_step_of_training_allocates_nothing(void **state)
{
    (void)state;
    const long few = count_calls(call_train);
    must(cama_options_set_int(of_train, "epochs", 20));
    const long many = count_calls(call_train);
    must(cama_options_set_int(of_train, "epochs", 2));
    assert_int_equal(few, many);
}

static void test_a_step_of_finetuning_allocates_nothing(void **state)
{
    (void)state;
    must(cama_options_set_int(of_finetune, "check_every", 0));
    const long few = count_calls(call_finetune);
    must(cama_options_set_int(of_finetune, "steps", 40));
    const long many = count_calls(call_finetune);
    must(cama_options_set_int(of_finetune, "steps", 4));
    must(cama_options_set_int(of_finetune, "check_every", 2));
    assert_int_equal(few, many);
}

static void test_a_second_prediction_allocates_no_workspace(void **state)
{
    (void)state;
    float got[N * C];
    int64_t first, second;
    must(cama_predict(session, model, data, NULL, got));
    must(cama_session_bytes(session, &first));
    must(cama_predict(session, model, data, NULL, got));
    must(cama_session_bytes(session, &second));
    assert_int_equal(first, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_a_session_outlives_failed_growth),
        cmocka_unit_test(test_a_step_of_training_allocates_nothing),
        cmocka_unit_test(test_a_step_of_finetuning_allocates_nothing),
        cmocka_unit_test(test_a_second_prediction_allocates_no_workspace),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
