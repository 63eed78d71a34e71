/* attack_setup - the model, the data and the options that the laws of attacks are tried on. */
#ifndef TESTS_SUPPORT_ATTACK_SETUP_H
#define TESTS_SUPPORT_ATTACK_SETUP_H

#include <stdlib.h>
#include <string.h>
#include <math.h>

#include "base/rng.h"
#include "check.h"
#include "verbs/evaluate.h"
#include "verbs/verbs.h"

#define ROUNDING 1e-6
enum { SIDE = 6, DIMS = SIDE * SIDE, N = 150, CLASSES = 4 };

extern const cama__shape attack_shape;
extern const double attack_eps;
extern const char *const attack_methods[], *const attack_norms[];
extern cama_session *attack_session;
extern cama_model *attack_model;     /* Bernoulli, q_m trained by declaration */
extern cama_dataset *attack_dataset; /* labelled with what the model predicts */

cama_model *attack_build(int32_t likelihood);

/* Rows of uniforms in [low, high], labelled with the class that m predicts. */
cama_dataset *attack_sample(const cama_model *m, int64_t n, double low, double high);
int attack_set_up(void **state);
int attack_tear_down(void **state);
cama_options *attack_options(const char *method, const char *norm);
void attack_set_int(cama_options *o, const char *key, int64_t value);
void attack_set_real(cama_options *o, const char *key, double value);
void attack_set_text(cama_options *o, const char *key, const char *value);
cama_dataset *attacked(const cama_model *m, const cama_dataset *d, const cama_options *o);

/* An attack's bits for any threads, tiles and other rows, and others for another seed; frees o. */
void attack_is_deterministic(cama_options *o);

/* The same as attacked, with the options freed. */
cama_dataset *attacked_once(const cama_model *m, const cama_dataset *d, cama_options *o);
double attack_distance_linf(const cama_dataset *a, const cama_dataset *b, int64_t row);
double attack_distance_l2(const cama_dataset *a, const cama_dataset *b, int64_t row);
cama__logw_options attack_score(uint64_t seed);

/* Mean of -log p(y|x) with the noise that the attack sees. */
double attack_hardness(const cama_model *m, const cama_dataset *d);

#endif
