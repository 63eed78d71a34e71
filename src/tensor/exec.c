/* exec - see exec.h. */
#include "exec.h"

#include <string.h>

real cama__exec_nowhere;

void cama__exec_zero(const cama__exec *work, real *data, int64_t count)
{
    if (!cama__exec_measures(work)) memset(data, 0, (size_t)count * sizeof *data);
}
