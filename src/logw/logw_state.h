/* logw_state - what one run holds: private to logw_*.c. Names as in row_plan.h; d... is the gradient of
 * the objective with respect to ...; a member that the run does not need is NULL. */
#ifndef CAMA_LOGW_LOGW_STATE_H
#define CAMA_LOGW_LOGW_STATE_H

#include "../image/render.h"
#include "logw.h"

/* What is computed once for a set of rows of m: one row under do(m), all M rows of the image tile otherwise. */
typedef struct {
    int64_t rows;
    bool each;        /* a row for each example (and draw), not one for all */
    const real *m;    /* (rows, M) */
    real *post, *eps; /* (X rows, 2M), (rows, M): inferred m only */
    int32_t *x;       /* (rows) X row of each M row; NULL: the same */
    double *bracket;  /* (rows) ratio, or (X rows) -KL */
    cama__tape p_m, q_m;
    const real *h;       /* (rows, .) feature of m */
    real *merge, *infer; /* products of the joins' parts; merge NULL where m enters as a reading */
    real *dmerge, *dinfer;
    const real *reading; /* (rows, readings) p_m's numbers: gains, ..., or views (model.h); NULL: x is seen as it is */
    real *dreading;
    real *spread, *dspread; /* (rows, 2D) additions to the log-variances behind D zeros, as p_merge's outputs lie */
    double *dw;             /* (rows) sum of dw over the rows that use it */
} cama__m_rows;

/* p_m at m = 0, which a view takes off: once for the batch. */
typedef struct {
    cama__tape p_m;
    const real *m, *h;    /* (1, M), (1, VIEW_COUNT) */
    double d[VIEW_COUNT]; /* sum of the views' gradients over all tiles, row by row */
} cama__m_zero;

/* What is computed once for the classes. */
typedef struct {
    real *onehot; /* (C, C) */
    cama__tape p_y;
    const real *h;
    real *merge, *infer, *dmerge, *dinfer;
} cama__y_rows;

/* What depends on a and c alone: X rows. */
typedef struct {
    const real *a, *c;   /* (X rows, A), (X rows, P) as the networks read them */
    const real *c_given; /* c without limits */
    cama__tape p_prior, p_c;
    double *log_prior; /* (X rows, C) log p(y|a), and its gradient; NULL without a */
    double *dlog_prior;
    const real *h_c;
    real *merge, *infer; /* the joins' parts, a's and c's together in infer; NULL without */
    real *dmerge, *dinfer;
    real *dc;
} cama__cause_rows;

typedef struct {
    cama__run run;
    int32_t *x, *y, *m, *seen; /* (rows) */
    cama__tape head;           /* q_z from the join on */
    const real *post;          /* (rows, 2Z) */
    double *kl, *dkl;          /* (rows) */
    real *dpost;
} cama__q_rows;

typedef struct {
    cama__run run;
    int32_t *q, *x, *y, *m, *seen; /* (rows) */
    int64_t *w;                    /* (rows) place in w, or -1 for a padding lane */
    real *eps;                     /* (rows, Z); NULL for noise = mean */
    const real *z;                 /* (rows, Z) */
    double *ratio, *logp;          /* (rows) */
    cama__tape p_z, merge;
    const real *h_z, *params;
    real *mean, *share; /* (rows, D), (rows): the mean image under its view; NULL where m does not enter as one */
} cama__r_rows;

typedef struct {
    const cama__exec *exec;
    const cama_model *model;
    const cama__logw_options *o;
    const cama__batch *batch;
    const cama__logw_sink *sink;
    int32_t per_class;      /* classes that have rows: 1 with OBJECTIVE_ELBO */
    bool gradient, sampled; /* sampled: brackets are sampled log-ratios, not KL */
    bool sparse; /* backward may leave out rows whose dw rounds away: no weight gradient is summed over rows */
    /* which gradients have to flow */
    bool to_z, to_m, to_seen, to_trunk, merge_y, merge_m, merge_c, infer_y, infer_m, infer_causes;
    cama__y_rows y;
    cama__m_rows m;
    cama__m_zero zero;
    bool m_is_do; /* m is given as do(m): a row of zeros is do(m=0), which has no reading */
    /* of the image tile */
    int64_t first; /* its first example */
    cama__row_plan plan;
    const real *x;       /* (X rows, D) */
    const real *observed; /* likewise, or NULL: all is */
    const real *encoded; /* the same, or what stands in its place for q_z */
    /* x after the sensor correction (seen rows, D): M rows where m enters as a reading, otherwise X rows */
    const real *seen;
    int64_t seen_rows;
    real *dseen; /* may be dx itself */
    /* (n or 1, U K, Z) noise that classes, and without keys examples, have in common; NULL: drawn row by row */
    const real *eps;
    const real *z; /* (R rows, Z) given in place of draws, or NULL */
    cama__cause_rows causes;
    cama__tape trunk;
    const real *t; /* (seen rows, .) output of q_z's trunk */
    real *infer_x, *dinfer_x;
    double *w;          /* (n, U, C or 1, K) log-weights */
    double *dw;         /* the same memory from the objective on: the gradient with respect to w */
    bool fills_w;       /* whether R rows write w: not when a forward is repeated for its backward */
    real *dx;           /* (X rows, D) */
    int64_t mean_first; /* where the tile begins in the sink's mean */
    /* of a pass over the rows (logw_tiles.c) */
    const cama__row *kept; /* Q rows that take part, in order; NULL: all */
    int64_t kept_count;
    int32_t k_count; /* draws of z of each: of kept ones from their k on */
} cama__logw;

static inline const cama__net *cama__logw_net(const cama__logw *s, int32_t number) { return &s->model->net[number]; }
/* dtheta for a net that is trained, otherwise NULL: its weight gradients are not computed. */
static inline real *cama__logw_dtheta(const cama__logw *s, int32_t number)
{
    return s->sink->trainable & CAMA__NET_BIT(number) ? s->sink->dtheta : NULL;
}
static inline int64_t cama__logw_width(const cama__logw *s, int32_t number)
{
    const cama__net *net = &s->model->net[number];
    return cama__shape_size(net->layer[net->join].out);
}
real *cama__logw_zeros(const cama__logw *s, int64_t rows, int64_t features); /* a zeroed tensor */

/* One-hot rows of the classes, (C, C). */
real *cama__logw_onehot(const cama__exec *exec, int64_t classes);

/* The rows of y and m. */
void cama__logw_y_forward(cama__logw *s);
void cama__logw_y_backward(cama__logw *s);
void cama__logw_m_fixed(cama__logw *s);    /* under do(m): once for the batch */
void cama__logw_m_inferred(cama__logw *s); /* for the image tile */
void cama__logw_m_given(cama__logw *s);    /* likewise */
void cama__logw_m_backward(cama__logw *s);
bool cama__logw_m_is_zero(const cama__logw *s); /* of a fixed m */
bool cama__logw_zero_row(const real *m, int64_t row, int64_t size); /* of m (rows, size) */

/* The rows of a and c, for the image tile. */
void cama__logw_causes_forward(cama__logw *s);
void cama__logw_causes_backward(cama__logw *s);
/* c (rows, C) within the range of training, as the networks read it. */
void cama__logw_limit_c(const cama__exec *exec, const cama_model *model, int64_t rows, const real *c, real *out);
void cama__logw_limit_dc(cama__logw *s); /* dc = 0 where c lies beyond its limits and the networks read the limit */

/* x as it is seen, for the image tile; values (n, D) that are seen back to x, in place, where each example has one row
 * of m; and log |d seen / d x| of an M row's reading. */
void cama__sensor_forward(cama__logw *s);
void cama__sensor_backward(cama__logw *s);
void cama__sensor_undo(cama__logw *s, real *values);
double cama__logw_gain(const cama__logw *s, int64_t m_row, int64_t d); /* of number d; 0 where it has none */
double cama__logw_gain_slope(const cama__logw *s, int64_t m_row, int64_t d); /* d gain / d reading */
double cama__logw_log_slope(const cama__logw *s, int64_t m_row);
void cama__logw_log_slope_backward(const cama__logw *s, int64_t m_row, double dw); /* to dreading */

/* q_z's trunk on what is seen, and x's part of the join. */
void cama__logw_trunk_forward(cama__logw *s);
void cama__logw_trunk_backward(cama__logw *s);

/* What missing numbers of x took part in, where the parts are sums over all numbers (logw_missing.c): to be added to
 * w of an R row; and the adjoint for all R rows, whose gradients are dw (rows), to dreading. dx = 0 where x is
 * missing. */
double cama__logw_missing(const cama__logw *s, int64_t x_row, int64_t m_row);
void cama__logw_missing_backward(cama__logw *s, const cama__r_rows *r, const double *dw);
void cama__logw_missing_dx(cama__logw *s);

/* Layers of a network without a join. */
const real *cama__logw_plain(const cama__logw *s, int32_t number, int64_t rows, const real *in, cama__tape *tape);

/* A part of a join, and the network without a join that feeds it: h = feeder(in), product = W_part h. */
typedef struct {
    int32_t join, part, feeder; /* networks, and the part of the first one's join */
    int64_t rows;
    const real *in, *h;
    const cama__tape *tape;
} cama__fed_part;
/* dproduct to both networks, and to din (NULL: not wanted, otherwise overwritten). */
void cama__logw_part_backward(cama__logw *s, const cama__fed_part *p, real *dproduct, real *din);

/* m as a view (logw_view.c): its numbers from m and p_m, for the M rows; log p(x|.) of R rows under their views; what
 * q_z sees. */
static inline bool cama__logw_views(const cama__logw *s) { return cama__model_views(s->model) && s->m.reading != NULL; }
/* view (rows, VIEW_COUNT) of m (rows, M) from p_m's numbers h (rows, VIEW_COUNT) and h_zero (1, VIEW_COUNT), those of
 * m = 0. */
void cama__logw_compose_views(const cama__exec *exec, const cama_model *model, int64_t rows, const real *m,
                              const real *h, const real *h_zero, real *view);
/* Rows under views `numbers` (rows, VIEW_COUNT), with scratch from the arena. */
cama__render cama__logw_render(const cama__exec *exec, const cama_model *model, int64_t rows, const real *numbers);
void cama__logw_view_begin(cama__logw *s); /* for the batch: p_m(0) */
void cama__logw_view_end(cama__logw *s);   /* its adjoint */
void cama__logw_view_take(cama__logw *s);
void cama__logw_view_finish(cama__logw *s, real *dm); /* dreading to p_m and, where not NULL, to dm */
void cama__logw_view_forward(cama__logw *s, cama__r_rows *r);
void cama__logw_view_backward(cama__logw *s, const cama__r_rows *r, const double *dw, real *dparams);
void cama__logw_view_look(cama__logw *s);
void cama__logw_view_show(cama__logw *s, real *values); /* mean images (n, D) as their views show them, in place */
void cama__logw_view_look_backward(cama__logw *s);

/* w -> values, probabilities, and dw in w's place; false if no gradient is wanted. */
bool cama__logw_objective(cama__logw *s);
/* A discriminative model's image tile. */
void cama__logw_discriminative(cama__logw *s);

/* The noise of z that rows of the image tile share. */
void cama__logw_draw_shared(cama__logw *s);

/* All rows of the image tile, tile by tile: forward to w, the objective (w -> dw), backward. */
void cama__logw_tiles(cama__logw *s);
/* Row `row` of a run: of Q rows (q NULL) or of R rows within the Q rows of q. */
cama__row cama__logw_row(const cama__logw *s, const cama__run *run, const cama__run *q, int64_t row);

/* The rows of q and r. */
void cama__logw_q_forward(cama__logw *s, cama__q_rows *q);
void cama__logw_q_backward(cama__logw *s, cama__q_rows *q);
/* Their z, from the posteriors of Q rows; and p(x|.) of it. Both are in r_forward, which goes on to w. */
void cama__logw_r_draw(cama__logw *s, const cama__q_rows *q, cama__r_rows *r);
void cama__logw_r_decode(cama__logw *s, cama__r_rows *r);
void cama__logw_r_forward(cama__logw *s, const cama__q_rows *q, cama__r_rows *r);
void cama__logw_r_backward(cama__logw *s, cama__q_rows *q, cama__r_rows *r);
#endif
