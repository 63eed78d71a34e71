/* evaluate - a batch after the other: fill, score, check that all is finite, copy out. */
#include "evaluate.h"

#include <math.h>

int32_t cama__batch_room_create(const cama_model *model, int64_t capacity, cama__batch_room *room)
{
    const int64_t lanes = cama__blocks(capacity) * cama__kernel()->nr;
    *room = (cama__batch_room){.model = model, .capacity = capacity};
    bool ready = true;
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int64_t width = cama__model_width(model, role);
        if (width == 0) continue;
        room->block[role] = cama__mem_alloc((size_t)(lanes * width), sizeof *room->block[role]);
        ready = ready && room->block[role] != NULL;
    }
    room->y = cama__mem_alloc((size_t)capacity, sizeof *room->y);
    room->example = cama__mem_alloc((size_t)capacity, sizeof *room->example);
    if (ready && room->y != NULL && room->example != NULL) return CAMA_OK;
    cama__batch_room_free(room);
    return CAMA_E_MEMORY;
}

void cama__batch_room_free(cama__batch_room *room)
{
    for (int32_t role = 0; role < ROLE_COUNT; role++) cama__mem_free(room->block[role]);
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
    return (cama__batch){.n = n,
                         .x = room->block[ROLE_X],
                         .a = room->block[ROLE_A],
                         .c = room->block[ROLE_C],
                         .y = dataset->y == NULL ? NULL : room->y,
                         .example = keyed ? room->example : NULL};
}

int32_t cama__evaluate_m(const cama_model *model, enum cama__choice_infer_m option, enum cama__logw_m *m)
{
    if (option == INFER_M_INFER && model->spec.m == 0)
        return cama__error(CAMA_E_ARGUMENT, "option m: expected a model with M > 0 to infer m, got M = 0");
    const bool trained = model->q_m_trained && model->spec.m > 0;
    *m = option == INFER_M_INFER || (option == INFER_M_AUTO && trained) ? SCORE_M_INFER : SCORE_M_DO;
    return CAMA_OK;
}

static int32_t check_finite(const double *v, int64_t n, int64_t each, int64_t first_row)
{
    for (int64_t i = 0; v != NULL && i < n * each; i++)
        if (!isfinite(v[i]))
            return cama__error(CAMA_E_NONFINITE,
                               "row %lld: expected a finite result, got %g; the model's parameters are not usable "
                               "for it",
                               (long long)(first_row + i / each), v[i]);
    return CAMA_OK;
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
    TRY(cama__batch_room_create(model, e->at_once < e->n ? e->at_once : e->n, &room));
    for (int64_t done = 0; done < e->n;) {
        const int64_t count = e->n - done < e->at_once ? e->n - done : e->at_once, first = e->first + done;
        const cama__batch batch = cama__batch_fill(&room, session->pool, dataset, NULL, first, count, e->keyed);
        const cama__logw_sink sink = {.value = e->value == NULL ? NULL : e->value + done,
                                      .probabilities =
                                          e->probabilities == NULL ? NULL : e->probabilities + done * classes};
        TRY(cama__session_logw(session, model, options, &batch, &sink));
        TRY(check_finite(sink.value, count, 1, first));
        TRY(check_finite(sink.probabilities, count, classes, first));
        done += count;
        if (!e->quiet) TRY(cama__session_step(session, done, e->n, NAN, done == e->n));
    }
out:
    cama__batch_room_free(&room);
    return status;
}
