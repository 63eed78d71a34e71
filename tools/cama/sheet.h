/* sheet - numbers of x by row, class and the value of a co-parent, as CSV or JSON, with the table's names. */
#ifndef TOOL_SHEET_H
#define TOOL_SHEET_H

#include <cama/cama.h>

#include "writers/json.h"

typedef struct {
    FILE *file;
    int as_json;
    const cama_schema *schema;
    const double *offsets; /* (width): the table's numbers are x and this */
    int32_t width;         /* of x */
    int by_row;            /* answers are of single rows */
    const char *moved;     /* the co-parent whose value each answer names; NULL: none */
    json out;
} sheet;

typedef struct {
    int64_t row;
    const char *class_name; /* "" where it is not known */
    double value, offset;   /* of the co-parent; value is the table's */
    const float *x;         /* (width) */
} answer;

void sheet_begin(sheet *self); /* the other members are set */
void sheet_add(sheet *self, const answer *one);
void sheet_end(sheet *self);

#endif
