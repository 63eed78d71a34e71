/* decimal - numbers as text and back, rounded right, whatever the process's locale. */
#ifndef CAMA_IO_DECIMAL_H
#define CAMA_IO_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

enum cama__decimal {
    DECIMAL_EMPTY,     /* nothing, or only spaces and tabs */
    DECIMAL_NUMBER,    /* finite: sign, digits with at most one point, exponent; spaces and tabs around it */
    DECIMAL_NONFINITE, /* too large for a double, or "nan", "inf", "infinity" with or without a sign */
    DECIMAL_OTHER      /* any other text, hexadecimal numbers among it */
};
enum { DECIMAL_TEXT = 32 };

/* *value, the double nearest to the number (ties to even), is set for DECIMAL_NUMBER alone. */
enum cama__decimal cama__decimal_parse(const char *text, double *value);

/* A finite value with the fewest digits from which it is read back, yet 9 before "1000000" would become "1e+06". */
void cama__decimal_print(double value, char text[DECIMAL_TEXT]);

/* The number that somebody who gave a float meant: 0.1f is 0.1, not 0.100000001490116. */
double cama__decimal_meant(float value);

#endif
