/* option_tables - the rows of option_rows.inc as constant tables. */
#include "option_tables.h"

/* The words of a choice as "|one|two|three"; a row's range begins behind the first bar. */
#define CHOICE(name, words) static const char name##_words[] = words;
#define WORD_OF(constant, word) "|" word
#include "option_words.inc"

#define VERB(name, NAME) static const cama__option name##_rows[] = {
#define END(name)                                                                                                      \
    }                                                                                                                  \
    ;
#define INT(key, value, low, high, help)                                                                               \
    {#key, CAMA_TYPE_INT, false, false, #value, "[" #low ", " #high "]", value, low, high, help},
#define REAL(key, value, left, low, high, right, help)                                                                 \
    {#key, CAMA_TYPE_REAL, false, false, #value, left #low ", " #high right, value, low, high, help},
#define WORD(key, value, choice, help) {#key, CAMA_TYPE_TEXT, true, false, value, choice##_words + 1, 0, 0, 0, help},
#define TEXT(key, value, what, help) {#key, CAMA_TYPE_TEXT, false, false, value, what, 0, 0, 0, help},
#define NUMBERS(key, low, high, help)                                                                                  \
    {#key, CAMA_TYPE_VECTOR, false, false, "", "numbers in [" #low ", " #high "]", 0, low, high, help},
#define WHOLES(key, low, high, help)                                                                                   \
    {#key, CAMA_TYPE_VECTOR, false, true, "", "integers in [" #low ", " #high "]", 0, low, high, help},
#define GROUP(name, rows) rows
#include "option_rows.inc"

const cama__option_table cama__option_tables[VERB_COUNT] = {
#define VERB(name, NAME) [VERB_##NAME] = {#name, name##_rows, (int32_t)(sizeof name##_rows / sizeof name##_rows[0])},
#include "option_rows.inc"
};
