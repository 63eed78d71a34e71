/* logw_objective - log-weights of the image tile to values, probabilities and the gradient of the objective. */
#include <string.h>

#include "logw_state.h"

typedef struct {
    cama__logw *s;
    double *scratch; /* (2, classes) */
} reduction;

/* One example: its log-weights to the value of the objective, and to their gradient in the same place. */
static void reduce_task(void *arg, int64_t i, int32_t worker)
{
    (void)worker;
    const reduction *r = arg;
    const cama__logw *s = r->s;
    const cama__logw_sink *sink = s->sink;
    const int32_t u = s->plan.u, c = s->per_class, k = s->plan.k, classes = s->model->spec.classes;
    const int64_t each = (int64_t)u * c * k, at = s->first + i;
    double *w = s->w + i * each;
    if (sink->w != NULL) memcpy(sink->w + at * each, w, (size_t)each * sizeof *w);
    for (int64_t row = 0; s->o->temper > 0 && row < each; row++) w[row] /= s->o->temper;
    const int32_t label = cama__objective_is_bayes(s->o->objective) && s->batch->y != NULL ? s->batch->y[at] : -1;
    const double value =
        cama__objective_apply(s->o->objective, u, c, k, w, label, s->gradient,
                              sink->weight == NULL ? sink->scale : sink->scale * sink->weight[at],
                              sink->probabilities == NULL ? NULL : sink->probabilities + at * classes, r->scratch);
    if (sink->value != NULL) sink->value[at] = value;
}

bool cama__logw_objective(cama__logw *s)
{
    const size_t mark = cama__arena_mark(s->exec->arena);
    reduction r = {s, cama__exec_doubles(s->exec, 2 * (int64_t)s->model->spec.classes)};
    cama__exec_serial(s->exec, s->plan.n, reduce_task, &r);
    s->dw = s->w;
    cama__arena_release(s->exec->arena, mark);
    return s->gradient;
}
