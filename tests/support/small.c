/* small - small models, small data and the few words that the laws are written in. */
#include "small.h"

/* ---- Models ------------------------------------------------------------------------------------------------------ */

cama__spec small_image(void)
{
    return (cama__spec){
        .preset = "test",
        .x = {9, 8, 2},
        .classes = 3,
        .z = 4,
        .m = 3,
        .likelihood = LIKELIHOOD_BERNOULLI,
        .net = {[NET_P_Y] = "dense 6 relu",
                [NET_P_Z] = "dense 7 elu, dense 5 tanh",
                [NET_P_M] = "dense 5 softplus, dense 4 sigmoid",
                [NET_P_MERGE] = "dense 3x2x8 leaky, tconv 9 3x3 /2 relu, tconv 4 3x3 /2 +1 tanh,"
                                " conv 2 2x3 valid, dense x",
                [NET_Q_M] = "conv 3 3x3 leaky, pool 2, dense 8 relu",
                [NET_Q_Z] = "conv 9 5x5 relu, pool 2, conv 5 3x3 /2 tanh, dense 6 | dense 7 elu, dense 9 relu"}};
}

cama__spec small_filtered(void)
{
    return (cama__spec){.preset = "test",
                        .x = {9, 8, 2},
                        .classes = 3,
                        .z = 4,
                        .m = 3,
                        .likelihood = LIKELIHOOD_BERNOULLI,
                        .net = {[NET_P_M] = "dense 5 relu",
                                [NET_P_MERGE] = "dense 9x8x16 relu, tconv 16 3x3 relu, conv 2 3x3",
                                [NET_Q_M] = "conv 16 3x3 leaky, conv 17 3x3 relu, pool 2, dense 8 relu",
                                [NET_Q_Z] = "conv 16 5x5 relu, conv 20 5x5 tanh, pool 2, dense 6 | dense 9 relu"}};
}

cama__spec small_vector(void)
{
    return (cama__spec){.preset = "test",
                        .x = {1, 1, 5},
                        .classes = 4,
                        .z = 3,
                        .m = 2,
                        .likelihood = LIKELIHOOD_GAUSSIAN,
                        .net = {[NET_P_M] = "dense 4 tanh",
                                [NET_P_MERGE] = "dense 9 relu, dense x",
                                [NET_Q_M] = "dense 5 tanh",
                                [NET_Q_Z] = "| dense 6 tanh"}};
}

cama__spec small_wide(void)
{
    return (cama__spec){.preset = "test",
                        .x = {1, 1, 40},
                        .classes = 10,
                        .z = 20,
                        .m = 5,
                        .likelihood = LIKELIHOOD_GAUSSIAN,
                        .net = {[NET_P_Y] = "dense 30 relu",
                                [NET_P_Z] = "dense 260 relu",
                                [NET_P_M] = "dense 30 relu",
                                [NET_P_MERGE] = "dense 300 relu, dense x",
                                [NET_Q_M] = "dense 300 relu, dense 270 relu",
                                [NET_Q_Z] = "dense 260 relu | dense 300 relu"}};
}

cama__spec small_without_m(cama__spec spec)
{
    spec.m = 0;
    return spec;
}

cama_model *small_model(cama__spec spec, uint64_t seed)
{
    cama_model *model = NULL;
    cama_schema *schema = small_schema(&spec);
    OK(cama__model_build(&spec, schema, &model));
    cama_schema_free(schema);
    OK(cama__model_init(model, seed, 1));
    if (model->schema != NULL) small_fill_zeros(model);
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        for (int64_t k = 0; p->role != PARAM_WEIGHT && k < p->count; k++)
            model->theta[p->offset + k] = (real)(0.1 * sin(1 + i + 3 * (double)k));
    }
    return model;
}

cama_model *small_trained(cama__spec spec, uint64_t seed)
{
    cama_model *model = small_model(spec, seed);
    model->q_m_trained = spec.m > 0;
    return model;
}

cama_model *small_clone(const cama_model *model)
{
    cama_model *copy = NULL;
    OK(cama_model_clone(model, &copy));
    return copy;
}

cama_optimizer *small_optimizer(cama_model *model, const char *text)
{
    cama_optimizer *o = NULL;
    cama_options *options = small_options(VERB_OPTIMIZER, text);
    OK(cama_optimizer_create(model, options, &o));
    cama_options_free(options);
    return o;
}

const char *small_difference(const cama_model *model, const real *a, const real *b, uint32_t nets)
{
    const cama__params *p = &model->params;
    for (int32_t i = 0; i < p->count; i++)
        if ((nets & CAMA__NET_BIT(p->item[i].net)) &&
            memcmp(a + p->item[i].offset, b + p->item[i].offset, (size_t)p->item[i].size * sizeof *a) != 0)
            return p->item[i].name;
    return NULL;
}

real *small_theta(const cama_model *model)
{
    real *copy = malloc((size_t)model->params.reals * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, model->theta, (size_t)model->params.reals * sizeof *copy);
    return copy;
}

bool small_finite(const cama_model *model)
{
    bool finite = true;
    for (int64_t i = 0; i < model->params.reals; i++) finite = finite && isfinite(model->theta[i]);
    return finite;
}

/* ---- Data -------------------------------------------------------------------------------------------------------- */

void small_arrays(const cama__spec *spec, int64_t n, uint64_t seed, float **x, int32_t **y)
{
    const int64_t size = cama__shape_size(spec->x);
    real *u = malloc((size_t)(size + 1) * sizeof *u);
    *x = malloc((size_t)(n * size) * sizeof **x);
    *y = malloc((size_t)n * sizeof **y);
    assert_true(u != NULL && *x != NULL && *y != NULL);
    for (int64_t i = 0; i < n; i++) {
        cama__rng_uniforms((cama__rng_key){.seed = seed, .stream = 100, .example = (uint32_t)i}, size + 1, u, 1);
        const int32_t label = (int32_t)((double)u[size] * spec->classes);
        (*y)[i] = label;
        for (int64_t f = 0; f < size; f++)
            (*x)[i * size + f] = (float)(0.5 + 0.3 * sin(0.9 * (double)f * (label + 1)) + 0.4 * ((double)u[f] - 0.5));
    }
    free(u);
}

cama_dataset *small_data(const cama__spec *spec, int64_t n, uint64_t seed)
{
    if (spec->a + spec->c > 0) return small_rows_of_table(spec, n, seed);
    float *x;
    int32_t *y;
    cama_dataset *d = NULL;
    small_arrays(spec, n, seed, &x, &y);
    OK(cama_dataset_from_arrays(n, spec->x.h, spec->x.w, spec->x.c, spec->classes, x, y, 1, &d));
    free(x), free(y);
    return d;
}

cama_dataset *small_slice(const cama_dataset *d, int64_t first, int64_t count)
{
    cama_dataset *part = NULL;
    OK(cama_dataset_slice(d, first, count, &part));
    return part;
}

float *small_floats(int64_t count)
{
    float *v = calloc((size_t)count, sizeof *v);
    assert_non_null(v);
    return v;
}

cama_dataset *small_chosen(const cama_dataset *d, const int64_t *row, int64_t n, const int32_t *y)
{
    cama_dataset *part = NULL;
    cama_options *keep = small_options(VERB_COLUMNS, "missing=keep");
    float *blocks[ROLE_COUNT];
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int64_t width = cama__dataset_width(d, role);
        blocks[role] = small_floats(n * width + 1);
        for (int64_t i = 0; width > 0 && i < n; i++)
            memcpy(blocks[role] + i * width, cama__dataset_block(d, role) + row[i] * width,
                   (size_t)width * sizeof(float));
    }
    if (d->schema == NULL)
        OK(cama_dataset_from_arrays(n, d->shape.h, d->shape.w, d->shape.c, d->classes, blocks[ROLE_X], y, 1, &part));
    else
        OK(cama_dataset_from_columns_with(d->schema, n, blocks[ROLE_X], blocks[ROLE_A], blocks[ROLE_C], y, 1, keep,
                                          &part));
    cama_options_free(keep);
    for (int32_t role = 0; role < ROLE_COUNT; role++) free(blocks[role]);
    return part;
}

/* ---- Verbs, with their options as text --------------------------------------------------------------------------- */

int32_t small_train(cama_session *s, cama_optimizer *o, const cama_dataset *clean, const cama_dataset *manipulated,
                    const char *text)
{
    cama_options *options = small_options(VERB_TRAIN, text);
    const int32_t status = cama_train(s, o, clean, manipulated, options, NULL);
    cama_options_free(options);
    return status;
}

int32_t small_finetune(cama_session *s, const cama_model *source, const cama_dataset *clean, const cama_dataset *test,
                       const char *text, cama_model **adapted)
{
    cama_options *options = small_options(VERB_FINETUNE, text);
    const int32_t status = cama_finetune(s, source, clean, test, options, adapted, NULL);
    cama_options_free(options);
    return status;
}

int32_t small_predict(cama_session *s, const cama_model *model, const cama_dataset *d, const char *text,
                      float *probabilities)
{
    cama_options *options = small_options(VERB_PREDICT, text);
    const int32_t status = cama_predict(s, model, d, options, probabilities);
    cama_options_free(options);
    return status;
}

int32_t *small_classes(cama_session *s, const cama_model *model, const cama_dataset *d)
{
    const int64_t classes = model->spec.classes;
    float *p = small_floats(d->n * classes);
    int32_t *top = calloc((size_t)d->n, sizeof *top);
    assert_non_null(top);
    OK(small_predict(s, model, d, "", p));
    for (int64_t i = 0; i < d->n; i++)
        for (int32_t c = 1; c < classes; c++)
            if (p[i * classes + c] > p[i * classes + top[i]]) top[i] = c;
    free(p);
    return top;
}

double small_told(const cama_report *report, const char *key)
{
    double value = NAN;
    OK(cama_report_get(report, key, 0, &value));
    return value;
}

double *small_doubles(int64_t count)
{
    double *v = calloc((size_t)count, sizeof *v);
    assert_non_null(v);
    return v;
}
