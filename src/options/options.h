/* options - one value for each row of a verb's table (option_tables.h), checked when it is set.
 *
 * Writers name a key, may be wrong about it and are told so. Readers inside the library name the verb as well, so that
 * NULL options give that verb's defaults:
 *     int64_t epochs = cama__options_int(options, VERB_TRAIN, "epochs");
 * A reader's key that the table does not have, or has with another type, is an error of the program: it reads as 0, ""
 * or an empty vector, and tests/unit/option_tables_test.c, which scans the sources for literal keys, fails. */
#ifndef CAMA_OPTIONS_OPTIONS_H
#define CAMA_OPTIONS_OPTIONS_H

#include "option_tables.h"

int32_t cama__options_create(enum cama__verb verb, cama_options **out);
void cama__options_free(cama_options *options);
enum cama__verb cama__options_verb(const cama_options *options);

/* Verb of that name. CAMA_E_OPTION names the nearest, or all of them. */
int32_t cama__options_find_verb(const char *name, enum cama__verb *verb);

/* CAMA_E_OPTION if options are another verb's; NULL options are anybody's. Called first by whoever is given options. */
int32_t cama__options_check(const cama_options *options, enum cama__verb verb);

/* CAMA_E_OPTION if the table has no such key, or has it with another type. */
int32_t cama__options_expect(const cama_options *options, const char *key, int32_t type);

/* CAMA_E_OPTION leaves the options as they were. A real key takes integers. value is copied. */
int32_t cama__options_set_int(cama_options *options, const char *key, int64_t value);
int32_t cama__options_set_real(cama_options *options, const char *key, double value);
int32_t cama__options_set_text(cama_options *options, const char *key, const char *value);
int32_t cama__options_set_vector(cama_options *options, const char *key, const float *value, int64_t count);

/* The value in force: set, or the default. Texts and vectors live until the options are changed or freed. */
int64_t cama__options_int(const cama_options *options, enum cama__verb verb, const char *key);
double cama__options_real(const cama_options *options, enum cama__verb verb, const char *key);
const char *cama__options_text(const cama_options *options, enum cama__verb verb, const char *key);
/* Returns (*count) numbers, or NULL and 0 for an empty vector. */
const float *cama__options_vector(const cama_options *options, enum cama__verb verb, const char *key, int64_t *count);

/* For a text of a list of words: index in that list of the word in force (to index a table in the same order). */
int32_t cama__options_choice(const cama_options *options, enum cama__verb verb, const char *key);
/* Whether the text in force is that word. */
bool cama__options_is(const cama_options *options, enum cama__verb verb, const char *key, const char *word);
/* Whether a value of any type was set, be it the default. */
bool cama__options_given(const cama_options *options, enum cama__verb verb, const char *key);

#endif
