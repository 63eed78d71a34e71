/* measurement_own - the user's own table: roles from --dag or by name, every --test file one condition. */
#include <stdio.h>
#include <string.h>

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

static cama_schema *read_schema(const lab *self)
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
    went(cama_schema_from_csv(set->csv, options, &schema));
    cama_options_free(options);
    return schema;
}

static void read_file(const lab *self, const char *path, const cama_schema *schema, const char *labels,
                      cama_dataset **out)
{
    cama_options *options = recipe_options(self, RECIPE_CAMA, "csv", 0);
    went(cama_options_set_text(options, "labels", labels));
    went(cama_dataset_from_csv(path, schema, options, out));
    cama_options_free(options);
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

/* Rows may be sorted, so halves are every other row. Without labels there is nothing to score, and all rows are adapted
 * to. */
static void add_file(const lab *self, study *work, const cama_schema *schema, const char *path)
{
    char stem[NAME];
    int32_t labelled = 0;
    stem_of(path, stem);
    for (int i = 0; i < work->count; i++) /* the name is that of the file of predictions */
        if (strcmp(work->conditions[i].name, stem) == 0) give_up(path, "another --test file has the same name");
    condition *row = study_add(work, stem, 0, work->count);
    read_file(self, path, schema, "auto", &row->whole);
    went(cama_dataset_shape(row->whole, NULL, NULL, NULL, NULL, NULL, &labelled));
    if (labelled) {
        rows_every(row->whole, 2, 0, 0, &row->adapt);
        rows_every(row->whole, 2, 0, 1, &row->score);
    } else {
        rows_slice(row->whole, 0, rows_count(row->whole), &row->adapt);
    }
    rows_unlabelled(&row->adapt);
}

int run_own(lab *self)
{
    static char title[NAME];
    const settings *set = &self->set;
    cama_dataset *all = NULL;
    if (set->target == NULL) give_up("--csv", "wants --target COLUMN too");
    if (set->dag == NULL && set->children == NULL) give_up("--csv", "wants --dag FILE or --children LIST too");
    cama_schema *schema = read_schema(self);
    print_roles(schema);
    check_query(set, schema);
    stem_of(set->csv, title);
    study *work = study_begin(self, "own", title, (1u << TREATMENTS) - 1, set->seeds);
    read_file(self, set->csv, schema, "require", &all);
    rows_every(all, 5, 4, 1, &work->train); /* every fifth row is kept for the clean test */
    rows_every(all, 5, 4, 0, &work->clean);
    for (int i = 0; i < set->tests.count; i++) add_file(self, work, schema, set->tests.items[i]);
    cama_dataset_free(all);
    cama_schema_free(schema);
    const int done = study_run(self, work);
    if (done) print_study(work);
    return done && write_queries(self, work);
}
