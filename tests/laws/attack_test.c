/* attack_test - what cama__attack does: its step is the gradient's, -log p(y|x) rises, more under PGD than under FGSM,
 * and the result is a function of the row, the model and the options alone. */
#include "attack_setup.h"

/* gradient (n, D) of minus the log-odds of y, added to. */
static void add_gradient(const cama_model *m, const cama_dataset *d, uint64_t seed, double *gradient)
{
    cama__logw_options o = attack_score(seed);
    o.objective = OBJECTIVE_ODDS;
    const int64_t lanes = cama__blocks(d->n) * cama__kernel()->nr;
    cama__batch_room room;
    real *dx = cama__mem_alloc((size_t)(lanes * DIMS), sizeof *dx);
    OK(cama__batch_room_create(m, d->n, &room));
    const cama__batch batch = cama__batch_fill(&room, attack_session->pool, d, NULL, 0, d->n, false);
    const cama__logw_sink sink = {.scale = -1, .dx = dx};
    OK(cama__session_logw(attack_session, m, &o, &batch, &sink));
    for (int64_t i = 0; i < d->n; i++)
        for (int64_t j = 0; j < DIMS; j++) gradient[i * DIMS + j] += dx[cama__at(i, j, DIMS)];
    cama__batch_room_free(&room);
    cama__mem_free(dx);
}

/* ---- The step ---------------------------------------------------------------------------------------------------- */

/* FGSM goes up where -log p(y|x) does, by differences of the values themselves: both paths of x are in it. A central
 * difference of width h has an error of h^2 and of the values' rounding / h; flatter coordinates are left out. */
static void test_fgsm_by_differences(void **state)
{
    (void)state;
    enum { FEW = 6 };
    const double h = 4e-3;
    cama_dataset *few = NULL, *moved = NULL, *out = NULL;
    OK(cama__dataset_slice(attack_dataset, 0, FEW, true, &few));
    out = attacked_once(attack_model, few, attack_options("fgsm", "linf"));
    float *x = cama__mem_alloc(FEW * DIMS, sizeof *x);
    const cama__logw_options o = attack_score(11);
    int64_t judged = 0, wrong = 0;
    OK(cama__dataset_from_arrays(FEW, attack_shape, CLASSES, x, few->y, false, &moved));
    for (int64_t j = 0; j < DIMS; j++) {
        double value[2][FEW];
        for (int32_t side = 0; side < 2; side++) {
            memcpy(x, few->x, FEW * DIMS * sizeof *x);
            for (int64_t i = 0; i < FEW; i++) x[i * DIMS + j] += (float)(side == 0 ? -h : h);
            OK(cama__evaluate(attack_session, attack_model, &o, moved,
                              &(cama__evaluation){.n = FEW, .at_once = 64, .quiet = true, .value = value[side]}));
        }
        for (int64_t i = 0; i < FEW; i++) {
            const double slope = -(value[1][i] - value[0][i]) / (2 * h);
            if (fabs(slope) < 0.02) continue;
            judged++;
            wrong += (out->x[i * DIMS + j] > few->x[i * DIMS + j]) != (slope > 0);
        }
    }
    assert_true(judged > FEW * DIMS / 2);
    assert_true(wrong <= judged / 50); /* a kink of a rectifier may lie between the two values */
    cama__dataset_free(moved);
    cama__dataset_free(few);
    cama__dataset_free(out);
    cama__mem_free(x);
}

/* One step of l2 from x is eps along the gradient, summed over the draws with the seeds 11, 12, ... */
static void test_draws(void **state)
{
    (void)state;
    enum { FEW = 20 };
    cama_dataset *few = NULL;
    double *gradient = cama__mem_alloc(FEW * DIMS, sizeof *gradient);
    OK(cama__dataset_slice(attack_dataset, 0, FEW, true, &few));
    for (int32_t draws = 1; draws <= 3; draws++) {
        cama_options *o = attack_options("fgsm", "l2");
        attack_set_real(o, "eps", 0.04); /* stays inside the box */
        attack_set_int(o, "draws", draws);
        cama_dataset *out = attacked_once(attack_model, few, o);
        add_gradient(attack_model, few, 10 + (uint64_t)draws, gradient);
        for (int64_t i = 0; i < FEW; i++) {
            double norm = 0;
            for (int64_t j = i * DIMS; j < (i + 1) * DIMS; j++) norm += gradient[j] * gradient[j];
            for (int64_t j = i * DIMS; j < (i + 1) * DIMS; j++)
                assert_near(out->x[j] - few->x[j], 0.04 * gradient[j] / sqrt(norm), ROUNDING);
        }
        cama__dataset_free(out);
    }
    cama__dataset_free(few);
    cama__mem_free(gradient);
}

/* One step of PGD from x with the default length, 2.5 eps, ends where FGSM does. */
static void test_one_step(void **state)
{
    (void)state;
    cama_options *o = attack_options("pgd", "linf");
    attack_set_int(o, "steps", 1);
    attack_set_int(o, "random_start", 0);
    cama_dataset *pgd = attacked_once(attack_model, attack_dataset, o);
    cama_dataset *fgsm = attacked_once(attack_model, attack_dataset, attack_options("fgsm", "linf"));
    assert_memory_equal(pgd->x, fgsm->x, N * DIMS * sizeof *pgd->x);
    cama__dataset_free(pgd);
    cama__dataset_free(fgsm);
}

/* Uniform in the ball: |u - 1/2| has the mean 1/2 of its largest, |x - clean|_2 the mean D/(D+1) eps. The step that
 * follows the start is too small to see. 5 standard errors: 5 * 0.29 / sqrt(5400) and 5 * (1/37) / sqrt(150). */
static void test_random_start(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 2; k++) {
        cama_options *o = attack_options("pgd", attack_norms[k]);
        attack_set_real(o, "eps", 0.04);
        attack_set_int(o, "steps", 1);
        attack_set_real(o, "step", 1e-7);
        cama_dataset *out = attacked_once(attack_model, attack_dataset, o);
        double sum = 0, l2 = 0;
        for (int64_t i = 0; i < N * DIMS; i++) sum += fabs((double)out->x[i] - attack_dataset->x[i]) / 0.04;
        for (int64_t i = 0; i < N; i++) l2 += attack_distance_l2(out, attack_dataset, i) / 0.04;
        const int64_t far = 128 * DIMS;
        double apart = 0;                    /* each row has its own start, in whatever batch it is */
        for (int64_t j = 0; j < DIMS; j++) { /* not fmax: see attack_distance_linf */
            const double away = fabs(out->x[j] - attack_dataset->x[j] - (out->x[far + j] - attack_dataset->x[far + j]));
            if (away > apart) apart = away;
        }
        assert_true(apart > 0.005);
        if (k == 0) assert_near(sum / (N * DIMS), 0.5, 0.02);
        if (k == 1) assert_near(l2 / N, DIMS / (DIMS + 1.0), 0.011);
        cama__dataset_free(out);
    }
}

/* ---- Strength ---------------------------------------------------------------------------------------------------- */

static void test_strength(void **state)
{
    (void)state;
    const double before = attack_hardness(attack_model, attack_dataset);
    double after[4];
    for (int32_t k = 0; k < 4; k++) {
        cama_options *o = attack_options(attack_methods[k / 2], attack_norms[k % 2]);
        attack_set_int(o, "steps", 20);
        attack_set_real(o, "eps", k % 2 == 0 ? 0.1 : 0.5);
        cama_dataset *out = attacked_once(attack_model, attack_dataset, o);
        after[k] = attack_hardness(attack_model, out);
        cama__dataset_free(out);
    }
    print_message("-log p(y|x): clean %.3f; fgsm linf %.3f, l2 %.3f; pgd linf %.3f, l2 %.3f\n", before, after[0],
                  after[1], after[2], after[3]);
    assert_true(after[0] > before + 0.5 && after[1] > before + 0.5);
    assert_true(after[2] >= after[0] && after[3] >= after[1]);
}

/* A model that is sure, p(y|x) rounding to 1, is moved all the same. */
static void test_sure_model(void **state)
{
    (void)state;
    cama_model *sure = attack_build(1);
    OK(cama__model_init(sure, 3, 6));
    cama_dataset *d = attack_sample(sure, 40, -3, 3);
    assert_true(attack_hardness(sure, d) < 1e-12);
    cama_options *o = attack_options("fgsm", "linf");
    attack_set_real(o, "low", 1);
    attack_set_real(o, "high", 0);
    cama_dataset *out = attacked_once(sure, d, o);
    for (int64_t i = 0; i < 40; i++) assert_true(attack_distance_linf(out, d, i) > 0.9 * attack_eps);
    cama__dataset_free(out);
    cama__dataset_free(d);
    cama__model_free(sure);
}

/* ---- What the result depends on ---------------------------------------------------------------------------------- */

static void test_deterministic(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 2; k++) {
        cama_options *o = attack_options("pgd", attack_norms[k]);
        attack_is_deterministic(o);
    }
}

/* m = auto is infer if q_m was trained, and do(m=0) otherwise. */
static void test_auto_m(void **state)
{
    (void)state;
    static const char *const words[] = {"auto", "infer", "zero"};
    for (int32_t trained = 0; trained < 2; trained++) {
        cama_dataset *out[3];
        attack_model->q_m_trained = trained;
        for (int32_t k = 0; k < 3; k++) {
            cama_options *o = attack_options("fgsm", "l2");
            attack_set_text(o, "m", words[k]);
            out[k] = attacked_once(attack_model, attack_dataset, o);
        }
        const size_t size = N * DIMS * sizeof *out[0]->x;
        assert_memory_equal(out[0]->x, out[trained ? 1 : 2]->x, size);
        assert_memory_not_equal(out[0]->x, out[trained ? 2 : 1]->x, size);
        for (int32_t k = 0; k < 3; k++) cama__dataset_free(out[k]);
    }
    attack_model->q_m_trained = true;
}

/* ---- Progress, cancel, bad parameters --------------------------------------------------------------------------- */

static int64_t calls, last_step, last_total;
static double last_objective;
static int32_t watch(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    (void)seconds;
    assert_string_equal(phase, "attack");
    calls++;
    last_step = step;
    last_total = total;
    last_objective = objective;
    return user != NULL;
}

static void test_progress_and_cancel(void **state)
{
    (void)state;
    cama_options *o = attack_options("pgd", "linf");
    cama_dataset *out = NULL;
    int32_t stop = 1;
    attack_session->progress = watch;
    out = attacked(attack_model, attack_dataset, o);
    assert_true(calls > 0 && last_step == 16 && last_total == 16); /* two batches of 8 steps */
    assert_true(last_objective > attack_hardness(attack_model, attack_dataset));
    cama__dataset_free(out);
    out = NULL;
    attack_session->user = &stop;
    assert_int_equal(cama__attack(attack_session, attack_model, attack_dataset, o, &out, NULL), CAMA_E_CANCELLED);
    assert_null(out);
    attack_session->progress = NULL;
    attack_session->user = NULL;
    cama__options_free(o);
}

/* Parameters that are not finite are told, not passed on. */
static void test_not_finite(void **state)
{
    (void)state;
    cama_model *broken = attack_build(0);
    cama_dataset *out = NULL;
    for (int64_t i = 0; i < broken->params.reals; i++) broken->theta[i] = NAN;
    assert_int_equal(cama__attack(attack_session, broken, attack_dataset, NULL, &out, NULL), CAMA_E_NONFINITE);
    check_said("rows 0 to 127");
    assert_null(out);
    cama__model_free(broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fgsm_by_differences),
                                       cmocka_unit_test(test_draws),
                                       cmocka_unit_test(test_one_step),
                                       cmocka_unit_test(test_random_start),
                                       cmocka_unit_test(test_strength),
                                       cmocka_unit_test(test_sure_model),
                                       cmocka_unit_test(test_deterministic),
                                       cmocka_unit_test(test_auto_m),
                                       cmocka_unit_test(test_progress_and_cancel),
                                       cmocka_unit_test(test_not_finite)};
    return cmocka_run_group_tests(tests, attack_set_up, attack_tear_down);
}
