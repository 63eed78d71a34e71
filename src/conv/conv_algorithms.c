/* conv_algorithms - the table. Rows of one instruction set are in it where they can be compiled. */
#include "conv_algorithms.h"

#include "../base/simd.h"

static const cama__conv_algorithm *const algorithms[] = {
    &cama__conv_winograd, /* F(m, r): fewer products */
    &cama__conv_dense,    /* grids of one pixel: a panel of weights stays in cache */
#ifdef CAMA__X86_KERNELS
    &cama__conv_small_k, /* AVX2: patches of few numbers, in registers */
    &cama__conv_small_m, /* AVX-512: the last transposed convolution, a few numbers of a patch */
#endif
    &cama__conv_im2col_pooled, /* gradient behind a max pool: only what passed it */
    &cama__conv_im2col,        /* few channels and taps: patches, one product */
    &cama__conv_direct,        /* all others: one kernel call for each pixel and row of taps */
};

const cama__conv_algorithm *cama__conv_algorithm_at(int32_t i)
{
    return i >= 0 && i < (int32_t)(sizeof algorithms / sizeof *algorithms) ? algorithms[i] : NULL;
}

const cama__conv_algorithm *cama__conv_choose(const cama__conv_case *c)
{
    int32_t i = 0;
    while (!algorithms[i]->can(c)) i++; /* im2col or direct always can */
    return algorithms[i];
}

void cama__conv_forward_transposed(const cama__exec *exec, const cama__conv_algorithm *algorithm,
                                   const cama__conv_application *a)
{
    cama__conv_application transposed = *a;
    real *weights = cama__exec_reals(exec, cama__conv_weights(a->map, a->adjoint));
    cama__conv_transpose(exec, a->map, a->adjoint, a->weights, weights);
    transposed.weights = weights;
    algorithm->forward(exec, &transposed);
}
