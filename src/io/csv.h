/* csv - a table of texts after RFC 4180: records of as many fields as the header has, fields quoted or not, "" for a
 * quote within quotes, lines that end in LF or CR LF, the last one with or without. A UTF-8 byte order mark is skipped,
 * blank lines at the end too; spaces and tabs around a field do not count. Everything else is CAMA_E_FORMAT with the
 * line, counted from 1 as an editor does: ragged records, blank lines between records, a quote that never closes or
 * stands where it may not, a NUL, a lone CR, a file without a header or without records. */
#ifndef CAMA_IO_CSV_H
#define CAMA_IO_CSV_H

#include "../base/mem.h"

typedef struct {
    const char *where; /* borrowed: a path, for messages */
    int64_t columns, rows;
    const char **cell;     /* (rows + 1, columns): the header's names, then the records' fields */
    int64_t *line;         /* (rows + 1): where each begins */
    const char ***by_name; /* (columns): the header's cells, sorted by name and place */
    char *text;            /* the file, taken apart; NULL after _parse */
} cama__csv;

/* The whole file, gzip'd or not: memory is at most some thirty times its (inflated) size, six times as a rule. */
int32_t cama__csv_read(const char *path, cama__csv *out);

/* The same of text (size bytes and a zero one behind), which is taken apart in place and lives as long as the table. */
int32_t cama__csv_parse(char *text, int64_t size, const char *where, cama__csv *out);
void cama__csv_free(cama__csv *csv); /* also of a zeroed one */

/* Row from 0, header not counted. */
static inline const char *cama__csv_cell(const cama__csv *csv, int64_t row, int64_t column)
{
    return csv->cell[(row + 1) * csv->columns + column];
}

/* *column of that name, -1 if there is none. CAMA_E_FORMAT names both columns if there are two. */
int32_t cama__csv_column(const cama__csv *csv, const char *name, int64_t *column);

/* status with the message `PATH: line 7, column "ir_1": expected EXPECTED, got "abc"` (or: an empty cell). */
int32_t cama__csv_error(const cama__csv *csv, int64_t row, int64_t column, int32_t status, const char *expected);

/* A list of names in an option's text, written like one CSV record: a,b,"c,d". Empty text: none. */
typedef struct {
    int64_t count;
    const char **name; /* (count), none empty, each once */
    char *text;
} cama__csv_names;

/* option: its key. CAMA_E_OPTION names it. */
int32_t cama__csv_names_read(const char *text, const char *option, cama__csv_names *out);
void cama__csv_names_free(cama__csv_names *names);
/* Index of a name, or -1. */
int64_t cama__csv_names_find(const cama__csv_names *names, const char *name);

#endif
