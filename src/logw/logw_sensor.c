/* logw_sensor - x as p_merge, q_z and the likelihood see it, in standard units:
 *
 *     seen = zero + (x - offset(m) - zero) exp(-gain(m)) - W c
 *
 * the reading of x under m undone (where m enters as gain and offset of each number, zero being 0 in the data's units),
 * and the linear effect of c taken off. By the change of variables log p(x) = log p(seen) - sum gain. Under do(m=0)
 * there is nothing to undo. Numbers that are not continuous are seen as they are. */
#include "../base/elementary.h"
#include "logw_state.h"

static bool reads(const cama__logw *s) { return s->m.reading != NULL; }
static bool linear(const cama__logw *s) { return s->model->spec.c_linear != 0; }
static bool per_m(const cama__logw *s) { return reads(s) && s->m.each; }

/* A gain is bounded: GAIN_MOST tanh(o / GAIN_MOST) of p_m's number o, by the sigmoid. A sensor that is dead, whose
 * numbers a factor without bounds would raise to anything, then looks as far off as it is. */
#define GAIN_MOST 4
static real gain_of(real o) { return GAIN_MOST * (2 * cama__sigmoid(o * ((real)2 / GAIN_MOST)) - 1); }
static real gain_slope(real o)
{
    const real share = cama__sigmoid(o * ((real)2 / GAIN_MOST));
    return 4 * share * (1 - share);
}

/* How rows see x. */
typedef struct {
    const cama_model *model;
    const int32_t *x_row; /* (rows) row of x and wc, or NULL: the same */
    const real *reading;  /* (rows or one, readings) or NULL */
    bool one_reading;
    const real *wc; /* W c, rows as x, or NULL */
    const real *m;  /* (rows, M) or NULL: rows of it that are zero have no reading */
    const real *observed; /* rows as x, or NULL: all is there; missing numbers are seen as x has them */
} seeing;

/* Offsets of one row's number 0 in blocked tensors of F features; features are NR apart. */
static int64_t base_of(int64_t row, int64_t features) { return cama__at(row, 0, features); }

typedef struct {
    int64_t x, p, at; /* number 0 of the row of x and W c, of the reading, of what is seen */
} place;

static place place_of(const seeing *v, int64_t row)
{
    const int64_t dims = cama__shape_size(v->model->spec.x), readings = cama__model_readings(v->model);
    return (place){base_of(v->x_row != NULL ? v->x_row[row] : row, dims), base_of(v->one_reading ? 0 : row, readings),
                   base_of(row, dims)};
}

/* How number d of x was read. */
typedef struct {
    real zero, gain, offset;
} reading;

static reading reading_of(const cama_model *model, const real *p, int64_t d)
{
    const int64_t dims = cama__shape_size(model->spec.x);
    const bool affine = model->spec.m_enters == M_ENTERS_AFFINE;
    return (reading){model->zero[d], gain_of(p[0]), affine ? p[dims * cama__kernel()->nr] : 0};
}

static bool row_reads(const seeing *v, int64_t row)
{
    return v->reading != NULL && (v->m == NULL || !cama__logw_zero_row(v->m, row, v->model->spec.m));
}

typedef struct {
    const seeing *v;
    const real *x;
    real *values;
} looking;

/* Whether the number of x at this place is. */
static bool missing(const seeing *v, int64_t at) { return v->observed != NULL && v->observed[at] == 0; }

static void see_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const looking *l = arg;
    const seeing *v = l->v;
    const cama_model *model = v->model;
    const int64_t dims = cama__shape_size(model->spec.x), nr = cama__kernel()->nr;
    const place at = place_of(v, row);
    const bool read = row_reads(v, row);
    for (int64_t d = 0; d < dims; d++) {
        real number = l->x[at.x + d * nr];
        if (missing(v, at.x + d * nr)) {
            l->values[at.at + d * nr] = number;
            continue;
        }
        if (read && model->reads[d]) {
            const reading r = reading_of(model, v->reading + at.p + d * nr, d);
            number = r.zero + (number - r.offset - r.zero) * cama__exp(-r.gain);
        }
        l->values[at.at + d * nr] = number - (v->wc != NULL && model->reads[d] ? v->wc[at.x + d * nr] : 0);
    }
}

static void undo_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const looking *l = arg;
    const seeing *v = l->v;
    const cama_model *model = v->model;
    const int64_t dims = cama__shape_size(model->spec.x), nr = cama__kernel()->nr;
    const place at = place_of(v, row);
    const bool read = row_reads(v, row);
    for (int64_t d = 0; d < dims; d++) {
        real *number = &l->values[at.at + d * nr];
        if (!model->reads[d]) continue;
        if (v->wc != NULL) *number += v->wc[at.x + d * nr];
        if (!read) continue;
        const reading r = reading_of(model, v->reading + at.p + d * nr, d);
        *number = r.zero + (*number - r.zero) * cama__exp(r.gain) + r.offset;
    }
}

static seeing seeing_of(const cama__logw *s, const real *wc)
{
    return (seeing){.model = s->model,
                    .x_row = per_m(s) ? s->m.x : NULL,
                    .reading = s->m.reading,
                    .one_reading = !per_m(s),
                    .wc = wc,
                    .observed = s->observed,
                    .m = s->m_is_do ? s->m.m : NULL};
}

/* W c, for the X rows; NULL without it. */
static const real *linear_forward(const cama__logw *s)
{
    const int64_t rows = cama__row_plan_x(&s->plan);
    if (!linear(s)) return NULL;
    real *wc = cama__exec_tensor(s->exec, rows, cama__shape_size(s->model->spec.x));
    cama__layer_forward(s->exec, &cama__logw_net(s, NET_C_LINEAR)->layer[0], s->model->theta, rows, s->causes.c_given,
                        wc, NULL);
    return wc;
}

void cama__sensor_forward(cama__logw *s)
{
    const int64_t dims = cama__shape_size(s->model->spec.x), x_rows = cama__row_plan_x(&s->plan);
    s->seen = s->encoded;
    s->seen_rows = per_m(s) ? s->m.rows : x_rows;
    s->dseen = s->dx;
    if (cama__logw_views(s)) cama__logw_view_look(s);
    if (cama__model_views(s->model) || (!reads(s) && !linear(s))) return;
    real *seen = cama__exec_tensor(s->exec, s->seen_rows, dims);
    s->dseen = s->gradient && s->to_seen ? cama__logw_zeros(s, s->seen_rows, dims) : NULL;
    const size_t mark = cama__arena_mark(s->exec->arena);
    const seeing v = seeing_of(s, linear_forward(s));
    looking l = {&v, s->x, seen};
    cama__exec_serial(s->exec, s->seen_rows, see_task, &l);
    cama__arena_release(s->exec->arena, mark);
    s->seen = seen;
}

void cama__sensor_undo(cama__logw *s, real *values)
{
    if (cama__logw_views(s)) cama__logw_view_show(s, values);
    if (cama__model_views(s->model) || (!reads(s) && !linear(s))) return;
    const size_t mark = cama__arena_mark(s->exec->arena);
    const seeing v = seeing_of(s, linear_forward(s));
    looking l = {&v, NULL, values};
    cama__exec_serial(s->exec, s->plan.n, undo_task, &l);
    cama__arena_release(s->exec->arena, mark);
}

typedef struct {
    cama__logw *s;
    const seeing *v;
    real *dwc; /* (X rows, D) */
} seen_rows;

/* One seen row: dseen to the reading and to x. */
static void see_backward_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const seen_rows *of = arg;
    cama__logw *s = of->s;
    const seeing *v = of->v;
    const cama_model *model = s->model;
    const int64_t dims = cama__shape_size(model->spec.x), nr = cama__kernel()->nr;
    const place at = place_of(v, row);
    for (int64_t d = 0; d < dims; d++) {
        const real dseen = s->dseen[at.at + d * nr];
        real slope = 1;
        if (missing(v, at.x + d * nr)) continue;
        if (reads(s) && model->reads[d]) {
            const real *p = s->m.reading + at.p + d * nr;
            const reading r = reading_of(model, p, d);
            slope = cama__exp(-r.gain);
            if (s->m.dreading != NULL) {
                real *dp = s->m.dreading + at.p + d * nr;
                dp[0] -= (s->x[at.x + d * nr] - r.offset - r.zero) * slope * dseen * gain_slope(p[0]);
                if (model->spec.m_enters == M_ENTERS_AFFINE) dp[dims * nr] -= slope * dseen;
            }
        }
        if (s->dx != NULL) s->dx[at.x + d * nr] += slope * dseen;
    }
}

static void sum_seen_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const seen_rows *of = arg;
    const cama_model *model = of->s->model;
    const int64_t dims = cama__shape_size(model->spec.x), nr = cama__kernel()->nr;
    const place at = place_of(of->v, row);
    for (int64_t d = 0; d < dims; d++)
        if (model->reads[d] && !missing(of->v, at.x + d * nr)) of->dwc[at.x + d * nr] -= of->s->dseen[at.at + d * nr];
}

/* -W^T dseen, added to dc: each X row's seen rows are summed first. */
static void linear_backward(cama__logw *s, const seeing *v)
{
    const cama_model *model = s->model;
    const int64_t dims = cama__shape_size(model->spec.x), x_rows = cama__row_plan_x(&s->plan), nr = cama__kernel()->nr,
                  size = model->spec.c;
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *dc = cama__exec_tensor(s->exec, x_rows, size);
    seen_rows of = {s, v, cama__logw_zeros(s, x_rows, dims)};
    cama__exec_serial(s->exec, s->seen_rows, sum_seen_task, &of);
    cama__layer_backward(s->exec, &cama__logw_net(s, NET_C_LINEAR)->layer[0], model->theta, x_rows,
                         &(cama__layer_values){.in = s->causes.c_given},
                         &(cama__gradient){GROUP_BLOCKS, of.dwc, dc, NULL});
    cama__exec_add(s->exec, dc, cama__blocks(x_rows) * nr * size, s->causes.dc);
    cama__arena_release(s->exec->arena, mark);
}

void cama__sensor_backward(cama__logw *s)
{
    if (s->dseen == NULL || s->seen == s->encoded) return;
    if (cama__logw_views(s)) {
        cama__logw_view_look_backward(s);
        return;
    }
    const seeing v = seeing_of(s, NULL);
    seen_rows of = {s, &v, NULL};
    cama__exec_serial(s->exec, s->seen_rows, see_backward_task, &of);
    if (linear(s) && s->causes.dc != NULL) linear_backward(s, &v);
}

double cama__logw_gain(const cama__logw *s, int64_t m_row, int64_t d)
{
    const int64_t at = cama__at(m_row, d, cama__model_readings(s->model));
    return s->model->reads[d] ? (double)gain_of(s->m.reading[at]) : 0;
}

double cama__logw_gain_slope(const cama__logw *s, int64_t m_row, int64_t d)
{
    const int64_t at = cama__at(m_row, d, cama__model_readings(s->model));
    return s->model->reads[d] ? (double)gain_slope(s->m.reading[at]) : 0;
}

void cama__logw_log_slope_backward(const cama__logw *s, int64_t m_row, double dw)
{
    const cama_model *model = s->model;
    const int64_t dims = cama__shape_size(model->spec.x), at = base_of(m_row, cama__model_readings(model)),
                  nr = cama__kernel()->nr;
    for (int64_t d = 0; d < dims; d++)
        if (model->reads[d]) s->m.dreading[at + d * nr] -= (real)dw * gain_slope(s->m.reading[at + d * nr]);
}

double cama__logw_log_slope(const cama__logw *s, int64_t m_row)
{
    const cama_model *model = s->model;
    const int64_t dims = cama__shape_size(model->spec.x), at = base_of(m_row, cama__model_readings(model)),
                  nr = cama__kernel()->nr;
    double sum = 0;
    for (int64_t d = 0; d < dims; d++)
        if (model->reads[d]) sum -= (double)gain_of(s->m.reading[at + d * nr]);
    return sum;
}
