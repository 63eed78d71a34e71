/* exec - the one place that knows whether a computation is measured or performed. */
#include "exec.h"

#include <string.h>

#include "../base/elementary.h"

/* What a measured pointer points at. */
static union {
    real number;
    double wide;
    int32_t index;
} nowhere;

static void *take(const cama__exec *exec, int64_t count, size_t size)
{
    void *piece = cama__arena_take(exec->arena, (size_t)count, size);
    return cama__exec_measures(exec) ? &nowhere : piece;
}

real *cama__exec_reals(const cama__exec *exec, int64_t count) { return take(exec, count, sizeof(real)); }
void *cama__exec_structs(const cama__exec *exec, int64_t count, size_t size) { return take(exec, count, size); }
int32_t *cama__exec_indices(const cama__exec *exec, int64_t count) { return take(exec, count, sizeof(int32_t)); }
uint8_t *cama__exec_bytes(const cama__exec *exec, int64_t count) { return take(exec, count, 1); }

double *cama__exec_doubles(const cama__exec *exec, int64_t count)
{
    double *d = take(exec, count, sizeof *d);
    if (!cama__exec_measures(exec)) memset(d, 0, (size_t)count * sizeof *d);
    return d;
}

real *cama__exec_piece(const cama__exec *exec, const real *base, int64_t offset)
{
    return cama__exec_measures(exec) ? &nowhere.number : (real *)(uintptr_t)(base + offset);
}

real *cama__exec_tensor(const cama__exec *exec, int64_t rows, int64_t features)
{
    return cama__exec_reals(exec, cama__blocks(rows) * cama__kernel()->nr * features);
}

void cama__exec_run(const cama__exec *exec, int64_t count, cama__task *task, void *arg)
{
    if (!cama__exec_measures(exec)) cama__pool_run(exec->pool, count, task, arg);
}

void cama__exec_serial(const cama__exec *exec, int64_t count, cama__task *task, void *arg)
{
    for (int64_t i = 0; i < count && !cama__exec_measures(exec); i++) task(arg, i, 0);
}

void cama__exec_zero(const cama__exec *exec, real *data, int64_t count)
{
    if (!cama__exec_measures(exec)) memset(data, 0, (size_t)count * sizeof *data);
}

void cama__exec_zero_bytes(const cama__exec *exec, uint8_t *data, int64_t count)
{
    if (!cama__exec_measures(exec)) memset(data, 0, (size_t)count);
}

void cama__exec_copy(const cama__exec *exec, const real *from, int64_t count, real *to)
{
    if (!cama__exec_measures(exec)) memcpy(to, from, (size_t)count * sizeof *to);
}

CAMA__CLONES static void add(const real *restrict from, int64_t count, real *restrict to)
{
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

void cama__exec_add(const cama__exec *exec, const real *from, int64_t count, real *to)
{
    if (!cama__exec_measures(exec)) add(from, count, to);
}
