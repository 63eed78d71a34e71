/* validation - rows held out of training, their scores after each epoch, and the best state kept. */
#include "validation.h"

#include <math.h>
#include <string.h>

#include "../base/rng.h"

enum { AT_ONCE = 288 };

/* ---- Life -------------------------------------------------------------------------------------------------------- */

int32_t cama__validation_begin(cama__validation *v, cama_session *session, cama_model *model, const cama_dataset *clean,
                               const cama__train_options *options)
{
    const uint64_t seed = (uint64_t)options->seed;
    *v = (cama__validation){.session = session, .model = model, .clean = clean};
    v->held = (int64_t)(options->validation * (double)clean->n);
    v->trained = clean->n - v->held;
    if (v->held == 0) return CAMA_OK;
    v->order = cama__mem_alloc((size_t)clean->n, sizeof *v->order);
    if (v->order == NULL) return CAMA_E_MEMORY;
    cama__rng_permutation((cama__rng_key){seed, RNG_SHUFFLE, 1, RNG_NO_EXAMPLE, 0}, clean->n, v->order);
    return CAMA_OK;
}

/* The order in which rows are held out is a permutation as that of an epoch: stream 3, sample 1. */
int32_t cama__validation_prepare(cama__validation *v, const cama__train_plan *plan)
{
    const int64_t epochs = plan->o.epochs;
    const int64_t classes = v->model->spec.classes;
    int32_t status = CAMA_OK;
    v->label_weight = plan->o.label_weight;
    v->epochs = epochs;
    v->begin = (int64_t)ceil(plan->o.kl_warmup * (double)epochs);
    v->patience = plan->o.patience;
    if (v->held == 0) return CAMA_OK;
    v->elbo = cama__mem_alloc(3 * (size_t)epochs, sizeof *v->elbo);
    v->value = cama__mem_alloc((size_t)(v->held * (1 + classes)), sizeof *v->value);
    v->kept = cama__mem_alloc((size_t)v->model->params.reals, sizeof *v->kept);
    if (v->elbo == NULL || v->value == NULL || v->kept == NULL) TRY(CAMA_E_MEMORY);
    v->labels = v->elbo + epochs;
    v->accuracy = v->labels + epochs;
    TRY(cama__batch_room_create(v->model, v->held < AT_ONCE ? v->held : AT_ONCE, &v->room));
out:
    return status;
}

void cama__validation_free(cama__validation *v)
{
    cama__mem_free(v->order);
    cama__mem_free(v->elbo);
    cama__mem_free(v->value);
    cama__mem_free(v->kept);
    if (v->room.model != NULL) cama__batch_room_free(&v->room);
    *v = (cama__validation){.session = NULL};
}

/* ---- The watch --------------------------------------------------------------------------------------------------- */

static int32_t score(cama__validation *v, enum cama__objective objective, double *mean)
{
    const int64_t classes = v->model->spec.classes;
    const cama__logw_options o = {
        .objective = objective, .m = SCORE_M_DO, .u = 1, .k = 1, .mean_noise = true, .kl_weight = 1};
    double *probabilities = v->value + v->held, sum = 0;
    char why[EXTREME_TEXT] = "";
    int32_t status = CAMA_OK;
    for (int64_t done = 0; done < v->held;) {
        const int64_t left = v->held - done, n = left < v->room.capacity ? left : v->room.capacity;
        const cama__batch batch =
            cama__batch_fill(&v->room, v->session->pool, v->clean, v->order + v->trained + done, 0, n, true);
        const cama__logw_sink sink = {.value = v->value + done,
                                      .probabilities =
                                          objective == OBJECTIVE_ELBO ? NULL : probabilities + done * classes};
        TRY(cama__session_logw(v->session, v->model, &o, &batch, &sink));
        done += n;
    }
    for (int64_t i = 0; i < v->held; i++) sum += v->value[i];
    *mean = sum / (double)v->held;
    if (!isfinite(*mean))
        FAIL(CAMA_E_NONFINITE, "validation: expected a finite objective of the examples held out, got %g%s%s", *mean,
             cama__extreme_tell(v->model, v->clean, v->order + v->trained, v->held, why) ? "; " : "", why);
out:
    return status;
}

static double accuracy(const cama__validation *v)
{
    const int64_t classes = v->model->spec.classes;
    int64_t right = 0;
    for (int64_t i = 0; i < v->held; i++) {
        const int32_t top = cama__evaluate_top(v->value + v->held + i * classes, classes);
        right += top == v->clean->y[v->order[v->trained + i]];
    }
    return (double)right / (double)v->held;
}

int32_t cama__validation_check(cama__validation *v, int64_t epoch, bool *stop)
{
    int32_t status = CAMA_OK;
    *stop = false;
    if (v->held == 0) return CAMA_OK;
    TRY(score(v, OBJECTIVE_ELBO, &v->elbo[epoch]));
    TRY(score(v, OBJECTIVE_BAYES, &v->labels[epoch]));
    v->accuracy[epoch] = accuracy(v);
    const double now = v->elbo[epoch] + v->label_weight * v->labels[epoch];
    const bool last = epoch + 1 == v->epochs;
    if (epoch < v->begin && !last) return CAMA_OK; /* the weight of the KL terms still rises */
    if (v->best_epoch == 0 || now > v->best) {
        v->best = now;
        v->best_epoch = epoch + 1;
        memcpy(v->kept, v->model->theta, (size_t)v->model->params.reals * sizeof *v->kept);
    }
    *stop = v->patience > 0 && epoch + 1 - v->best_epoch >= v->patience;
out:
    return status;
}

void cama__validation_restore(cama__validation *v)
{
    if (v->best_epoch > 0) memcpy(v->model->theta, v->kept, (size_t)v->model->params.reals * sizeof *v->kept);
}

/* ---- Curves ------------------------------------------------------------------------------------------------------ */

static void moments(const double *v, int64_t n, double *mean, double *variance)
{
    double m = 0, square = 0;
    for (int64_t i = 0; i < n; i++) m += v[i] / (double)n;
    for (int64_t i = 0; i < n; i++) square += (v[i] - m) * (v[i] - m);
    *mean = m;
    *variance = n > 1 ? square / (double)(n - 1) : 0;
}

bool cama__validation_settled(const double *curve, int64_t n, double part)
{
    const int64_t eighth = n / 8;
    double middle, end, variance[2];
    if (eighth == 0) return false;
    moments(curve + n / 2 - eighth, eighth, &middle, &variance[0]);
    moments(curve + n - eighth, eighth, &end, &variance[1]);
    const double scatter = sqrt((variance[0] + variance[1]) / (double)eighth), rise = end - middle;
    return rise <= part * (end - curve[0]) || rise <= 2 * scatter;
}
