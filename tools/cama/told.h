/* told - what was read, for people and in JSON: roles and kinds of the columns, those that were left out and why, rows
 * that were refused. */
#ifndef TOOL_TOLD_H
#define TOOL_TOLD_H

#include "input.h"
#include "writers/json.h"

/* Roles and kinds of a schema's variables, the classes, and columns that were left out. */
void told_schema(FILE *out, const cama_schema *schema);
void told_schema_json(json *out, const cama_schema *schema); /* members of an object */

/* The data: format, rows, refused rows. */
void told_input(FILE *out, const input *in);
void told_input_json(json *out, const char *key, const input *in);

#endif
