/* csv - writes cells of a CSV file, quoted where they must be (RFC 4180). */
#ifndef EXAMPLE_CSV_H
#define EXAMPLE_CSV_H

#include <stdio.h>

/* One text cell, without the comma or line end around it. */
void csv_text(FILE *out, const char *text);

/* One number, shortest of 6 digits; nothing where it is not finite. */
void csv_number(FILE *out, double value);

#endif
