/* epilogue - bias and ReLU of a tile of output, on its way to where it belongs: a row of NR lanes for each channel. */
#ifndef CAMA_TENSOR_EPILOGUE_H
#define CAMA_TENSOR_EPILOGUE_H

#include "layout.h"

/* Rows that lie where they belong; bias (rows) may be NULL. */
void cama__epilogue_rows(real *rows, int64_t count, int64_t nr, const real *bias, bool relu);

/* A tile as a kernel that stores columns makes it: NR columns of MR channels, of which the first `rows` are there. To
 * out (rows, NR); bias (MR) may be NULL. */
void cama__epilogue_columns(const real *tile, int64_t rows, const real *bias, bool relu, real *out);
#endif
