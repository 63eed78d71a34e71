/* logw_run - the order of things.
 *
 * A prediction, step by step: the classes' rows, once (logw_classes); for each image tile what depends on a and c
 * (logw_causes), m's rows (logw_m), what is seen of x under m (logw_sensor, logw_view), q_z's trunk (logw_trunk); then
 * tile after tile of rows (logw_tiles): q(z|x,y,m) on Q rows, draws of z and p(x|y,z,m) on R rows (logw_rows); at last
 * w to probabilities (logw_objective). With a gradient the way back is the same in reverse. */
#include "logw_state.h"

/* Networks whose weight gradients are summed over R or Q rows. */
static const uint32_t row_nets = ~(CAMA__NET_BIT(NET_P_M) | CAMA__NET_BIT(NET_Q_M));

/* Which gradients are on the way to something that is wanted. */
static void decide_flow(cama__logw *s)
{
    const uint32_t t = s->sink->dtheta != NULL ? s->sink->trainable : 0;
    const bool has_m = s->model->spec.m > 0, inferred = has_m && s->o->m == SCORE_M_INFER;
    s->gradient = s->sink->dtheta != NULL || s->sink->dx != NULL || s->sink->dc != NULL || s->sink->dm != NULL ||
                  s->sink->mean != NULL;
    const bool reads = has_m && s->model->spec.m_enters != M_ENTERS_MERGE;
    const bool to_q_m = inferred && (s->sink->dx != NULL || (t & CAMA__NET_BIT(NET_Q_M)) != 0);
    s->to_m = to_q_m || s->sink->dm != NULL || (has_m && (t & CAMA__NET_BIT(NET_P_M)) != 0);
    s->to_seen = s->sink->dx != NULL || (reads && s->to_m) || (s->sink->dc != NULL && s->model->spec.c_linear);
    s->to_trunk = s->to_seen || (t & CAMA__NET_BIT(NET_Q_Z)) != 0;
    s->merge_y = (t & (CAMA__NET_BIT(NET_P_Y) | CAMA__NET_BIT(NET_P_MERGE))) != 0;
    s->merge_m = has_m && !reads && (s->to_m || (t & CAMA__NET_BIT(NET_P_MERGE)) != 0);
    s->merge_c = s->sink->dc != NULL || (t & (CAMA__NET_BIT(NET_P_C) | CAMA__NET_BIT(NET_P_MERGE))) != 0;
    s->infer_y = (t & CAMA__NET_BIT(NET_Q_Z)) != 0;
    s->infer_m = has_m && (s->infer_y || to_q_m || s->sink->dm != NULL);
    s->infer_causes = s->infer_y || s->sink->dc != NULL;
    s->to_z = s->to_trunk || s->infer_m || s->infer_causes || (t & CAMA__NET_BIT(NET_P_Z)) != 0;
}

/* All rows of the image tile, and what is computed once for each example of it. */
static void rows_of_tile(cama__logw *s)
{
    const bool inferred = s->o->m == SCORE_M_INFER && s->model->spec.m > 0,
               given = s->o->m == SCORE_M_GIVEN && s->model->spec.m > 0;
    if (inferred) cama__logw_m_inferred(s);
    if (given) cama__logw_m_given(s);
    cama__logw_draw_shared(s);
    cama__sensor_forward(s);
    cama__logw_trunk_forward(s);
    s->dinfer_x = s->gradient && s->to_trunk ? cama__logw_zeros(s, s->seen_rows, cama__logw_width(s, NET_Q_Z)) : NULL;
    cama__logw_tiles(s);
    if (!s->gradient || s->sink->mean != NULL) return;
    if (s->to_trunk) cama__logw_trunk_backward(s);
    cama__logw_causes_backward(s);
    cama__sensor_backward(s);
    if (inferred || given) cama__logw_m_backward(s);
}

static void image_tile(cama__logw *s, int64_t first, int64_t n)
{
    const int64_t nr = cama__kernel()->nr, size = cama__shape_size(s->model->spec.x);
    const size_t mark = cama__arena_mark(s->exec->arena);
    s->first = first;
    const bool draws = !s->model->spec.discriminative;
    cama__row_plan_init(&s->plan, n, draws ? s->o->u : 1, s->per_class, draws ? s->o->k : 1);
    s->x = cama__exec_piece(s->exec, s->batch->x, first / nr * nr * size);
    s->encoded =
        s->batch->encoded == NULL ? s->x : cama__exec_piece(s->exec, s->batch->encoded, first / nr * nr * size);
    s->w = cama__exec_doubles(s->exec, n * s->plan.u * s->per_class * s->plan.k);
    s->dx = NULL;
    s->mean_first = first / nr * nr * size;
    if (s->sink->mean != NULL)
        cama__exec_zero(s->exec, cama__exec_piece(s->exec, s->sink->mean, s->mean_first),
                        cama__blocks(cama__row_plan_x(&s->plan)) * nr * size);
    if (s->sink->dx != NULL) {
        s->dx = cama__exec_piece(s->exec, s->sink->dx, first / nr * nr * size);
        cama__exec_zero(s->exec, s->dx, cama__blocks(cama__row_plan_x(&s->plan)) * nr * size);
    }
    cama__logw_causes_forward(s);
    if (s->model->spec.discriminative)
        cama__logw_discriminative(s);
    else
        rows_of_tile(s);
    cama__arena_release(s->exec->arena, mark);
}

void cama__logw_run(const cama__exec *exec, const cama_model *model, const cama__logw_options *options,
                    const cama__batch *batch, const cama__logw_sink *sink)
{
    cama__prepared prepared = {.count = 0};
    cama__exec with_prepared = *exec;
    cama__logw s = {.exec = &with_prepared, .model = model, .o = options, .batch = batch, .sink = sink};
    const size_t mark = cama__arena_mark(exec->arena);
    const int64_t group = GROUP_BLOCKS * cama__kernel()->nr;
    int64_t tile = options->image_tile / group * group;
    if (tile < group) tile = group;
    s.per_class = options->objective == OBJECTIVE_ELBO ? 1 : model->spec.classes;
    s.sampled = cama__objective_is_bayes(options->objective);
    decide_flow(&s);
    s.sparse = s.gradient && s.per_class > 1 && (sink->dtheta == NULL || (sink->trainable & row_nets) == 0);
    const bool fixed = model->spec.m > 0 && options->m == SCORE_M_DO, generative = !model->spec.discriminative;
    if (generative) {
        const cama__net *merge = &model->net[NET_P_MERGE];
        cama__net_prepare(exec, merge, model->theta, 1, merge->count, &prepared);
        with_prepared.prepared = &prepared;
        cama__logw_y_forward(&s);
    }
    if (generative && cama__model_views(model)) cama__logw_view_begin(&s);
    if (fixed) cama__logw_m_fixed(&s);
    for (int64_t first = 0; first < batch->n; first += tile)
        image_tile(&s, first, batch->n - first < tile ? batch->n - first : tile);
    const bool adjoint = s.gradient && sink->mean == NULL;
    if (adjoint && fixed) cama__logw_m_backward(&s);
    if (adjoint && generative && cama__model_views(model) && s.to_m) cama__logw_view_end(&s);
    if (adjoint && generative) cama__logw_y_backward(&s);
    cama__arena_release(exec->arena, mark);
}
