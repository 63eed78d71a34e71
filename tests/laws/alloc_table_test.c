/* alloc_table_test - what alloc_test says, of measurement data: schemas, tables, models for them, training that
 * learns units and the linear effect of c, fine-tuning of readings, and counterfactuals. */
#include <math.h>

#include "alloc_books.h"
#include "model/model.h"

enum { N = 20, X = 5, P = 2, C = 2, M = 2, Z = 2 };

static cama_schema *schema;
static cama_dataset *data, *unlabelled;
static cama_session *session;
static cama_model *model;
static cama_options *of_session, *of_model, *of_baseline, *of_train, *of_finetune;
static float x[N * X], a[N], c[N * P], wanted[N * X];
static int32_t y[N];

/* x: continuous, 3 levels, continuous; a: binary; c: continuous. */
static int32_t make_schema(cama_schema **out)
{
    cama_schema *made = NULL;
    int32_t status;
    TRY_CALL(cama_schema_create("y", C, NULL, &made));
    TRY_CALL(cama_schema_add(made, "x1", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 0, NULL));
    TRY_CALL(cama_schema_add(made, "x2", CAMA_ROLE_CHILD, CAMA_KIND_CATEGORICAL, 3, NULL));
    TRY_CALL(cama_schema_add(made, "x3", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 0, NULL));
    TRY_CALL(cama_schema_add(made, "a1", CAMA_ROLE_PARENT, CAMA_KIND_BINARY, 0, NULL));
    TRY_CALL(cama_schema_add(made, "c1", CAMA_ROLE_CO_PARENT, CAMA_KIND_CONTINUOUS, 0, NULL));
    TRY_CALL(cama_schema_add(made, "c2", CAMA_ROLE_CO_PARENT, CAMA_KIND_CONTINUOUS, 0, NULL));
    *out = made;
    made = NULL;
out:
    cama_schema_free(made);
    return status;
}

static void set_options(void)
{
    static const struct {
        const char *key, *text;
    } of_nets[] = {{"p_prior", "dense 3 relu"}, {"p_y", "dense 3 relu"},
                   {"p_z", "dense 3 relu"},     {"p_m", "dense 3 relu"},
                   {"p_c", "dense 3 relu"},     {"p_merge", "dense 4 relu, dense x"},
                   {"q_m", "dense 3 relu"},     {"q_z", "dense 4 relu | dense 3 relu"}},
      switches[] = {{"likelihood", "student"},
                    {"standardise", "on"},
                    {"m_enters", "affine"},
                    {"variance", "network"},
                    {"c_linear", "on"}};
    OK(cama_options_create("session", &of_session));
    OK(cama_options_set_int(of_session, "threads", 2));
    OK(cama_options_create("model", &of_model));
    OK(cama_options_set_int(of_model, "z", Z));
    OK(cama_options_set_int(of_model, "m", M));
    OK(cama_options_set_real(of_model, "c_clip", 1.5));
    for (int i = 0; i < 8; i++) OK(cama_options_set_text(of_model, of_nets[i].key, of_nets[i].text));
    for (int i = 0; i < 5; i++) OK(cama_options_set_text(of_model, switches[i].key, switches[i].text));
    OK(cama_options_create("model", &of_baseline));
    OK(cama_options_set_text(of_baseline, "dnn", "dense 4 relu, dropout .25 | dense 3 tanh"));
    OK(cama_options_create("train", &of_train));
    OK(cama_options_set_int(of_train, "epochs", 2));
    OK(cama_options_set_int(of_train, "batch", 8));
    OK(cama_options_create("finetune", &of_finetune));
    OK(cama_options_set_int(of_finetune, "steps", 4));
    OK(cama_options_set_int(of_finetune, "batch", 8));
    OK(cama_options_set_int(of_finetune, "clean_batch", 8));
    OK(cama_options_set_int(of_finetune, "check_every", 0));
}

static int begin(void **state)
{
    (void)state;
    cama__mem_set_hook(&(cama__mem_hook){books_alloc, books_free, NULL});
    for (int i = 0; i < N; i++) {
        const float row[X] = {(float)(i * 5 % 13) - 6, i % 3 == 0, i % 3 == 1, i % 3 == 2, 0.5f * (float)(i * 7 % 11)};
        memcpy(x + i * X, row, sizeof row);
        a[i] = i % 2, y[i] = i / 2 % C;
        c[i * P] = (float)(i * 3 % 7), c[i * P + 1] = -(float)(i * i % 5);
    }
    set_options();
    OK(cama_session_create(of_session, &session));
    OK(make_schema(&schema));
    OK(cama_model_create_for("measurement", schema, of_model, &model));
    OK(cama_dataset_from_columns(schema, N, x, a, c, y, 1, &data));
    OK(cama_dataset_without_labels(data, &unlabelled));
    OK(cama_counterfactual(session, model, unlabelled, NULL, NULL, NULL, NULL, wanted));
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_options *const options[] = {of_session, of_model, of_baseline, of_train, of_finetune};
    for (int i = 0; i < 5; i++) cama_options_free(options[i]);
    cama_dataset_free(unlabelled);
    cama_dataset_free(data);
    cama_model_free(model);
    cama_session_free(session);
    cama_schema_free(schema);
    cama__mem_set_hook(NULL);
    return atomic_load(&books_held) == 0 ? 0 : -1;
}

/* ---- Calls that may fail; each gives back all it took ---- */

static int32_t call_schema(void)
{
    cama_schema *made = NULL;
    const int32_t status = make_schema(&made);
    cama_schema_free(made);
    return status;
}

/* A variable of two roles, what was left out of a graph, and copies of these. */
static int32_t call_roles(void)
{
    static const int32_t cause[] = {0, 2, 2, 3}, effect[] = {1, 0, 1, 1}, hidden[] = {0, 0, 1, 0};
    int32_t roles[4], confounders[4], status;
    cama_schema *made = NULL;
    cama_model *with = NULL;
    TRY_CALL(cama_graph_roles(4, 4, cause, effect, 0, hidden, roles, confounders));
    TRY_CALL(make_schema(&made));
    TRY_CALL(cama_schema_add(made, "a1", CAMA_ROLE_CO_PARENT, CAMA_KIND_BINARY, 0, NULL));
    TRY_CALL(cama_schema_set_confounder(made, "y", "u"));
    TRY_CALL(cama_schema_set_confounder(made, "a1", "u"));
    TRY_CALL(cama_model_create_for("measurement", made, of_model, &with));
out:
    cama_model_free(with);
    cama_schema_free(made);
    return status;
}

static int32_t call_datasets(void)
{
    cama_dataset *made[4] = {NULL};
    cama_options *options = NULL;
    int32_t status;
    TRY_CALL(cama_dataset_from_columns(schema, N, x, a, c, y, 1, &made[0]));
    TRY_CALL(cama_dataset_from_columns(schema, N, x, a, c, y, 0, &made[1]));
    TRY_CALL(cama_dataset_slice(made[1], 3, 5, &made[2]));
    TRY_CALL(cama_options_create("manipulate", &options));
    TRY_CALL(cama_options_set_text(options, "kind", "offset"));
    TRY_CALL(cama_options_set_text(options, "of", "c"));
    TRY_CALL(cama_options_set_real(options, "amount", 2));
    TRY_CALL(cama_dataset_manipulate(made[2], options, &made[3]));
out:
    for (int i = 0; i < 4; i++) cama_dataset_free(made[i]);
    cama_options_free(options);
    return status;
}

/* A dataset in which cells are missing; the caller's also after a failure. */
static int32_t make_gaps(cama_dataset **out)
{
    float some[N * X];
    cama_options *options = NULL;
    int32_t status;
    memcpy(some, x, sizeof some);
    for (int i = 0; i < N; i += 3) some[i * X + i % 2 * 4] = NAN;
    TRY_CALL(cama_options_create("columns", &options));
    TRY_CALL(cama_options_set_text(options, "missing", "keep"));
    TRY_CALL(cama_dataset_from_columns_with(schema, N, some, a, c, y, 1, options, out));
out:
    cama_options_free(options);
    return status;
}

static int32_t call_gaps(void)
{
    cama_dataset *gaps = NULL, *moved = NULL;
    cama_options *options = NULL;
    int32_t status;
    TRY_CALL(make_gaps(&gaps));
    TRY_CALL(cama_options_create("manipulate", &options));
    TRY_CALL(cama_options_set_text(options, "kind", "offset"));
    TRY_CALL(cama_options_set_real(options, "amount", 2));
    TRY_CALL(cama_dataset_manipulate(gaps, options, &moved));
out:
    cama_dataset_free(gaps), cama_dataset_free(moved);
    cama_options_free(options);
    return status;
}

static int32_t call_models(void)
{
    cama_model *made[4] = {NULL};
    char file[65536];
    int64_t size = sizeof file;
    int32_t status;
    TRY_CALL(cama_model_create_for("measurement", schema, of_model, &made[0]));
    TRY_CALL(cama_model_create_for("measurement-dnn", schema, of_baseline, &made[1]));
    TRY_CALL(cama_model_clone(made[0], &made[2]));
    TRY_CALL(cama_model_save_memory(made[2], file, &size));
    TRY_CALL(cama_model_load_memory(file, size, &made[3]));
out:
    for (int i = 0; i < 4; i++) cama_model_free(made[i]);
    return status;
}

static int32_t call_questions(void)
{
    cama_session *s = NULL;
    float out[N * X];
    int32_t status;
    for (int i = 0; i < N * X; i++) out[i] = 7;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(cama_counterfactual(s, model, unlabelled, NULL, NULL, NULL, NULL, out));
    assert_memory_equal(out, wanted, sizeof out);
    TRY_CALL(cama_counterfactual(s, model, data, y, c, NULL, NULL, out));
    TRY_CALL(cama_generate(s, model, N, y, c, NULL, NULL, NULL, out));
out:
    cama_session_free(s);
    return status;
}

static int32_t call_read(void)
{
    cama_session *s = NULL;
    cama_model *reader = NULL, *inferring = NULL;
    float out[N * C] = {7};
    int32_t status;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(cama_model_create_for("measurement-logistic", schema, NULL, &reader));
    TRY_CALL(cama_model_clone(model, &inferring));
    inferring->q_m_trained = true;
    TRY_CALL(cama_predict_read(s, inferring, reader, data, NULL, out));
out:
    if (status != CAMA_OK) assert_true(out[0] == 7);
    cama_model_free(reader), cama_model_free(inferring);
    cama_session_free(s);
    return status;
}

static int32_t train_with(const char *preset, const cama_options *options, const cama_dataset *clean,
                          const cama_dataset *manipulated)
{
    cama_session *s = NULL;
    cama_model *made = NULL, *adapted = NULL;
    cama_optimizer *optimizer = NULL;
    int32_t status;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(cama_model_create_for(preset, schema, options, &made));
    TRY_CALL(cama_optimizer_create(made, NULL, &optimizer));
    TRY_CALL(cama_train(s, optimizer, clean, manipulated, of_train, NULL));
    TRY_CALL(cama_finetune(s, made, clean, unlabelled, of_finetune, &adapted, NULL));
out:
    cama_optimizer_free(optimizer);
    cama_model_free(made);
    cama_model_free(adapted);
    cama_session_free(s);
    return status;
}

static int32_t call_train(void) { return train_with("measurement", of_model, data, data); }
static int32_t call_train_baseline(void) { return train_with("measurement-dnn", of_baseline, data, NULL); }
static int32_t call_train_gaps(void)
{
    cama_dataset *gaps = NULL;
    int32_t status;
    TRY_CALL(make_gaps(&gaps));
    TRY_CALL(train_with("measurement", of_model, gaps, NULL));
out:
    cama_dataset_free(gaps);
    return status;
}

static const book_call all_calls[] = {
    {"schema", call_schema},       {"roles", call_roles}, {"datasets", call_datasets},      {"models", call_models},
    {"questions", call_questions}, {"read", call_read},   {"train", call_train},
    {"baseline", call_train_baseline}, {"gaps", call_gaps}, {"train with gaps", call_train_gaps}};

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    books_fail_each(all_calls, sizeof all_calls / sizeof *all_calls, NULL);
}

static void test_a_step_allocates_nothing(void **state)
{
    (void)state;
    const long few = books_count(call_train), few_baseline = books_count(call_train_baseline),
               few_gaps = books_count(call_train_gaps);
    OK(cama_options_set_int(of_train, "epochs", 20));
    OK(cama_options_set_int(of_finetune, "steps", 40));
    const long many = books_count(call_train), many_baseline = books_count(call_train_baseline);
    assert_int_equal(few, many);
    assert_int_equal(few_baseline, many_baseline);
    assert_int_equal(few_gaps, books_count(call_train_gaps));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_allocation_may_fail),
                                       cmocka_unit_test(test_a_step_allocates_nothing)};
    return cmocka_run_group_tests(tests, begin, end);
}
