/* attack - the smallest change of an image that fools a classifier. A deep CAMA and a discriminative network, both
 * small, learn from 2,000 digits; then each is attacked: FGSM, one step along the sign of the gradient of log
 * p(y|x), and PGD, many smaller ones. No pixel moves by more than eps. Takes seconds.
 *
 *     cc -std=c11 attack.c $(pkg-config --cflags --libs cama) -o attack && ./attack # in examples */
#include <cama/cama.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef EXAMPLE_DATA
#define EXAMPLE_DATA "data/mnist"
#endif

enum { TRAIN = 2000, TEST = 100, CLASSES = 10 };

static void check(int32_t status)
{
    if (status == CAMA_OK) return;
    fprintf(stderr, "attack: %s: %s\n", cama_status_name(status), cama_last_error());
    exit(1);
}

static cama_dataset *read_digits(const char *images, const char *labels, int64_t count)
{
    cama_dataset *digits;
    check(cama_dataset_from_idx(images, labels, CLASSES, count, &digits));
    return digits;
}

static double accuracy(cama_session *session, const cama_model *model, const cama_dataset *images)
{
    static float p[TEST][CLASSES];
    static int32_t y[TEST];
    int right = 0;
    check(cama_predict(session, model, images, NULL, &p[0][0]));
    check(cama_dataset_read(images, 0, TEST, NULL, y));
    for (int i = 0; i < TEST; i++) {
        int best = 0;
        for (int c = 1; c < CLASSES; c++) best = p[i][c] > p[i][best] ? c : best;
        right += best == y[i];
    }
    return (double)right / TEST;
}

/* The images as this model's attacker would give them. */
static cama_dataset *attacked(cama_session *session, const cama_model *model, const cama_dataset *images,
                              const char *method, double eps)
{
    cama_options *options;
    cama_dataset *found;
    check(cama_options_create("attack", &options));
    check(cama_options_set_text(options, "method", method));
    check(cama_options_set_real(options, "eps", eps)); /* of pixels in [0, 1] */
    check(cama_options_set_int(options, "steps", 10)); /* of PGD */
    check(cama_attack(session, model, images, options, &found));
    cama_options_free(options);
    return found;
}

static void try_attacks(cama_session *session, const cama_model *model, const cama_dataset *test, const char *name)
{
    static const char *const methods[] = {"fgsm", "pgd"};
    printf("%-12s %.2f", name, accuracy(session, model, test));
    for (int method = 0; method < 2; method++)
        for (int eps = 1; eps <= 2; eps++) {
            cama_dataset *images = attacked(session, model, test, methods[method], 0.05 * eps);
            printf("     %.2f", accuracy(session, model, images));
            cama_dataset_free(images);
        }
    putchar('\n');
}

static cama_model *trained(cama_session *session, const char *preset, const cama_options *networks,
                           const cama_dataset *train)
{
    cama_model *model;
    cama_optimizer *optimizer;
    cama_options *options;
    check(cama_model_create(preset, networks, &model));
    check(cama_optimizer_create(model, NULL, &optimizer));
    check(cama_options_create("train", &options));
    check(cama_options_set_int(options, "epochs", 20));
    check(cama_train(session, optimizer, train, NULL, options, NULL));
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    return model;
}

int main(void)
{
    cama_dataset *train =
        read_digits(EXAMPLE_DATA "/train-images-idx3-ubyte.gz", EXAMPLE_DATA "/train-labels-idx1-ubyte.gz", TRAIN);
    cama_dataset *test =
        read_digits(EXAMPLE_DATA "/t10k-images-idx3-ubyte.gz", EXAMPLE_DATA "/t10k-labels-idx1-ubyte.gz", TEST);
    cama_session *session;
    cama_options *small; /* smaller networks than the preset's: docs/networks.md */
    check(cama_session_create(NULL, &session));
    check(cama_options_create("model", &small));
    check(cama_options_set_text(small, "p_merge", "dense 128 relu, dense 28x28x1"));
    check(cama_options_set_text(small, "q_m", "dense 64 relu"));
    check(cama_options_set_text(small, "q_z", "dense 128 relu | dense 64 relu"));
    cama_model *cama = trained(session, "mnist", small, train);
    cama_model *dnn = trained(session, "mnist-dnn", NULL, train);

    printf("accuracy     clean    FGSM .05 FGSM .1  PGD .05  PGD .1\n");
    try_attacks(session, cama, test, "deep CAMA");
    try_attacks(session, dnn, test, "DNN");

    cama_model_free(dnn);
    cama_model_free(cama);
    cama_options_free(small);
    cama_session_free(session);
    cama_dataset_free(test);
    cama_dataset_free(train);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
