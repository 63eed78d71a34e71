/* limits_law_test - what a caller lends and limits: a memory_limit is kept by smaller tiles, with the same bits, or
 * refused with the bytes that are needed and nothing changed; and the caller's floating-point settings come back as
 * they were from every verb, while inside denormal numbers count as zero. */
#if defined(__SSE__)
#include <immintrin.h>
#endif

#include "small.h"

enum { N = 150, LITTLE = 20000 };

typedef struct {
    cama_model *model;
    cama_dataset *data;
} setting;

static setting prepare(void)
{
    const cama__spec spec = small_image();
    return (setting){small_trained(spec, 1), small_data(&spec, N, 5)};
}

static void finish(setting *s)
{
    cama_model_free(s->model);
    cama_dataset_free(s->data);
}

static cama_session *limited(int64_t bytes)
{
    cama_session *s = NULL;
    OK(cama__session_create(2, 0, bytes, &s));
    return s;
}

static int64_t bytes_of(const cama_session *s)
{
    int64_t bytes = 0;
    OK(cama_session_bytes(s, &bytes));
    return bytes;
}

/* Predictions (N, C) and parameters after an epoch with manipulated data. */
static int32_t work(cama_session *s, const setting *t, float *p, real *theta)
{
    cama_model *copy = small_clone(t->model);
    cama_optimizer *o = small_optimizer(copy, "lr=0.01");
    int32_t status = small_predict(s, t->model, t->data, "samples=7 m=infer m_samples=2", p);
    if (status == CAMA_OK) status = small_train(s, o, t->data, t->data, "epochs=1 batch=70");
    memcpy(theta, copy->theta, (size_t)copy->params.reals * sizeof *theta);
    cama_optimizer_free(o);
    cama_model_free(copy);
    return status;
}

static void test_a_limit_is_kept_with_the_same_bits(void **state)
{
    (void)state;
    setting t = prepare();
    const int64_t count = N * t.model->spec.classes, reals = t.model->params.reals;
    float *free_p = small_floats(count), *p = small_floats(count);
    real *free_theta = small_theta(t.model), *theta = small_theta(t.model);
    cama_session *unlimited = limited(0);
    OK(work(unlimited, &t, free_p, free_theta));
    const int64_t most = bytes_of(unlimited);
    int kept = 0;
    for (int64_t limit = most - 1; limit > most / 8; limit = limit * 3 / 4) {
        cama_session *s = limited(limit);
        if (work(s, &t, p, theta) == CAMA_OK) {
            assert_memory_equal(p, free_p, (size_t)count * sizeof *p);
            assert_memory_equal(theta, free_theta, (size_t)reals * sizeof *theta);
            assert_true(bytes_of(s) <= limit);
            kept++;
        }
        cama_session_free(s);
    }
    assert_true(kept > 0); /* smaller tiles are of some use */
    free(free_p), free(p), free(free_theta), free(theta);
    cama_session_free(unlimited);
    finish(&t);
}

/* One image is cut into tiles (conv/small_batch.h), if there is memory to copy them through. The rows of one draw need
 * less than that, so that smaller tiles of rows are of no use. */
static void test_few_rows_retreat_too(void **state)
{
    (void)state;
    cama__spec spec = small_filtered();
    spec.x = (cama__shape){64, 64, 1};
    strcpy(spec.net[NET_P_MERGE], "dense x");
    strcpy(spec.net[NET_Q_M], "conv 64 3x3, pool 8, dense 4 relu");
    strcpy(spec.net[NET_Q_Z], "dense 6 relu | dense 9 relu");
    cama_model *model = small_trained(spec, 1);
    cama_dataset *data = small_data(&spec, 1, 5);
    float want[3], p[3];
    cama_session *s = limited(0);
    OK(small_predict(s, model, data, "m=infer samples=1", want));
    const int64_t most = bytes_of(s);
    cama_session_free(s);
    s = limited(most - 1);
    OK(small_predict(s, model, data, "m=infer samples=1", p));
    assert_true(bytes_of(s) < most);
    assert_memory_equal(p, want, sizeof p);
    cama_session_free(s);
    cama_dataset_free(data);
    cama_model_free(model);
}

static void test_too_small_a_limit_names_the_bytes(void **state)
{
    (void)state;
    setting t = prepare();
    const int64_t count = N * t.model->spec.classes;
    float *p = small_floats(count), *before = small_floats(count);
    real *theta = small_theta(t.model);
    cama_optimizer *o = small_optimizer(t.model, "lr=0.01");
    cama_session *s = limited(LITTLE);
    char limit[32];
    snprintf(limit, sizeof limit, "%d bytes", LITTLE);
    for (int64_t i = 0; i < count; i++) p[i] = before[i] = 7;
    FAILS(CAMA_E_MEMORY, small_predict(s, t.model, t.data, "samples=7", p));
    check_said(limit);
    check_said("needs ");
    assert_true(strtoll(strstr(cama_last_error(), "needs ") + 6, NULL, 10) > LITTLE);
    assert_memory_equal(p, before, (size_t)count * sizeof *p);
    FAILS(CAMA_E_MEMORY, small_train(s, o, t.data, NULL, "epochs=1 batch=70"));
    assert_memory_equal(theta, t.model->theta, (size_t)t.model->params.reals * sizeof *theta);
    assert_true(bytes_of(s) <= LITTLE);
    free(p), free(before), free(theta);
    cama_optimizer_free(o);
    cama_session_free(s);
    finish(&t);
}

#if defined(__SSE__)
/* Round towards zero, all exceptions masked, some flags raised, denormals kept: nobody's defaults. */
static const unsigned odd = 0x1f80 | 0x6000 | 0x0011;

static void test_floating_point_settings_come_back(void **state)
{
    (void)state;
    setting t = prepare();
    float *p = small_floats(N * t.model->spec.classes), *again = small_floats(N * t.model->spec.classes);
    real *theta = small_theta(t.model), *odd_theta = small_theta(t.model);
    cama_session *s = limited(0), *little = limited(LITTLE);
    const unsigned usual = _mm_getcsr();
    OK(work(s, &t, p, theta));
    assert_int_equal(_mm_getcsr(), usual);
    _mm_setcsr(odd);
    const int32_t status = work(s, &t, again, odd_theta), failed = small_predict(little, t.model, t.data, "", again);
    const unsigned after = _mm_getcsr();
    _mm_setcsr(usual);
    OK(status);
    assert_int_equal(failed, CAMA_E_MEMORY);
    assert_int_equal(after & 0xffc0u, odd & 0xffc0u); /* control; flags may be raised by what the test itself does */
    assert_memory_equal(p, again, (size_t)(N * t.model->spec.classes) * sizeof *p);
    assert_memory_equal(theta, odd_theta, (size_t)t.model->params.reals * sizeof *theta);
    free(p), free(again), free(theta), free(odd_theta);
    cama_session_free(s);
    cama_session_free(little);
    finish(&t);
}

/* Moments that would decay through the denormal numbers for hundreds of steps go to zero at once. */
static void test_denormals_count_as_zero(void **state)
{
    (void)state;
    setting t = prepare();
    cama_session *s = limited(0);
    cama_optimizer *o = small_optimizer(t.model, "lr=0.01");
    for (int64_t i = 0; i < t.model->params.reals; i++) {
        o->m1[i] = (real)1.5e-38; /* three steps above them */
        o->m2[i] = (real)1e-39;   /* denormal to begin with */
    }
    OK(small_train(s, o, t.data, NULL, "epochs=2 batch=70"));
    for (int64_t i = 0; i < t.model->params.reals; i++) {
        assert_true(fpclassify(o->m1[i]) != FP_SUBNORMAL);
        if (fpclassify(o->m2[i]) == FP_SUBNORMAL) /* only q_m, which do(m=0) does not train, is as it was */
            assert_true(o->m2[i] == (real)1e-39);
    }
    cama_optimizer_free(o);
    cama_session_free(s);
    finish(&t);
}
#endif

/* A file of the model, the caller's to free. */
static char *file_of(const cama_model *model, int64_t *size)
{
    OK(cama_model_save_memory(model, NULL, size));
    char *file = malloc((size_t)*size);
    assert_non_null(file);
    OK(cama_model_save_memory(model, file, size));
    return file;
}

/* A fresh model, whose effect of c on x is not known yet. */
static cama_model *fresh_table(const cama__spec *spec)
{
    cama_model *model = small_model(*spec, 1);
    const cama__param *p = cama__params_find(&model->params, "c_linear.0.weight");
    memset(model->theta + p->offset, 0, (size_t)p->size * sizeof *model->theta);
    return model;
}

static bool same_file(const cama_model *a, const cama_model *b)
{
    int64_t of_a, of_b;
    char *first = file_of(a, &of_a), *second = file_of(b, &of_b);
    const bool same = of_a == of_b && memcmp(first, second, (size_t)of_a) == 0;
    free(first), free(second);
    return same;
}

/* A first training that cannot take its first step, for want of room or because the objective is not finite, leaves no
 * units, ranges or effects of its data behind. What is trained then is as if it had not been tried. */
static void test_training_without_a_step_leaves_nothing_behind(void **state)
{
    (void)state;
    const cama__spec spec = small_table();
    for (int without_room = 0; without_room < 2; without_room++) {
        cama_model *model = fresh_table(&spec), *fresh = fresh_table(&spec);
        cama_dataset *bad = small_data(&spec, N, 6), *good = small_data(&spec, N, 7);
        cama_optimizer *o = small_optimizer(model, ""), *of_fresh = small_optimizer(fresh, "");
        cama_session *s = limited(without_room ? 1 : 0), *wide = limited(0);
        real *bias = model->theta + cama__params_find(&model->params, "p_merge.1.bias")->offset, kept = *bias;
        if (!without_room) *bias = (real)1e30;
        FAILS(without_room ? CAMA_E_MEMORY : CAMA_E_NONFINITE, small_train(s, o, bad, NULL, "epochs=1"));
        *bias = kept;
        assert_true(same_file(model, fresh));
        OK(small_train(wide, o, good, NULL, "epochs=1"));
        OK(small_train(wide, of_fresh, good, NULL, "epochs=1"));
        assert_true(model->standardised && same_file(model, fresh));
        cama_optimizer_free(o), cama_optimizer_free(of_fresh);
        cama_model_free(model), cama_model_free(fresh);
        cama_dataset_free(bad), cama_dataset_free(good);
        cama_session_free(s), cama_session_free(wide);
    }
}

/* The effect of c on x is learned once: where c never varied in the first training it is none, and stays so. */
static void test_the_effect_of_c_is_learned_once(void **state)
{
    (void)state;
    const cama__spec spec = small_table();
    cama_model *model = fresh_table(&spec);
    cama_optimizer *o = small_optimizer(model, "");
    cama_session *s = limited(0);
    cama_dataset *d = small_data(&spec, N, 6), *still = NULL;
    float *c = small_floats(N * spec.c);
    const cama__param *p = cama__params_find(&model->params, "c_linear.0.weight");
    bool zero = true;
    OK(cama_dataset_from_columns(d->schema, N, d->x, d->a, c, d->y, 1, &still));
    OK(small_train(s, o, still, NULL, "epochs=1"));
    OK(small_train(s, o, d, NULL, "epochs=1"));
    for (int64_t k = 0; k < p->size; k++) zero = zero && model->theta[p->offset + k] == 0;
    assert_true(zero);
    free(c);
    cama_dataset_free(d), cama_dataset_free(still);
    cama_session_free(s);
    cama_optimizer_free(o);
    cama_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_limit_is_kept_with_the_same_bits),
        cmocka_unit_test(test_few_rows_retreat_too),
        cmocka_unit_test(test_too_small_a_limit_names_the_bytes),
        cmocka_unit_test(test_training_without_a_step_leaves_nothing_behind),
        cmocka_unit_test(test_the_effect_of_c_is_learned_once),
#if defined(__SSE__)
        cmocka_unit_test(test_floating_point_settings_come_back),
        cmocka_unit_test(test_denormals_count_as_zero),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
