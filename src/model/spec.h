/* spec - the definition of a model apart from its parameters: its networks, sizes and forms; and the presets. */
#ifndef CAMA_MODEL_SPEC_H
#define CAMA_MODEL_SPEC_H

#include "../base/limits.h"
#include "../image/view.h"
#include "../nn/layer.h"
#include "../prob/likelihood.h"
#include "schema.h"

enum cama__net_number {
    NET_P_PRIOR,
    NET_P_Y,
    NET_P_Z,
    NET_P_M,
    NET_P_C,
    NET_P_MERGE,
    NET_Q_M,
    NET_Q_Z,
    NET_C_LINEAR, /* one dense layer: the linear part of c's effect on x, learned beforehand and then fixed */
    NET_DNN,      /* a discriminative baseline has this one and no other */
    NET_COUNT,
    NET_LIKELIHOOD = NET_COUNT
};
#define CAMA__NET_BIT(number) (1u << (number))
#define CAMA__NET_ALL 0xffffffffu
extern const char *const cama__net_name[NET_COUNT]; /* "p_prior", ... */

/* Parts of the joins, in the order of their weight's columns; a part that a model does not have has no columns. */
enum { MERGE_Y, MERGE_Z, MERGE_M, MERGE_C, MERGE_PARTS };
enum { INFER_X, INFER_Y, INFER_M, INFER_A, INFER_C, INFER_PARTS };
enum { DNN_X, DNN_A, DNN_C, DNN_PARTS };

enum { SPEC_TEXT = 1024 };

/* Where m enters p(x|.): its feature joins the others in p_merge, as in the paper, or p_m's numbers say how x was read:
 * x = zero + (x' - zero) exp(gain) [+ offset], with x' what p_merge and the likelihood describe (logw_sensor.c), or how
 * an image was seen: x is judged under the mean image as a view shows it (logw_view.c). */
enum cama__m_enters { M_ENTERS_MERGE, M_ENTERS_GAIN, M_ENTERS_AFFINE, M_ENTERS_VIEW };

/* The definition of a model apart from its parameters: all that a file's metadata must hold to build it again. */
typedef struct {
    char preset[32];
    cama__shape x;
    int32_t a, c; /* numbers of the parents and of the co-parents */
    int32_t classes, z, m;
    int32_t likelihood;  /* of x, or with a schema of its continuous children */
    int32_t m_enters;    /* enum cama__m_enters */
    int32_t variance;    /* 1: p_merge gives an addition to the log-variance of each number of x beside its mean */
    int32_t c_linear;    /* 1: with the net NET_C_LINEAR */
    int32_t c_range;     /* 1: the networks read c within its range in training, which is learned with mean and scale */
    double c_clip;       /* ... and within +- this, in standard units; 0: no limit */
    double nu;           /* degrees of freedom of LIKELIHOOD_STUDENT */
    bool standardise;    /* the first training run learns mean and scale of what is continuous */
    bool discriminative; /* the net NET_DNN alone: z = m = 0 */
    char net[NET_COUNT][SPEC_TEXT]; /* descriptions (nn/net_parse.h) */
} cama__spec;

/* The spec of a preset; CAMA_E_OPTION names the known ones. Sizes of x are 0 where the preset leaves them open. */
int32_t cama__spec_preset(const char *name, cama__spec *spec);
/* The form with views of a spec of images: m, where it enters, and p_m. */
void cama__spec_take_views(cama__spec *spec);
/* CAMA_E_OPTION for sizes that no model has, or that are not the schema's (NULL: none), and for a spec with m_enters =
 * view that is no Bernoulli model of images, or whose m is too small. */
int32_t cama__spec_check(const cama__spec *spec, const cama_schema *schema);
/* Drops the descriptions of networks that the model does not have, and options that need what it has not. */
void cama__spec_drop_absent(cama__spec *spec);
/* Sizes of x, a, c and the classes from a schema. */
void cama__spec_take(cama__spec *spec, const cama_schema *schema);
#endif
