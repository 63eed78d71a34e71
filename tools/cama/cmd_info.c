/* cmd_info - all that a model's file says: the model as the library understands it, what is in its metadata, its
 * tensors; and what this build of the library computes with. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "fail.h"
#include "input.h"
#include "writers/json.h"
#include "names.h"
#include "saved.h"
#include "told.h"

typedef struct {
    const char *path;
    cama_model *model;
    metadata meta;
    texts names;
    int64_t bytes;
} subject;

static const char *const numbers[] = {"height", "width", "channels", "x", "a", "c", "classes", "z", "m", "parameters"};
static const char *const flags[] = {"q_m_trained", "standardised", "discriminative"};
static const char *const choices[] = {"m_enters", "variance", "c_linear", "c_range"};
static const char *const networks[] = {"p_prior", "p_y", "p_z", "p_m", "p_c", "p_merge", "q_m", "q_z", "dnn"};
enum { NUMBERS = 10, FLAGS = 3, CHOICES = 4, NETWORKS = 9 };

static const char *text_named(const cama_model *model, const char *name)
{
    const char *value = NULL;
    went(cama_model_get_text(model, name, &value));
    return value;
}

/* What m does, and so which form the model has. */
static const char *form_of(const subject *about)
{
    const char *enters = saved_choice(&about->meta, "m_enters");
    if (model_number(about->model, "discriminative")) return "discriminative: p(y|x,a,c) alone";
    if (model_number(about->model, "m") == 0) return "without a manipulation m (a conditional VAE)";
    if (enters != NULL && strcmp(enters, "view") == 0) return "views: m says how an image was seen";
    if (enters != NULL && strcmp(enters, "merge") != 0) return "sensors: m says how each number of x was read";
    return "published: m is one more cause of x";
}

static void tell_tensors(const cama_model *model)
{
    int32_t count = 0;
    went(cama_model_parameter_count(model, &count));
    printf("parameters:\n");
    for (int32_t i = 0; i < count; i++) {
        const char *name = NULL;
        int32_t dims = 0;
        int64_t shape[4] = {0}, numbers_in_it = 0;
        went(cama_model_parameter_describe(model, i, &name, &dims, shape, &numbers_in_it));
        printf("  %-24s [", name);
        for (int32_t d = 0; d < dims; d++) printf("%s%lld", d > 0 ? ", " : "", (long long)shape[d]);
        puts("]");
    }
}

static void tell(const subject *about)
{
    const cama_schema *schema = cama_model_schema(about->model);
    const char *summary = text_named(about->model, "summary");
    printf("%s: %lld bytes, written by version %s\n", about->path, (long long)about->bytes,
           saved_value(&about->meta, "library_version"));
    printf("preset %s, likelihood %s\nform: %s\n", text_named(about->model, "preset"),
           text_named(about->model, "likelihood"), form_of(about));
    for (int i = 0; i < NUMBERS; i++)
        printf("%s%s %lld", i > 0 ? ", " : "sizes: ", numbers[i], (long long)model_number(about->model, numbers[i]));
    fputs("\nstate: ", stdout);
    for (int i = 0; i < FLAGS; i++)
        printf("%s%s %s", i > 0 ? ", " : "", flags[i], model_number(about->model, flags[i]) ? "yes" : "no");
    fputs("\noptions: ", stdout);
    for (int i = 0; i < CHOICES; i++) {
        const char *word = saved_choice(&about->meta, choices[i]);
        printf("%s%s %s", i > 0 ? ", " : "", choices[i], word != NULL ? word : "-");
    }
    fputs("\nnetworks (outputs, parameters, description):\n", stdout);
    for (size_t at = strcspn(summary, "\n"); summary[at] != '\0';) { /* the first line says the sizes again */
        const size_t length = strcspn(summary + at + 1, "\n");
        printf("  %.*s\n", (int)length, summary + at + 1);
        at += 1 + length;
    }
    if (schema != NULL) {
        puts("table:");
        told_schema(stdout, schema);
    } else {
        fputs("classes:", stdout);
        for (size_t i = 0; i < about->names.count; i++) printf("%s %s", i > 0 ? "," : "", about->names.items[i]);
        putchar('\n');
    }
    tell_tensors(about->model);
    printf("checksum: %s\n", saved_value(&about->meta, "checksum"));
    printf("this library: %s\n  %s\n", cama_version_string(), cama_build_info());
    if (strstr(cama_build_info(), "naive") != NULL)
        puts("  warning: the naive kernel computes, several times slower than BLIS's own");
}

static void tensors_json(json *out, const cama_model *model)
{
    int32_t count = 0;
    went(cama_model_parameter_count(model, &count));
    json_open(out, "tensors", '[');
    for (int32_t i = 0; i < count; i++) {
        const char *name = NULL;
        int32_t dims = 0;
        int64_t shape[4] = {0}, numbers_in_it = 0;
        went(cama_model_parameter_describe(model, i, &name, &dims, shape, &numbers_in_it));
        json_open(out, NULL, '{');
        json_text(out, "name", name);
        json_open(out, "shape", '[');
        for (int32_t d = 0; d < dims; d++) json_int(out, NULL, shape[d]);
        json_close(out, ']');
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void tell_json(const subject *about)
{
    const cama_schema *schema = cama_model_schema(about->model);
    json out = {stdout, 0, 0};
    json_open(&out, NULL, '{');
    json_text(&out, "path", about->path);
    json_int(&out, "bytes", about->bytes);
    json_text(&out, "form", form_of(about));
    json_text(&out, "preset", text_named(about->model, "preset"));
    json_text(&out, "likelihood", text_named(about->model, "likelihood"));
    for (int i = 0; i < NUMBERS; i++) json_int(&out, numbers[i], model_number(about->model, numbers[i]));
    for (int i = 0; i < FLAGS; i++) json_truth(&out, flags[i], model_number(about->model, flags[i]) != 0);
    for (int i = 0; i < CHOICES; i++) json_text(&out, choices[i], saved_choice(&about->meta, choices[i]));
    json_open(&out, "networks", '{');
    for (int i = 0; i < NETWORKS; i++) json_text(&out, networks[i], text_named(about->model, networks[i]));
    json_close(&out, '}');
    json_open(&out, "classes_named", '[');
    for (size_t i = 0; i < about->names.count; i++) json_text(&out, NULL, about->names.items[i]);
    json_close(&out, ']');
    if (schema != NULL) {
        json_open(&out, "schema", '{');
        told_schema_json(&out, schema);
        json_close(&out, '}');
    }
    tensors_json(&out, about->model);
    json_open(&out, "metadata", '{');
    for (size_t i = 0; i < about->meta.keys.count; i++)
        json_text(&out, about->meta.keys.items[i], about->meta.values.items[i]);
    json_close(&out, '}');
    json_text(&out, "library", cama_version_string());
    json_text(&out, "build", cama_build_info());
    json_close(&out, '}');
}

int run_info(const arguments *args)
{
    struct stat file;
    subject about = {.path = args->operands.items[0]};
    about.model = saved_load(about.path);
    saved_metadata(about.path, &about.meta);
    names_of(about.model, &about.names);
    if (stat(about.path, &file) == 0) about.bytes = (int64_t)file.st_size;
    if (args->json)
        tell_json(&about);
    else
        tell(&about);
    texts_free(&about.names);
    saved_metadata_free(&about.meta);
    cama_model_free(about.model);
    return ENDED_WELL;
}
