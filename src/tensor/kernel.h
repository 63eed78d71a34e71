/* kernel - the one micro-kernel under every layer: BLIS's sgemm micro-kernel, taken from BLIS's context, or a naive
 * twin in plain C (double builds, and where BLIS offers no usable kernel).
 *
 * The kernel multiplies an A panel (k, MR) by a B panel (k, NR):  C(MR,NR) = [C +] sum_k A[k][:] B[k][:]. */
#ifndef CAMA_TENSOR_KERNEL_H
#define CAMA_TENSOR_KERNEL_H

#include <stdatomic.h>

#include "../base/mem.h"

/* MR * NR and NR are at most these: arrays on the stack. */
#define TILE_MAX 1024
#define CAMA__LANES 64

typedef struct {
    int32_t mr, nr;
    bool by_rows;     /* C is stored fastest with rs = NR, cs = 1; otherwise with rs = 1, cs = MR */
    bool one_row;     /* cama__one_row_sums makes the same sums, to the bit */
    const char *name; /* "BLIS 0.9.0 skx 32x12", "naive 6x4" */
} cama__kernel_info;

/* Panel sizes in force. Chooses the kernel at the first call of the process (thread-safe) and never changes
 * afterwards. */
const cama__kernel_info *cama__kernel_choose(void);
extern const cama__kernel_info *_Atomic cama__kernel_chosen; /* NULL before; inner loops ask */
static inline const cama__kernel_info *cama__kernel(void)
{
    const cama__kernel_info *kernel = atomic_load_explicit(&cama__kernel_chosen, memory_order_acquire);
    return kernel != NULL ? kernel : cama__kernel_choose();
}

/* One call. a and b 64-byte aligned panels, k >= 0, c with strides rs, cs; accumulate adds to c, otherwise c is
 * overwritten. */
void cama__kernel_run(int64_t k, const real *a, const real *b, bool accumulate, real *c, int64_t rs, int64_t cs);

/* `count` calls: of the next one a, b and c are a step further. */
typedef struct {
    int64_t a, b, c;
} cama__kernel_steps;
void cama__kernel_run_row(int64_t count, const cama__kernel_steps *steps, int64_t k, const real *a, const real *b,
                          bool accumulate, real *c, int64_t rs, int64_t cs);

/* The witness: the same in plain loops, for panels of any size. */
void cama__kernel_naive(int64_t mr, int64_t nr, int64_t k, const real *a, const real *b, bool accumulate, real *c,
                        int64_t rs, int64_t cs);
#endif
