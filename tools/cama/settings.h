/* settings - options of the library's verbs: a recipe's where the program has better ones than the library's defaults
 * for all, then those of the command line, --set last. */
#ifndef TOOL_SETTINGS_H
#define TOOL_SETTINGS_H

#include <cama/cama.h>

#include "cli.h"

typedef struct {
    const char *key; /* "predict.samples"; NULL ends a recipe */
    const char *value;
} setting;

/* What prediction is given for a model of a table or of vectors; images keep the library's. */
extern const setting recipe_rows[];

/* Options of a verb, after those of a recipe (NULL: none). Owned by the caller. */
cama_options *settings_make(const arguments *args, const char *verb, const setting *first);

/* Whether --set says something about VERB.KEY. */
int settings_has(const arguments *args, const char *verb, const char *key);

/* Sets an option to what a text means for its type; a usage error if it cannot be. */
void settings_apply(cama_options *options, const char *verb, const char *key, const char *value);

/* Tries every --set once, before anything takes time; verbs are those of the subcommand, NULL at the end. */
void settings_check(const arguments *args, const char *const *verbs);

#endif
