/* work - see work.h. */
#include "work.h"

#include <string.h>

real cama__work_nowhere;

void cama__work_zero(const cama__work *work, real *data, int64_t count)
{
    if (!cama__work_measures(work)) memset(data, 0, (size_t)count * sizeof *data);
}
