/* cli - the command line: a table of subcommands, and one of options from which parsing, --help and the tests of the
 * man page and of the completion come. */
#ifndef TOOL_CLI_H
#define TOOL_CLI_H

#include <stdint.h>

#include "texts.h"

enum {
    ENDED_WELL = 0,
    ENDED_FAILED = 1,   /* the run failed: stderr says why */
    ENDED_USAGE = 2,    /* the command line cannot be: nothing was done */
    ENDED_STOPPED = 128 /* + the signal's number: stopped by Ctrl-C (130) or SIGTERM (143) */
};

/* Subcommands as bits, so that an option can name those that take it. */
enum {
    TRAIN = 1 << 0,
    PREDICT = 1 << 1,
    ADAPT = 1 << 2,
    EVAL = 1 << 3,
    DO = 1 << 4,
    VIEW = 1 << 5,
    INFO = 1 << 6,
    VERIFY = 1 << 7,
    OPTIONS = 1 << 8,
    CONVERT = 1 << 9
};

typedef struct {
    texts operands, sets;
    const char *output, *format, *labels, *clean, *clean_labels, *manipulated, *manipulated_labels;
    const char *target, *graph, *parents, *co_parents, *children, *ignore, *categorical, *cuts;
    const char *preset, *from, *reader, *report, *restored, *model, *part, *sweep;
    int64_t seed, threads, limit;
    int64_t json, quiet, views, mean; /* 0 or 1 */
} arguments;

typedef struct {
    const char *name, *operands, *help;
    uint32_t bit;
    int least, most;    /* operands */
    const char *detail; /* more help, lines that end in \n */
    int (*run)(const arguments *args);
} command;

extern const command commands[];
extern const int command_count;

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_TEXTS, OPTION_INT };

typedef struct {
    const char *name; /* without the two dashes */
    char letter;      /* 0: none */
    enum option_kind kind;
    uint32_t taken_by;
    uint64_t place; /* in arguments */
    double most;    /* of an integer, from 0 */
    const char *unit, *help;
} option;

extern const option option_table[];
extern const int option_count;

/* Reads argv behind the subcommand. --help prints and exits; what cannot be is a usage error. */
void cli_read(const command *which, int argc, char **argv, arguments *args);

void help_all(void);
void help_command(const command *which);

#endif
