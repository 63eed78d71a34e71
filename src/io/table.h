/* table - from a CSV file to a schema, and with a schema to a dataset. The options' rows (schema, csv) say what may be
 * asked; every refusal names the file and the column, and the line where there is one.
 *
 * What a column is: quantities if its cells are numbers, levels if none is; a file in which they mix is wrong unless
 * option categorical says that the column holds levels. Levels that are numbers are named by their value ("3" for 3.0
 * and 03) and come first, in their order; texts follow, by their bytes. A column varies if its floats do. */
#ifndef CAMA_IO_TABLE_H
#define CAMA_IO_TABLE_H

#include "../base/options.h"
#include "../run/dataset.h"
#include "csv.h"
#include "graph.h"

int32_t cama__table_schema(const char *path, const cama_options *options, cama_schema **out);

/* Rows in the file's order, less those that options missing and unknown drop. */
int32_t cama__table_dataset(const char *path, const cama_schema *schema, const cama_options *options,
                            cama_dataset **out);

/* ---- Parts of cama__table_schema ---- */

typedef struct {
    int64_t column;
    int32_t role;
    const char *confounder; /* of the graph, or NULL: why do() of it is not answered */
} cama__table_item;

typedef struct {
    const cama_options *options; /* borrowed */
    cama__csv csv;
    cama__graph graph;
    int64_t target;         /* column */
    const char *confounder; /* of the target, likewise */
    int64_t count;
    cama__table_item *item; /* (count) variables: in the order of the lists, with dag in the file's; one that is parent
                               and co-parent comes twice */
    cama__csv_names categorical, binary;
    int64_t rows;
    int64_t *row; /* (rows) of the file, those that are kept */
} cama__table;

/* Sets graph, target, count and item from the options' lists or graph. */
int32_t cama__table_roles(cama__table *table);

/* Different values of a column over its kept rows. */
typedef struct {
    int32_t count; /* at most LEVELS_MAX */
    const char **name;
    char *text; /* of the names that are numbers */
} cama__table_levels;
int32_t cama__table_levels_find(const cama__table *table, int64_t column, cama__table_levels *out);
void cama__table_levels_free(cama__table_levels *levels);

/* What the cells of a column are; all other columns are errors that name a cell. */
typedef struct {
    bool numbers;    /* all are; otherwise none is */
    bool wholes;     /* all are integers */
    float low, high; /* of the numbers */
} cama__table_survey;
int32_t cama__table_survey_column(const cama__table *table, int64_t column, cama__table_survey *out);
/* CAMA_E_DATA names the cell that is neither 0 nor 1. */
int32_t cama__table_check_binary(const cama__table *table, int64_t column);

/* A schema that has the target's classes and no variables. */
int32_t cama__table_target(const cama__table *table, cama_schema **out);

/* What a schema refuses is an argument there and wrong data here. */
int32_t cama__table_as_data(const cama__table *table, int32_t status);

#endif
