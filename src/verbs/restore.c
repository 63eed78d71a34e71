/* restore - the contaminated images of a batch are gathered, improved in rounds, and put back. */
#include "restore.h"

#include <string.h>

#include "../prob/contaminated.h"

/* Images of which fewer pixels are contaminated are left alone; of the others at least LEAST counts. */
#define UNTOUCHED ((real).02)
#define LEAST ((real).04)
/* Class posteriors are flattened before they average the mean images: a sure and wrong class is hard to leave. */
#define TEMPER 10

/* The contaminated images of a batch, side by side. */
typedef struct {
    const cama_model *model;
    const cama__batch *batch;
    int64_t count;
    int32_t *index; /* (count) in the batch */
    real *x, *m, *share, *mean, *restored;
} job;

static void shares_task(const cama__exec *exec, void *arg)
{
    job *j = arg;
    const int64_t n = j->batch->n;
    const size_t mark = cama__arena_mark(exec->arena);
    real *numbers = cama__exec_tensor(exec, n, VIEW_COUNT);
    cama__logw_view_numbers(exec, j->model, n, j->batch->m, numbers);
    const cama__render render = {.exec = exec, .image = cama__model_image(j->model), .rows = n, .numbers = numbers};
    cama__render_shares(&render, j->share);
    cama__arena_release(exec->arena, mark);
}

static void gather(cama_session *session, const job *j, int64_t features, const real *from, real *to)
{
    memset(to, 0, (size_t)(cama__blocks(j->count) * cama__kernel()->nr * features) * sizeof *to);
    cama__rows_gather_add(&(cama__exec){.pool = session->pool}, j->count, features, from, j->index, to);
}

/* share and index of those that are contaminated. */
static void choose(job *j)
{
    j->count = 0;
    for (int64_t i = 0; i < j->batch->n; i++) {
        if (j->share[i] < UNTOUCHED) continue;
        j->share[j->count] = j->share[i] < LEAST ? LEAST : j->share[i];
        j->index[j->count++] = (int32_t)i;
    }
}

static int32_t create(job *j)
{
    int32_t status = CAMA_OK;
    const int64_t lanes = cama__blocks(j->batch->n) * cama__kernel()->nr, size = cama__shape_size(j->model->spec.x);
    TRY(cama__mem_new(&j->share, lanes));
    TRY(cama__mem_new(&j->index, lanes));
    TRY(cama__mem_new(&j->x, 3 * lanes * size));
    TRY(cama__mem_new(&j->m, lanes * j->model->spec.m));
    j->mean = j->x + lanes * size;
    j->restored = j->mean + lanes * size;
out:
    return status;
}

static int32_t rounds_of(cama_session *session, job *j, int32_t rounds, enum cama__restore_start start)
{
    const int64_t size = cama__shape_size(j->model->spec.x);
    int32_t status = CAMA_OK;
    cama__logw_options o = {.objective = OBJECTIVE_MARGINAL,
                            .m = SCORE_M_GIVEN,
                            .u = 1,
                            .k = 1,
                            .mean_noise = true,
                            .prior_z = start == RESTORE_FROM_PRIOR,
                            .temper = TEMPER,
                            .kl_weight = 1};
    const cama__batch batch = {.n = j->count, .x = j->x, .m = j->m, .encoded = j->restored};
    const cama__logw_sink sink = {.scale = 1, .mean = j->mean};
    const cama__contaminated c = {.rows = j->count, .dims = size, .mean = j->mean, .x = j->x, .share = j->share};
    for (int32_t r = 0; r < rounds; r++) {
        TRY(cama__session_logw(session, j->model, &o, &batch, &sink));
        cama__contaminated_restore(&(cama__exec){.pool = session->pool}, &c, j->restored);
        o.prior_z = false;
    }
out:
    return status;
}

int32_t cama__restore(cama_session *session, const cama_model *model, const cama__batch *batch, int32_t rounds,
                      enum cama__restore_start start, real *restored, bool *contaminated)
{
    const int64_t size = cama__shape_size(model->spec.x);
    job j = {.model = model, .batch = batch};
    int32_t status = CAMA_OK;
    memcpy(restored, batch->x, (size_t)(cama__blocks(batch->n) * cama__kernel()->nr * size) * sizeof *restored);
    memset(contaminated, 0, (size_t)batch->n * sizeof *contaminated);
    if (rounds == 0) return CAMA_OK;
    TRY(create(&j));
    TRY(cama__session_run(session, shares_task, &j));
    choose(&j);
    if (j.count == 0) goto out;
    gather(session, &j, size, batch->x, j.x);
    gather(session, &j, model->spec.m, batch->m, j.m);
    memcpy(j.restored, j.x, (size_t)(cama__blocks(j.count) * cama__kernel()->nr * size) * sizeof *j.restored);
    TRY(rounds_of(session, &j, rounds, start));
    for (int64_t r = 0; r < j.count; r++) contaminated[j.index[r]] = true;
    for (int64_t r = 0; r < j.count; r++)
        for (int64_t d = 0; d < size; d++) restored[cama__at(j.index[r], d, size)] = j.restored[cama__at(r, d, size)];
out:
    cama__mem_free(j.share);
    cama__mem_free(j.index);
    cama__mem_free(j.x);
    cama__mem_free(j.m);
    return status;
}
