/* param - where each number of PyTorch's order lies in the packed block, one by one and tile by tile. */
#include "param.h"

#include <stdio.h>
#include <string.h>

static int64_t padded_channels(const cama__layer *l)
{
    return cama__round_16(cama__panels(cama__layer_channels(l)) * cama__kernel()->mr);
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
    const cama__conv *m = &l->map;
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
        size += cama__conv_weights(&first[i].map, first[i].map.adjoint);
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
    p.size = cama__round_16(count);
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

static int64_t torch_of(cama__shape s, int64_t feature) { return feature % s.c * s.h * s.w + feature / s.c; }

/* Place in theta of element i (PyTorch's flat index) of a weight. */
static int64_t weight_place(const cama__param *p, const cama__net *net, int64_t i)
{
    const cama__layer *l = &net->layer[p->layer];
    if (p->dims == 4) {
        const int32_t tw = (int32_t)(i % p->shape[3]), th = (int32_t)(i / p->shape[3] % p->shape[2]);
        const int64_t pair = i / (p->shape[2] * p->shape[3]);
        return l->weight + cama__conv_weight_at(&l->map, l->map.adjoint, th, tw, (int32_t)(pair % p->shape[1]),
                                                (int32_t)(pair / p->shape[1]));
    }
    const int64_t out = feature_of(l->out, i / p->shape[1]);
    int64_t in = i % p->shape[1];
    if (l->kind == LAYER_JOIN) {
        const cama__layer *part = net->part;
        while (in >= cama__shape_size(part->in)) in -= cama__shape_size(part++->in);
        l = part;
    }
    return l->weight + cama__conv_weight_at(&l->map, false, 0, 0, (int32_t)feature_of(l->in, in), (int32_t)out);
}

static int64_t place(const cama__param *p, const cama__net *net, int64_t i)
{
    if (p->role == PARAM_PLAIN) return p->offset + i;
    if (p->role == PARAM_WEIGHT) return weight_place(p, net, i);
    const cama__layer *l = &net->layer[p->layer];
    const bool features = l->kind == LAYER_DENSE || l->kind == LAYER_JOIN;
    return p->offset + (features ? feature_of(l->out, i) : i);
}

/* ---- Moving ----
 *
 * A weight is values (blocks, lines, columns) whose places are a sum, place(block, line) + place(column); outputs that
 * are neighbours in a panel, its lanes, have each a line. So a tile of lanes and columns is turned at once, and places
 * are found once for its lanes and once for its columns. A transposed convolution has a block for each input channel,
 * a line for each output channel and a column for each tap; everything else is one block, a line for each output. */

enum { LANES = 32, COLUMNS = 64 }; /* a tile and its turned copy stay in the first cache */

typedef struct {
    const cama__param *param;
    const cama__net *net;
    real *theta;
    float *values;
    bool out; /* theta to values */
    int64_t blocks, lines, columns;
} move;

typedef struct {
    int64_t lanes, columns;
    int64_t line[LANES], place[COLUMNS]; /* theta[place[c] + l] is values[line[l] + c] */
} tile;

static void take_lines(const tile *t, const float *values, real *lines)
{
    for (int64_t l = 0; l < t->lanes; l++)
        for (int64_t c = 0; c < t->columns; c++) lines[l * COLUMNS + c] = (real)values[t->line[l] + c];
}

static void put_lines(const tile *t, const real *lines, float *values)
{
    for (int64_t l = 0; l < t->lanes; l++)
        for (int64_t c = 0; c < t->columns; c++) values[t->line[l] + c] = (float)lines[l * COLUMNS + c];
}

static void move_tile(const tile *t, real *theta, float *values, bool out)
{
    real lines[LANES * COLUMNS], turned[COLUMNS * LANES];
    const size_t bytes = (size_t)t->lanes * sizeof *turned;
    if (out) {
        for (int64_t c = 0; c < t->columns; c++) memcpy(turned + c * LANES, theta + t->place[c], bytes);
        cama__layout_transpose(turned, LANES, t->columns, t->lanes, lines, COLUMNS);
        put_lines(t, lines, values);
    } else {
        take_lines(t, values, lines);
        cama__layout_transpose(lines, COLUMNS, t->lanes, t->columns, turned, LANES);
        for (int64_t c = 0; c < t->columns; c++) memcpy(theta + t->place[c], turned + c * LANES, bytes);
    }
}

/* The lanes of one block from `lane` to the end of a panel, of a tile, or of all. */
static int64_t move_lanes(const move *m, int64_t block, int64_t lane, int64_t first, tile *t)
{
    const cama__layer *l = &m->net->layer[m->param->layer];
    const int64_t mr = cama__kernel()->mr, panel = mr - lane % mr, rest = m->lines - lane;
    t->lanes = panel < rest ? panel : rest;
    if (t->lanes > LANES) t->lanes = LANES;
    for (int64_t i = 0; i < t->lanes; i++) {
        const int64_t line = m->param->dims == 2 ? torch_of(l->out, lane + i) : lane + i;
        t->line[i] = (block * m->lines + line) * m->columns + first;
    }
    real *theta = m->theta + (place(m->param, m->net, t->line[0]) - t->place[0]);
    move_tile(t, theta, m->values, m->out);
    return lane + t->lanes;
}

/* Columns [first, first + count), at most COLUMNS. */
static void move_columns(const move *m, int64_t first, int64_t count)
{
    tile t = {.columns = count};
    for (int64_t c = 0; c < count; c++) t.place[c] = place(m->param, m->net, first + c);
    for (int64_t block = 0; block < m->blocks; block++)
        for (int64_t lane = 0; lane < m->lines;) lane = move_lanes(m, block, lane, first, &t);
}

/* With patches, a transposed convolution has its taps among the lanes: its places are no such sum. */
static bool turnable(const cama__param *p, const cama__net *net)
{
    return p->role == PARAM_WEIGHT && !(net->layer[p->layer].kind == LAYER_TCONV && net->layer[p->layer].map.im2col);
}

/* Columns whose places share a sum: all, or those of one part of a join. */
static void move_span(const move *m, int64_t first, int64_t count)
{
    const int64_t end = first + count;
    for (; first < end; first += COLUMNS) move_columns(m, first, end - first < COLUMNS ? end - first : COLUMNS);
}

static void move_weight(const cama__param *p, const cama__net *net, real *theta, float *values, bool out)
{
    const int32_t kind = net->layer[p->layer].kind;
    const bool transposed = kind == LAYER_TCONV, join = kind == LAYER_JOIN;
    move m = {.param = p, .net = net, .theta = theta, .values = values, .out = out};
    m.blocks = transposed ? p->shape[0] : 1;
    m.lines = transposed ? p->shape[1] : p->shape[0];
    m.columns = p->count / (m.blocks * m.lines);
    if (!join) move_span(&m, 0, m.columns);
    for (int64_t i = 0, first = 0; join && i < net->parts; i++) {
        const int64_t count = cama__shape_size(net->part[i].in);
        move_span(&m, first, count);
        first += count;
    }
}

/* Number by number: what is small. */
static void move_each(const cama__param *p, const cama__net *net, real *theta, float *values, bool out)
{
    for (int64_t i = 0; i < p->count; i++) {
        real *at = theta + place(p, net, i);
        if (out)
            values[i] = (float)*at;
        else
            *at = (real)values[i];
    }
}

static void move_all(const cama__param *p, const cama__net *net, real *theta, float *values, bool out)
{
    (turnable(p, net) ? move_weight : move_each)(p, net, theta, values, out);
}

void cama__param_read(const cama__param *param, const cama__net *net, const real *theta, float *values)
{
    move_all(param, net, (real *)(uintptr_t)theta, values, true);
}

void cama__param_write(const cama__param *param, const cama__net *net, real *theta, const float *values)
{
    move_all(param, net, theta, (float *)(uintptr_t)values, false);
}
