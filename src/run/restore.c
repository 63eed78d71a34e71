/* restore - see restore.h. */
#include "restore.h"

#include <math.h>
#include <string.h>

#include "../prob/contaminated.h"

/* Images of which fewer pixels are contaminated are left alone; of the others at least LEAST counts. */
#define UNTOUCHED ((real).02)
#define LEAST ((real).04)
/* Class posteriors are flattened before they average the mean images: a sure and wrong class is hard to leave. */
#define TEMPER 10

typedef struct {
    const cama_model *model;
    const cama__batch *batch;
    const real *mean;
    real *restored;
    bool any; /* an image of the batch is contaminated */
} job;

/* Shares of the rows, raised to LEAST. */
static void take_shares(const cama__work *work, job *j, real *share)
{
    const int64_t n = j->batch->n;
    real *numbers = cama__work_tensor(work, n, VIEW_COUNT);
    cama__score_view_numbers(work, j->model, n, j->batch->m, numbers);
    if (cama__work_measures(work)) return;
    const cama__render render = {.image = cama__model_image(j->model), .rows = n, .numbers = numbers};
    cama__render_shares(&render, share);
    j->any = false;
    for (int64_t i = 0; i < n; i++) {
        share[i] = share[i] < UNTOUCHED ? 0 : share[i] < LEAST ? LEAST : share[i];
        j->any = j->any || share[i] > 0;
    }
}

static void look_task(const cama__work *work, void *arg)
{
    const size_t mark = cama__arena_mark(work->arena);
    take_shares(work, arg, cama__work_tensor(work, ((job *)arg)->batch->n, 1));
    cama__arena_release(work->arena, mark);
}

static void replace_task(const cama__work *work, void *arg)
{
    job *j = arg;
    const size_t mark = cama__arena_mark(work->arena);
    real *share = cama__work_tensor(work, j->batch->n, 1);
    take_shares(work, j, share);
    const cama__contaminated c = {.rows = j->batch->n,
                                  .dims = cama__shape_size(j->model->spec.x),
                                  .mean = j->mean,
                                  .x = j->batch->x,
                                  .share = share};
    if (!cama__work_measures(work)) cama__contaminated_restore(work->pool, &c, j->restored);
    cama__arena_release(work->arena, mark);
}

int32_t cama__restore(cama_session *session, const cama_model *model, const cama__batch *batch, int32_t rounds,
                      real *room, real *restored)
{
    int32_t status = CAMA_OK;
    const int64_t numbers = cama__blocks(batch->n) * cama__kernel()->nr * cama__shape_size(model->spec.x);
    cama__batch now = *batch;
    cama__score_options o = {.head = HEAD_MARGINAL,
                             .m = SCORE_M_GIVEN,
                             .u = 1,
                             .k = 1,
                             .mean_noise = true,
                             .prior_z = true,
                             .temper = TEMPER,
                             .kl_weight = 1};
    job j = {model, batch, room, restored, false};
    memcpy(restored, batch->x, (size_t)numbers * sizeof *restored);
    TRY(cama__session_run(session, look_task, &j));
    for (int32_t r = 0; j.any && r < rounds; r++) {
        now.encoded = restored;
        const cama__score_sink sink = {.scale = 1, .mean = room};
        TRY(cama__session_score(session, model, &o, &now, &sink));
        TRY(cama__session_run(session, replace_task, &j));
        o.prior_z = false;
    }
out:
    return status;
}
