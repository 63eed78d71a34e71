/* table - from a CSV file to a schema, and with a schema to a dataset. The options' rows (schema, csv) say what may be
 * asked; every refusal names the file and the column, and the line where there is one.
 *
 * What a column is: quantities if its cells are numbers, levels if none is; a file in which they mix is wrong unless
 * option categorical says that the column holds levels, or option invalid that single rows may go. A column that nobody
 * declared is not taken for levels if its cells are numbers in a costume ("12%", "1,234.5", "3 kg") or mostly
 * different. Levels keep their texts; those that are numbers come first, in their order, texts follow, by their bytes.
 * Integers that are classes without being declared are named by their value ("3" for 3.0 and 03). */
#ifndef CAMA_IO_TABLE_H
#define CAMA_IO_TABLE_H

#include "../options/options.h"
#include "../data/dataset.h"
#include "csv.h"

int32_t cama__table_schema_of(const cama__source *from, const cama_options *options, cama_schema **out);

/* Rows in the file's order, less those that options missing, invalid and unknown drop. */
int32_t cama__table_dataset_of(const cama__source *from, const cama_schema *schema, const cama_options *options,
                               cama_dataset **out);

/* The same of a path. */
int32_t cama__table_schema(const char *path, const cama_options *options, cama_schema **out);
int32_t cama__table_dataset(const char *path, const cama_schema *schema, const cama_options *options,
                            cama_dataset **out);

#endif
