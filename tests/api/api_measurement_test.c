/* api_measurement_test - the life of a model of measurement data seen from outside, on real rows: training, prediction,
 * file, fine-tuning, x under interventions; and what is refused leaves its outputs as they were. */
#include "api_chamber.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { TRAIN = 1500 };

static cama_session *session;
static cama_dataset *training;
static cama_model *model, *baseline;

static cama_model *make(const char *preset, const char *sizes)
{
    cama_model *made = NULL;
    cama_options *how = chamber_options("model", sizes);
    OK(cama_model_create_for(preset, chamber_schema, how, &made));
    cama_options_free(how);
    return made;
}

static void train(cama_model *of)
{
    cama_optimizer *optimizer;
    cama_options *how = chamber_options("train", "epochs=20;batch=64;warmup=0;schedule=constant");
    OK(cama_options_set_real(how, "kl_warmup", 0));
    OK(cama_optimizer_create(of, NULL, &optimizer));
    OK(cama_train(session, optimizer, training, NULL, how, NULL));
    cama_optimizer_free(optimizer);
    cama_options_free(how);
}

static int begin(void **state)
{
    (void)state;
    if (chamber_begin("api_measurement_test") != 0) return -1;
    OK(cama_session_create(NULL, &session));
    OK(cama_dataset_slice(chamber_reference, 0, TRAIN, &training));
    model = make("measurement-sensors", "seed=1");
    baseline = make("measurement-dnn", "seed=1");
    OK(cama_model_set_prior(model, training));
    train(model);
    train(baseline);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_model_free(baseline);
    cama_model_free(model);
    cama_dataset_free(training);
    cama_session_free(session);
    return chamber_end();
}

/* ---- Models ------------------------------------------------------------------------------------------------------ */

/* More right than always saying the most frequent class, by five standard deviations of a count of n. */
static void assert_better_than_chance(const float *probabilities)
{
    int32_t count[C] = {0}, right = 0, most = 0;
    for (int i = 0; i < N; i++) {
        const float *p = probabilities + i * C;
        int32_t best = 0;
        double sum = 0;
        for (int32_t k = 0; k < C; k++) {
            sum += (double)p[k];
            if (p[k] > p[best]) best = k;
        }
        assert_near(sum, 1, 1e-6);
        right += best == chamber_y[i];
        if (++count[chamber_y[i]] > most) most = count[chamber_y[i]];
    }
    const double share = (double)most / N, margin = 5 * sqrt(share * (1 - share) / N);
    if ((double)right / N <= share + margin) fail_msg("%d of %d right, %d in the largest class", right, N, most);
}

static void assert_same_predictions(const cama_model *one, const cama_model *two, const cama_dataset *rows)
{
    static float of_one[N * C], of_two[N * C];
    OK(cama_predict(session, one, chamber_test, NULL, of_one));
    OK(cama_predict(session, two, rows, NULL, of_two));
    assert_memory_equal(of_one, of_two, sizeof of_one);
}

static void test_a_model_comes_back_with_its_schema(void **state)
{
    (void)state;
    static float p[N * C];
    cama_model *loaded;
    int64_t numbers[4];
    static const char *const names[] = {"x", "a", "c", "classes"};
    OK(cama_predict(session, model, chamber_test, NULL, p));
    assert_better_than_chance(p);
    for (int i = 0; i < 4; i++) OK(cama_model_get_int(model, names[i], &numbers[i]));
    assert_memory_equal(numbers, ((int64_t[]){D, 0, P, C}), sizeof numbers);

    OK(cama_model_save(model, chamber_path));
    OK(cama_model_load(chamber_path, &loaded));
    chamber_same_schema(cama_model_schema(model), cama_model_schema(loaded));
    assert_same_predictions(model, loaded, chamber_test);
    cama_dataset *all = chamber_read_rows(REFERENCE, cama_model_schema(loaded), "labels=auto"), *rows;
    OK(cama_dataset_slice(all, FIRST_TEST, N, &rows));
    assert_same_predictions(model, loaded, rows);
    cama_dataset_free(rows);
    OK(cama_dataset_from_columns(cama_model_schema(loaded), N, chamber_x, NULL, chamber_c, chamber_y, 0, &rows));
    assert_same_predictions(model, loaded, rows);
    cama_dataset_free(rows);
    cama_dataset_free(all);
    cama_model_free(loaded);
}

/* A column of the same size takes the place of l_32. */
static void test_another_schema_is_refused(void **state)
{
    (void)state;
    static float p[N * C];
    cama_schema *other = chamber_read_schema("children=" CHILDREN ";co_parents=" CO_PARENTS "osr_c;constants=keep");
    cama_dataset *rows = NULL;
    OK(cama_dataset_from_columns(other, N, chamber_x, NULL, chamber_c, chamber_y, 1, &rows));
    p[0] = 7;
    REFUSED(CAMA_E_ARGUMENT, "expected variable \"l_32\", got \"osr_c\"", cama_predict(session, model, rows, NULL, p));
    assert_true(p[0] == 7);
    cama_dataset_free(rows);
    rows = MARKED(cama_dataset);
    REFUSED(CAMA_E_ARGUMENT, "cama_dataset_from_columns: expected a pointer for c",
            cama_dataset_from_columns(other, N, chamber_x, NULL, NULL, chamber_y, 1, &rows));
    cama_model *made = MARKED(cama_model);
    REFUSED(CAMA_E_ARGUMENT, "\"mnist\"", cama_model_create_for("mnist", chamber_schema, NULL, &made));
    assert_ptr_equal(rows, MARKED(cama_dataset));
    assert_ptr_equal(made, MARKED(cama_model));
    cama_schema_free(other);
}

static void test_a_model_adapts_without_labels(void **state)
{
    (void)state;
    cama_model *adapted;
    cama_report *report;
    int64_t classes;
    double steps, before, after;
    cama_dataset *rows = chamber_read_rows(FOLDER "uniform_t_ir_1_strong.csv.gz", chamber_schema, "labels=none");
    cama_options *how = chamber_options("finetune", "steps=50");
    OK(cama_options_set_real(how, "lr", 0.01));
    OK(cama_options_set_real(how, "clean_tolerance", 1)); /* so few steps are not to be judged, and not rolled back */
    OK(cama_options_set_real(how, "share_tolerance", 1));
    OK(cama_options_set_real(how, "tolerance", 1e3));
    OK(cama_finetune(session, model, training, rows, how, &adapted, &report));
    OK(cama_report_count(report, "classes_after", &classes));
    OK(cama_report_get(report, "steps", 0, &steps));
    OK(cama_report_get(report, "objective_before", 0, &before));
    OK(cama_report_get(report, "objective_after", 0, &after));
    assert_int_equal(classes, C);
    assert_true(steps == 50);
    assert_true(after > before);
    chamber_same_schema(chamber_schema, cama_model_schema(adapted));
    cama_report_free(report);
    cama_options_free(how);
    cama_dataset_free(rows);
    cama_model_free(adapted);
}

/* TENT: more certain predictions, by a model that is a baseline too. */
static void test_the_baseline_is_adapted(void **state)
{
    (void)state;
    static const char *const keys[] = {"objective_before", "objective_after", "clean_before", "clean_after"};
    cama_options *how = chamber_options("finetune", "steps=30;check_every=0");
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    double told[4];
    int64_t discriminative = 0;
    OK(cama_finetune(session, baseline, training, chamber_test, how, &adapted, &report));
    for (int i = 0; i < 4; i++) {
        OK(cama_report_get(report, keys[i], 0, &told[i]));
        assert_true(told[i] < 0);
    }
    assert_true(told[1] > told[0]);
    OK(cama_model_get_int(adapted, "discriminative", &discriminative));
    assert_int_equal(discriminative, 1);
    cama_model_free(adapted), cama_report_free(report), cama_options_free(how);
}

/* log p(y|x,c) is its score; what needs latents is refused. */
static void test_the_baseline_has_no_latents(void **state)
{
    (void)state;
    cama_options *draws = chamber_options("finetune", "m_samples=2");
    static float p[N * C], out[N * D];
    static double score[N];
    cama_model *adapted = MARKED(cama_model);
    cama_report *report = MARKED(cama_report);
    OK(cama_predict(session, baseline, chamber_test, NULL, p));
    assert_better_than_chance(p);
    OK(cama_elbo(session, baseline, chamber_test, NULL, score));
    for (int i = 0; i < N; i++) /* p is a float, its rounding is 2^-24 of it */
        assert_near(exp(score[i]), (double)p[i * C + chamber_y[i]], 1e-6);
    out[0] = 7;
    REFUSED(CAMA_E_ARGUMENT, "finetune",
            cama_finetune(session, baseline, training, chamber_test, draws, &adapted, &report));
    REFUSED(CAMA_E_ARGUMENT, "encode", cama_encode(session, baseline, chamber_test, NULL, NULL, NULL, out, NULL));
    REFUSED(CAMA_E_ARGUMENT, "reconstruct", cama_reconstruct(session, baseline, chamber_test, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "generate",
            cama_generate(session, baseline, N, chamber_y, chamber_c, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "counterfactual",
            cama_counterfactual(session, baseline, chamber_test, NULL, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "prior", cama_model_set_prior(baseline, training));
    cama_options_free(draws);
    assert_true(out[0] == 7);
    assert_ptr_equal(adapted, MARKED(cama_model));
    assert_ptr_equal(report, MARKED(cama_report));
}

/* ---- Interventions ----------------------------------------------------------------------------------------------- */

static void column(const float *values, int d, double *mean, double *deviation)
{
    double square = 0;
    *mean = 0;
    for (int i = 0; i < N; i++) *mean += (double)values[i * D + d] / N;
    for (int i = 0; i < N; i++) square += pow((double)values[i * D + d] - *mean, 2) / N;
    *deviation = sqrt(square);
}

static void test_counterfactuals(void **state)
{
    (void)state;
    static float same[N * D], dark[N * D], c_dark[N * P];
    OK(cama_counterfactual(session, model, chamber_test, NULL, NULL, NULL, NULL, same));
    memcpy(c_dark, chamber_c, sizeof chamber_c);
    for (int i = 0; i < N; i++) c_dark[i * P + GREEN] = 0;
    OK(cama_counterfactual(session, model, chamber_test, NULL, c_dark, NULL, NULL, dark));
    for (int d = 0; d < D; d++) {
        double mean, deviation, mean_dark, deviation_dark;
        column(chamber_x, d, &mean, &deviation);
        column(dark, d, &mean_dark, &deviation_dark);
        assert_true(mean_dark < mean);
        for (int i = d; i < N * D; i += D) /* roundings of a float in standard units, of numbers up to about 10 */
            assert_near(same[i], chamber_x[i], 1e-5 * deviation);
    }
}

static void test_interventions_refuse(void **state)
{
    (void)state;
    static float out[N * D], c_bad[N * P];
    static int32_t y_bad[N];
    cama_options *other = chamber_options("generate", "seed=1");
    memcpy(c_bad, chamber_c, sizeof chamber_c);
    c_bad[N * P - 1] = NAN;
    y_bad[N - 1] = C;
    out[0] = 7;
    REFUSED(CAMA_E_ARGUMENT, "expected c", cama_generate(session, model, N, chamber_y, NULL, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "n of at least 0",
            cama_generate(session, model, -1, chamber_y, chamber_c, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "y, row 399", cama_generate(session, model, N, y_bad, chamber_c, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "c, element 3999", cama_generate(session, model, N, chamber_y, c_bad, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "y_new, row 399",
            cama_counterfactual(session, model, chamber_test, y_bad, chamber_c, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "c_new, element 3999",
            cama_counterfactual(session, model, chamber_test, chamber_y, c_bad, NULL, NULL, out));
    REFUSED(CAMA_E_OPTION, "counterfactual",
            cama_counterfactual(session, model, chamber_test, NULL, NULL, NULL, other, out));
    assert_true(out[0] == 7);
    OK(cama_generate(session, model, N, chamber_y, chamber_c, NULL, NULL, other, out));
    for (int i = 0; i < N * D; i++) assert_true(isfinite(out[i]));
    assert_true(out[0] != 7);
    cama_options_free(other);
}

/* What may be set can be saved and loaded; what is set for sizes that the schema gives is a mistake. */
static void test_options_of_a_model(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        double value;
        bool good;
    } reals[] = {{"nu", 0.01, true},       {"nu", 1e6, true},        {"c_clip", 1e-30, true}, {"c_clip", 0, true},
                 {"c_clip", 1e-31, false}, {"c_clip", 1e-50, false}, {"c_clip", -0.5, false}};
    static const char *const sizes[] = {"height", "width", "channels", "classes"};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        cama_model *made = MARKED(cama_model), *back = NULL;
        cama_options *how = chamber_options("model", "likelihood=student");
        int64_t size = 0;
        OK(cama_options_set_real(how, reals[i].key, reals[i].value));
        if (!reals[i].good) {
            REFUSED(CAMA_E_OPTION, "option \"c_clip\" of \"model\": expected -1, 0 or a number from 1e-30, got",
                    cama_model_create_for("measurement-sensors", chamber_schema, how, &made));
            assert_ptr_equal(made, MARKED(cama_model));
        } else {
            OK(cama_model_create_for("measurement-sensors", chamber_schema, how, &made));
            OK(cama_model_save_memory(made, NULL, &size));
            void *file = malloc((size_t)size);
            OK(cama_model_save_memory(made, file, &size));
            OK(cama_model_load_memory(file, size, &back));
            free(file);
            cama_model_free(made), cama_model_free(back);
        }
        cama_options_free(how);
    }
    for (int i = 0; i < 4; i++) {
        cama_model *made = MARKED(cama_model);
        cama_options *how = chamber_options("model", "seed=0");
        OK(cama_options_set_int(how, sizes[i], 9));
        REFUSED(CAMA_E_OPTION, sizes[i], cama_model_create_for("measurement", chamber_schema, how, &made));
        check_said("the schema");
        assert_ptr_equal(made, MARKED(cama_model));
        OK(cama_options_set_int(how, sizes[i], i < 2 ? 1 : i == 2 ? D : C)); /* the schema's own */
        OK(cama_model_create_for("measurement", chamber_schema, how, &made));
        cama_model_free(made);
        cama_options_free(how);
    }
}

/* The prior of other classes is not the model's, although they are as many. */
static void test_the_prior_of_other_classes_is_refused(void **state)
{
    (void)state;
    static const char *const names[C] = {"p", "q", "r", "s"};
    static const float numbers[] = {1, 2};
    static const int32_t labels[] = {0, 1};
    cama_schema *other = NULL;
    cama_dataset *rows = NULL;
    OK(cama_schema_create("red", C, names, &other));
    OK(cama_schema_add(other, "any", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 0, NULL));
    OK(cama_dataset_from_columns(other, 2, numbers, NULL, NULL, labels, 1, &rows));
    REFUSED(CAMA_E_ARGUMENT, "cama_model_set_prior: expected class", cama_model_set_prior(model, rows));
    cama_dataset_free(rows);
    OK(cama_dataset_from_arrays(2, 1, 1, 1, C, numbers, labels, 1, &rows));
    cama_model *copy;
    OK(cama_model_clone(model, &copy));
    OK(cama_model_set_prior(copy, rows));
    cama_model_free(copy);
    cama_dataset_free(rows);
    cama_schema_free(other);
}

/* A model without m has none that could be given. */
static void test_no_m_to_give(void **state)
{
    (void)state;
    static float out[N * D];
    cama_model *without = make("measurement", "m=0");
    cama_options *how = chamber_options("reconstruct", "m=given");
    REFUSED(CAMA_E_ARGUMENT, "reconstruct: expected a model with M > 0 to be given m, got M = 0",
            cama_reconstruct(session, without, chamber_test, how, out));
    cama_options_free(how);
    cama_model_free(without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_model_comes_back_with_its_schema),
        cmocka_unit_test(test_another_schema_is_refused),
        cmocka_unit_test(test_a_model_adapts_without_labels),
        cmocka_unit_test(test_the_baseline_is_adapted),
        cmocka_unit_test(test_the_baseline_has_no_latents),
        cmocka_unit_test(test_counterfactuals),
        cmocka_unit_test(test_interventions_refuse),
        cmocka_unit_test(test_options_of_a_model),
        cmocka_unit_test(test_the_prior_of_other_classes_is_refused),
        cmocka_unit_test(test_no_m_to_give),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
