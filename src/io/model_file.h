/* model_file - a model as one safetensors file: every parameter in PyTorch's shape and order, the log-prior as tensor
 * "prior.log_prob", and in __metadata__ the whole spec, so that a file alone rebuilds its model bit for bit. */
#ifndef CAMA_IO_MODEL_FILE_H
#define CAMA_IO_MODEL_FILE_H

#include "../model/model.h"

/* *buffer (*size bytes) belongs to the caller: cama__mem_free. The same model always gives the same bytes. */
int32_t cama__model_file_encode(const cama_model *model, void **buffer, int64_t *size);

/* where names the buffer in messages: a path, or "memory". CAMA_E_FORMAT says what is wrong. Parameters get
 * memory only when the file has been seen to hold every tensor that its metadata imply: memory is bounded by a small
 * multiple of size (padding to panels). */
int32_t cama__model_file_decode(const void *buffer, int64_t size, const char *where, cama_model **out);

/* The same with a file, which is replaced atomically. */
int32_t cama__model_file_save(const cama_model *model, const char *path);
int32_t cama__model_file_load(const char *path, cama_model **out);

/* All the checks of the reader, without memory for the model's parameters. */
int32_t cama__model_file_check(const void *buffer, int64_t size, const char *where);
int32_t cama__model_file_verify(const char *path);

#endif
