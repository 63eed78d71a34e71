/* small - small models, small data and the few words that the laws are written in. */
#ifndef TESTS_SUPPORT_SMALL_H
#define TESTS_SUPPORT_SMALL_H

#include "small_table.h"

/* ---- Models ------------------------------------------------------------------------------------------------------ */

/* Every kind of layer, every activation, maps with patches and without (more than 64 numbers under a kernel). */
cama__spec small_image(void);

/* Convolutions that are computed by minimal filtering (conv/winograd.h), in both directions. */
cama__spec small_filtered(void);
cama__spec small_vector(void);

/* Tensors that the optimizer works through in several pieces. */
cama__spec small_wide(void);
cama__spec small_without_m(cama__spec spec);

/* Fresh weights, and biases that are not zero. */
cama_model *small_model(cama__spec spec, uint64_t seed);

/* The same, with m inferred by whoever decides by himself. */
cama_model *small_trained(cama__spec spec, uint64_t seed);
cama_model *small_clone(const cama_model *model);
cama_optimizer *small_optimizer(cama_model *model, const char *text);

/* The first tensor of the nets in `nets` that differs between two blocks laid out as theta, or NULL. */
const char *small_difference(const cama_model *model, const real *a, const real *b, uint32_t nets);
real *small_theta(const cama_model *model);
bool small_finite(const cama_model *model);

/* ---- Data -------------------------------------------------------------------------------------------------------- */

/* x (n, D) and y (n), the caller's to free: a wave for each class and noise, in [0,1] for a Bernoulli model. */
void small_arrays(const cama__spec *spec, int64_t n, uint64_t seed, float **x, int32_t **y);
cama_dataset *small_data(const cama__spec *spec, int64_t n, uint64_t seed);
cama_dataset *small_slice(const cama_dataset *d, int64_t first, int64_t count);
float *small_floats(int64_t count);

/* Rows row[0..n) of a dataset, in that order, with labels y (n) or none. */
cama_dataset *small_chosen(const cama_dataset *d, const int64_t *row, int64_t n, const int32_t *y);

/* ---- Verbs, with their options as text --------------------------------------------------------------------------- */

int32_t small_train(cama_session *s, cama_optimizer *o, const cama_dataset *clean, const cama_dataset *manipulated,
                    const char *text);
int32_t small_finetune(cama_session *s, const cama_model *source, const cama_dataset *clean, const cama_dataset *test,
                       const char *text, cama_model **adapted);
int32_t small_predict(cama_session *s, const cama_model *model, const cama_dataset *d, const char *text,
                      float *probabilities);
double *small_doubles(int64_t count);
double small_told(const cama_report *report, const char *key); /* its first number */

/* The most probable class of each row, (n), the caller's to free. */
int32_t *small_classes(cama_session *s, const cama_model *model, const cama_dataset *d);

#endif
