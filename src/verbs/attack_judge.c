/* attack_judge - predictions of the rows as cama_predict makes them, draw by draw. */
#include "attack_judge.h"

#include <math.h>
#include <string.h>

#include "predict_views.h"

int32_t cama__attack_judge_room(cama__attack_judge *j, int64_t capacity)
{
    const int64_t all = capacity * j->model->spec.classes;
    int32_t status = CAMA_OK;
    j->capacity = capacity;
    TRY(cama__mem_new(&j->value, capacity));
    TRY(cama__mem_new(&j->probabilities, all));
    TRY(cama__mem_new(&j->sum, all));
out:
    return status;
}

void cama__attack_judge_free(cama__attack_judge *j)
{
    cama__mem_free(j->value);
    cama__mem_free(j->probabilities);
    cama__mem_free(j->sum);
}

/* log p - log(1 - p) of the label, of probabilities (C) alone; what rounds to 0 counts as the least number. */
static double odds_of(const double *p, int32_t classes, int32_t label)
{
    const double least = 1e-300;
    double rest = 0;
    for (int32_t c = 0; c < classes; c++) rest += c == label ? 0 : p[c];
    return log(p[label] > least ? p[label] : least) - log(rest > least ? rest : least);
}

static int32_t predict_views(cama_session *session, const cama__attack_judge *j, const cama_dataset *d, uint64_t seed)
{
    const int32_t classes = j->model->spec.classes;
    cama__predict_options o = cama__options_predict(NULL);
    int32_t status = CAMA_OK;
    o.samples = j->score.k;
    o.noise = j->score.mean_noise ? NOISE_MEAN : NOISE_SAMPLE;
    o.seed = (int64_t)seed;
    TRY(cama__predict_views(session, j->model, NULL, d, &o, true, j->probabilities));
    for (int64_t i = 0; i < d->n; i++) j->value[i] = odds_of(j->probabilities + i * classes, classes, d->y[i]);
out:
    return status;
}

static int32_t predict(cama_session *session, const cama__attack_judge *j, const cama_dataset *d, uint64_t seed)
{
    cama__logw_options o = j->score;
    if (o.m == SCORE_M_INFER && cama__model_views(j->model)) return predict_views(session, j, d, seed);
    o.seed = seed;
    const cama__evaluation all = {.n = d->n,
                                  .at_once = cama__evaluate_at_once(j->model),
                                  .quiet = true,
                                  .value = j->value,
                                  .probabilities = j->probabilities};
    return cama__evaluate(session, j->model, &o, d, &all);
}

/* The first of the likeliest classes is predicted. */
static bool another_wins(const double *p, int32_t classes, int32_t label)
{
    int32_t best = 0;
    for (int32_t c = 1; c < classes; c++) best = p[c] > p[best] ? c : best;
    return best != label;
}

int32_t cama__attack_judge_rows(cama_session *session, const cama__attack_judge *j, const cama_dataset *d, double *odds,
                                bool *fooled)
{
    const int32_t classes = j->model->spec.classes;
    int32_t status = CAMA_OK;
    memset(j->sum, 0, (size_t)(d->n * classes) * sizeof *j->sum);
    for (int64_t i = 0; i < d->n; i++) odds[i] = 0;
    for (int32_t draw = 0; draw < j->draws; draw++) {
        TRY(predict(session, j, d, j->score.seed + (uint64_t)draw));
        for (int64_t i = 0; i < d->n; i++) odds[i] += j->value[i] / j->draws;
        for (int64_t i = 0; i < d->n * classes; i++) j->sum[i] += j->probabilities[i];
    }
    for (int64_t i = 0; i < d->n; i++) fooled[i] = another_wins(j->sum + i * classes, classes, d->y[i]);
out:
    return status;
}
