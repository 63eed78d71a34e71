/* model - the networks of deep CAMA (Figures 4 and 6) and their parameters. Const while computing; written by the
 * optimizer, by parameter writes and by loading. */
#ifndef CAMA_CAMA_MODEL_H
#define CAMA_CAMA_MODEL_H

#include "../nn/describe.h"
#include "../nn/param.h"

enum cama__net_number {
    NET_P_Y,
    NET_P_Z,
    NET_P_M,
    NET_P_MERGE,
    NET_Q_M,
    NET_Q_Z,
    NET_COUNT,
    NET_LIKELIHOOD = NET_COUNT
};
#define CAMA__NET_BIT(number) (1u << (number))
#define CAMA__NET_ALL 0xffffffffu
extern const char *const cama__net_name[NET_COUNT]; /* "p_y", ... */

/* Parts of the joins, in the order of their weight's columns. */
enum { MERGE_Y = 0, MERGE_Z = 1, MERGE_M = 2 };
enum { INFER_X = 0, INFER_Y = 1, INFER_M = 2 };

enum { SPEC_TEXT = 1024, CLASSES_MAX = 65536, LATENT_MAX = 65536, X_MAX = 1 << 24 };

/* What a model is, apart from its parameters: all that a file's metadata must say to build it again. */
typedef struct {
    char preset[32];
    cama__shape x;
    int32_t classes, z, m, likelihood;
    char net[NET_COUNT][SPEC_TEXT]; /* descriptions (nn/describe.h) */
} cama__spec;

struct cama_model {
    cama__spec spec;
    cama__net net[NET_COUNT];
    cama__params params;
    int64_t rho;       /* place of likelihood.rho in theta, or -1 */
    real *theta;       /* (params.reals) */
    double *log_prior; /* (classes) */
    bool q_m_trained; /* whether m ~ q(m|x) means anything: spec of the paper's do(m=0) training leaves q_m untouched */
    char *summary;    /* one line for each network */
};

/* The spec of a preset; CAMA_E_OPTION names the known ones. Sizes of x are 0 where the preset leaves them open. */
int32_t cama__spec_preset(const char *name, cama__spec *spec);
/* The networks and the table of parameters, without memory for theta and log_prior: for whoever must know the sizes
 * before believing them. CAMA_E_OPTION says what cannot be built. */
int32_t cama__model_plan(const cama__spec *spec, cama_model **out);
int32_t cama__model_allocate(cama_model *model); /* that memory, once: all parameters zero and a uniform prior */
int32_t cama__model_build(const cama__spec *spec, cama_model **out); /* both */
/* Log-prior from how often each class occurred, counts (classes), each counted once more; NULL: uniform. Rounded to
 * float. */
void cama__model_set_prior(cama_model *model, const int64_t *counts);
/* Fresh parameters: normals of variance 2 / fan_in before a rectifier and 1 / fan_in elsewhere, zero biases; the last
 * layers of p_merge, q_m and q_z are scaled by output_scale, and q_z's columns that read m are zero. */
int32_t cama__model_init(cama_model *model, uint64_t seed, double output_scale);
/* An untrained q_m made ready for fine-tuning: q(m|x) is the prior for every x, so that m carries nothing and costs
 * nothing until adaptation finds a use for it; it counts as trained from here on. */
void cama__model_settle_q_m(cama_model *model);
int32_t cama__model_clone(const cama_model *model, cama_model **out);
void cama__model_free(cama_model *model);

static inline const cama__net *cama__model_param_net(const cama_model *model, const cama__param *param)
{
    return param->net < NET_COUNT ? &model->net[param->net] : NULL;
}
#endif
