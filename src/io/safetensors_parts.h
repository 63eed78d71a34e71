/* safetensors_parts - what the parts of the reader share: what a file held. */
#ifndef CAMA_IO_SAFETENSORS_PARTS_H
#define CAMA_IO_SAFETENSORS_PARTS_H

#include "safetensors.h"

#define DIGITS CAMA__CHECKSUM_DIGITS

typedef struct {
    const char *key, *value;
} cama__text_pair;

typedef struct {
    int64_t begin;
    int32_t index;
} cama__tensor_span;

struct cama__safetensors {
    int32_t count, meta_count;
    int64_t room, meta_room, span_room;
    cama__tensor *tensors;    /* (count) */
    cama__tensor_span *spans; /* (count) where the numbers of each begin, until they are in order */
    cama__text_pair *meta;    /* (meta_count) */
    char *pool;               /* all text */
    float *data;              /* all numbers, where they cannot be used as they stand in the buffer */
    int64_t data_size;        /* bytes of them, by the header */
    int64_t digits_at;        /* of the checksum, in the JSON text; 0: has none */
    char given[DIGITS + 1];   /* the checksum in the file */
    char counted[DIGITS + 1]; /* that of its bytes */
};

/* The JSON text of a header (size), into a zeroed *s. */
int32_t cama__safetensors_read_header(cama__safetensors *s, const char *text, int64_t size, const char *where);
/* CAMA_E_FORMAT if the file's checksum is another than that of its bytes. */
int32_t cama__safetensors_check(const cama__safetensors *s, const char *where);

#endif
