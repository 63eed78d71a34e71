/* model_file_test - a model comes back from its file bit by bit; files that are whole and sealed but do not hold the
 * model their metadata speak of are refused, cheaply, with the tensor or the key named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "io/model_file.h"
#include "io/safetensors.h"
#include "prob/likelihood.h"

/* ---- Models ---- */

/* Each preset, small; without m; with every kind of layer. */
static const cama__spec specs[] = {
    {"mnist",
     {4, 4, 1},
     3,
     2,
     2,
     LIKELIHOOD_BERNOULLI,
     {"dense 5 relu", "dense 4 relu, dense 3 relu", "dense 4 relu", "dense 2x2x3 relu, tconv 1 3x3 /2 +1",
      "conv 2 3x3 relu, pool 2, dense 5 relu", "conv 3 3x3 relu, pool 2, dense 6 relu | dense 4 relu"}},
    {"cifar",
     {6, 4, 3},
     4,
     3,
     1,
     LIKELIHOOD_BERNOULLI,
     {"dense 2 elu", "", "dense 3 tanh", "dense 3x2x2 leaky, tconv 3 3x3 /2 +1", "conv 2 3x3 /2 softplus",
      "conv 2 2x3 valid | dense 3"}},
    {"measurement",
     {1, 1, 7},
     2,
     1,
     3,
     LIKELIHOOD_GAUSSIAN,
     {"dense 3 relu", "dense 2 relu", "dense 3 relu, dense 2 relu", "dense 4 relu, dense x", "dense 3 relu",
      "dense 4 relu | dense 2 relu"}},
    {"measurement",
     {1, 1, 2},
     2,
     1,
     0,
     LIKELIHOOD_GAUSSIAN,
     {"dense 2 relu", "", "", "dense 3 sigmoid, dense x", "", "dense 2 | "}},
};
enum { SPECS = sizeof specs / sizeof *specs, TINY = 3 };

static cama_model *make(int index)
{
    cama_model *model = NULL;
    const int64_t counts[] = {7, 0, 2, 5};
    if (cama__model_build(&specs[index], &model) != CAMA_OK) fail_msg("%s", cama_last_error());
    assert_int_equal(cama__model_init(model, 11 + (uint64_t)index, 0.5), CAMA_OK);
    if (model->rho >= 0) model->theta[model->rho] = -0.625f;
    if (index % 2 == 0) cama__model_set_prior(model, counts);
    model->q_m_trained = index % 2 == 0;
    return model;
}

static void assert_same(const cama_model *a, const cama_model *b)
{
    assert_string_equal(a->spec.preset, b->spec.preset);
    assert_memory_equal(&a->spec.x, &b->spec.x, sizeof a->spec.x);
    assert_int_equal(a->spec.classes, b->spec.classes);
    assert_int_equal(a->spec.z, b->spec.z);
    assert_int_equal(a->spec.m, b->spec.m);
    assert_int_equal(a->spec.likelihood, b->spec.likelihood);
    for (int i = 0; i < NET_COUNT; i++) assert_string_equal(a->spec.net[i], b->spec.net[i]);
    assert_int_equal(a->q_m_trained, b->q_m_trained);
    assert_string_equal(a->summary, b->summary);
    assert_int_equal(a->params.reals, b->params.reals);
    assert_memory_equal(a->theta, b->theta, (size_t)a->params.reals * sizeof *a->theta);
    assert_memory_equal(a->log_prior, b->log_prior, (size_t)a->spec.classes * sizeof *a->log_prior);
}

static void *encode(const cama_model *model, int64_t *size)
{
    void *buffer = NULL;
    if (cama__model_file_encode(model, &buffer, size) != CAMA_OK) fail_msg("%s", cama_last_error());
    return buffer;
}

/* From memory that ends where it ends, so that a sanitizer sees one byte too far. */
static int32_t decode(const void *bytes, int64_t size, cama_model **out)
{
    char *exact = malloc(size > 0 ? (size_t)size : 1);
    memcpy(exact, bytes, (size_t)size);
    const int32_t status = cama__model_file_decode(exact, size, "PATH", out);
    free(exact);
    return status;
}

static void assert_said(const char *words)
{
    if (strstr(cama_last_error(), words) == NULL) fail_msg("no \"%s\" in: %s", words, cama_last_error());
}

static void assert_refused(const void *bytes, int64_t size, const char *words)
{
    cama_model *model = NULL;
    assert_int_equal(decode(bytes, size, &model), CAMA_E_FORMAT);
    assert_null(model);
    assert_memory_equal(cama_last_error(), "PATH: ", 6);
    assert_said(words);
}

/* ---- Forged files: the tensors and metadata of a good one, changed and sealed again ---- */

static const char *const keys[] = {"format",
                                   "format_version",
                                   "library_version",
                                   "preset",
                                   "height",
                                   "width",
                                   "channels",
                                   "classes",
                                   "z",
                                   "m",
                                   "likelihood",
                                   "p_y",
                                   "p_z",
                                   "p_m",
                                   "p_merge",
                                   "q_m",
                                   "q_z",
                                   "q_m_trained"};
enum { KEYS = sizeof keys / sizeof *keys, MOST = 64 };

typedef struct {
    cama__safetensors *file;
    cama__tensor tensors[MOST];
    int32_t count;
    const char *meta[2 * KEYS + 1];
} forgery;

static forgery begin_forgery(int index)
{
    forgery f = {.file = NULL};
    int64_t size;
    cama_model *model = make(index);
    void *buffer = encode(model, &size);
    assert_int_equal(cama__safetensors_decode(buffer, size, "good", &f.file), CAMA_OK);
    f.count = cama__safetensors_count(f.file);
    assert_in_range(f.count, 1, MOST - 1);
    for (int32_t i = 0; i < f.count; i++) f.tensors[i] = *cama__safetensors_at(f.file, i);
    for (int i = 0; i < KEYS; i++) {
        f.meta[2 * i] = keys[i];
        f.meta[2 * i + 1] = cama__safetensors_meta(f.file, keys[i]);
        assert_non_null(f.meta[2 * i + 1]);
    }
    cama__mem_free(buffer);
    cama__model_free(model);
    return f;
}

static void *seal(const forgery *f, int64_t *size)
{
    void *buffer = NULL;
    if (cama__safetensors_encode(f->tensors, f->count, f->meta, &buffer, size) != CAMA_OK)
        fail_msg("%s", cama_last_error());
    return buffer;
}

static void assert_forgery_refused(const forgery *f, const char *words)
{
    int64_t size;
    void *buffer = seal(f, &size);
    assert_refused(buffer, size, words);
    cama__mem_free(buffer);
}

static void set_meta(forgery *f, const char *key, const char *value)
{
    for (int i = 0; i < KEYS; i++)
        if (strcmp(f->meta[2 * i], key) == 0) {
            f->meta[2 * i + 1] = value;
            return;
        }
    fail_msg("no key %s", key);
}

/* ---- Tests ---- */

static void test_models_come_back_bit_by_bit(void **state)
{
    (void)state;
    for (int i = 0; i < SPECS; i++) {
        int64_t size, again_size;
        cama_model *model = make(i), *back = NULL;
        void *buffer = encode(model, &size);
        if (decode(buffer, size, &back) != CAMA_OK) fail_msg("%s", cama_last_error());
        assert_same(model, back);
        void *again = encode(back, &again_size);
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
    forgery f = begin_forgery(0);
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
    cama__safetensors_free(f.file);
}

static void test_a_file_cut_at_any_length_is_refused(void **state)
{
    (void)state;
    int64_t size;
    cama_model *model = make(TINY), *back = NULL;
    void *buffer = encode(model, &size);
    for (int64_t cut = 0; cut < size; cut++) assert_refused(buffer, cut, "");
    assert_int_equal(decode(buffer, size, &back), CAMA_OK);
    cama__mem_free(buffer);
    cama__model_free(back);
    cama__model_free(model);
}

static void test_each_missing_or_renamed_tensor_is_named(void **state)
{
    (void)state;
    forgery f = begin_forgery(0);
    for (int32_t i = 0; i < f.count; i++) {
        char words[128];
        forgery without = f;
        snprintf(words, sizeof words, "tensor %s: expected shape [", f.tensors[i].name);
        memmove(&without.tensors[i], &without.tensors[i + 1], (size_t)(--without.count - i) * sizeof *without.tensors);
        assert_forgery_refused(&without, words);
        assert_said("without it");
        forgery renamed = f;
        renamed.tensors[i].name = "another";
        assert_forgery_refused(&renamed, words);
    }
    cama__safetensors_free(f.file);
}

static void test_an_extra_tensor_is_named(void **state)
{
    (void)state;
    forgery f = begin_forgery(0);
    static const char *const names[] = {"another", "p_y.1.weight", "likelihood.rho", "prior.log_prob2"};
    for (int i = 0; i < 4; i++) {
        char words[64];
        forgery with = f;
        with.tensors[with.count++] = (cama__tensor){names[i], 1, {1}, f.tensors[0].data};
        snprintf(words, sizeof words, "tensor %s: expected only the %d tensors", names[i], (int)f.count);
        assert_forgery_refused(&with, words);
    }
    cama__safetensors_free(f.file);
}

static void test_each_misshapen_tensor_is_named(void **state)
{
    (void)state;
    forgery f = begin_forgery(0);
    for (int32_t i = 0; i < f.count; i++) {
        char words[128];
        cama__tensor *t = &f.tensors[i];
        const cama__tensor good = *t;
        snprintf(words, sizeof words, "tensor %s: expected shape [%" PRId64, good.name, good.shape[0]);
        if (t->dims > 1) { /* as many numbers, in one dimension */
            for (int32_t d = 1; d < t->dims; d++) t->shape[0] *= t->shape[d];
            t->dims = 1;
        } else {
            t->shape[t->dims++] = 1;
        }
        assert_forgery_refused(&f, words);
        assert_said("], got [");
        *t = good;
        if (t->shape[0] > 1) { /* one number less */
            t->shape[0]--;
            assert_forgery_refused(&f, words);
            *t = good;
        }
    }
    cama__safetensors_free(f.file);
}

static void test_each_missing_key_is_named(void **state)
{
    (void)state;
    const forgery f = begin_forgery(2);
    for (int i = 0; i < KEYS; i++) {
        char words[64];
        forgery without = f;
        without.meta[2 * i] = "unknown";
        snprintf(words, sizeof words, "expected the key %s in __metadata__", keys[i]);
        assert_forgery_refused(&without, words);
    }
    cama__safetensors_free(f.file);
}

static void test_wrong_metadata_are_refused(void **state)
{
    (void)state;
    static char long_net[SPEC_TEXT + 1];
    memset(long_net, ' ', SPEC_TEXT);
    static const struct {
        const char *key, *value, *words;
    } wrong[] = {
        {"format", "pt", "__metadata__ format: expected \"cama\", got \"pt\""},
        {"format_version", "2", "__metadata__ format_version: expected \"1\", got \"2\""},
        {"format_version", "", "format_version"},
        {"preset", "a preset's name of 32 characters", "__metadata__ preset: expected at most 31 characters, got 32"},
        {"height", "0", "__metadata__ height: expected a number from 1 to 65536, got \"0\""},
        {"height", "-4", "\"-4\""},
        {"height", "+4", "\"+4\""},
        {"height", "4.0", "\"4.0\""},
        {"height", " 4", "\" 4\""},
        {"height", "4 ", "\"4 \""},
        {"height", "04", "\"04\""},
        {"height", "0x4", "\"0x4\""},
        {"height", "", "\"\""},
        {"height", "65537", "\"65537\""},
        {"height", "4294967300", "\"4294967300\""},               /* 4 + 2^32 */
        {"height", "18446744073709551620", "\"1844674407370955"}, /* 4 + 2^64 */
        {"width", "65537", "__metadata__ width"},
        {"channels", "16777217", "__metadata__ channels"},
        {"channels", "16777216", "expected x of at most"},
        {"classes", "1", "__metadata__ classes: expected a number from 2"},
        {"classes", "65537", "__metadata__ classes"},
        {"classes", "2", "tensor p_y.0.weight: expected shape [5,2], got [5,3]"},
        {"z", "0", "__metadata__ z"},
        {"z", "65537", "__metadata__ z"},
        {"z", "3", "tensor p_z.0.weight: expected shape [4,3], got [4,2]"},
        {"m", "65537", "__metadata__ m"},
        {"m", "0", "tensor p_merge.0.weight"},
        {"likelihood", "poisson", "__metadata__ likelihood: "},
        {"likelihood", "gaussian", "tensor likelihood.rho: expected shape [16], got a file without it"},
        {"p_y", "dense 0", "__metadata__: network p_y, layer 1"},
        {"p_y", long_net, "__metadata__ p_y: expected at most 1023 characters, got 1024"},
        {"p_y", "dense 4 relu", "tensor p_y.0.weight: expected shape [4,3]"},
        {"p_y", "dense 5 relu, dense 2", "tensor p_y.1.weight: expected shape [2,5], got a file without it"},
        {"p_merge", "dense 2x2x3 relu", "network p_merge: expected its output to be x"},
        {"q_z", "conv 3 3x3 relu, pool 2, dense 6 relu", "network q_z"},
        {"q_m", "conv 2 63x63 valid", "network q_m, layer 1"},
        {"q_m_trained", "2", "__metadata__ q_m_trained: expected a number from 0 to 1"},
        {"q_m_trained", "true", "__metadata__ q_m_trained"},
    };
    const forgery good = begin_forgery(0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        forgery f = good;
        set_meta(&f, wrong[i].key, wrong[i].value);
        assert_forgery_refused(&f, wrong[i].words);
    }
    cama__safetensors_free(good.file);
}

static void test_the_prior_must_be_one(void **state)
{
    (void)state;
    forgery f = begin_forgery(0);
    static const float wrong[][3] = {{0, 0, 0}, {-1, -2, -3}, {1e38f, 0, 0}, {-1e38f, -1e38f, -1e38f}};
    assert_string_equal(f.tensors[f.count - 1].name, "prior.log_prob");
    for (int i = 0; i < 4; i++) {
        f.tensors[f.count - 1].data = wrong[i];
        assert_forgery_refused(&f, "tensor prior.log_prob: expected logarithms");
    }
    cama__safetensors_free(f.file);
}

/* ---- What a hostile file may cost ---- */

typedef struct {
    size_t largest;
    int32_t held, calls, fail_at; /* fail_at: the call that fails, from 0; -1: none */
} ledger;

static void *book_alloc(void *user, size_t bytes)
{
    ledger *book = user;
    void *pointer = NULL;
    if (book->calls++ == book->fail_at || posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    if (bytes > book->largest) book->largest = bytes;
    book->held++;
    return pointer;
}

static void book_free(void *user, void *pointer)
{
    ((ledger *)user)->held--;
    free(pointer);
}

static void keep_books(ledger *book)
{
    *book = (ledger){.fail_at = -1};
    cama__mem_set_hook(&(cama__mem_hook){book_alloc, book_free, book});
}

static int restore_hook(void **state)
{
    (void)state;
    cama__mem_set_hook(NULL);
    return 0;
}

static void test_huge_claims_cost_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *words;
    } huge[] = {{"p_y", "dense 30000, dense 30000", "tensor p_y.0.weight"}, /* 3.6 GB of parameters */
                {"p_y", "dense 16777216, dense 16777216", "2147483648 parameters"},
                {"classes", "65536", "tensor p_y.0.weight"},
                {"z", "65536", "tensor p_z.0.weight"}};
    const forgery good = begin_forgery(0);
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
        ledger book;
        cama_model *model = NULL;
        forgery f = good;
        int64_t size;
        set_meta(&f, huge[i].key, huge[i].value);
        void *buffer = seal(&f, &size);
        keep_books(&book);
        assert_int_equal(cama__model_file_decode(buffer, size, "PATH", &model), CAMA_E_FORMAT);
        cama__mem_set_hook(NULL);
        assert_said(huge[i].words);
        assert_null(model);
        assert_int_equal(book.held, 0);
        assert_true(book.largest < sizeof(cama_model) + 4 * (size_t)size + 4096);
        cama__mem_free(buffer);
    }
    cama__safetensors_free(good.file);
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
    restore_hook(state);
    unlink(path);
    return rmdir(directory); /* fails when a temporary file was left behind */
}

static void assert_file_is(const void *bytes, int64_t size)
{
    void *data = NULL;
    int64_t got = -1;
    assert_int_equal(cama__file_read(path, false, INT64_MAX, &data, &got), CAMA_OK);
    assert_int_equal(got, size);
    assert_memory_equal(data, bytes, (size_t)size);
    cama__mem_free(data);
}

static void test_save_and_load(void **state)
{
    (void)state;
    for (int i = 0; i < SPECS; i++) { /* each replaces the one before */
        cama_model *model = make(i), *back = NULL;
        assert_int_equal(cama__model_file_save(model, path), CAMA_OK);
        if (cama__model_file_load(path, &back) != CAMA_OK) fail_msg("%s", cama_last_error());
        assert_same(model, back);
        cama__model_free(back);
        cama__model_free(model);
    }
}

static void test_a_failed_save_leaves_the_old_file(void **state)
{
    (void)state;
    int64_t size;
    cama_model *old = make(0), *new = make(2);
    void *bytes = encode(old, &size);
    assert_int_equal(cama__model_file_save(old, path), CAMA_OK);

    new->theta[new->rho] = INFINITY;
    assert_int_equal(cama__model_file_save(new, path), CAMA_E_NONFINITE);
    assert_said("likelihood.rho");
    assert_file_is(bytes, size);
    new->theta[new->rho] = 0;

    int32_t failures = 0, status = CAMA_E_MEMORY;
    for (; status != CAMA_OK; failures++) {
        ledger book;
        keep_books(&book);
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
    assert_int_equal(cama__file_write(path, "not a model", 11), CAMA_OK);
    assert_int_equal(cama__model_file_load(path, &model), CAMA_E_FORMAT);
    assert_memory_equal(cama_last_error(), path, strlen(path));
    assert_null(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_come_back_bit_by_bit),
        cmocka_unit_test(test_tensors_have_pytorch_names_and_shapes),
        cmocka_unit_test(test_a_file_cut_at_any_length_is_refused),
        cmocka_unit_test(test_each_missing_or_renamed_tensor_is_named),
        cmocka_unit_test(test_an_extra_tensor_is_named),
        cmocka_unit_test(test_each_misshapen_tensor_is_named),
        cmocka_unit_test(test_each_missing_key_is_named),
        cmocka_unit_test(test_wrong_metadata_are_refused),
        cmocka_unit_test(test_the_prior_must_be_one),
        cmocka_unit_test_teardown(test_huge_claims_cost_nothing, restore_hook),
        cmocka_unit_test_setup_teardown(test_save_and_load, begin, end),
        cmocka_unit_test_setup_teardown(test_a_failed_save_leaves_the_old_file, begin, end),
        cmocka_unit_test_setup_teardown(test_load_names_the_path, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
