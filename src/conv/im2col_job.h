/* im2col_job - what algorithms on patches share (im2col.h): lines of columns of patches, the weights in their order,
 * and the start and end of a block that patches are added to. */
#ifndef CAMA_CONV_IM2COL_JOB_H
#define CAMA_CONV_IM2COL_JOB_H

#include "conv_job.h"
#include "im2col.h"

/* Direction big -> small: takes scratch for the columns of `lines` lines for each worker, and sets j->weights to those
 * of `a` in the order of columns. */
void cama__im2col_use_columns(const cama__exec *exec, cama__conv_job *j, int32_t lines);
/* Columns of lines [row, end) of the small grid, from a block of the big grid. */
void cama__im2col_lines(const cama__conv_job *j, const real *in, int32_t row, int32_t end, real *columns);
/* What makes output pixel (oh, ow), from columns of lines from `first` on. */
cama__tile_products cama__im2col_pixel(const cama__conv_job *j, const real *columns, int32_t first, int32_t oh,
                                       int32_t ow);

/* Direction small -> big: a block before the first patch is added (the bias) and after the last (ReLU). */
void cama__im2col_start_block(const cama__conv_job *j, real *out);
void cama__im2col_finish_block(const cama__conv_job *j, real *out);

#endif
