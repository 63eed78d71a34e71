/* rows - taking rows of one tensor to rows of another by an index: gather-add, its adjoint scatter-add, and the tiles
 * both are made of.
 *
 * R rows look at source rows index[r] (index NULL: row r at source row r). A block of NR rows is worked through in
 * tiles of at most CAMA__TILE features, (count, NR) contiguous numbers, so that whatever is elementwise runs over whole
 * spans. Three kinds of blocks: aligned (its source is one block as it stands: no copy), constant (all rows look at one
 * source row), mixed. The kind changes the speed, never a bit: each lane sees the same numbers in the same order.
 * "index" holds source rows >= 0, not checked. Nothing here fails or allocates. */
#ifndef CAMA_TENSOR_ROWS_H
#define CAMA_TENSOR_ROWS_H

#include "exec.h"

#define CAMA__TILE 32 /* features */

/* dst[r] += src[index[r]] for r < rows. src (src blocks, F, NR), dst (blocks, F, NR). Lanes past rows stay as they
 * are. */
void cama__rows_gather_add(const cama__exec *exec, int64_t rows, int64_t features, const real *src,
                           const int32_t *index, real *dst);

/* dst[index[r]] += src[r], in increasing r for each feature. src (blocks, F, NR), dst (dst blocks, F, NR). Parallel
 * over ranges of features, so the bits do not depend on the threads. Lanes past rows are ignored. */
void cama__rows_scatter_add(const cama__exec *exec, int64_t rows, int64_t features, const real *src,
                            const int32_t *index, real *dst);

enum cama__rows_kind { ROWS_ALIGNED, ROWS_CONSTANT, ROWS_MIXED };

/* Where the rows of one block look, in a source tensor of a given number of features. */
typedef struct {
    int32_t kind, nr, lanes; /* lanes: rows of the block that exist */
    int64_t at[CAMA__LANES]; /* offset of each lane's source row at feature 0; aligned and constant: at[0] alone */
} cama__rows_map;

void cama__rows_look(const int32_t *index, int64_t rows, int64_t block, int64_t src_features, cama__rows_map *map);

/* The tile (count, NR) of source features first .. first+count-1, a lane for each row: inside src where the block is
 * aligned, otherwise in scratch (count * NR). Lanes past the last row are finite if src is. */
const real *cama__rows_tile(const cama__rows_map *map, const real *src, int64_t first, int64_t count, real *scratch);

/* The adjoint: adds the lanes of tile (count, NR) that exist to features first .. of their source rows, in lane
 * order. */
void cama__rows_tile_add(const cama__rows_map *map, const real *tile, int64_t first, int64_t count, real *dst);

/* tile (count, NR), count <= CAMA__TILE: every feature gets value[block * NR + lane], lanes past rows get zero. */
void cama__rows_spread(const double *value, int64_t rows, int64_t block, int64_t count, real *tile);

/* Zeros in the lanes past rows, of count features of a block. */
void cama__rows_clear(int64_t rows, int64_t block, int64_t count, real *tile);

/* task(arg, block) for each block of rows; several cheap blocks make one task of the pool. */
typedef void cama__rows_block_task(void *arg, int64_t block);
void cama__rows_each_block(const cama__exec *exec, int64_t rows, int64_t features, cama__rows_block_task *task,
                           void *arg);

/* task(arg, first, count) for ranges of features that make up 0 .. features-1. For sums over rows: their order is the
 * task's. How the features are cut depends on the threads, so a task must not depend on the cut. */
typedef void cama__rows_range_task(void *arg, int64_t first, int64_t count);
void cama__rows_each_range(const cama__exec *exec, int64_t rows, int64_t features, cama__rows_range_task *task,
                           void *arg);

#endif
