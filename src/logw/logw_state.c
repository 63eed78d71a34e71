/* logw_state - memory of a run that all logw_*.c take. */
#include "logw_state.h"

real *cama__logw_zeros(const cama__logw *s, int64_t rows, int64_t features)
{
    real *t = cama__exec_tensor(s->exec, rows, features);
    cama__exec_zero(s->exec, t, cama__blocks(rows) * cama__kernel()->nr * features);
    return t;
}
