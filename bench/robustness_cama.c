/* robustness_cama - the one file that knows by which calls the library reads classes and adapts a model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "robustness.h"

const char *const reading_names[READINGS] = {"", "+reader", ">reader"};

enum { WORD = 128 };

void choose_readings(const char *text, int reads[READINGS])
{
    static const char *const words[READINGS] = {"alone", "with", "undone"};
    for (int i = 0; i < READINGS; i++) reads[i] = 0;
    for (;;) {
        const size_t length = strcspn(text, ",");
        int found = 0;
        for (int i = 0; i < READINGS; i++)
            if (strlen(words[i]) == length && strncmp(words[i], text, length) == 0) found = reads[i] = 1;
        if (!found) give_up(text, "expected words of alone, with, undone, separated by commas");
        if (text[length] == '\0') return;
        text += length + 1;
    }
}

model_file model_file_of(const char *text)
{
    model_file file = {.seed = -1};
    const char *equals = strchr(text, '='), *at = strchr(text, '@');
    if (equals == NULL || equals == text || equals - text >= NAME)
        give_up(text, "expected NAME=FILE or NAME@SEED=FILE");
    const int with_seed = at != NULL && at < equals;
    const size_t length = (size_t)((with_seed ? at : equals) - text);
    memcpy(file.name, text, length);
    if (with_seed) file.seed = strtoll(at + 1, NULL, 10);
    file.path = equals + 1;
    return file;
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

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

static void set(cama_options *options, int32_t type, const char *key, const char *value)
{
    char *end = NULL;
    if (type != CAMA_TYPE_INT && type != CAMA_TYPE_REAL) {
        went(cama_options_set_text(options, key, value));
        return;
    }
    const double number = strtod(value, &end);
    if (end == value || *end != '\0') give_up(key, "wants a number");
    if (type == CAMA_TYPE_INT && number == (double)(int64_t)number)
        went(cama_options_set_int(options, key, (int64_t)number));
    else
        went(cama_options_set_real(options, key, number));
}

/* Cuts [MODEL:]VERB.KEY=VALUE into words; model is "" where there is none. */
static void cut(const char *text, char model[WORD], char verb[WORD], char key[WORD], const char **value)
{
    const char *equals = strchr(text, '='), *colon = strchr(text, ':');
    *model = '\0';
    if (colon != NULL && equals != NULL && colon < equals) {
        snprintf(model, WORD, "%.*s", (int)(colon - text), text);
        text = colon + 1;
    }
    const char *dot = strchr(text, '.');
    if (equals == NULL || dot == NULL || dot > equals) give_up(text, "expected [MODEL:]VERB.KEY=VALUE");
    snprintf(verb, WORD, "%.*s", (int)(dot - text), text);
    snprintf(key, WORD, "%.*s", (int)(equals - dot - 1), dot + 1);
    *value = equals + 1;
}

static cama_options *options_for(const cama_user *user, const char *wanted)
{
    cama_options *options = NULL;
    went(cama_options_create(wanted, &options));
    went(cama_options_set_int(options, "seed", user->seed));
    for (int i = 0; i < user->sets->count; i++) {
        char model[WORD], verb[WORD], key[WORD];
        const char *value = NULL;
        cut(user->sets->items[i], model, verb, key, &value);
        if (strcmp(verb, wanted) == 0 && (*model == '\0' || strcmp(model, user->model) == 0))
            set(options, type_of(verb, key), key, value);
    }
    return options;
}

void check_sets(const cama_user *user)
{
    for (int i = 0; i < user->sets->count; i++) {
        char model[WORD], verb[WORD], key[WORD];
        const char *value = NULL;
        cut(user->sets->items[i], model, verb, key, &value);
        cama_user of_this = *user;
        of_this.model = model;
        cama_options_free(options_for(&of_this, verb));
    }
}

/* ---- Classes ----------------------------------------------------------------------------------------------------- */

/* A model of another form refuses by CAMA_E_ARGUMENT, for a reason that is said once. */
static int can(int32_t status)
{
    static int told;
    if (status == CAMA_E_ARGUMENT) {
        if (!told++) fprintf(stderr, "%s: left out: %s\n", args_program(), cama_last_error());
        return 0;
    }
    if (!went(status)) exit(1);
    return 1;
}

/* The reader's classes of the images with the view undone. */
static int read_undone(const cama_user *user, const cama_model *model, const cama_model *reader,
                       const cama_dataset *dataset, const cama_options *options, float *probabilities)
{
    cama_options *view = options_for(user, "view");
    cama_dataset *seen = NULL;
    const int done = can(cama_see(user->session, model, dataset, view, &seen)) &&
                     can(cama_predict(user->session, reader, seen, options, probabilities));
    cama_dataset_free(seen);
    cama_options_free(view);
    return done;
}

int read_classes(const cama_user *user, const cama_model *model, const cama_model *reader, enum reading how,
                 const cama_dataset *dataset, float *probabilities)
{
    cama_options *options = options_for(user, "predict");
    progress_begin(user->bar, user->model, 0, (double)count_of(dataset));
    int done = 0;
    if (how == READ_ALONE) done = can(cama_predict(user->session, model, dataset, options, probabilities));
    if (how == READ_WITH) done = can(cama_predict_read(user->session, model, reader, dataset, options, probabilities));
    if (how == READ_UNDONE) done = read_undone(user, model, reader, dataset, options, probabilities);
    progress_end(user->bar);
    cama_options_free(options);
    return done;
}

/* ---- Adaptation -------------------------------------------------------------------------------------------------- */

cama_model *adapted_to(const cama_user *user, const cama_model *model, const cama_dataset *clean,
                       const cama_dataset *images, tuning *how)
{
    cama_options *options = options_for(user, "finetune");
    cama_dataset *unlabelled = NULL;
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    double rolled_back = 0;
    went(cama_dataset_without_labels(images, &unlabelled));
    progress_begin(user->bar, user->model, 0, 0);
    if (!went(cama_finetune(user->session, model, clean, unlabelled, options, &adapted, &report))) exit(1);
    progress_end(user->bar);
    went(cama_report_get(report, "seconds", 0, &how->seconds));
    went(cama_report_get(report, "rolled_back", 0, &rolled_back));
    how->rolled_back = rolled_back != 0;
    cama_report_free(report);
    cama_dataset_free(unlabelled);
    cama_options_free(options);
    return adapted;
}
