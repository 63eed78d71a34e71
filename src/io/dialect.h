/* dialect - how a table is written where that is not plain CSV: what divides the columns, whether there is a header,
 * which lines are no records, how numbers and missing values look. Options "schema" and "csv" have the same rows. */
#ifndef CAMA_IO_DIALECT_H
#define CAMA_IO_DIALECT_H

#include "../options/options.h"
#include "csv_names.h"
#include "decimal.h"

typedef struct {
    char delimiter;          /* '\0': found in the first line; ' ': any run of spaces and tabs */
    bool header;             /* the first record has the names */
    cama__csv_names columns; /* without a header: names; none: 1, 2, 3, ... */
    const char *comment;     /* lines that begin so are left out; "": none. Borrowed from the options */
    int64_t skip_lines;      /* at the beginning of the file */
    int64_t skip_records;    /* behind the header */
    bool decimal_comma;
    cama__csv_names missing; /* texts that stand for no value, as an empty cell does */
} cama__dialect;

extern const cama__dialect cama__dialect_plain; /* of a graph's edges: nothing but an empty cell is missing */

/* The texts of the options must outlive it. */
int32_t cama__dialect_read(const cama__dialect_options *o, cama__dialect *out);
void cama__dialect_free(cama__dialect *dialect); /* also of a zeroed one */

/* A cell as a number, and whether it stands for a missing one. */
enum cama__decimal cama__dialect_number(const cama__dialect *dialect, const char *text, double *value);
bool cama__dialect_missing(const cama__dialect *dialect, const char *text);

/* The delimiter of a line (size) that is not said: comma, semicolon or tab, the first that it has outside of quotes;
 * a comma that may be a decimal comma comes last. Comma if it has none. */
char cama__dialect_guess(const cama__dialect *dialect, const char *line, int64_t size);

/* CAMA_E_FORMAT for bytes (size) that are no UTF-8 text but a kind of file that is known: it says which. */
int32_t cama__dialect_check_text(const char *bytes, int64_t size, const char *where);

#endif
