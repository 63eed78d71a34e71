/* attack - steps up -log p(y|x) of the Bayes prediction, each followed by a projection onto a ball around the clean
 * example and onto a box (attack_ball.h). FGSM is one such step, of the ball's radius. All happens in the packed batch,
 * example by example, in the model's units. */
#include <math.h>
#include <string.h>

#include "attack_ball.h"
#include "../base/arith.h"
#include "evaluate.h"
#include "verbs.h"

enum { AT_ONCE = 128 };

/* ---- A batch ----------------------------------------------------------------------------------------------------- */

/* Packed like the batch: (blocks, width, NR). */
typedef struct {
    real *clean, *d, *gradient; /* d: of one draw */
    float *out;                 /* (N, width) the result, all rows of the dataset */
} tensors;

typedef struct {
    cama__attack_ball ball;
    const cama__attack_norm *norm;
    bool random_start;
    int32_t steps, draws;
    cama__logw_options score;
    const cama_model *model;
    tensors block[ATTACK_PARTS]; /* of the ball's parts */
    /* of the batch */
    int64_t first, n;
    cama__batch_room room;
    double *value; /* (n) log-odds of the label */
    bool starts;   /* what the next pass over the examples does: place them, or take a step */
} attack;

static real *attacked(const attack *a, int32_t part) { return a->room.block[a->ball.part[part].role]; }

/* Numbers of a part in the batch. */
static int64_t count_of(const attack *a, int32_t part)
{
    return cama__blocks(a->n) * cama__kernel()->nr * a->ball.part[part].width;
}

/* Starts or moves the examples of a block of lanes. */
static void move_block(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const attack *a = arg;
    const int64_t nr = cama__kernel()->nr;
    for (int64_t lane = 0; lane < nr && index * nr + lane < a->n; lane++) {
        cama__attack_example e = {.stride = nr};
        for (int32_t k = 0; k < a->ball.parts; k++) {
            const int64_t at = index * nr * a->ball.part[k].width + lane;
            e.x[k] = attacked(a, k) + at;
            e.clean[k] = a->block[k].clean + at;
            e.gradient[k] = a->block[k].gradient + at;
        }
        if (a->starts)
            a->norm->start(&a->ball, (uint32_t)(a->first + index * nr + lane), &e);
        else
            a->norm->step(&a->ball, &e);
        cama__attack_confine(&a->ball, &e);
    }
}

static int32_t check_finite(const attack *a)
{
    bool bad = false;
    for (int64_t i = 0; i < a->n; i++) bad |= !isfinite(a->value[i]);
    for (int32_t k = 0; k < a->ball.parts; k++)
        for (int64_t i = 0; i < count_of(a, k); i++) bad |= !isfinite(a->block[k].d[i]);
    if (!bad) return CAMA_OK;
    return cama__error(CAMA_E_NONFINITE,
                       "attack: rows %lld to %lld: expected a finite log p(y|x) and gradient, got nan or inf",
                       (long long)a->first, (long long)(a->first + a->n - 1));
}

/* -log p = log(1 + exp(-odds)). */
static double hardness(double odds) { return odds > 0 ? log1p(exp(-odds)) : log1p(exp(odds)) - odds; }

/* gradient = that of minus the log-odds, which points where that of -log p(y|x) does and, unlike it, does not round to
 * zero for a model that is sure; summed over the draws. *objective = the mean of -log p(y|x). */
static int32_t find_gradient(cama_session *session, attack *a, double *objective)
{
    real *const *in = a->room.block;
    const cama__batch batch = {.n = a->n, .x = in[ROLE_X], .a = in[ROLE_A], .c = in[ROLE_C], .y = a->room.y};
    cama__logw_sink sink = {.value = a->value, .scale = -1};
    cama__logw_options o = a->score;
    double sum = 0;
    int32_t status = CAMA_OK;
    for (int32_t k = 0; k < a->ball.parts; k++) {
        *(a->ball.part[k].role == ROLE_X ? &sink.dx : &sink.dc) = a->block[k].d;
        memset(a->block[k].gradient, 0, (size_t)count_of(a, k) * sizeof *a->block[k].gradient);
    }
    for (int32_t draw = 0; draw < a->draws; draw++) {
        o.seed = a->score.seed + (uint64_t)draw;
        TRY(cama__session_logw(session, a->model, &o, &batch, &sink));
        TRY(check_finite(a));
        for (int32_t k = 0; k < a->ball.parts; k++)
            for (int64_t i = 0; i < count_of(a, k); i++) a->block[k].gradient[i] += a->block[k].d[i];
        for (int64_t i = 0; i < a->n; i++) sum += hardness(a->value[i]);
    }
    *objective = sum / ((double)a->draws * (double)a->n);
out:
    return status;
}

/* A number in the data's units. Of standard units, how far it moved is converted: a number that stayed keeps its bits,
 * and the ball is as exact as a float. */
static float in_data_units(const cama_model *model, const cama__attack_part *p, int64_t d, float clean, real x,
                           real x_clean)
{
    if (!model->standardised) return (float)x;
    const double scale = (double)model->scale[cama__model_place(model, p->role) + d];
    const float moved = (float)(clean + scale * ((double)x - (double)x_clean));
    return moved < p->least ? p->least : moved > p->most ? p->most : moved;
}

/* The batch's rows of the result: the dataset's, with what may change. */
static void write_rows(const attack *a, const cama_dataset *dataset)
{
    for (int32_t k = 0; k < a->ball.parts; k++) {
        const cama__attack_part *p = &a->ball.part[k];
        for (int64_t i = 0; i < a->n; i++) {
            float *row = a->block[k].out + (a->first + i) * p->width;
            cama__attack_clean_row(dataset, p->role, a->first + i, row);
            for (int64_t d = 0; d < p->width; d++) {
                const int64_t at = cama__at(i, d, p->width);
                if (p->free[d])
                    row[d] = in_data_units(a->model, p, d, row[d], attacked(a, k)[at], a->block[k].clean[at]);
            }
        }
    }
}

/* Rows [first, first + n) of the dataset, attacked. */
static int32_t attack_batch(cama_session *session, const cama_dataset *dataset, attack *a)
{
    const int64_t blocks = cama__blocks(a->n), all_steps = cama__ceil_div(dataset->n, AT_ONCE) * a->steps;
    int32_t status = CAMA_OK;
    cama__batch_fill(&a->room, session->pool, dataset, NULL, a->first, a->n, false);
    for (int32_t k = 0; k < a->ball.parts; k++)
        memcpy(a->block[k].clean, attacked(a, k), (size_t)count_of(a, k) * sizeof *a->block[k].clean);
    a->starts = true;
    if (a->random_start) cama__pool_run(session->pool, blocks, move_block, a);
    a->starts = false;
    for (int32_t step = 0; step < a->steps; step++) {
        double objective = 0;
        TRY(find_gradient(session, a, &objective));
        cama__pool_run(session->pool, blocks, move_block, a);
        const int64_t done = a->first / AT_ONCE * a->steps + step + 1;
        TRY(cama__session_step(session, done, all_steps, objective, done == all_steps));
    }
    write_rows(a, dataset);
out:
    return status;
}

/* ---- The verb ---------------------------------------------------------------------------------------------------- */

static int32_t read_options(const cama__attack_options *o, const cama_dataset *dataset, attack *a)
{
    const bool fgsm = o->method == ATTACK_FGSM;
    cama__attack_ball *b = &a->ball;
    int32_t status = CAMA_OK;
    a->norm = &cama__attack_norms[o->norm];
    a->steps = fgsm ? 1 : (int32_t)o->steps;
    a->draws = (int32_t)o->draws;
    a->random_start = !fgsm && o->random_start != 0;
    b->eps = o->eps;
    b->step = o->step;
    b->seed = (uint64_t)o->seed;
    if (fgsm) b->step = b->eps;
    if (b->step == 0) b->step = 2.5 * b->eps / a->steps;
    a->score = (cama__logw_options){.objective = OBJECTIVE_ODDS,
                                    .u = (int32_t)o->m_samples,
                                    .k = (int32_t)o->samples,
                                    .mean_noise = o->noise == NOISE_MEAN,
                                    .seed = b->seed,
                                    .kl_weight = 1};
    TRY(cama__attack_ball_create(a->model, dataset, o, b));
    TRY(cama__evaluate_m(a->model, o->m, &a->score.m));
    if (a->score.m == SCORE_M_DO) a->score.u = 1;
out:
    return status;
}

/* For batches of a->n rows and a result of all. */
static int32_t make_room(int64_t all, attack *a)
{
    int32_t status = CAMA_OK;
    TRY(cama__batch_room_create(a->model, a->n, &a->room));
    TRY(cama__mem_new(&a->value, a->n));
    for (int32_t k = 0; k < a->ball.parts; k++) {
        tensors *b = &a->block[k];
        TRY(cama__mem_new(&b->clean, count_of(a, k)));
        TRY(cama__mem_new(&b->d, count_of(a, k)));
        TRY(cama__mem_new(&b->gradient, count_of(a, k)));
        TRY(cama__mem_new(&b->out, all * a->ball.part[k].width));
    }
out:
    return status;
}

static void free_attack(attack *a)
{
    cama__batch_room_free(&a->room);
    cama__mem_free(a->value);
    for (int32_t k = 0; k < a->ball.parts; k++) {
        cama__mem_free(a->block[k].clean);
        cama__mem_free(a->block[k].d);
        cama__mem_free(a->block[k].gradient);
        cama__mem_free(a->block[k].out);
    }
    cama__attack_ball_free(&a->ball);
}

int32_t cama__attack(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, cama_dataset **out)
{
    const cama__attack_options o = cama__options_attack(options);
    attack a = {.model = model, .n = cama__least(dataset->n, AT_ONCE)};
    const float *changed[ROLE_COUNT] = {NULL};
    int32_t status = CAMA_OK;
    TRY(cama__dataset_check(dataset, model, true, "dataset"));
    if (dataset->missing > 0)
        FAIL(CAMA_E_DATA, "attack: expected rows of which all cells are known, got %lld numbers of x that are missing",
             (long long)dataset->missing);
    TRY(read_options(&o, dataset, &a));
    TRY(make_room(dataset->n, &a));
    cama__session_begin(session, "attack");
    for (; a.first < dataset->n; a.first += a.n) {
        if (dataset->n - a.first < a.n) a.n = dataset->n - a.first;
        TRY(attack_batch(session, dataset, &a));
    }
    for (int32_t k = 0; k < a.ball.parts; k++) changed[a.ball.part[k].role] = a.block[k].out;
    status = cama__dataset_with(dataset, changed[ROLE_X], changed[ROLE_C], out);
    if (status == CAMA_E_DATA) FAIL(CAMA_E_DATA, "attack: %s", cama_last_error());
out:
    free_attack(&a);
    return status;
}
