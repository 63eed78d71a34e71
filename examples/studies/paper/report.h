/* report.h - the parts of the report: text and files in HTML, tables of rows. */
#ifndef EXAMPLE_REPORT_H
#define EXAMPLE_REPORT_H

#include <stdio.h>

#include "paper.h"

/* report_parts.c */
void html_text(FILE *out, const char *text);
void html_file(FILE *out, const char *path); /* as it is: an SVG; nothing where there is none */
void html_png(FILE *out, const char *path);  /* as a data: address */

/* report_tables.c: means over the seeds, a table for each thing that is tested, a column for each range. */
void report_tables(FILE *out, const row_table *rows);
int rows_seeds(const row_table *rows);

#endif
