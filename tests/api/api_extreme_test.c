/* api_extreme_test - numbers that a float holds and its square does not: what cannot be computed with them says which
 * number of which row it was, of x, a and c alike, and leaves outputs as they were. */
#include "api_process.h"
#include "api_refused.h"

#include <math.h>

enum { N = 60, CLASSES = 2, X = 3, P = 2 };
static const char of_x[] = "x, row 7, column 2: expected a number near ",
                  of_c[] = "c, row 7, column 1: expected a number near ";
static cama_session *session;
static cama_schema *schema;
static cama_model *model;
static float x[N * X], c[N * P];
static int32_t y[N];

static cama_dataset *rows(void)
{
    cama_dataset *made = NULL;
    OK(cama_dataset_from_columns(schema, N, x, NULL, c, y, 1, &made));
    return made;
}

static cama_options *options(const char *verb, const char *key, const char *text, int64_t number)
{
    cama_options *made = NULL;
    OK(cama_options_create(verb, &made));
    if (text != NULL)
        OK(cama_options_set_text(made, key, text));
    else
        OK(cama_options_set_int(made, key, number));
    return made;
}

static void train(cama_model *of, int32_t status, const char *words, const char *outliers)
{
    cama_optimizer *optimizer = NULL;
    cama_options *how = options("train", "outliers", outliers, 0);
    cama_dataset *data = rows();
    OK(cama_options_set_int(how, "epochs", 2));
    OK(cama_optimizer_create(of, NULL, &optimizer));
    if (status == CAMA_OK)
        OK(cama_train(session, optimizer, data, NULL, how, NULL));
    else
        REFUSED(status, words, cama_train(session, optimizer, data, NULL, how, NULL));
    cama_optimizer_free(optimizer);
    cama_options_free(how);
    cama_dataset_free(data);
}

static int begin(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < N; i++) y[i] = i % CLASSES;
    for (int i = 0; i < N * X; i++) x[i] = (float)(process_normal(&seed) + y[i / X]);
    for (int i = 0; i < N * P; i++) c[i] = (float)process_normal(&seed);
    OK(cama_session_create(NULL, &session));
    OK(cama_schema_create("y", CLASSES, NULL, &schema));
    for (int i = 0; i < X; i++) {
        const char name[] = {'x', (char)('0' + i), 0};
        OK(cama_schema_add(schema, name, CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 1, NULL));
    }
    for (int i = 0; i < P; i++) {
        const char name[] = {'c', (char)('0' + i), 0};
        OK(cama_schema_add(schema, name, CAMA_ROLE_CO_PARENT, CAMA_KIND_CONTINUOUS, 1, NULL));
    }
    OK(cama_model_create_for("measurement", schema, NULL, &model));
    train(model, CAMA_OK, NULL, "clip");
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_model_free(model);
    cama_schema_free(schema);
    cama_session_free(session);
    return 0;
}

static void check_verbs(const char *words)
{
    float p[N * CLASSES];
    double elbo[N];
    cama_dataset *data = rows();
    p[0] = 7, elbo[0] = 7;
    REFUSED(CAMA_E_NONFINITE, words, cama_predict(session, model, data, NULL, p));
    REFUSED(CAMA_E_NONFINITE, words, cama_elbo(session, model, data, NULL, elbo));
    REFUSED(CAMA_E_NONFINITE, words, cama_elbo_marginal(session, model, data, NULL, elbo));
    assert_true(p[0] == 7 && elbo[0] == 7);
    cama_dataset_free(data);
}

static void test_verbs(void **state)
{
    (void)state;
    const float was[] = {x[7 * X + 2], c[7 * P + 1]};
    x[7 * X + 2] = 1e25f;
    check_verbs(of_x);
    x[7 * X + 2] = was[0], c[7 * P + 1] = -1e25f;
    check_verbs(of_c);
    c[7 * P + 1] = was[1];
}

/* A model that learns no units has nothing that would take the number's size away. */
static void test_training(void **state)
{
    (void)state;
    cama_options *raw = options("model", "standardise", "off", 0), *keep = options("finetune", "outliers", "keep", 0);
    cama_model *of = NULL, *adapted = NULL;
    cama_dataset *clean = rows(), *test = NULL;
    const float was = x[7 * X + 2];
    x[7 * X + 2] = 1e25f;
    OK(cama_model_create_for("measurement", schema, raw, &of));
    train(of, CAMA_E_NONFINITE, of_x, "keep");
    test = rows();
    REFUSED(CAMA_E_NONFINITE, of_x, cama_finetune(session, model, clean, test, keep, &adapted, NULL));
    assert_null(adapted);
    x[7 * X + 2] = was;
    cama_options_free(raw), cama_options_free(keep);
    cama_dataset_free(clean), cama_dataset_free(test);
    cama_model_free(of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_verbs), cmocka_unit_test(test_training)};
    return cmocka_run_group_tests(tests, begin, end);
}
