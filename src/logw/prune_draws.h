/* prune_draws - which draws of z of an example's arms decide its posterior: the race of prune.h draw by draw, for
 * Bayes' rule where all arms see the same eps.
 *
 * The mean of exp w over K draws is that of a few: from draw to draw w scatters by 10 nats and more, for all arms
 * alike. So one arm, the leader b, has all its draws, and draw k of arm a is foretold by w[b,k] plus the mean of the
 * differences D = w[a,.] - w[b,.] that were seen. The draws with which the leader fits best decide, and are taken
 * first: all arms have the first draw and the leader's best one, then in each round those that may weigh the most.
 * What a round lacks to 12 draws goes to the best arm but the leader. A draw is left out when what is foretold, with a
 * margin, is less than its part of the share that may be lost. The margin is that of prune.h, and wider for draws that
 * fit the leader worse than those that the arm had; every round judges all draws again by what was seen meanwhile of
 * the scatter. */
#ifndef CAMA_LOGW_PRUNE_DRAWS_H
#define CAMA_LOGW_PRUNE_DRAWS_H

#include <stdbool.h>
#include <stdint.h>

/* A draw of an arm that may matter, and the most that its w may be. */
typedef struct {
    double most;
    int32_t arm, k;
} cama__draw;

/* An example's draws so far. */
typedef struct {
    int32_t arms, k;
    double *w;    /* (arms, k) where drawn */
    bool *drawn;  /* (arms, k) */
    double share; /* what draws that are left out may have together of the sum of exp w */
} cama__draws;

/* The draws of the next round, which are `drawn` from now on, in wanted (arms k): how many; 0 when all others are left
 * out. After a w that is not finite all that are left. */
int32_t cama__draws_next(const cama__draws *d, cama__draw *wanted);

/* What is left out gets the w that is foretold. */
void cama__draws_fill(const cama__draws *d);

#endif
