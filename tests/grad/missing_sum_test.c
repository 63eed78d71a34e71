/* A missing cell is marginalised: with encoders that are blind for a child, exp w of a row in which the child is
 * missing is the sum of exp w over all its values, whatever m, z and the class are. The sum is an integral of a
 * continuous child, which x = tan(theta) makes one of a smooth periodic function: the trapezoid rule with 1,200
 * points is exact to more digits than the tolerance asks. */
#include "logw_grad.h"

#define NETS                                                                                                           \
    .net = {[NET_P_PRIOR] = "dense 5 tanh",                                                                            \
            [NET_P_M] = "dense 4 tanh",                                                                                \
            [NET_P_C] = "dense 3 tanh",                                                                                \
            [NET_P_MERGE] = "dense 6 tanh, dense x",                                                                   \
            [NET_Q_M] = "dense 5 tanh",                                                                                \
            [NET_Q_Z] = "dense 5 tanh | dense 6 tanh"}
#define MIXED .preset = "test", .classes = 3, .z = 3, .m = 2, NETS

static const double tolerance = 1e-8; /* of log w */
static const double pi = 3.14159265358979323846;

enum { POINTS = 1200, CLASSES = 3, U = 2, K = 2, WEIGHTS = U * CLASSES * K, CHILDREN = 5 };

static const grad_subject subjects[] = {
    {"merge", {MIXED, .likelihood = LIKELIHOOD_GAUSSIAN}, 0, .mixed = true, .standardised = true},
    {"affine",
     {MIXED, .likelihood = LIKELIHOOD_GAUSSIAN, .m_enters = M_ENTERS_AFFINE, .variance = 1, .c_linear = 1},
     0,
     .mixed = true,
     .standardised = true},
    {"gain",
     {MIXED, .likelihood = LIKELIHOOD_STUDENT, .nu = 3, .m_enters = M_ENTERS_GAIN, .variance = 1, .c_linear = 1},
     0,
     .mixed = true,
     .standardised = true},
};

/* The columns of the encoders' first layers that read numbers first .. first + count of x become zero. */
static void blind(cama_model *model, int64_t first, int64_t count)
{
    const int64_t dims = cama__shape_size(model->spec.x);
    int found = 0;
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        if ((p->net != NET_Q_M && p->net != NET_Q_Z) || p->layer != 0 || p->dims != 2 || p->shape[1] != dims) continue;
        float *v = malloc((size_t)p->count * sizeof *v);
        cama__param_read(p, cama__model_param_net(model, p), model->theta, v);
        for (int64_t k = 0; k < p->count; k++)
            if (k % dims >= first && k % dims < first + count) v[k] = 0;
        cama__param_write(p, cama__model_param_net(model, p), model->theta, v);
        free(v);
        found++;
    }
    assert_int_equal(found, 2);
}

/* Row `row` of values (., F), n times. */
static real *repeat(const real *values, int64_t features, int64_t row, int64_t n)
{
    real *out = cama__mem_alloc((size_t)(cama__blocks(n) * cama__kernel()->nr * features) + 1, sizeof *out);
    for (int64_t r = 0; r < n; r++)
        for (int64_t f = 0; f < features; f++) out[cama__at(r, f, features)] = values[cama__at(row, f, features)];
    return out;
}

/* How many values of a child are summed over; value k to x, and the logarithm of its weight in the data's units. */
static int64_t values_of(const cama__variable *v)
{
    return v->kind == VARIABLE_CONTINUOUS ? POINTS : v->kind == VARIABLE_BINARY ? 2 : v->levels;
}

static double set_value(const cama_model *model, const cama__variable *v, int64_t k, int64_t row, real *x)
{
    const int64_t dims = cama__shape_size(model->spec.x);
    if (v->kind == VARIABLE_CONTINUOUS) {
        const double theta = pi * ((double)k + 0.5) / POINTS - pi / 2;
        x[cama__at(row, v->first, dims)] = tan(theta);
        return log(pi / POINTS * (double)model->scale[v->first]) - 2 * log(cos(theta));
    }
    for (int32_t l = 0; l < v->levels; l++)
        x[cama__at(row, v->first + l, dims)] = v->kind == VARIABLE_BINARY ? (real)k : (real)(l == k);
    return 0;
}

static cama__batch repeated(grad_setup *s, int64_t row, int64_t n, real **x)
{
    const cama_model *model = s->model;
    *x = repeat(s->x, cama__shape_size(model->spec.x), row, n);
    cama__batch batch = {.n = n, .x = *x};
    batch.a = repeat(s->a, model->spec.a, row, n);
    batch.c = repeat(s->c, model->spec.c, row, n);
    return batch;
}

static void free_batch(const cama__batch *b)
{
    cama__mem_free((void *)(uintptr_t)b->x), cama__mem_free((void *)(uintptr_t)b->a);
    cama__mem_free((void *)(uintptr_t)b->c), cama__mem_free((void *)(uintptr_t)b->observed);
}

/* log of the sum over the values of exp w, each weighed. */
static void sum_over(grad_setup *s, const cama__variable *v, int64_t row, double *log_w)
{
    const int64_t n = values_of(v);
    real *x = NULL;
    double *w = malloc((size_t)(n * WEIGHTS) * sizeof *w), *weight = malloc((size_t)n * sizeof *weight);
    s->batch = repeated(s, row, n, &x);
    for (int64_t k = 0; k < n; k++) weight[k] = set_value(s->model, v, k, k, x);
    grad_run(s, &(cama__logw_sink){.w = w});
    for (int64_t j = 0; j < WEIGHTS; j++) {
        double top = -INFINITY, sum = 0;
        for (int64_t k = 0; k < n; k++) top = fmax(top, w[k * WEIGHTS + j] + weight[k]);
        for (int64_t k = 0; k < n; k++) sum += exp(w[k * WEIGHTS + j] + weight[k] - top);
        log_w[j] = top + log(sum);
    }
    free_batch(&s->batch);
    free(w), free(weight);
}

static void leave_out(grad_setup *s, const cama__variable *v, int64_t row, double *log_w)
{
    const int64_t dims = cama__shape_size(s->model->spec.x);
    real *x = NULL;
    s->batch = repeated(s, row, 1, &x);
    real *observed = cama__mem_alloc((size_t)(cama__kernel()->nr * dims), sizeof *observed);
    for (int32_t l = 0; l < v->levels; l++) x[cama__at(0, v->first + l, dims)] = NAN;
    assert_true(cama__missing_split(s->model, 1, x, observed));
    s->batch.observed = observed;
    grad_run(s, &(cama__logw_sink){.w = log_w});
    free_batch(&s->batch);
}

static void check_child(const grad_subject *about, int32_t child, enum cama__logw_m m)
{
    static const float m0[] = {0.4f, -0.9f};
    const bool drawn = m == SCORE_M_INFER; /* otherwise one m, and as many weights by more draws of z */
    for (int64_t row = 0; row < 3; row++) {
        grad_setup s = grad_prepare(about, 3);
        const cama__variable *v = &s.model->schema->variable[child];
        double want[WEIGHTS], got[WEIGHTS];
        s.options = (cama__logw_options){.objective = OBJECTIVE_BAYES,
                                         .m = m,
                                         .m0 = m0,
                                         .u = drawn ? U : 1,
                                         .k = drawn ? K : U * K,
                                         .seed = 5};
        blind(s.model, v->first, v->levels);
        sum_over(&s, v, row, want);
        leave_out(&s, v, row, got);
        for (int i = 0; i < WEIGHTS; i++)
            if (!(fabs(want[i] - got[i]) <= tolerance))
                fail_msg("%s, %s, row %d, weight %d: %.12g summed, %.12g left out", about->name, v->name, (int)row, i,
                         want[i], got[i]);
        grad_finish(&s);
    }
}

static void test_sums(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        for (int32_t child = 0; child < CHILDREN; child++) {
            check_child(&subjects[i], child, SCORE_M_DO);
            check_child(&subjects[i], child, SCORE_M_INFER);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sums)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
