/* api_views - small images, models of them with views and without, and readers: what the functions of views are asked
 * with. */
#include "api_views.h"

cama_session *views_session;
cama_dataset *views_data, *views_unlabelled, *views_other_shape, *views_beyond;
static float views_x[N * D];
int32_t views_y[N];

static void views_set_nets(cama_options *o, const views_recipe *r, bool generative)
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
        if (wanted) OK(cama_options_set_text(o, nets[i].key, nets[i].text));
    }
}

int32_t views_create(const views_recipe *r, cama_model **out)
{
    cama_options *o;
    const bool generative = strstr(r->preset, "cnn") == NULL && strstr(r->preset, "dnn") == NULL;
    OK(cama_options_create("model", &o));
    views_set_nets(o, r, generative);
    OK(cama_options_set_int(o, "height", r->side));
    OK(cama_options_set_int(o, "width", r->side));
    OK(cama_options_set_int(o, "channels", 1));
    OK(cama_options_set_int(o, "classes", r->classes));
    OK(cama_options_set_int(o, "seed", 3));
    if (generative) OK(cama_options_set_int(o, "z", 2));
    if (generative) OK(cama_options_set_int(o, "m", r->m));
    if (r->m_enters != NULL) OK(cama_options_set_text(o, "m_enters", r->m_enters));
    const int32_t status = cama_model_create(r->preset, o, out);
    cama_options_free(o);
    return status;
}

cama_model *views_make(views_recipe r)
{
    cama_model *model = NULL;
    OK(views_create(&r, &model));
    return model;
}

cama_options *views_option(const char *verb, const char *key, const char *value)
{
    cama_options *o;
    OK(cama_options_create(verb, &o));
    OK(cama_options_set_text(o, key, value));
    return o;
}

void views_train(cama_model *model, const char *simulate)
{
    cama_optimizer *optimizer;
    cama_options *o = views_option("train", "simulate", simulate == NULL ? "off" : simulate);
    OK(cama_options_set_int(o, "epochs", 3));
    OK(cama_options_set_int(o, "batch", 8));
    OK(cama_optimizer_create(model, NULL, &optimizer));
    OK(cama_train(views_session, optimizer, views_data, NULL, o, NULL));
    cama_optimizer_free(optimizer);
    cama_options_free(o);
}

cama_model *views_make_trained(void)
{
    cama_model *model = views_make(VIEW);
    views_train(model, "also");
    return model;
}

int views_begin(void **state)
{
    (void)state;
    static const float far[SIDE * SIDE] = {1.5f};
    for (int i = 0; i < N; i++) {
        views_y[i] = i * 7 % C;
        for (int d = 0; d < D; d++)
            views_x[i * D + d] = (float)((i * 31 + d * 17) % 10) / 40 + (d / SIDE == 1 + views_y[i] ? 0.7f : 0.05f);
    }
    OK(cama_session_create(NULL, &views_session));
    OK(cama_dataset_from_arrays(N, SIDE, SIDE, 1, C, views_x, views_y, 1, &views_data));
    OK(cama_dataset_without_labels(views_data, &views_unlabelled));
    OK(cama_dataset_from_arrays(N, SIDE / 2, 2 * SIDE, 1, C, views_x, views_y, 1, &views_other_shape));
    OK(cama_dataset_from_arrays(1, SIDE, SIDE, 1, C, far, NULL, 1, &views_beyond));
    return 0;
}

int views_end(void **state)
{
    (void)state;
    cama_dataset_free(views_data), cama_dataset_free(views_unlabelled), cama_dataset_free(views_other_shape),
        cama_dataset_free(views_beyond);
    cama_session_free(views_session);
    return 0;
}

void views_read(const cama_dataset *d, float *rows, int32_t *labels)
{
    int64_t n;
    int32_t h, w, c, classes;
    OK(cama_dataset_shape(d, &n, &h, &w, &c, &classes, NULL));
    assert_true(n == N && h == SIDE && w == SIDE && c == 1 && classes == C);
    OK(cama_dataset_read(d, 0, N, rows, labels));
}
