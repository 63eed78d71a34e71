/* param - the table of parameters: one block of reals, theta, in the packed layout the layers compute with, and for
 * each tensor its public name, PyTorch shape and place. Only reading and writing a tensor converts; gradients and
 * moments share the layout. */
#ifndef CAMA_NN_PARAM_H
#define CAMA_NN_PARAM_H

#include "net.h"

enum { PARAM_MAX = 256, PARAM_NAME = 48 };
enum cama__param_role { PARAM_WEIGHT, PARAM_BIAS, PARAM_PLAIN /* stored as it is */ };

typedef struct {
    char name[PARAM_NAME];
    int32_t net, layer, role; /* net: the caller's number; layer: index in the net */
    int32_t dims;
    int64_t shape[4], count; /* PyTorch's */
    int64_t offset, size;    /* in theta; offsets are multiples of 16, padding is zero */
    int64_t fan_in;          /* inputs that meet in one output, for initialisation */
} cama__param;

typedef struct {
    int32_t count;
    int64_t reals; /* size of theta */
    cama__param item[PARAM_MAX];
} cama__params;

/* Append the tensors of a net and give its layers their places. CAMA_E_OPTION if there are too many. */
int32_t cama__params_add(cama__params *params, const char *name, int32_t number, cama__net *net);
int32_t cama__params_add_plain(cama__params *params, const char *name, int32_t number, int64_t count);
const cama__param *cama__params_find(const cama__params *params, const char *name); /* NULL if absent */

/* Copy a tensor between theta and values (count) in PyTorch's order. net: the one it belongs to (NULL for plain). */
void cama__param_read(const cama__param *param, const cama__net *net, const real *theta, float *values);
void cama__param_write(const cama__param *param, const cama__net *net, real *theta, const float *values);
#endif
