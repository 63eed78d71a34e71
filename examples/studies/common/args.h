/* args - command-line options as a table: name, kind, where the value goes, allowed range, help. */
#ifndef EXAMPLE_ARGS_H
#define EXAMPLE_ARGS_H

#include <stdint.h>

enum args_kind {
    ARGS_INT,
    ARGS_REAL,
    ARGS_TEXT,
    ARGS_TEXTS /* may be given more than once */
};

enum { ARGS_MOST_TEXTS = 64 };

typedef struct {
    const char *items[ARGS_MOST_TEXTS];
    int count;
} args_texts;

typedef struct {
    const char *name; /* without the two dashes */
    enum args_kind kind;
    void *value; /* int64_t, double, const char * or args_texts: holds the default (a text may be NULL), is set */
    double low, high;
    const char *unit, *help;
    int given; /* set to 1 when the option is on the command line */
} args_option;

/* Reads argv. --help prints the table and exits with 0; an error prints one line and exits with 2. */
void args_read(int argc, char **argv, const char *about, args_option *table, int count);

/* Name of the running program, for messages. */
const char *args_program(void);

/* Numbers separated by commas, "0,.1,.2", at most room of them, each in [low, high]. Returns how many, or -1. */
int args_list(const char *text, double low, double high, double *values, int room);

#endif
