/* small_table - small models of measurement data and rows for them: the second part of small.h. */
#include "small_table.h"

cama__spec small_table(void)
{
    return (cama__spec){.preset = "test",
                        .x = {1, 1, 8},
                        .a = 3,
                        .c = 4,
                        .classes = 4,
                        .z = 3,
                        .m = 2,
                        .likelihood = LIKELIHOOD_STUDENT,
                        .nu = 3.5,
                        .m_enters = M_ENTERS_GAIN,
                        .variance = 1,
                        .c_linear = 1,
                        .c_range = 1,
                        .c_clip = 1.5,
                        .standardise = true,
                        .net = {[NET_P_PRIOR] = "dense 6 tanh",
                                [NET_P_C] = "dense 5 relu",
                                [NET_P_M] = "dense 4 tanh",
                                [NET_P_MERGE] = "dense 9 relu, dense x",
                                [NET_Q_M] = "dense 5 tanh",
                                [NET_Q_Z] = "dense 7 relu | dense 6 tanh"}};
}

cama__spec small_table_merge(void)
{
    cama__spec spec = small_table();
    spec.m_enters = M_ENTERS_MERGE;
    spec.variance = spec.c_linear = spec.c_range = 0;
    spec.c_clip = 0;
    spec.likelihood = LIKELIHOOD_GAUSSIAN;
    return spec;
}

cama__spec small_baseline(void)
{
    cama__spec spec = small_table();
    spec.discriminative = true;
    snprintf(spec.net[NET_DNN], SPEC_TEXT, "dense 8 relu, dropout .25 | dense 7 tanh, dropout .5");
    return spec;
}

cama_schema *small_schema(const cama__spec *spec)
{
    static const struct {
        const char *name;
        int32_t role, kind, levels;
    } v[] = {{"x1", ROLE_X, VARIABLE_CONTINUOUS, 0}, {"x2", ROLE_X, VARIABLE_BINARY, 0},
             {"x3", ROLE_X, VARIABLE_CONTINUOUS, 0}, {"x4", ROLE_X, VARIABLE_CATEGORICAL, 3},
             {"x5", ROLE_X, VARIABLE_CONTINUOUS, 0}, {"x6", ROLE_X, VARIABLE_CONTINUOUS, 0},
             {"a1", ROLE_A, VARIABLE_CONTINUOUS, 0}, {"a2", ROLE_A, VARIABLE_CATEGORICAL, 2},
             {"c1", ROLE_C, VARIABLE_BINARY, 0},     {"c2", ROLE_C, VARIABLE_CONTINUOUS, 0},
             {"c3", ROLE_C, VARIABLE_CONTINUOUS, 0}, {"c4", ROLE_C, VARIABLE_CONTINUOUS, 0}};
    cama_schema *schema = NULL;
    if (spec->a + spec->c == 0) return NULL;
    OK(cama_schema_create("y", spec->classes, NULL, &schema));
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        OK(cama_schema_add(schema, v[i].name, v[i].role, v[i].kind, v[i].levels, NULL));
    return schema;
}

void small_fill_zeros(cama_model *model)
{
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        const cama__net *net = cama__model_param_net(model, p);
        float *v = calloc((size_t)p->count, sizeof *v);
        assert_non_null(v);
        cama__param_read(p, net, model->theta, v);
        for (int64_t k = 0; k < p->count; k++)
            if (v[k] == 0) v[k] = 0.1f * (float)sin(2 + i + 3 * (double)k);
        cama__param_write(p, net, model->theta, v);
        free(v);
    }
}

/* n rows of a role's block, the caller's to free; what is continuous has a spread of its own. */
static float *small_block(const cama_schema *schema, int32_t role, const int32_t *y, int64_t n, uint64_t seed)
{
    const int64_t width = schema->width[role];
    float *block = calloc((size_t)(n * width), sizeof *block);
    real u[64];
    assert_true(block != NULL && width <= 64);
    for (int64_t i = 0; i < n; i++) {
        const cama__rng_key key = {.seed = seed, .stream = 101, .sample = (uint32_t)role, .example = (uint32_t)i};
        cama__rng_uniforms(key, width, u, 1);
        for (int32_t j = 0; j < schema->count; j++) {
            const cama__variable *v = &schema->variable[j];
            float *at = block + i * width + v->first;
            if (v->role != role) continue;
            if (v->kind == VARIABLE_CONTINUOUS)
                *at = (float)((1 + v->first) * (2 * (double)u[v->first] - 1 + 0.5 * sin(1.3 * y[i] + v->first)) + 0.25);
            else if (v->kind == VARIABLE_BINARY)
                *at = u[v->first] > 0.4;
            else
                at[(int32_t)((double)u[v->first] * v->levels)] = 1;
        }
    }
    return block;
}

cama_dataset *small_rows_of_table(const cama__spec *spec, int64_t n, uint64_t seed)
{
    cama_schema *schema = small_schema(spec);
    int32_t *y = calloc((size_t)n, sizeof *y);
    cama_dataset *d = NULL;
    assert_non_null(y);
    for (int64_t i = 0; i < n; i++) y[i] = (int32_t)((i * 7 + (int64_t)seed) % 11 % spec->classes);
    float *x = small_block(schema, ROLE_X, y, n, seed), *a = small_block(schema, ROLE_A, y, n, seed),
          *c = small_block(schema, ROLE_C, y, n, seed);
    OK(cama_dataset_from_columns(schema, n, x, a, c, y, 1, &d));
    free(x), free(a), free(c), free(y);
    cama_schema_free(schema);
    return d;
}
