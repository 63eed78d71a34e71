/* net_parse - a parser by hand, a function for each kind of layer; then what a network must be for its place. */
#include "net_parse.h"

#include <stdio.h>
#include <string.h>

enum { SIZE_MAX_CHANNELS = 1 << 16, TAPS_MAX = 63, FEATURES_MAX = 1 << 24 };

typedef struct {
    const char *name, *at; /* network, for messages; next character */
    cama__net *net;
    cama__shape shape; /* what the next layer gets */
    cama__shape x;     /* of "dense x" */
    bool dropout;      /* allowed */
} parser;

static void skip_space(parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n') p->at++;
}

static int32_t complain(const parser *p, const char *expected)
{
    return cama__error(CAMA_E_OPTION, "network %s, layer %d: expected %s, got \"%.*s\"", p->name, p->net->count + 1,
                       expected, SHOWN(*p->at ? p->at : "the end"));
}

static bool accept(parser *p, char c)
{
    skip_space(p);
    if (*p->at != c) return false;
    p->at++;
    return true;
}

/* A word of letters, without moving if there is none. */
static size_t word(parser *p)
{
    skip_space(p);
    size_t n = 0;
    while (p->at[n] >= 'a' && p->at[n] <= 'z') n++;
    return n;
}

static bool number(parser *p, int32_t low, int32_t high, int32_t *value)
{
    skip_space(p);
    const char *at = p->at;
    int64_t v = 0;
    while (*at >= '0' && *at <= '9' && v <= high) v = v * 10 + (*at++ - '0');
    if (at == p->at || v < low || v > high) return false;
    p->at = at;
    *value = (int32_t)v;
    return true;
}

static bool taps(parser *p, int32_t *h, int32_t *w)
{
    return number(p, 1, TAPS_MAX, h) && accept(p, 'x') && number(p, 1, TAPS_MAX, w);
}

static void set_map(cama__layer *l, cama__axis h, cama__axis w, int64_t big, int64_t small)
{
    l->map = (cama__conv){.h = h,
                          .w = w,
                          .big_channels = (int32_t)big,
                          .small_channels = (int32_t)small,
                          .adjoint = l->kind == LAYER_TCONV};
    cama__conv_init(&l->map);
}

static const cama__axis point = {1, 1, 1, 1, 0};

static void set_dense(cama__layer *l, int64_t in) { set_map(l, point, point, in, cama__shape_size(l->out)); }

static int32_t parse_dense(parser *p, cama__layer *l)
{
    int32_t n, w, c;
    if (word(p) == 1 && *p->at == 'x') {
        if (cama__shape_size(p->x) == 0) return complain(p, "a number of outputs or HxWxC (dense x is for p_merge)");
        p->at++;
        l->out = p->x;
        set_dense(l, cama__shape_size(l->in));
        return CAMA_OK;
    }
    if (!number(p, 1, FEATURES_MAX, &n)) return complain(p, "a number of outputs, HxWxC or x");
    l->out = (cama__shape){1, 1, n};
    if (accept(p, 'x')) {
        if (!number(p, 1, 4096, &w) || !accept(p, 'x') || !number(p, 1, SIZE_MAX_CHANNELS, &c) || n > 4096)
            return complain(p, "HxWxC");
        l->out = (cama__shape){n, w, c};
    }
    if (cama__shape_size(l->out) > FEATURES_MAX) return complain(p, "at most 16777216 outputs");
    set_dense(l, cama__shape_size(l->in));
    return CAMA_OK;
}

static int32_t parse_conv(parser *p, cama__layer *l)
{
    int32_t n, kh, kw, stride = 1;
    if (!number(p, 1, SIZE_MAX_CHANNELS, &n) || !taps(p, &kh, &kw)) return complain(p, "N KxK with K at most 63");
    if (accept(p, '/') && !number(p, 1, TAPS_MAX, &stride)) return complain(p, "a stride");
    const bool valid = word(p) == 5 && strncmp(p->at, "valid", 5) == 0;
    if (valid) p->at += 5;
    const int32_t ph = valid ? 0 : (kh - 1) / 2, pw = valid ? 0 : (kw - 1) / 2;
    if (l->in.h + 2 * ph < kh || l->in.w + 2 * pw < kw) return complain(p, "a kernel no larger than its input");
    l->out = (cama__shape){(l->in.h + 2 * ph - kh) / stride + 1, (l->in.w + 2 * pw - kw) / stride + 1, n};
    set_map(l, (cama__axis){l->in.h, l->out.h, kh, stride, ph}, (cama__axis){l->in.w, l->out.w, kw, stride, pw},
            l->in.c, n);
    return CAMA_OK;
}

static int32_t parse_tconv(parser *p, cama__layer *l)
{
    int32_t n, kh, kw, stride = 1, extra = 0;
    if (!number(p, 1, SIZE_MAX_CHANNELS, &n) || !taps(p, &kh, &kw)) return complain(p, "N KxK with K at most 63");
    if (accept(p, '/') && !number(p, 1, TAPS_MAX, &stride)) return complain(p, "a stride");
    if (accept(p, '+') && !number(p, 0, stride - 1, &extra)) return complain(p, "output padding less than the stride");
    const int32_t ph = (kh - 1) / 2, pw = (kw - 1) / 2;
    const int64_t h = (int64_t)(l->in.h - 1) * stride - 2 * ph + kh + extra;
    const int64_t w = (int64_t)(l->in.w - 1) * stride - 2 * pw + kw + extra;
    if (h < 1 || w < 1 || h > 65536 || w > 65536) return complain(p, "an output of 1 to 65536 pixels a side");
    l->out = (cama__shape){(int32_t)h, (int32_t)w, n};
    set_map(l, (cama__axis){l->out.h, l->in.h, kh, stride, ph}, (cama__axis){l->out.w, l->in.w, kw, stride, pw}, n,
            l->in.c);
    return CAMA_OK;
}

static int32_t parse_pool(parser *p, cama__layer *l)
{
    int32_t window;
    if (!number(p, 2, 15, &window)) return complain(p, "a window from 2 to 15");
    l->out = (cama__shape){cama__maxpool_out(l->in.h, window), cama__maxpool_out(l->in.w, window), l->in.c};
    l->pool = (cama__maxpool){l->in.h, l->in.w, l->in.c, window};
    return CAMA_OK;
}

/* A decimal fraction, ".25" or "0.25": at most six digits after the point. */
static bool fraction(parser *p, double *value)
{
    skip_space(p);
    const char *at = p->at;
    double unit = 1;
    *value = 0;
    while (*at == '0') at++;
    if (*at != '.') return false;
    for (at++; *at >= '0' && *at <= '9' && unit < 5e5; at++) {
        unit *= 10;
        *value = *value * 10 + (*at - '0');
    }
    *value /= unit;
    if (unit == 1 || (*at >= '0' && *at <= '9')) return false;
    p->at = at;
    return true;
}

static int32_t parse_dropout(parser *p, cama__layer *l)
{
    if (!p->dropout) return complain(p, "no dropout, which is for the network dnn");
    if (!fraction(p, &l->rate)) return complain(p, "a rate from 0 to below 1, such as .25");
    l->out = l->in;
    return CAMA_OK;
}

static const struct {
    const char *word;
    int32_t kind;
    int32_t (*parse)(parser *, cama__layer *);
} kinds[] = {{"dense", LAYER_DENSE, parse_dense},
             {"conv", LAYER_CONV, parse_conv},
             {"tconv", LAYER_TCONV, parse_tconv},
             {"pool", LAYER_POOL, parse_pool},
             {"dropout", LAYER_DROPOUT, parse_dropout}};
enum { LAYER_WORDS = sizeof kinds / sizeof *kinds };

static int32_t parse_layer(parser *p)
{
    if (p->net->count == NET_LAYERS - 1) return complain(p, "at most 23 layers");
    cama__layer *l = &p->net->layer[p->net->count];
    *l = (cama__layer){.in = p->shape, .weight = -1, .bias = -1, .number = p->net->count};
    const size_t n = word(p);
    size_t k = 0;
    while (k < LAYER_WORDS && (strlen(kinds[k].word) != n || strncmp(kinds[k].word, p->at, n) != 0)) k++;
    if (k == LAYER_WORDS) return complain(p, "dense, conv, tconv, pool or dropout");
    p->at += n;
    l->kind = kinds[k].kind;
    const int32_t status = kinds[k].parse(p, l);
    if (status != CAMA_OK) return status;
    if (cama__shape_size(l->out) > FEATURES_MAX) return complain(p, "at most 16777216 outputs");
    const size_t act = word(p);
    if (act > 0) {
        l->activation = cama__activation_find(p->at, act);
        if (l->activation < 0 || !cama__layer_has_weights(l))
            return complain(p, !cama__layer_has_weights(l) ? "a comma" : "relu, leaky, tanh, sigmoid, elu or softplus");
        p->at += act;
    }
    p->shape = l->out;
    p->net->count++;
    return CAMA_OK;
}

static int32_t parse_layers(parser *p)
{
    skip_space(p);
    if (*p->at == '\0' || *p->at == '|') return CAMA_OK;
    do {
        const int32_t status = parse_layer(p);
        if (status != CAMA_OK) return status;
    } while (accept(p, ','));
    skip_space(p);
    return *p->at == '\0' || *p->at == '|' ? CAMA_OK : complain(p, "a comma or the end");
}

static void append_dense(parser *p, int64_t outputs)
{
    cama__layer *l = &p->net->layer[p->net->count++];
    *l = (cama__layer){.kind = LAYER_DENSE, .in = p->shape, .out = {1, 1, (int32_t)outputs}, .weight = -1, .bias = -1};
    set_dense(l, cama__shape_size(p->shape));
    p->shape = l->out;
}

/* Turn the dense layer at `index` into the join of the given inputs. */
static int32_t make_join(parser *p, int32_t index, const cama__join_sizes *join, bool from_start)
{
    cama__net *net = p->net;
    if (index >= net->count || net->layer[index].kind != LAYER_DENSE)
        return cama__error(CAMA_E_OPTION, "network %s: expected a dense layer %s, where its inputs join", p->name,
                           from_start ? "first" : "after \"|\"");
    cama__layer *l = &net->layer[index];
    net->join = index;
    net->parts = join->count;
    for (int32_t i = 0; i < join->count; i++) {
        const int64_t in = i == 0 && !from_start ? cama__shape_size(l->in) : join->size[i];
        net->part[i] =
            (cama__layer){.kind = LAYER_DENSE, .in = {1, 1, (int32_t)in}, .out = l->out, .weight = -1, .bias = -1};
        if (in == 0) continue;
        if (i == 0 && !from_start) net->part[i].in = l->in;
        set_dense(&net->part[i], in);
    }
    l->kind = LAYER_JOIN;
    return CAMA_OK;
}

int32_t cama__net_parse(const char *name, const char *text, cama__shape in, const cama__join_sizes *join,
                        bool from_start, int64_t last, cama__shape x, cama__net *net)
{
    cama__net parsed = {.join = -1, .in = in};
    parser p = {name, text, &parsed, in, x, strcmp(name, "dnn") == 0};
    int32_t status = CAMA_OK;
    TRY(parse_layers(&p));
    int32_t joined = from_start ? 0 : parsed.count;
    if (*p.at == '|') {
        if (join == NULL || from_start) FAIL(CAMA_E_OPTION, "network %s: \"|\" stands where no inputs join", name);
        p.at++;
        TRY(parse_layers(&p));
        if (*p.at == '|') FAIL(CAMA_E_OPTION, "network %s: a second \"|\"", name);
    } else if (join != NULL && !from_start) {
        FAIL(CAMA_E_OPTION, "network %s: expected \"|\" between trunk and head, where its inputs join", name);
    }
    if (last > 0) append_dense(&p, last);
    if (join != NULL) TRY(make_join(&p, joined, join, from_start));
    *net = parsed;
out:
    return status;
}
