/* api_outliers_test - one -9999 among 800 training rows: with the defaults a model classifies as one that never saw it;
 * with outliers kept the column that has it is lost. */
#include "api_process.h"

enum { TRAIN = 800, TEST = 2000, CLASSES = 2, X = 2 };
static float train_x[TRAIN * X], test_x[TEST * X];
static int32_t train_y[TRAIN], test_y[TEST];
static cama_session *session;

/* Two numbers, whose classes are apart by 1.67 and .89 deviations. */
static void draw(uint64_t seed, int n, float *x, int32_t *y)
{
    for (int i = 0; i < n; i++) {
        y[i] = process_normal(&seed) > 0;
        x[X * i] = (float)(130 + 15 * y[i] + 9 * process_normal(&seed));
        x[X * i + 1] = (float)(50 + 8 * y[i] + 9 * process_normal(&seed));
    }
}

static cama_dataset *dataset(int64_t n, float *x, int32_t *y)
{
    cama_dataset *made = NULL;
    OK(cama_dataset_from_arrays(n, 1, 1, X, CLASSES, x, y, 1, &made));
    return made;
}

/* Accuracy of a model that is trained on the rows as they stand; outliers: option, or NULL for its default. */
static double trained(const char *outliers, double *clipped)
{
    static float p[TEST * CLASSES];
    cama_options *of_model = NULL, *of_train = NULL;
    cama_model *model = NULL;
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    cama_dataset *rows = dataset(TRAIN, train_x, train_y), *test = dataset(TEST, test_x, test_y);
    int right = 0;
    OK(cama_options_create("model", &of_model));
    OK(cama_options_set_int(of_model, "channels", X));
    OK(cama_options_set_int(of_model, "classes", CLASSES));
    OK(cama_options_create("train", &of_train));
    OK(cama_options_set_int(of_train, "epochs", 20));
    if (outliers != NULL) OK(cama_options_set_text(of_train, "outliers", outliers));
    OK(cama_model_create("measurement-sensors", of_model, &model));
    OK(cama_optimizer_create(model, NULL, &optimizer));
    OK(cama_train(session, optimizer, rows, NULL, of_train, &report));
    OK(cama_report_get(report, "outliers", 0, clipped));
    OK(cama_predict(session, model, test, NULL, p));
    for (int i = 0; i < TEST; i++) right += (p[2 * i + 1] > p[2 * i]) == test_y[i];
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    cama_model_free(model);
    cama_options_free(of_model);
    cama_options_free(of_train);
    cama_dataset_free(rows);
    cama_dataset_free(test);
    return (double)right / TEST;
}

/* The standard error of 2000 rows at .84 is .008; two runs of one process differ by less than four of them. */
static void test_one_fill_value(void **state)
{
    (void)state;
    enum { ERRORS = 4 };
    const double error = .0082;
    double cells = -1;
    draw(1, TRAIN, train_x, train_y);
    draw(2, TEST, test_x, test_y);
    const double clean = trained(NULL, &cells);
    assert_true(cells == 0);
    train_x[7 * X] = -9999;
    const double clipped = trained(NULL, &cells);
    assert_true(cells == 1);
    const double kept = trained("keep", &cells);
    assert_true(cells == 0);
    printf("clean %.3f, one -9999 clipped %.3f, kept %.3f\n", clean, clipped, kept);
    assert_near(clipped, clean, ERRORS * error);
    assert_true(kept < clean - ERRORS * error);
}

int main(void)
{
    OK(cama_session_create(NULL, &session));
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_fill_value)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cama_session_free(session);
    return failed;
}
