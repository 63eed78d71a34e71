/* The gradient of what TENT adapts of a baseline, from that of theta, against central differences of the mean negative
 * entropy of p(y|x): scales and shifts of channels, and the last layer. Convolutions, pools, dropout that drops nothing
 * in adaptation, joins, layers whose channels are turned in the packed layout. Tolerance: as in logw_grad_test.c; all
 * activations are smooth. */
#include "logw_grad.h"

#include "verbs/tent.h"

#define DNN(text) .preset = "test", .classes = 3, .discriminative = true, .net = {[NET_DNN] = text}
enum { ROWS = 19 };
static const double H = 1e-5, TOLERANCE = 2e-6;

static const grad_subject subjects[] = {
    {"vector", {DNN("| dense 7 tanh, dense 6 elu"), .x = {1, 1, 5}}, 0, .dropout = false},
    {"a and c", {DNN("dense 6 tanh, dropout .5, dense 4 softplus | dense 7 tanh"), .x = {1, 1, 5}, .a = 2, .c = 3},
     0, .dropout = false},
    {"image", {DNN("conv 3 3x3 tanh, pool 2, dense 2x3x2 tanh, tconv 5 3x3 /2 tanh | dense 7 tanh"), .x = {7, 6, 2}},
     0, .dropout = false},
};

static double objective(grad_setup *s)
{
    double value[ROWS], sum = 0;
    grad_run(s, &(cama__logw_sink){.value = value});
    for (int i = 0; i < ROWS; i++) sum += value[i] / ROWS;
    return sum;
}

/* Central difference of the objective as one adapted number moves. */
static double slope(grad_setup *s, cama__tent *t, int64_t at)
{
    double side[2];
    real *const number = &t->adapted.theta[at];
    const real before = *number;
    for (int k = 0; k < 2; k++) {
        *number = before + (k ? -H : H);
        cama__tent_fold(t);
        side[k] = objective(s);
    }
    *number = before;
    cama__tent_fold(t);
    return (side[0] - side[1]) / (2 * H);
}

static void check(const grad_subject *about, enum cama__choice_adapt what)
{
    grad_setup s = grad_prepare(about, ROWS);
    cama_optimizer like = {.lr = 1};
    cama__tent *t = NULL;
    real *theta = cama__mem_alloc((size_t)s.model->params.reals, sizeof *theta),
         *dtheta = cama__mem_alloc((size_t)s.model->params.reals, sizeof *dtheta);
    s.options = (cama__logw_options){.objective = OBJECTIVE_ENTROPY, .u = 1, .k = 1, .kl_weight = 1};
    memcpy(theta, s.model->theta, (size_t)s.model->params.reals * sizeof *theta);
    OK(cama__tent_create(s.model, what, &like, &t));
    cama__tent_fold(t); /* scales of 1 and shifts of 0 are the source, to the bit */
    assert_memory_equal(theta, s.model->theta, (size_t)s.model->params.reals * sizeof *theta);
    /* away from where scales are 1 and shifts 0 */
    for (int i = 0; i < 2; i++)
        for (int64_t j = 0; what == ADAPT_AFFINE && j < t->adapted.params.item[i].count; j++)
            t->adapted.theta[t->adapted.params.item[i].offset + j] += 0.2 * sin(3 * (double)j + i);
    cama__tent_fold(t);
    grad_run(&s, &(cama__logw_sink){.scale = 1.0 / ROWS, .dtheta = dtheta, .trainable = CAMA__NET_BIT(NET_DNN)});
    cama__tent_gradient(t, dtheta);
    int64_t moving = 0;
    for (int i = 0; i < 2; i++) {
        const cama__param *p = &t->adapted.params.item[i];
        for (int64_t at = p->offset; at < p->offset + p->size; at++) {
            const double got = t->optimizer->gradient[at], want = slope(&s, t, at);
            if (!(fabs(got - want) <= TOLERANCE * (1 + fabs(want))))
                fail_msg("%s, %s %d: gradient gives %.9g, differences %.9g", about->name, p->name,
                         (int)(at - p->offset), got, want);
            moving += fabs(want) > 1e-3;
        }
    }
    assert_true(moving > 5);
    cama__tent_free(t);
    cama__mem_free(theta), cama__mem_free(dtheta);
    grad_finish(&s);
}

static void test_gradients(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        for (int what = ADAPT_AFFINE; what <= ADAPT_LAST; what++) check(&subjects[i], (enum cama__choice_adapt)what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
