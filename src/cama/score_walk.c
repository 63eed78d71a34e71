/* score_walk - the order in which tiles of rows are visited.
 *
 * Values need all w of an example before any dw is known. So a first pass fills w, the heads turn it into dw, and a
 * second pass computes each tile's forward again, with the same bits, for its backward. Two ways out of computing
 * twice: when one tile holds all rows, its forward is kept; and where no weight gradient is summed over rows
 * (fine-tuning, attacks), rows whose dw rounds away are left out of the second pass: of C classes few have a posterior
 * worth a gradient. */
#include <math.h>

#include "score_state.h"

/* Shares of an example below this do not change a gradient in the precision of the build. */
static const double negligible = sizeof(real) == sizeof(float) ? 1e-8 : 1e-17;

static cama__run kept_run(int64_t first, int64_t end, int64_t most)
{
    const int64_t wanted = most < 1 ? 1 : most, count = end - first < wanted ? end - first : wanted;
    return (cama__run){.first = first, .count = count, .rows = count, .chunk = GROUP_BLOCKS};
}

static cama__run next_q(const cama__score *s, int64_t first, int64_t most)
{
    if (s->kept == NULL) return cama__rowplan_q_run(&s->plan, first, most);
    return kept_run(first, s->kept_count, most / s->plan.k);
}

static cama__run next_r(const cama__score *s, const cama__run *q, int64_t first, int64_t most)
{
    if (s->kept == NULL) return cama__rowplan_r_run(&s->plan, q, first, most);
    return kept_run(first, (q->first + q->count) * s->plan.k, most);
}

cama__row cama__score_row(const cama__score *s, const cama__run *run, const cama__run *q, int64_t row)
{
    const int32_t k = q == NULL ? 1 : s->plan.k;
    if (s->kept == NULL) return cama__rowplan_row(&s->plan, run, k, q, row);
    const int64_t at = run->first + row;
    cama__row r = s->kept[at / k];
    r.k = (int32_t)(at % k);
    if (q != NULL) r.q = (int32_t)(at / k - q->first);
    return r;
}

/* The Q rows one of whose samples has a dw that counts, in the order (i, u, c). */
static void keep_rows(cama__score *s)
{
    const cama__rowplan *p = &s->plan;
    const int64_t all = p->n * p->u * p->c;
    cama__row *kept = cama__arena_take(s->work->arena, (size_t)all, sizeof *kept);
    static const cama__row nowhere;
    int64_t count = 0;
    for (int64_t j = 0; !cama__work_measures(s->work) && j < all; j++) {
        bool counts = false;
        for (int64_t k = 0; k < p->k && !counts; k++)
            counts = !(fabs(s->w[j * p->k + k]) <= negligible * fabs(s->sink->scale)); /* a NaN counts */
        if (!counts) continue;
        const int64_t i = j / p->c / p->u, u = j / p->c % p->u, group = i / p->group;
        const int64_t lanes = group < p->full ? p->group : p->rest_padded;
        kept[count++] = (cama__row){.example = i,
                                    .u = (int32_t)u,
                                    .c = (int32_t)(j % p->c),
                                    .x = (int32_t)i,
                                    .m = (int32_t)(group * p->group * p->u + u * lanes + i % p->group)};
    }
    s->kept = cama__work_measures(s->work) ? &nowhere : kept;
    s->kept_count = cama__work_measures(s->work) ? all : count;
}

/* One pass. between: called when all rows are in the one tile that is held, before its backward. */
static void pass(cama__score *s, bool backward, bool (*between)(cama__score *))
{
    const int64_t most = backward || between != NULL ? s->o->row_tile : s->o->forward_tile;
    s->fills_w = !backward;
    cama__q_rows q = {.run = next_q(s, 0, most)};
    for (; q.run.count > 0; q.run = next_q(s, q.run.first + q.run.count, most)) {
        const size_t q_mark = cama__arena_mark(s->work->arena);
        cama__score_q_forward(s, &q);
        cama__r_rows r = {.run = next_r(s, &q.run, q.run.first * s->plan.k, most)};
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
}

static bool one_tile(const cama__score *s)
{
    const int64_t most = s->o->row_tile;
    const cama__run q = next_q(s, 0, most), r = next_r(s, &q, 0, most);
    return next_q(s, q.count, most).count == 0 && r.count == q.count * s->plan.k;
}

void cama__score_walk(cama__score *s, bool (*heads)(cama__score *))
{
    s->kept = NULL;
    if (s->gradient && !s->sparse && one_tile(s)) {
        pass(s, false, heads);
        return;
    }
    pass(s, false, NULL);
    if (!heads(s)) return;
    const cama__work *work = s->work;
    cama__work whole = *work;
    if (s->sparse) keep_rows(s);
    whole.whole = whole.whole || s->kept != NULL; /* how many rows are kept is not known when memory is measured */
    s->work = &whole;
    pass(s, true, NULL);
    s->work = work;
}
