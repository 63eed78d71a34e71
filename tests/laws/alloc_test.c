/* alloc_test - memory can run out at any moment: whichever allocation fails, the call says CAMA_E_MEMORY, gives back
 * what it took, leaves its outputs and every handle as they were, and works when called again. */
#include "alloc_small.h"

#include <stdio.h>
#include <unistd.h>

static char directory[512], path[600];

static int begin(void **state)
{
    if (alloc_begin(state) != 0) return -1;
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/alloc_test_XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(directory) == NULL) return -1;
    snprintf(path, sizeof path, "%s/model", directory);
    return 0;
}

static int end(void **state)
{
    unlink(path);
    const int removed = rmdir(directory);
    return alloc_end(state) == 0 ? removed : -1;
}

/* The handles that stay are as good as before. */
static void assert_usable(void)
{
    float got[N * C];
    int64_t size = alloc_file_size;
    char *bytes = malloc((size_t)alloc_file_size);
    OK(cama_predict(alloc_session, alloc_model, alloc_data, NULL, got));
    assert_memory_equal(got, alloc_wanted, sizeof got);
    OK(cama_model_save_memory(alloc_model, bytes, &size));
    assert_int_equal(size, alloc_file_size);
    assert_memory_equal(bytes, alloc_file, (size_t)size);
    free(bytes);
}

/* ---- Calls that may fail; each gives back all it took ------------------------------------------------------------ */

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
    const int32_t status = cama_session_create(alloc_of_session, &s);
    assert_true((s == NULL) == (status != CAMA_OK));
    cama_session_free(s);
    return status;
}

static int32_t call_datasets(void)
{
    cama_dataset *made[4] = {NULL};
    int32_t status;
    TRY_CALL(cama_dataset_from_arrays(N, 1, 1, D, C, alloc_x, alloc_y, 1, &made[0]));
    TRY_CALL(cama_dataset_from_arrays(N, 1, 1, D, C, alloc_x, alloc_y, 0, &made[1]));
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
    TRY_CALL(cama_dataset_manipulate(alloc_data, options, &made));
out:
    assert_true((made == NULL) == (status != CAMA_OK));
    cama_dataset_free(made);
    cama_options_free(options);
    return status;
}

static int32_t call_create(void)
{
    cama_model *made = NULL;
    const int32_t status = cama_model_create("measurement", alloc_of_model, &made);
    assert_true((made == NULL) == (status != CAMA_OK));
    cama_model_free(made);
    return status;
}

static int32_t call_clone_and_prior(void)
{
    cama_model *made = NULL;
    int32_t status;
    TRY_CALL(cama_model_clone(alloc_model, &made));
    TRY_CALL(cama_model_set_prior(made, alloc_data));
out:
    cama_model_free(made);
    return status;
}

/* Names of classes, in copies and in files; and a file that is only looked through. */
static int32_t call_names(void)
{
    static const char *const names[C] = {"one", "two"};
    cama_model *made[3] = {NULL};
    char bytes[65536];
    int64_t size = sizeof bytes;
    int32_t status;
    TRY_CALL(cama_model_clone(alloc_model, &made[0]));
    TRY_CALL(cama_model_set_class_names(made[0], names));
    TRY_CALL(cama_model_clone(made[0], &made[1]));
    TRY_CALL(cama_model_save_memory(made[1], bytes, &size));
    TRY_CALL(cama_model_load_memory(bytes, size, &made[2]));
    TRY_CALL(cama_model_save(made[1], path));
    TRY_CALL(cama_model_verify(path));
out:
    for (int i = 0; i < 3; i++) cama_model_free(made[i]);
    return status;
}

static int32_t call_save_and_load(void)
{
    cama_model *made = NULL;
    int32_t status;
    TRY_CALL(cama_model_save(alloc_model, path));
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
    TRY_CALL(cama_model_save_memory(alloc_model, NULL, &size));
    TRY_CALL(cama_model_load_memory(alloc_file, alloc_file_size, &made));
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
    TRY_CALL(cama_session_create(alloc_of_session, &s));
    TRY_CALL(cama_predict(s, alloc_model, alloc_data, NULL, got));
    assert_memory_equal(got, alloc_wanted, sizeof got);
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
    TRY_CALL(cama_session_create(alloc_of_session, &s));
    TRY_CALL(cama_elbo(s, alloc_model, alloc_data, NULL, values));
    TRY_CALL(cama_elbo_do(s, alloc_model, alloc_data, NULL, NULL, values));
    TRY_CALL(cama_elbo_marginal(s, alloc_model, alloc_unlabelled, NULL, values));
out:
    cama_session_free(s);
    return status;
}

static int32_t call_latents(void)
{
    cama_session *s = NULL;
    float out[N * D];
    int32_t status;
    TRY_CALL(cama_session_create(alloc_of_session, &s));
    TRY_CALL(cama_encode(s, alloc_model, alloc_unlabelled, NULL, NULL, NULL, out, NULL));
    TRY_CALL(cama_reconstruct(s, alloc_model, alloc_data, NULL, out));
    TRY_CALL(cama_generate(s, alloc_model, N, alloc_y, NULL, NULL, NULL, NULL, out));
out:
    cama_session_free(s);
    return status;
}

/* Two runs of the search, and the report. */
static int32_t call_attack_report(void)
{
    cama_session *s = NULL;
    cama_dataset *made = NULL;
    cama_report *report = NULL;
    cama_options *options = NULL;
    int32_t status;
    TRY_CALL(cama_options_create("attack", &options));
    TRY_CALL(cama_options_set_text(options, "method", "square"));
    TRY_CALL(cama_options_set_int(options, "queries", 2));
    TRY_CALL(cama_options_set_int(options, "restarts", 2));
    TRY_CALL(cama_options_set_real(options, "low", 1));
    TRY_CALL(cama_options_set_real(options, "high", 0));
    TRY_CALL(cama_session_create(alloc_of_session, &s));
    TRY_CALL(cama_attack_report(s, alloc_model, alloc_data, options, &made, &report));
out:
    assert_true((made == NULL) == (status != CAMA_OK) && (report == NULL) == (status != CAMA_OK));
    cama_report_free(report);
    cama_dataset_free(made);
    cama_options_free(options);
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
    TRY_CALL(cama_session_create(alloc_of_session, &s));
    TRY_CALL(cama_attack(s, alloc_model, alloc_data, options, &made));
out:
    assert_true((made == NULL) == (status != CAMA_OK));
    cama_dataset_free(made);
    cama_options_free(options);
    cama_session_free(s);
    return status;
}

/* Training that holds rows out, which keeps the best state. */
static int32_t call_validated(void)
{
    OK(cama_options_set_real(alloc_of_train, "validation", 0.25)); /* a value that was set is changed without memory */
    const int32_t status = alloc_train_once(alloc_session, NULL);
    OK(cama_options_set_real(alloc_of_train, "validation", 0));
    return status;
}

static int32_t call_class_shares(void)
{
    float got[N * C];
    cama_options *options = NULL;
    int32_t status;
    TRY_CALL(cama_options_create("predict", &options));
    TRY_CALL(cama_options_set_text(options, "class_shares", "on"));
    TRY_CALL(cama_predict(alloc_session, alloc_model, alloc_data, options, got));
out:
    cama_options_free(options);
    return status;
}

/* Two batches, the second from the first's model, drawn back. */
static int32_t call_stream(void)
{
    float got[N * C];
    cama_session *s = NULL;
    cama_options *options = NULL;
    cama_stream *stream = NULL;
    cama_model *made = NULL;
    cama_report *report = NULL;
    int32_t status;
    TRY_CALL(cama_session_create(alloc_of_session, &s));
    TRY_CALL(cama_options_create("stream", &options));
    TRY_CALL(cama_options_set_text(options, "start", "drift"));
    TRY_CALL(cama_options_set_int(options, "restart", 0));
    TRY_CALL(cama_stream_create(alloc_model, alloc_data, options, alloc_of_finetune, &stream));
    TRY_CALL(cama_stream_step(s, stream, alloc_unlabelled, NULL, got, NULL));
    TRY_CALL(cama_stream_step(s, stream, alloc_unlabelled, NULL, got, &report));
    TRY_CALL(cama_stream_model(stream, &made));
out:
    cama_options_free(options);
    cama_stream_free(stream);
    cama_model_free(made);
    cama_report_free(report);
    cama_session_free(s);
    return status;
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static const book_call all_calls[] = {{"options", call_options},
                                      {"session", call_session},
                                      {"datasets", call_datasets},
                                      {"manipulate", call_manipulate},
                                      {"create", call_create},
                                      {"clone", call_clone_and_prior},
                                      {"names", call_names},
                                      {"save and load", call_save_and_load},
                                      {"in memory", call_memory_save_and_load},
                                      {"predict", call_predict},
                                      {"scores", call_scores},
                                      {"latents", call_latents},
                                      {"attack", call_attack},
                                      {"attack report", call_attack_report},
                                      {"train", alloc_call_train},
                                      {"validated", call_validated},
                                      {"class shares", call_class_shares},
                                      {"finetune", alloc_call_finetune},
                                      {"stream", call_stream}};

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    books_fail_each(all_calls, sizeof all_calls / sizeof *all_calls, assert_usable);
}

/* A session that could not grow is none the worse for it. */
static void test_a_session_outlives_failed_growth(void **state)
{
    (void)state;
    cama_session *s = NULL;
    float got[N * C];
    OK(cama_session_create(alloc_of_session, &s));
    int32_t status = CAMA_E_MEMORY;
    for (long failing = 0; status != CAMA_OK; failing++) {
        books_begin(failing);
        status = alloc_train_once(s, alloc_data);
        books_begin(-1);
        OK(cama_predict(s, alloc_model, alloc_data, NULL, got));
        assert_memory_equal(got, alloc_wanted, sizeof got);
    }
    cama_session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_a_session_outlives_failed_growth),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
