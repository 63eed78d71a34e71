/* option_tables - every option of every verb as rows of constant tables: words and numbers, no behaviour. Checks,
 * messages, defaults, introspection and docs/options.md all come from these rows; a new option is a new row. */
#ifndef CAMA_OPTIONS_OPTION_TABLES_H
#define CAMA_OPTIONS_OPTION_TABLES_H

#include <stdbool.h>

#include "../base/error.h"

/* Verbs that take options, in the order of cama__option_tables. */
enum cama__verb {
    VERB_SESSION,
    VERB_MODEL,
    VERB_OPTIMIZER,
    VERB_TRAIN,
    VERB_FINETUNE,
    VERB_SCORE,
    VERB_PREDICT,
    VERB_ATTACK,
    VERB_ENCODE,
    VERB_RECONSTRUCT,
    VERB_GENERATE,
    VERB_MANIPULATE,
    VERB_SCHEMA,
    VERB_CSV,
    VERB_COUNTERFACTUAL,
    VERB_VIEW,
    VERB_COUNT
};

/* Numbers lie between low and high; the brackets that range begins and ends with say whether the ends belong:
 * "(0, 10]". In a vector each number does (always with its ends). No number is parsed at run time: text and number of a
 * default or a limit come from one token of the table, so that the process's locale cannot change them. */
typedef struct {
    const char *key;
    int32_t type;         /* CAMA_TYPE_... */
    bool words;           /* a text that must be one of the words of range, which are divided by '|' */
    bool whole;           /* a vector of whole numbers */
    const char *fallback; /* the default as text: the value itself for a text, "" for an empty vector */
    const char *range;
    double number; /* the default of an int or real; ints are at most 2^53, so a double holds them exactly */
    double low, high;
    const char *help; /* one line, begins in lower case, no full stop */
} cama__option;

typedef struct {
    const char *name;         /* the verb */
    const cama__option *rows; /* (count) */
    int32_t count;
} cama__option_table;

extern const cama__option_table cama__option_tables[VERB_COUNT];

#endif
