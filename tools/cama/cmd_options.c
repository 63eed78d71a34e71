/* cmd_options - what the library says of its options: the tables of docs/options.md, as they are in this library. */
#include <cama/cama.h>

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "fail.h"
#include "writers/json.h"

static const char *const verbs[] = {
    "session", "schema", "csv",    "model",  "optimizer",   "train",    "finetune",       "score",
    "predict", "view",   "attack", "encode", "reconstruct", "generate", "counterfactual", "manipulate",
    "stream"};
enum { VERBS = sizeof verbs / sizeof *verbs };

typedef struct {
    const char *key, *preset, *range, *help;
    int32_t type;
} row;

static row row_of(const char *verb, int32_t index)
{
    row r = {NULL, NULL, NULL, NULL, 0};
    went(cama_options_describe(verb, index, &r.key, &r.type, &r.preset, &r.range, &r.help));
    return r;
}

static void tell(const char *verb)
{
    int32_t count = 0;
    went(cama_options_count(verb, &count));
    printf("%s\n", verb);
    for (int32_t i = 0; i < count; i++) {
        const row r = row_of(verb, i);
        printf("  %s.%s=%s  %s\n      %s\n", verb, r.key, *r.preset != '\0' ? r.preset : "(empty)", r.range, r.help);
    }
}

static void tell_json(json *out, const char *verb)
{
    static const char *const types[] = {"", "integer", "real", "text", "vector"};
    int32_t count = 0;
    went(cama_options_count(verb, &count));
    json_open(out, verb, '[');
    for (int32_t i = 0; i < count; i++) {
        const row r = row_of(verb, i);
        json_open(out, NULL, '{');
        json_text(out, "key", r.key);
        json_text(out, "type", types[r.type]);
        json_text(out, "default", r.preset);
        json_text(out, "range", r.range);
        json_text(out, "help", r.help);
        json_close(out, '}');
    }
    json_close(out, ']');
}

int run_options(const arguments *args)
{
    const char *wanted = args->operands.count > 0 ? args->operands.items[0] : NULL;
    json out = {stdout, 0, 0};
    int32_t count = 0;
    if (wanted != NULL && cama_options_count(wanted, &count) != CAMA_OK) usage("options: %s", cama_last_error());
    if (args->json) json_open(&out, NULL, '{');
    for (int i = 0; i < VERBS; i++) {
        if (wanted != NULL && strcmp(wanted, verbs[i]) != 0) continue;
        if (args->json)
            tell_json(&out, verbs[i]);
        else
            tell(verbs[i]);
    }
    if (args->json) json_close(&out, '}');
    return ENDED_WELL;
}
