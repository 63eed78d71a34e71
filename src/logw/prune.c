/* prune - rounds of the race, and its judgement by differences from the best arm. */
#include "prune.h"

#include <math.h>

/* Normal deviations of the margin. With fewer, classes were lost among 10,000 digits under shifts
 * (docs/performance.md). */
static const double deviations = 4;

int32_t cama__prune_round(int32_t drawn, int32_t k)
{
    const int32_t next = drawn == 0 ? 2 : 2 * drawn;
    return next > k / 2 && drawn > 0 ? k : next < k ? next : k;
}

static double level(int32_t count, bool log_mean_exp, const double *w)
{
    double top = w[0], sum = 0;
    for (int32_t k = 1; k < count; k++) top = w[k] > top ? w[k] : top;
    for (int32_t k = 0; k < count; k++) sum += log_mean_exp ? exp(w[k] - top) : w[k];
    return log_mean_exp ? top + log(sum / count) : sum / count;
}

/* The arm with the largest level; -1 where a w is not finite. */
static int64_t best_arm(int64_t arms, int32_t k, const double *w, const int32_t *seen)
{
    int64_t best = -1;
    double top = -INFINITY;
    for (int64_t a = 0; a < arms; a++) {
        for (int32_t j = 0; j < seen[a]; j++)
            if (!isfinite(w[a * k + j])) return -1;
        const double l = level(seen[a], true, w + a * k);
        if (l > top) top = l, best = a;
    }
    return best;
}

/* Of the draws that an arm has in common with the best one: mean of D, sum of the squares about it, largest D. */
typedef struct {
    int32_t count;
    double mean, squares, largest;
} difference;

static difference difference_of(int32_t count, const double *w, const double *best)
{
    difference d = {.count = count, .largest = -INFINITY};
    for (int32_t j = 0; j < count; j++) d.mean += (w[j] - best[j]) / count;
    for (int32_t j = 0; j < count; j++) {
        const double away = w[j] - best[j] - d.mean;
        d.squares += away * away;
        d.largest = w[j] - best[j] > d.largest ? w[j] - best[j] : d.largest;
    }
    return d;
}

double cama__prune_quantile(double freedom)
{
    enum { MOST = 500 }; /* of an exponent: expm1 stays finite */
    const double exponent = deviations * deviations / freedom;
    return sqrt(freedom * expm1(exponent < MOST ? exponent : MOST));
}

void cama__prune_judge(int64_t arms, int32_t k, const double *w, const int32_t *seen, double share, bool *stays)
{
    const int64_t best = best_arm(arms, k, w, seen);
    const double lowest = log(share / (double)arms);
    double squares = 0, freedom = 0;
    for (int64_t a = 0; a < arms; a++) stays[a] = true;
    if (best < 0) return;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t a = 0; a < arms; a++) {
            if (a == best) continue;
            const int32_t common = seen[a] < seen[best] ? seen[a] : seen[best];
            const difference d = difference_of(common, w + a * k, w + best * k);
            if (pass == 0) {
                squares += d.squares;
                freedom += common - 1;
            } else {
                const double more = cama__prune_quantile(freedom) * sqrt(squares / freedom * (1 + 1.0 / common));
                stays[a] = !(d.largest < lowest && d.mean + more < lowest);
            }
        }
}

void cama__prune_fill(int32_t k, int32_t seen, bool log_mean_exp, double *w)
{
    if (seen == k) return;
    const double l = level(seen, log_mean_exp, w);
    for (int32_t j = seen; j < k; j++) w[j] = l;
}
