/* agreement - counts rows on which predicted classes differ. */
#include "agreement.h"

#include <math.h>

static double differing(const int32_t *a, const int32_t *b, int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) count += a[i] != b[i];
    return (double)count;
}

bool cama__agree(const int32_t *source, const int32_t *first, const int32_t *second, int64_t n, double errors,
                 double *disagreement)
{
    const double apart = differing(first, second, n);
    const double changed = (differing(source, first, n) + differing(source, second, n)) / 2;
    *disagreement = apart / (double)n;
    return apart <= changed / 4 + errors * sqrt(apart);
}

bool cama__agreement_matters(const int32_t *source, const int32_t *first, int64_t n)
{
    return 100 * differing(source, first, n) > (double)n;
}
