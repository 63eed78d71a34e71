/* api_views_digits_test - the main job of views in small, on real digits through cama.h: a model that was trained on
 * clean digits and simulated views of them says where digits were moved to, puts them back, and lets a reader read them
 * that cannot read them as they are. No moved digit is in training.
 *
 * The bounds are far from what is measured (beside each), with a model of three epochs of 2,000 digits, and far from
 * what a model does that finds nothing: an error of DOWN pixels, images as far away as they were, a reader at .18. */
#include "api_base.h"

#include <math.h>
#include <stdbool.h>

#define DATA "examples/data/mnist/"
enum { TRAINED = 2000, TESTED = 150, SIDE = 28, D = SIDE * SIDE, C = 10, V = 10, DOWN = 5, Y = 0, X = 1 };
static const double error_most = 2;       /* pixels: measured .9, of clean digits .3 */
static const double distance_most = 0.75; /* of that of the moved digits: measured .50 */
static const double gain_least = 0.35;    /* of the reader's accuracy: measured .67 */
static const double loss_most = 0.1;      /* on clean digits: measured .02 */

static cama_session *session;
static cama_dataset *clean, *test, *moved;
static cama_model *view, *reader;
static float x[TESTED][SIDE][SIDE], x_moved[TESTED][SIDE][SIDE];
static int32_t y[TESTED];

static cama_model *make(const char *preset, const char *const (*nets)[2], int32_t count)
{
    cama_options *o;
    cama_model *model = NULL;
    OK(cama_options_create("model", &o));
    for (int32_t i = 0; i < count; i++) OK(cama_options_set_text(o, nets[i][0], nets[i][1]));
    OK(cama_model_create(preset, o, &model));
    cama_options_free(o);
    return model;
}

static void train(cama_model *model, int64_t epochs, const char *simulate)
{
    cama_options *o, *of_optimizer;
    cama_optimizer *optimizer;
    OK(cama_options_create("optimizer", &of_optimizer));
    OK(cama_options_set_real(of_optimizer, "lr", 2e-3));
    OK(cama_optimizer_create(model, of_optimizer, &optimizer));
    OK(cama_options_create("train", &o));
    OK(cama_options_set_int(o, "epochs", epochs));
    OK(cama_options_set_int(o, "batch", 32));
    OK(cama_options_set_int(o, "warmup", 0));
    OK(cama_options_set_text(o, "simulate", simulate));
    OK(cama_train(session, optimizer, clean, NULL, o, NULL));
    cama_optimizer_free(optimizer);
    cama_options_free(o), cama_options_free(of_optimizer);
}

static void make_models(void)
{
    static const char *const of_view[][2] = {
        {"p_y", "dense 64 relu"},
        {"p_z", "dense 64 relu"},
        {"p_m", "dense 16 relu"},
        {"p_merge", "dense 7x7x16 relu, tconv 16 3x3 /2 +1 relu, tconv 1 3x3 /2 +1"},
        {"q_m", "conv 8 3x3 relu, pool 2, conv 16 3x3 relu, pool 2, dense 128 relu"},
        {"q_z", "conv 8 5x5 relu, pool 2, conv 16 5x5 relu, pool 2, dense 64 relu | dense 64 relu"}};
    static const char *const of_reader[][2] = {
        {"dnn", "conv 8 5x5 relu, pool 2, conv 16 5x5 relu, pool 2 | dense 64 relu"}};
    view = make("mnist-view", of_view, 6);
    reader = make("mnist-cnn", of_reader, 1);
    train(view, 1, "also");
    train(view, 2, "alone");
    train(reader, 2, "off");
}

static int begin(void **state)
{
    (void)state;
    OK(cama_session_create(NULL, &session));
    OK(cama_dataset_from_idx(DATA "train-images-idx3-ubyte.gz", DATA "train-labels-idx1-ubyte.gz", C, TRAINED, &clean));
    OK(cama_dataset_from_idx(DATA "t10k-images-idx3-ubyte.gz", DATA "t10k-labels-idx1-ubyte.gz", C, TESTED, &test));
    OK(cama_dataset_read(test, 0, TESTED, &x[0][0][0], y));
    for (int i = 0; i < TESTED; i++)
        for (int row = DOWN; row < SIDE; row++) memcpy(x_moved[i][row], x[i][row - DOWN], sizeof x[i][row]);
    OK(cama_dataset_from_arrays(TESTED, SIDE, SIDE, 1, C, &x_moved[0][0][0], y, 1, &moved));
    make_models();
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_dataset_free(clean), cama_dataset_free(test), cama_dataset_free(moved);
    cama_model_free(view), cama_model_free(reader);
    cama_session_free(session);
    return 0;
}

/* ---- Where they were moved to ------------------------------------------------------------------------------------ */

static void check_place(const cama_dataset *digits, double down)
{
    static float mean[TESTED][V], deviation[TESTED][V];
    double error[2] = {0, 0};
    OK(cama_views(session, view, digits, NULL, &mean[0][0], &deviation[0][0]));
    for (int i = 0; i < TESTED; i++) {
        error[Y] += fabs((double)mean[i][Y] - down) / TESTED;
        error[X] += fabs((double)mean[i][X]) / TESTED;
    }
    if (!(error[Y] < error_most && error[X] < error_most))
        fail_msg("digits moved down by %g pixels: found with a mean error of %.2f, across %.2f", down, error[Y],
                 error[X]);
}

static void test_places(void **state)
{
    (void)state;
    check_place(test, 0);
    check_place(moved, DOWN);
}

/* ---- Put back ---------------------------------------------------------------------------------------------------- */

static double distance(const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < TESTED * D; i++) sum += fabs((double)a[i] - (double)b[i]);
    return sum;
}

static void test_seen(void **state)
{
    (void)state;
    static float seen[TESTED][SIDE][SIDE];
    cama_dataset *back;
    OK(cama_see(session, view, moved, NULL, &back));
    OK(cama_dataset_read(back, 0, TESTED, &seen[0][0][0], NULL));
    const double left = distance(&seen[0][0][0], &x[0][0][0]) / distance(&x_moved[0][0][0], &x[0][0][0]);
    if (!(left < distance_most)) fail_msg("put back, the digits are %.2f as far from the clean ones as moved", left);
    cama_dataset_free(back);
}

/* ---- Read -------------------------------------------------------------------------------------------------------- */

/* viewed: what is seen under the views that the model finds. */
static double accuracy(const cama_dataset *digits, bool viewed)
{
    static float p[TESTED][C];
    int right = 0;
    if (viewed)
        OK(cama_predict_read(session, view, reader, digits, NULL, &p[0][0]));
    else
        OK(cama_predict(session, reader, digits, NULL, &p[0][0]));
    for (int i = 0; i < TESTED; i++) {
        int best = 0;
        for (int c = 1; c < C; c++) best = p[i][c] > p[i][best] ? c : best;
        right += best == y[i];
    }
    return right / (double)TESTED;
}

static void test_read(void **state)
{
    (void)state;
    const double plain[] = {accuracy(test, false), accuracy(moved, false)};
    const double viewed[] = {accuracy(test, true), accuracy(moved, true)};
    if (!(viewed[0] > plain[0] - loss_most))
        fail_msg("clean digits: %.3f by the reader, %.3f of what is seen", plain[0], viewed[0]);
    if (!(viewed[1] > plain[1] + gain_least))
        fail_msg("moved digits: %.3f by the reader, %.3f of what is seen", plain[1], viewed[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_places), cmocka_unit_test(test_seen),
                                       cmocka_unit_test(test_read)};
    return cmocka_run_group_tests(tests, begin, end);
}
