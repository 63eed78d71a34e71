/* verdict - words that follow from numbers: each thing that was to be seen holds, does not, or was not measured. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "paper.h"

enum { NOTE = 2 };

const double by_chance = .02;

/* A number that nobody measured is printed as "nan", "+nan" or "-nan", and stands as "?" in the text. */
static void name_missing(char *text)
{
    for (char *at = strstr(text, "nan"); at != NULL; at = strstr(at + 1, "nan")) {
        const char *behind = at + 3;
        if (isalpha((unsigned char)*behind) || (at > text && isalpha((unsigned char)at[-1]))) continue;
        if (at > text && (at[-1] == '+' || at[-1] == '-')) at--;
        *at = '?';
        memmove(at + 1, behind, strlen(behind) + 1);
    }
}

static void add(verdict *self, int holds, const char *format, va_list list)
{
    if (self->count == MOST_CHECKS) give_up("verdict", "too many things to be seen, 16 at most");
    check *one = &self->checks[self->count++];
    one->holds = holds;
    vsnprintf(one->text, sizeof one->text, format, list);
    name_missing(one->text);
}

void verdict_atleast(verdict *self, double value, double limit, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    add(self, isfinite(value) && isfinite(limit) ? value >= limit : -1, format, list);
    va_end(list);
}

void verdict_note(verdict *self, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    add(self, NOTE, format, list);
    va_end(list);
}

const char *verdict_words(const verdict *self)
{
    int holds = 0, fails = 0;
    for (int i = 0; i < self->count; i++) {
        holds += self->checks[i].holds == 1;
        fails += self->checks[i].holds == 0;
    }
    if (holds + fails == 0) return "not measured";
    return fails == 0 ? "supported" : holds == 0 ? "not supported" : "partly supported";
}
