/* measurement_recipes - the models of the comparison: each a preset and the options that differ from the defaults.
 * Change settings here, or try them with --set [RECIPE:]VERB.KEY=VALUE. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measurement.h"

enum { WORD = 128, MOST_NUMBERS = 64 };

static const setting dnn[] = {
    {"optimizer.lr", "0.001"}, {"train.epochs", "40"}, {"train.batch", "128"}, {"train.warmup", "100"}, {NULL, NULL},
};

/* A concave objective: large steps, and many of them. */
static const setting logistic[] = {
    {"optimizer.lr", "0.1"}, {"train.epochs", "80"}, {"train.batch", "128"}, {"train.warmup", "100"}, {NULL, NULL},
};

/* Training and fine-tuning of both forms of the model; how they were chosen: docs/measurement.md. All that the numbers
 * there depend on is said here, so that new defaults of the library do not change them. */
static const setting course[] = {
    {"optimizer.lr", "0.001"},
    {"train.epochs", "60"},
    {"train.batch", "128"},
    {"train.schedule", "constant"},
    {"train.kl_warmup", "0"},
    {"train.warmup", "100"},
    {"train.label_weight", "0"},
    {"finetune.alpha", "0.5"},
    {"finetune.steps", "300"},
    {"finetune.lr", "0.01"},
    {"finetune.batch", "128"},
    {"finetune.clean_batch", "128"},
    {"finetune.clean_tolerance", "1"},
    {"finetune.share_tolerance", "1"},
    {"finetune.tolerance", "5"},
    {"finetune.agreement", "off"},
    {"predict.m_samples", "1"},
    {"predict.samples", "20"},
    {NULL, NULL},
};

static const setting no_manipulation[] = {{"model.m", "0"}, {NULL, NULL}};

const recipe recipes[RECIPES] = {
    [RECIPE_DNN] = {"dnn", "measurement-dnn", {dnn}},
    [RECIPE_CAMA] = {"cama", "measurement-sensors", {course}},
    [RECIPE_M0] = {"cama_m0", "measurement-sensors", {course, no_manipulation}},
    [RECIPE_PAPER] = {"paper", "measurement", {course}},
    [RECIPE_LOGISTIC] = {"logistic", "measurement-logistic", {logistic}},
};

/* Without a recipe's name, --set is for the recommended model, with and without m. */
static int is_for(const char *text, int which, const char **rest)
{
    const char *colon = strchr(text, ':'), *equals = strchr(text, '=');
    const int named = colon != NULL && (equals == NULL || colon < equals);
    *rest = named ? colon + 1 : text;
    if (!named) return which == RECIPE_CAMA || which == RECIPE_M0;
    const size_t length = (size_t)(colon - text);
    return strlen(recipes[which].name) == length && strncmp(text, recipes[which].name, length) == 0;
}

/* Cuts "KEY=VALUE" in two; 0 if there is no "=", or too much before it. */
static int cut(const char *text, char key[WORD], const char **value)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals - text >= WORD) return 0;
    memcpy(key, text, (size_t)(equals - text));
    key[equals - text] = '\0';
    *value = equals + 1;
    return 1;
}

static int32_t type_of(const char *verb, const char *key)
{
    int32_t count = 0, type = 0;
    went(cama_options_count(verb, &count));
    for (int32_t i = 0; i < count; i++) {
        const char *known = NULL;
        went(cama_options_describe(verb, i, &known, &type, NULL, NULL, NULL));
        if (strcmp(known, key) == 0) return type;
    }
    return 0; /* the library says so itself */
}

static void apply_numbers(cama_options *options, const char *key, const char *value)
{
    double numbers[MOST_NUMBERS];
    float floats[MOST_NUMBERS];
    const int count = args_list(value, -1e30, 1e30, numbers, MOST_NUMBERS);
    if (count < 0) give_up(key, "wants numbers separated by commas");
    for (int i = 0; i < count; i++) floats[i] = (float)numbers[i];
    went(cama_options_set_vector(options, key, floats, count));
}

/* Sets "verb.key" to what the text means for the option's type; settings of other verbs are passed over. */
static void apply(cama_options *options, const char *verb, const char *key, const char *value)
{
    const size_t length = strlen(verb);
    if (strncmp(key, verb, length) != 0 || key[length] != '.') return;
    const char *name = key + length + 1;
    const int32_t type = type_of(verb, name);
    char *end = NULL;
    if (type == CAMA_TYPE_VECTOR) {
        apply_numbers(options, name, value);
    } else if (type == CAMA_TYPE_INT || type == CAMA_TYPE_REAL) {
        const double number = strtod(value, &end);
        if (end == value || *end != '\0') give_up(key, "wants a number");
        if (type == CAMA_TYPE_INT && number == (double)(int64_t)number)
            went(cama_options_set_int(options, name, (int64_t)number));
        else
            went(cama_options_set_real(options, name, number));
    } else {
        went(cama_options_set_text(options, name, value));
    }
}

static void apply_user(const lab *self, int which, const char *verb, cama_options *options)
{
    for (int i = 0; i < self->set.sets.count; i++) {
        const char *rest = NULL, *value = NULL;
        char key[WORD];
        if (is_for(self->set.sets.items[i], which, &rest) && cut(rest, key, &value)) apply(options, verb, key, value);
    }
}

cama_options *recipe_options(const lab *self, int which, const char *verb, int64_t seed)
{
    cama_options *options = NULL;
    went(cama_options_create(verb, &options));
    if (type_of(verb, "seed") == CAMA_TYPE_INT) went(cama_options_set_int(options, "seed", seed));
    for (int part = 0; part < 2 && recipes[which].parts[part] != NULL; part++)
        for (const setting *each = recipes[which].parts[part]; each->key != NULL; each++)
            apply(options, verb, each->key, each->value);
    if (self->set.epochs > 0 && strcmp(verb, "train") == 0)
        went(cama_options_set_int(options, "epochs", self->set.epochs));
    apply_user(self, which, verb, options);
    return options;
}

/* Every --set is tried once, before anything takes time. */
void recipe_check_sets(const lab *self)
{
    for (int i = 0; i < self->set.sets.count; i++) {
        const char *text = self->set.sets.items[i], *rest = NULL, *value = NULL;
        char verb[WORD];
        int which = 0;
        while (which < RECIPES && !is_for(text, which, &rest)) which++;
        if (which == RECIPES) give_up(text, "no such recipe; known are dnn, cama, cama_m0, paper, logistic");
        char *dot = cut(rest, verb, &value) ? strchr(verb, '.') : NULL;
        if (dot == NULL) give_up(text, "expected [RECIPE:]VERB.KEY=VALUE");
        *dot = '\0';
        cama_options_free(recipe_options(self, which, verb, 0));
    }
}
