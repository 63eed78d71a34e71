/* attack_search - the Square Attack: a random search in the ball that needs predictions alone, and so sees through
 * gradients that are hidden or noisy. Offsets that are proposed (attack_squares.h) are kept where the label's odds
 * fall; an example that the model takes for another class is left alone from then on. */
#include <math.h>
#include <string.h>

#include "../base/arith.h"
#include "../base/rng.h"
#include "attack_run.h"
#include "attack_squares.h"

/* The key's sample, after those of the random starts: one for each run; its step is the query. */
enum { DRAW_SQUARES = 3 };

/* A batch: n rows from `first` on, of which those in `active` are asked again, side by side. */
typedef struct {
    cama__attack_run *run;
    cama__attack_squares squares;
    int64_t first, n, active;
    int64_t *index;              /* (AT_ONCE) their places in the batch */
    real *offset[ATTACK_PARTS];  /* (AT_ONCE, width) of the best so far, in the model's units */
    real *tried[ATTACK_PARTS];   /* (AT_ONCE, width) of the active rows */
    real *window[ATTACK_PARTS], *other[ATTACK_PARTS];
    real *uniform;               /* (AT_ONCE, uniforms) */
    int64_t uniforms;
    float *rows[ROLE_COUNT];     /* (AT_ONCE, width) the active rows as they are asked */
    int32_t *y;
    double *odds, *asked;        /* (AT_ONCE) of the best so far; of the active rows */
    bool *asked_fooled;          /* (AT_ONCE) of the active rows */
    int32_t query;
    double share;
} search;

/* ---- Proposals --------------------------------------------------------------------------------------------------- */

/* The share of the numbers that a query changes: it is halved when these shares of the queries are over. */
static double share_at(double first, int32_t query, int32_t queries)
{
    static const double halved[] = {0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8};
    for (size_t i = 0; i < sizeof halved / sizeof *halved && query > halved[i] * queries; i++) first /= 2;
    return first;
}

/* The row of an attacked part at the proposed offsets, which are cut to what the box allows. */
static void move_row(search *s, int32_t k, int64_t r)
{
    const cama__attack_part *p = &s->run->ball.part[k];
    const cama_model *model = s->run->judge.model;
    real *tried = s->tried[k] + r * p->width;
    float *row = s->rows[p->role] + r * p->width;
    for (int64_t d = 0; d < p->width; d++) {
        if (!p->free[d] || tried[d] == 0) continue;
        const double scale = model->standardised ? (double)model->scale[cama__model_place(model, p->role) + d] : 1;
        const float clean = row[d];
        row[d] = cama__attack_moved(model, p, d, clean, (double)tried[d]);
        if (row[d] == p->least || row[d] == p->most) tried[d] = (real)(((double)row[d] - clean) / scale);
    }
}

static void propose_row(void *arg, int64_t r, int32_t worker)
{
    (void)worker;
    search *s = arg;
    const int64_t i = s->index[r];
    const cama__rng_key key = {s->run->ball.seed, RNG_ATTACK, DRAW_SQUARES + (uint32_t)s->run->restart,
                               (uint32_t)(s->first + i), (uint32_t)s->query};
    cama__attack_offsets e = {.uniform = s->uniform + r * s->uniforms};
    for (int32_t k = 0; k < s->run->ball.parts; k++) {
        const int64_t width = s->run->ball.part[k].width;
        e.from[k] = s->offset[k] + i * width;
        e.to[k] = s->tried[k] + r * width;
        e.window[k] = s->window[k] + r * width;
        e.other[k] = s->other[k] + r * width;
    }
    cama__rng_uniforms(key, s->uniforms, e.uniform, 1);
    cama__attack_squares_propose(&s->squares, s->query == 0, s->share, &e);
    for (int32_t k = 0; k < s->run->ball.parts; k++) move_row(s, k, r);
}

/* ---- Questions --------------------------------------------------------------------------------------------------- */

/* The active rows as they are in the dataset. */
static void gather(search *s)
{
    const cama_dataset *d = s->run->dataset;
    for (int64_t r = 0; r < s->active; r++) {
        for (int32_t role = 0; role < ROLE_COUNT; role++) {
            const int64_t width = cama__dataset_width(d, role);
            if (width > 0) cama__attack_clean_row(d, role, s->first + s->index[r], s->rows[role] + r * width);
        }
        s->y[r] = d->y[s->first + s->index[r]];
    }
}

static int32_t ask(search *s)
{
    cama_dataset asked = *s->run->dataset;
    asked.n = s->active;
    asked.bytes = NULL;
    for (int32_t role = 0; role < ROLE_COUNT; role++)
        asked.block[role] = cama__dataset_width(s->run->dataset, role) > 0 ? s->rows[role] : NULL;
    asked.y = s->y;
    return cama__attack_judge_rows(s->run->session, &s->run->judge, &asked, s->asked, s->asked_fooled);
}

/* Answers of the active rows: what is better is kept, with its row of the result; fooled ones are active no more. */
static void keep_better(search *s)
{
    int64_t still = 0;
    for (int64_t r = 0; r < s->active; r++) {
        const int64_t i = s->index[r];
        const bool fooled = s->asked_fooled[r];
        if (fooled || s->asked[r] < s->odds[i]) {
            s->odds[i] = s->asked[r];
            for (int32_t k = 0; k < s->run->ball.parts; k++) {
                const cama__attack_part *p = &s->run->ball.part[k];
                const int64_t width = p->width;
                memcpy(s->offset[k] + i * width, s->tried[k] + r * width, (size_t)width * sizeof **s->offset);
                memcpy(s->run->out[k] + (s->first + i) * width, s->rows[p->role] + r * width,
                       (size_t)width * sizeof(float));
            }
        }
        if (!fooled) s->index[still++] = i;
    }
    s->active = still;
}

/* -log p = log(1 + exp(-odds)), the mean over the batch. */
static double hardness(const search *s)
{
    double sum = 0;
    for (int64_t i = 0; i < s->n; i++)
        sum += s->odds[i] > 0 ? log1p(exp(-s->odds[i])) : log1p(exp(s->odds[i])) - s->odds[i];
    return sum / (double)s->n;
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

/* The clean rows are the best so far; those that the model has wrong anyway need no search. */
static int32_t begin_batch(search *s)
{
    const cama__attack_run *run = s->run;
    int32_t status = CAMA_OK;
    s->active = 0;
    for (int64_t i = 0; i < s->n; i++) s->odds[i] = INFINITY;
    for (int64_t i = 0; i < s->n; i++) s->index[s->active++] = i;
    for (int32_t k = 0; k < run->ball.parts; k++)
        memset(s->tried[k], 0, (size_t)(s->n * run->ball.part[k].width) * sizeof **s->tried);
    gather(s);
    TRY(ask(s));
    keep_better(s);
    for (int64_t r = s->active - 1; run->settled != NULL && r >= 0; r--)
        if (run->settled[s->first + s->index[r]]) s->index[r] = s->index[--s->active];
out:
    return status;
}

static int32_t search_batch(search *s)
{
    cama__attack_run *run = s->run;
    int32_t status = CAMA_OK;
    TRY(begin_batch(s));
    for (s->query = 0; s->query < run->steps; s->query++) {
        if (s->active > 0) {
            s->share = share_at(run->share, s->query, run->steps);
            gather(s);
            cama__pool_run(run->session->pool, s->active, propose_row, s);
            TRY(ask(s));
            keep_better(s);
        }
        run->done++;
        TRY(cama__session_step(run->session, run->done, run->all, hardness(s), run->done == run->all));
    }
out:
    return status;
}

static int32_t make_room(search *s)
{
    const int64_t n = s->n;
    int32_t status = CAMA_OK;
    for (int32_t k = 0; k < s->run->ball.parts; k++) {
        const int64_t width = s->run->ball.part[k].width;
        TRY(cama__mem_new(&s->offset[k], n * width));
        TRY(cama__mem_new(&s->tried[k], n * width));
        TRY(cama__mem_new(&s->window[k], n * width));
        TRY(cama__mem_new(&s->other[k], n * width));
    }
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int64_t width = cama__dataset_width(s->run->dataset, role);
        if (width > 0) TRY(cama__mem_new(&s->rows[role], n * width));
    }
    TRY(cama__mem_new(&s->uniform, n * s->uniforms));
    TRY(cama__mem_new(&s->index, n));
    TRY(cama__mem_new(&s->y, n));
    TRY(cama__mem_new(&s->odds, n));
    TRY(cama__mem_new(&s->asked, n));
    TRY(cama__mem_new(&s->asked_fooled, n));
out:
    return status;
}

static void free_search(search *s)
{
    for (int32_t k = 0; k < ATTACK_PARTS; k++) {
        cama__mem_free(s->offset[k]);
        cama__mem_free(s->tried[k]);
        cama__mem_free(s->window[k]);
        cama__mem_free(s->other[k]);
    }
    for (int32_t role = 0; role < ROLE_COUNT; role++) cama__mem_free(s->rows[role]);
    cama__mem_free(s->uniform);
    cama__mem_free(s->index);
    cama__mem_free(s->y);
    cama__mem_free(s->odds);
    cama__mem_free(s->asked);
    cama__mem_free(s->asked_fooled);
}

int32_t cama__attack_by_search(cama__attack_run *run)
{
    const cama__shape shape = run->dataset->shape;
    const bool image = run->ball.parts == 1 && run->ball.part[0].role == ROLE_X && shape.h > 1 && shape.w > 1;
    const int64_t all = run->dataset->n;
    search s = {.run = run,
                .squares = {&run->ball, image ? shape : (cama__shape){0}, run->euclidean},
                .n = cama__least(all, ATTACK_AT_ONCE)};
    int32_t status = CAMA_OK;
    s.uniforms = cama__attack_squares_uniforms(&s.squares);
    TRY(make_room(&s));
    for (; s.first < all; s.first += s.n) {
        s.n = cama__least(all - s.first, s.n);
        TRY(search_batch(&s));
    }
out:
    free_search(&s);
    return status;
}
