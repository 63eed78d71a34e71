/* measurement - a table with a causal graph. A machine of lamps and light sensors (data/chamber/README.md): from
 * what its sensors read, given its other settings, which of four levels has the red light? The roles of the columns
 * come from the graph. Then the exposure of one sensor is changed; the model adapts to 500 rows of that without
 * labels, and classifies 500 others. Takes seconds.
 *
 *     cc -std=c11 measurement.c $(pkg-config --cflags --libs cama) -o measurement && ./measurement # in examples */
#include <cama/cama.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef EXAMPLE_CHAMBER
#define EXAMPLE_CHAMBER "data/chamber"
#endif

enum { TRAIN = 4000, ROWS = 500, CLASSES = 4 };

static void check(int32_t status)
{
    if (status == CAMA_OK) return;
    fprintf(stderr, "measurement: %s: %s\n", cama_status_name(status), cama_last_error());
    exit(1);
}

/* Names, roles and kinds of the columns: y is "red", cut into four classes; x, its effects, and c, their other causes,
 * follow from the graph. */
static cama_schema *read_schema(void)
{
    cama_options *options;
    cama_schema *schema;
    check(cama_options_create("schema", &options));
    check(cama_options_set_text(options, "target", "red"));
    check(cama_options_set_vector(options, "cuts", (const float[]){21.5f, 43, 64.5f}, 3));
    check(cama_options_set_text(options, "dag", EXAMPLE_CHAMBER "/dag.csv"));
    check(cama_schema_from_csv(EXAMPLE_CHAMBER "/uniform_reference.csv.gz", options, &schema));
    cama_options_free(options);
    return schema;
}

/* Rows [first, first + count) of a file. */
static cama_dataset *read_rows(const cama_schema *schema, const char *path, int64_t first, int64_t count)
{
    cama_dataset *all, *some;
    check(cama_dataset_from_csv(path, schema, NULL, &all));
    check(cama_dataset_slice(all, first, count, &some));
    cama_dataset_free(all);
    return some;
}

static int best_of(const float p[CLASSES])
{
    int best = 0;
    for (int c = 1; c < CLASSES; c++) best = p[c] > p[best] ? c : best;
    return best;
}

/* The share of rows classified right; p (ROWS, CLASSES) receives p(y|x,c). */
static double predict(cama_session *session, const cama_model *model, const cama_dataset *rows, float (*p)[CLASSES])
{
    static int32_t y[ROWS];
    int right = 0;
    check(cama_predict(session, model, rows, NULL, &p[0][0]));
    check(cama_dataset_read(rows, 0, ROWS, NULL, y));
    for (int i = 0; i < ROWS; i++) right += best_of(p[i]) == y[i];
    return (double)right / ROWS;
}

int main(void)
{
    static float p[ROWS][CLASSES];
    const char *reference = EXAMPLE_CHAMBER "/uniform_reference.csv.gz";
    const char *exposed = EXAMPLE_CHAMBER "/uniform_t_vis_2_strong.csv.gz";
    cama_schema *schema = read_schema();
    cama_dataset *train = read_rows(schema, reference, 0, TRAIN);
    cama_dataset *clean = read_rows(schema, reference, TRAIN, ROWS);
    cama_dataset *adapt = read_rows(schema, exposed, 0, ROWS); /* cama_finetune ignores its labels */
    cama_dataset *score = read_rows(schema, exposed, ROWS, ROWS);

    cama_session *session;
    cama_model *model, *adapted;
    cama_optimizer *optimizer;
    cama_options *training, *tuning;
    check(cama_session_create(NULL, &session));
    check(cama_model_create_for("measurement-sensors", schema, NULL, &model));
    check(cama_model_set_prior(model, train)); /* p(y): how often each level is seen */
    check(cama_optimizer_create(model, NULL, &optimizer));
    check(cama_options_create("train", &training));
    check(cama_options_set_int(training, "epochs", 40));
    check(cama_options_set_text(training, "schedule", "constant"));
    check(cama_train(session, optimizer, train, NULL, training, NULL));
    printf("as trained: reference %.3f", predict(session, model, clean, p));
    printf(", sensor exposed otherwise %.3f\n", predict(session, model, score, p));

    check(cama_options_create("finetune", &tuning));
    check(cama_options_set_int(tuning, "steps", 300));
    check(cama_options_set_real(tuning, "lr", 0.01));
    check(cama_finetune(session, model, train, adapt, tuning, &adapted, NULL));
    printf("adapted:    reference %.3f", predict(session, adapted, clean, p));
    printf(", sensor exposed otherwise %.3f\n", predict(session, adapted, score, p));
    for (int i = 0; i < 3; i++) {
        const char *name;
        check(cama_schema_class_name(schema, best_of(p[i]), &name));
        printf("row %d: %s, with probability %.3f\n", ROWS + i + 1, name, p[i][best_of(p[i])]);
    }

    cama_options_free(tuning);
    cama_options_free(training);
    cama_optimizer_free(optimizer);
    cama_model_free(adapted);
    cama_model_free(model);
    cama_session_free(session);
    for (int i = 0; i < 4; i++) cama_dataset_free((cama_dataset *[]){train, clean, adapt, score}[i]);
    cama_schema_free(schema);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
