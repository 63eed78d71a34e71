/* kernel_test - the micro-kernel in force against its naive twin, and both against sums in double.
 *
 * Bound: a sum of k products, whatever its order and with or without fused multiply-adds, is off by at most gamma_k
 * sum |a||b|, gamma_k = k u / (1 - k u), u = 2^-24 (Higham); adding to C is one more term. The twin obeys the same
 * bound, so they differ by at most twice that. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "check.h"
#include "tensor/kernel.h"
#include "tensor/one_row.h"

#ifdef CAMA_DOUBLE
static const double unit = 0x1p-53;
#else
static const double unit = 0x1p-24;
#endif

static double gamma_of(int64_t k) { return (double)k * unit / (1 - (double)k * unit); }

static real *draw(int64_t n, uint32_t what)
{
    real *v = cama__mem_alloc((size_t)n, sizeof *v);
    assert_non_null(v);
    cama__rng_normals((cama__rng_key){.seed = 2, .stream = 60, .sample = what}, n, v, 1);
    return v;
}

/* Panel sizes that the stack tiles of the layers hold, chosen once. */
static void test_info(void **state)
{
    (void)state;
    const cama__kernel_info *info = cama__kernel();
    assert_ptr_equal(info, cama__kernel());
    assert_true(info->mr >= 1 && info->nr >= 1 && info->nr <= 64 && info->mr * info->nr <= 1024);
    assert_non_null(info->name);
#ifndef CAMA_DOUBLE
    print_message("kernel: %s\n", info->name);
#endif
}

enum { GUARD = 64 };

/* One product with strides rs, cs into a C that is larger than it must be; the rest of C is left alone. */
static void check(int64_t k, bool accumulate, int64_t rs, int64_t cs, uint32_t what)
{
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr, size = (mr - 1) * rs + (nr - 1) * cs + 1 + GUARD;
    real *a = draw(k * mr + 1, what), *b = draw(k * nr + 1, what + 1), *before = draw(size, what + 2);
    real *c = cama__mem_alloc((size_t)size, sizeof *c), *twin = cama__mem_alloc((size_t)size, sizeof *twin);
    bool *inside = calloc((size_t)size, sizeof *inside);
    memcpy(c, before, (size_t)size * sizeof *c);
    memcpy(twin, before, (size_t)size * sizeof *c);
    if (!accumulate) /* what is overwritten is not read: NaN would spread */
        for (int64_t i = 0; i < mr; i++)
            for (int64_t j = 0; j < nr; j++) c[i * rs + j * cs] = NAN;
    cama__kernel_run(k, a, b, accumulate, c, rs, cs);
    cama__kernel_naive(mr, nr, k, a, b, accumulate, twin, rs, cs);
    for (int64_t i = 0; i < mr; i++)
        for (int64_t j = 0; j < nr; j++) {
            const int64_t at = i * rs + j * cs;
            double sum = accumulate ? (double)before[at] : 0, sizes = fabs(sum);
            for (int64_t p = 0; p < k; p++) {
                sum += (double)a[p * mr + i] * (double)b[p * nr + j];
                sizes += fabs((double)a[p * mr + i] * (double)b[p * nr + j]);
            }
            const double bound = gamma_of(k + 1) * sizes * (1 + 0x1p-20); /* sum and sizes are rounded too */
            if (!(fabs(c[at] - sum) <= bound) || !(fabs(twin[at] - sum) <= bound) ||
                !(fabs((double)c[at] - twin[at]) <= 2 * bound))
                fail_msg("k = %d, element %d, %d: %.9g, twin %.9g, in double %.9g, bound %.2g", (int)k, (int)i, (int)j,
                         c[at], twin[at], sum, bound);
            inside[at] = true;
        }
    for (int64_t at = 0; at < size; at++)
        if (!inside[at]) assert_memory_equal(&c[at], &before[at], sizeof *c);
    free(inside);
    cama__mem_free(a), cama__mem_free(b), cama__mem_free(before), cama__mem_free(c), cama__mem_free(twin);
}

static void test_twin(void **state)
{
    (void)state;
    static const int64_t sizes[] = {0, 1, 2, 3, 4, 7, 8, 9, 16, 31, 100, 577, 4096};
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr;
    const int64_t strides[][2] = {{nr, 1}, {1, mr}, {nr + 3, 1}, {1, mr + 5}, {2 * nr, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t s = 0; s < sizeof strides / sizeof *strides; s++)
            for (int accumulate = 0; accumulate < 2; accumulate++)
                check(sizes[i], accumulate, strides[s][0], strides[s][1], (uint32_t)(100 * i + 10 * s));
}

/* A lane's result does not depend on the other lanes, nor a row's on the other rows: zeros, huge numbers or NaN
 * beside it. */
static void test_lanes_are_alone(void **state)
{
    (void)state;
    enum { K = 37 };
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr;
    static const real neighbours[] = {0, (real)1e30, NAN};
    real *a = draw(K * mr, 900), *b = draw(K * nr, 901);
    real *c = cama__mem_alloc((size_t)(mr * nr), sizeof *c), *other = cama__mem_alloc((size_t)(mr * nr), sizeof *c);
    cama__kernel_run(K, a, b, false, c, nr, 1);
    for (int64_t lane = 0; lane < nr; lane++)
        for (int n = 0; n < 3; n++) {
            real *b2 = draw(K * nr, 901);
            for (int64_t p = 0; p < K; p++)
                for (int64_t j = 0; j < nr; j++)
                    if (j != lane) b2[p * nr + j] = neighbours[n];
            cama__kernel_run(K, a, b2, false, other, nr, 1);
            for (int64_t i = 0; i < mr; i++) assert_memory_equal(&other[i * nr + lane], &c[i * nr + lane], sizeof *c);
            /* nor on where it stands */
            for (int64_t p = 0; p < K; p++) b2[p * nr] = b[p * nr + lane];
            cama__kernel_run(K, a, b2, false, other, nr, 1);
            for (int64_t i = 0; i < mr; i++) assert_memory_equal(&other[i * nr], &c[i * nr + lane], sizeof *c);
            cama__mem_free(b2);
        }
    cama__mem_free(a), cama__mem_free(b), cama__mem_free(c), cama__mem_free(other);
}

/* BLIS's kernels load the next step of a panel before they know that there is none. How far they may read past a
 * panel's end is what allocations have to leave: one step, 4 * max(MR, NR) bytes, up to 64 reals. Here a page that
 * cannot be read lies behind. */
static void *before_the_abyss(size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    char *base = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(base != MAP_FAILED);
    assert_int_equal(mprotect(base + room, page, PROT_NONE), 0);
    return base + room - bytes;
}

static void test_reads_past_the_end(void **state)
{
    (void)state;
    enum { SLACK = 64 * sizeof(real), MOST = 33 };
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr;
    real *c = cama__mem_alloc((size_t)(mr * nr), sizeof *c);
    for (int64_t k = 0; k <= MOST; k++) {
        /* panels begin at multiples of 64 bytes and need not end there */
        const size_t a_bytes = ((size_t)(k * mr) * sizeof(real) + 63) / 64 * 64,
                     b_bytes = ((size_t)(k * nr) * sizeof(real) + 63) / 64 * 64;
        const real *a = before_the_abyss(a_bytes + SLACK), *b = before_the_abyss(b_bytes + SLACK);
        cama__kernel_run(k, a, b, false, c, nr, 1);
        for (int64_t i = 0; i < mr * nr; i++) assert_true(c[i] == 0);
    }
    cama__mem_free(c);
}

/* A row alone has the bits of the kernel, of any lane and for any depth; nothing is read behind the last panel. */
static void test_one_row(void **state)
{
    (void)state;
    enum { DEEP = 700, MR_MOST = 1024 };
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr;
    if (strncmp(cama__kernel()->name, "BLIS 0.9.", 9) == 0) /* its kernels add in order; others need not */
        assert_int_equal(cama__kernel()->one_row, cama__one_row_can(mr));
    if (!cama__kernel()->one_row) skip();
    for (int64_t k = 1; k <= DEEP; k = k < 7 ? k + 1 : 2 * k + 1) {
        real *b = draw(k * nr + GUARD, 90), *a = draw(ONE_ROW_PANELS * k * mr + GUARD, 91), c[MR_MOST];
        real sums[ONE_ROW_PANELS * MR_MOST / 8];
        for (int32_t count = 1; count <= ONE_ROW_PANELS; count++)
            for (int64_t lane = 0; lane < nr; lane++) {
                const cama__one_row row = {.a = a, .b = b + lane, .k = k, .panel = k * mr, .step = nr};
                cama__one_row_sums(mr, &row, count, sums);
                for (int32_t panel = 0; panel < count; panel++) {
                    cama__kernel_run(k, a + panel * k * mr, b, false, c, 1, mr);
                    assert_memory_equal(sums + panel * mr, c + lane * mr, (size_t)mr * sizeof *c);
                }
            }
        cama__mem_free(a), cama__mem_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_info), cmocka_unit_test(test_twin),
                                       cmocka_unit_test(test_lanes_are_alone),
                                       cmocka_unit_test(test_reads_past_the_end), cmocka_unit_test(test_one_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
