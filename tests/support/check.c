/* check - checks that say what they saw, over cmocka and cama.h alone. */
#include "check.h"

#include <math.h>
#include <string.h>

void check_near(double got, double want, double tolerance, const char *got_text, const char *want_text,
                const char *file, int line)
{
    if (fabs(got - want) <= tolerance) return;
    print_error("%s: got %.17g, want %s = %.17g, off by %.3g, tolerance %.3g\n", got_text, got, want_text, want,
                fabs(got - want), tolerance);
    _fail(file, line);
}

void check_above(double got, double bound, const char *got_text, const char *file, int line)
{
    if (got > bound) return;
    print_error("%s: got %.17g, expected more than %.17g\n", got_text, got, bound);
    _fail(file, line);
}

void check_status(int32_t got, int32_t want, const char *call, const char *file, int line)
{
    if (got == want) return;
    print_error("%s: expected %s, got %s: %s\n", call, cama_status_name(want), cama_status_name(got),
                cama_last_error());
    _fail(file, line);
}

void check_said_at(const char *words, const char *file, int line)
{
    if (strstr(cama_last_error(), words) != NULL) return;
    print_error("no \"%s\" in: %s\n", words, cama_last_error());
    _fail(file, line);
}

void check_error_at(int32_t got, int32_t want, const char *message, const char *file, int line)
{
    if (got == want && strcmp(cama_last_error(), message) == 0) return;
    print_error("expected %s: %s\n     got %s: %s\n", cama_status_name(want), message, cama_status_name(got),
                cama_last_error());
    _fail(file, line);
}
