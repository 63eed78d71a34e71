/* param_test - the table of parameters: names, PyTorch's shapes, places that do not overlap, and what each number
 * means: networks whose tensors are written in PyTorch's order compute what PyTorch's formulas say, on images held
 * channel first.
 *
 * Tolerance of the comparison with plain loops in double: a float sum of n products is off by at most gamma_n =
 * n u / (1 - n u), u = 2^-24, times the sum of the products' sizes; n is the number of weights that meet in an output
 * and one for the bias. The sum of sizes is the same formula on absolute values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "nn/net_parse.h"
#include "nn/param.h"

#ifdef CAMA_DOUBLE
static const double unit = 0x1p-53;
#else
static const double unit = 0x1p-24;
#endif
static double gamma_of(int64_t n) { return (double)n * unit / (1 - (double)n * unit) + (double)n * 0x1p-53; }

typedef struct {
    cama__net net;
    cama__params params;
    real *theta;
    float **values; /* of each tensor, PyTorch's order */
} setting;

static void prepare(const char *text, cama__shape in, const cama__join_sizes *join, setting *s)
{
    memset(s, 0, sizeof *s);
    if (cama__net_parse("net", text, in, join, false, 0, in, &s->net) != CAMA_OK) fail_msg("%s", cama_last_error());
    OK(cama__params_add(&s->params, "net", 3, &s->net));
    OK(cama__params_add_plain(&s->params, "plain", 6, 21));
    s->theta = cama__mem_alloc((size_t)s->params.reals, sizeof *s->theta);
    s->values = calloc((size_t)s->params.count, sizeof *s->values);
    for (int32_t i = 0; i < s->params.count; i++) {
        const cama__param *p = &s->params.item[i];
        real *draws = malloc((size_t)p->count * sizeof *draws);
        s->values[i] = malloc((size_t)p->count * sizeof **s->values);
        cama__rng_normals((cama__rng_key){.seed = 6, .stream = 63, .sample = (uint32_t)i}, p->count, draws, 1);
        for (int64_t k = 0; k < p->count; k++) s->values[i][k] = (float)draws[k];
        cama__param_write(p, p->net == 3 ? &s->net : NULL, s->theta, s->values[i]);
        free(draws);
    }
}

static void finish(setting *s)
{
    for (int32_t i = 0; i < s->params.count; i++) free(s->values[i]);
    free(s->values);
    cama__mem_free(s->theta);
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static const char *const text_of_all = "conv 33 3x3 relu, pool 2, conv 5 3x2 /2 valid, dense 70 tanh, dense 2x3x4, "
                                       "tconv 9 3x3 /2, tconv 2 5x4 +0, dense 7";

static void expect_tensor(const cama__params *p, const char *name, int32_t layer, int32_t role, int32_t dims,
                          const int64_t *shape)
{
    const cama__param *found = cama__params_find(p, name);
    if (found == NULL) fail_msg("no tensor \"%s\"", name);
    int64_t count = 1;
    assert_int_equal(found->net, 3);
    assert_int_equal(found->layer, layer);
    assert_int_equal(found->role, role);
    assert_int_equal(found->dims, dims);
    for (int32_t d = 0; d < dims; d++) {
        assert_int_equal(found->shape[d], shape[d]);
        count *= shape[d];
    }
    assert_int_equal(found->count, count);
}

/* Layers without parameters have no number in the names. Shapes: conv [out, in, kh, kw], tconv [in, out, kh, kw],
 * dense [out, in]. */
static void test_table(void **state)
{
    (void)state;
    setting s;
    prepare(text_of_all, (cama__shape){10, 9, 3}, NULL, &s);
    expect_tensor(&s.params, "net.0.weight", 0, PARAM_WEIGHT, 4, (const int64_t[]){33, 3, 3, 3});
    expect_tensor(&s.params, "net.0.bias", 0, PARAM_BIAS, 1, (const int64_t[]){33});
    expect_tensor(&s.params, "net.1.weight", 2, PARAM_WEIGHT, 4, (const int64_t[]){5, 33, 3, 2});
    expect_tensor(&s.params, "net.2.weight", 3, PARAM_WEIGHT, 2, (const int64_t[]){70, 2 * 2 * 5});
    expect_tensor(&s.params, "net.3.weight", 4, PARAM_WEIGHT, 2, (const int64_t[]){24, 70});
    expect_tensor(&s.params, "net.3.bias", 4, PARAM_BIAS, 1, (const int64_t[]){24});
    expect_tensor(&s.params, "net.4.weight", 5, PARAM_WEIGHT, 4, (const int64_t[]){4, 9, 3, 3});
    expect_tensor(&s.params, "net.4.bias", 5, PARAM_BIAS, 1, (const int64_t[]){9});
    expect_tensor(&s.params, "net.5.weight", 6, PARAM_WEIGHT, 4, (const int64_t[]){9, 2, 5, 4});
    assert_null(cama__params_find(&s.params, "net.7.weight"));
    assert_null(cama__params_find(&s.params, "net.0"));
    assert_int_equal(s.params.count, 7 * 2 + 1);
    finish(&s);
}

/* Every element has a place of its own inside its tensor's stretch; stretches begin at multiples of 16 and do not
 * overlap; what is no element stays zero. Reading gives back what was written. */
static void check_places(const char *text, const cama__join_sizes *join)
{
    setting s;
    prepare(text, (cama__shape){10, 9, 3}, join, &s);
    int64_t end = 0;
    real *where = cama__mem_alloc((size_t)s.params.reals, sizeof *where);
    for (int32_t i = 0; i < s.params.count; i++) {
        const cama__param *p = &s.params.item[i];
        const cama__net *net = p->net == 3 ? &s.net : NULL;
        float *v = malloc((size_t)p->count * sizeof *v);
        assert_int_equal(p->offset, end);
        assert_int_equal(p->offset % 16, 0);
        assert_true(p->size >= p->count);
        end = p->offset + p->size;
        cama__param_read(p, net, s.theta, v);
        assert_memory_equal(v, s.values[i], (size_t)p->count * sizeof *v);
        for (int64_t k = 0; k < p->count; k++) v[k] = (float)(k + 1);
        cama__param_write(p, net, where, v);
        int64_t seen = 0;
        for (int64_t at = p->offset; at < end; at++) seen += where[at] != 0;
        assert_int_equal(seen, p->count);
        free(v);
    }
    assert_int_equal(end, s.params.reals);
    for (int64_t at = 0; at < s.params.reals; at++) assert_true(where[at] != 0 || s.theta[at] == 0);
    cama__mem_free(where);
    finish(&s);
}

static void test_places(void **state)
{
    (void)state;
    const cama__join_sizes join = {3, {0, 7, 2}};
    check_places(text_of_all, NULL);
    check_places("conv 4 3x3 | dense 37 relu, dense 5", &join);
    check_places("| dense 3x2x5", &join);
    check_places("tconv 5 9x8 /2, dense 2x3x40, tconv 35 2x3 /2, dense 70", NULL);
}

static void test_too_many(void **state)
{
    (void)state;
    cama__net net;
    static cama__params params;
    int32_t status = CAMA_OK, added = 0;
    OK(cama__net_parse("net", "dense 3, dense 4", (cama__shape){1, 1, 2}, NULL, false, 0, (cama__shape){1, 1, 1},
                       &net));
    while (status == CAMA_OK && added < 1000) status = cama__params_add(&params, "net", 0, &net), added++;
    assert_int_equal(status, CAMA_E_OPTION);
    assert_int_equal(added, PARAM_MAX / 4 + 1);
    assert_int_equal(params.count, PARAM_MAX);
    check_said("256");
    /* 2^31 numbers at most */
    memset(&params, 0, sizeof params);
    OK(cama__net_parse("net", "dense 65536, dense 65536", (cama__shape){1, 1, 2}, NULL, false, 0,
                       (cama__shape){1, 1, 1}, &net));
    assert_int_equal(cama__params_add(&params, "net", 0, &net), CAMA_E_OPTION);
}

/* ---- PyTorch's formulas, channel first --------------------------------------------------------------------------- */

typedef struct {
    int32_t c, h, w;
    double v[4096]; /* (c, h, w) */
} planes;

static double *pixel(planes *p, int32_t c, int32_t h, int32_t w) { return &p->v[(c * p->h + h) * p->w + w]; }

static void torch_conv(const cama__layer *l, const float *weight, const float *bias, planes *in, planes *out)
{
    const cama__axis *h = &l->map.h, *w = &l->map.w;
    for (int32_t o = 0; o < out->c; o++)
        for (int32_t y = 0; y < out->h; y++)
            for (int32_t x = 0; x < out->w; x++) {
                double sum = bias[o];
                for (int32_t i = 0; i < in->c; i++)
                    for (int32_t a = 0; a < h->taps; a++)
                        for (int32_t b = 0; b < w->taps; b++) {
                            const int32_t iy = y * h->stride - h->pad + a, ix = x * w->stride - w->pad + b;
                            if (iy < 0 || ix < 0 || iy >= in->h || ix >= in->w) continue;
                            sum += weight[((o * in->c + i) * h->taps + a) * w->taps + b] * *pixel(in, i, iy, ix);
                        }
                *pixel(out, o, y, x) = sum;
            }
}

static void torch_tconv(const cama__layer *l, const float *weight, const float *bias, planes *in, planes *out)
{
    const cama__axis *h = &l->map.h, *w = &l->map.w;
    for (int32_t o = 0; o < out->c; o++)
        for (int32_t k = 0; k < out->h * out->w; k++) out->v[o * out->h * out->w + k] = bias[o];
    for (int32_t i = 0; i < in->c; i++)
        for (int32_t y = 0; y < in->h; y++)
            for (int32_t x = 0; x < in->w; x++)
                for (int32_t o = 0; o < out->c; o++)
                    for (int32_t a = 0; a < h->taps; a++)
                        for (int32_t b = 0; b < w->taps; b++) {
                            const int32_t oy = y * h->stride - h->pad + a, ox = x * w->stride - w->pad + b;
                            if (oy < 0 || ox < 0 || oy >= out->h || ox >= out->w) continue;
                            *pixel(out, o, oy, ox) +=
                                weight[((i * out->c + o) * h->taps + a) * w->taps + b] * *pixel(in, i, y, x);
                        }
}

/* Linear on the flattened planes, and view() of its result. */
static void torch_linear(const float *weight, const float *bias, const double *in, int64_t n, planes *out)
{
    for (int64_t o = 0; o < out->c * out->h * out->w; o++) {
        out->v[o] = bias[o];
        for (int64_t i = 0; i < n; i++) out->v[o] += weight[o * n + i] * in[i];
    }
}

static void torch_pool(const cama__layer *l, planes *in, planes *out)
{
    const int32_t n = l->pool.window;
    for (int32_t c = 0; c < out->c; c++)
        for (int32_t y = 0; y < out->h; y++)
            for (int32_t x = 0; x < out->w; x++) {
                double top = -INFINITY;
                for (int32_t a = y * n; a < y * n + n && a < in->h; a++)
                    for (int32_t b = x * n; b < x * n + n && b < in->w; b++) top = fmax(top, *pixel(in, c, a, b));
                *pixel(out, c, y, x) = top;
            }
}

static planes *planes_of(cama__shape s)
{
    planes *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->c = s.c, p->h = s.h, p->w = s.w;
    assert_true((size_t)cama__shape_size(s) <= sizeof p->v / sizeof *p->v);
    return p;
}

enum { ROWS = 5 };

/* Row r of a blocked tensor of shape s as planes, and how far a row is from planes. */
static planes *from_blocks(const real *t, int64_t r, cama__shape s)
{
    planes *p = planes_of(s);
    for (int32_t h = 0; h < s.h; h++)
        for (int32_t w = 0; w < s.w; w++)
            for (int32_t c = 0; c < s.c; c++)
                *pixel(p, c, h, w) = (double)t[cama__at(r, ((int64_t)h * s.w + w) * s.c + c, cama__shape_size(s))];
    return p;
}

static real *draw_rows(cama__shape s, uint32_t what)
{
    const int64_t n = cama__blocks(ROWS) * cama__kernel()->nr * cama__shape_size(s);
    real *t = cama__mem_alloc((size_t)n, sizeof *t);
    cama__rng_normals((cama__rng_key){.seed = 7, .stream = 64, .sample = what}, n, t, 1);
    return t;
}

static cama__arena arena_of(size_t bytes) { return (cama__arena){.base = cama__mem_alloc(bytes, 1), .size = bytes}; }

static void torch_layer(const cama__layer *l, const float *weight, const float *bias, planes *in, planes *out)
{
    if (l->kind == LAYER_CONV)
        torch_conv(l, weight, bias, in, out);
    else if (l->kind == LAYER_TCONV)
        torch_tconv(l, weight, bias, in, out);
    else if (l->kind == LAYER_POOL)
        torch_pool(l, in, out);
    else
        torch_linear(weight, bias, in->v, cama__shape_size(l->in), out);
}

static float *sizes_of(const float *v, int64_t n)
{
    float *sizes = malloc((size_t)n * sizeof *sizes);
    assert_non_null(sizes);
    for (int64_t k = 0; k < n; k++) sizes[k] = fabsf(v[k]);
    return sizes;
}

/* One row through one layer, whose first tensor is number `tensor`. */
static void check_layer(const setting *s, int32_t layer, int32_t tensor, const real *in, const real *out, int64_t row)
{
    const cama__layer *l = &s->net.layer[layer];
    const bool pool = l->kind == LAYER_POOL;
    const cama__param *p = &s->params.item[tensor];
    const int64_t met = pool ? 0 : l->kind == LAYER_TCONV ? p->count / p->shape[1] : p->count / p->shape[0];
    planes *a = from_blocks(in, row, l->in), *got = from_blocks(out, row, l->out);
    planes *want = planes_of(l->out), *size = planes_of(l->out);
    torch_layer(l, s->values[tensor], s->values[tensor + 1], a, want);
    if (!pool) {
        float *weight = sizes_of(s->values[tensor], p->count), *bias = sizes_of(s->values[tensor + 1], p[1].count);
        for (int64_t k = 0; k < cama__shape_size(l->in); k++) a->v[k] = fabs(a->v[k]);
        torch_layer(l, weight, bias, a, size);
        free(weight), free(bias);
    }
    for (int64_t k = 0; k < cama__shape_size(l->out); k++)
        if (!(fabs(got->v[k] - want->v[k]) <= gamma_of(met + 1) * size->v[k]))
            fail_msg("layer %d, row %d, element %d: %.9g, PyTorch's %.9g, bound %.2g", layer, (int)row, (int)k,
                     got->v[k], want->v[k], gamma_of(met + 1) * size->v[k]);
    free(a), free(got), free(want), free(size);
}

/* Layer by layer, from the library's own output of the layer before. */
static void test_chain(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ("conv 33 3x3, pool 2, conv 5 3x2 /2 valid, dense 70, dense 2x3x4, tconv 9 3x3 /2,"
         " tconv 2 5x4 +0, dense 2x2x3"),
        "conv 2 5x5 /3, tconv 3 3x3 /2 +1, tconv 20 2x3 /2, conv 4 4x1",
        "conv 2 5x5 /3, tconv 5 9x8 /2, dense 2x3x40, tconv 35 2x3, dense 2x3x40"};
    for (int t = 0; t < 3; t++) {
        setting s;
        prepare(texts[t], (cama__shape){10, 9, 3}, NULL, &s);
        real *in = draw_rows(s.net.in, 1);
        cama__arena arena = arena_of((size_t)1 << 22);
        const cama__exec work = {.arena = &arena};
        cama__tape tape;
        const cama__net_range whole = cama__net_whole(&s.net, s.theta, ROWS);
        cama__net_take(&work, &whole, &tape);
        cama__net_forward(&work, &whole, in, &tape);
        assert_false(arena.overflow);
        for (int32_t i = 0, tensor = 0; i < s.net.count; i++) {
            for (int64_t r = 0; r < ROWS; r++)
                check_layer(&s, i, tensor, i == 0 ? in : tape.out[i - 1], tape.out[i], r);
            tensor += s.net.layer[i].kind == LAYER_POOL ? 0 : 2;
        }
        cama__mem_free(in), cama__mem_free(arena.base);
        finish(&s);
    }
}

/* The weight of a join is that of Linear on torch.cat([trunk.flatten(1), a, b], 1). */
static void test_join(void **state)
{
    (void)state;
    static const cama__shape in = {4, 3, 5}, a_shape = {1, 1, 7}, b_shape = {1, 1, 2};
    const cama__join_sizes join = {3, {0, 7, 2}};
    setting s;
    prepare("| dense 2x3x6", in, &join, &s);
    const int64_t width = 36, x_size = cama__shape_size(in), all = x_size + 7 + 2;
    real *x = draw_rows(in, 2), *a = draw_rows(a_shape, 3), *b = draw_rows(b_shape, 4);
    cama__arena arena = arena_of((size_t)1 << 20);
    const cama__exec work = {.arena = &arena};
    real *sum = cama__exec_tensor(&work, ROWS, width), *from_a = cama__exec_tensor(&work, ROWS, width),
         *from_b = cama__exec_tensor(&work, ROWS, width);
    cama__join_part(&work, &s.net, 0, s.theta, ROWS, x, sum);
    cama__join_part(&work, &s.net, 1, s.theta, ROWS, a, from_a);
    cama__join_part(&work, &s.net, 2, s.theta, ROWS, b, from_b);
    const cama__join_input inputs[] = {{from_a, NULL}, {from_b, NULL}};
    cama__join_finish(&work, &s.net, s.theta, ROWS, 2, inputs, sum);
    assert_false(arena.overflow);
    assert_int_equal(s.params.item[0].shape[1], all);
    for (int64_t r = 0; r < ROWS; r++) {
        double cat[128];
        planes *part[] = {from_blocks(x, r, in), from_blocks(a, r, a_shape), from_blocks(b, r, b_shape)};
        memcpy(cat, part[0]->v, (size_t)x_size * sizeof *cat);
        memcpy(cat + x_size, part[1]->v, 7 * sizeof *cat);
        memcpy(cat + x_size + 7, part[2]->v, 2 * sizeof *cat);
        planes *size = planes_of(s.net.layer[0].out), *want = planes_of(s.net.layer[0].out);
        planes *got = from_blocks(sum, r, s.net.layer[0].out);
        torch_linear(s.values[0], s.values[1], cat, all, want);
        float *weight = sizes_of(s.values[0], width * all), *bias = sizes_of(s.values[1], width);
        for (int64_t k = 0; k < all; k++) cat[k] = fabs(cat[k]);
        torch_linear(weight, bias, cat, all, size);
        for (int64_t k = 0; k < width; k++)
            assert_near(got->v[k], want->v[k], gamma_of(all + 3) * size->v[k]); /* two more sums of parts */
        free(weight), free(bias), free(size);
        for (int i = 0; i < 3; i++) free(part[i]);
        free(want), free(got);
    }
    cama__mem_free(x), cama__mem_free(a), cama__mem_free(b), cama__mem_free(arena.base);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_places),
                                       cmocka_unit_test(test_too_many), cmocka_unit_test(test_chain),
                                       cmocka_unit_test(test_join)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
