/* json - the JSON of a safetensors header: objects, arrays, strings and integers, nested at most three deep. A cursor
 * that the caller leads through the text expected: no tree, no recursion, and strict (RFC 8259, no key twice).
 * All errors are CAMA_E_FORMAT and name the byte (from 0, in the JSON text), what was expected and what came.
 *
 *     TRY(cama__json_open(&json, '{'));
 *     while (true) {
 *         TRY(cama__json_more(&json, &more));     reads "," or "}"
 *         if (!more) break;
 *         TRY(cama__json_key(&json, &key));
 *         TRY(cama__json_integer(&json, &value)); or _string, or _open and a loop of its own
 *     }
 *     TRY(cama__json_end(&json)); */
#ifndef CAMA_IO_JSON_H
#define CAMA_IO_JSON_H

#include "../base/mem.h"

#define CAMA__JSON_DEPTH 3

typedef struct {
    const char *key;
    int64_t at;
} cama__json_seen;

typedef struct {
    const char *text, *where; /* where: a path, for messages */
    int64_t size, at;         /* at: the next byte */
    char *pool;               /* (size) decoded strings; these never need more room than their text */
    int64_t pooled;
    int32_t depth;
    struct {
        char close;
        bool begun;
        int64_t first; /* its first key in seen */
    } open[CAMA__JSON_DEPTH];
    cama__json_seen *seen; /* keys of the objects that are open, to find duplicates when one closes */
    int64_t seen_count, seen_room;
} cama__json;

/* text (size) and where are borrowed; pool (size bytes) receives the strings, which live as long as it does. */
void cama__json_start(cama__json *json, const char *text, int64_t size, const char *where, char *pool);
void cama__json_free(cama__json *json); /* the cursor's own memory; not the pool. Also for a zeroed cursor */

int32_t cama__json_open(cama__json *json, char bracket); /* '{' or '[' */
/* Is there another member or element? After the last one and its bracket *more is false. */
int32_t cama__json_more(cama__json *json, bool *more);
int32_t cama__json_key(cama__json *json, const char **key);      /* and its colon; key as for a string */
int32_t cama__json_string(cama__json *json, const char **value); /* UTF-8 without U+0000, in the pool */
int32_t cama__json_integer(cama__json *json, int64_t *value);
int32_t cama__json_end(cama__json *json); /* nothing but space follows */

/* Room for count + 1 items: array itself, or a larger copy in its place (array is then freed), or NULL. */
void *cama__json_grow(void *array, int64_t count, int64_t *room, size_t item);

/* A writer that is run twice: with text NULL it only counts the bytes it would write. */
typedef struct {
    char *text;
    int64_t used;
} cama__json_writer;
void cama__json_put(cama__json_writer *writer, const char *raw);
void cama__json_put_string(cama__json_writer *writer, const char *value); /* quoted and escaped */
void cama__json_put_integer(cama__json_writer *writer, int64_t value);

#endif
