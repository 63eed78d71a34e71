/* tent - scales and shifts into weights and biases, and their gradients back; a copy of the last layer. */
#include "tent.h"

#include <string.h>

/* Tensors come layer by layer, a weight and a bias each; the last two are the last layer's. */
static int32_t hidden(const cama_model *model) { return model->params.count - 2; }

/* Channels are the rows of a weight, of a transposed convolution its columns. */
static int64_t channel_of(const cama__param *p, const cama__net *net, int64_t i)
{
    if (p->dims == 1) return i;
    const bool columns = net->layer[p->layer].kind == LAYER_TCONV;
    int64_t below = 1; /* numbers of one channel that are neighbours */
    for (int32_t d = columns ? 2 : 1; d < p->dims; d++) below *= p->shape[d];
    return i / below % p->shape[columns ? 1 : 0];
}

/* Channels of one tensor from `first` on, to the places where theta has its numbers. */
static int32_t map_tensor(cama__tent *t, const cama__param *p, int64_t first, real *places)
{
    int32_t status = CAMA_OK;
    float *values = NULL;
    const cama__net *net = cama__model_param_net(t->model, p);
    TRY(cama__mem_new(&values, p->count));
    for (int64_t i = 0; i < p->count; i++) values[i] = (float)(1 + channel_of(p, net, i)); /* 0 is left for padding */
    cama__param_write(p, net, places, values);
    for (int64_t k = p->offset; k < p->offset + p->size; k++)
        t->channel[k] = places[k] > 0 ? (int32_t)(first + (int64_t)places[k] - 1) : -1;
out:
    cama__mem_free(values);
    return status;
}

static int32_t map_channels(cama__tent *t)
{
    int32_t status = CAMA_OK;
    const cama__params *p = &t->model->params;
    real *places = NULL;
    TRY(cama__mem_new(&places, p->reals));
    TRY(cama__mem_new(&t->channel, p->reals));
    for (int32_t i = 0; i < hidden(t->model); i += 2) {
        TRY(map_tensor(t, &p->item[i], t->channels, places));
        TRY(map_tensor(t, &p->item[i + 1], t->channels, places));
        t->channels += p->item[i + 1].count;
    }
out:
    cama__mem_free(places);
    return status;
}

static int32_t begin_affine(cama__tent *t)
{
    int32_t status = CAMA_OK;
    cama__params *p = &t->adapted.params;
    TRY(map_channels(t));
    TRY(cama__mem_new(&t->source, t->model->params.reals));
    TRY(cama__mem_new(&t->sums, 2 * t->channels));
    memcpy(t->source, t->model->theta, (size_t)t->model->params.reals * sizeof *t->source);
    TRY(cama__params_add_plain(p, "scale", NET_DNN, t->channels));
    TRY(cama__params_add_plain(p, "shift", NET_DNN, t->channels));
    TRY(cama__mem_new(&t->adapted.theta, p->reals));
    for (int64_t j = 0; j < t->channels; j++) t->adapted.theta[j] = 1;
out:
    return status;
}

/* The place of one of the last layer's tensors in theta, and of its copy. */
static const cama__param *last_tensor(const cama__tent *t, int32_t i)
{
    return &t->model->params.item[hidden(t->model) + i];
}

static int32_t begin_last(cama__tent *t)
{
    int32_t status = CAMA_OK;
    cama__params *p = &t->adapted.params;
    for (int32_t i = 0; i < 2; i++)
        TRY(cama__params_add_plain(p, last_tensor(t, i)->name, NET_DNN, last_tensor(t, i)->size));
    TRY(cama__mem_new(&t->adapted.theta, p->reals));
    for (int32_t i = 0; i < 2; i++)
        memcpy(t->adapted.theta + p->item[i].offset, t->model->theta + last_tensor(t, i)->offset,
               (size_t)p->item[i].size * sizeof(real));
out:
    return status;
}

int32_t cama__tent_create(cama_model *model, enum cama__choice_adapt what, const cama_optimizer *like,
                          cama__tent **out)
{
    int32_t status = CAMA_OK;
    cama__tent *t = NULL;
    if (what == ADAPT_AFFINE && hidden(model) == 0)
        FAIL(CAMA_E_ARGUMENT,
             "option \"adapt\" of \"finetune\": expected last for a network of one layer, got affine: scales and "
             "shifts are those of the layers before the last");
    TRY(cama__mem_new(&t, 1));
    t->model = model;
    TRY((what == ADAPT_AFFINE ? begin_affine : begin_last)(t));
    TRY(cama__optimizer_create(&t->adapted, NULL, &t->optimizer));
    t->optimizer->lr = like->lr;
    t->optimizer->clip = like->clip;
    *out = t;
    t = NULL;
out:
    cama__tent_free(t);
    return status;
}

void cama__tent_free(cama__tent *tent)
{
    if (tent == NULL) return;
    cama__optimizer_free(tent->optimizer);
    cama__mem_free(tent->adapted.theta);
    cama__mem_free(tent->channel);
    cama__mem_free(tent->source);
    cama__mem_free(tent->sums);
    cama__mem_free(tent);
}

/* d scale = sum over a channel's weights and its bias of d theta times theta as trained; d shift = d bias. */
static void affine_gradient(cama__tent *t, const real *dtheta)
{
    const cama__params *p = &t->model->params;
    memset(t->sums, 0, (size_t)(2 * t->channels) * sizeof *t->sums);
    for (int32_t i = 0; i < hidden(t->model); i++)
        for (int64_t k = p->item[i].offset; k < p->item[i].offset + p->item[i].size; k++) {
            if (t->channel[k] < 0) continue;
            t->sums[t->channel[k]] += (double)dtheta[k] * (double)t->source[k];
            if (p->item[i].role == PARAM_BIAS) t->sums[t->channels + t->channel[k]] += (double)dtheta[k];
        }
    real *shift = t->optimizer->gradient + t->adapted.params.item[1].offset;
    for (int64_t j = 0; j < t->channels; j++) {
        t->optimizer->gradient[j] = (real)t->sums[j];
        shift[j] = (real)t->sums[t->channels + j];
    }
}

static void affine_fold(cama__tent *t)
{
    const cama__params *p = &t->model->params;
    const real *scale = t->adapted.theta, *shift = scale + t->adapted.params.item[1].offset;
    for (int32_t i = 0; i < hidden(t->model); i++)
        for (int64_t k = p->item[i].offset; k < p->item[i].offset + p->item[i].size; k++) {
            if (t->channel[k] < 0) continue;
            const real added = p->item[i].role == PARAM_BIAS ? shift[t->channel[k]] : 0;
            t->model->theta[k] = scale[t->channel[k]] * t->source[k] + added;
        }
}

void cama__tent_gradient(cama__tent *t, const real *dtheta)
{
    if (t->channels > 0) {
        affine_gradient(t, dtheta);
        return;
    }
    for (int32_t i = 0; i < 2; i++)
        memcpy(t->optimizer->gradient + t->adapted.params.item[i].offset, dtheta + last_tensor(t, i)->offset,
               (size_t)last_tensor(t, i)->size * sizeof *dtheta);
}

void cama__tent_fold(cama__tent *t)
{
    if (t->channels > 0) {
        affine_fold(t);
        return;
    }
    for (int32_t i = 0; i < 2; i++)
        memcpy(t->model->theta + last_tensor(t, i)->offset, t->adapted.theta + t->adapted.params.item[i].offset,
               (size_t)last_tensor(t, i)->size * sizeof(real));
}
