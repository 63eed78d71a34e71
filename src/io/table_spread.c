/* table_spread - quartiles by sorting a sample, and the exceptions in which quartiles say nothing. */
#include "table_spread.h"

#include "../base/sort.h"

#define HUGE_RANGE 1e12 /* a range beyond it is not that of a quantity beside others of the unit's size */
#define NOISE 1e-6

static int by_value(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Rounding noise around a constant, with rare events beside it, has quartiles that say nothing: there the range that
 * holds nine tenths counts for a millionth, unless fill values like 1e20 are what it holds. */
void cama__spread_find(double *values, int64_t count, double *centre, double *spread)
{
    *centre = *spread = 0;
    if (count == 0) return;
    cama__sort(values, count, sizeof *values, by_value);
    *centre = values[count / 2];
    if (count < SPREAD_LEAST) return;
    const double quartiles = values[count - 1 - count / 4] - values[count / 4];
    const double range = values[count - 1 - count / 20] - values[count / 20];
    *spread = quartiles > 0 && range < HUGE_RANGE && NOISE * range > quartiles ? NOISE * range : quartiles;
}
