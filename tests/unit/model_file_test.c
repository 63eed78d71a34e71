/* model_file_test - a model comes back from its file bit by bit, and a failed save changes nothing. */
#define _GNU_SOURCE /* memmem */
#include "model_file_cases.h"

#include "io/model_file_layout.h"

static void test_models_come_back_bit_by_bit(void **state)
{
    (void)state;
    for (int i = 0; i < SPECS; i++) {
        int64_t size, again_size;
        cama_model *model = model_file_make(i), *back = NULL;
        void *buffer = model_file_encode(model, &size);
        if (model_file_decode(buffer, size, &back) != CAMA_OK) fail_msg("%s", cama_last_error());
        model_file_same(model, back);
        void *again = model_file_encode(back, &again_size);
        assert_int_equal(size, again_size);
        assert_memory_equal(buffer, again, (size_t)size);
        cama__mem_free(again);
        cama__mem_free(buffer);
        cama__model_free(back);
        cama__model_free(model);
    }
}

static void test_tensors_have_pytorch_names_and_shapes(void **state)
{
    (void)state;
    forgery f = forgery_begin(0);
    static const struct {
        const char *name;
        int32_t dims;
        int64_t shape[4];
    } wanted[] = {{"p_y.0.weight", 2, {5, 3}}, {"p_merge.0.weight", 2, {12, 12}}, {"p_merge.1.weight", 4, {3, 1, 3, 3}},
                  {"p_merge.1.bias", 1, {1}},  {"q_m.0.weight", 4, {2, 1, 3, 3}}, {"q_z.2.weight", 2, {4, 11}},
                  {"prior.log_prob", 1, {3}}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const cama__tensor *t = cama__safetensors_find(f.file, wanted[i].name);
        if (t == NULL) fail_msg("no %s", wanted[i].name);
        assert_int_equal(t->dims, wanted[i].dims);
        assert_memory_equal(t->shape, wanted[i].shape, (size_t)t->dims * sizeof *t->shape);
    }
    assert_string_equal(cama__safetensors_meta(f.file, "format"), "cama");
    assert_string_equal(cama__safetensors_meta(f.file, "library_version"), cama_version_string());
    forgery_end(&f);
}

/* The file's tensors and texts from the last to the first, with the checksum that it had: what other programs make of
 * it when they save what they loaded. change: one text or number, or none. */
enum { CHANGE_NONE, CHANGE_TEXT, CHANGE_NUMBER, CHANGE_NAME, CHANGE_MORE, CHANGES };
static void *write_again(const cama__safetensors *file, int change, int64_t *size)
{
    const char *order[FILE_KEYS + 1], *meta[2 * FILE_KEYS + 3];
    const int32_t count = cama__safetensors_count(file);
    cama__tensor *tensors = calloc((size_t)count, sizeof *tensors);
    int32_t used = 0;
    void *buffer = NULL;
    cama__file_keys(order);
    for (int32_t i = FILE_KEYS - 1; i >= 0; i--) {
        const char *value = cama__safetensors_meta(file, order[i]);
        if (value == NULL) continue;
        meta[used++] = order[i];
        meta[used++] = change == CHANGE_TEXT && strcmp(order[i], "library_version") == 0 ? "0.0.9" : value;
    }
    if (change == CHANGE_MORE) meta[used++] = "more", meta[used++] = "";
    meta[used] = NULL;
    for (int32_t i = 0; i < count; i++) tensors[i] = *cama__safetensors_at(file, count - 1 - i);
    float *first = calloc(1 << 16, sizeof *first);
    int64_t bytes;
    cama__safetensors_bytes(&tensors[count - 1], &bytes);
    memcpy(first, tensors[count - 1].data, (size_t)bytes);
    if (change == CHANGE_NUMBER) first[0] += 1;
    tensors[count - 1].data = first;
    if (change == CHANGE_NAME) { /* two tensors of one shape take each other's name */
        for (int32_t i = 0; i < count; i++)
            for (int32_t k = 0; k < i; k++) {
                if (tensors[i].dims != tensors[k].dims || change != CHANGE_NAME ||
                    memcmp(tensors[i].shape, tensors[k].shape, sizeof tensors[i].shape) != 0 ||
                    tensors[i].data[0] == tensors[k].data[0])
                    continue;
                const char *name = tensors[i].name;
                tensors[i].name = tensors[k].name, tensors[k].name = name;
                change = CHANGE_NONE;
            }
        first[0] += change == CHANGE_NAME; /* there are no two */
    }
    if (cama__safetensors_encode(tensors, count, meta, &buffer, size) != CAMA_OK) fail_msg("%s", cama_last_error());
    char *digits = memmem(buffer, (size_t)*size, "checksum\":\"", 11);
    memcpy(digits + 11, cama__safetensors_meta(file, "checksum"), CAMA__CHECKSUM_DIGITS);
    free(first);
    free(tensors);
    return buffer;
}

static void test_the_order_in_a_file_does_not_matter(void **state)
{
    (void)state;
    for (int i = 0; i < SPECS; i++) {
        int64_t size;
        cama_model *model = model_file_make(i);
        cama__safetensors *file = NULL;
        void *buffer = model_file_encode(model, &size);
        OK(cama__safetensors_decode(buffer, size, "PATH", &file));
        for (int change = 0; change < CHANGES; change++) {
            int64_t again_size;
            cama_model *back = NULL;
            cama__safetensors *strict = NULL;
            void *again = write_again(file, change, &again_size);
            const int32_t status = model_file_decode(again, again_size, &back);
            if (change == CHANGE_NONE && status != CAMA_OK) fail_msg("%s", cama_last_error());
            if (change != CHANGE_NONE) assert_int_equal(status, CAMA_E_FORMAT);
            if (change == CHANGE_NONE) model_file_same(model, back);
            assert_int_equal(cama__safetensors_decode(again, again_size, "PATH", &strict), CAMA_E_FORMAT);
            cama__model_free(back);
            cama__mem_free(again);
        }
        cama__safetensors_free(file);
        cama__mem_free(buffer);
        cama__model_free(model);
    }
}

/* ---- Files ---- */

static char directory[512], path[600];

static int begin(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/model_file_test_XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(directory) == NULL) return -1;
    snprintf(path, sizeof path, "%s/model.safetensors", directory);
    return 0;
}

static int end(void **state)
{
    ledger_end(state);
    unlink(path);
    return rmdir(directory); /* fails when a temporary file was left behind */
}

static void assert_file_is(const void *bytes, int64_t size)
{
    void *data = NULL;
    int64_t got = -1;
    OK(cama__file_read(path, false, INT64_MAX, &data, &got));
    assert_int_equal(got, size);
    assert_memory_equal(data, bytes, (size_t)size);
    cama__mem_free(data);
}

static void test_save_and_load(void **state)
{
    (void)state;
    for (int i = 0; i < SPECS; i++) { /* each replaces the one before */
        cama_model *model = model_file_make(i), *back = NULL;
        OK(cama__model_file_save(model, path));
        if (cama__model_file_load(path, &back) != CAMA_OK) fail_msg("%s", cama_last_error());
        model_file_same(model, back);
        cama__model_free(back);
        cama__model_free(model);
    }
}

static void test_a_failed_save_leaves_the_old_file(void **state)
{
    (void)state;
    int64_t size;
    cama_model *old = model_file_make(0), *new = model_file_make(2);
    void *bytes = model_file_encode(old, &size);
    OK(cama__model_file_save(old, path));

    new->theta[new->rho] = INFINITY;
    assert_int_equal(cama__model_file_save(new, path), CAMA_E_NONFINITE);
    check_said("likelihood.rho");
    assert_file_is(bytes, size);
    new->theta[new->rho] = 0;

    int32_t failures = 0, status = CAMA_E_MEMORY;
    for (; status != CAMA_OK; failures++) {
        ledger book;
        ledger_begin(&book);
        book.fail_at = failures;
        status = cama__model_file_save(new, path);
        cama__mem_set_hook(NULL);
        assert_int_equal(book.held, 0);
        if (status == CAMA_OK) break;
        assert_int_equal(status, CAMA_E_MEMORY);
        assert_file_is(bytes, size);
    }
    assert_true(failures >= 4);

    char nowhere[700];
    snprintf(nowhere, sizeof nowhere, "%s/no/model", directory);
    assert_int_equal(cama__model_file_save(new, nowhere), CAMA_E_IO);
    assert_int_equal(cama__model_file_save(new, directory), CAMA_E_IO);
    cama__mem_free(bytes);
    cama__model_free(new);
    cama__model_free(old);
}

static void test_load_names_the_path(void **state)
{
    (void)state;
    cama_model *model = NULL;
    assert_int_equal(cama__model_file_load(path, &model), CAMA_E_IO);
    assert_memory_equal(cama_last_error(), path, strlen(path));
    OK(cama__file_write(path, "not a model", 11));
    assert_int_equal(cama__model_file_load(path, &model), CAMA_E_FORMAT);
    assert_memory_equal(cama_last_error(), path, strlen(path));
    assert_null(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_come_back_bit_by_bit),
        cmocka_unit_test(test_tensors_have_pytorch_names_and_shapes),
        cmocka_unit_test(test_the_order_in_a_file_does_not_matter),
        cmocka_unit_test_setup_teardown(test_save_and_load, begin, end),
        cmocka_unit_test_setup_teardown(test_a_failed_save_leaves_the_old_file, begin, end),
        cmocka_unit_test_setup_teardown(test_load_names_the_path, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
