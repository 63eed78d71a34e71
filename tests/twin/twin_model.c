/* twin_model - see twin_model.h. */
#include "twin_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "prob/likelihood.h"

const char *const twin_case_name[TWIN_CASES] = {"small", "gauss",   "nomanip", "mnist",
                                                "graph", "student", "affine",  "dnn",
                                                "gaps",  "dnn_gaps"};

void twin_ok(int32_t status)
{
    if (status != CAMA_OK) fail_msg("%s: %s", cama_status_name(status), cama_last_error());
}

const double *twin_values(const twin *t, const char *name, int64_t count)
{
    const twin_record *record = twin_find(&t->file, "%s", name);
    if (record == NULL) fail_msg("%s: no record %s", twin_case_name[t->number], name);
    if (count >= 0 && record->count != count)
        fail_msg("%s: %s has %lld numbers, expected %lld", twin_case_name[t->number], name, (long long)record->count,
                 (long long)count);
    return record->values;
}

/* ---- Model ------------------------------------------------------------------------------------------------------- */

static void read_text(const twin *t, const char *record, char *out)
{
    char *text = twin_text(&t->file, record);
    assert_true(text == NULL || strlen(text) < SPEC_TEXT);
    snprintf(out, SPEC_TEXT, "%s", text != NULL ? text : "");
    free(text);
}

/* A model of images or vectors, built from its spec. */
static void build_plain(twin *t)
{
    const double *sizes = twin_values(t, "sizes", 7);
    cama__spec spec = {.preset = "twin",
                       .x = {(int32_t)sizes[1], (int32_t)sizes[2], (int32_t)sizes[3]},
                       .classes = (int32_t)sizes[4],
                       .z = (int32_t)sizes[5],
                       .m = (int32_t)sizes[6]};
    char record[32], likelihood[SPEC_TEXT];
    for (int32_t i = 0; i < NET_COUNT; i++) {
        snprintf(record, sizeof record, "text.%s", cama__net_name[i]);
        read_text(t, record, spec.net[i]);
    }
    read_text(t, "text.likelihood", likelihood);
    twin_ok(cama__likelihood_parse(likelihood, &spec.likelihood));
    twin_ok(cama__model_build(&spec, NULL, &t->model));
}

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

/* One line for each variable: "role kind levels". */
static cama_schema *read_schema(const twin *t)
{
    static const char *const roles = "xac", *const kinds[] = {"continuous", "binary", "categorical"};
    char *text = twin_text(&t->file, "text.schema");
    cama_schema *schema = NULL;
    int number = 0;
    twin_ok(cama_schema_create("y", (int32_t)twin_values(t, "sizes", 7)[4], NULL, &schema));
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char role, kind[16], name[16];
        int levels = 0, k = 0;
        assert_int_equal(sscanf(line, "%c %15s %d", &role, kind, &levels), 3);
        while (strcmp(kinds[k], kind) != 0) assert_true(++k < 3);
        snprintf(name, sizeof name, "v%d", number++);
        twin_ok(cama_schema_add(schema, name, (int32_t)(strchr(roles, role) - roles), k, levels, NULL));
    }
    free(text);
    return schema;
}

static void set_record(const twin *t, cama_options *options, const char *key)
{
    char record[32];
    snprintf(record, sizeof record, "text.%s", key);
    char *text = twin_text(&t->file, record);
    if (text != NULL) twin_set_text(options, key, text);
    free(text);
}

static cama_options *read_settings(const twin *t)
{
    const double *settings = twin_values(t, "settings", 4), *sizes = twin_values(t, "sizes", 7);
    cama_options *options = NULL;
    twin_ok(cama_options_create("model", &options));
    for (int32_t i = 0; i < NET_COUNT; i++) set_record(t, options, cama__net_name[i]);
    twin_set_real(options, "c_clip", settings[2]);
    twin_set_text(options, "standardise", twin_find(&t->file, "standard") != NULL ? "on" : "off");
    if (twin_find(&t->file, "text.dnn") != NULL) return options; /* which refuses what a model with latents has */
    set_record(t, options, "likelihood");
    set_record(t, options, "m_enters");
    twin_set_int(options, "z", (int64_t)sizes[5]);
    twin_set_int(options, "m", (int64_t)sizes[6]);
    twin_set_text(options, "variance", settings[0] != 0 ? "network" : "learned");
    twin_set_text(options, "c_linear", settings[1] != 0 ? "on" : "off");
    twin_set_text(options, "c_range", twin_find(&t->file, "limits") != NULL ? "on" : "off");
    twin_set_real(options, "nu", settings[3]);
    return options;
}

/* What training would have learned of the data before its first step. */
static void set_standard(twin *t)
{
    cama_model *model = t->model;
    const int64_t numbers = cama__model_place(model, ROLE_C) + model->spec.c, causes = model->spec.c;
    const double *standard = twin_values(t, "standard", 2 * numbers);
    for (int64_t i = 0; i < numbers; i++) {
        model->mean[i] = (float)standard[i];
        model->scale[i] = (float)standard[numbers + i];
    }
    cama__model_standardised(model);
    const twin_record *limits = twin_find(&t->file, "limits");
    for (int64_t j = 0; limits != NULL && j < causes; j++) { /* c_clip has set its own */
        model->c_low[j] = (real)fmax(limits->values[j], (double)model->c_low[j]);
        model->c_high[j] = (real)fmin(limits->values[causes + j], (double)model->c_high[j]);
    }
}

/* A model for a schema, by the library's public functions. */
static void build_table(twin *t)
{
    char preset[SPEC_TEXT];
    cama_schema *schema = read_schema(t);
    cama_options *options = read_settings(t);
    read_text(t, "text.preset_for", preset);
    twin_ok(cama_model_create_for(preset, schema, options, &t->model));
    cama_options_free(options), cama_schema_free(schema);
    if (twin_find(&t->file, "standard") != NULL) set_standard(t);
}

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

/* Where the elements of each tensor are, as cama__param_write puts them: written are their numbers, from 1. Values then
 * go in and out without being rounded to float, also in the double build. */
static void find_places(twin *t)
{
    const cama__params *p = &t->model->params;
    for (int32_t i = 0; i < p->count; i++) t->first[i + 1] = t->first[i] + p->item[i].count;
    t->place = calloc((size_t)t->first[p->count], sizeof *t->place);
    real *block = cama__mem_alloc((size_t)p->reals, sizeof *block);
    for (int32_t i = 0; i < p->count; i++) {
        const cama__param *item = &p->item[i];
        assert_true(item->count < 1 << 24); /* floats hold these integers */
        float *numbers = malloc((size_t)item->count * sizeof *numbers);
        for (int64_t k = 0; k < item->count; k++) numbers[k] = (float)(k + 1);
        cama__param_write(item, cama__model_param_net(t->model, item), block, numbers);
        int64_t found = 0;
        for (int64_t k = item->offset; k < item->offset + item->size; k++) {
            if (block[k] == 0) continue; /* padding */
            t->place[t->first[i] + (int64_t)block[k] - 1] = k;
            found++;
        }
        assert_int_equal(found, item->count);
        free(numbers);
    }
    cama__mem_free(block);
}

static void fill(twin *t)
{
    const cama__params *p = &t->model->params;
    const double *gains = twin_values(t, "gains", p->count), *counts = twin_values(t, "counts", p->count);
    const twin_record *overrides = twin_find(&t->file, "overrides");
    for (int32_t i = 0; i < p->count; i++) {
        assert_int_equal(p->item[i].count, (int64_t)counts[i]);
        real *normal = cama__mem_alloc((size_t)p->item[i].count, sizeof *normal);
        cama__rng_normals((cama__rng_key){11, RNG_INIT, (uint32_t)i, RNG_NO_EXAMPLE, 0}, p->item[i].count, normal, 1);
        for (int64_t k = 0; k < p->item[i].count; k++)
            t->model->theta[t->place[t->first[i] + k]] = (real)(gains[i] * (double)normal[k]);
        cama__mem_free(normal);
    }
    for (const double *o = overrides->values; o < overrides->values + overrides->count; o += 3)
        t->model->theta[t->place[t->first[(int)o[0]] + (int64_t)o[1]]] = (real)o[2];
}

/* The tensors' names, in order, are the twin's. */
static void check_names(const twin *t)
{
    const cama__params *p = &t->model->params;
    char *names = twin_text(&t->file, "text.parameters"), *at = names;
    for (int32_t i = 0; i < p->count; i++) {
        const size_t length = strcspn(at, "\n");
        if (length != strlen(p->item[i].name) || strncmp(at, p->item[i].name, length) != 0)
            fail_msg("%s: tensor %d is %s, expected %.*s", twin_case_name[t->number], i, p->item[i].name, (int)length,
                     at);
        at += length + (at[length] == '\n');
    }
    assert_int_equal(*at, '\0');
    free(names);
}

void twin_read(const twin *t, int32_t tensor, const real *block, double *values)
{
    const int64_t first = t->first[tensor], count = t->first[tensor + 1] - first;
    for (int64_t k = 0; k < count; k++) values[k] = (double)block[t->place[first + k]];
}

/* ---- Data -------------------------------------------------------------------------------------------------------- */

/* The values of a record, (n, width), which are floats, or NaN; NULL for none. */
static float *read_floats(const twin *t, const char *name, int64_t width)
{
    if (width == 0) return NULL;
    const double *values = twin_values(t, name, t->n * width);
    float *out = malloc((size_t)(t->n * width) * sizeof *out);
    for (int64_t i = 0; i < t->n * width; i++) {
        out[i] = (float)values[i];
        assert_true((double)out[i] == values[i] || (isnan(out[i]) && isnan(values[i])));
    }
    return out;
}

/* x, y and, in a table, a and c. */
static cama_dataset *read_dataset(const twin *t, const char *const *names)
{
    const cama__spec *spec = &t->model->spec;
    const double *labels = twin_values(t, names[1], t->n);
    float *x = read_floats(t, names[0], t->size);
    float *a = read_floats(t, names[2], spec->a), *c = read_floats(t, names[3], spec->c);
    int32_t *y = malloc((size_t)t->n * sizeof *y);
    cama_dataset *out = NULL;
    cama_options *keep = NULL;
    twin_ok(cama_options_create("columns", &keep));
    twin_set_text(keep, "missing", "keep");
    for (int64_t i = 0; i < t->n; i++) y[i] = (int32_t)labels[i];
    twin_ok(t->table ? cama_dataset_from_columns_with(t->model->schema, t->n, x, a, c, y, 1, keep, &out)
                     : cama__dataset_from_arrays(t->n, spec->x, spec->classes, x, y, true, &out));
    cama_options_free(keep);
    free(x), free(a), free(c), free(y);
    return out;
}

static void read_numbers(twin *t)
{
    const double *options = twin_values(t, "options", 3), *m0 = twin_values(t, "m0", t->model->spec.m);
    t->seed = (uint64_t)*twin_values(t, "seed", 1);
    t->lambda = options[0], t->alpha = options[1], t->rate = options[2];
    t->m0 = t->model->spec.m > 0 ? malloc((size_t)t->model->spec.m * sizeof *t->m0) : NULL;
    for (int32_t j = 0; j < t->model->spec.m; j++) t->m0[j] = (float)m0[j];
}

void twin_open(twin *t, int32_t number)
{
    static const char *const names[][4] = {
        {"x", "y", "a", "c"}, {"x2", "y2", "a2", "c2"}, {"attack.x", "y", NULL, NULL}};
    char path[64];
    const char *why = "";
    *t = (twin){.number = number, .big = strcmp(twin_case_name[number], "mnist") == 0};
    snprintf(path, sizeof path, "tests/twin/fixtures/%s.twin", twin_case_name[number]);
    if (twin_load(path, &t->file, &why) != 0) fail_msg("%s: %s", path, why);
    t->compared = calloc((size_t)t->file.count, sizeof *t->compared);
    t->table = twin_find(&t->file, "text.schema") != NULL;
    (t->table ? build_table : build_plain)(t);
    twin_ok(cama__session_create(1, 0, 0, &t->session));
    t->session->winograd = false; /* its rounding is a law of its own: tests/laws/winograd_law_test.c */
    t->n = (int64_t)*twin_values(t, "sizes", 7);
    t->size = cama__shape_size(t->model->spec.x);
    check_names(t);
    find_places(t);
    fill(t);
    t->model->q_m_trained = t->model->spec.m > 0;
    read_numbers(t);
    t->clean = read_dataset(t, names[0]);
    t->manipulated = read_dataset(t, names[1]);
    t->attacked = t->table ? t->clean : read_dataset(t, names[2]);
#ifdef CAMA_DOUBLE /* a model's log-prior is rounded to float; twin_logw_test looks at that on its own */
    for (int32_t c = 0; c < t->model->spec.classes; c++) t->model->log_prior[c] = -log(t->model->spec.classes);
#endif
}

void twin_close(twin *t)
{
    cama__dataset_free(t->clean), cama__dataset_free(t->manipulated);
    if (!t->table) cama__dataset_free(t->attacked);
    cama__model_free(t->model);
    cama__session_free(t->session);
    twin_free(&t->file);
    free(t->compared), free(t->m0), free(t->place);
    *t = (twin){0};
}

twin twin_cases[TWIN_CASES];

int twin_open_all(void **state)
{
    (void)state;
    for (int32_t i = 0; i < TWIN_CASES; i++) twin_open(&twin_cases[i], i);
    return 0;
}

int twin_close_all(void **state)
{
    (void)state;
    for (int32_t i = 0; i < TWIN_CASES; i++) twin_close(&twin_cases[i]);
    return 0;
}
