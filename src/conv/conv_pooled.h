/* conv_pooled - a map and the max pool after it in one, for algorithms that make a pixel of output with the
 * micro-kernel: no pixel before the pool leaves the cache. */
#ifndef CAMA_CONV_CONV_POOLED_H
#define CAMA_CONV_CONV_POOLED_H

#include "conv_job.h"

/* Output pixels [row, end) x [column, last), at most a square of the pool, and what they are made from. */
typedef struct {
    const real *in, *columns; /* the block's; im2col: columns from line `row` on */
    int32_t row, end, column, last;
} cama__pool_square;

/* The squares of pooled line `index` of all blocks: lines, columns of squares, the square in column `column`. */
int32_t cama__conv_pooled_lines(const cama__conv_job *j);
int32_t cama__conv_pooled_columns(const cama__conv_job *j);
cama__pool_square cama__conv_pooled_square(const cama__conv_job *j, int64_t index, int32_t column, const real *columns);

/* Runs a task for each line of output of all blocks: `line`, or with a pool `pooled` for each line of squares. */
void cama__conv_pooled_run(const cama__exec *exec, cama__conv_job *j, cama__task *line, cama__task *pooled);

/* Tasks of cama__conv_pooled_lines(j) for each block; the worker's scratch holds columns of im2col. */
void cama__conv_pooled_task(void *arg, int64_t index, int32_t worker);

#endif
