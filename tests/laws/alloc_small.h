/* alloc_small - small handles made with books kept, and the two calls that take steps: training and fine-tuning. Header
 * only. */
#ifndef TESTS_LAWS_ALLOC_SMALL_H
#define TESTS_LAWS_ALLOC_SMALL_H

#include "alloc_books.h"

enum { N = 20, D = 3, C = 2, M = 2 };

static cama_session *session;
static cama_model *model;
static cama_dataset *data, *unlabelled;
static cama_options *of_session, *of_model, *of_train, *of_finetune;
static float x[N * D], wanted[N * C];
static int32_t y[N];
static void *file; /* the model */
static int64_t file_size;

static inline void set_options(void)
{
    static const struct {
        const char *key, *text;
    } nets[] = {{"p_y", "dense 3 relu"}, {"p_z", "dense 3 relu"},
                {"p_m", "dense 3 relu"}, {"p_merge", "dense 4 relu, dense x"},
                {"q_m", "dense 3 relu"}, {"q_z", "dense 4 relu | dense 3 relu"}};
    must(cama_options_create("session", &of_session));
    must(cama_options_set_int(of_session, "threads", 2));
    must(cama_options_create("model", &of_model));
    must(cama_options_set_int(of_model, "channels", D));
    must(cama_options_set_int(of_model, "classes", C));
    must(cama_options_set_int(of_model, "z", 2));
    must(cama_options_set_int(of_model, "m", M));
    for (int i = 0; i < 6; i++) must(cama_options_set_text(of_model, nets[i].key, nets[i].text));
    must(cama_options_create("train", &of_train));
    must(cama_options_set_int(of_train, "epochs", 2));
    must(cama_options_set_int(of_train, "batch", 8)); /* the last of an epoch is smaller */
    must(cama_options_create("finetune", &of_finetune));
    must(cama_options_set_int(of_finetune, "steps", 4));
    must(cama_options_set_int(of_finetune, "batch", 8));
    must(cama_options_set_int(of_finetune, "clean_batch", 8));
    must(cama_options_set_int(of_finetune, "check_every", 2));
}

static inline int begin_small(void **state)
{
    (void)state;
    cama__mem_set_hook(&(cama__mem_hook){book_alloc, book_free, NULL});
    for (int i = 0; i < N * D; i++) x[i] = 0.25f * (float)(i * 5 % 13) - 1;
    for (int i = 0; i < N; i++) y[i] = i % C;
    set_options();
    must(cama_session_create(of_session, &session));
    must(cama_model_create("measurement", of_model, &model));
    must(cama_dataset_from_arrays(N, 1, 1, D, C, x, y, 1, &data));
    must(cama_dataset_without_labels(data, &unlabelled));
    must(cama_predict(session, model, data, NULL, wanted));
    must(cama_model_save_memory(model, NULL, &file_size));
    file = malloc((size_t)file_size);
    must(cama_model_save_memory(model, file, &file_size));
    return 0;
}

static inline int end_small(void **state)
{
    (void)state;
    free(file);
    cama_dataset_free(unlabelled);
    cama_dataset_free(data);
    cama_model_free(model);
    cama_session_free(session);
    cama_options_free(of_session);
    cama_options_free(of_model);
    cama_options_free(of_train);
    cama_options_free(of_finetune);
    cama__mem_set_hook(NULL);
    return atomic_load(&held) == 0 ? 0 : -1;
}

/* ---- Steps; a call that fails has given back all it took --------------------------------------------------------- */

static inline int32_t train_once(cama_session *s, const cama_dataset *manipulated)
{
    cama_model *copy = NULL;
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    int32_t status;
    TRY_CALL(cama_model_clone(model, &copy));
    TRY_CALL(cama_optimizer_create(copy, NULL, &optimizer));
    TRY_CALL(cama_train(s, optimizer, data, manipulated, of_train, &report));
out:
    assert_true((report == NULL) == (status != CAMA_OK));
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    cama_model_free(copy);
    return status;
}

static inline int32_t finetune_once(cama_session *s)
{
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    const int32_t status = cama_finetune(s, model, data, unlabelled, of_finetune, &adapted, &report);
    assert_true((adapted == NULL) == (status != CAMA_OK));
    assert_true((report == NULL) == (status != CAMA_OK));
    cama_report_free(report);
    cama_model_free(adapted);
    return status;
}

static inline int32_t call_train(void)
{
    cama_session *s = NULL;
    int32_t status;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(train_once(s, NULL));
    TRY_CALL(train_once(s, data));
out:
    cama_session_free(s);
    return status;
}

static inline int32_t call_finetune(void)
{
    cama_session *s = NULL;
    int32_t status;
    TRY_CALL(cama_session_create(of_session, &s));
    TRY_CALL(finetune_once(s));
out:
    cama_session_free(s);
    return status;
}

#endif
