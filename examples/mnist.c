/* mnist - digits that were shifted. A deep CAMA learns from 3,000 clean digits; shifted ones it reads badly. Then
 * it adapts to 100 shifted digits without their labels: m, which says how an image was seen, learns that images may
 * be moved (docs/views.md). Takes about a minute.
 *
 *     cc -std=c11 mnist.c $(pkg-config --cflags --libs cama) -o mnist && ./mnist # in examples */
#include <cama/cama.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef EXAMPLE_DATA
#define EXAMPLE_DATA "data/mnist"
#endif

enum { TRAIN = 3000, UNLABELLED = 100, TEST = 200, CLASSES = 10 };

/* Every call returns CAMA_OK or an error; the reason is in cama_last_error(). */
static void check(int32_t status)
{
    if (status == CAMA_OK) return;
    fprintf(stderr, "mnist: %s: %s\n", cama_status_name(status), cama_last_error());
    exit(1);
}

/* The share of images whose class with the largest p(y|x) is their label. */
static double accuracy(cama_session *session, const cama_model *model, const cama_dataset *images)
{
    static float p[TEST][CLASSES];
    static int32_t y[TEST];
    cama_options *options;
    check(cama_options_create("predict", &options));
    check(cama_options_set_int(options, "samples", 2)); /* draws of z */
    check(cama_predict(session, model, images, options, &p[0][0]));
    check(cama_dataset_read(images, 0, TEST, NULL, y));
    int right = 0;
    for (int i = 0; i < TEST; i++) {
        int best = 0;
        for (int c = 1; c < CLASSES; c++) best = p[i][c] > p[i][best] ? c : best;
        right += best == y[i];
    }
    cama_options_free(options);
    return (double)right / TEST;
}

/* The images moved up or down, each by up to 0.3 of its height. */
static cama_dataset *shifted(const cama_dataset *images)
{
    cama_options *shift;
    cama_dataset *moved;
    check(cama_options_create("manipulate", &shift));
    check(cama_options_set_text(shift, "kind", "vertical"));
    check(cama_options_set_real(shift, "range", 0.3));
    check(cama_dataset_manipulate(images, shift, &moved));
    cama_options_free(shift);
    return moved;
}

int main(void)
{
    cama_dataset *train, *all, *clean, *moved, *rest, *unlabelled;
    check(cama_dataset_from_idx(EXAMPLE_DATA "/train-images-idx3-ubyte.gz", EXAMPLE_DATA "/train-labels-idx1-ubyte.gz",
                                CLASSES, TRAIN, &train));
    check(cama_dataset_from_idx(EXAMPLE_DATA "/t10k-images-idx3-ubyte.gz", EXAMPLE_DATA "/t10k-labels-idx1-ubyte.gz",
                                CLASSES, TEST + UNLABELLED, &all));
    check(cama_dataset_slice(all, 0, TEST, &clean)); /* the clean test */
    moved = shifted(clean);                          /* the shifted test */
    check(cama_dataset_slice(all, TEST, UNLABELLED, &rest));
    check(cama_dataset_without_labels(rest, &unlabelled));
    cama_dataset *adapt = shifted(unlabelled); /* what the model adapts to */

    /* Train on clean digits, under do(m=0): nothing was done to them. */
    cama_session *session;
    cama_model *model, *adapted;
    cama_optimizer *optimizer;
    cama_options *options;
    check(cama_session_create(NULL, &session));
    check(cama_model_create("mnist-view", NULL, &model));
    check(cama_optimizer_create(model, NULL, &optimizer));
    check(cama_options_create("train", &options));
    check(cama_options_set_int(options, "epochs", 8));
    check(cama_train(session, optimizer, train, NULL, options, NULL));
    printf("accuracy               clean  shifted\n");
    printf("as trained             %.3f  %.3f\n", accuracy(session, model, clean), accuracy(session, model, moved));
    fflush(stdout);

    /* Adapt q(m|x) and p_m to images alone; the networks of class and style keep every bit. */
    cama_report *report;
    double before, after;
    cama_options *steps;
    check(cama_options_create("finetune", &steps));
    check(cama_options_set_int(steps, "steps", 100));
    check(cama_options_set_int(steps, "check_every", 50));
    check(cama_finetune(session, model, train, adapt, steps, &adapted, &report));
    check(cama_report_get(report, "objective_before", 0, &before));
    check(cama_report_get(report, "objective_after", 0, &after));
    printf("adapted without labels %.3f  %.3f\n", accuracy(session, adapted, clean), accuracy(session, adapted, moved));
    printf("ELBO(x) of what it adapted to: %.1f before, %.1f after\n", before, after);

    cama_report_free(report);
    cama_options_free(steps);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    cama_model_free(adapted);
    cama_model_free(model);
    cama_session_free(session);
    cama_dataset_free(adapt);
    cama_dataset_free(unlabelled);
    cama_dataset_free(rest);
    cama_dataset_free(moved);
    cama_dataset_free(clean);
    cama_dataset_free(all);
    cama_dataset_free(train);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
