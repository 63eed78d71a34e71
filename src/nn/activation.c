/* activation - one table of names; the loops are over contiguous spans, whatever the channel
 * count. */
#include "activation.h"

#include <string.h>

#include "../base/elementary.h"

static const char *const names[ACTIVATION_KINDS] = {"", "relu", "leaky", "tanh", "sigmoid", "elu", "softplus"};
static const real slope = (real)0.01;

const char *cama__activation_name(int32_t kind) { return names[kind]; }

int32_t cama__activation_find(const char *name, size_t length)
{
    for (int32_t k = 1; k < ACTIVATION_KINDS; k++)
        if (strlen(names[k]) == length && strncmp(names[k], name, length) == 0) return k;
    return -1;
}

CAMA__CLONES static void apply_span(int32_t kind, real *x, int64_t n)
{
    switch (kind) {
    case ACTIVATION_RELU:
        for (int64_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i]; /* NaN stays NaN, here and below */
        break;
    case ACTIVATION_LEAKY:
        for (int64_t i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : slope * x[i];
        break;
    case ACTIVATION_TANH: /* 2 sigmoid(2x) - 1 */
        for (int64_t i = 0; i < n; i++) x[i] = 2 * cama__sigmoid(2 * x[i]) - 1;
        break;
    case ACTIVATION_SIGMOID:
        for (int64_t i = 0; i < n; i++) x[i] = cama__sigmoid(x[i]);
        break;
    case ACTIVATION_ELU:
        for (int64_t i = 0; i < n; i++) {
            const real negative = cama__exp(x[i] < 0 ? x[i] : 0) - 1;
            x[i] = x[i] < 0 ? negative : x[i];
        }
        break;
    case ACTIVATION_SOFTPLUS:
        for (int64_t i = 0; i < n; i++) x[i] = cama__softplus(x[i]);
        break;
    default: break;
    }
}

CAMA__CLONES static void derive_span(int32_t kind, const real *y, real *d, int64_t n)
{
    switch (kind) {
    case ACTIVATION_RELU:
        for (int64_t i = 0; i < n; i++) d[i] = y[i] > 0 ? d[i] : 0;
        break;
    case ACTIVATION_LEAKY:
        for (int64_t i = 0; i < n; i++) d[i] = y[i] > 0 ? d[i] : slope * d[i];
        break;
    case ACTIVATION_TANH:
        for (int64_t i = 0; i < n; i++) d[i] *= 1 - y[i] * y[i];
        break;
    case ACTIVATION_SIGMOID:
        for (int64_t i = 0; i < n; i++) d[i] *= y[i] * (1 - y[i]);
        break;
    case ACTIVATION_ELU:
        for (int64_t i = 0; i < n; i++) d[i] = y[i] > 0 ? d[i] : d[i] * (y[i] + 1);
        break;
    case ACTIVATION_SOFTPLUS: /* sigmoid(x) = 1 - exp(-y) */
        for (int64_t i = 0; i < n; i++) d[i] *= 1 - cama__exp(-y[i]);
        break;
    default: break;
    }
}

CAMA__CLONES static void add_bias(real *x, const real *bias, int64_t channels, int64_t nr)
{
    for (int64_t c = 0; c < channels; c++)
        for (int64_t j = 0; j < nr; j++) x[c * nr + j] += bias[c];
}

/* sum (channels) += the lanes of each channel. */
CAMA__CLONES static void add_lanes(const real *d, real *sum, int64_t channels, int64_t nr)
{
    for (int64_t c = 0; c < channels; c++) {
        real lanes = 0;
        for (int64_t j = 0; j < nr; j++) lanes += d[c * nr + j];
        sum[c] += lanes;
    }
}

typedef struct {
    int32_t kind;
    int64_t blocks, pixels, channels;
    const real *bias, *out;
    real *data, *sums, *dbias;
} job;

static void forward_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t pixel = j->channels * cama__kernel()->nr;
    real *x = j->data + block * j->pixels * pixel;
    for (int64_t p = 0; p < j->pixels; p++) {
        if (j->bias != NULL) add_bias(x + p * pixel, j->bias, j->channels, cama__kernel()->nr);
        apply_span(j->kind, x + p * pixel, pixel);
    }
}

static void backward_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t pixel = j->channels * cama__kernel()->nr, start = block * j->pixels * pixel;
    real *sum = j->sums == NULL ? NULL : j->sums + block * j->channels;
    if (sum != NULL) memset(sum, 0, (size_t)j->channels * sizeof *sum);
    for (int64_t p = 0; p < j->pixels; p++) {
        if (j->kind != ACTIVATION_NONE)
            derive_span(j->kind, j->out + start + p * pixel, j->data + start + p * pixel, pixel);
        if (sum != NULL) add_lanes(j->data + start + p * pixel, sum, j->channels, cama__kernel()->nr);
    }
}

void cama__activation_forward(const cama__exec *exec, int32_t kind, int64_t blocks, int64_t pixels, int64_t channels,
                              const real *bias, real *data)
{
    job j = {.kind = kind, .pixels = pixels, .channels = channels, .bias = bias, .data = data};
    if (kind != ACTIVATION_NONE || bias != NULL) cama__exec_run(exec, blocks, forward_block, &j);
}

/* The sums of all blocks of one channel, in order. */
static void add_sums(void *arg, int64_t channel, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    for (int64_t b = 0; b < j->blocks; b++) j->dbias[channel] += j->sums[b * j->channels + channel];
}

void cama__activation_backward(const cama__exec *exec, int32_t kind, int64_t blocks, int64_t pixels, int64_t channels,
                               const real *out, real *dout, real *dbias)
{
    const size_t mark = dbias == NULL ? 0 : cama__arena_mark(exec->arena);
    job j = {.kind = kind, .blocks = blocks, .pixels = pixels, .channels = channels, .out = out, .data = dout};
    if (kind == ACTIVATION_NONE && dbias == NULL) return;
    if (dbias != NULL) j.dbias = dbias, j.sums = cama__exec_reals(exec, blocks * channels);
    cama__exec_run(exec, blocks, backward_block, &j);
    if (dbias == NULL) return;
    cama__exec_serial(exec, channels, add_sums, &j);
    cama__arena_release(exec->arena, mark);
}
