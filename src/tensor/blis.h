/* blis - BLIS's sgemm micro-kernel, reached without BLIS's header.
 *
 * One soname, libblis.so.4, covers 0.9, 1.x and 2.x, and a system's upgrade puts one in place of the other under
 * programs that run. The micro-kernel is called in the same way in all of them; where it stands in BLIS's context
 * differs, and the header compiles that in. So that is looked up by the release that runs. */
#ifndef CAMA_TENSOR_BLIS_H
#define CAMA_TENSOR_BLIS_H

#include <stdbool.h>
#include <stdint.h>

#ifndef CAMA_BLIS_DIM
#define CAMA_BLIS_DIM int64_t
#endif
typedef CAMA_BLIS_DIM cama__blis_dim; /* BLIS's dim_t and inc_t */

/* BLIS's auxinfo_t, of which kernels read the two hints for prefetching; the rest is zero, with room for all
 * releases. */
typedef struct {
    int32_t schemas[2];
    const void *a_next, *b_next;
    int64_t rest[16];
} cama__blis_aux;

typedef void (*cama__blis_kernel)(cama__blis_dim m, cama__blis_dim n, cama__blis_dim k, const float *alpha,
                                  const float *a, const float *b, const float *beta, float *c, cama__blis_dim rs,
                                  cama__blis_dim cs, cama__blis_aux *aux, const void *context);

typedef struct {
    cama__blis_kernel run;
    const void *context; /* to be passed to run */
    int64_t mr, nr;
    bool by_rows;   /* the kernel stores C by rows */
    bool padded;    /* panels are wider than MR or NR: not usable */
    char name[112]; /* "BLIS 0.9.0 skx 32x12", and what is unusual about it */
} cama__blis;

/* Starts BLIS and finds its kernel. NULL, or why there is none, with *out untouched; the text lasts. Not
 * thread-safe: it may change the environment for the time that BLIS starts. */
const char *cama__blis_reach(cama__blis *out);

/* Whether BLIS can be told `value` in BLIS_ARCH_TYPE, which ends the process otherwise; NULL and -1 are always good. */
bool cama__blis_knows(const char *value);
#endif
