/* options - one value for each row of a verb's table (option_tables.h), checked when it is set.
 *
 * Users name a key, may be wrong about it and are told so. Inside the library a verb's options are a struct with one
 * member for each row, so that a misspelt key does not compile:
 *     const cama__train_options o = cama__options_train(options);
 *     if (o.noise == NOISE_MEAN && o.epochs > 1) ... */
#ifndef CAMA_OPTIONS_OPTIONS_H
#define CAMA_OPTIONS_OPTIONS_H

#include "option_tables.h"

/* ---- What verbs read --------------------------------------------------------------------------------------------- */

/* The words of a choice: enum cama__choice_noise {NOISE_SAMPLE, NOISE_MEAN}, ... */
#define CHOICE(name, words) enum cama__choice_##name{words};
#define WORD_OF(constant, word) constant,
#include "option_words.inc"

typedef struct {
    const float *at; /* (count), NULL if there are none */
    int64_t count;
} cama__numbers;

/* cama__train_options and so on: the value in force of each row, set or the default, and whether it was set, be it to
 * the default. Rows that verbs share are a struct within: cama__dialect_options. */
#define GROUP_OF(name, rows)                                                                                           \
    typedef struct {                                                                                                   \
        rows                                                                                                           \
    } cama__##name##_options;
#define VERB(name, NAME) typedef struct {
#define END(name)                                                                                                      \
    }                                                                                                                  \
    cama__##name##_options;
#define INT(key, value, low, high, help)                                                                               \
    int64_t key;                                                                                                       \
    bool key##_given;
#define REAL(key, value, left, low, high, right, help)                                                                 \
    double key;                                                                                                        \
    bool key##_given;
#define WORD(key, value, choice, help)                                                                                 \
    enum cama__choice_##choice key;                                                                                    \
    bool key##_given;
#define TEXT(key, value, what, help)                                                                                   \
    const char *key;                                                                                                   \
    bool key##_given;
#define NUMBERS(key, low, high, help)                                                                                  \
    cama__numbers key;                                                                                                 \
    bool key##_given;
#define WHOLES(key, low, high, help) NUMBERS(key, low, high, help)
#define GROUP(name, rows) cama__##name##_options name;
#include "option_rows.inc"

/* cama__options_train(options) and so on. NULL, or another verb's options: the defaults. Texts and numbers live until
 * the options are changed or freed. */
#define VERB(name, NAME) cama__##name##_options cama__options_##name(const cama_options *options);
#include "option_rows.inc"

/* ---- What users set ---------------------------------------------------------------------------------------------- */

int32_t cama__options_create(enum cama__verb verb, cama_options **out);
void cama__options_free(cama_options *options);

/* Verb of that name. CAMA_E_OPTION names the nearest, or all of them. */
int32_t cama__options_find_verb(const char *name, enum cama__verb *verb);

/* CAMA_E_OPTION if options are another verb's; NULL options are anybody's. Called first by whoever is given options. */
int32_t cama__options_check(const cama_options *options, enum cama__verb verb);

/* CAMA_E_OPTION leaves the options as they were. A real key takes integers. value is copied. */
int32_t cama__options_set_int(cama_options *options, const char *key, int64_t value);
int32_t cama__options_set_real(cama_options *options, const char *key, double value);
int32_t cama__options_set_text(cama_options *options, const char *key, const char *value);
int32_t cama__options_set_vector(cama_options *options, const char *key, const float *value, int64_t count);

/* The value in force. CAMA_E_OPTION if there is no such key, or it has another type. */
int32_t cama__options_get_int(const cama_options *options, const char *key, int64_t *value);
int32_t cama__options_get_real(const cama_options *options, const char *key, double *value);
int32_t cama__options_get_text(const cama_options *options, const char *key, const char **value);

#endif
