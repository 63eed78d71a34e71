/* table_files - files of a few lines, options in one, and what to expect of the schemas and datasets made from them. */
#ifndef TESTS_SUPPORT_TABLE_FILES_H
#define TESTS_SUPPORT_TABLE_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "io/table.h"

enum { DATA, DAG, FILES };

extern char table_path[FILES][512];

int table_set_paths(void **state);
int table_remove_files(void **state);
void table_write(int which, const char *text);

/* "key=value;key=value": an integer for quantiles, cuts as numbers divided by spaces, DAG for the graph's
 * path. */
cama_options *table_options(enum cama__verb verb, const char *text);
int32_t table_schema_of(const char *data, const char *options, cama_schema **out);
int32_t table_dataset_of(const char *data, const cama_schema *schema, const char *options, cama_dataset **out);
cama_schema *table_good_schema(const char *data, const char *options);
cama_dataset *table_good_dataset(const char *data, const cama_schema *schema, const char *options);

/* "name role kind levels first: level level" for each variable, one line each. */
void table_expect_variables(const cama_schema *s, const char *text);
void table_expect_classes(const cama_schema *s, const char *text);

/* The message ends in this, whatever file it begins with. */
void table_ends_in(const char *message);

extern const char table_mixed[];

#endif
