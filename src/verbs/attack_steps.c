/* attack_steps - steps up -log p(y|x) of the Bayes prediction, each followed by a projection onto a ball around the
 * clean example and onto a box (attack_ball.h). FGSM is one such step, of the ball's radius. All happens in the
 * packed batch, example by example, in the model's units. */
#include <math.h>
#include <string.h>

#include "../base/arith.h"
#include "attack_run.h"

/* Packed like the batch: (blocks, width, NR). */
typedef struct {
    real *clean, *d, *gradient; /* d: of one draw */
} tensors;

typedef struct {
    cama__attack_run *run;
    const cama__attack_ball *ball;
    tensors block[ATTACK_PARTS]; /* of the ball's parts */
    /* of the batch */
    int64_t first, n;
    cama__batch_room room;
    double *value; /* (n) log-odds of the label */
    bool starts;   /* what the next pass over the examples does: place them, or take a step */
} attack;

static real *attacked(const attack *a, int32_t part) { return a->room.block[a->ball->part[part].role]; }

/* Numbers of a part in the batch. */
static int64_t count_of(const attack *a, int32_t part)
{
    return cama__blocks(a->n) * cama__kernel()->nr * a->ball->part[part].width;
}

/* Starts or moves the examples of a block of lanes. */
static void move_block(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const attack *a = arg;
    const int64_t nr = cama__kernel()->nr;
    for (int64_t lane = 0; lane < nr && index * nr + lane < a->n; lane++) {
        cama__attack_example e = {.stride = nr};
        for (int32_t k = 0; k < a->ball->parts; k++) {
            const int64_t at = index * nr * a->ball->part[k].width + lane;
            e.x[k] = attacked(a, k) + at;
            e.clean[k] = a->block[k].clean + at;
            e.gradient[k] = a->block[k].gradient + at;
        }
        if (a->starts)
            a->run->norm->start(a->ball, (uint32_t)(a->first + index * nr + lane), (uint32_t)a->run->restart, &e);
        else
            a->run->norm->step(a->ball, &e);
        cama__attack_confine(a->ball, &e);
    }
}

static int32_t check_finite(const attack *a)
{
    bool bad = false;
    for (int64_t i = 0; i < a->n; i++) bad |= !isfinite(a->value[i]);
    for (int32_t k = 0; k < a->ball->parts; k++)
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
static int32_t find_gradient(attack *a, int32_t step, double *objective)
{
    const cama__attack_judge *judge = &a->run->judge;
    real *const *in = a->room.block;
    const cama__batch batch = {.n = a->n, .x = in[ROLE_X], .a = in[ROLE_A], .c = in[ROLE_C], .y = a->room.y};
    cama__logw_sink sink = {.value = a->value, .scale = -1};
    cama__logw_options o = judge->score;
    double sum = 0;
    int32_t status = CAMA_OK;
    for (int32_t k = 0; k < a->ball->parts; k++) {
        *(a->ball->part[k].role == ROLE_X ? &sink.dx : &sink.dc) = a->block[k].d;
        memset(a->block[k].gradient, 0, (size_t)count_of(a, k) * sizeof *a->block[k].gradient);
    }
    if (a->run->redraw) o.step = (uint32_t)step;
    for (int32_t draw = 0; draw < judge->draws; draw++) {
        o.seed = judge->score.seed + (uint64_t)draw;
        TRY(cama__session_logw(a->run->session, judge->model, &o, &batch, &sink));
        TRY(check_finite(a));
        for (int32_t k = 0; k < a->ball->parts; k++)
            for (int64_t i = 0; i < count_of(a, k); i++) a->block[k].gradient[i] += a->block[k].d[i];
        for (int64_t i = 0; i < a->n; i++) sum += hardness(a->value[i]);
    }
    *objective = sum / ((double)judge->draws * (double)a->n);
out:
    return status;
}

float cama__attack_moved(const cama_model *model, const cama__attack_part *p, int64_t d, float clean, double moved)
{
    const double scale = model->standardised ? (double)model->scale[cama__model_place(model, p->role) + d] : 1;
    const float x = (float)(clean + scale * moved);
    return x < p->least ? p->least : x > p->most ? p->most : x;
}

static float in_data_units(const cama_model *model, const cama__attack_part *p, int64_t d, float clean, real x,
                           real x_clean)
{
    return model->standardised ? cama__attack_moved(model, p, d, clean, (double)x - (double)x_clean) : (float)x;
}

/* The batch's rows of the result: the dataset's, with what may change. */
static void write_rows(const attack *a)
{
    const cama__attack_run *run = a->run;
    for (int32_t k = 0; k < a->ball->parts; k++) {
        const cama__attack_part *p = &a->ball->part[k];
        for (int64_t i = 0; i < a->n; i++) {
            float *row = run->out[k] + (a->first + i) * p->width;
            cama__attack_clean_row(run->dataset, p->role, a->first + i, row);
            for (int64_t d = 0; d < p->width; d++) {
                const int64_t at = cama__at(i, d, p->width);
                if (p->free[d])
                    row[d] = in_data_units(run->judge.model, p, d, row[d], attacked(a, k)[at], a->block[k].clean[at]);
            }
        }
    }
}

/* Rows [first, first + n) of the dataset, attacked. */
static int32_t attack_batch(attack *a)
{
    cama__attack_run *run = a->run;
    cama__pool *pool = run->session->pool;
    const int64_t blocks = cama__blocks(a->n);
    int32_t status = CAMA_OK;
    cama__batch_fill(&a->room, pool, run->dataset, NULL, a->first, a->n, false);
    for (int32_t k = 0; k < a->ball->parts; k++)
        memcpy(a->block[k].clean, attacked(a, k), (size_t)count_of(a, k) * sizeof *a->block[k].clean);
    a->starts = true;
    if (run->random_start) cama__pool_run(pool, blocks, move_block, a);
    a->starts = false;
    for (int32_t step = 0; step < run->steps; step++) {
        double objective = 0;
        TRY(find_gradient(a, step, &objective));
        cama__pool_run(pool, blocks, move_block, a);
        run->done++;
        TRY(cama__session_step(run->session, run->done, run->all, objective, run->done == run->all));
    }
    write_rows(a);
out:
    return status;
}

static int32_t make_room(attack *a)
{
    int32_t status = CAMA_OK;
    TRY(cama__batch_room_create(a->run->judge.model, a->n, &a->room));
    TRY(cama__mem_new(&a->value, a->n));
    for (int32_t k = 0; k < a->ball->parts; k++) {
        TRY(cama__mem_new(&a->block[k].clean, count_of(a, k)));
        TRY(cama__mem_new(&a->block[k].d, count_of(a, k)));
        TRY(cama__mem_new(&a->block[k].gradient, count_of(a, k)));
    }
out:
    return status;
}

int32_t cama__attack_by_steps(cama__attack_run *run)
{
    const int64_t all = run->dataset->n;
    attack a = {.run = run, .ball = &run->ball, .n = cama__least(all, ATTACK_AT_ONCE)};
    int32_t status = CAMA_OK;
    TRY(make_room(&a));
    for (; a.first < all; a.first += a.n) {
        a.n = cama__least(all - a.first, a.n);
        TRY(attack_batch(&a));
    }
out:
    cama__batch_room_free(&a.room);
    cama__mem_free(a.value);
    for (int32_t k = 0; k < ATTACK_PARTS; k++) {
        cama__mem_free(a.block[k].clean);
        cama__mem_free(a.block[k].d);
        cama__mem_free(a.block[k].gradient);
    }
    return status;
}
