/* c_fit_test - the linear effect of c on x against a process whose effect is known: within classes, in standard units,
 * with columns that are not independent, and for continuous children alone.
 *
 * Tolerance: the ridge is a millionth of n against a Gram matrix of at least 0.09 n in each direction that the data
 * determine: 1.1e-5 of an effect of 2; data and weights in float add 1e-6. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "data/c_fit.h"

enum { N = 600, X = 6, P = 5, CLASSES = 3 }; /* x: continuous, binary, 3 levels, continuous; c: 2 and 3 levels */
static const double tolerance = 4e-5;
static const double effect[2][P] = {{2, -0.7, 1.1, 0.2, -0.5}, {-0.1, 0.05, 0, 0.3, 0.9}};
static const int continuous[2] = {0, 5};

typedef struct {
    cama_schema *schema;
    cama_model *model;
    cama_dataset *data;
    float x[N * X], c[N * P];
    int32_t y[N];
} setting;

/* c1, c2 continuous; their means depend on the class, whose own effect on x is large: a fit without class means
 * fails. */
static void fill(setting *s)
{
    for (int i = 0; i < N; i++) {
        real u[4];
        cama__rng_normals((cama__rng_key){.seed = 2, .stream = 90, .example = (uint32_t)i}, 4, u, 1);
        const int32_t y = s->y[i] = i % CLASSES, level = i / 7 % 3;
        const float c[P] = {(float)(u[0] + y), (float)(0.3 * u[1] - 2 * y), level == 0, level == 1, level == 2};
        memcpy(s->c + i * P, c, sizeof c);
        float *x = s->x + i * X;
        memset(x, 0, X * sizeof *x);
        x[1] = u[2] > 0;
        x[2 + i % 3] = 1;
        for (int k = 0; k < 2; k++) {
            double value = 10 * (y == 1) - 4 * (y == 2) + 3 * k;
            for (int j = 0; j < P; j++) value += effect[k][j] * (double)c[j];
            x[continuous[k]] = (float)value;
        }
    }
}

static setting *begin(bool units)
{
    static const cama__spec spec = {.preset = "test",
                                    .z = 1,
                                    .likelihood = LIKELIHOOD_GAUSSIAN,
                                    .c_linear = 1,
                                    .net = {[NET_P_MERGE] = "dense x", [NET_Q_Z] = "|"}};
    setting *s = calloc(1, sizeof *s);
    cama__spec sized = spec;
    fill(s);
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &s->schema));
    OK(cama__schema_add(s->schema, "x1", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s->schema, "x2", ROLE_X, VARIABLE_BINARY, 0, NULL));
    OK(cama__schema_add(s->schema, "x3", ROLE_X, VARIABLE_CATEGORICAL, 3, NULL));
    OK(cama__schema_add(s->schema, "x4", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s->schema, "c1", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s->schema, "c2", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s->schema, "c3", ROLE_C, VARIABLE_CATEGORICAL, 3, NULL));
    cama__spec_take(&sized, s->schema);
    OK(cama__model_build(&sized, s->schema, &s->model));
    OK(cama__dataset_from_columns(s->schema, N, &(cama__columns){{s->x, NULL, s->c}, s->y}, false, &s->data));
    if (units) {
        s->model->mean[0] = 3, s->model->scale[0] = 2, s->model->scale[5] = 0.25f;
        s->model->mean[X] = -1, s->model->scale[X] = 0.5f, s->model->scale[X + 1] = 0.5f;
        cama__model_standardised(s->model);
    }
    return s;
}

static void end(setting *s)
{
    cama__dataset_free(s->data);
    cama__model_free(s->model);
    cama__schema_free(s->schema);
    free(s);
}

static void read_weight(const cama_model *model, float weight[X * P])
{
    const cama__param *param = cama__params_find(&model->params, "c_linear.0.weight");
    assert_int_equal(param->count, X * P);
    cama__param_read(param, &model->net[NET_C_LINEAR], model->theta, weight);
}

static void take_cells(setting *s)
{
    for (int i = 0; i < N; i++) {
        if (s->c[i * P] > 1.5f) s->x[i * X] = NAN;
        if (i % 5 == 0) s->x[i * X + 1] = s->x[i * X + 5] = NAN;
    }
    cama__dataset_free(s->data);
    OK(cama__dataset_from_cells(s->schema, N, &(cama__columns){{s->x, NULL, s->c}, s->y}, false, &s->data));
    assert_true(s->data->missing > N / 4);
}

/* Of one-hot columns, whose sum never varies, only differences mean anything. */
static void check_effect(bool units, bool gaps)
{
    setting *s = begin(units);
    float w[X * P];
    if (gaps) take_cells(s);
    assert_false(cama__c_fit_known(s->model));
    OK(cama__c_fit_learn(s->model, s->data));
    assert_true(cama__c_fit_known(s->model));
    read_weight(s->model, w);
    for (int k = 0; k < 2; k++) {
        const int d = continuous[k];
        double got[P];
        for (int j = 0; j < P; j++)
            got[j] = (double)w[d * P + j] * (double)s->model->scale[d] / (double)s->model->scale[X + j];
        for (int j = 0; j < 2; j++) assert_near(got[j], effect[k][j], tolerance);
        for (int j = 3; j < P; j++) assert_near(got[j] - got[2], effect[k][j] - effect[k][2], tolerance);
        assert_near(got[2], 0, 5); /* the ridge leaves no large numbers in what cancels */
    }
    for (int d = 1; d < 5; d++)
        for (int j = 0; j < P; j++) assert_true(w[d * P + j] == 0);
    end(s);
}

static void test_effect(void **state)
{
    (void)state;
    check_effect(false, false);
    check_effect(true, false);
}

/* Of what is there: cells are missing where c is large, and another share of each child. */
static void test_gaps(void **state)
{
    (void)state;
    check_effect(false, true);
    check_effect(true, true);
}

/* A column twice: the fit shares the effect between the two. */
static void test_collinear(void **state)
{
    (void)state;
    enum { ROWS = 200 };
    float x[ROWS], c[ROWS * 2];
    int32_t y[ROWS];
    for (int i = 0; i < ROWS; i++) {
        c[2 * i] = c[2 * i + 1] = (float)sin(i);
        y[i] = i % 2;
        x[i] = 3 * c[2 * i] + 7 * (float)y[i];
    }
    static const cama__spec spec = {.preset = "test",
                                    .x = {1, 1, 1},
                                    .c = 2,
                                    .classes = 2,
                                    .z = 1,
                                    .likelihood = LIKELIHOOD_STUDENT,
                                    .nu = 3,
                                    .c_linear = 1,
                                    .net = {[NET_P_MERGE] = "dense x", [NET_Q_Z] = "|"}};
    const cama_dataset data = {.n = ROWS, .shape = {1, 1, 1}, .classes = 2, .x = x, .c = c, .y = y, .width_c = 2};
    cama_model *model = NULL;
    float w[2];
    OK(cama__model_build(&spec, NULL, &model));
    OK(cama__c_fit_learn(model, &data));
    const cama__param *param = cama__params_find(&model->params, "c_linear.0.weight");
    cama__param_read(param, &model->net[NET_C_LINEAR], model->theta, w);
    for (int j = 0; j < 2; j++) assert_near(w[j], 1.5, 1e-3); /* sums of 1e-6 n decide */
    assert_near((double)w[0] + (double)w[1], 3, tolerance);
    cama__model_free(model);
}

/* In units of any size the same: the ridge is in those of the data. */
static void test_any_units(void **state)
{
    (void)state;
    static const double units[] = {1e-6, 1e-3, 1, 1e9};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        setting *s = begin(false);
        float w[X * P];
        for (int i = 0; i < N; i++)
            for (int j = 0; j < 2; j++) s->c[i * P + j] = (float)(s->c[i * P + j] * units[u]);
        OK(cama__c_fit_learn(s->model, s->data));
        read_weight(s->model, w);
        for (int k = 0; k < 2; k++)
            for (int j = 0; j < 2; j++)
                assert_near((double)w[continuous[k] * P + j] * units[u], effect[k][j], tolerance);
        end(s);
    }
}

/* One column three times, far from the size of one: no weight is NaN. An effect that no float holds is refused, and the
 * model is as it was. */
static void test_extremes(void **state)
{
    (void)state;
    enum { ROWS = 40, SAME = 3 };
    static float x[ROWS], c[ROWS * SAME];
    static int32_t y[ROWS];
    static const cama__spec spec = {.preset = "test",
                                    .x = {1, 1, 1},
                                    .c = SAME,
                                    .classes = 2,
                                    .z = 1,
                                    .likelihood = LIKELIHOOD_GAUSSIAN,
                                    .c_linear = 1,
                                    .net = {[NET_P_MERGE] = "dense x", [NET_Q_Z] = "|"}};
    const cama_dataset data = {.n = ROWS, .shape = {1, 1, 1}, .classes = 2, .x = x, .c = c, .y = y, .width_c = SAME};
    static const double units[] = {1e9, 3e38, 1e-30};
    for (int u = 0; u < 3; u++) {
        cama_model *model = NULL;
        float w[SAME];
        for (int i = 0; i < ROWS; i++) {
            y[i] = i % 2;
            x[i] = (float)(u == 2 ? 1e10 * sin(i) : sin(i));
            for (int j = 0; j < SAME; j++) c[i * SAME + j] = (float)(units[u] * sin(i));
        }
        OK(cama__model_build(&spec, NULL, &model));
        assert_int_equal(cama__c_fit_learn(model, &data), u == 2 ? CAMA_E_NONFINITE : CAMA_OK);
        assert_int_equal(cama__c_fit_known(model), u < 2);
        cama__param_read(cama__params_find(&model->params, "c_linear.0.weight"), &model->net[NET_C_LINEAR],
                         model->theta, w);
        for (int j = 0; u < 2 && j < SAME; j++) assert_near((double)w[j] * units[u] * SAME, 1, 1e-3);
        cama__model_free(model);
    }
    check_said("of column 0 of c on column 0 of x");
}

static int allowed;
static void *some_memory(void *user, size_t bytes)
{
    (void)user;
    return allowed-- > 0 ? aligned_alloc(CAMA__ALIGN, bytes) : NULL;
}
static void give_back(void *user, void *pointer) { (void)user, free(pointer); }

static void test_no_memory(void **state)
{
    (void)state;
    const cama__mem_hook hook = {some_memory, give_back, NULL};
    setting *s = begin(false);
    int32_t status = CAMA_E_MEMORY;
    for (int count = 0; status != CAMA_OK; count++) {
        allowed = count;
        cama__mem_set_hook(&hook);
        status = cama__c_fit_learn(s->model, s->data);
        cama__mem_set_hook(NULL);
        assert_true(count < 12 && (status == CAMA_OK || status == CAMA_E_MEMORY));
        assert_int_equal(cama__c_fit_known(s->model), status == CAMA_OK);
    }
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_effect),    cmocka_unit_test(test_gaps),
                                       cmocka_unit_test(test_collinear), cmocka_unit_test(test_any_units),
                                       cmocka_unit_test(test_extremes),  cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
