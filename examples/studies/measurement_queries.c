/* measurement_queries - questions that a causal model answers beyond prediction: the mean of x under do(y) and do(c),
 * over the other co-parents as they are; and what x of a row would have been had one co-parent been at its lowest. They
 * are asked of the graph in which y and c cause x: what moves one co-parent moves neither y nor the others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writers/csv.h"
#include "measurement.h"

enum { MOST_ROWS = 1000, EXAMPLES = 4, LEVELS = 3, PRINTED = 8, WIDTH = 11 };

typedef struct {
    const cama_schema *schema;
    FILE *file;
    int64_t n;
    int32_t classes, width, c_width;
    moved_cause co_parent;
    double offset;         /* what its values are less than in the table */
    double *offsets;       /* (width), the same of x */
    float *x, *c;          /* (n, width), (n, c_width) */
    int32_t *y;            /* (n) */
    double levels[LEVELS]; /* its lowest, mean and highest value in the clean rows */
} asking;

/* ---- One row of the table ---------------------------------------------------------------------------------------- */

static void head_names(const asking *self)
{
    int32_t variables = 0, printed = 0;
    went(cama_schema_sizes(self->schema, &variables, NULL, NULL, NULL, NULL));
    fputs("query,row,class,", self->file);
    csv_text(self->file, self->co_parent.name);
    printf("\n%-16s%-20.19s%*.*s", "", "class", WIDTH, WIDTH - 1, self->co_parent.name);
    for (int32_t i = 0; i < variables; i++) {
        const char *name = NULL;
        int32_t role = 0, kind = 0, levels = 0;
        went(cama_schema_variable(self->schema, i, &name, &role, &kind, &levels, NULL));
        if (role != CAMA_ROLE_CHILD) continue;
        for (int32_t level = 0; level < levels; level++) {
            const char *word = "";
            if (kind == CAMA_KIND_CATEGORICAL) went(cama_schema_level_name(self->schema, i, level, &word));
            char cell[512];
            snprintf(cell, sizeof cell, *word != '\0' ? "%s=%s" : "%s", name, word);
            fputc(',', self->file);
            csv_text(self->file, cell);
            if (printed++ < PRINTED) printf("%*.*s", WIDTH, WIDTH - 1, cell);
        }
    }
    printf("%s\n", printed > PRINTED ? "  ..." : "");
    fputc('\n', self->file);
}

/* Numbers that were read less an offset have all their digits behind it. */
static int about_digits(double offset, int plain) { return offset != 0 ? 15 : plain; }

static void answer(const asking *self, const char *query, int64_t row, int32_t y, double value, const float *x)
{
    const char *class_name = NULL;
    went(cama_schema_class_name(self->schema, y, &class_name));
    printf("%-16s%-20.19s%*.*g", query, class_name, WIDTH, about_digits(self->offset, 4), value + self->offset);
    fprintf(self->file, row >= 0 ? "%s,%lld," : "%s,,", query, (long long)row + 1);
    csv_text(self->file, class_name);
    fprintf(self->file, ",%.*g", about_digits(self->offset, 6), value + self->offset);
    for (int32_t i = 0; i < self->width; i++) {
        const double offset = self->offsets[i];
        fprintf(self->file, ",%.*g", about_digits(offset, 6), x[i] + offset);
        if (i < PRINTED) printf("%*.*g", WIDTH, about_digits(offset, 5), x[i] + offset);
    }
    fputc('\n', self->file);
    putchar('\n');
}

/* ---- x under do(y), do(c) ---------------------------------------------------------------------------------------- */

/* In place: the first row becomes the mean of all. */
static void average(float *x, int64_t n, int32_t width)
{
    for (int32_t i = 0; i < width; i++) {
        double sum = 0;
        for (int64_t row = 0; row < n; row++) sum += x[row * width + i];
        x[i] = (float)(sum / (double)n);
    }
}

static int ask_do(lab *self, const cama_model *model, const asking *about, float *c, float *x, int32_t *y)
{
    const size_t c_bytes = (size_t)about->n * (size_t)about->c_width * sizeof *c;
    cama_options *options = recipe_options(self, RECIPE_CAMA, "generate", self->set.seed);
    int done = 1;
    for (int32_t k = 0; done && k < about->classes; k++)
        for (int level = 0; done && level < LEVELS; level++) {
            memcpy(c, about->c, c_bytes);
            for (int64_t i = 0; i < about->n; i++) {
                c[i * about->c_width + about->co_parent.place] = (float)about->levels[level];
                y[i] = k;
            }
            done = went(cama_generate(self->session, model, about->n, y, c, NULL, NULL, options, x));
            if (!done) break;
            average(x, about->n, about->width);
            answer(about, "do", -1, k, about->levels[level], x);
        }
    cama_options_free(options);
    return done;
}

/* ---- What would have been ---------------------------------------------------------------------------------------- */

static int ask_counterfactual(lab *self, const cama_model *model, const asking *about, const cama_dataset *clean,
                              float *c, float *x)
{
    const int64_t n = about->n < EXAMPLES ? about->n : EXAMPLES;
    cama_dataset *rows = NULL;
    rows_slice(clean, 0, n, &rows);
    memcpy(c, about->c, (size_t)n * (size_t)about->c_width * sizeof *c);
    for (int64_t i = 0; i < n; i++) c[i * about->c_width + about->co_parent.place] = (float)about->levels[0];
    cama_options *options = recipe_options(self, RECIPE_CAMA, "counterfactual", self->set.seed);
    const int done = went(cama_counterfactual(self->session, model, rows, NULL, c, NULL, options, x));
    for (int64_t i = 0; done && i < n; i++) {
        answer(about, "observed", i, about->y[i], about->c[i * about->c_width + about->co_parent.place],
               about->x + i * about->width);
        answer(about, "had it been", i, about->y[i], about->levels[0], x + i * about->width);
    }
    cama_options_free(options);
    cama_dataset_free(rows);
    return done;
}

/* ---- The rows and the values ------------------------------------------------------------------------------------- */

/* (width), 0 for numbers that are not continuous. */
static double *offsets_of(const asking *about)
{
    int32_t variables = 0;
    double *offsets = calloc((size_t)about->width, sizeof *offsets);
    if (offsets == NULL) give_up("queries", "no memory");
    went(cama_schema_sizes(about->schema, &variables, NULL, NULL, NULL, NULL));
    for (int32_t i = 0; i < variables; i++) {
        int32_t role = 0, kind = 0, first = 0;
        went(cama_schema_variable(about->schema, i, NULL, &role, &kind, NULL, &first));
        if (role == CAMA_ROLE_CHILD && kind == CAMA_KIND_CONTINUOUS)
            went(cama_schema_offset(about->schema, i, &offsets[first]));
    }
    return offsets;
}

static double offset_of(const cama_schema *schema, const char *wanted)
{
    int32_t variables = 0;
    double offset = 0;
    went(cama_schema_sizes(schema, &variables, NULL, NULL, NULL, NULL));
    for (int32_t i = 0; i < variables; i++) {
        const char *name = NULL;
        went(cama_schema_variable(schema, i, &name, NULL, NULL, NULL, NULL));
        if (strcmp(name, wanted) == 0) went(cama_schema_offset(schema, i, &offset));
    }
    return offset;
}

static void measure_levels(asking *about)
{
    double sum = 0;
    for (int64_t i = 0; i < about->n; i++) {
        const double value = about->c[i * about->c_width + about->co_parent.place];
        sum += value;
        if (i == 0 || value < about->levels[0]) about->levels[0] = value;
        if (i == 0 || value > about->levels[2]) about->levels[2] = value;
    }
    about->levels[1] = sum / (double)about->n;
}

static void read_rows(asking *about, const cama_dataset *clean)
{
    const int64_t all = rows_count(clean);
    about->n = all < MOST_ROWS ? all : MOST_ROWS;
    const size_t n = (size_t)about->n;
    about->x = malloc(n * (size_t)about->width * sizeof *about->x);
    about->c = malloc(n * (size_t)about->c_width * sizeof *about->c);
    about->y = malloc(n * sizeof *about->y);
    if (about->x == NULL || about->c == NULL || about->y == NULL) give_up("queries", "no memory");
    went(cama_dataset_read(clean, 0, about->n, about->x, about->y));
    went(cama_dataset_read_causes(clean, 0, about->n, NULL, about->c));
    measure_levels(about);
    about->offsets = offsets_of(about);
    about->offset = offset_of(about->schema, about->co_parent.name);
}

/* The graph that the answers are for. */
static void print_graph(const asking *about)
{
    const char *target = NULL;
    int32_t parents = 0;
    went(cama_schema_target(about->schema, &target));
    went(cama_schema_sizes(about->schema, NULL, NULL, &parents, NULL, NULL));
    printf("\nin the graph %s%s, c -> x: do() cuts what leads to %s and %s; the other co-parents are held\n",
           parents > 0 ? "a -> y; y = " : "y = ", target, target, about->co_parent.name);
    printf("mean of x under do(y = class, %s = value), and single rows as they are and had %s been %.*g",
           about->co_parent.name, about->co_parent.name, about_digits(about->offset, 4),
           about->levels[0] + about->offset);
}

int write_queries(lab *self, const study *work)
{
    asking about = {.schema = cama_dataset_schema(work->clean)};
    const char *why = choose_query(&self->set, about.schema, &about.co_parent);
    if (why != NULL) {
        printf("\nno queries: %s\n", why);
        return 1;
    }
    went(cama_schema_sizes(about.schema, NULL, &about.width, NULL, &about.c_width, &about.classes));
    read_rows(&about, work->clean);
    float *x = malloc((size_t)about.n * (size_t)about.width * sizeof *x);
    float *c = malloc((size_t)about.n * (size_t)about.c_width * sizeof *c);
    int32_t *y = malloc((size_t)about.n * sizeof *y);
    const char *path = in_folder(self->set.out, "queries.csv");
    about.file = fopen(path, "w");
    if (about.file == NULL) give_up(path, strerror(errno));
    if (x == NULL || c == NULL || y == NULL) give_up("queries", "no memory");

    print_graph(&about);
    head_names(&about);
    const int done =
        ask_do(self, work->kept, &about, c, x, y) && ask_counterfactual(self, work->kept, &about, work->clean, c, x);
    const int failed = ferror(about.file);
    if (fclose(about.file) != 0 || failed) give_up(path, strerror(errno));
    printf("queries: %s\n", path);

    free(y);
    free(c);
    free(x);
    free(about.offsets);
    free(about.y);
    free(about.c);
    free(about.x);
    return done;
}
