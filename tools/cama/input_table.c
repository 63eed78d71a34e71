/* input_table - a CSV file with the schema of a model, or in training with one that is made from it. What can be read
 * once alone, a pipe or standard input, is read into memory, since training needs it twice. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"
#include "input.h"
#include "settings.h"

typedef struct {
    const char *path;
    char *bytes; /* NULL: a file */
    size_t size;
} table;

static table open_table(const char *path)
{
    table made = {.path = path};
    struct stat about;
    const int is_stdin = strcmp(path, "-") == 0;
    if (!is_stdin && (stat(path, &about) != 0 || S_ISREG(about.st_mode))) return made;
    FILE *in = is_stdin ? stdin : fopen(path, "rb");
    if (in == NULL) fail("%s: %s", path, strerror(errno));
    size_t have = 1 << 16, got = 1;
    made.bytes = room(have, 1);
    while (got > 0) {
        if (made.size == have) {
            char *larger = room(2 * have, 1);
            memcpy(larger, made.bytes, made.size);
            free(made.bytes);
            made.bytes = larger;
            have *= 2;
        }
        got = fread(made.bytes + made.size, 1, have - made.size, in);
        made.size += got;
    }
    if (ferror(in)) fail("%s: %s", path, strerror(errno));
    if (!is_stdin) fclose(in);
    return made;
}

/* ---- Training: roles by a graph or by name ----------------------------------------------------------------------- */

static cama_schema *make_schema(const arguments *args, const table *from)
{
    const char *const given[][2] = {{"target", args->target},           {"dag", args->graph},
                                    {"parents", args->parents},         {"co_parents", args->co_parents},
                                    {"children", args->children},       {"ignore", args->ignore},
                                    {"categorical", args->categorical}, {"cuts", args->cuts}};
    cama_schema *schema = NULL;
    if (args->target == NULL && !settings_has(args, "schema", "target"))
        usage("%s: a table: expected --target COLUMN, the column that is predicted", from->path);
    if (args->graph == NULL && args->children == NULL && !settings_has(args, "schema", "dag") &&
        !settings_has(args, "schema", "children"))
        usage("%s: a table: expected --graph FILE, or --children LIST with --parents and --co-parents", from->path);
    cama_options *options = settings_make(args, "schema", NULL);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i][1] != NULL) settings_apply(options, "schema", given[i][0], given[i][1]);
    went(from->bytes != NULL
             ? cama_schema_from_csv_memory(from->path, from->bytes, (int64_t)from->size, options, &schema)
             : cama_schema_from_csv(from->path, options, &schema));
    cama_options_free(options);
    return schema;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/* A bad cell of new data does not lose the other rows, nor does a label that is not known yet; a missing cell of a
 * child does not lose its row. Training is strict. */
static cama_options *row_options(const request *wanted)
{
    static const char *const labels[] = {
        [LABELS_NONE] = "none", [LABELS_WANTED] = "partial", [LABELS_REQUIRED] = "require"};
    const char *bad = wanted->drop ? "drop" : wanted->labels == LABELS_REQUIRED ? "error" : "flag";
    const setting all[] = {{"csv.missing", wanted->labels == LABELS_REQUIRED && !wanted->drop ? bad : "keep"},
                           {"csv.missing_causes", bad},
                           {"csv.invalid", bad},
                           {"csv.unknown", bad},
                           {"csv.labels", labels[wanted->labels]},
                           {NULL, NULL}};
    return settings_make(wanted->args, "csv", all);
}

void input_table(const request *wanted, input *out)
{
    const table from = open_table(wanted->path);
    const cama_schema *schema = NULL;
    if (wanted->model == NULL && wanted->labels != LABELS_REQUIRED)
        usage("%s: a table is read with the schema of a model: expected --model MODEL", wanted->path);
    if (wanted->model != NULL)
        schema = cama_model_schema(wanted->model);
    else
        schema = out->schema = make_schema(wanted->args, &from);
    cama_options *options = row_options(wanted);
    went(from.bytes != NULL
             ? cama_dataset_from_csv_memory(from.path, from.bytes, (int64_t)from.size, schema, options, &out->data)
             : cama_dataset_from_csv(from.path, schema, options, &out->data));
    cama_options_free(options);
    free(from.bytes);
}
