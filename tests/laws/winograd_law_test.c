/* winograd_law_test - how convolutions are computed (option `convolution` of a session) is no more than rounding: what
 * is scored, predicted and encoded, and one step of training, are the same within it, and not to the bit. The memory
 * that is measured is enough however few rows a backward pass keeps. */
#include "small.h"

enum { N = 61 };

/* Largest difference, relative to the largest size. */
static double difference(const double *a, const double *b, int64_t count)
{
    double most = 0, size = 0;
    for (int64_t i = 0; i < count; i++) {
        most = fmax(most, fabs(a[i] - b[i]));
        size = fmax(size, fabs(a[i]));
    }
    return most / size;
}

static void to_doubles(const real *from, int64_t count, double *to)
{
    for (int64_t i = 0; i < count; i++) to[i] = (double)from[i];
}

enum { ELBO, PREDICT, ENCODE, TRAIN, RESULTS };
typedef struct {
    double *numbers[RESULTS];
    int64_t count[RESULTS];
} results;

static cama_session *session_of(const char *convolution)
{
    cama_session *session = NULL;
    cama_options *o = small_options(VERB_SESSION, convolution);
    OK(cama_session_create(o, &session));
    cama_options_free(o);
    return session;
}

static void note(results *r, int what, const real *values, int64_t count)
{
    r->count[what] = count;
    r->numbers[what] = small_doubles(count);
    if (values != NULL) to_doubles(values, count, r->numbers[what]);
}

/* The gradient of one step, as the optimizer leaves it: Adam's first step is its sign, which rounding may turn. */
static void train_once(cama_session *session, const cama_dataset *data, results *r)
{
    cama_model *model = small_model(small_filtered(), 4);
    cama_optimizer *optimizer = small_optimizer(model, "clip=0");
    OK(small_train(session, optimizer, data, NULL, "epochs=1 batch=61"));
    note(r, TRAIN, optimizer->gradient, model->params.reals);
    cama_optimizer_free(optimizer);
    cama_model_free(model);
}

static results compute(const char *convolution)
{
    const cama__spec spec = small_filtered();
    cama_session *session = session_of(convolution);
    cama_model *model = small_trained(spec, 2);
    cama_dataset *data = small_data(&spec, N, 11);
    results r = {.count = {0}};
    float *p = small_floats(N * spec.classes), *mu = small_floats(N * spec.z);
    cama_options *o = small_options(VERB_SCORE, "samples=3 seed=3");
    note(&r, ELBO, NULL, N);
    OK(cama_elbo(session, model, data, o, r.numbers[ELBO]));
    OK(small_predict(session, model, data, "samples=5 seed=7", p));
    note(&r, PREDICT, p, N * spec.classes);
    OK(cama_encode(session, model, data, NULL, NULL, NULL, mu, NULL));
    note(&r, ENCODE, mu, N * spec.z);
    train_once(session, data, &r);
    cama_options_free(o);
    free(p), free(mu);
    cama_dataset_free(data);
    cama_model_free(model);
    cama_session_free(session);
    return r;
}

static void test_rounding(void **state)
{
    (void)state;
    static const char *const names[] = {"elbo", "predict", "encode", "gradient"};
    results direct = compute("convolution=direct"), filtered = compute("convolution=winograd");
    for (int i = 0; i < RESULTS; i++) {
        assert_int_equal(direct.count[i], filtered.count[i]);
        const double d = difference(direct.numbers[i], filtered.numbers[i], direct.count[i]);
        print_message("%s: %.2g\n", names[i], d);
        assert_true(d > 0);
        assert_true(d < 1e-5); /* 8e-6 in a convolution (tests/unit/winograd_test.c), two of which follow each other */
        free(direct.numbers[i]), free(filtered.numbers[i]);
    }
}

/* The backward pass of an attack leaves out rows without a posterior. How many are left is not known when memory is
 * measured, and few rows may be computed otherwise than many. */
static void test_few_rows_are_kept(void **state)
{
    (void)state;
    const cama__spec spec = {.preset = "test",
                             .x = {23, 23, 1},
                             .classes = 7,
                             .z = 4,
                             .m = 3,
                             .likelihood = LIKELIHOOD_BERNOULLI,
                             .net = {[NET_P_M] = "dense 5 relu",
                                     [NET_P_MERGE] = "dense 24x24x16 relu, conv 16 8x8 relu, conv 1 3x3",
                                     [NET_Q_M] = "dense 5 relu",
                                     [NET_Q_Z] = "dense 6 relu | dense 7 relu"}};
    cama_session *session = small_session(1, 0);
    cama_model *model = small_trained(spec, 2);
    OK(cama__model_init(model, 3, 1.5)); /* large weights: few classes have a posterior */
    cama_dataset *data = small_data(&spec, 1, 3), *attacked = NULL;
    cama_options *o = small_options(VERB_ATTACK, "eps=0.1 samples=1");
    OK(cama_attack(session, model, data, o, &attacked));
    cama_options_free(o);
    cama_dataset_free(attacked);
    cama_dataset_free(data);
    cama_model_free(model);
    cama_session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rounding), cmocka_unit_test(test_few_rows_are_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
