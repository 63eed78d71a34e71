/* csv - a table of texts after RFC 4180: records of as many fields as the header has, fields quoted or not, "" for a
 * quote within quotes, lines that end in LF or CR LF (or, in a file without any LF, in CR), the last one with or
 * without. How a file differs from that is its dialect (dialect.h). A UTF-8 byte order mark is skipped; so are lines of
 * nothing but spaces where there is more than one column, and zero bytes behind the last line. Spaces, tabs and
 * no-break spaces around a field do not count, nor does an empty field behind the last column. Everything else is
 * CAMA_E_FORMAT with the line, counted from 1 as an editor does: ragged records, a quote that never closes or stands
 * where it may not, a NUL, a lone CR, a file without a header or without records, text in UTF-16 and files that are no
 * text. */
#ifndef CAMA_IO_CSV_H
#define CAMA_IO_CSV_H

#include "../base/mem.h"
#include "csv_names.h"
#include "dialect.h"

typedef struct {
    const char *where;            /* borrowed: a path, for messages */
    const cama__dialect *dialect; /* borrowed */
    int64_t columns, rows;
    int64_t size;          /* bytes of the text */
    const char **cell;     /* (rows + 1, columns): the header's names, then the records' fields */
    int64_t *line;         /* (rows + 1): where each begins */
    const char ***by_name; /* (columns): the header's cells, sorted by name and place */
    char *made;            /* names of columns without a header, or NULL */
    char *text;            /* the file, taken apart; NULL after _parse */
} cama__csv;

/* Where a table stands: in the file at path `where` ("-": standard input), or, with data (size), in memory, where
 * `where` names it in messages. A path is opened once. */
typedef struct {
    const char *where;
    const void *data;
    int64_t size;
} cama__source;

/* The whole table, gzip'd or not: memory is at most some thirty times its (inflated) size, six times as a rule. dialect
 * must outlive the table; NULL: the default one. */
int32_t cama__csv_load(const cama__source *from, const cama__dialect *dialect, cama__csv *out);
static inline int32_t cama__csv_read(const char *path, cama__csv *out)
{
    return cama__csv_load(&(cama__source){path, NULL, 0}, NULL, out);
}

/* The same of text (size bytes and a zero one behind), which is taken apart in place and lives as long as the table. */
int32_t cama__csv_parse_as(char *text, int64_t size, const char *where, const cama__dialect *dialect, cama__csv *out);
static inline int32_t cama__csv_parse(char *text, int64_t size, const char *where, cama__csv *out)
{
    return cama__csv_parse_as(text, size, where, NULL, out);
}
void cama__csv_free(cama__csv *csv); /* also of a zeroed one */

/* Row from 0, header not counted. */
static inline const char *cama__csv_cell(const cama__csv *csv, int64_t row, int64_t column)
{
    return csv->cell[(row + 1) * csv->columns + column];
}

/* *column of that name, -1 if there is none. CAMA_E_FORMAT names both columns if there are two. */
int32_t cama__csv_column(const cama__csv *csv, const char *name, int64_t *column);

/* Behind "expected a column of that name, got none": what may be the reason and which option would help, " (...)", or
 * "". In text. */
enum { CSV_HINT = 192 };
const char *cama__csv_hint(const cama__csv *csv, const char *name, char text[CSV_HINT]);

/* status with the message `PATH: line 7, column "ir_1": expected EXPECTED, got "abc"` (or: an empty cell). */
int32_t cama__csv_error(const cama__csv *csv, int64_t row, int64_t column, int32_t status, const char *expected);

#endif
