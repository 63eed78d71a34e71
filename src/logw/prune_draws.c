/* prune_draws - the first rounds, what is foretold of the other draws, and which of them come next. */
#include "prune_draws.h"

#include <math.h>

#include "../base/sort.h"
#include "prune.h"

/* A round takes half of the draws that may matter, but no fewer than this: of an example that is alone, a round of few
 * leaves most of a block of rows empty. */
enum { ROUND = 12 };

/* Draws that fit the leader worse than those that an arm had are foretold to be only half as far below them: the leader
 * may be what does not fit. Without it p changed by .008 on one digit of 10,000 under large shifts. */
static const double doubt = 0.5;

static inline int64_t at(const cama__draws *d, int32_t arm, int32_t k) { return (int64_t)arm * d->k + k; }

static int32_t count_of(const cama__draws *d, int32_t arm)
{
    int32_t count = 0;
    for (int32_t k = 0; k < d->k; k++) count += d->drawn[at(d, arm, k)];
    return count;
}

/* log of the sum of exp w over the draws of arms [first, end) that are there; -inf for none. */
static double log_sum(const cama__draws *d, int32_t first, int32_t end)
{
    double top = -INFINITY, sum = 0;
    for (int64_t i = at(d, first, 0); i < at(d, end, 0); i++)
        if (d->drawn[i] && d->w[i] > top) top = d->w[i];
    for (int64_t i = at(d, first, 0); i < at(d, end, 0); i++)
        if (d->drawn[i]) sum += exp(d->w[i] - top);
    return sum > 0 ? top + log(sum) : -INFINITY;
}

/* The arm with the largest sum, but for one (-1: none), among all or among those whose draws are all there; or -1. */
static int32_t best_arm(const cama__draws *d, int32_t but, bool whole)
{
    int32_t best = -1;
    double top = -INFINITY;
    for (int32_t a = 0; a < d->arms; a++) {
        const double sum = a == but || (whole && count_of(d, a) < d->k) ? -INFINITY : log_sum(d, a, a + 1);
        if (sum > top) top = sum, best = a;
    }
    return best;
}

static bool all_finite(const cama__draws *d)
{
    for (int64_t i = 0; i < at(d, d->arms, 0); i++)
        if (d->drawn[i] && !isfinite(d->w[i])) return false;
    return true;
}

static int32_t want(cama__draw *wanted, int32_t count, int32_t arm, int32_t k, double most)
{
    wanted[count] = (cama__draw){.most = most, .arm = arm, .k = k};
    return count + 1;
}

/* What an arm has not drawn. */
static int32_t want_rest(const cama__draws *d, int32_t arm, int32_t count, cama__draw *wanted)
{
    for (int32_t k = 0; k < d->k; k++)
        if (!d->drawn[at(d, arm, k)]) count = want(wanted, count, arm, k, 0);
    return count;
}

static bool is_wanted(const cama__draw *wanted, int32_t count, int32_t arm, int32_t k)
{
    for (int32_t i = 0; i < count; i++)
        if (wanted[i].arm == arm && wanted[i].k == k) return true;
    return false;
}

/* Of the draws that an arm has neither had nor is to have the one that fits the leader best, as far as that is known;
 * -1: none. */
static int32_t next_draw(const cama__draws *d, int32_t leader, int32_t arm, const cama__draw *wanted, int32_t count)
{
    const double *w = d->w + at(d, leader, 0);
    const bool *known = d->drawn + at(d, leader, 0);
    int32_t best = -1;
    for (int32_t k = 0; k < d->k; k++)
        if (!d->drawn[at(d, arm, k)] && !is_wanted(wanted, count, arm, k) && (best < 0 || (known[k] && w[k] > w[best])))
            best = k;
    return best;
}

/* The leader's best draw, of all who have but one. */
static int32_t want_second(const cama__draws *d, int32_t leader, cama__draw *wanted)
{
    int32_t count = 0;
    for (int32_t a = 0; a < d->arms; a++) {
        const int32_t k = count_of(d, a) < 2 ? next_draw(d, leader, a, NULL, 0) : -1;
        if (k >= 0) count = want(wanted, count, a, k, 0);
    }
    return count;
}

/* Up to a whole round: draws of the best arm but the leader. */
static int32_t fill_round(const cama__draws *d, int32_t leader, int32_t count, cama__draw *wanted)
{
    const int32_t second = best_arm(d, leader, false);
    while (second >= 0 && count < ROUND) {
        const int32_t k = next_draw(d, leader, second, wanted, count);
        if (k < 0) break;
        count = want(wanted, count, second, k, 0);
    }
    return count;
}

/* ---- what is foretold ---- */

/* Of the draws that an arm had: the mean of D, the sum of squares about it, and the mean of the leader's w. */
typedef struct {
    double mean, squares, leader;
    int32_t count;
} difference;

static difference difference_of(const cama__draws *d, int32_t arm, int32_t leader)
{
    difference of = {.count = count_of(d, arm)};
    const double *w = d->w + at(d, arm, 0), *best = d->w + at(d, leader, 0);
    const bool *drawn = d->drawn + at(d, arm, 0);
    for (int32_t k = 0; k < d->k; k++)
        if (drawn[k]) of.mean += (w[k] - best[k]) / of.count, of.leader += best[k] / of.count;
    for (int32_t k = 0; k < d->k; k++)
        if (drawn[k]) of.squares += (w[k] - best[k] - of.mean) * (w[k] - best[k] - of.mean);
    return of;
}

/* All draws that may matter. */
static int32_t want_weighty(const cama__draws *d, int32_t leader, cama__draw *wanted)
{
    const double least = log_sum(d, 0, d->arms) + log(d->share / ((double)d->arms * d->k));
    double squares = 0, freedom = 0;
    int32_t count = 0;
    for (int32_t a = 0; a < d->arms; a++) {
        const difference of = difference_of(d, a, leader);
        squares += of.squares;
        freedom += a == leader ? 0 : of.count - 1;
    }
    for (int32_t a = 0; a < d->arms; a++) {
        const difference of = difference_of(d, a, leader);
        const double more = cama__prune_quantile(freedom) * sqrt(squares / freedom * (1 + 1.0 / of.count));
        for (int32_t k = 0; k < d->k; k++) {
            const double best = d->w[at(d, leader, k)], below = best < of.leader ? of.leader - best : 0;
            const double most = best + doubt * below + of.mean + more;
            if (!d->drawn[at(d, a, k)] && most >= least) count = want(wanted, count, a, k, most);
        }
    }
    return count;
}

static int by_weight(const void *a, const void *b)
{
    const cama__draw *p = a, *q = b;
    if (p->most != q->most) return p->most > q->most ? -1 : 1;
    if (p->arm != q->arm) return p->arm < q->arm ? -1 : 1;
    return p->k < q->k ? -1 : p->k > q->k;
}

static int32_t choose(const cama__draws *d, cama__draw *wanted)
{
    int32_t count = 0;
    if (count_of(d, 0) == 0) {
        for (int32_t a = 0; a < d->arms; a++) count = want(wanted, count, a, 0, 0);
        return count;
    }
    if (!all_finite(d)) {
        for (int32_t a = 0; a < d->arms; a++) count = want_rest(d, a, count, wanted);
        return count;
    }
    const int32_t whole = best_arm(d, -1, true), leader = whole < 0 ? best_arm(d, -1, false) : whole;
    count = whole < 0 ? want_rest(d, leader, 0, wanted) : want_second(d, leader, wanted);
    if (count > 0) return fill_round(d, leader, count, wanted);
    count = want_weighty(d, leader, wanted);
    if (count <= ROUND) return count;
    cama__sort(wanted, count, sizeof *wanted, by_weight);
    return count / 2 > ROUND ? (count + 1) / 2 : ROUND;
}

int32_t cama__draws_next(const cama__draws *d, cama__draw *wanted)
{
    const int32_t count = choose(d, wanted);
    for (int32_t i = 0; i < count; i++) d->drawn[at(d, wanted[i].arm, wanted[i].k)] = true;
    return count;
}

void cama__draws_fill(const cama__draws *d)
{
    if (!all_finite(d)) return;
    const int32_t leader = best_arm(d, -1, true);
    for (int32_t a = 0; a < d->arms; a++) {
        const difference of = difference_of(d, a, leader);
        for (int32_t k = 0; k < d->k; k++)
            if (!d->drawn[at(d, a, k)]) d->w[at(d, a, k)] = d->w[at(d, leader, k)] + of.mean;
    }
}
