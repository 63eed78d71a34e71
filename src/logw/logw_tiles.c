/* logw_tiles - the order in which tiles of rows are visited.
 *
 * Values need all w of an example before any dw is known. So a first pass fills w, the objective turns it into dw,
 * and a second pass computes each tile's forward again, with the same bits, for its backward. Two ways out of
 * computing twice: when one tile holds all rows, its forward is kept; and where no weight gradient is summed over
 * rows (fine-tuning, attacks), rows whose dw rounds away are left out of the second pass: of C classes few have a
 * posterior worth a gradient. Where draws are pruned (prune.h, prune_draws.h) the first pass is one for each
 * round of the race, over the Q rows that are in it. */
#include <math.h>
#include <string.h>

#include "prune.h"
#include "prune_draws.h"
#include "logw_state.h"

/* Shares of an example below this do not change a gradient in the precision of the build. */
static const double negligible = sizeof(real) == sizeof(float) ? 1e-8 : 1e-17;

static cama__run kept_run(int64_t first, int64_t end, int64_t most)
{
    const int64_t wanted = most < 1 ? 1 : most, count = end - first < wanted ? end - first : wanted;
    return (cama__run){.first = first, .count = count, .rows = count, .chunk = GROUP_BLOCKS};
}

static int64_t whole_blocks(int64_t most)
{
    const int64_t nr = cama__kernel()->nr;
    return most < nr ? most : most / nr * nr;
}

/* The rows of a pass: s->k_count draws of each Q row. */
static cama__row_plan plan_of_pass(const cama__logw *s)
{
    cama__row_plan plan = s->plan;
    plan.k = s->k_count;
    return plan;
}

static cama__run next_q(const cama__logw *s, int64_t first, int64_t most)
{
    const cama__row_plan plan = plan_of_pass(s);
    return s->kept != NULL ? kept_run(first, s->kept_count, whole_blocks(most) / plan.k)
                           : cama__row_plan_q_run(&plan, first, most);
}

static cama__run next_r(const cama__logw *s, const cama__run *q, int64_t first, int64_t most)
{
    const cama__row_plan plan = plan_of_pass(s);
    return s->kept != NULL ? kept_run(first, (q->first + q->count) * plan.k, whole_blocks(most))
                           : cama__row_plan_r_run(&plan, q, first, most);
}

static int64_t q_rows(const cama__logw *s) { return s->plan.n * s->plan.u * s->plan.c; }

/* Q row number j in the order (i, u, c), whose draws begin with `first`. */
static cama__row q_row(const cama__logw *s, int64_t j, int32_t first)
{
    const cama__row_plan *p = &s->plan;
    const int64_t i = j / p->c / p->u, u = j / p->c % p->u, group = i / p->group;
    const int64_t lanes = group < p->full ? p->group : p->rest_padded;
    return (cama__row){.example = i,
                       .u = (int32_t)u,
                       .c = (int32_t)(j % p->c),
                       .k = first,
                       .x = (int32_t)i,
                       .m = (int32_t)(group * p->group * p->u + u * lanes + i % p->group)};
}

/* The next pass takes k draws of all Q rows, or of these. */
static void keep_all(cama__logw *s, int32_t k) { s->kept = NULL, s->k_count = k; }

static void keep(cama__logw *s, const cama__row *rows, int64_t count, int32_t k)
{
    s->kept = rows;
    s->kept_count = count;
    s->k_count = k;
}

typedef struct {
    const cama__logw *s;
    cama__row *kept;
    int64_t count;
} selection;

static void select_task(void *arg, int64_t j, int32_t worker)
{
    (void)worker;
    selection *l = arg;
    const cama__logw *s = l->s;
    bool counts = false;
    for (int64_t k = j * s->plan.k; k < (j + 1) * s->plan.k && !counts; k++)
        counts = !(fabs(s->dw[k]) <= negligible * fabs(s->sink->scale)); /* a NaN counts */
    if (counts) l->kept[l->count++] = q_row(s, j, 0);
}

/* The Q rows one of whose samples has a dw that counts. */
static void keep_weighty(cama__logw *s)
{
    selection l = {.s = s, .kept = cama__exec_structs(s->exec, q_rows(s), sizeof *l.kept)};
    cama__exec_serial(s->exec, q_rows(s), select_task, &l);
    keep(s, l.kept, cama__exec_count(s->exec, l.count, q_rows(s)), s->plan.k);
}

enum { PASS_FORWARD, PASS_BACKWARD, PASS_BOTH /* all rows in the one tile that is held; the objective between */ };

static void pass(cama__logw *s, int32_t kind)
{
    const int64_t most = kind == PASS_FORWARD ? s->o->forward_tile : s->o->row_tile;
    bool backward = kind == PASS_BACKWARD;
    const cama__exec *exec = s->exec;
    cama__exec whole = *exec;
    whole.whole = whole.whole || s->kept != NULL; /* how many rows are kept is not known when memory is measured */
    s->exec = &whole;
    s->fills_w = !backward;
    cama__q_rows q = {.run = next_q(s, 0, most)};
    for (; q.run.count > 0; q.run = next_q(s, q.run.first + q.run.count, most)) {
        const size_t q_mark = cama__arena_mark(s->exec->arena);
        cama__logw_q_forward(s, &q);
        cama__r_rows r = {.run = next_r(s, &q.run, q.run.first * s->k_count, most)};
        for (; r.run.count > 0; r.run = next_r(s, &q.run, r.run.first + r.run.count, most)) {
            const size_t r_mark = cama__arena_mark(s->exec->arena);
            cama__logw_r_forward(s, &q, &r);
            if (kind == PASS_BOTH) backward = cama__logw_objective(s);
            if (backward) cama__logw_r_backward(s, &q, &r);
            cama__arena_release(s->exec->arena, r_mark);
        }
        if (backward) cama__logw_q_backward(s, &q);
        cama__arena_release(s->exec->arena, q_mark);
    }
    s->exec = exec;
}

static bool one_tile(const cama__logw *s)
{
    const int64_t most = s->o->row_tile;
    const cama__run q = next_q(s, 0, most), r = next_r(s, &q, 0, most);
    return next_q(s, q.count, most).count == 0 && r.count == q.count * s->k_count;
}

/* ---- The first pass as a race ---- */

enum { DRAWS = 2, ROWS_LEAST = 64 }; /* draws of a kept Q row at once; kept Q rows there is room for */

typedef struct {
    int32_t *seen; /* (Q rows) draws that are there */
    bool *stays;   /* (Q rows) in the race */
    cama__row *kept;
    int64_t room;
} lap;

static void pass_kept(cama__logw *s, const lap *l, int64_t *count)
{
    if (*count == 0) return;
    keep(s, l->kept, *count, DRAWS);
    pass(s, PASS_FORWARD);
    *count = 0;
}

/* Whoever is in the race and has fewer draws than `target` gets them, by twos; of an odd number one is drawn again. */
static void draw_up_to(cama__logw *s, lap *l, int32_t target)
{
    int64_t count = 0;
    for (int64_t j = 0; j < q_rows(s); j++) {
        if (!l->stays[j]) continue;
        for (int32_t k = l->seen[j]; k < target; k += DRAWS) {
            l->kept[count++] = q_row(s, j, k + DRAWS > target ? target - DRAWS : k);
            if (count == l->room) pass_kept(s, l, &count);
        }
        l->seen[j] = l->seen[j] < target ? target : l->seen[j];
    }
    pass_kept(s, l, &count);
}

/* Whether anybody needs more draws, after everybody was judged. */
static bool judge(const cama__logw *s, lap *l)
{
    const int32_t k = s->plan.k;
    const int64_t arms = (int64_t)s->plan.u * s->plan.c;
    bool more = false;
    for (int64_t i = 0; i < s->plan.n; i++)
        cama__prune_judge(arms, k, s->w + i * arms * k, l->seen + i * arms, s->o->prune, l->stays + i * arms);
    for (int64_t j = 0; j < q_rows(s); j++) more = more || (l->stays[j] && l->seen[j] < k);
    return more;
}

static void run_rounds(cama__logw *s, lap *l, int32_t target)
{
    const int32_t k = s->plan.k;
    for (int64_t j = 0; j < q_rows(s); j++) l->seen[j] = target;
    while (target < k && judge(s, l)) {
        target = cama__prune_round(target, k);
        draw_up_to(s, l, target);
    }
    while (judge(s, l)) draw_up_to(s, l, k);
    for (int64_t j = 0; j < q_rows(s); j++)
        cama__prune_fill(k, l->seen[j], cama__objective_is_bayes(s->o->objective), s->w + j * k);
}

/* Rounds: Q rows that cannot win have no further draws, and their level in the place of these. */
static void race(cama__logw *s)
{
    const int32_t k = s->plan.k;
    const size_t mark = cama__arena_mark(s->exec->arena);
    lap l = {.room = q_rows(s) > ROWS_LEAST ? q_rows(s) : ROWS_LEAST, .seen = cama__exec_indices(s->exec, q_rows(s))};
    l.stays = cama__exec_structs(s->exec, q_rows(s), sizeof *l.stays);
    l.kept = cama__exec_structs(s->exec, l.room, sizeof *l.kept);
    keep_all(s, cama__prune_round(0, k));
    pass(s, PASS_FORWARD);
    if (cama__exec_measures(s->exec)) { /* data decide how many passes follow: the largest is measured */
        int64_t most = l.room;
        pass_kept(s, &l, &most);
    } else {
        run_rounds(s, &l, cama__prune_round(0, k));
    }
    cama__arena_release(s->exec->arena, mark);
}

/* ---- The same draw by draw ---- */

enum { DRAWS_LEAST = 960 /* rows there is room for: a pass of fewer leaves more blocks half empty */ };

typedef struct {
    bool *drawn; /* (Q rows, K) */
    cama__draw *wanted;
    cama__row *kept;
    int64_t room;
} draw_lap;

static cama__draws draws_of_example(const cama__logw *s, const draw_lap *l, int64_t i)
{
    const int64_t each = (int64_t)s->plan.c * s->plan.k;
    return (cama__draws){s->plan.c, s->plan.k, s->w + i * each, l->drawn + i * each, s->o->prune};
}

static void pass_draws(cama__logw *s, const draw_lap *l, int64_t *count)
{
    if (*count == 0) return;
    keep(s, l->kept, *count, 1);
    pass(s, PASS_FORWARD);
    *count = 0;
}

/* A round of all examples; whether there was any draw to be made. */
static bool draw_round(cama__logw *s, const draw_lap *l)
{
    int64_t count = 0;
    bool any = false;
    for (int64_t i = 0; i < s->plan.n; i++) {
        const cama__draws d = draws_of_example(s, l, i);
        const int32_t more = cama__draws_next(&d, l->wanted);
        for (int32_t j = 0; j < more; j++) {
            l->kept[count++] = q_row(s, i * s->plan.c + l->wanted[j].arm, l->wanted[j].k);
            if (count == l->room) pass_draws(s, l, &count);
        }
        any = any || more > 0;
    }
    pass_draws(s, l, &count);
    return any;
}

/* Rounds of draws: those that cannot matter have what is foretold in their place. */
static void race_of_draws(cama__logw *s)
{
    const int64_t each = (int64_t)s->plan.c * s->plan.k, all = s->plan.n * each;
    const size_t mark = cama__arena_mark(s->exec->arena);
    draw_lap l = {.room = q_rows(s) > DRAWS_LEAST ? q_rows(s) : DRAWS_LEAST};
    l.drawn = cama__exec_structs(s->exec, all, sizeof *l.drawn);
    l.wanted = cama__exec_structs(s->exec, each, sizeof *l.wanted);
    l.kept = cama__exec_structs(s->exec, l.room, sizeof *l.kept);
    if (cama__exec_measures(s->exec)) { /* data decide how many passes follow: the largest is measured */
        int64_t most = l.room;
        pass_draws(s, &l, &most);
    } else {
        memset(l.drawn, 0, (size_t)all * sizeof *l.drawn);
        while (draw_round(s, &l)) continue;
        for (int64_t i = 0; i < s->plan.n; i++) {
            const cama__draws d = draws_of_example(s, &l, i);
            cama__draws_fill(&d);
        }
    }
    cama__arena_release(s->exec->arena, mark);
}

void cama__logw_tiles(cama__logw *s)
{
    const bool all = s->gradient && !s->sparse; /* every row has a backward */
    const bool prunes =
        s->o->prune > 0 && s->per_class > 1 && s->plan.k > DRAWS && !all && s->o->temper == 0; /* else nobody leaves */
    if (prunes) (s->plan.u == 1 && cama__objective_is_bayes(s->o->objective) ? race_of_draws : race)(s);
    keep_all(s, s->plan.k);
    if (all && one_tile(s)) {
        pass(s, PASS_BOTH);
        return;
    }
    if (!prunes) pass(s, PASS_FORWARD);
    if (!cama__logw_objective(s)) return;
    if (s->sparse) keep_weighty(s);
    pass(s, PASS_BACKWARD);
}
