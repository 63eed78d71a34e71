/* table_read - the cells of one record as numbers of a schema's variables, or why they are none. */
#ifndef CAMA_IO_TABLE_READ_H
#define CAMA_IO_TABLE_READ_H

#include "../model/schema.h"
#include "csv.h"

enum cama__verdict { CELL_GOOD, CELL_MISSING, CELL_INVALID, CELL_UNKNOWN, CELL_VERDICTS };

/* Names of levels or classes, to be found by text, or by value where one number alone is written so. */
typedef struct {
    int32_t count, numbers;
    struct cama__name_entry *by_text;  /* (count) */
    struct cama__name_entry *by_value; /* (numbers) */
} cama__names;
int32_t cama__names_index(char *const *names, int32_t count, cama__names *out);
void cama__names_free(cama__names *names);
bool cama__names_has(const cama__names *names, const char *text); /* by its text */

/* Where the numbers of a variable, or the labels, come from. */
typedef struct {
    const cama__variable *variable; /* NULL: the target */
    const cama_schema *schema;
    int64_t column; /* -1: the file lacks it, and all its cells are missing */
    cama__names names;
    double extreme; /* option */
} cama__cell_reader;

/* run (levels) of the variable, or *y, are set if the cell is good; otherwise *expected says what was expected. */
enum cama__verdict cama__cell_read(const cama__cell_reader *from, const cama__csv *csv, int64_t row, float *run,
                                   int32_t *y, const char **expected);
bool cama__cell_missing(const cama__cell_reader *from, const cama__csv *csv, int64_t row);

/* Numbers that stand where a cell was refused: run (levels). */
void cama__cell_fill(const cama__variable *variable, float *run);
/* What is typical of the schema's file: has_typical. */
void cama__cell_impute(const cama__variable *variable, float *run);

#endif
