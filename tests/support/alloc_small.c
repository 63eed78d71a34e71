/* alloc_small - small handles made with books kept, and the two calls that take steps: training and fine-tuning. */
#include "alloc_small.h"

cama_session *alloc_session;
cama_model *alloc_model;
cama_dataset *alloc_data, *alloc_unlabelled;
cama_options *alloc_of_session, *alloc_of_model, *alloc_of_train, *alloc_of_finetune;
float alloc_x[N * D], alloc_wanted[N * C];
int32_t alloc_y[N];
void *alloc_file;
int64_t alloc_file_size;

static void alloc_set_options(void)
{
    static const struct {
        const char *key, *text;
    } nets[] = {{"p_y", "dense 3 relu"}, {"p_z", "dense 3 relu"},
                {"p_m", "dense 3 relu"}, {"p_merge", "dense 4 relu, dense x"},
                {"q_m", "dense 3 relu"}, {"q_z", "dense 4 relu | dense 3 relu"}};
    OK(cama_options_create("session", &alloc_of_session));
    OK(cama_options_set_int(alloc_of_session, "threads", 2));
    OK(cama_options_create("model", &alloc_of_model));
    OK(cama_options_set_int(alloc_of_model, "channels", D));
    OK(cama_options_set_int(alloc_of_model, "classes", C));
    OK(cama_options_set_int(alloc_of_model, "z", 2));
    OK(cama_options_set_int(alloc_of_model, "m", M));
    for (int i = 0; i < 6; i++) OK(cama_options_set_text(alloc_of_model, nets[i].key, nets[i].text));
    OK(cama_options_create("train", &alloc_of_train));
    OK(cama_options_set_int(alloc_of_train, "epochs", 2));
    OK(cama_options_set_int(alloc_of_train, "batch", 8)); /* the last of an epoch is smaller */
    OK(cama_options_create("finetune", &alloc_of_finetune));
    OK(cama_options_set_int(alloc_of_finetune, "steps", 4));
    OK(cama_options_set_int(alloc_of_finetune, "batch", 8));
    OK(cama_options_set_int(alloc_of_finetune, "clean_batch", 8));
    OK(cama_options_set_int(alloc_of_finetune, "check_every", 2));
}

int alloc_begin(void **state)
{
    (void)state;
    cama__mem_set_hook(&(cama__mem_hook){books_alloc, books_free, NULL});
    for (int i = 0; i < N * D; i++) alloc_x[i] = 0.25f * (float)(i * 5 % 13) - 1;
    for (int i = 0; i < N; i++) alloc_y[i] = i % C;
    alloc_set_options();
    OK(cama_session_create(alloc_of_session, &alloc_session));
    OK(cama_model_create("measurement", alloc_of_model, &alloc_model));
    OK(cama_dataset_from_arrays(N, 1, 1, D, C, alloc_x, alloc_y, 1, &alloc_data));
    OK(cama_dataset_without_labels(alloc_data, &alloc_unlabelled));
    OK(cama_predict(alloc_session, alloc_model, alloc_data, NULL, alloc_wanted));
    OK(cama_model_save_memory(alloc_model, NULL, &alloc_file_size));
    alloc_file = malloc((size_t)alloc_file_size);
    OK(cama_model_save_memory(alloc_model, alloc_file, &alloc_file_size));
    return 0;
}

int alloc_end(void **state)
{
    (void)state;
    free(alloc_file);
    cama_dataset_free(alloc_unlabelled);
    cama_dataset_free(alloc_data);
    cama_model_free(alloc_model);
    cama_session_free(alloc_session);
    cama_options_free(alloc_of_session);
    cama_options_free(alloc_of_model);
    cama_options_free(alloc_of_train);
    cama_options_free(alloc_of_finetune);
    cama__mem_set_hook(NULL);
    return atomic_load(&books_held) == 0 ? 0 : -1;
}

/* ---- Steps; a call that fails has given back all it took --------------------------------------------------------- */

int32_t alloc_train_once(cama_session *s, const cama_dataset *manipulated)
{
    cama_model *copy = NULL;
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    int32_t status;
    TRY_CALL(cama_model_clone(alloc_model, &copy));
    TRY_CALL(cama_optimizer_create(copy, NULL, &optimizer));
    TRY_CALL(cama_train(s, optimizer, alloc_data, manipulated, alloc_of_train, &report));
out:
    assert_true((report == NULL) == (status != CAMA_OK));
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    cama_model_free(copy);
    return status;
}

static int32_t alloc_finetune_once(cama_session *s)
{
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    const int32_t status =
        cama_finetune(s, alloc_model, alloc_data, alloc_unlabelled, alloc_of_finetune, &adapted, &report);
    assert_true((adapted == NULL) == (status != CAMA_OK));
    assert_true((report == NULL) == (status != CAMA_OK));
    cama_report_free(report);
    cama_model_free(adapted);
    return status;
}

int32_t alloc_call_train(void)
{
    cama_session *s = NULL;
    int32_t status;
    TRY_CALL(cama_session_create(alloc_of_session, &s));
    TRY_CALL(alloc_train_once(s, NULL));
    TRY_CALL(alloc_train_once(s, alloc_data));
out:
    cama_session_free(s);
    return status;
}

int32_t alloc_call_finetune(void)
{
    cama_session *s = NULL;
    int32_t status;
    TRY_CALL(cama_session_create(alloc_of_session, &s));
    TRY_CALL(alloc_finetune_once(s));
out:
    cama_session_free(s);
    return status;
}
