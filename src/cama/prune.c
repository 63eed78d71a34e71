/* prune - see prune.h. */
#include "prune.h"

#include <math.h>

/* Normal deviations of the margin. Chosen so that |dp| keeps far below the share on digits under shifts and noise, on
 * which a fixed margin fails (docs/model.md). */
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
static int64_t best_arm(int64_t arms, int32_t k, int32_t drawn, const double *w, const bool *stays)
{
    int64_t best = -1;
    double top = -INFINITY;
    for (int64_t a = 0; a < arms; a++) {
        if (!stays[a]) continue;
        for (int32_t j = 0; j < drawn; j++)
            if (!isfinite(w[a * k + j])) return -1;
        const double l = level(drawn, true, w + a * k);
        if (l > top) top = l, best = a;
    }
    return best;
}

/* The mean of D over the draws of an arm, and the sum of the squares about it; the largest D. */
typedef struct {
    double mean, squares, largest;
} difference;

static difference difference_of(int32_t drawn, const double *w, const double *best)
{
    difference d = {0, 0, -INFINITY};
    for (int32_t j = 0; j < drawn; j++) d.mean += (w[j] - best[j]) / drawn;
    for (int32_t j = 0; j < drawn; j++) {
        const double away = w[j] - best[j] - d.mean;
        d.squares += away * away;
        d.largest = w[j] - best[j] > d.largest ? w[j] - best[j] : d.largest;
    }
    return d;
}

/* How far above its mean a D to come may lie: the deviation of a new D from the mean of `drawn`, times the quantile of
 * Student's t (Wallace's approximation) that belongs to so many normal deviations. */
static double margin(double squares, double freedom, int32_t drawn)
{
    enum { MOST = 500 }; /* of an exponent: expm1 stays finite */
    const double exponent = deviations * deviations / freedom;
    const double quantile = sqrt(freedom * expm1(exponent < MOST ? exponent : MOST));
    return quantile * sqrt(squares / freedom * (1 + 1.0 / drawn));
}

void cama__prune_round_end(int64_t arms, int32_t k, int32_t drawn, const double *w, double share, bool *stays)
{
    const int64_t best = best_arm(arms, k, drawn, w, stays);
    const double lowest = log(share / (double)arms);
    double squares = 0, others = 0;
    if (best < 0) return;
    for (int64_t a = 0; a < arms; a++) {
        if (!stays[a] || a == best) continue;
        squares += difference_of(drawn, w + a * k, w + best * k).squares;
        others++;
    }
    if (others == 0) return;
    const double more = margin(squares, others * (drawn - 1), drawn);
    for (int64_t a = 0; a < arms; a++) {
        if (!stays[a] || a == best) continue;
        const difference d = difference_of(drawn, w + a * k, w + best * k);
        stays[a] = !(d.largest < lowest && d.mean + more < lowest);
    }
}

void cama__prune_fill(int32_t k, int32_t seen, bool log_mean_exp, double *w)
{
    if (seen == k) return;
    const double l = level(seen, log_mean_exp, w);
    for (int32_t j = seen; j < k; j++) w[j] = l;
}
