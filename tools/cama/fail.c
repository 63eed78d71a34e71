/* fail - see fail.h. The bar of a running verb is wiped first, so that the line stands alone. */
#include "fail.h"

#include <cama/cama.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "progress.h"

enum { LINE = 8192 };

static const char *subcommand;

void fail_of(const char *name) { subcommand = name; }

/* Bytes of the character at text: UTF-8 and no control character, otherwise 0. */
static int character(const unsigned char *text)
{
    const int c = text[0], bytes = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    for (int i = 1; i < bytes; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    return c < 0x20 || c == 0x7f ? 0 : bytes;
}

/* One line of valid UTF-8, whatever a file or its name had in it. */
static void say(const char *format, va_list list, const char *behind)
{
    char line[LINE];
    vsnprintf(line, sizeof line, format, list);
    progress_wipe();
    fputs("cama: ", stderr);
    for (const unsigned char *at = (const unsigned char *)line; *at != '\0';) {
        const int bytes = character(at);
        if (bytes > 0)
            fwrite(at, 1, (size_t)bytes, stderr);
        else
            fputc('?', stderr);
        at += bytes > 0 ? bytes : 1;
    }
    fputs(behind, stderr);
}

void fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say(format, list, "\n");
    va_end(list);
    exit(ENDED_FAILED);
}

void usage(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say(format, list, "");
    va_end(list);
    fprintf(stderr, " (cama %s%s--help)\n", subcommand != NULL ? subcommand : "", subcommand != NULL ? " " : "");
    exit(ENDED_USAGE);
}

int went(int32_t status)
{
    if (status == CAMA_OK) return 1;
    if (status == CAMA_E_CANCELLED) return 0;
    fail("%s", cama_last_error());
}
