/* attack_measured - measurement data in units of every size, models that were trained on it, and attacks on them. */
#ifndef TESTS_SUPPORT_ATTACK_MEASURED_H
#define TESTS_SUPPORT_ATTACK_MEASURED_H

#include "data/standardise.h"
#include "mixed_schema.h"
#include "small.h"

/* Numbers of x, a and c; those of x and c that are continuous; rows: more than one batch, and no whole blocks. */
enum { DX = 7, DA = 3, DC = 3, FREE_X = 3, FREE_C = 2, N = 150, CLASSES = 3 };

extern const char *const measured_methods[], *const measured_norms[], *const measured_ofs[];
enum { OF_X, OF_C, OF_BOTH };
enum { FINE = 2 }; /* x3 and c3: their floats are much finer than standard units */

typedef struct {
    cama_session *session;
    cama_schema *schema;
    cama_dataset *data;
    cama_model *model[2]; /* generative and discriminative, trained: standardised */
} measured;

extern measured measured_s;

cama__spec measured_spec(bool discriminative);
int measured_set_up(void **state);
int measured_tear_down(void **state);

/* ---- Attacks ----------------------------------------------------------------------------------------------------- */

cama_options *measured_options(const char *text);
cama_options *measured_options_of(const char *method, const char *norm, int32_t of, double eps);
void measured_set_mask(cama_options *o, const float *mask, int64_t count);
bool measured_may_change(int32_t of, int32_t role, int64_t d);

/* Frees the options. What may not change has not, to the bit. */
cama_dataset *measured_attacked(const cama_model *model, const cama_dataset *d, cama_options *o);
double measured_scale_of(const cama_model *model, int32_t role, int64_t d);

/* How far number d of a row went, in the model's units. */
double measured_way(const cama_model *model, const cama_dataset *out, const cama_dataset *d, int32_t role, int64_t row,
                    int64_t at);

/* Both norms of a row's way, over x and c. */
void measured_ways(const cama_model *model, const cama_dataset *out, const cama_dataset *d, int64_t row,
                   double norm[2]);

/* values (n): log p(y|x,a,c) with the noise that the attacks see. */
void measured_log_p(const cama_model *model, const cama_dataset *d, double *values);
double measured_accuracy(const cama_model *model, const cama_dataset *d);

#endif
