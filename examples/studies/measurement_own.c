/* measurement_own - the user's own table: roles from --dag or by name, every --test file one condition. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/output.h"
#include "measurement.h"

enum { MOST_CUTS = 64 };

static void set_cuts(const char *text, cama_options *options)
{
    double cuts[MOST_CUTS];
    float floats[MOST_CUTS];
    if (text == NULL) return;
    const int count = args_list(text, -1e30, 1e30, cuts, MOST_CUTS);
    if (count < 1) give_up("--cuts", "wants 1 to 64 numbers separated by commas");
    for (int i = 0; i < count; i++) floats[i] = (float)cuts[i];
    went(cama_options_set_vector(options, "cuts", floats, count));
}

/* A table that can be read once alone, a pipe or standard input, is read into memory: it is needed twice. */
typedef struct {
    const char *path;
    char *bytes; /* NULL: a file */
    size_t size;
} table_file;

static table_file open_table(const char *path)
{
    table_file table = {.path = path};
    struct stat about;
    const int is_stdin = strcmp(path, "-") == 0;
    if (!is_stdin && (stat(path, &about) != 0 || S_ISREG(about.st_mode))) return table;
    FILE *in = is_stdin ? stdin : fopen(path, "rb");
    if (in == NULL) give_up(path, strerror(errno));
    for (size_t room = 1 << 16, got = 1; got > 0; table.size += got) {
        if (table.bytes == NULL || table.size == room) {
            room *= 2;
            table.bytes = realloc(table.bytes, room);
            if (table.bytes == NULL) give_up(path, "no memory");
        }
        got = fread(table.bytes + table.size, 1, room - table.size, in);
    }
    if (ferror(in)) give_up(path, strerror(errno));
    if (!is_stdin) fclose(in);
    return table;
}

static cama_schema *read_schema(const lab *self, const table_file *table)
{
    const settings *set = &self->set;
    const struct {
        const char *key, *value;
    } given[] = {{"target", set->target},
                 {"dag", set->dag},
                 {"parents", set->parents},
                 {"co_parents", set->co_parents},
                 {"children", set->children}};
    cama_schema *schema = NULL;
    cama_options *options = recipe_options(self, RECIPE_CAMA, "schema", 0);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if (given[i].value != NULL) went(cama_options_set_text(options, given[i].key, given[i].value));
    set_cuts(set->cuts, options);
    went(table->bytes != NULL
             ? cama_schema_from_csv_memory(table->path, table->bytes, (int64_t)table->size, options, &schema)
             : cama_schema_from_csv(table->path, options, &schema));
    cama_options_free(options);
    return schema;
}

/* What was left out or has no result, the first few by their lines. */
static void tell_refused(const char *path, const cama_dataset *rows)
{
    enum { SHOWN = 3 };
    int64_t count = 0;
    went(cama_dataset_refused_count(rows, &count));
    if (count == 0) return;
    printf("%s: %lld rows with a cell that was refused:", path, (long long)count);
    for (int64_t i = 0; i < count && i < SHOWN; i++) {
        int64_t row = 0, line = 0;
        const char *where = NULL, *reason = NULL;
        went(cama_dataset_refused(rows, i, &row, &line, &where, &reason));
        printf("%s row %lld (line %lld), %s, %s", i > 0 ? ";" : "", (long long)row, (long long)line, where, reason);
    }
    printf("%s\n", count > SHOWN ? "; ..." : "");
}

static void read_train(const lab *self, const table_file *table, const cama_schema *schema, cama_dataset **out)
{
    cama_options *options = recipe_options(self, RECIPE_CAMA, "csv", 0);
    went(cama_options_set_text(options, "labels", "require"));
    went(table->bytes != NULL
             ? cama_dataset_from_csv_memory(table->path, table->bytes, (int64_t)table->size, schema, options, out)
             : cama_dataset_from_csv(table->path, schema, options, out));
    cama_options_free(options);
    tell_refused(table->path, *out);
}

/* One bad cell of a test file does not lose the rest, nor does a label that is not known yet, unless the user says so.
 * */
static void read_test(const lab *self, const char *path, const cama_schema *schema, cama_dataset **out)
{
    static const char *const defaults[][2] = {
        {"missing", "flag"}, {"invalid", "flag"}, {"unknown", "flag"}, {"labels", "partial"}};
    cama_options *options = recipe_options(self, RECIPE_CAMA, "csv", 0);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        char key[32];
        snprintf(key, sizeof key, "csv.%s", defaults[i][0]);
        if (recipe_set(self, RECIPE_CAMA, key) == NULL)
            went(cama_options_set_text(options, defaults[i][0], defaults[i][1]));
    }
    went(cama_dataset_from_csv(path, schema, options, out));
    cama_options_free(options);
    tell_refused(path, *out);
}

/* File name without folders and without what follows its last dots, .csv or .csv.gz. */
static void stem_of(const char *path, char stem[NAME])
{
    const char *slash = strrchr(path, '/');
    snprintf(stem, NAME, "%s", slash != NULL ? slash + 1 : path);
    static const char *const ends[] = {".gz", ".csv"};
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(stem), end = strlen(ends[i]);
        if (length > end && strcmp(stem + length - end, ends[i]) == 0) stem[length - end] = '\0';
    }
}

/* Rows may be sorted, so halves are every other row: one to adapt to, one to be scored as far as it has labels. Without
 * any label there is nothing to score, and all rows are adapted to. Rows that were refused are in neither. */
static void divide(condition *row)
{
    const int64_t n = rows_count(row->whole);
    char *adapt = malloc((size_t)n), *score = malloc((size_t)n);
    int32_t *y = malloc((size_t)n * sizeof *y), *flagged = malloc((size_t)n * sizeof *flagged);
    int64_t labels = 0;
    if (adapt == NULL || score == NULL || y == NULL || flagged == NULL) give_up(row->name, "no memory");
    rows_labels(row->whole, y);
    went(cama_dataset_rows(row->whole, 0, n, NULL, NULL, flagged));
    for (int64_t i = 0; i < n; i++) labels += y[i] >= 0;
    for (int64_t i = 0; i < n; i++) {
        adapt[i] = !flagged[i] && (i % 2 == 0 || labels == 0);
        score[i] = !flagged[i] && i % 2 == 1 && y[i] >= 0;
    }
    rows_select(row->whole, adapt, &row->adapt);
    rows_select(row->whole, score, &row->score);
    if (row->adapt != NULL) rows_unlabelled(&row->adapt);
    free(flagged);
    free(y);
    free(score);
    free(adapt);
}

static void add_file(const lab *self, study *work, const cama_schema *schema, const char *path)
{
    char stem[NAME], name[NAME + 32];
    stem_of(path, stem);
    for (int i = 0; i < work->count; i++) /* the name is that of the file of predictions */
        if (strcmp(work->conditions[i].name, stem) == 0) give_up(path, "another --test file has the same name");
    snprintf(name, sizeof name, "%s.predictions.csv", stem);
    output_try(in_folder(self->set.out, name));
    condition *row = study_add(work, stem, 0, work->count);
    read_test(self, path, schema, &row->whole);
    divide(row);
}

int run_own(lab *self)
{
    static char title[NAME];
    const settings *set = &self->set;
    cama_dataset *all = NULL;
    if (set->target == NULL) give_up("--csv", "wants --target COLUMN too");
    if (set->dag == NULL && set->children == NULL) give_up("--csv", "wants --dag FILE or --children LIST too");
    table_file table = open_table(set->csv);
    cama_schema *schema = read_schema(self, &table);
    print_roles(schema);
    check_query(set, schema);
    stem_of(set->csv, title);
    study *work = study_begin(self, "own", title, (1u << TREATMENTS) - 1, set->seeds);
    read_train(self, &table, schema, &all);
    free(table.bytes);
    rows_every(all, 5, 4, 1, &work->train); /* every fifth row is kept for the clean test */
    rows_every(all, 5, 4, 0, &work->clean);
    for (int i = 0; i < set->tests.count; i++) add_file(self, work, schema, set->tests.items[i]);
    cama_dataset_free(all);
    cama_schema_free(schema);
    const int done = study_run(self, work);
    if (done) print_study(work);
    return done && write_queries(self, work);
}
