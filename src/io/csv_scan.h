/* csv_scan - fields and records of a text, one after the other. The same scan runs twice: first it checks and counts,
 * and writes nothing; then it takes the text apart in place and cannot fail. */
#ifndef CAMA_IO_CSV_SCAN_H
#define CAMA_IO_CSV_SCAN_H

#include "../base/mem.h"

typedef struct {
    char *text;
    int64_t size, at, line;
    const char *where;
    int32_t status; /* of errors */
    char delimiter; /* ' ': any run of spaces and tabs */
    bool list;      /* one record, an option's: no line numbers in messages */
    bool cr;        /* lines end in CR alone */
    bool write;     /* the second time */
    char mark;      /* what the header begins with */
} cama__scanner;

/* status with "WHERE: line 7: TEXT". */
int32_t cama__scan_wrong(const cama__scanner *s, int64_t line, const char *text);

/* The next record: *fields, how many it has, and in the second pass the first `most` of them in cells (most). *spare:
 * the last one is empty. */
int32_t cama__scan_record(cama__scanner *s, const char **cells, int64_t most, int64_t *fields, bool *spare);

/* Bytes of the end of a line that stands at `at`, 0 if none does. */
int64_t cama__scan_line_end(const cama__scanner *s, int64_t at);
/* To the beginning of the next line, or the end. */
void cama__scan_skip_line(cama__scanner *s);
/* Whether nothing but spaces is left of this line, which may be the end of the text. */
bool cama__scan_is_blank(const cama__scanner *s);

#endif
