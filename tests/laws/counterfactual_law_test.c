/* counterfactual_law_test - a linear Gaussian model whose numbers are set by hand, in units of its own, against the
 * closed form of x under do(y), do(c) and do(m), and of what it would have been; and for any model: what would x have
 * been, had all been as it was?
 *
 * The world, in standard units (s = scale, zero = 0 of the data's units):
 *     seen = b + By[y] + Bz z + Bc c + noise,  x = zero + (seen + W c - zero) exp(gain(m)) + offset(m)
 * with gain(m) = 4 tanh(G m / 4), offset(m) = O m. With `variance` the noise of number d is multiplied by
 * exp(5 tanh(s / 10)), s = Sy[y] + Sc c + Sm m. Tolerance: some 40 roundings of numbers below 40. */
#include "small.h"

enum { N = 23, X = 3, P = 2, Z = 2, M = 2, C = 2 };
static const double tolerance = 40 * 0x1p-24 * 40;

static const float b[X] = {0.5f, -1, 0.25f}, by[X][C] = {{1, -1}, {0.5f, 2}, {-0.75f, 0}},
                   bz[X][Z] = {{0.5f, -0.25f}, {1, 0.5f}, {0, -1}}, bc[X][P] = {{0.75f, 0}, {-0.5f, 1}, {0.25f, 0.5f}},
                   w[X][P] = {{0.25f, 1}, {0, -0.5f}, {1.5f, 0}}, gain[X][M] = {{0.5f, 0}, {-0.25f, 1}, {0, -0.5f}},
                   offset[X][M] = {{0.25f, 0.5f}, {-1, 0}, {0.5f, 0.5f}},
                   sy[X][C] = {{0.5f, -0.5f}, {0, 1}, {-1, 0.25f}}, sc[X][P] = {{0.5f, 0.25f}, {-0.25f, 0}, {0, 0.5f}},
                   sm[X][M] = {{0.5f, 0.25f}, {0, -0.5f}, {0.75f, 0}}, qz[Z][X] = {{0.25f, -0.5f, 1}, {0.5f, 0, 0.25f}},
                   qm[M][X] = {{0.25f, 0, -0.25f}, {0, 0.5f, 0.25f}};
static const float x_mean[X] = {1, -2, 3}, x_scale[X] = {2, 0.5f, 1.5f}, c_mean[P] = {-1, 0.5f}, c_scale[P] = {0.5f, 4};

static cama_schema *make_schema(void)
{
    static const char *const names[] = {"x1", "x2", "x3", "c1", "c2"};
    cama_schema *schema = NULL;
    OK(cama_schema_create("y", C, NULL, &schema));
    for (int i = 0; i < X + P; i++) {
        const int32_t role = i < X ? CAMA_ROLE_CHILD : CAMA_ROLE_CO_PARENT;
        OK(cama_schema_add(schema, names[i], role, CAMA_KIND_CONTINUOUS, 0, NULL));
    }
    return schema;
}

static void put(cama_model *model, const char *name, int64_t rows, int64_t columns, int64_t all, int64_t row,
                int64_t column, const float *values)
{
    const cama__param *p = cama__params_find(&model->params, name);
    assert_non_null(p);
    assert_int_equal(p->count % all, 0);
    float *v = small_floats(p->count);
    OK(cama_model_parameter_read(model, name, p->count, v));
    for (int64_t i = 0; i < rows * columns; i++) v[(row + i / columns) * all + column + i % columns] = values[i];
    OK(cama_model_parameter_write(model, name, p->count, v));
    free(v);
}

/* m_enters: M_ENTERS_AFFINE with both, M_ENTERS_GAIN without offsets. */
static cama_model *make_model(int32_t m_enters, int32_t variance)
{
    const cama__spec spec = {.preset = "test",
                             .x = {1, 1, X},
                             .c = P,
                             .classes = C,
                             .z = Z,
                             .m = M,
                             .likelihood = LIKELIHOOD_GAUSSIAN,
                             .m_enters = m_enters,
                             .variance = variance,
                             .c_linear = 1,
                             .net = {[NET_P_MERGE] = "dense x", [NET_Q_Z] = "|"}};
    cama_schema *schema = make_schema();
    cama_model *model = NULL;
    OK(cama__model_build(&spec, schema, &model));
    cama_schema_free(schema);
    put(model, "p_merge.0.weight", X, C, C + Z + P, 0, 0, by[0]);
    put(model, "p_merge.0.weight", X, Z, C + Z + P, 0, C, bz[0]);
    put(model, "p_merge.0.weight", X, P, C + Z + P, 0, C + Z, bc[0]);
    put(model, "p_merge.0.bias", X, 1, 1, 0, 0, b);
    if (variance) {
        put(model, "p_merge.0.weight", X, C, C + Z + P, X, 0, sy[0]);
        put(model, "p_merge.0.weight", X, P, C + Z + P, X, C + Z, sc[0]);
        put(model, "p_m.0.weight", X, M, M, m_enters == M_ENTERS_AFFINE ? 2 * X : X, 0, sm[0]);
    }
    put(model, "c_linear.0.weight", X, P, P, 0, 0, w[0]);
    put(model, "p_m.0.weight", X, M, M, 0, 0, gain[0]);
    if (m_enters == M_ENTERS_AFFINE) put(model, "p_m.0.weight", X, M, M, X, 0, offset[0]);
    put(model, "q_m.0.weight", M, X, X, 0, 0, qm[0]);
    put(model, "q_z.0.weight", Z, X, X + C + M + P, 0, 0, qz[0]);
    memcpy(model->mean, x_mean, sizeof x_mean), memcpy(model->scale, x_scale, sizeof x_scale);
    memcpy(model->mean + X, c_mean, sizeof c_mean), memcpy(model->scale + X, c_scale, sizeof c_scale);
    cama__model_standardised(model);
    for (int d = 0; d < X; d++) model->theta[model->rho + d] = (real)(-1 - d); /* exp(lv) near exp(-1 - d) */
    return model;
}

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_dataset *data;
    float x[N][X], c[N][P], other_c[N][P], z[N][Z], m[N][M];
    int32_t y[N], other_y[N];
} setting;

static setting *begin(int32_t m_enters, int32_t variance)
{
    setting *t = calloc(1, sizeof *t);
    cama_schema *schema = make_schema();
    assert_non_null(t);
    for (int i = 0; i < N; i++) {
        for (int d = 0; d < X; d++) t->x[i][d] = x_mean[d] + x_scale[d] * (float)sin(3.0 * i + d);
        for (int p = 0; p < P; p++) {
            t->c[i][p] = c_mean[p] + c_scale[p] * (float)cos(2.0 * i + p);
            t->other_c[i][p] = c_mean[p] + c_scale[p] * 2 * (float)sin(5.0 * i - p); /* far out */
        }
        for (int j = 0; j < Z; j++) t->z[i][j] = (float)cos(7.0 * i + j);
        for (int j = 0; j < M; j++) t->m[i][j] = (float)sin(1.0 + 4.0 * i + j);
        t->y[i] = i % C, t->other_y[i] = i / 2 % C;
    }
    t->session = small_session(2, 0);
    t->model = make_model(m_enters, variance);
    OK(cama_dataset_from_columns(schema, N, t->x[0], NULL, t->c[0], t->y, 0, &t->data));
    cama_schema_free(schema);
    return t;
}

static void end(setting *t)
{
    cama_dataset_free(t->data);
    cama_model_free(t->model);
    cama_session_free(t->session);
    free(t);
}

static double product(const float *row, const double *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)row[i] * v[i];
    return sum;
}

static void standard(const float *from, const float *mean, const float *scale, int n, double *to)
{
    for (int i = 0; i < n; i++) to[i] = ((double)from[i] - (double)mean[i]) / (double)scale[i];
}

/* The world's parts for number d of x, in standard units; m NULL: do(m=0). */
typedef struct {
    double mean, wc, factor, offset, zero, deviation; /* of the noise, up to what is learned for the number */
} view;

static view view_of(const setting *t, int d, int32_t y, const float *c, const double *z, const double *m)
{
    double cs[P];
    standard(c, c_mean, c_scale, P, cs);
    view v = {.factor = 1, .zero = -(double)x_mean[d] / (double)x_scale[d]};
    v.mean = (double)b[d] + (double)by[d][y] + product(bz[d], z, Z) + product(bc[d], cs, P);
    v.wc = product(w[d], cs, P);
    const double s = (double)sy[d][y] + product(sc[d], cs, P) + (m != NULL ? product(sm[d], m, M) : 0);
    v.deviation = t->model->spec.variance ? exp(5 * tanh(s / 10)) : 1;
    if (m != NULL) v.factor = exp(4 * tanh(product(gain[d], m, M) / 4));
    if (m != NULL && t->model->spec.m_enters == M_ENTERS_AFFINE) v.offset = product(offset[d], m, M);
    return v;
}

static double seen_of(const view *v, double x) { return v->zero + (x - v->offset - v->zero) / v->factor - v->wc; }
static double x_of(const view *v, double seen) { return v->zero + (seen + v->wc - v->zero) * v->factor + v->offset; }
static double in_units(int d, double x) { return x * (double)x_scale[d] + (double)x_mean[d]; }

static void expect(const char *what, int i, int d, double got, double want)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("%s, row %d, number %d: %.8g, expected %.8g", what, i, d, got, want);
}

/* ---- generate ---------------------------------------------------------------------------------------------------- */

static void test_generate(void **state)
{
    (void)state;
    static const int32_t kinds[] = {M_ENTERS_GAIN, M_ENTERS_AFFINE};
    for (int k = 0; k < 4; k++) {
        setting *t = begin(kinds[k / 2], 0);
        float out[N][X];
        const bool moved = k % 2 == 1;
        OK(cama_generate(t->session, t->model, N, t->y, t->other_c[0], t->z[0], moved ? t->m[0] : NULL, NULL, out[0]));
        for (int i = 0; i < N; i++)
            for (int d = 0; d < X; d++) {
                const double z[Z] = {t->z[i][0], t->z[i][1]}, m[M] = {t->m[i][0], t->m[i][1]};
                const view v = view_of(t, d, t->y[i], t->other_c[i], z, moved ? m : NULL);
                expect("generate", i, d, out[i][d], in_units(d, x_of(&v, v.mean)));
            }
        end(t);
    }
}

/* Draws under do(c) and do(m) have the mean and the spread of the closed form: within five standard deviations of the
 * mean of n draws, s / sqrt(n), and of their mean square, s^2 sqrt(2 / n). */
static void check_draws(int32_t variance)
{
    enum { DRAWS = 20000 };
    setting *t = begin(M_ENTERS_AFFINE, variance);
    cama_options *o = small_options(VERB_GENERATE, "draw=sample seed=5");
    int32_t *y = calloc(DRAWS, sizeof *y);
    float *c = small_floats(DRAWS * P), *z = small_floats(DRAWS * Z), *m = small_floats(DRAWS * M),
          *out = small_floats(DRAWS * X);
    for (int i = 0; i < DRAWS; i++) {
        y[i] = 1;
        memcpy(c + i * P, t->c[3], sizeof t->c[3]), memcpy(z + i * Z, t->z[3], sizeof t->z[3]);
        memcpy(m + i * M, t->m[3], sizeof t->m[3]);
    }
    OK(cama_generate(t->session, t->model, DRAWS, y, c, z, m, o, out));
    for (int d = 0; d < X; d++) {
        const double z3[Z] = {t->z[3][0], t->z[3][1]}, m3[M] = {t->m[3][0], t->m[3][1]};
        const view v = view_of(t, d, 1, t->c[3], z3, m3);
        const double want = in_units(d, x_of(&v, v.mean));
        const double lv = (double)cama__likelihood_log_variance(t->model->theta[t->model->rho + d]);
        const double deviation = exp(lv / 2) * v.deviation * v.factor * (double)x_scale[d];
        double mean = 0, square = 0;
        for (int i = 0; i < DRAWS; i++) mean += ((double)out[i * X + d] - want) / deviation / DRAWS;
        for (int i = 0; i < DRAWS; i++) square += pow(((double)out[i * X + d] - want) / deviation, 2) / DRAWS;
        assert_near(mean, 0, 5 / sqrt(DRAWS));
        assert_near(square, 1, 5 * sqrt(2.0 / DRAWS));
    }
    free(y), free(c), free(z), free(m), free(out);
    cama_options_free(o);
    end(t);
}

static void test_draws(void **state)
{
    (void)state;
    check_draws(0);
    check_draws(1);
}

/* ---- counterfactual ---------------------------------------------------------------------------------------------- */

/* What is changed; residual kept or dropped; m inferred or zero while abducting. */
typedef struct {
    const char *options;
    bool y, c, m, keep, infer;
} question;

static void check_row(const setting *t, const question *q, int i, const float *out)
{
    double m[M] = {0}, new_m[M], z[Z] = {0}, xs[X];
    standard(t->x[i], x_mean, x_scale, X, xs);
    for (int j = 0; j < M; j++) m[j] = product(qm[j], xs, X), new_m[j] = q->m ? (double)t->m[i][j] : m[j];
    const double *old = q->infer ? m : NULL, *new = q->m ? new_m : old;
    double seen[X];
    for (int d = 0; d < X; d++) {
        const view before = view_of(t, d, t->y[i], t->c[i], z, old);
        seen[d] = seen_of(&before, xs[d]);
    }
    for (int j = 0; j < Z; j++) z[j] = product(qz[j], seen, X);
    for (int d = 0; d < X; d++) {
        const view before = view_of(t, d, t->y[i], t->c[i], z, old),
                   after = view_of(t, d, q->y ? t->other_y[i] : t->y[i], q->c ? t->other_c[i] : t->c[i], z, new);
        const double noise = (seen[d] - before.mean) / before.deviation,
                     residual = q->keep ? noise * after.deviation : 0;
        expect(q->options, i, d, out[d], in_units(d, x_of(&after, after.mean + residual)));
    }
}

static void test_counterfactual(void **state)
{
    (void)state;
    static const question questions[] = {
        {"infer_m=zero", false, true, false, true, false},
        {"infer_m=zero residual=drop", false, true, false, false, false},
        {"infer_m=zero", true, false, false, true, false},
        {"infer_m=zero", false, false, true, true, false},
        {"infer_m=infer", false, true, false, true, true},
        {"infer_m=infer residual=drop", true, true, false, false, true},
        {"infer_m=infer", true, true, true, true, true},
        {"infer_m=infer", false, false, false, true, true},
    };
    static const int32_t kinds[] = {M_ENTERS_GAIN, M_ENTERS_AFFINE};
    for (int k = 0; k < 4; k++)
        for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
            const question *q = &questions[i];
            setting *t = begin(kinds[k / 2], k % 2);
            cama_options *o = small_options(VERB_COUNTERFACTUAL, q->options);
            float out[N][X];
            OK(cama_counterfactual(t->session, t->model, t->data, q->y ? t->other_y : NULL, q->c ? t->other_c[0] : NULL,
                                   q->m ? t->m[0] : NULL, o, out[0]));
            for (int row = 0; row < N; row++) check_row(t, q, row, out[row]);
            cama_options_free(o);
            end(t);
        }
}

/* ---- As it was --------------------------------------------------------------------------------------------------- */

/* The row's own continuous numbers: to standard units and back, over a mean and a reading that are taken off and put on
 * again, some 16 roundings of numbers below 30 scales; probabilities for the rest. */
static void check_own(cama__spec spec, const char *options)
{
    enum { ROWS = 301 }; /* more than one batch */
    cama_session *session = small_session(2, 0);
    cama_model *model = small_trained(spec, 12);
    cama_dataset *data = small_data(&spec, ROWS, 61);
    cama_options *o = small_options(VERB_COUNTERFACTUAL, options);
    const int64_t size = spec.x.c;
    float *out = small_floats(ROWS * size);
    model->scale[0] = 3, model->mean[0] = -7, model->mean[7] = 2, model->scale[7] = 0.125f;
    cama__model_standardised(model);
    OK(cama_counterfactual(session, model, data, NULL, NULL, NULL, o, out));
    for (int64_t i = 0; i < ROWS * size; i++) {
        const int64_t d = i % size;
        const double bound = 16 * 0x1p-24 * (30 * (double)model->scale[d] + fabs((double)model->mean[d]));
        if (model->reads[d] && !(fabs((double)out[i] - (double)data->x[i]) <= bound))
            fail_msg("%s, row %d, number %d: %.9g, was %.9g", options, (int)(i / size), (int)d, (double)out[i],
                     (double)data->x[i]);
        if (!model->reads[d]) assert_true(out[i] >= 0 && out[i] <= 1);
    }
    for (int64_t i = 0; i < ROWS; i++) /* x4, three levels from number 3 on */
        assert_near((double)out[i * size + 3] + out[i * size + 4] + out[i * size + 5], 1, 1e-6);
    free(out);
    cama_options_free(o);
    cama_dataset_free(data);
    cama_model_free(model);
    cama_session_free(session);
}

static void test_as_it_was(void **state)
{
    (void)state;
    cama__spec affine = small_table();
    affine.m_enters = M_ENTERS_AFFINE;
    const cama__spec specs[] = {small_table(), small_table_merge(), affine, small_without_m(small_table())};
    for (int i = 0; i < 4; i++) {
        if (specs[i].m > 0) check_own(specs[i], "infer_m=infer noise=sample seed=3");
        check_own(specs[i], "infer_m=zero");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_generate), cmocka_unit_test(test_draws),
                                       cmocka_unit_test(test_counterfactual), cmocka_unit_test(test_as_it_was)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
