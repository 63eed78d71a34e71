/* do - questions beyond prediction, to a model of a machine of lamps and sensors (data/chamber/README.md). What
 * would a sensor read, on average, if the red light were set to a level and the green one to a value: x under do(y,
 * c)? And what would it have read in one measured row, had green been off: a counterfactual? Takes seconds.
 *
 *     cc -std=c11 do.c $(pkg-config --cflags --libs cama) -o do && ./do # in examples */
#include <cama/cama.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef EXAMPLE_CHAMBER
#define EXAMPLE_CHAMBER "data/chamber"
#endif

enum { ROWS = 1000, MOST = 64 };

static void check(int32_t status)
{
    if (status == CAMA_OK) return;
    fprintf(stderr, "do: %s: %s\n", cama_status_name(status), cama_last_error());
    exit(1);
}

static cama_schema *read_schema(const char *path)
{
    cama_options *options;
    cama_schema *schema;
    check(cama_options_create("schema", &options));
    check(cama_options_set_text(options, "target", "red"));
    check(cama_options_set_vector(options, "cuts", (const float[]){21.5f, 43, 64.5f}, 3));
    check(cama_options_set_text(options, "dag", EXAMPLE_CHAMBER "/dag.csv"));
    check(cama_schema_from_csv(path, options, &schema));
    cama_options_free(options);
    return schema;
}

/* Where a variable's number stands in x or c, as its role says. */
static int32_t place_of(const cama_schema *schema, const char *wanted)
{
    int32_t variables;
    check(cama_schema_sizes(schema, &variables, NULL, NULL, NULL, NULL));
    for (int32_t i = 0; i < variables; i++) {
        const char *name;
        int32_t first;
        check(cama_schema_variable(schema, i, &name, NULL, NULL, NULL, &first));
        if (strcmp(name, wanted) == 0) return first;
    }
    fprintf(stderr, "do: no variable %s\n", wanted);
    exit(1);
}

static double mean_of(const float *x, int32_t width, int32_t column)
{
    double sum = 0;
    for (int i = 0; i < ROWS; i++) sum += x[i * width + column];
    return sum / ROWS;
}

int main(void)
{
    static float x[ROWS * MOST], c[ROWS * MOST];
    static int32_t y[ROWS];
    int32_t d, p, classes;
    cama_dataset *all, *one;
    cama_session *session;
    cama_model *model;
    cama_optimizer *optimizer;
    cama_options *options;
    cama_schema *schema = read_schema(EXAMPLE_CHAMBER "/uniform_reference.csv.gz");
    check(cama_dataset_from_csv(EXAMPLE_CHAMBER "/uniform_reference.csv.gz", schema, NULL, &all));
    check(cama_schema_sizes(schema, NULL, &d, NULL, &p, &classes)); /* how many numbers x and c have */
    if (d > MOST || p > MOST) return 1;
    const int32_t sensor = place_of(schema, "ir_1"), green = place_of(schema, "green");

    check(cama_session_create(NULL, &session));
    check(cama_model_create_for("measurement-sensors", schema, NULL, &model));
    check(cama_optimizer_create(model, NULL, &optimizer));
    check(cama_options_create("train", &options));
    check(cama_options_set_int(options, "epochs", 20));
    check(cama_options_set_int(options, "batch", 128));
    check(cama_train(session, optimizer, all, NULL, options, NULL));

    /* do(y, green): all other co-parents as they were measured, z drawn from p(z). The mean over rows is the answer. */
    printf("mean of ir_1 under do(red, green)   green = 0     = 64    = 128\n");
    for (int32_t level = 0; level < classes; level++) {
        const char *name;
        check(cama_schema_class_name(schema, level, &name));
        printf("  %-32s", name);
        for (int value = 0; value <= 128; value += 64) {
            check(cama_dataset_read_causes(all, 0, ROWS, NULL, c));
            for (int i = 0; i < ROWS; i++) {
                c[i * p + green] = (float)value;
                y[i] = level;
            }
            check(cama_generate(session, model, ROWS, y, c, NULL, NULL, NULL, x));
            printf(" %9.0f", mean_of(x, d, sensor));
        }
        putchar('\n');
    }

    /* One row: z, m and its noise are inferred from what it was (abduction), green is set to 0, the rest stays. */
    check(cama_dataset_slice(all, 0, 1, &one));
    check(cama_dataset_read(one, 0, 1, x, y));
    check(cama_dataset_read_causes(one, 0, 1, NULL, c));
    printf("row 1: green = %.0f, ir_1 = %.0f", c[green], x[sensor]);
    c[green] = 0;
    check(cama_counterfactual(session, model, one, NULL, c, NULL, NULL, x));
    printf("; had green been 0: ir_1 = %.0f\n", x[sensor]);

    cama_dataset_free(one);
    cama_dataset_free(all);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    cama_model_free(model);
    cama_session_free(session);
    cama_schema_free(schema);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
