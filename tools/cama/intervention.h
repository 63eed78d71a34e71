/* intervention - do(NAME = VALUE) of the command line, as numbers: the class, numbers of c, or m = 0. */
#ifndef TOOL_INTERVENTION_H
#define TOOL_INTERVENTION_H

#include "input.h"
#include "names.h"

typedef struct {
    int32_t y;     /* the class that is set, or -1 */
    int zero_m;    /* do(m = 0) */
    float *c;      /* (P) numbers of the co-parents that are set; NULL without co-parents */
    char *c_set;   /* (P) whether each is */
    int32_t width; /* P */
    int set;       /* how many interventions there are */
} intervention;

/* From the operands behind the first two. A usage error for a name or a value that cannot be. */
void intervention_read(const arguments *args, const cama_model *model, const texts *names, intervention *out);
void intervention_free(intervention *made);

/* Sets the co-parents of c (n, P), in place. */
void intervention_apply(const intervention *made, int64_t n, float *c);

/* A continuous co-parent that may be moved: its place in c, and its offset. A usage error if it is none. */
int32_t intervention_place(const cama_model *model, const char *name, double *offset);

#endif
