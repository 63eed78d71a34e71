/* schema_json - a schema as one JSON text, for a model file's metadata: an array (json.h nests three deep) of the
 * target and then the variables in their order,
 *     [{"target":"y","classes":["a","b"],"cuts":["21.5"]},
 *      {"name":"g","role":"parent","kind":"categorical","levels":["u","v"]},
 *      {"name":"t","role":"child","kind":"continuous","offset":"1700000000.5","centre":"1700000007","spread":"3"}, ...]
 * cuts only where there are some, as text with the digits that give the same doubles; levels for binary ones too. Since
 * 0.2 a parent that is also co-parent comes twice, a target or co-parent whose do() is not answered has
 * "confounder":"u", offset stands where it is not 0, and centre and spread where they are known, and "typical" of a
 * variable that was made from a table: its median, or the index of its commonest level. */
#ifndef CAMA_IO_SCHEMA_JSON_H
#define CAMA_IO_SCHEMA_JSON_H

#include "../model/schema.h"

/* *text, with a zero byte at its end, belongs to the caller (cama__mem_free). The same schema gives the same bytes. */
int32_t cama__schema_json_encode(const cama_schema *schema, char **text);

/* where names the text in messages: a path. CAMA_E_FORMAT says what is wrong. */
int32_t cama__schema_json_decode(const char *text, int64_t size, const char *where, cama_schema **out);

#endif
