/* option_names - the names that users may spell: the keys of a verb, and the verbs. */
#ifndef CAMA_OPTIONS_OPTION_NAMES_H
#define CAMA_OPTIONS_OPTION_NAMES_H

#include <stddef.h>

#include "option_tables.h"

enum { OPTION_QUOTED = 64 }; /* bytes of a user's word that are compared or quoted */

/* An array of structs that begin with their name. */
typedef struct {
    const void *first;
    size_t stride;
    int32_t count;
} cama__option_names;

cama__option_names cama__option_keys(enum cama__verb verb);
cama__option_names cama__option_verbs(void);
int32_t cama__option_find(cama__option_names all, const char *name); /* -1: there is none */

/* "; did you mean ...?", or all names where none is near. */
void cama__option_hint(cama__option_names all, const char *word, char *out, size_t size);

#endif
