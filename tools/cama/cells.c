/* cells - see cells.h. */
#include "cells.h"

#include <math.h>
#include <string.h>

void cell_text(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void cell_number(FILE *out, double value, int digits)
{
    if (isfinite(value)) fprintf(out, "%.*g", digits, value);
}
