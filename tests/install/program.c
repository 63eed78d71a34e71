/* program - what a user links: it trains a model on a small table, classifies it, and gets the same from a copy. It
 * uses what 0.1.0 had, so that it can be compiled with that release's header too. */
#include <cama/cama.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 200, D = 2, C = 2 };

static void check(int32_t status)
{
    if (status == CAMA_OK) return;
    fprintf(stderr, "program: %s: %s\n", cama_status_name(status), cama_last_error());
    exit(1);
}

static void expect(int holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "program: expected %s\n", what);
    exit(1);
}

/* Two classes that lie two apart in both numbers, and a spread of one around each. */
static void make_rows(float *x, int32_t *y)
{
    unsigned state = 1;
    for (int i = 0; i < N; i++) {
        y[i] = i % C;
        for (int j = 0; j < D; j++) {
            state = state * 1664525u + 1013904223u;
            x[i * D + j] = 2 * (float)y[i] + (float)(state >> 8) / (float)(1 << 24);
        }
    }
}

static cama_model *copy_of(const cama_model *model)
{
    int64_t size = 0;
    cama_model *copy;
    check(cama_model_save_memory(model, NULL, &size));
    void *file = malloc((size_t)size);
    expect(file != NULL, "memory");
    check(cama_model_save_memory(model, file, &size));
    check(cama_model_load_memory(file, size, &copy));
    free(file);
    return copy;
}

static int32_t count(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    (void)phase, (void)step, (void)total, (void)objective, (void)seconds;
    ++*(int *)user;
    return 0;
}

int main(int argc, char **argv)
{
    static float x[N * D], p[N][C], q[N][C];
    static int32_t y[N];
    int calls = 0, right = 0;
    cama_schema *schema;
    cama_dataset *rows;
    cama_options *train;
    cama_session *session;
    cama_model *model, *copy;
    cama_optimizer *optimizer;
    make_rows(x, y);
    check(cama_schema_create("class", C, NULL, &schema));
    check(cama_schema_add(schema, "first", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 0, NULL));
    check(cama_schema_add(schema, "second", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 0, NULL));
    check(cama_dataset_from_columns(schema, N, x, NULL, NULL, y, 1, &rows));
    check(cama_options_create("train", &train));
    check(cama_options_set_int(train, "epochs", 30));
    expect(cama_options_set_int(train, "epcohs", 30) == CAMA_E_OPTION && strstr(cama_last_error(), "epochs") != NULL,
           "an error that names the option that was meant");
    check(cama_session_create(NULL, &session));
    check(cama_session_set_progress(session, count, &calls));
    check(cama_model_create_for("measurement", schema, NULL, &model));
    check(cama_optimizer_create(model, NULL, &optimizer));
    check(cama_train(session, optimizer, rows, NULL, train, NULL));
    check(cama_predict(session, model, rows, NULL, &p[0][0]));
    copy = copy_of(model);
    check(cama_predict(session, copy, rows, NULL, &q[0][0]));
    for (int i = 0; i < N; i++) right += p[i][y[i]] > .5f;
    expect(calls > 0, "the callback to be called");
    expect(right > N * 9 / 10, "nine tenths of the rows right");
    expect(memcmp(p, q, sizeof p) == 0, "the same predictions of a copy");
    printf("%s: compiled with %d.%d.%d, runs with %s; %d of %d right\n", argc > 1 ? argv[1] : "program",
           CAMA_VERSION_MAJOR, CAMA_VERSION_MINOR, CAMA_VERSION_PATCH, cama_version_string(), right, N);
    cama_optimizer_free(optimizer);
    cama_model_free(copy);
    cama_model_free(model);
    cama_session_free(session);
    cama_options_free(train);
    cama_dataset_free(rows);
    cama_schema_free(schema);
    return 0;
}
