/* measurement_predictions - NAME.predictions.csv: for every row of a test file, by the file's own number, the class by
 * name and its probability, from the model as trained and from the one that was fine-tuned on the file, and the
 * latter's probabilities of all. A row of which a cell was refused has its number alone. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/accuracy.h"
#include "common/csv.h"
#include "measurement.h"

static float *predict(lab *self, const cama_model *model, const cama_dataset *rows, int32_t classes)
{
    const size_t count = (size_t)rows_count(rows) * (size_t)classes;
    float *probabilities = malloc(count * sizeof *probabilities); /* (n, classes) */
    if (probabilities == NULL) give_up("predictions", "no memory");
    cama_options *options = recipe_options(self, RECIPE_CAMA, "predict", self->set.seed);
    const int done = went(cama_predict(self->session, model, rows, options, probabilities));
    cama_options_free(options);
    if (done) return probabilities;
    free(probabilities);
    return NULL;
}

static const char *class_name(const cama_schema *schema, int32_t which)
{
    const char *name = NULL;
    went(cama_schema_class_name(schema, which, &name));
    return name;
}

static void head(FILE *out, const cama_schema *schema, int32_t classes)
{
    char cell[512];
    fputs("row,class,probability,class_finetuned,probability_finetuned", out);
    for (int32_t c = 0; c < classes; c++) {
        snprintf(cell, sizeof cell, "p(%s)", class_name(schema, c));
        fputc(',', out);
        csv_text(out, cell);
    }
    fputc('\n', out);
}

static void best_cells(FILE *out, const cama_schema *schema, const float *probabilities, int32_t classes)
{
    const int32_t best = most_likely(probabilities, classes);
    if (isnan(probabilities[0])) { /* a row of which a cell was refused */
        fputs(",,", out);
        return;
    }
    fputc(',', out);
    csv_text(out, class_name(schema, best));
    fprintf(out, ",%.6g", probabilities[best]);
}

static void write_file(const char *path, const cama_dataset *rows, const cama_schema *schema, int32_t classes,
                       const float *before, const float *after)
{
    const int64_t n = rows_count(rows);
    FILE *out = fopen(path, "w");
    if (out == NULL) give_up(path, strerror(errno));
    head(out, schema, classes);
    for (int64_t i = 0; i < n; i++) {
        int64_t row = 0; /* of the file */
        went(cama_dataset_rows(rows, i, 1, &row, NULL, NULL));
        fprintf(out, "%lld", (long long)row);
        best_cells(out, schema, before + i * classes, classes);
        best_cells(out, schema, after + i * classes, classes);
        for (int32_t c = 0; c < classes; c++) {
            fputc(',', out);
            csv_number(out, after[i * classes + c]);
        }
        fputc('\n', out);
    }
    const int failed = ferror(out);
    if (fclose(out) != 0 || failed) give_up(path, strerror(errno));
}

int write_predictions(lab *self, const study *work, const condition *row, const cama_model *adapted)
{
    const cama_schema *schema = cama_model_schema(adapted);
    char name[NAME + 32];
    int32_t classes = 0;
    went(cama_schema_sizes(schema, NULL, NULL, NULL, NULL, &classes));
    float *before = predict(self, work->kept, row->whole, classes);
    float *after = before != NULL ? predict(self, adapted, row->whole, classes) : NULL;
    const int done = after != NULL;
    snprintf(name, sizeof name, "%s.predictions.csv", row->name);
    const char *path = in_folder(self->set.out, name);
    if (done) {
        write_file(path, row->whole, schema, classes, before, after);
        printf("predictions: %s\n", path);
    }
    free(after);
    free(before);
    return done;
}
