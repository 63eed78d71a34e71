/* table_parts - what the files of cama__table_schema share: a table on its way to a schema, and the steps of it. */
#ifndef CAMA_IO_TABLE_PARTS_H
#define CAMA_IO_TABLE_PARTS_H

#include "../model/schema.h"
#include "../options/options.h"
#include "csv.h"
#include "graph.h"

typedef struct {
    int64_t column;
    int32_t role;
    const char *confounder; /* of the graph, or NULL: why do() of it is not answered */
} cama__table_item;

typedef struct {
    double centre, spread; /* of a variable's numbers: table_spread.h */
} cama__table_place;

typedef struct {
    const cama__schema_options *o; /* borrowed */
    cama__dialect dialect;
    cama__csv csv;
    cama__graph graph;
    int64_t target;         /* column */
    const char *confounder; /* of the target, likewise */
    int64_t count;
    cama__table_item *item; /* (count) variables: in the order of the lists, with dag in the file's; one that is parent
                               and co-parent comes twice */
    cama__table_place *place; /* (count), once the rows are chosen */
    cama__csv_names categorical, binary;
    int64_t rows;
    int64_t *row; /* (rows) of the file, those that are kept */
} cama__table;

/* Sets graph, target, count and item from the options' lists or graph. */
int32_t cama__table_roles(cama__table *table);

/* Sets rows and row, and place of the items: what is missing or invalid is an error or goes. */
int32_t cama__table_choose_rows(cama__table *table);

/* The kind of a column's cells, over the rows that are kept. */
typedef struct {
    bool numbers;     /* all are; otherwise none is */
    bool wholes;      /* all are integers */
    double low, high; /* of the numbers */
} cama__table_survey;
void cama__table_survey_column(const cama__table *table, int64_t column, cama__table_survey *out);

/* Different values of a column over its kept rows. */
typedef struct {
    int32_t count; /* at most LEVELS_MAX */
    const char **name;
    char *text; /* of the names that are values */
} cama__table_levels;
/* by_value: numbers below 2^53 are the same level if they are equal, however they are written. declared: by option
 * categorical; of other columns CAMA_E_DATA names the first cell if they are no levels. */
int32_t cama__table_levels_find(const cama__table *table, int64_t column, bool by_value, bool declared,
                                cama__table_levels *out);
void cama__table_levels_free(cama__table_levels *levels);

/* A schema that has the target's classes and no variables. */
int32_t cama__table_target(const cama__table *table, cama_schema **out);

/* Notes the columns that have no role in the schema, and why (table_left_out.c). */
int32_t cama__table_left_out(const cama__table *table, cama_schema *schema);

/* A refusal of the schema is CAMA_E_ARGUMENT there; here it means wrong data. */
int32_t cama__table_as_data(const cama__table *table, int32_t status);

/* Whether the one-hot numbers of a table, rows * width floats, are in proportion to its text: at most 64 MB, or 1024
 * times as many bytes. Otherwise CAMA_E_DATA. what: "column \"a\"". */
int32_t cama__table_check_size(const cama__csv *csv, const char *what, int64_t rows, int64_t width);

#endif
