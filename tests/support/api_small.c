/* api_small - a session, two small models and small data for every function of the library. */
#include "api_small.h"

cama_session *api_session;
cama_model *api_model, *api_without_m;
cama_optimizer *api_optimizer;
cama_dataset *api_labelled, *api_unlabelled, *api_narrow;
cama_options *api_other;
cama_report *api_report;
float api_x[N * D];
const int32_t api_y[N] = {0, 1, 1, 0, 1};

static cama_model *api_small_model(int64_t m)
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
    OK(cama_options_create("model", &options));
    OK(cama_options_set_int(options, "channels", D));
    OK(cama_options_set_int(options, "classes", C));
    OK(cama_options_set_int(options, "z", Z));
    OK(cama_options_set_int(options, "m", m));
    for (int i = 0; i < (m > 0 ? 6 : 4); i++) OK(cama_options_set_text(options, nets[i].key, nets[i].text));
    OK(cama_model_create("measurement", options, &made));
    cama_options_free(options);
    return made;
}

int api_begin_small(void **state)
{
    (void)state;
    cama_options *options;
    for (int i = 0; i < N * D; i++) api_x[i] = 0.25f * (float)(i % 7) - 0.5f;
    OK(cama_options_create("session", &options));
    OK(cama_options_set_int(options, "threads", 1));
    OK(cama_session_create(options, &api_session));
    cama_options_free(options);
    api_model = api_small_model(M);
    api_without_m = api_small_model(0);
    OK(cama_dataset_from_arrays(N, 1, 1, D, C, api_x, api_y, 0, &api_labelled));
    OK(cama_dataset_without_labels(api_labelled, &api_unlabelled));
    OK(cama_dataset_from_arrays(N, 1, 1, D - 1, C, api_x, api_y, 0, &api_narrow));
    OK(cama_optimizer_create(api_model, NULL, &api_optimizer));
    OK(cama_options_create("train", &options));
    OK(cama_options_set_int(options, "epochs", 2));
    OK(cama_train(api_session, api_optimizer, api_labelled, NULL, options, &api_report));
    cama_options_free(options);
    OK(cama_options_create("manipulate", &api_other));
    return 0;
}

int api_end_small(void **state)
{
    (void)state;
    cama_report_free(api_report);
    cama_optimizer_free(api_optimizer);
    cama_dataset_free(api_narrow);
    cama_dataset_free(api_unlabelled);
    cama_dataset_free(api_labelled);
    cama_model_free(api_without_m);
    cama_model_free(api_model);
    cama_session_free(api_session);
    cama_options_free(api_other);
    return 0;
}
