/* attack - steps up -log p(y|x) of the Bayes prediction, each followed by a projection onto a ball around the clean x
 * and onto a box. FGSM is one such step, of the ball's radius. All happens in the packed batch, example by example. */
#include <math.h>
#include <string.h>

#include "../base/rng.h"
#include "../prob/likelihood.h"
#include "evaluate.h"
#include "verbs.h"

enum { AT_ONCE = 128 };
enum { DRAW_START = 0, DRAW_RADIUS = 1 }; /* the key's sample */

/* What x may become. */
typedef struct {
    int64_t dims, changeable; /* D, and how many of them may change */
    const float *mask;        /* (D) 0: stays; NULL: all may change */
    double eps, step;
    double low, high; /* -inf and inf without bounds */
    uint64_t seed;
} ball;

/* One example of a packed batch: number d is at d * stride. */
typedef struct {
    int64_t stride;
    real *x;
    const real *clean, *gradient;
} example;

static bool may_change(const ball *b, int64_t d) { return b->mask == NULL || b->mask[d] != 0; }

static double clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

/* ---- The maximum norm -------------------------------------------------------------------------------------------- */

static void start_linf(const ball *b, cama__rng_key key, example e)
{
    cama__rng_uniforms(key, b->dims, e.x, e.stride);
    for (int64_t i = 0; i < b->dims * e.stride; i += e.stride) e.x[i] = e.clean[i] + (real)(b->eps * (2 * e.x[i] - 1));
}

static void step_linf(const ball *b, example e)
{
    for (int64_t i = 0; i < b->dims * e.stride; i += e.stride) {
        const double up = e.gradient[i] > 0 ? b->step : e.gradient[i] < 0 ? -b->step : 0;
        e.x[i] = (real)clamp(e.x[i] + up, e.clean[i] - b->eps, e.clean[i] + b->eps);
    }
}

/* ---- The Euclidean norm ------------------------------------------------------------------------------------------ */

/* |a - c| over the columns that may change; c NULL: 0. */
static double distance(const ball *b, int64_t stride, const real *a, const real *c)
{
    double sum = 0;
    for (int64_t d = 0; d < b->dims; d++) {
        const double away = (double)a[d * stride] - (c != NULL ? (double)c[d * stride] : 0);
        if (may_change(b, d)) sum += away * away;
    }
    return sqrt(sum);
}

/* A normal vector has no preferred direction; the share of a ball within radius r is r^D. */
static void start_l2(const ball *b, cama__rng_key key, example e)
{
    real u;
    cama__rng_normals(key, b->dims, e.x, e.stride);
    key.sample = DRAW_RADIUS;
    cama__rng_uniforms(key, 1, &u, 1);
    const double length = distance(b, e.stride, e.x, NULL);
    const double scale = length > 0 ? b->eps * pow((double)u, 1.0 / (double)b->changeable) / length : 0;
    for (int64_t i = 0; i < b->dims * e.stride; i += e.stride) e.x[i] = (real)(e.clean[i] + scale * e.x[i]);
}

static void step_l2(const ball *b, example e)
{
    const double length = distance(b, e.stride, e.gradient, NULL), scale = length > 0 ? b->step / length : 0;
    for (int64_t i = 0; i < b->dims * e.stride; i += e.stride) e.x[i] += (real)(scale * e.gradient[i]);
    const double away = distance(b, e.stride, e.x, e.clean);
    for (int64_t i = 0; away > b->eps && i < b->dims * e.stride; i += e.stride)
        e.x[i] = (real)(e.clean[i] + b->eps / away * ((double)e.x[i] - e.clean[i]));
}

/* ---- A batch ----------------------------------------------------------------------------------------------------- */

typedef struct {
    void (*start)(const ball *b, cama__rng_key key, example e);
    void (*step)(const ball *b, example e);
} norm;

static const norm norms[] = {{start_linf, step_linf}, {start_l2, step_l2}}; /* in the order of option "norm" */

typedef struct {
    ball ball;
    const norm *norm;
    bool random_start;
    int32_t steps, draws;
    cama__score_options score;
    /* of the batch */
    int64_t first, n;
    cama__batch_room room;
    real *clean, *dx, *gradient; /* (blocks, D, NR) */
    double *value;               /* (n) log-odds of the label */
    bool starts;                 /* what the next pass over the examples does: place them, or take a step */
} attack;

/* Starts or moves the examples of a block; then the box, and what may not change is put back. Clamping to a box that
 * holds the clean x never leads away from it: the result stays in the ball. */
static void move_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const attack *a = arg;
    const ball *b = &a->ball;
    const int64_t nr = cama__kernel()->nr, offset = block * b->dims * nr;
    for (int64_t lane = 0; lane < nr && block * nr + lane < a->n; lane++) {
        const int64_t row = a->first + block * nr + lane, at = offset + lane;
        const example e = {nr, a->room.x + at, a->clean + at, a->gradient + at};
        if (a->starts)
            a->norm->start(b, (cama__rng_key){b->seed, RNG_ATTACK, DRAW_START, (uint32_t)row, 0}, e);
        else
            a->norm->step(b, e);
        for (int64_t d = 0; d < b->dims; d++)
            e.x[d * nr] = may_change(b, d) ? (real)clamp(e.x[d * nr], b->low, b->high) : e.clean[d * nr];
    }
}

static int32_t check_finite(const attack *a)
{
    const int64_t count = cama__blocks(a->n) * cama__kernel()->nr * a->ball.dims;
    bool bad = false;
    for (int64_t i = 0; i < a->n; i++) bad |= !isfinite(a->value[i]);
    for (int64_t i = 0; i < count; i++) bad |= !isfinite(a->dx[i]);
    if (!bad) return CAMA_OK;
    return cama__error(CAMA_E_NONFINITE,
                       "attack: rows %lld to %lld: expected a finite log p(y|x) and gradient, got nan or inf",
                       (long long)a->first, (long long)(a->first + a->n - 1));
}

/* -log p = log(1 + exp(-odds)). */
static double hardness(double odds) { return odds > 0 ? log1p(exp(-odds)) : log1p(exp(odds)) - odds; }

/* gradient = that of minus the log-odds, which points where that of -log p(y|x) does and, unlike it, does not round to
 * zero for a model that is sure; summed over the draws. *objective = the mean of -log p(y|x). */
static int32_t find_gradient(cama_session *session, const cama_model *model, attack *a, double *objective)
{
    const int64_t count = cama__blocks(a->n) * cama__kernel()->nr * a->ball.dims;
    const cama__batch batch = {a->n, a->room.x, a->room.y, NULL};
    const cama__score_sink sink = {.value = a->value, .scale = -1, .dx = a->dx};
    cama__score_options o = a->score;
    double sum = 0;
    int32_t status = CAMA_OK;
    memset(a->gradient, 0, (size_t)count * sizeof *a->gradient);
    for (int32_t draw = 0; draw < a->draws; draw++) {
        o.seed = a->score.seed + (uint64_t)draw;
        TRY(cama__session_score(session, model, &o, &batch, &sink));
        TRY(check_finite(a));
        for (int64_t i = 0; i < count; i++) a->gradient[i] += a->dx[i];
        for (int64_t i = 0; i < a->n; i++) sum += hardness(a->value[i]);
    }
    *objective = sum / ((double)a->draws * (double)a->n);
out:
    return status;
}

/* Rows [first, first + n) of the dataset, attacked: x (n, D). */
static int32_t attack_batch(cama_session *session, const cama_model *model, const cama_dataset *dataset, attack *a,
                            float *x)
{
    const int64_t blocks = cama__blocks(a->n), count = blocks * cama__kernel()->nr * a->ball.dims;
    const int64_t all_steps = (dataset->n + AT_ONCE - 1) / AT_ONCE * a->steps;
    int32_t status = CAMA_OK;
    cama__batch_fill(&a->room, session->pool, dataset, NULL, a->first, a->n, false);
    memcpy(a->clean, a->room.x, (size_t)count * sizeof *a->clean);
    a->starts = true;
    if (a->random_start) cama__pool_run(session->pool, blocks, move_block, a);
    a->starts = false;
    for (int32_t step = 0; step < a->steps; step++) {
        double objective = 0;
        TRY(find_gradient(session, model, a, &objective));
        cama__pool_run(session->pool, blocks, move_block, a);
        const int64_t done = a->first / AT_ONCE * a->steps + step + 1;
        TRY(cama__session_step(session, done, all_steps, objective, done == all_steps));
    }
    cama__packed_to_rows(a->room.x, a->n, a->ball.dims, x);
out:
    return status;
}

/* ---- The verb ---------------------------------------------------------------------------------------------------- */

static int32_t read_mask(const cama_options *options, ball *b)
{
    int64_t count = 0;
    b->changeable = b->dims;
    b->mask = cama__options_vector(options, VERB_ATTACK, "mask", &count);
    if (count == 0) {
        b->mask = NULL;
        return CAMA_OK;
    }
    if (count != b->dims)
        return cama__error(CAMA_E_OPTION,
                           "option \"mask\" of \"attack\": expected %lld numbers, one for each of x, got %lld",
                           (long long)b->dims, (long long)count);
    for (int64_t d = 0; d < count; d++) b->changeable -= b->mask[d] == 0;
    if (b->changeable == 0)
        return cama__error(CAMA_E_OPTION, "option \"mask\" of \"attack\": expected a 1 somewhere, got %lld zeros",
                           (long long)count);
    return CAMA_OK;
}

/* A clean x outside of the box would be moved into it, however far that is. */
static int32_t check_inside(const cama_dataset *dataset, const ball *b, float *row)
{
    if (dataset->low >= b->low && dataset->high <= b->high) return CAMA_OK;
    for (int64_t i = 0; i < dataset->n; i++) {
        cama__dataset_row(dataset, i, row);
        for (int64_t d = 0; d < b->dims; d++)
            if (may_change(b, d) && (row[d] < b->low || row[d] > b->high))
                return cama__error(CAMA_E_DATA,
                                   "attack: expected x from low = %.9g to high = %.9g, got %.9g at row %lld, "
                                   "column %lld (low > high: no bounds)",
                                   b->low, b->high, (double)row[d], (long long)i, (long long)d);
    }
    return CAMA_OK;
}

static int32_t read_box(const cama_options *options, const cama_model *model, ball *b)
{
    b->low = (float)cama__options_real(options, VERB_ATTACK, "low"); /* a float, so that x can be at the bound */
    b->high = (float)cama__options_real(options, VERB_ATTACK, "high");
    const bool free = b->low > b->high, unit = b->low >= 0 && b->high <= 1 && !free;
    if (b->low == b->high)
        return cama__error(CAMA_E_OPTION,
                           "options \"low\" and \"high\" of \"attack\": expected low < high, or low > high for no "
                           "bounds, got %.9g for both",
                           b->low);
    if (model->spec.likelihood == LIKELIHOOD_BERNOULLI && !unit)
        return cama__error(CAMA_E_OPTION,
                           "options \"low\" and \"high\" of \"attack\": expected 0 <= low < high <= 1 for a bernoulli "
                           "likelihood, got %.9g and %.9g",
                           b->low, b->high);
    if (free) {
        b->low = -INFINITY;
        b->high = INFINITY;
    }
    return CAMA_OK;
}

static int32_t read_options(const cama_options *options, const cama_model *model, attack *a)
{
    const enum cama__verb verb = VERB_ATTACK;
    const bool fgsm = cama__options_is(options, verb, "method", "fgsm");
    ball *b = &a->ball;
    int32_t status = CAMA_OK;
    a->norm = &norms[cama__options_choice(options, verb, "norm")];
    a->steps = fgsm ? 1 : (int32_t)cama__options_int(options, verb, "steps");
    a->draws = (int32_t)cama__options_int(options, verb, "draws");
    a->random_start = !fgsm && cama__options_int(options, verb, "random_start") != 0;
    b->dims = cama__shape_size(model->spec.x);
    b->eps = cama__options_real(options, verb, "eps");
    b->step = cama__options_real(options, verb, "step");
    b->seed = (uint64_t)cama__options_int(options, verb, "seed");
    if (fgsm) b->step = b->eps;
    if (b->step == 0) b->step = 2.5 * b->eps / a->steps;
    a->score = (cama__score_options){.head = HEAD_ODDS,
                                     .u = (int32_t)cama__options_int(options, verb, "m_samples"),
                                     .k = (int32_t)cama__options_int(options, verb, "samples"),
                                     .mean_noise = cama__options_is(options, verb, "noise", "mean"),
                                     .seed = b->seed,
                                     .kl_weight = 1};
    TRY(read_mask(options, b));
    TRY(read_box(options, model, b));
    TRY(cama__evaluate_m(model, cama__options_text(options, verb, "m"), &a->score.m));
    if (a->score.m == SCORE_M_DO) a->score.u = 1;
out:
    return status;
}

static int32_t make_room(const cama_model *model, int64_t n, attack *a)
{
    const size_t count = (size_t)(cama__blocks(n) * cama__kernel()->nr * a->ball.dims);
    const int32_t status = cama__batch_room_create(model, n, &a->room);
    if (status != CAMA_OK) return status;
    a->clean = cama__mem_alloc(count, sizeof *a->clean);
    a->dx = cama__mem_alloc(count, sizeof *a->dx);
    a->gradient = cama__mem_alloc(count, sizeof *a->gradient);
    a->value = cama__mem_alloc((size_t)n, sizeof *a->value);
    return a->clean != NULL && a->dx != NULL && a->gradient != NULL && a->value != NULL ? CAMA_OK : CAMA_E_MEMORY;
}

static void free_room(attack *a)
{
    cama__batch_room_free(&a->room);
    cama__mem_free(a->clean);
    cama__mem_free(a->dx);
    cama__mem_free(a->gradient);
    cama__mem_free(a->value);
}

int32_t cama__attack(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, cama_dataset **out)
{
    attack a = {.n = dataset->n < AT_ONCE ? dataset->n : AT_ONCE};
    float *x = NULL;
    int32_t *y = NULL;
    int32_t status = CAMA_OK;
    TRY(cama__dataset_check(dataset, model, true, "dataset"));
    TRY(read_options(options, model, &a));
    TRY(make_room(model, a.n, &a));
    x = cama__mem_alloc((size_t)(dataset->n * a.ball.dims), sizeof *x);
    y = cama__mem_alloc((size_t)dataset->n, sizeof *y);
    if (x == NULL || y == NULL) {
        status = CAMA_E_MEMORY;
        goto out;
    }
    TRY(check_inside(dataset, &a.ball, x));
    cama__session_begin(session, "attack");
    for (; a.first < dataset->n; a.first += a.n) {
        if (dataset->n - a.first < a.n) a.n = dataset->n - a.first;
        TRY(attack_batch(session, model, dataset, &a, x + a.first * a.ball.dims));
    }
    memcpy(y, dataset->y, (size_t)dataset->n * sizeof *y);
    TRY(cama__dataset_from_arrays(dataset->n, dataset->shape, dataset->classes, x, y, false, out));
    (*out)->owns_x = (*out)->owns_y = true;
    x = NULL;
    y = NULL;
out:
    cama__mem_free(x);
    cama__mem_free(y);
    free_room(&a);
    return status;
}
