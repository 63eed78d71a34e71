/* attack - the verb: what is attacked and how, runs from other random starts, and for each example the strongest of
 * them; a report of what the model made of the result. */
#include <math.h>
#include <string.h>

#include "../base/arith.h"
#include "attack_run.h"
#include "verbs.h"

/* What the judge says of rows, (N) each. */
typedef struct {
    double *odds;
    bool *fooled;
} verdict;

typedef struct {
    cama__attack_run run;
    bool search;
    int32_t restarts;
    float *best[ATTACK_PARTS]; /* (N, width): the strongest so far; the run's own where there is one run */
    verdict clean, now, kept;
    double *chosen; /* (N) the run that was kept */
} attack;

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static int32_t read_restarts(const cama__attack_options *o, attack *a)
{
    a->restarts = (int32_t)o->restarts;
    if (o->method == ATTACK_FGSM && o->restarts > 1)
        return cama__error(CAMA_E_OPTION,
                           "option \"restarts\" of \"attack\": expected 1 for fgsm, which has no random start, got %d",
                           a->restarts);
    if (o->method == ATTACK_PGD && o->restarts > 1 && o->random_start == 0)
        return cama__error(CAMA_E_OPTION,
                           "option \"restarts\" of \"attack\": expected 1 with random_start = 0, got %d", a->restarts);
    return CAMA_OK;
}

static void read_steps(const cama__attack_options *o, attack *a)
{
    const bool fgsm = o->method == ATTACK_FGSM;
    cama__attack_run *run = &a->run;
    cama__attack_ball *b = &run->ball;
    a->search = o->method == ATTACK_SQUARE;
    run->norm = &cama__attack_norms[o->norm];
    run->euclidean = o->norm == ATTACK_NORM_L2;
    run->steps = (int32_t)(fgsm ? 1 : a->search ? o->queries : o->steps);
    run->all = cama__ceil_div(run->dataset->n, ATTACK_AT_ONCE) * run->steps * a->restarts;
    run->random_start = !fgsm && o->random_start != 0;
    run->redraw = o->redraw != 0;
    run->share = o->square_share;
    b->eps = o->eps;
    b->step = fgsm ? b->eps : o->step;
    b->seed = (uint64_t)o->seed;
    if (b->step == 0) b->step = 2.5 * b->eps / run->steps;
}

static int32_t read_options(const cama__attack_options *o, attack *a)
{
    cama__attack_judge *judge = &a->run.judge;
    int32_t status = CAMA_OK;
    TRY(read_restarts(o, a));
    read_steps(o, a);
    judge->draws = (int32_t)o->draws;
    judge->score = (cama__logw_options){.objective = OBJECTIVE_ODDS,
                                        .u = (int32_t)o->m_samples,
                                        .k = (int32_t)o->samples,
                                        .mean_noise = o->noise == NOISE_MEAN,
                                        .seed = a->run.ball.seed,
                                        .kl_weight = 1};
    TRY(cama__attack_ball_create(judge->model, a->run.dataset, o, &a->run.ball));
    TRY(cama__evaluate_m(judge->model, o->m, &judge->score.m));
    if (judge->score.m == SCORE_M_DO) judge->score.u = 1;
out:
    return status;
}

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

static int32_t make_verdict(int64_t n, verdict *v)
{
    int32_t status = CAMA_OK;
    TRY(cama__mem_new(&v->odds, n));
    TRY(cama__mem_new(&v->fooled, n));
out:
    return status;
}

/* judged: the runs, or the one run, are judged. */
static int32_t make_room(attack *a, bool judged)
{
    cama__attack_run *run = &a->run;
    const int64_t n = run->dataset->n;
    int32_t status = CAMA_OK;
    for (int32_t k = 0; k < run->ball.parts; k++) {
        TRY(cama__mem_new(&run->out[k], n * run->ball.part[k].width));
        if (a->restarts > 1) TRY(cama__mem_new(&a->best[k], n * run->ball.part[k].width));
    }
    if (judged || a->search) TRY(cama__attack_judge_room(&run->judge, n));
    if (!judged) goto out;
    TRY(make_verdict(n, &a->clean));
    TRY(make_verdict(n, &a->now));
    TRY(make_verdict(n, &a->kept));
    TRY(cama__mem_new(&a->chosen, n));
out:
    return status;
}

static int32_t result_of(const attack *a, float *const *rows, cama_dataset **out)
{
    const float *changed[ROLE_COUNT] = {NULL};
    int32_t status = CAMA_OK;
    for (int32_t k = 0; k < a->run.ball.parts; k++) changed[a->run.ball.part[k].role] = rows[k];
    status = cama__dataset_with(a->run.dataset, changed[ROLE_X], changed[ROLE_C], out);
    if (status == CAMA_E_DATA) FAIL(CAMA_E_DATA, "attack: %s", cama_last_error());
out:
    return status;
}

static int32_t judge(const attack *a, const cama_dataset *rows, const verdict *v)
{
    return cama__attack_judge_rows(a->run.session, &a->run.judge, rows, v->odds, v->fooled);
}

/* Example by example: a run that fools the model is stronger than one that does not, and otherwise lower odds are. */
static void keep_stronger(attack *a, bool first)
{
    const cama__attack_run *run = &a->run;
    for (int64_t i = 0; i < run->dataset->n; i++) {
        const bool same = a->now.fooled[i] == a->kept.fooled[i];
        if (!first && (same ? a->now.odds[i] >= a->kept.odds[i] : !a->now.fooled[i])) continue;
        a->kept.odds[i] = a->now.odds[i];
        a->kept.fooled[i] = a->now.fooled[i];
        a->chosen[i] = run->restart;
        for (int32_t k = 0; k < run->ball.parts && a->best[k] != NULL; k++) {
            const int64_t width = run->ball.part[k].width;
            memcpy(a->best[k] + i * width, run->out[k] + i * width, (size_t)width * sizeof **a->best);
        }
    }
}

static int32_t run_once(attack *a, bool judged)
{
    cama__attack_run *run = &a->run;
    cama_dataset *rows = NULL;
    int32_t status = CAMA_OK;
    run->settled = run->restart > 0 ? a->kept.fooled : NULL;
    TRY((a->search ? cama__attack_by_search : cama__attack_by_steps)(run));
    if (!judged) goto out;
    TRY(result_of(a, run->out, &rows));
    TRY(judge(a, rows, &a->now));
    keep_stronger(a, run->restart == 0);
out:
    cama__dataset_free(rows);
    return status;
}

/* ---- The report -------------------------------------------------------------------------------------------------- */

/* How far the row's numbers moved, in the ball's norm and units. */
static double distance(const attack *a, const cama_dataset *out, int64_t row, float *before, float *after)
{
    const cama__attack_run *run = &a->run;
    const cama_model *model = run->judge.model;
    double most = 0, sum = 0;
    for (int32_t k = 0; k < run->ball.parts; k++) {
        const cama__attack_part *p = &run->ball.part[k];
        cama__attack_clean_row(run->dataset, p->role, row, before);
        cama__attack_clean_row(out, p->role, row, after);
        for (int64_t d = 0; d < p->width; d++) {
            const double scale = model->standardised ? model->scale[cama__model_place(model, p->role) + d] : 1,
                         way = fabs((double)after[d] - before[d]) / scale;
            most = way > most ? way : most;
            sum += way * way;
        }
    }
    return run->euclidean ? sqrt(sum) : most;
}

static int32_t add_flags(cama_report *report, const char *key, const bool *flag, int64_t n, double *room)
{
    for (int64_t i = 0; i < n; i++) room[i] = flag[i];
    return cama__report_add(report, key, n, room);
}

static int32_t add_share(cama_report *report, const char *key, const bool *fooled, int64_t n)
{
    int64_t right = 0;
    for (int64_t i = 0; i < n; i++) right += !fooled[i];
    return cama__report_add(report, key, 1, &(double){(double)right / (double)n});
}

static int32_t fill_report(const attack *a, const cama_dataset *out, double *room, float *rows, cama_report *r)
{
    const int64_t n = a->run.dataset->n;
    const double seconds = cama__seconds() - a->run.session->started;
    float *after = rows + cama__dataset_width(out, ROLE_X) + cama__dataset_width(out, ROLE_C);
    int32_t status = CAMA_OK;
    TRY(add_share(r, "accuracy_before", a->clean.fooled, n));
    TRY(add_share(r, "accuracy_after", a->kept.fooled, n));
    TRY(add_flags(r, "wrong_before", a->clean.fooled, n, room));
    TRY(add_flags(r, "success", a->kept.fooled, n, room));
    TRY(cama__report_add(r, "odds_before", n, a->clean.odds));
    TRY(cama__report_add(r, "odds_after", n, a->kept.odds));
    for (int64_t i = 0; i < n; i++) room[i] = distance(a, out, i, rows, after);
    TRY(cama__report_add(r, "distance", n, room));
    TRY(cama__report_add(r, "restart", n, a->chosen));
    TRY(cama__report_add(r, "seconds", 1, &seconds));
out:
    return status;
}

static int32_t make_report(const attack *a, const cama_dataset *out, cama_report **made)
{
    cama_report *report = NULL;
    double *room = NULL;
    float *rows = NULL;
    int32_t status = CAMA_OK;
    TRY(cama__mem_new(&room, a->run.dataset->n));
    TRY(cama__mem_new(&rows, 2 * (cama__dataset_width(out, ROLE_X) + cama__dataset_width(out, ROLE_C))));
    TRY(cama__report_create(&report));
    TRY(fill_report(a, out, room, rows, report));
    *made = report;
    report = NULL;
out:
    cama__report_free(report);
    cama__mem_free(rows);
    cama__mem_free(room);
    return status;
}

/* ---- The verb ---------------------------------------------------------------------------------------------------- */

static void free_attack(attack *a)
{
    const verdict all[] = {a->clean, a->now, a->kept};
    for (int32_t k = 0; k < 3; k++) {
        cama__mem_free(all[k].odds);
        cama__mem_free(all[k].fooled);
    }
    for (int32_t k = 0; k < ATTACK_PARTS; k++) {
        cama__mem_free(a->run.out[k]);
        cama__mem_free(a->best[k]);
    }
    cama__mem_free(a->chosen);
    cama__attack_judge_free(&a->run.judge);
    cama__attack_ball_free(&a->run.ball);
}

/* What is missing has nowhere to be moved from. */
static int32_t check_known(const cama_dataset *dataset)
{
    const int64_t size = cama__shape_size(dataset->shape);
    int64_t at = 0;
    if (dataset->missing == 0) return CAMA_OK;
    while (!isnan(dataset->x[at])) at++;
    return cama__error(CAMA_E_DATA,
                       "attack: x, row %lld, column %lld: expected a number, got a missing cell, the first of %lld",
                       (long long)(at / size), (long long)(at % size), (long long)dataset->missing);
}

int32_t cama__attack(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, cama_dataset **out, cama_report **report)
{
    const cama__attack_options o = cama__options_attack(options);
    attack a = {.run = {.session = session, .dataset = dataset, .judge = {.model = model}}};
    cama__attack_run *run = &a.run;
    cama_dataset *made = NULL;
    int32_t status = CAMA_OK;
    TRY(cama__dataset_check(dataset, model, true, "dataset"));
    TRY(check_known(dataset));
    TRY(read_options(&o, &a));
    const bool judged = report != NULL || a.restarts > 1;
    TRY(make_room(&a, judged));
    cama__session_begin(session, "attack");
    for (; run->restart < a.restarts; run->restart++) TRY(run_once(&a, judged));
    TRY(result_of(&a, a.restarts > 1 ? a.best : run->out, &made));
    if (report != NULL) TRY(judge(&a, dataset, &a.clean));
    if (report != NULL) TRY(make_report(&a, made, report));
    *out = made;
    made = NULL;
out:
    cama__dataset_free(made);
    free_attack(&a);
    return status;
}
