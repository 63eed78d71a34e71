/* conv_job - an application as the tasks of conv_dense.c, conv_direct.c, conv_im2col.c and small_k_avx2.c take it: its
 * sizes, and what the micro-kernel multiplies for one output pixel. */
#ifndef CAMA_CONV_CONV_JOB_H
#define CAMA_CONV_CONV_JOB_H

#include "conv_geometry.h"
#include "tile.h"

typedef struct {
    const cama__conv *map;
    bool adjoint;
    cama__conv_post post;
    const real *weights, *in;
    real *out;
    uint8_t *argmax;
    cama__product_shape s;
    int64_t blocks, in_size, out_size, panels;
    int64_t columns; /* im2col: numbers of the columns that one output line meets */
    int32_t in_w, out_h, out_w;
    real *scratch; /* scratch_size reals for each worker */
    int64_t scratch_size;
} cama__conv_job;

cama__conv_job cama__conv_job_of(const cama__conv_application *a);
/* scratch_size reals, rounded up, for each thread. */
void cama__conv_job_take_scratch(const cama__exec *exec, cama__conv_job *j, int64_t scratch_size);

/* What makes output pixel (oh, ow), with the weights of the first panel; in: the block's. */
cama__tile_products cama__conv_job_pixel(const cama__conv_job *j, const real *in, int32_t oh, int32_t ow);

#endif
