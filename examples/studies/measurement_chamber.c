/* measurement_chamber - Part 2: a folder of measurements of one machine. uniform_reference.csv is the machine left
 * alone, every other uniform_NAME.csv beside it the machine under one intervention, dag.csv the graph of its causes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measurement.h"

static const char prefix[] = "uniform_", suffix[] = ".csv", packed[] = ".gz";
static const char reference[] = "reference", target[] = "red";
static const float cuts[] = {21.5f, 43, 64.5f};

typedef struct {
    char names[MOST_CONDITIONS][NAME];
    int count;
} names;

static int ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* NAME of uniform_NAME.csv or uniform_NAME.csv.gz; 0 for other files and for the reference. */
static int name_of(const char *file, char name[NAME])
{
    if (strncmp(file, prefix, sizeof prefix - 1) != 0) return 0;
    if (snprintf(name, NAME, "%s", file + sizeof prefix - 1) >= NAME) give_up(file, "the name is too long");
    if (ends_with(name, packed)) name[strlen(name) - (sizeof packed - 1)] = '\0';
    if (!ends_with(name, suffix)) return 0;
    name[strlen(name) - (sizeof suffix - 1)] = '\0';
    return *name != '\0' && strcmp(name, reference) != 0;
}

static int by_bytes(const void *left, const void *right) { return strcmp(left, right); }

/* Sorted; a file and its gzip'd twin are one intervention. */
static void list_interventions(const char *folder, names *found)
{
    DIR *directory = opendir(folder);
    if (directory == NULL) give_up(folder, strerror(errno));
    found->count = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char name[NAME];
        if (!name_of(entry->d_name, name)) continue;
        if (found->count == MOST_CONDITIONS) give_up(folder, "too many uniform_NAME.csv files, 128 at most");
        memcpy(found->names[found->count++], name, NAME);
    }
    closedir(directory);
    qsort(found->names, (size_t)found->count, NAME, by_bytes);
    int kept = 0;
    for (int i = 0; i < found->count; i++)
        if (i == 0 || strcmp(found->names[i], found->names[kept - 1]) != 0)
            memmove(found->names[kept++], found->names[i], NAME);
    found->count = kept;
}

static const char *file_of(const char *folder, const char *name)
{
    char file[2 * NAME];
    snprintf(file, sizeof file, "%s%s%s", prefix, name, suffix);
    return plain_or_gz(folder, file);
}

static void read_file(const lab *self, const cama_schema *schema, const char *name, cama_dataset **out)
{
    cama_options *options = recipe_options(self, RECIPE_CAMA, "csv", 0);
    went(cama_options_set_text(options, "labels", "require"));
    went(cama_dataset_from_csv(file_of(self->set.data, name), schema, options, out));
    cama_options_free(options);
}

static cama_schema *read_schema(const lab *self)
{
    cama_schema *schema = NULL;
    cama_options *options = recipe_options(self, RECIPE_CAMA, "schema", 0);
    went(cama_options_set_text(options, "target", target));
    went(cama_options_set_text(options, "dag", plain_or_gz(self->set.data, "dag.csv")));
    went(cama_options_set_vector(options, "cuts", cuts, (int64_t)(sizeof cuts / sizeof cuts[0])));
    went(cama_schema_from_csv(file_of(self->set.data, reference), options, &schema));
    cama_options_free(options);
    return schema;
}

/* The first four fifths of the reference are trained on, the rest is the clean test. */
static void add_reference(const lab *self, study *work, const cama_schema *schema)
{
    cama_dataset *all = NULL;
    read_file(self, schema, reference, &all);
    const int64_t n = rows_count(all), trained = n / 5 * 4;
    rows_slice(all, 0, trained, &work->train);
    rows_slice(all, trained, n - trained, &work->clean);
    cama_dataset_free(all);
}

/* The first half is adapted to, without its labels, the second half is scored. */
static void add_intervention(const lab *self, study *work, const cama_schema *schema, const char *name)
{
    cama_dataset *all = NULL;
    read_file(self, schema, name, &all);
    condition *row = study_add(work, name, 0, work->count);
    const int64_t n = rows_count(all), half = n / 2;
    if (half == 0) give_up(name, "wants at least two rows");
    rows_slice(all, 0, half, &row->adapt);
    rows_slice(all, half, n - half, &row->score);
    rows_unlabelled(&row->adapt);
    cama_dataset_free(all);
}

int run_chamber(lab *self)
{
    static names found; /* large */
    list_interventions(self->set.data, &found);
    study *work = study_begin(self, "chamber", "Causal chamber", (1u << TREATMENTS) - 1, self->set.seeds);
    cama_schema *schema = read_schema(self);
    check_query(&self->set, schema);
    add_reference(self, work, schema);
    for (int i = 0; i < found.count; i++) add_intervention(self, work, schema, found.names[i]);
    cama_schema_free(schema);
    const int done = study_run(self, work);
    if (done && !self->quiet) print_study(work);
    return done && write_queries(self, work);
}
