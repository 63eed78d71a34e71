/* args - the table becomes getopt_long's long options, the checks and the text of --help. */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPTIONS = 64, HELP = 1000 };

static const char *program = "example";

const char *args_program(void) { return program; }

static void fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "%s: ", program);
    vfprintf(stderr, format, list);
    fprintf(stderr, " (--help lists the options)\n");
    va_end(list);
    exit(2);
}

/* An option that is none: the message lists those that are. */
static void unknown(const char *text, const args_option *table, int count)
{
    fprintf(stderr, "%s: unknown option %s; known are", program, text);
    for (int i = 0; i < count; i++) fprintf(stderr, " --%s", table[i].name);
    fprintf(stderr, " --help\n");
    exit(2);
}

static void help(const char *about, const args_option *table, int count)
{
    printf("%s\n\nOptions:\n", about);
    for (int i = 0; i < count; i++) {
        char left[64], right[256] = "none";
        snprintf(left, sizeof left, "--%s %s", table[i].name, table[i].unit);
        if (table[i].kind == ARGS_INT)
            snprintf(right, sizeof right, "%lld", (long long)*(const int64_t *)table[i].value);
        else if (table[i].kind == ARGS_REAL)
            snprintf(right, sizeof right, "%g", *(const double *)table[i].value);
        else if (table[i].kind == ARGS_TEXT && *(const char *const *)table[i].value != NULL)
            snprintf(right, sizeof right, "%s", *(const char *const *)table[i].value);
        printf("  %-24s %s [%s]\n", left, table[i].help, right);
    }
    printf("  %-24s this text\n", "--help");
}

static void append(const args_option *option, const char *text)
{
    args_texts *texts = option->value;
    if (texts->count == ARGS_MOST_TEXTS) fail("--%s: at most %d of them", option->name, (int)ARGS_MOST_TEXTS);
    texts->items[texts->count++] = text;
}

static void set(const args_option *option, const char *text)
{
    char *end = NULL;
    if (option->kind == ARGS_TEXTS) {
        append(option, text);
        return;
    }
    errno = 0;
    if (option->kind == ARGS_TEXT) {
        *(const char **)option->value = text;
        return;
    }
    if (option->kind == ARGS_INT) {
        const long long value = strtoll(text, &end, 10);
        if (end == text || *end != '\0' || errno != 0 || (double)value < option->low || (double)value > option->high)
            fail("--%s wants an integer in [%.0f, %.0f], got '%s'", option->name, option->low, option->high, text);
        *(int64_t *)option->value = value;
        return;
    }
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= option->low && value <= option->high))
        fail("--%s wants a number in [%g, %g], got '%s'", option->name, option->low, option->high, text);
    *(double *)option->value = value;
}

/* What getopt_long did not know: arguments are moved while it reads, but it stands behind what it read last. */
static const char *refused(char **argv)
{
    static char letter[3] = "-?";
    if (optopt <= 0 || optopt >= HELP) return argv[optind - 1];
    letter[1] = (char)optopt;
    return letter;
}

void args_read(int argc, char **argv, const char *about, args_option *table, int count)
{
    struct option names[MOST_OPTIONS + 2] = {{0}};
    if (argc > 0) program = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
    for (int i = 0; i < count && i < MOST_OPTIONS; i++)
        names[i] = (struct option){table[i].name, required_argument, NULL, i};
    names[count] = (struct option){"help", no_argument, NULL, HELP};

    opterr = 0;
    for (;;) {
        const int found = getopt_long(argc, argv, ":", names, NULL);
        if (found == -1) break;
        if (found == HELP) {
            help(about, table, count);
            exit(0);
        }
        if (found == ':') fail("%s wants a value", argv[optind - 1]);
        if (found < 0 || found >= count) unknown(refused(argv), table, count);
        set(&table[found], optarg);
        table[found].given = 1;
    }
    if (optind < argc) fail("unexpected argument '%s'", argv[optind]);
}

int args_list(const char *text, double low, double high, double *values, int room)
{
    int count = 0;
    while (*text != '\0') {
        char *end = NULL;
        const double value = strtod(text, &end);
        if (end == text || count == room || !(value >= low && value <= high)) return -1;
        values[count++] = value;
        if (*end != '\0' && *end != ',') return -1;
        text = *end == ',' ? end + 1 : end;
    }
    return count;
}
