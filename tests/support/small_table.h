/* small_table - small models of measurement data and rows for them: the second part of small.h. */
#ifndef TESTS_SUPPORT_SMALL_TABLE_H
#define TESTS_SUPPORT_SMALL_TABLE_H

#include "small_base.h"

/* A table: a spec with parents or co-parents has the variables of small_schema. */
cama__spec small_table(void);

/* The same as in the paper: m's feature joins the others. */
cama__spec small_table_merge(void);
cama__spec small_baseline(void);
cama_schema *small_schema(const cama__spec *spec);

/* What a fresh model of a table has at zero: readings, c_linear, q_z's view of m. */
void small_fill_zeros(cama_model *model);
cama_dataset *small_rows_of_table(const cama__spec *spec, int64_t n, uint64_t seed);

#endif
