/* evaluate - one batch at a time: its rows are packed, log-weights are computed and reduced, results are checked. */
#include "evaluate.h"
#include "../base/arith.h"
#include "../data/missing.h"

#include <math.h>

int32_t cama__batch_room_create(const cama_model *model, int64_t capacity, cama__batch_room *room)
{
    const int64_t lanes = cama__blocks(capacity) * cama__kernel()->nr;
    int32_t status = CAMA_OK;
    *room = (cama__batch_room){.model = model, .capacity = capacity};
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int64_t width = cama__model_width(model, role);
        if (width > 0) TRY(cama__mem_new(&room->block[role], lanes * width));
    }
    if (model->spec.x.h == 1 && model->spec.x.w == 1)
        TRY(cama__mem_new(&room->observed, lanes * cama__model_width(model, ROLE_X)));
    TRY(cama__mem_new(&room->y, capacity));
    TRY(cama__mem_new(&room->example, capacity));
out:
    if (status != CAMA_OK) cama__batch_room_free(room);
    return status;
}

void cama__batch_room_free(cama__batch_room *room)
{
    for (int32_t role = 0; role < ROLE_COUNT; role++) cama__mem_free(room->block[role]);
    cama__mem_free(room->observed);
    cama__mem_free(room->y);
    cama__mem_free(room->example);
    *room = (cama__batch_room){0};
}

cama__batch cama__batch_fill(cama__batch_room *room, cama__pool *pool, const cama_dataset *dataset,
                             const int64_t *index, int64_t first, int64_t n, bool keyed)
{
    const cama_model *model = room->model;
    const cama__selection rows = {index, first, n};
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int64_t at = cama__model_place(model, role);
        if (room->block[role] == NULL) continue;
        cama__dataset_pack(pool, dataset, role, &rows, model->standardised ? model->mean + at : NULL, model->scale + at,
                           room->block[role]);
    }
    cama__dataset_pack_labels(dataset, &rows, room->y, room->example);
    const bool missing =
        dataset->missing > 0 && cama__missing_split(model, n, room->block[ROLE_X], room->observed);
    return (cama__batch){.n = n,
                         .x = room->block[ROLE_X],
                         .observed = missing ? room->observed : NULL,
                         .a = room->block[ROLE_A],
                         .c = room->block[ROLE_C],
                         .y = dataset->y == NULL ? NULL : room->y,
                         .example = keyed ? room->example : NULL};
}

void cama__batch_drop(cama__batch_room *room, double share, uint64_t seed, uint32_t step, cama__batch *batch)
{
    const cama__missing_draw draw = {share, seed, step, room->example};
    cama__missing_drop(room->model, &draw, batch->n, batch->observed != NULL, room->block[ROLE_X], room->observed);
    batch->observed = room->observed;
}

int32_t cama__evaluate_m(const cama_model *model, enum cama__choice_infer_m option, enum cama__logw_m *m)
{
    if (option == INFER_M_INFER && model->spec.m == 0)
        return cama__error(CAMA_E_ARGUMENT, "option m: expected a model with M > 0 to infer m, got M = 0");
    const bool trained = model->q_m_trained && model->spec.m > 0;
    *m = option == INFER_M_INFER || (option == INFER_M_AUTO && trained) ? SCORE_M_INFER : SCORE_M_DO;
    return CAMA_OK;
}

int32_t cama__evaluate_refused(const cama_model *model, const cama_dataset *dataset, int64_t row, double got)
{
    char why[EXTREME_TEXT];
    if (cama__extreme_tell(model, dataset, &row, 1, why))
        return cama__error(CAMA_E_NONFINITE, "%s; the result is not finite", why);
    return cama__error(CAMA_E_NONFINITE,
                       "row %lld: expected a finite result, got %g; the model's parameters are not usable for it",
                       (long long)row, got);
}

typedef struct {
    const cama_model *model;
    const cama_dataset *dataset;
    int64_t first, n; /* rows */
} examined;

static int32_t check_finite(const examined *rows, const double *v, int64_t each)
{
    for (int64_t i = 0; v != NULL && i < rows->n * each; i++)
        if (!isfinite(v[i])) return cama__evaluate_refused(rows->model, rows->dataset, rows->first + i / each, v[i]);
    return CAMA_OK;
}

cama__logw_options cama__evaluate_at_means(const cama_model *model, enum cama__objective objective)
{
    return (cama__logw_options){.objective = objective,
                                .m = model->q_m_trained ? SCORE_M_INFER : SCORE_M_DO,
                                .u = 1,
                                .k = 1,
                                .mean_noise = true,
                                .kl_weight = 1};
}

enum cama__objective cama__evaluate_unlabelled(const cama_model *model)
{
    return model->spec.discriminative ? OBJECTIVE_ENTROPY : OBJECTIVE_MARGINAL;
}

int32_t cama__evaluate_top(const double *p, int64_t classes)
{
    int32_t top = 0;
    for (int32_t c = 1; c < classes; c++)
        if (p[c] > p[top]) top = c;
    return top;
}

int64_t cama__evaluate_at_once(const cama_model *model)
{
    enum { AT_ONCE = 288 };
    return AT_ONCE * cama__session_times(model);
}

int32_t cama__evaluate(cama_session *session, const cama_model *model, const cama__logw_options *options,
                       const cama_dataset *dataset, const cama__evaluation *e)
{
    const int64_t classes = model->spec.classes;
    int32_t status = CAMA_OK;
    cama__batch_room room = {0};
    TRY(cama__batch_room_create(model, cama__least(e->at_once, e->n), &room));
    for (int64_t done = 0; done < e->n;) {
        const int64_t count = cama__least(e->at_once, e->n - done), first = e->first + done;
        const cama__batch batch = cama__batch_fill(&room, session->pool, dataset, NULL, first, count, e->keyed);
        const cama__logw_sink sink = {.value = e->value == NULL ? NULL : e->value + done,
                                      .probabilities =
                                          e->probabilities == NULL ? NULL : e->probabilities + done * classes};
        TRY(cama__session_logw(session, model, options, &batch, &sink));
        const examined rows = {model, dataset, first, count};
        TRY(check_finite(&rows, sink.value, 1));
        TRY(check_finite(&rows, sink.probabilities, classes));
        done += count;
        if (!e->quiet) TRY(cama__session_step(session, done, e->n, NAN, done == e->n));
    }
out:
    cama__batch_room_free(&room);
    return status;
}
