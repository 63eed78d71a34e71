/* api_small - a session, two small models and small data for every function of the library. Header only. */
#ifndef TESTS_API_API_SMALL_H
#define TESTS_API_API_SMALL_H

#include "api_refused.h"

enum { N = 5, D = 3, C = 2, Z = 2, M = 1 };

static cama_session *session;
static cama_model *model, *without_m;
static cama_optimizer *optimizer;
static cama_dataset *labelled, *unlabelled, *narrow;
static cama_options *other; /* options of a verb that no function takes but cama_dataset_manipulate */
static cama_report *report;
static float x[N * D];
static const int32_t y[N] = {0, 1, 1, 0, 1};

static inline cama_model *small_model(int64_t m)
{
    static const struct {
        const char *key, *text;
    } nets[] = {{"p_y", "dense 3 relu"},
                {"p_z", "dense 3 relu"},
                {"p_merge", "dense 4 relu, dense x"},
                {"q_z", "dense 4 relu | dense 3 relu"},
                {"p_m", "dense 3 relu"},
                {"q_m", "dense 3 relu"}};
    cama_options *options;
    cama_model *made = NULL;
    must(cama_options_create("model", &options));
    must(cama_options_set_int(options, "channels", D));
    must(cama_options_set_int(options, "classes", C));
    must(cama_options_set_int(options, "z", Z));
    must(cama_options_set_int(options, "m", m));
    for (int i = 0; i < (m > 0 ? 6 : 4); i++) must(cama_options_set_text(options, nets[i].key, nets[i].text));
    must(cama_model_create("measurement", options, &made));
    cama_options_free(options);
    return made;
}

static inline int begin_small(void **state)
{
    (void)state;
    cama_options *options;
    for (int i = 0; i < N * D; i++) x[i] = 0.25f * (float)(i % 7) - 0.5f;
    must(cama_options_create("session", &options));
    must(cama_options_set_int(options, "threads", 1));
    must(cama_session_create(options, &session));
    cama_options_free(options);
    model = small_model(M);
    without_m = small_model(0);
    must(cama_dataset_from_arrays(N, 1, 1, D, C, x, y, 0, &labelled));
    must(cama_dataset_without_labels(labelled, &unlabelled));
    must(cama_dataset_from_arrays(N, 1, 1, D - 1, C, x, y, 0, &narrow));
    must(cama_optimizer_create(model, NULL, &optimizer));
    must(cama_options_create("train", &options));
    must(cama_options_set_int(options, "epochs", 2));
    must(cama_train(session, optimizer, labelled, NULL, options, &report));
    cama_options_free(options);
    must(cama_options_create("manipulate", &other));
    return 0;
}

static inline int end_small(void **state)
{
    (void)state;
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    cama_dataset_free(narrow);
    cama_dataset_free(unlabelled);
    cama_dataset_free(labelled);
    cama_model_free(without_m);
    cama_model_free(model);
    cama_session_free(session);
    cama_options_free(other);
    return 0;
}

#endif
