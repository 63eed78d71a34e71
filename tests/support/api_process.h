/* api_process - rows of processes that are known in closed form, and models trained on them. */
#ifndef TESTS_SUPPORT_API_PROCESS_H
#define TESTS_SUPPORT_API_PROCESS_H

#include <math.h>

#include "api_base.h"

/* Normals by Box and Muller from a linear congruential generator (Knuth's MMIX). */
double process_normal(uint64_t *state);

/* settings: keys and words of "schema", ended by NULL. */
cama_schema *process_schema(const char *table, const char *target, const char *const *settings);

/* A model for the schema, trained on the first rows of the table. */
cama_model *process_train(cama_session *session, const char *table, const cama_schema *schema, int64_t rows);

#endif
