/* row_plan - arithmetic of groups, cells and rows; a last, ragged group is counted apart. */
#include "row_plan.h"

static int64_t round_up(int64_t a, int64_t unit) { return (a + unit - 1) / unit * unit; }

void cama__row_plan_init(cama__row_plan *plan, int64_t n, int32_t u, int32_t c, int32_t k)
{
    const int64_t nr = cama__kernel()->nr;
    *plan = (cama__row_plan){.n = n, .u = u, .c = c, .k = k, .group = GROUP_BLOCKS * nr};
    plan->full = n / plan->group;
    plan->rest = n % plan->group;
    plan->rest_padded = round_up(plan->rest, nr);
    const bool one_cell = (int64_t)u * c * k == 1;
    plan->rest_lanes = plan->rest < nr && !one_cell ? plan->rest : plan->rest_padded;
}

int64_t cama__row_plan_x(const cama__row_plan *plan) { return plan->full * plan->group + plan->rest_padded; }
int64_t cama__row_plan_m(const cama__row_plan *plan) { return cama__row_plan_x(plan) * plan->u; }

static inline int64_t cells_of_group(const cama__row_plan *p, int32_t k) { return (int64_t)p->u * p->c * k; }
static inline bool packed_cells(const cama__row_plan *p) { return p->rest_lanes % cama__kernel()->nr != 0; }

/* First row of a cell, counted through all groups. */
static int64_t row_of_cell(const cama__row_plan *p, int64_t cell, int32_t k)
{
    const int64_t in_full = p->full * cells_of_group(p, k);
    return cell <= in_full ? cell * p->group : in_full * p->group + (cell - in_full) * p->rest_lanes;
}

/* Cells [first, end) of at most `most` rows: whole cells of one kind of group; packed cells by fours of blocks. */
static cama__run run_within(const cama__row_plan *p, int64_t first, int64_t end, int64_t most, int32_t k)
{
    if (first >= end) return (cama__run){.first = first};
    const int64_t per_group = cells_of_group(p, k), in_full = p->full * per_group;
    const bool ragged = first >= in_full, joined = per_group == 1;
    const int64_t lanes = ragged && !joined ? p->rest_lanes : p->group;
    const int64_t unit = ragged && !joined && packed_cells(p) ? p->group : 1;
    if (!joined && !ragged && end > in_full) end = in_full;
    int64_t count = most / (lanes * unit) * unit;
    if (count < unit) count = unit;
    if (count > end - first) count = end - first;
    cama__run run = {.first = first, .count = count, .chunk = GROUP_BLOCKS};
    run.rows = row_of_cell(p, first + count, k) - row_of_cell(p, first, k);
    if (ragged && !joined && !packed_cells(p)) run.chunk = p->rest_lanes / cama__kernel()->nr;
    return run;
}

cama__run cama__row_plan_q_run(const cama__row_plan *plan, int64_t first, int64_t most_rows)
{
    const int64_t end = (plan->full + (plan->rest > 0)) * cells_of_group(plan, 1);
    return run_within(plan, first, end, most_rows / plan->k, 1);
}

cama__run cama__row_plan_r_run(const cama__row_plan *plan, const cama__run *q, int64_t first, int64_t most_rows)
{
    return run_within(plan, first, (q->first + q->count) * plan->k, most_rows, plan->k);
}

cama__row cama__row_plan_row(const cama__row_plan *plan, const cama__run *run, int32_t per_cell_k,
                             const cama__run *q_run, int64_t row)
{
    const int64_t per_group = cells_of_group(plan, per_cell_k), in_full = plan->full * per_group;
    const int64_t all = row_of_cell(plan, run->first, per_cell_k) + row;
    const bool ragged = all >= in_full * plan->group;
    const int64_t lanes = ragged ? plan->rest_lanes : plan->group;
    const int64_t cell = ragged ? in_full + (all - in_full * plan->group) / lanes : all / lanes;
    const int64_t lane = all - row_of_cell(plan, cell, per_cell_k), group = cell / per_group;
    const int64_t within = cell % per_group, q_cell = cell / per_cell_k;
    cama__row r = {.k = (int32_t)(within % per_cell_k),
                   .c = (int32_t)(within / per_cell_k % plan->c),
                   .u = (int32_t)(within / per_cell_k / plan->c)};
    const int64_t x = group * plan->group + lane, m_lanes = ragged ? plan->rest_padded : plan->group;
    r.example = x < plan->n ? x : -1;
    r.x = (int32_t)x;
    r.m = (int32_t)(group * plan->group * plan->u + r.u * m_lanes + lane);
    if (q_run != NULL) r.q = (int32_t)(row_of_cell(plan, q_cell, 1) - row_of_cell(plan, q_run->first, 1) + lane);
    return r;
}
