/* row_plan - which rows there are, in which order, and which rows of the smaller sets each of them looks at.
 *
 * A row is r = (i, u, c, k): example, sample of m, class, sample of z. What depends on x alone has a row for each
 * example (X rows), what depends on m a row for each (i, u) (M rows), q(z|x,y,m) a row for each (i, u, c) (Q rows), and
 * the rest a row for each (i, u, c, k) (R rows). Examples come in groups of GROUP_BLOCKS blocks. Within a group the
 * rows are cells (u, c) or (u, c, k), one after the other; the lanes of a cell are the examples of the group. So the
 * lanes of a block are consecutive examples of one class and one sample, and taking a row of X or M to a row of R
 * copies whole blocks. The last group may be ragged; with fewer examples than lanes its cells are packed without gaps.
 *
 * The order is a function of the number of examples alone. Tiles are runs of whole cells, and gradients are summed in
 * chunks that begin and end with cells: so neither tiles nor threads change a bit. */
#ifndef CAMA_LOGW_ROW_PLAN_H
#define CAMA_LOGW_ROW_PLAN_H

#include "../tensor/layout.h"

enum { GROUP_BLOCKS = 4 };

typedef struct {
    int64_t n;                       /* examples of this image tile */
    int32_t u, c, k;                 /* samples of m, classes (1 when the label is used), samples of z */
    int64_t group, full, rest;       /* examples in a group; full groups; examples in the last, ragged one (or 0) */
    int64_t rest_padded, rest_lanes; /* lanes of the ragged group among X and M rows, and in a cell of Q or R rows */
} cama__row_plan;

void cama__row_plan_init(cama__row_plan *plan, int64_t n, int32_t u, int32_t c, int32_t k);

/* Rows of the X and M sets, padding included. */
int64_t cama__row_plan_x(const cama__row_plan *plan);
int64_t cama__row_plan_m(const cama__row_plan *plan);

/* A run of cells: Q cells (u, c) when k = 1, R cells (u, c, k) otherwise. */
typedef struct {
    int64_t first, count; /* cells, counted through all groups */
    int64_t rows, chunk;  /* rows of the run; blocks of a chunk */
} cama__run;

/* The run of Q cells that begins at cell `first` (0 for the first; first + count of the last run for the next) with at
 * most most_rows / k rows, at least one cell. count is 0 after the last. */
cama__run cama__row_plan_q_run(const cama__row_plan *plan, int64_t first, int64_t most_rows);
/* The run of R cells inside a run of Q cells; first counts R cells: begin with q.first * k. */
cama__run cama__row_plan_r_run(const cama__row_plan *plan, const cama__run *q, int64_t first, int64_t most_rows);

/* One row of a run, taken apart. example is -1 for a padding lane; x and m are rows of the X and M sets (m counts one
 * row for each (i, u)); q is the row within the run of Q cells that holds it. */
typedef struct {
    int64_t example;
    int32_t u, c, k, x, m, q;
} cama__row;
/* per_cell_k: 1 to walk Q rows, plan->k to walk R rows. q_run: NULL when walking Q rows. */
cama__row cama__row_plan_row(const cama__row_plan *plan, const cama__run *run, int32_t per_cell_k,
                             const cama__run *q_run, int64_t row);
#endif
