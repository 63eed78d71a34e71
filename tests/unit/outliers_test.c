/* outliers_test - which cells of a column are outliers, what becomes of them, and that nothing else changes. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "check.h"
#include "data/outliers.h"

enum { N = 800, X = 3, A = 1, P = 2, CLASSES = 2 };
static float x[N * X], a[N * A], c[N * P];

/* x: continuous, binary, continuous; a and c: a variable that is both, and a continuous one of c. */
static cama_schema *make_schema(void)
{
    cama_schema *s = NULL;
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &s));
    OK(cama__schema_add(s, "x1", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "x2", ROLE_X, VARIABLE_BINARY, 0, NULL));
    OK(cama__schema_add(s, "x3", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "both", ROLE_A, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "both", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "c2", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL));
    return s;
}

static void fill(void)
{
    for (int i = 0; i < N; i++) {
        const float bell = (float)(sin(i) + sin(2.3 * i) + sin(5.1 * i));
        x[i * X] = 130 + 15 * bell;
        x[i * X + 1] = i % 97 == 0;
        x[i * X + 2] = expf(2 * bell); /* heavy-tailed: from 1/400 to 400, the median 1 */
        a[i] = c[i * P] = bell;
        c[i * P + 1] = i % 3 == 0 ? bell : 0; /* most are the same */
    }
}

static cama_dataset *make_data(const cama_schema *schema, int64_t n)
{
    cama_dataset *d = NULL;
    OK(cama__dataset_from_columns(schema, n, &(cama__columns){{x, a, c}, NULL}, true, &d));
    return d;
}

static cama_model *make_model(const cama_schema *schema)
{
    cama__spec spec = {.preset = "test",
                       .z = 1,
                       .likelihood = LIKELIHOOD_GAUSSIAN,
                       .net = {[NET_P_MERGE] = "dense x", [NET_Q_Z] = "|"}};
    cama_model *model = NULL;
    cama__spec_take(&spec, schema);
    OK(cama__model_build(&spec, schema, &model));
    return model;
}

/* What clipping makes of the columns as they stand: a dataset or NULL, and the number of cells. */
static cama_dataset *clipped(int64_t n, int64_t cells)
{
    cama_schema *schema = make_schema();
    cama_model *model = make_model(schema);
    cama_dataset *data = make_data(schema, n), *out = NULL;
    int64_t got = 0;
    OK(cama__outliers_clip(model, data, &out, &got));
    assert_int_equal(got, cells);
    assert_int_equal(out != NULL, cells > 0);
    cama__dataset_free(data);
    cama__model_free(model);
    cama__schema_free(schema);
    return out;
}

static void limits(const float *block, int width, int at, float *low, float *high)
{
    *low = FLT_MAX, *high = -FLT_MAX;
    for (int i = 0; i < N; i++) {
        *low = fminf(*low, block[i * width + at]);
        *high = fmaxf(*high, block[i * width + at]);
    }
}

static void test_none(void **state)
{
    (void)state;
    fill();
    assert_null(clipped(N, 0));
    x[5 * X] = 130 + 15 * 3 + 4 * 90; /* within 5 times the range */
    assert_null(clipped(N, 0));
    fill();
    c[5 * P + 1] = -9999; /* half of the column's cells are the same: there is no saying */
    assert_null(clipped(N, 0));
    fill();
    for (int i = 0; i < 5; i++) x[i * X] = -9999; /* more than one in 200 */
    assert_null(clipped(N, 0));
    fill();
    x[3 * X] = -9999;
    assert_null(clipped(19, 0)); /* few rows */
}

static void test_clipped(void **state)
{
    (void)state;
    static float was[N * X];
    float low, high;
    fill();
    limits(x, X, 0, &low, &high);
    const float of_two = a[17] > 0 ? 1 : -1;
    memcpy(was, x, sizeof was);
    x[5 * X] = -9999, x[9 * X] = -99999, x[11 * X] = 1e6f, x[700 * X] = -9999; /* four: one in 200 */
    a[17] = c[17 * P] = 1e4f * of_two;
    cama_dataset *d = clipped(N, 6);
    float left, right;
    limits(d->x, X, 0, &left, &right);
    assert_true(left >= low && right <= high);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < X; k++) {
            const bool outlier = k == 0 && (i == 5 || i == 9 || i == 11 || i == 700);
            if (!outlier) assert_true(d->x[i * X + k] == was[i * X + k]);
        }
    assert_true(d->x[5 * X] == left && d->x[9 * X] == left && d->x[700 * X] == left && d->x[11 * X] == right);
    assert_true(d->a[17] == d->c[17 * P] && fabsf(d->a[17]) < 4);
    assert_true(x[5 * X] == -9999); /* the dataset itself stays */
    cama__dataset_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_none), cmocka_unit_test(test_clipped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
