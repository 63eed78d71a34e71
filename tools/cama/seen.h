/* seen - how a model with views says that images were seen, in a person's units. */
#ifndef TOOL_SEEN_H
#define TOOL_SEEN_H

#include "input.h"

typedef struct {
    int64_t n;
    int32_t count;           /* numbers of a view, V */
    float *mean, *deviation; /* (n, V) */
} seen;

/* Whether the model of this file has views, and a q(m|x) that was trained. */
int seen_is_possible(const char *path, const cama_model *model);

/* 0 if it was stopped. */
int seen_find(const arguments *args, cama_session *session, const cama_model *model, const input *data, seen *out);
void seen_free(seen *made);

/* Name and unit of a number of a view, and its value where nothing was done. */
const char *seen_name(int32_t index, const char **unit, double *none);

#endif
