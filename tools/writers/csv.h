/* csv - writes cells of a CSV file (RFC 4180). */
#ifndef WRITERS_CSV_H
#define WRITERS_CSV_H

#include <stdio.h>

/* One text cell, without what stands around it: in quotes where it has a comma, a quote or a line end. */
void csv_text(FILE *out, const char *text);

/* One number of so many digits; nothing where it is not finite. */
void csv_number(FILE *out, double value, int digits);

#endif
