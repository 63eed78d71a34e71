/* saved - model files: read, and written through an output. */
#ifndef TOOL_SAVED_H
#define TOOL_SAVED_H

#include <cama/cama.h>

#include "output.h"
#include "texts.h"

/* A model from its file; the caller's. Fails if it cannot be read. */
cama_model *saved_load(const char *path);

/* Writes the model's file; it takes its place with output_commit. */
void saved_write(const cama_model *model, output *out);

/* What __metadata__ of a model's file says: keys and values, in the file's order. Fails if it is no safetensors
 * file. */
typedef struct {
    texts keys, values;
} metadata;
void saved_metadata(const char *path, metadata *out);
void saved_metadata_free(metadata *meta);
const char *saved_value(const metadata *meta, const char *key); /* or NULL */
/* The word of option KEY of "model" that a file has as a number, static; NULL if it has none. */
const char *saved_choice(const metadata *meta, const char *key);

#endif
