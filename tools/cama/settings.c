/* settings - a key without a verb is for every verb of the subcommand that has it. */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

enum { MOST_NUMBERS = 4096 };

const setting recipe_rows[] = {{"predict.samples", "20"}, {NULL, NULL}};

/* Type of an option, 0 if the verb has none of that name. */
static int32_t type_of(const char *verb, const char *key)
{
    int32_t count = 0, type = 0;
    if (cama_options_count(verb, &count) != CAMA_OK) return 0;
    for (int32_t i = 0; i < count; i++) {
        const char *known = NULL;
        went(cama_options_describe(verb, i, &known, &type, NULL, NULL, NULL));
        if (strcmp(known, key) == 0) return type;
    }
    return 0;
}

static int is_verb(const char *word)
{
    int32_t count = 0;
    return cama_options_count(word, &count) == CAMA_OK;
}

/* ---- One option -------------------------------------------------------------------------------------------------- */

static void set_numbers(cama_options *options, const char *key, const char *value)
{
    float *numbers = room(MOST_NUMBERS, sizeof *numbers);
    int64_t count = 0;
    for (const char *at = value; *at != '\0'; count++) {
        char *end = NULL;
        if (count == MOST_NUMBERS) usage("%s: expected at most %d numbers, got more", key, (int)MOST_NUMBERS);
        numbers[count] = strtof(at, &end);
        if (end == at || (*end != '\0' && *end != ','))
            usage("%s: expected numbers as 1,2.5,4, got \"%s\"", key, value);
        at = *end == ',' ? end + 1 : end;
    }
    const int32_t status = cama_options_set_vector(options, key, numbers, count);
    free(numbers);
    if (status != CAMA_OK) usage("%s", cama_last_error());
}

void settings_apply(cama_options *options, const char *verb, const char *key, const char *value)
{
    const int32_t type = type_of(verb, key);
    int32_t status = CAMA_OK;
    char *end = NULL;
    errno = 0;
    if (type == CAMA_TYPE_VECTOR) {
        set_numbers(options, key, value);
    } else if (type == CAMA_TYPE_INT || type == CAMA_TYPE_REAL) {
        const long long whole = strtoll(value, &end, 10);
        if (end != value && *end == '\0' && errno == 0) {
            status = type == CAMA_TYPE_INT ? cama_options_set_int(options, key, whole)
                                           : cama_options_set_real(options, key, (double)whole);
        } else {
            const double number = strtod(value, &end);
            if (end == value || *end != '\0') usage("%s.%s: expected a number, got \"%s\"", verb, key, value);
            status = cama_options_set_real(options, key, number);
        }
    } else {
        status = cama_options_set_text(options, key, value); /* of an unknown key it says which is near */
    }
    if (status != CAMA_OK) usage("%s", cama_last_error());
}

/* ---- --set ------------------------------------------------------------------------------------------------------- */

/* Cuts "VERB.KEY=VALUE" or "KEY=VALUE"; *verb is "" without one. copy holds the pieces. */
static void cut(char *copy, const char **verb, const char **key, const char **value)
{
    char *equals = strchr(copy, '=');
    if (equals == NULL || equals == copy) usage("--set: expected [VERB.]KEY=VALUE, got \"%s\"", copy);
    *equals = '\0';
    *value = equals + 1;
    char *dot = strchr(copy, '.');
    if (dot != NULL) *dot = '\0';
    *verb = dot != NULL ? copy : "";
    *key = dot != NULL ? dot + 1 : copy;
}

static int is_for(const char *named, const char *verb, const char *key)
{
    return *named != '\0' ? strcmp(named, verb) == 0 : type_of(verb, key) != 0;
}

int settings_has(const arguments *args, const char *verb, const char *key)
{
    int found = 0;
    for (size_t i = 0; i < args->sets.count; i++) {
        char *copy = text_of("%s", args->sets.items[i]);
        const char *named = NULL, *name = NULL, *value = NULL;
        cut(copy, &named, &name, &value);
        found = found || (strcmp(name, key) == 0 && is_for(named, verb, name));
        free(copy);
    }
    return found;
}

static void apply_recipe(cama_options *options, const char *verb, const setting *first)
{
    const size_t length = strlen(verb);
    for (; first != NULL && first->key != NULL; first++)
        if (strncmp(first->key, verb, length) == 0 && first->key[length] == '.')
            settings_apply(options, verb, first->key + length + 1, first->value);
}

cama_options *settings_make(const arguments *args, const char *verb, const setting *first)
{
    cama_options *options = NULL;
    went(cama_options_create(verb, &options));
    apply_recipe(options, verb, first);
    if (args->seed >= 0 && type_of(verb, "seed") == CAMA_TYPE_INT)
        went(cama_options_set_int(options, "seed", args->seed));
    for (size_t i = 0; i < args->sets.count; i++) {
        char *copy = text_of("%s", args->sets.items[i]);
        const char *named = NULL, *key = NULL, *value = NULL;
        cut(copy, &named, &key, &value);
        if (is_for(named, verb, key)) settings_apply(options, verb, key, value);
        free(copy);
    }
    return options;
}

static void check_one(const char *text, const char *const *verbs)
{
    char *copy = text_of("%s", text);
    const char *named = NULL, *key = NULL, *value = NULL;
    int taken = 0;
    cut(copy, &named, &key, &value);
    if (*named != '\0' && !is_verb(named)) usage("--set %s: there is no verb \"%s\"", text, named);
    for (const char *const *verb = verbs; *verb != NULL; verb++) {
        if (!is_for(named, *verb, key)) continue;
        cama_options *options = NULL;
        went(cama_options_create(*verb, &options));
        settings_apply(options, *verb, key, value);
        cama_options_free(options);
        taken = 1;
    }
    if (!taken && *named != '\0') usage("--set %s: the subcommand does not use \"%s\"", text, named);
    if (!taken) usage("--set %s: no verb of the subcommand has an option \"%s\" (cama options lists them)", text, key);
    free(copy);
}

void settings_check(const arguments *args, const char *const *verbs)
{
    for (size_t i = 0; i < args->sets.count; i++) check_one(args->sets.items[i], verbs);
}
