/* api_parameters - a model's tensors by index and by name, in PyTorch's order. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../model/model.h"
#include "api_check.h"

int32_t cama_model_parameter_count(const cama_model *model, int32_t *count)
{
    int32_t status = CAMA_OK;
    NEED(model);
    NEED(count);
    *count = model->params.count;
out:
    return status;
}

int32_t cama_model_parameter_describe(const cama_model *model, int32_t index, const char **name, int32_t *dims,
                                      int64_t *shape, int64_t *count)
{
    int32_t status = CAMA_OK;
    NEED(model);
    NEED(name);
    NEED(dims);
    NEED(shape);
    NEED(count);
    if (index < 0 || index >= model->params.count)
        FAIL(CAMA_E_ARGUMENT, "%s: expected an index from 0 to %" PRId32 ", got %" PRId32, __func__,
             model->params.count - 1, index);
    const cama__param *p = &model->params.item[index];
    *name = p->name;
    *dims = p->dims;
    *count = p->count;
    memcpy(shape, p->shape, (size_t)p->dims * sizeof *shape);
out:
    return status;
}

/* The tensor of that name, if it has count numbers. verb is the caller's name, for messages. */
static int32_t find(const cama_model *model, const char *verb, const char *name, int64_t count,
                    const cama__param **param)
{
    const cama__param *p = cama__params_find(&model->params, name);
    if (p == NULL)
        return cama__error(CAMA_E_ARGUMENT, "%s: expected a tensor of this model, such as %s, got \"%.*s\"", verb,
                           model->params.item[0].name, SHOWN(name));
    if (p->count != count)
        return cama__error(CAMA_E_ARGUMENT, "%s: tensor %s: expected %" PRId64 " numbers, got %" PRId64, verb, name,
                           p->count, count);
    *param = p;
    return CAMA_OK;
}

int32_t cama_model_parameter_read(const cama_model *model, const char *name, int64_t count, float *values)
{
    int32_t status = CAMA_OK;
    const cama__param *param = NULL;
    NEED(model);
    NEED(name);
    NEED(values);
    TRY(find(model, __func__, name, count, &param));
    cama__param_read(param, cama__model_param_net(model, param), model->theta, values);
out:
    return status;
}

int32_t cama_model_parameter_write(cama_model *model, const char *name, int64_t count, const float *values)
{
    int32_t status = CAMA_OK;
    const cama__param *param = NULL;
    NEED(model);
    NEED(name);
    NEED(values);
    TRY(find(model, __func__, name, count, &param));
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            FAIL(CAMA_E_DATA, "%s: tensor %s: expected finite numbers, got %s at index %" PRId64, __func__, name,
                 isnan(values[i]) ? "NaN" : "infinity", i);
    cama__param_write(param, cama__model_param_net(model, param), model->theta, values);
out:
    return status;
}
