/* param - see param.h. */
#include "param.h"

#include <stdio.h>
#include <string.h>

static int64_t padded_channels(const cama__layer *l)
{
    return (cama__panels(cama__layer_channels(l)) * cama__kernel()->mr + 15) / 16 * 16;
}

static int32_t append(cama__params *params, cama__param p)
{
    const int64_t limit = (int64_t)1 << 31;
    if (params->count == PARAM_MAX || params->reals + p.size > limit)
        return cama__error(CAMA_E_OPTION,
                           "network description: expected at most %d tensors and %lld parameters, got more at %s",
                           PARAM_MAX, (long long)limit, p.name);
    p.offset = params->reals;
    p.count = 1;
    for (int32_t d = 0; d < p.dims; d++) p.count *= p.shape[d];
    params->reals += p.size;
    params->item[params->count++] = p;
    return CAMA_OK;
}

static void set_shape(cama__param *p, const cama__net *net, const cama__layer *l)
{
    const cama__correlate *m = &l->map;
    p->dims = l->kind == LAYER_CONV || l->kind == LAYER_TCONV ? 4 : 2;
    const int64_t taps = (int64_t)m->h.taps * m->w.taps;
    if (l->kind == LAYER_JOIN) {
        int64_t in = 0;
        for (int32_t i = 0; i < net->parts; i++) in += cama__shape_size(net->part[i].in);
        p->shape[0] = cama__shape_size(l->out), p->shape[1] = in, p->fan_in = in;
    } else if (l->kind == LAYER_DENSE) {
        p->shape[0] = m->small_channels, p->shape[1] = m->big_channels, p->fan_in = m->big_channels;
    } else { /* [small, big, kh, kw] both times: a convolution's output is small, a transposed one's input */
        p->shape[0] = m->small_channels, p->shape[1] = m->big_channels, p->shape[2] = m->h.taps,
        p->shape[3] = m->w.taps;
        p->fan_in =
            l->kind == LAYER_CONV ? m->big_channels * taps : m->small_channels * taps / (m->h.stride * m->w.stride);
        if (p->fan_in < 1) p->fan_in = 1;
    }
}

static int64_t place_weights(cama__net *net, cama__layer *l, int64_t offset)
{
    int64_t size = 0;
    cama__layer *first = l->kind == LAYER_JOIN ? net->part : l;
    const int32_t count = l->kind == LAYER_JOIN ? net->parts : 1;
    for (int32_t i = 0; i < count; i++) {
        if (cama__shape_size(first[i].in) == 0) continue; /* an absent part of a join */
        first[i].weight = offset + size;
        size += cama__correlate_weights(&first[i].map, first[i].map.adjoint);
    }
    return size;
}

int32_t cama__params_add(cama__params *params, const char *name, int32_t number, cama__net *net)
{
    int32_t status = CAMA_OK, index = 0;
    for (int32_t i = 0; i < net->count; i++) {
        cama__layer *l = &net->layer[i];
        if (!cama__layer_has_weights(l)) continue;
        cama__param weight = {.net = number, .layer = i, .role = PARAM_WEIGHT};
        snprintf(weight.name, sizeof weight.name, "%s.%d.weight", name, (int)index);
        set_shape(&weight, net, l);
        weight.size = place_weights(net, l, params->reals);
        TRY(append(params, weight));
        cama__param bias = {.net = number, .layer = i, .role = PARAM_BIAS, .dims = 1, .fan_in = weight.fan_in};
        snprintf(bias.name, sizeof bias.name, "%s.%d.bias", name, (int)index++);
        bias.shape[0] = cama__layer_channels(l);
        bias.size = padded_channels(l);
        l->bias = params->reals;
        TRY(append(params, bias));
    }
out:
    return status;
}

int32_t cama__params_add_plain(cama__params *params, const char *name, int32_t number, int64_t count)
{
    cama__param p = {.net = number, .layer = -1, .role = PARAM_PLAIN, .dims = 1, .shape = {count}, .fan_in = 1};
    snprintf(p.name, sizeof p.name, "%s", name);
    p.size = (count + 15) / 16 * 16;
    return append(params, p);
}

const cama__param *cama__params_find(const cama__params *params, const char *name)
{
    for (int32_t i = 0; i < params->count; i++)
        if (strcmp(params->item[i].name, name) == 0) return &params->item[i];
    return NULL;
}

/* Channel-last feature of a channel-first one: PyTorch flattens (channel, height, width), libcama (height, width,
 * channel). */
static int64_t feature_of(cama__shape s, int64_t torch)
{
    const int64_t pixels = (int64_t)s.h * s.w;
    return torch % pixels * s.c + torch / pixels;
}

/* Place in theta of element i (PyTorch's flat index) of a weight. */
static int64_t weight_place(const cama__param *p, const cama__net *net, int64_t i)
{
    const cama__layer *l = &net->layer[p->layer];
    if (p->dims == 4) {
        const int32_t tw = (int32_t)(i % p->shape[3]), th = (int32_t)(i / p->shape[3] % p->shape[2]);
        const int64_t pair = i / (p->shape[2] * p->shape[3]);
        return l->weight + cama__correlate_weight_at(&l->map, l->map.adjoint, th, tw, (int32_t)(pair % p->shape[1]),
                                                     (int32_t)(pair / p->shape[1]));
    }
    const int64_t out = feature_of(l->out, i / p->shape[1]);
    int64_t in = i % p->shape[1];
    if (l->kind == LAYER_JOIN) {
        const cama__layer *part = net->part;
        while (in >= cama__shape_size(part->in)) in -= cama__shape_size(part++->in);
        l = part;
    }
    return l->weight + cama__correlate_weight_at(&l->map, false, 0, 0, (int32_t)feature_of(l->in, in), (int32_t)out);
}

static int64_t place(const cama__param *p, const cama__net *net, int64_t i)
{
    if (p->role == PARAM_PLAIN) return p->offset + i;
    if (p->role == PARAM_WEIGHT) return weight_place(p, net, i);
    const cama__layer *l = &net->layer[p->layer];
    const bool features = l->kind == LAYER_DENSE || l->kind == LAYER_JOIN;
    return p->offset + (features ? feature_of(l->out, i) : i);
}

/* Runs of a tensor in PyTorch's order whose places are a sum, place(row) + place(column): a weight has one, a join's
 * weight one for each part. Places are found once for a row and once for a column, not for each number. */
typedef struct {
    int64_t rows, columns; /* of the tensor */
    int64_t first, count;  /* columns of this run */
} span;

static int32_t spans_of(const cama__param *p, const cama__net *net, span spans[NET_PARTS])
{
    const bool matrix = p->dims > 1;
    const int64_t rows = matrix ? p->shape[0] : 1, columns = p->count / rows;
    int32_t used = 0;
    int64_t first = 0;
    if (p->role != PARAM_WEIGHT || net->layer[p->layer].kind != LAYER_JOIN) {
        spans[0] = (span){rows, columns, 0, columns};
        return 1;
    }
    for (int32_t i = 0; i < net->parts; i++) {
        const int64_t count = cama__shape_size(net->part[i].in);
        if (count == 0) continue;
        spans[used++] = (span){rows, columns, first, count};
        first += count;
    }
    return used;
}

enum { PLACES = 128 }; /* lines of theta that rows share stay in the first cache */

static void move_row(const int64_t *column, int64_t count, real *theta, float *values, bool out)
{
    if (out)
        for (int64_t c = 0; c < count; c++) values[c] = (float)theta[column[c]];
    else
        for (int64_t c = 0; c < count; c++) theta[column[c]] = (real)values[c];
}

/* Columns [first, first + count) of a span, at most PLACES. */
static void move_columns(const cama__param *p, const cama__net *net, const span *s, int64_t first, int64_t count,
                         real *theta, float *values, bool out)
{
    int64_t column[PLACES];
    for (int64_t c = 0; c < count; c++) column[c] = place(p, net, first + c);
    for (int64_t row = 0; row < s->rows; row++)
        move_row(column, count, theta + (place(p, net, row * s->columns + first) - column[0]),
                 values + row * s->columns + first, out);
}

static void move_all(const cama__param *p, const cama__net *net, real *theta, float *values, bool out)
{
    span spans[NET_PARTS];
    const int32_t count = spans_of(p, net, spans);
    for (int32_t i = 0; i < count; i++) {
        const int64_t end = spans[i].first + spans[i].count;
        for (int64_t c = spans[i].first; c < end; c += PLACES)
            move_columns(p, net, &spans[i], c, end - c < PLACES ? end - c : PLACES, theta, values, out);
    }
}

void cama__param_read(const cama__param *param, const cama__net *net, const real *theta, float *values)
{
    move_all(param, net, (real *)(uintptr_t)theta, values, true);
}

void cama__param_write(const cama__param *param, const cama__net *net, real *theta, const float *values)
{
    move_all(param, net, theta, (float *)(uintptr_t)values, false);
}
