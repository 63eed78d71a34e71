/* option_tables - the rows of option_rows.inc as constant tables: words and numbers, no behaviour. Checks, messages,
 * defaults, introspection and docs/options.md come from these. */
#ifndef CAMA_OPTIONS_OPTION_TABLES_H
#define CAMA_OPTIONS_OPTION_TABLES_H

#include <stdbool.h>

#include "../base/error.h"

/* Verbs that take options: VERB_SESSION, VERB_MODEL, ... in the order of the rows. */
enum cama__verb {
#define VERB(name, NAME) VERB_##NAME,
#include "option_rows.inc"
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
