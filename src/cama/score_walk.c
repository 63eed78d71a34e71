/* score_walk - the order in which tiles of rows are visited.
 *
 * Values need all w of an example before any dw is known. So a first pass fills w, the heads turn it into dw, and a
 * second pass computes each tile's forward again, with the same bits, for its backward. Two ways out of computing
 * twice: when one tile holds all rows, its forward is kept; and where no weight gradient is summed over rows
 * (fine-tuning, attacks), rows whose dw rounds away are left out of the second pass: of C classes few have a posterior
 * worth a gradient. Where draws are pruned (prune.h) the first pass is one for each round of the race, over the Q rows
 * that are in it. */
#include <math.h>

#include "prune.h"
#include "score_state.h"

/* Shares of an example below this do not change a gradient in the precision of the build. */
static const double negligible = sizeof(real) == sizeof(float) ? 1e-8 : 1e-17;

static cama__run kept_run(int64_t first, int64_t end, int64_t most)
{
    const int64_t wanted = most < 1 ? 1 : most, count = end - first < wanted ? end - first : wanted;
    return (cama__run){.first = first, .count = count, .rows = count, .chunk = GROUP_BLOCKS};
}

/* The rows of a pass: s->k_count draws of each Q row. */
static cama__rowplan plan_of_pass(const cama__score *s)
{
    cama__rowplan plan = s->plan;
    plan.k = s->k_count;
    return plan;
}

static cama__run next_q(const cama__score *s, int64_t first, int64_t most)
{
    const cama__rowplan plan = plan_of_pass(s);
    return s->kept != NULL ? kept_run(first, s->kept_count, most / plan.k)
                           : cama__rowplan_q_run(&plan, first, most);
}

static cama__run next_r(const cama__score *s, const cama__run *q, int64_t first, int64_t most)
{
    const cama__rowplan plan = plan_of_pass(s);
    return s->kept != NULL ? kept_run(first, (q->first + q->count) * plan.k, most)
                           : cama__rowplan_r_run(&plan, q, first, most);
}

cama__row cama__score_row(const cama__score *s, const cama__run *run, const cama__run *q, int64_t row)
{
    const int32_t k = q == NULL ? 1 : s->k_count;
    cama__row r;
    if (s->kept == NULL) {
        r = cama__rowplan_row(&s->plan, run, k, q, row);
    } else {
        const int64_t at = run->first + row;
        r = s->kept[at / k];
        r.k = (int32_t)(at % k);
        if (q != NULL) r.q = (int32_t)(at / k - q->first);
    }
    r.k += s->k_first;
    return r;
}

/* From now on passes take draws [first, first + count) of each Q row. */
static void take_draws(cama__score *s, int32_t first, int32_t count) { s->k_first = first, s->k_count = count; }

static int64_t q_rows(const cama__score *s) { return s->plan.n * s->plan.u * s->plan.c; }

/* Passes take the Q rows whose number is in `chosen` (q_rows) alone, in the order (i, u, c). to: room for all. */
static void keep(cama__score *s, const bool *chosen, cama__row *to)
{
    const cama__rowplan *p = &s->plan;
    static const cama__row nowhere;
    int64_t count = 0;
    for (int64_t j = 0; !cama__work_measures(s->work) && j < q_rows(s); j++) {
        if (!chosen[j]) continue;
        const int64_t i = j / p->c / p->u, u = j / p->c % p->u, group = i / p->group;
        const int64_t lanes = group < p->full ? p->group : p->rest_padded;
        to[count++] = (cama__row){.example = i,
                                  .u = (int32_t)u,
                                  .c = (int32_t)(j % p->c),
                                  .x = (int32_t)i,
                                  .m = (int32_t)(group * p->group * p->u + u * lanes + i % p->group)};
    }
    s->kept = cama__work_measures(s->work) ? &nowhere : to;
    s->kept_count = cama__work_measures(s->work) ? q_rows(s) : count;
}

/* The Q rows one of whose samples has a dw that counts. */
static void keep_weighty(cama__score *s)
{
    cama__row *kept = cama__arena_take(s->work->arena, (size_t)q_rows(s), sizeof *kept);
    bool *counts = cama__arena_take(s->work->arena, (size_t)q_rows(s), sizeof *counts);
    for (int64_t j = 0; !cama__work_measures(s->work) && j < q_rows(s); j++) {
        counts[j] = false;
        for (int64_t k = j * s->plan.k; k < (j + 1) * s->plan.k && !counts[j]; k++)
            counts[j] = !(fabs(s->w[k]) <= negligible * fabs(s->sink->scale)); /* a NaN counts */
    }
    keep(s, counts, kept);
}

/* One pass. between: called when all rows are in the one tile that is held, before its backward. */
static void pass(cama__score *s, bool backward, bool (*between)(cama__score *))
{
    const int64_t most = backward || between != NULL ? s->o->row_tile : s->o->forward_tile;
    const cama__work *work = s->work;
    cama__work whole = *work;
    whole.whole = whole.whole || s->kept != NULL; /* how many rows are kept is not known when memory is measured */
    s->work = &whole;
    s->fills_w = !backward;
    cama__q_rows q = {.run = next_q(s, 0, most)};
    for (; q.run.count > 0; q.run = next_q(s, q.run.first + q.run.count, most)) {
        const size_t q_mark = cama__arena_mark(s->work->arena);
        cama__score_q_forward(s, &q);
        cama__r_rows r = {.run = next_r(s, &q.run, q.run.first * s->k_count, most)};
        for (; r.run.count > 0; r.run = next_r(s, &q.run, r.run.first + r.run.count, most)) {
            const size_t r_mark = cama__arena_mark(s->work->arena);
            cama__score_r_forward(s, &q, &r);
            if (between != NULL) backward = between(s);
            if (backward) cama__score_r_backward(s, &q, &r);
            cama__arena_release(s->work->arena, r_mark);
        }
        if (backward) cama__score_q_backward(s, &q);
        cama__arena_release(s->work->arena, q_mark);
    }
    s->work = work;
}

static bool one_tile(const cama__score *s)
{
    const int64_t most = s->o->row_tile;
    const cama__run q = next_q(s, 0, most), r = next_r(s, &q, 0, most);
    return next_q(s, q.count, most).count == 0 && r.count == q.count * s->k_count;
}

/* The first pass in rounds: after each, Q rows that cannot win have no further draws. */
static void race(cama__score *s)
{
    const int32_t k = s->plan.k;
    const int64_t arms = (int64_t)s->plan.u * s->plan.c;
    const size_t mark = cama__arena_mark(s->work->arena);
    const bool measures = cama__work_measures(s->work);
    cama__row *kept = cama__arena_take(s->work->arena, (size_t)q_rows(s), sizeof *kept);
    bool *stays = cama__arena_take(s->work->arena, (size_t)q_rows(s), sizeof *stays);
    int32_t *seen = cama__score_indices(s, q_rows(s));
    for (int64_t j = 0; !measures && j < q_rows(s); j++) stays[j] = true;
    for (int32_t drawn = 0, next; drawn < k; drawn = next) {
        next = cama__prune_round(drawn, k);
        take_draws(s, drawn, next - drawn);
        pass(s, false, NULL);
        for (int64_t j = 0; !measures && j < q_rows(s); j++)
            if (stays[j]) seen[j] = next;
        for (int64_t i = 0; !measures && next < k && i < s->plan.n; i++)
            cama__prune_round_end(arms, k, next, s->w + i * arms * k, s->o->prune, stays + i * arms);
        keep(s, stays, kept);
    }
    for (int64_t j = 0; !measures && j < q_rows(s); j++)
        cama__prune_fill(k, seen[j], cama__head_is_bayes(s->o->head), s->w + j * k);
    s->kept = NULL;
    cama__arena_release(s->work->arena, mark);
}

void cama__score_walk(cama__score *s, bool (*heads)(cama__score *))
{
    const bool all = s->gradient && !s->sparse; /* every row has a backward */
    const bool prunes = s->o->prune > 0 && s->per_class > 1 && !all && s->o->temper == 0;
    s->kept = NULL;
    if (prunes) race(s);
    take_draws(s, 0, s->plan.k);
    if (all && one_tile(s)) {
        pass(s, false, heads);
        return;
    }
    if (!prunes) pass(s, false, NULL);
    if (!heads(s)) return;
    if (s->sparse) keep_weighty(s);
    pass(s, true, NULL);
}
