/* small_views - a small model in which m enters as a view, images for it, a reader, and the verbs of views with their
 * options as text. */
#include "small_views.h"

cama__spec small_view(void)
{
    return (cama__spec){.preset = "test",
                        .x = {9, 8, 2},
                        .classes = 3,
                        .z = 4,
                        .m = VIEW_COUNT + 2,
                        .m_enters = M_ENTERS_VIEW,
                        .likelihood = LIKELIHOOD_BERNOULLI,
                        .net = {[NET_P_Y] = "dense 6 relu",
                                [NET_P_Z] = "dense 5 tanh",
                                [NET_P_M] = "dense 6 relu",
                                [NET_P_MERGE] = "dense 3x2x8 leaky, tconv 9 3x3 /2 relu, tconv 4 3x3 /2 +1 tanh,"
                                                " conv 2 2x3 valid, dense x",
                                [NET_Q_M] = "conv 3 3x3 leaky, pool 2, dense 8 relu",
                                [NET_Q_Z] = "conv 5 5x5 relu, pool 2, dense 6 | dense 7 elu"}};
}

cama__spec small_view_source(void)
{
    cama__spec spec = small_view();
    spec.m_enters = M_ENTERS_MERGE;
    spec.m = 3;
    strcpy(spec.net[NET_P_M], "dense 5 softplus, dense 4 sigmoid");
    return spec;
}

cama__spec small_view_reader(void)
{
    return (cama__spec){.preset = "test",
                        .x = {9, 8, 2},
                        .classes = 3,
                        .likelihood = LIKELIHOOD_BERNOULLI,
                        .discriminative = true,
                        .net = {[NET_DNN] = "conv 4 3x3 relu, pool 2 | dense 9 relu"}};
}

void small_wake_views(cama_model *model)
{
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        const cama__net *net = cama__model_param_net(model, p);
        float *v = small_floats(p->count);
        cama__param_read(p, net, model->theta, v);
        for (int64_t k = 0; k < p->count; k++)
            if (v[k] == 0) v[k] = 0.15f * (float)sin(1 + i + 3 * (double)k);
        cama__param_write(p, net, model->theta, v);
        free(v);
    }
}

cama_model *small_viewing(uint64_t seed)
{
    cama_model *model = small_trained(small_view(), seed);
    small_wake_views(model);
    return model;
}

int32_t small_views(cama_session *s, const cama_model *model, const cama_dataset *d, const char *text, float *mean,
                    float *deviation)
{
    cama_options *options = small_options(VERB_VIEW, text);
    const int32_t status = cama_views(s, model, d, options, mean, deviation);
    cama_options_free(options);
    return status;
}

int32_t small_see(cama_session *s, const cama_model *model, const cama_dataset *d, const char *text,
                  cama_dataset **seen)
{
    cama_options *options = small_options(VERB_VIEW, text);
    const int32_t status = cama_see(s, model, d, options, seen);
    cama_options_free(options);
    return status;
}

int32_t small_read(cama_session *s, const cama_model *model, const cama_model *reader, const cama_dataset *d,
                   const char *text, float *probabilities)
{
    cama_options *options = small_options(VERB_PREDICT, text);
    const int32_t status = cama_predict_read(s, model, reader, d, options, probabilities);
    cama_options_free(options);
    return status;
}
