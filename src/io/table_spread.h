/* table_spread - where the numbers of a column lie: median and distance of the quartiles of a sample, which a few
 * extreme ones do not move, and from how far away a number is extreme. */
#ifndef CAMA_IO_TABLE_SPREAD_H
#define CAMA_IO_TABLE_SPREAD_H

#include <stdbool.h>
#include <stdint.h>

enum { SPREAD_SAMPLE = 4096, SPREAD_LEAST = 8 };

/* values (count, at most SPREAD_SAMPLE) are sorted in place. *spread is 0 where there is no saying: fewer than
 * SPREAD_LEAST numbers, or half of them the same. */
void cama__spread_find(double *values, int64_t count, double *centre, double *spread);

/* times: option extreme; 0, or a spread of 0: nothing is. */
static inline bool cama__spread_extreme(double value, double centre, double spread, double times)
{
    const double away = value > centre ? value - centre : centre - value;
    return spread > 0 && times > 0 && away > times * spread;
}

#endif
