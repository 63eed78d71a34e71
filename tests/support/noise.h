/* noise - numbers that look random and are the same in every run, and tensors of them. */
#ifndef TESTS_SUPPORT_NOISE_H
#define TESTS_SUPPORT_NOISE_H

#include "check.h"
#include "tensor/layout.h"

extern uint32_t noise_state; /* the seed: to be set before the first number */

/* Uniform in [-size, size). */
double noise(double size);

/* Numbers of a tensor, padding lanes included; such a tensor of noise, to be freed by cama__mem_free. */
size_t noise_numbers(int64_t rows, int64_t features);
real *noise_tensor(int64_t rows, int64_t features, double size);

#endif
