/* model_file_forged_test - files that are whole and sealed but do not hold the model their metadata speak of are
 * refused, cheaply, with the tensor or the key named. */
#include "model_file_cases.h"

static void test_a_file_cut_at_any_length_is_refused(void **state)
{
    (void)state;
    int64_t size;
    cama_model *model = model_file_make(TINY), *back = NULL;
    void *buffer = model_file_encode(model, &size);
    for (int64_t cut = 0; cut < size; cut++) model_file_refused(buffer, cut, "");
    assert_int_equal(model_file_decode(buffer, size, &back), CAMA_OK);
    cama__mem_free(buffer);
    cama__model_free(back);
    cama__model_free(model);
}

static void check_missing_tensors(int number)
{
    forgery f = forgery_begin(number);
    for (int32_t i = 0; i < f.count; i++) {
        if (strcmp(f.tensors[i].name, "c_clip") == 0) continue; /* no tensor, no limit */
        char words[128];
        forgery without = f;
        snprintf(words, sizeof words, "tensor %s: expected shape [", f.tensors[i].name);
        memmove(&without.tensors[i], &without.tensors[i + 1], (size_t)(--without.count - i) * sizeof *without.tensors);
        forgery_refused(&without, words);
        check_said("without it");
        forgery renamed = f;
        renamed.tensors[i].name = "another";
        forgery_refused(&renamed, words);
    }
    forgery_end(&f);
}

static void test_each_missing_or_renamed_tensor_is_named(void **state)
{
    (void)state;
    check_missing_tensors(0);
    check_missing_tensors(TABLE);
}

static void test_an_extra_tensor_is_named(void **state)
{
    (void)state;
    forgery f = forgery_begin(0);
    static const char *const names[] = {"another", "p_y.1.weight", "likelihood.rho", "prior.log_prob2"};
    for (int i = 0; i < 4; i++) {
        char words[64];
        forgery with = f;
        with.tensors[with.count++] = (cama__tensor){names[i], 1, {1}, f.tensors[0].data};
        snprintf(words, sizeof words, "tensor %s: expected only the %d tensors", names[i], (int)f.count);
        forgery_refused(&with, words);
    }
    forgery_end(&f);
}

static void check_misshapen_tensors(int number)
{
    forgery f = forgery_begin(number);
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
        forgery_refused(&f, words);
        check_said("], got [");
        *t = good;
        if (t->shape[0] > 1) { /* one number less */
            t->shape[0]--;
            forgery_refused(&f, words);
            *t = good;
        }
    }
    forgery_end(&f);
}

static void test_each_misshapen_tensor_is_named(void **state)
{
    (void)state;
    check_misshapen_tensors(0);
    check_misshapen_tensors(TABLE);
}

static void test_each_missing_key_is_named(void **state)
{
    (void)state;
    const forgery f = forgery_begin(2);
    for (int i = 0; i < KEYS; i++) {
        char words[80];
        forgery without = f;
        without.meta[2 * i] = "unknown";
        snprintf(words, sizeof words, "expected the key %s in __metadata__", model_file_keys[i]);
        forgery_refused(&without, words);
    }
    forgery_end(&f);
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
        {"z", "0", "__metadata__ z: expected a number from 1"},
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
    const forgery good = forgery_begin(0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        forgery f = good;
        forgery_set_meta(&f, wrong[i].key, wrong[i].value);
        forgery_refused(&f, wrong[i].words);
    }
    forgery_end(&good);
}

/* What measurement data brought. */
static void test_wrong_tables_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *words;
    } wrong[] = {
        {"a", "-1", "__metadata__ a: expected a number from 0 to 16777216"},
        {"a", "16777217", "__metadata__ a"},
        {"a", "2", "expected the schema's x 6, a 1, c 3 and 2 classes, got 6, 2, 3 and 2"},
        {"c", "0", "expected the schema's x 6, a 1, c 3 and 2 classes"},
        {"c", "04", "__metadata__ c: expected"},
        {"channels", "5", "expected the schema's x 6"},
        {"classes", "3", "expected the schema's x 6"},
        {"m_enters", "4", "__metadata__ m_enters: expected a number from 0 to 3, got \"4\""},
        {"m_enters", "1", "tensor p_m.1.weight: expected shape [12,2], got [18,2]"},
        {"variance", "2", "__metadata__ variance: expected a number from 0 to 1"},
        {"variance", "0", "tensor p_m.1.weight: expected shape [12,2], got [18,2]"},
        {"c_linear", "2", "__metadata__ c_linear: expected a number from 0 to 1"},
        {"c_linear", "0", "tensor c_linear.0.weight: expected only the"},
        {"c_range", "2", "__metadata__ c_range: expected a number from 0 to 1"},
        {"c_range", "0", "tensor c_range.low: expected only the"},
        {"likelihood", "categorical", "__metadata__ likelihood"},
        {"likelihood", "gaussian", "tensor likelihood.nu: expected only the"},
        {"likelihood", "bernoulli", "expected likelihood gaussian or student"},
        {"standardise", "2", "__metadata__ standardise: expected a number from 0 to 1"},
        {"standardised", "yes", "__metadata__ standardised: expected a number from 0 to 1"},
        {"standardised", "0", "expected only the"},
        {"discriminative", "", "__metadata__ discriminative: expected a number from 0 to 1"},
        {"discriminative", "1", "network dnn"},
        {"p_prior", "dense 4 relu", "tensor p_prior.0.weight: expected shape [4,1], got [3,1]"},
        {"p_c", "conv 2 3x3 valid", "network p_c, layer 1"},
        {"schema", "", "PATH: "},
        {"schema", "[]", "PATH: "},
        {"schema", "[{\"target\":\"y\",\"classes\":[\"a\",\"b\"]}]", "expected the schema's x 0"},
    };
    const forgery good = forgery_begin(TABLE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        forgery f = good;
        forgery_set_meta(&f, wrong[i].key, wrong[i].value);
        forgery_refused(&f, wrong[i].words);
    }
    forgery_end(&good);
}

static void test_wrong_baselines_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *words;
    } wrong[] = {
        {"discriminative", "0", "__metadata__ z: expected a number from 1"},
        {"dnn", "dense 4 tanh, dense 3 relu", "network dnn: expected \"|\""},
        {"dnn", "dense 4 tanh | dense 3 relu, dropout 1", "network dnn, layer 3: expected a rate"},
        {"dnn", "dense 4 tanh | dense 2 relu", "tensor dnn.1.weight: expected shape [2,8], got [3,8]"},
    };
    const forgery good = forgery_begin(BASELINE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        forgery f = good;
        forgery_set_meta(&f, wrong[i].key, wrong[i].value);
        forgery_refused(&f, wrong[i].words);
    }
    forgery_end(&good);
}

static void test_wrong_units_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int at;
        float value;
        const char *words;
    } wrong[] = {
        {"standard.scale", 0, 0, "tensor standard.scale: expected positive numbers, got 0 at index 0"},
        {"standard.scale", 9, -1, "tensor standard.scale: expected positive numbers, got -1 at index 9"},
        {"c_range.low", 1, 7, "tensor c_range.low: expected at most c_range.high's"},
        {"c_range.high", 2, -2, "tensor c_range.low: expected at most c_range.high's -2, got -0.2 at index 2"},
        {"likelihood.nu", 0, 0, "tensor likelihood.nu: expected a number in [0.01, 1e6], got 0"},
        {"likelihood.nu", 0, 2e6f, "tensor likelihood.nu: expected"},
        {"c_clip", 0, 0, "tensor c_clip: expected"},
        {"c_clip", 0, -1, "tensor c_clip: expected"},
        {"c_clip", 0, 1e7f, "tensor c_clip: expected"},
    };
    const forgery good = forgery_begin(TABLE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        forgery f = good;
        float values[16];
        cama__tensor *t = forgery_tensor(&f, wrong[i].name);
        assert_in_range(t->shape[0], wrong[i].at + 1, 16);
        memcpy(values, t->data, (size_t)t->shape[0] * sizeof *values);
        values[wrong[i].at] = wrong[i].value;
        t->data = values;
        forgery_refused(&f, wrong[i].words);
    }
    forgery_end(&good);
}

static void test_the_prior_must_be_one(void **state)
{
    (void)state;
    forgery f = forgery_begin(0);
    static const float wrong[][3] = {{0, 0, 0}, {-1, -2, -3}, {1e38f, 0, 0}, {-1e38f, -1e38f, -1e38f}};
    assert_string_equal(f.tensors[f.count - 1].name, "prior.log_prob");
    for (int i = 0; i < 4; i++) {
        f.tensors[f.count - 1].data = wrong[i];
        forgery_refused(&f, "tensor prior.log_prob: expected logarithms");
    }
    forgery_end(&f);
}

static void test_huge_claims_cost_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *words;
    } huge[] = {{"p_y", "dense 30000, dense 30000", "tensor p_y.0.weight"}, /* 3.6 GB of parameters */
                {"p_y", "dense 16777216, dense 16777216", "2147483648 parameters"},
                {"classes", "65536", "tensor p_y.0.weight"},
                {"a", "16777216", "tensor p_prior.0.weight"},
                {"c", "16777216", "tensor p_merge.0.weight"},
                {"z", "65536", "tensor p_z.0.weight"}};
    const forgery good = forgery_begin(0);
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
        ledger book;
        cama_model *model = NULL;
        forgery f = good;
        int64_t size;
        forgery_set_meta(&f, huge[i].key, huge[i].value);
        void *buffer = forgery_seal(&f, &size);
        ledger_begin(&book);
        assert_int_equal(cama__model_file_decode(buffer, size, "PATH", &model), CAMA_E_FORMAT);
        cama__mem_set_hook(NULL);
        check_said(huge[i].words);
        assert_null(model);
        assert_int_equal(book.held, 0);
        assert_true(book.largest < sizeof(cama_model) + 4 * (size_t)size + 4096);
        cama__mem_free(buffer);
    }
    forgery_end(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_cut_at_any_length_is_refused),
        cmocka_unit_test(test_each_missing_or_renamed_tensor_is_named),
        cmocka_unit_test(test_an_extra_tensor_is_named),
        cmocka_unit_test(test_each_misshapen_tensor_is_named),
        cmocka_unit_test(test_each_missing_key_is_named),
        cmocka_unit_test(test_wrong_metadata_are_refused),
        cmocka_unit_test(test_wrong_tables_are_refused),
        cmocka_unit_test(test_wrong_baselines_are_refused),
        cmocka_unit_test(test_wrong_units_are_refused),
        cmocka_unit_test(test_the_prior_must_be_one),
        cmocka_unit_test_teardown(test_huge_claims_cost_nothing, ledger_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
