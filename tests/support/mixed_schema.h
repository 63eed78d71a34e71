/* mixed_schema - a schema with variables of every kind in every role that has them. */
#ifndef TESTS_SUPPORT_MIXED_SCHEMA_H
#define TESTS_SUPPORT_MIXED_SCHEMA_H

#include "check.h"
#include "model/schema.h"

/* x: continuous, binary, continuous, categorical of 3, continuous (7 numbers); a: continuous, categorical of 2; c:
 * binary, continuous, continuous. */
cama_schema *mixed_schema(int32_t classes);

#endif
