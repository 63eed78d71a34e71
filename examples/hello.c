/* hello - a tiny deep CAMA: train it on 2,000 digits, classify 500 others, save it. Takes seconds.
 *
 *     cc -std=c11 hello.c $(pkg-config --cflags --libs cama) -o hello && ./hello # in examples */
#include <cama/cama.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef EXAMPLE_DATA
#define EXAMPLE_DATA "data/mnist"
#endif

/* Every call returns CAMA_OK or an error; the reason is in cama_last_error(). */
static void check(int32_t status)
{
    if (status == CAMA_OK) return;
    fprintf(stderr, "hello: %s: %s\n", cama_status_name(status), cama_last_error());
    exit(1);
}

int main(void)
{
    cama_dataset *train, *test; /* images x with labels y, 10 classes */
    check(cama_dataset_from_idx(EXAMPLE_DATA "/train-images-idx3-ubyte.gz", EXAMPLE_DATA "/train-labels-idx1-ubyte.gz",
                                10, 2000, &train));
    check(cama_dataset_from_idx(EXAMPLE_DATA "/t10k-images-idx3-ubyte.gz", EXAMPLE_DATA "/t10k-labels-idx1-ubyte.gz",
                                10, 500, &test));

    cama_options *small; /* smaller networks in place of the preset's: docs/networks.md */
    check(cama_options_create("model", &small));
    check(cama_options_set_text(small, "p_merge", "dense 128 relu, dense 28x28x1"));
    check(cama_options_set_text(small, "q_m", "dense 64 relu"));
    check(cama_options_set_text(small, "q_z", "dense 128 relu | dense 64 relu"));

    cama_session *session;                      /* the threads that compute */
    cama_model *model;                          /* networks and parameters */
    cama_optimizer *optimizer;                  /* the right to change them */
    check(cama_session_create(NULL, &session)); /* NULL options: the defaults */
    check(cama_model_create("mnist", small, &model));
    check(cama_optimizer_create(model, NULL, &optimizer));
    check(cama_train(session, optimizer, train, NULL, NULL, NULL));

    static float p[500][10]; /* p(y|x), by Bayes' rule */
    static int32_t y[500];
    int right = 0;
    check(cama_predict(session, model, test, NULL, &p[0][0]));
    check(cama_dataset_read(test, 0, 500, NULL, y));
    for (int i = 0; i < 500; i++) {
        int best = 0;
        for (int c = 1; c < 10; c++) best = p[i][c] > p[i][best] ? c : best;
        right += best == y[i];
    }
    if (printf("%d of 500 digits right\n", right) < 0 || fflush(stdout) != 0) return 1; /* closed, or a full disk */
    check(cama_model_save(model, "hello.safetensors"));

    cama_optimizer_free(optimizer);
    cama_model_free(model);
    cama_session_free(session);
    cama_options_free(small);
    cama_dataset_free(test);
    cama_dataset_free(train);
    return 0;
}
