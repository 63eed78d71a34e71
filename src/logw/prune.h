/* prune - which arms of an example deserve more draws: a race between its arms (u, c), draw of m and class.
 *
 * What is wanted is each arm's level, the log of the mean of exp w over its K draws of z (OBJECTIVE_MARGINAL: their
 * mean). All arms have the same first draws; those that cannot win get no others. Let b be the best arm so far and
 * D_k = w[a,k] - w[b,k]. For any draws the difference of the levels of a and b is at most the largest D_k. So a is
 * left out when both the D_k that were seen and, with a margin, those to come are below the logarithm of the share
 * that may be lost. The margin is in units of the scatter of the D_k about their means, which all arms of the
 * example estimate together; few of them make it wider, as Student's t. Arms see the same eps, so the scatter of D
 * is what differs between classes and not how well the draws fit. It also differs between draws, of all arms at
 * once, and two draws may happen to be alike: so arms that were left out are judged again by what the others'
 * further draws have shown of the scatter, and may come back. (Racing: Maron and Moore, 1994.) */
#ifndef CAMA_LOGW_PRUNE_H
#define CAMA_LOGW_PRUNE_H

#include <stdbool.h>
#include <stdint.h>

/* Draws that every arm in the race has after the round that begins with `drawn` (0 at first): 2, 4, 8, ... and then all
 * k: at least half of them are in the last round, or a third of three. */
int32_t cama__prune_round(int32_t drawn, int32_t k);

/* Which arms of an example may still win: stays (arms). w (arms, k), of which the first seen[a] >= 2 count. share: what
 * the others may have together of the sum over arms of exp level. With a w that is not finite all may win. */
void cama__prune_judge(int64_t arms, int32_t k, const double *w, const int32_t *seen, double share, bool *stays);

/* The margin in deviations of what is estimated with so many degrees of freedom: the quantile of Student's t that
 * belongs to four normal deviations (Wallace's approximation). */
double cama__prune_quantile(double freedom);

/* Draws seen .. k-1 of an arm, w (k), as if they had the level of the first `seen`: log_mean_exp or mean. */
void cama__prune_fill(int32_t k, int32_t seen, bool log_mean_exp, double *w);
#endif
