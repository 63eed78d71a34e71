/* api_views - small images, models of them with views and without, and readers: what the functions of views are asked
 * with. Header only. */
#ifndef TESTS_API_API_VIEWS_H
#define TESTS_API_API_VIEWS_H

#include <math.h>
#include <stdbool.h>

#include "api_refused.h"

enum { N = 23, SIDE = 6, D = SIDE * SIDE, C = 3, V = 10 };

static cama_session *session;
static cama_dataset *data, *unlabelled, *other_shape, *beyond;
static float x[N * D];
static int32_t y[N];

typedef struct {
    const char *preset, *m_enters; /* NULL: the preset's */
    int64_t m, classes, side;
} recipe;

static inline void set_nets(cama_options *o, const recipe *r, bool generative)
{
    static const struct {
        const char *key, *text;
        int of; /* 0: generative, 1: with m, 2: discriminative */
    } nets[] = {{"p_y", "dense 5 relu", 0},
                {"p_z", "dense 4 relu", 0},
                {"p_m", "dense 6 relu", 1},
                {"p_merge", "dense 3x3x3 relu, tconv 2 3x3 /2 +1 relu, dense x", 0},
                {"q_m", "conv 3 3x3 relu, pool 2, dense 7 relu", 1},
                {"q_z", "conv 3 3x3 relu, pool 2, dense 6 relu | dense 4 relu", 0},
                {"dnn", "conv 3 3x3 relu, pool 2 | dense 6 relu", 2}};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        const bool wanted = nets[i].of == 2 ? !generative : generative && (nets[i].of == 0 || r->m != 0);
        if (wanted) must(cama_options_set_text(o, nets[i].key, nets[i].text));
    }
}

static inline int32_t create(const recipe *r, cama_model **out)
{
    cama_options *o;
    const bool generative = strstr(r->preset, "cnn") == NULL && strstr(r->preset, "dnn") == NULL;
    must(cama_options_create("model", &o));
    set_nets(o, r, generative);
    must(cama_options_set_int(o, "height", r->side));
    must(cama_options_set_int(o, "width", r->side));
    must(cama_options_set_int(o, "channels", 1));
    must(cama_options_set_int(o, "classes", r->classes));
    must(cama_options_set_int(o, "seed", 3));
    if (generative) must(cama_options_set_int(o, "z", 2));
    if (generative) must(cama_options_set_int(o, "m", r->m));
    if (r->m_enters != NULL) must(cama_options_set_text(o, "m_enters", r->m_enters));
    const int32_t status = cama_model_create(r->preset, o, out);
    cama_options_free(o);
    return status;
}

static inline cama_model *make(recipe r)
{
    cama_model *model = NULL;
    must(create(&r, &model));
    return model;
}

/* Presets of 28x28 images, in the size of these. */
#define MERGE ((recipe){"mnist", NULL, 4, C, SIDE})
#define VIEW ((recipe){"mnist-view", NULL, V, C, SIDE})
#define READER ((recipe){"mnist-cnn", NULL, 0, C, SIDE})

static inline cama_options *text_option(const char *verb, const char *key, const char *value)
{
    cama_options *o;
    must(cama_options_create(verb, &o));
    must(cama_options_set_text(o, key, value));
    return o;
}

/* Some steps of training: simulate = NULL for models without views. */
static inline void train(cama_model *model, const char *simulate)
{
    cama_optimizer *optimizer;
    cama_options *o = text_option("train", "simulate", simulate == NULL ? "off" : simulate);
    must(cama_options_set_int(o, "epochs", 3));
    must(cama_options_set_int(o, "batch", 8));
    must(cama_optimizer_create(model, NULL, &optimizer));
    must(cama_train(session, optimizer, data, NULL, o, NULL));
    cama_optimizer_free(optimizer);
    cama_options_free(o);
}

/* A model whose q(m|x) has been trained. */
static inline cama_model *make_trained(void)
{
    cama_model *model = make(VIEW);
    train(model, "also");
    return model;
}

/* An image of class c has its bright pixels in row 1 + c. */
static inline int begin_views(void **state)
{
    (void)state;
    static const float far[SIDE * SIDE] = {1.5f};
    for (int i = 0; i < N; i++) {
        y[i] = i * 7 % C;
        for (int d = 0; d < D; d++)
            x[i * D + d] = (float)((i * 31 + d * 17) % 10) / 40 + (d / SIDE == 1 + y[i] ? 0.7f : 0.05f);
    }
    must(cama_session_create(NULL, &session));
    must(cama_dataset_from_arrays(N, SIDE, SIDE, 1, C, x, y, 1, &data));
    must(cama_dataset_without_labels(data, &unlabelled));
    must(cama_dataset_from_arrays(N, SIDE / 2, 2 * SIDE, 1, C, x, y, 1, &other_shape));
    must(cama_dataset_from_arrays(1, SIDE, SIDE, 1, C, far, NULL, 1, &beyond));
    return 0;
}

static inline int end_views(void **state)
{
    (void)state;
    cama_dataset_free(data), cama_dataset_free(unlabelled), cama_dataset_free(other_shape), cama_dataset_free(beyond);
    cama_session_free(session);
    return 0;
}

#endif
