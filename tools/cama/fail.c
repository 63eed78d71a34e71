/* fail - see fail.h. The bar of a running verb is wiped first, so that the line stands alone. */
#include "fail.h"

#include <cama/cama.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "progress.h"

static const char *subcommand;

void fail_of(const char *name) { subcommand = name; }

void fail(const char *format, ...)
{
    va_list list;
    progress_wipe();
    fputs("cama: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(ENDED_FAILED);
}

void usage(const char *format, ...)
{
    va_list list;
    fputs("cama: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    if (subcommand != NULL)
        fprintf(stderr, " (cama %s --help)\n", subcommand);
    else
        fputs(" (cama --help)\n", stderr);
    exit(ENDED_USAGE);
}

int went(int32_t status)
{
    if (status == CAMA_OK) return 1;
    if (status == CAMA_E_CANCELLED) return 0;
    fail("%s", cama_last_error());
}
