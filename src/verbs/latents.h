/* latents - the encoder and the decoder over a batch: m and z inferred from an observed row, and x under given causes.
 * encode, reconstruct, generate and counterfactual are made of these steps and of one loop over rows. */
#ifndef CAMA_VERBS_LATENTS_H
#define CAMA_VERBS_LATENTS_H

#include "evaluate.h"
#include "proposals.h"

enum { ABDUCT_ROWS = 144 }; /* at once */

/* One batch; tensors are blocked, in standard units. */
typedef struct {
    cama_session *session;
    const cama_model *model;
    int64_t first, n;
    const cama_dataset *dataset; /* whose rows they are; NULL: they are generated */
    cama__batch_room room;
    bool infer;          /* m from q(m|x), otherwise do(m=0) */
    uint64_t seed;       /* of the noise of the predicted class, and of z */
    bool mean_noise;     /* z at its posterior mean */
    cama__latent latent; /* the causes: y, a, c of the batch, and m as inferred or NULL */
    real *post_m, *m, *post_z, *z, *seen, *params;
    cama__proposals views; /* of a model with views whose m is inferred */
    const real *observed;  /* of the batch: what of x is there; NULL: all is */
    const real *encoded;   /* what q_z sees x from: x, or x with contaminated pixels replaced */
    real *block;           /* all of them */
    double *probabilities;
} cama__latents;

int32_t cama__latents_create(cama_session *session, const cama_model *model, cama__latents *a);
void cama__latents_free(cama__latents *a);
/* CAMA_E_ARGUMENT for a discriminative model, which has no latents; `verb` is for the message. */
int32_t cama__latents_check(const cama_model *model, const char *verb);
/* Whether m is inferred under an option m: a->infer. CAMA_E_ARGUMENT if a model with M = 0 is asked to. */
int32_t cama__latents_infer(cama__latents *a, const cama_model *model, enum cama__choice_infer_m option);

/* A result of a verb: an array of n rows, filled at the end, when nothing can fail any more. */
enum { LATENTS_RESULTS = 4 };
typedef struct {
    float *to; /* (n, numbers), or NULL: not wanted */
    int64_t numbers;
} cama__latents_result;

/* The verb's rows [a->first, a->first + a->n) into found[k] (a->n, numbers) of each result. */
typedef int32_t cama__latents_task(cama__latents *a, void *arg, float *const found[LATENTS_RESULTS]);

/* Begins the session's verb and runs the task over n rows, ABDUCT_ROWS at a time. After a failure the results are
 * untouched; numbers that are not finite are a failure (CAMA_E_NONFINITE). results has LATENTS_RESULTS rows, those
 * that are not used have no numbers. */
int32_t cama__latents_each(cama__latents *a, const char *verb, int64_t n, const cama__latents_result *results,
                           cama__latents_task *task, void *arg);

/* Rows of the dataset: the batch, its classes (predicted where there is no label), m, what is seen of x, the posterior
 * of z, and z at its mean or drawn. */
int32_t cama__latents_rows(cama__latents *a, const cama_dataset *dataset);
/* params = p(x|latent, z). */
int32_t cama__latents_decode(cama__latents *a, const cama__latent *latent);
/* above (n, D) blocked = what is seen of x less its mean under the batch's own causes, in units of the deviation that
 * p_merge and m give it: the noise of each continuous number. params are used. */
int32_t cama__latents_noise(cama__latents *a, real *above);
/* values (n, D) = the first D of params, its means or a draw, taken back to x and to the data's units. above (as
 * cama__latents_noise made it) or NULL: noise that the continuous means get back before. */
enum cama__latents_what { ABDUCT_MEAN, ABDUCT_DRAW };
int32_t cama__latents_x(cama__latents *a, const cama__latent *latent, enum cama__latents_what what, const real *above,
                        float *values);
#endif
