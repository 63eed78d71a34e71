/* standardise_test - mean and deviation of what is continuous against two passes in double, nothing for the rest, and
 * the way back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "data/standardise.h"

enum { N = 57, X = 6, A = 2, P = 3, CLASSES = 2 };
static float x[N * X], a[N * A], c[N * P];

/* x: continuous, binary, 3 levels, continuous; a: continuous and constant; c: 2 levels, continuous. */
static cama_schema *make_schema(void)
{
    cama_schema *s = NULL;
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &s));
    OK(cama__schema_add(s, "x1", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "x2", ROLE_X, VARIABLE_BINARY, 0, NULL));
    OK(cama__schema_add(s, "x3", ROLE_X, VARIABLE_CATEGORICAL, 3, NULL));
    OK(cama__schema_add(s, "x4", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "a1", ROLE_A, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "a2", ROLE_A, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "c1", ROLE_C, VARIABLE_CATEGORICAL, 2, NULL));
    OK(cama__schema_add(s, "c2", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL));
    return s;
}

static cama_dataset *make_data(const cama_schema *schema)
{
    cama_dataset *d = NULL;
    for (int i = 0; i < N; i++) {
        const float numbers[X] = {(float)(1e4 + sin(i)),        i % 3 == 0, i % 3 == 0, i % 3 == 1, i % 3 == 2,
                                  (float)(0.001 * cos(2.0 * i))};
        memcpy(x + i * X, numbers, sizeof numbers);
        a[i * A] = (float)i, a[i * A + 1] = 4.5f;
        c[i * P] = i % 2 == 0, c[i * P + 1] = i % 2 == 1, c[i * P + 2] = (float)(-3 + 2 * sin(3.0 * i));
    }
    OK(cama__dataset_from_columns(schema, N, &(cama__columns){{x, a, c}, NULL}, true, &d));
    return d;
}

static cama_model *make_model(cama__spec spec, const cama_schema *schema)
{
    cama_model *model = NULL;
    if (schema != NULL) cama__spec_take(&spec, schema);
    if (cama__model_build(&spec, schema, &model) != CAMA_OK) fail_msg("%s", cama_last_error());
    return model;
}

static const cama__spec table = {
    .preset = "test", .z = 1, .likelihood = LIKELIHOOD_GAUSSIAN, .net = {[NET_P_MERGE] = "dense x", [NET_Q_Z] = "|"}};

/* Mean to half a unit of float's last place, deviation to a few of its own. */
static void expect_units(const cama_model *model, int64_t at, const float *block, int64_t width, int64_t column)
{
    double mean = 0, square = 0;
    for (int i = 0; i < N; i++) mean += (double)block[i * width + column] / N;
    for (int i = 0; i < N; i++) square += pow((double)block[i * width + column] - mean, 2) / N;
    const double want = square > 0 ? sqrt(square) : 1;
    assert_near(model->mean[at], mean, 1e-7 * fabs(mean));
    assert_near(model->scale[at], want, 1e-6 * want);
}

static void expect_none(const cama_model *model, int64_t at)
{
    assert_true(model->mean[at] == 0 && model->scale[at] == 1);
}

static void test_learn(void **state)
{
    (void)state;
    cama_schema *schema = make_schema();
    cama_dataset *data = make_data(schema);
    cama_model *model = make_model(table, schema);
    static const bool of_x[X] = {true, false, false, false, false, true};
    assert_false(model->standardised);
    assert_true(model->log_scale == 0 && model->scale[0] == 1);
    cama__standardise_learn(model, data);
    assert_true(model->standardised);
    for (int d = 0; d < X; d++) {
        assert_int_equal(model->reads[d], of_x[d]);
        of_x[d] ? expect_units(model, d, x, X, d) : expect_none(model, d);
    }
    expect_units(model, X, a, A, 0);
    assert_true(model->mean[X + 1] == 4.5f && model->scale[X + 1] == 1); /* never varies */
    expect_none(model, X + A);
    expect_none(model, X + A + 1);
    expect_units(model, X + A + 2, c, P, 2);
    assert_near(model->log_scale - log((double)model->scale[0]), log((double)model->scale[5]), 1e-12);
    for (int d = 0; d < X; d++) /* 0 of the data's units */
        assert_true(model->zero[d] == -(real)model->mean[d] / (real)model->scale[d]);
    cama__model_free(model);
    cama__dataset_free(data);
    cama__schema_free(schema);
}

/* To standard units and back: two roundings of numbers as large as the mean. */
static void test_undo(void **state)
{
    (void)state;
    cama_schema *schema = make_schema();
    cama_dataset *data = make_data(schema);
    cama_model *model = make_model(table, schema);
    const float *blocks[] = {[ROLE_X] = x, [ROLE_A] = a, [ROLE_C] = c};
    static const int64_t widths[] = {[ROLE_X] = X, [ROLE_A] = A, [ROLE_C] = P};
    float values[N * X];
    for (int learned = 0; learned < 2; learned++) {
        if (learned) cama__standardise_learn(model, data);
        for (int32_t role = 0; role < ROLE_COUNT; role++) {
            const int64_t at = cama__model_place(model, role), count = N * widths[role];
            for (int64_t i = 0; i < count; i++) {
                const int64_t d = at + i % widths[role];
                values[i] = (blocks[role][i] - model->mean[d]) / model->scale[d];
            }
            cama__standardise_undo(model, role, N, values);
            for (int64_t i = 0; i < count; i++) {
                const double want = blocks[role][i], mean = model->mean[at + i % widths[role]];
                assert_near(values[i], want, (learned ? 4 * 0x1p-24 * (fabs(want) + fabs(mean)) : 0));
            }
        }
    }
    cama__model_free(model);
    cama__dataset_free(data);
    cama__schema_free(schema);
}

/* The range of c in standard units, bit for bit as rows are packed; a clip that is narrower stays. */
static void test_range(void **state)
{
    (void)state;
    cama_schema *schema = make_schema();
    cama_dataset *data = make_data(schema);
    for (int clipped = 0; clipped < 2; clipped++) {
        cama__spec spec = table;
        spec.standardise = true, spec.c_range = 1, spec.c_clip = clipped ? 1.1 : 0;
        cama_model *model = make_model(spec, schema);
        real packed[(N + 64) * P];
        real least[P], most[P];
        cama__standardise_learn(model, data);
        assert_true(cama__blocks(N) * cama__kernel()->nr <= N + 64);
        cama__dataset_pack(NULL, data, ROLE_C, &(cama__selection){NULL, 0, N}, model->mean + X + A,
                           model->scale + X + A, packed);
        for (int j = 0; j < P; j++) least[j] = most[j] = packed[cama__at(0, j, P)];
        for (int i = 0; i < N; i++)
            for (int j = 0; j < P; j++) {
                const real v = packed[cama__at(i, j, P)];
                least[j] = v < least[j] ? v : least[j], most[j] = v > most[j] ? v : most[j];
            }
        const real clip = clipped ? (real)1.1 : INFINITY;
        for (int j = 0; j < P; j++) {
            assert_true(model->c_low[j] == (least[j] > -clip ? least[j] : -clip));
            assert_true(model->c_high[j] == (most[j] < clip ? most[j] : clip));
        }
        if (clipped) assert_true(model->c_low[2] == -(real)1.1 && model->c_high[2] == (real)1.1);
        cama__model_free(model);
    }
    cama__dataset_free(data);
    cama__schema_free(schema);
}

/* A binary number that is always 1, beyond a clip of 0.5: the limits never cross. */
static void test_range_beyond_clip(void **state)
{
    (void)state;
    cama_schema *schema = NULL;
    cama_dataset *data = NULL;
    static const float children[] = {1, 2}, causes[] = {1, 1};
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &schema));
    OK(cama__schema_add(schema, "x1", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(schema, "c1", ROLE_C, VARIABLE_BINARY, 0, NULL));
    OK(cama__dataset_from_columns(schema, 2, &(cama__columns){{children, NULL, causes}, NULL}, true, &data));
    cama__spec spec = table;
    spec.standardise = true, spec.c_range = 1, spec.c_clip = 0.5;
    cama_model *model = make_model(spec, schema);
    cama__standardise_learn(model, data);
    assert_true(model->c_low[0] == 0.5f && model->c_high[0] == 0.5f);
    cama__model_free(model);
    cama__dataset_free(data);
    cama__schema_free(schema);
}

/* Without a schema the likelihood says whether x is continuous. */
static void test_without_schema(void **state)
{
    (void)state;
    static const int32_t kinds[] = {LIKELIHOOD_BERNOULLI, LIKELIHOOD_GAUSSIAN, LIKELIHOOD_STUDENT};
    for (int k = 0; k < 3; k++) {
        cama__spec spec = table;
        spec.x = (cama__shape){1, 1, 2}, spec.classes = CLASSES, spec.likelihood = kinds[k], spec.nu = 3;
        cama_model *model = make_model(spec, NULL);
        cama_dataset *d = NULL;
        static const float two[] = {0, 1, 0.5f, 0.25f};
        OK(cama__dataset_from_arrays(2, spec.x, CLASSES, two, NULL, true, &d));
        cama__standardise_learn(model, d);
        assert_true(model->mean[0] == (k > 0 ? 0.25f : 0) && model->scale[0] == (k > 0 ? 0.25f : 1));
        assert_true(model->mean[1] == (k > 0 ? 0.625f : 0) && model->scale[1] == (k > 0 ? 0.375f : 1));
        cama__dataset_free(d);
        cama__model_free(model);
    }
}

/* Bytes are learned from as the floats that they stand for. */
static void test_bytes(void **state)
{
    (void)state;
    cama__spec spec = table;
    spec.x = (cama__shape){2, 2, 1}, spec.classes = CLASSES;
    cama_model *model = make_model(spec, NULL), *same = make_model(spec, NULL);
    uint8_t *pixels = cama__mem_alloc(3 * 4, sizeof *pixels);
    float floats[3 * 4];
    cama_dataset *bytes = NULL, *plain = NULL;
    for (int i = 0; i < 12; i++) {
        pixels[i] = (uint8_t)(i % 4 == 3 ? 9 : i * i);
        floats[i] = (float)pixels[i] / 255.0f;
    }
    OK(cama__dataset_from_bytes(3, spec.x, CLASSES, pixels, NULL, &bytes));
    OK(cama__dataset_from_arrays(3, spec.x, CLASSES, floats, NULL, false, &plain));
    cama__standardise_learn(model, bytes);
    cama__standardise_learn(same, plain);
    assert_memory_equal(model->mean, same->mean, 4 * sizeof *model->mean);
    assert_memory_equal(model->scale, same->scale, 4 * sizeof *model->scale);
    assert_true(model->scale[0] < 0.5f && model->scale[3] == 1 && model->log_scale == same->log_scale);
    cama__dataset_free(bytes), cama__dataset_free(plain);
    cama__model_free(model), cama__model_free(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_learn),          cmocka_unit_test(test_undo),
                                       cmocka_unit_test(test_range),          cmocka_unit_test(test_range_beyond_clip),
                                       cmocka_unit_test(test_without_schema), cmocka_unit_test(test_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
