/* net_parse_test - the grammar of networks: what each word gives, and that everything else is refused with the
 * network, the layer and what was expected. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "nn/net_parse.h"

static const cama__shape image = {28, 28, 1}, x_shape = {9, 8, 2};

static int32_t parse(const char *text, cama__shape in, cama__net *net)
{
    return cama__net_parse("net", text, in, NULL, false, 0, x_shape, net);
}

static void expect_layer(const cama__net *net, int32_t i, int32_t kind, int32_t activation, cama__shape in,
                         cama__shape out)
{
    const cama__layer *l = &net->layer[i];
    assert_int_equal(l->kind, kind);
    assert_int_equal(l->activation, activation);
    assert_memory_equal(&l->in, &in, sizeof in);
    assert_memory_equal(&l->out, &out, sizeof out);
    if (kind != LAYER_POOL && kind != LAYER_JOIN) assert_true(l->weight == -1 && l->bias == -1); /* no place yet */
}

#define SHAPE(h, w, c) ((cama__shape){h, w, c})

static void test_layers(void **state)
{
    (void)state;
    cama__net n;
    assert_int_equal(
        parse("conv 64 5x5 relu, pool 2, conv 32 3x3 /2 tanh, conv 8 3x4 valid, dense 500 leaky, dense 4x4x64 elu,"
              " tconv 16 3x3 /2 sigmoid, tconv 3 5x5 /3 +2 softplus, dense x",
              image, &n),
        CAMA_OK);
    assert_int_equal(n.count, 9);
    assert_int_equal(n.join, -1);
    assert_int_equal(n.parts, 0);
    expect_layer(&n, 0, LAYER_CONV, ACTIVATION_RELU, image, SHAPE(28, 28, 64));
    expect_layer(&n, 1, LAYER_POOL, ACTIVATION_NONE, SHAPE(28, 28, 64), SHAPE(14, 14, 64));
    expect_layer(&n, 2, LAYER_CONV, ACTIVATION_TANH, SHAPE(14, 14, 64), SHAPE(7, 7, 32));
    expect_layer(&n, 3, LAYER_CONV, ACTIVATION_NONE, SHAPE(7, 7, 32), SHAPE(5, 4, 8));
    expect_layer(&n, 4, LAYER_DENSE, ACTIVATION_LEAKY, SHAPE(5, 4, 8), SHAPE(1, 1, 500));
    expect_layer(&n, 5, LAYER_DENSE, ACTIVATION_ELU, SHAPE(1, 1, 500), SHAPE(4, 4, 64));
    expect_layer(&n, 6, LAYER_TCONV, ACTIVATION_SIGMOID, SHAPE(4, 4, 64), SHAPE(7, 7, 16));
    expect_layer(&n, 7, LAYER_TCONV, ACTIVATION_SOFTPLUS, SHAPE(7, 7, 16), SHAPE(21, 21, 3));
    expect_layer(&n, 8, LAYER_DENSE, ACTIVATION_NONE, SHAPE(21, 21, 3), x_shape);
    assert_int_equal(n.layer[1].pool.window, 2);
    assert_false(n.layer[2].map.adjoint);
    assert_true(n.layer[6].map.adjoint);
    assert_int_equal(n.layer[2].map.h.stride, 2);
    assert_int_equal(n.layer[2].map.h.pad, 1);
    assert_int_equal(n.layer[3].map.w.taps, 4);
    assert_int_equal(n.layer[3].map.w.pad, 0);
    assert_int_equal(n.layer[4].map.big_channels, 5 * 4 * 8);
    assert_int_equal(n.layer[4].map.small_channels, 500);
    assert_int_equal(n.layer[7].map.big_channels, 3);
    assert_int_equal(n.layer[7].map.small_channels, 16);
}

/* Output sizes are PyTorch's: conv floor((i + 2p - k) / s) + 1, tconv (i - 1) s - 2p + k + P, pool ceil(i / w). */
static void test_sizes(void **state)
{
    (void)state;
    char text[64];
    cama__net n;
    for (int32_t in = 1; in <= 12; in++)
        for (int32_t k = 1; k <= 6; k++)
            for (int32_t s = 1; s <= 3; s++) {
                const int32_t p = (k - 1) / 2;
                snprintf(text, sizeof text, "conv 2 %dx%d /%d", k, k, s);
                if (in + 2 * p < k) {
                    assert_int_equal(parse(text, SHAPE(in, in, 1), &n), CAMA_E_OPTION);
                } else {
                    assert_int_equal(parse(text, SHAPE(in, in, 1), &n), CAMA_OK);
                    assert_int_equal(n.layer[0].out.h, (in + 2 * p - k) / s + 1);
                    assert_int_equal(n.layer[0].map.w.big, in);
                    assert_int_equal(n.layer[0].map.w.small, n.layer[0].out.w);
                }
                for (int32_t extra = 0; extra < s; extra++) {
                    snprintf(text, sizeof text, "tconv 2 %dx%d /%d +%d", k, k, s, extra);
                    assert_int_equal(parse(text, SHAPE(in, in, 1), &n), CAMA_OK);
                    assert_int_equal(n.layer[0].out.w, (in - 1) * s - 2 * p + k + extra);
                    assert_int_equal(n.layer[0].map.w.small, in);
                }
            }
    for (int32_t in = 1; in <= 30; in++)
        for (int32_t w = 2; w <= 15; w++) {
            snprintf(text, sizeof text, "pool %d", w);
            assert_int_equal(parse(text, SHAPE(in, in, 3), &n), CAMA_OK);
            assert_int_equal(n.layer[0].out.h, (in + w - 1) / w);
        }
}

/* Blanks change nothing; an empty network has no layers and passes its input on. */
static void test_blanks(void **state)
{
    (void)state;
    static const char *const texts[] = {"conv 8 3x3 /2 relu,dense 2x3x4 tanh", "conv 8 3x3/2 relu , dense 2x3x4 tanh",
                                        "\n\tconv  8   3 x 3 / 2   relu  ,\n dense 2 x 3 x 4 tanh \n"};
    cama__net a, b;
    memset(&a, 0, sizeof a);
    assert_int_equal(parse(texts[0], image, &a), CAMA_OK);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(parse(texts[i], image, &b), CAMA_OK);
        assert_int_equal(b.count, a.count);
        for (int32_t l = 0; l < a.count; l++)
            expect_layer(&b, l, a.layer[l].kind, a.layer[l].activation, a.layer[l].in, a.layer[l].out);
        assert_int_equal(b.layer[0].map.h.stride, 2);
    }
    static const char *const empty[] = {"", " ", "\n"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(parse(empty[i], image, &b), CAMA_OK);
        assert_int_equal(b.count, 0);
        const cama__shape out = cama__net_shape(&b, b.count);
        assert_memory_equal(&out, &image, sizeof out);
    }
}

/* ---- Joins ------------------------------------------------------------------------------------------------------- */

static const cama__join_sizes three = {3, {0, 10, 4}};

static void expect_part(const cama__net *n, int32_t part, int64_t in)
{
    const cama__layer *l = &n->part[part];
    assert_int_equal(l->kind, LAYER_DENSE);
    assert_int_equal(cama__shape_size(l->in), in);
    assert_int_equal(l->map.big_channels, in);
    assert_int_equal(l->map.small_channels, cama__shape_size(n->layer[n->join].out));
    assert_int_equal(l->activation, ACTIVATION_NONE);
    assert_int_equal(l->bias, -1);
}

static void test_join(void **state)
{
    (void)state;
    cama__net n;
    OK(cama__net_parse("q", "conv 8 3x3 /2 relu, dense 20 relu | dense 30 tanh, dense 7", image, &three, false, 12,
                       x_shape, &n));
    assert_int_equal(n.count, 5);
    assert_int_equal(n.join, 2);
    assert_int_equal(n.parts, 3);
    assert_int_equal(n.layer[2].kind, LAYER_JOIN);
    assert_int_equal(n.layer[2].activation, ACTIVATION_TANH);
    expect_part(&n, 0, 20);
    expect_part(&n, 1, 10);
    expect_part(&n, 2, 4);
    expect_layer(&n, 4, LAYER_DENSE, ACTIVATION_NONE, SHAPE(1, 1, 7), SHAPE(1, 1, 12)); /* the last, appended */
    /* without a trunk or a head: the appended layer is the join */
    OK(cama__net_parse("q", "|", image, &three, false, 12, x_shape, &n));
    assert_true(n.count == 1 && n.join == 0 && n.layer[0].kind == LAYER_JOIN);
    expect_part(&n, 0, 28 * 28);
    const cama__shape first = n.part[0].in; /* an image keeps its shape: PyTorch flattens it by channel */
    assert_memory_equal(&first, &image, sizeof image);
    /* from the start: no trunk, no "|", all parts given */
    const cama__join_sizes two = {2, {6, 5}};
    OK(cama__net_parse("p", "dense 2x2x4 relu, tconv 1 3x3 /2", SHAPE(1, 1, 1), &two, true, 0, x_shape, &n));
    assert_true(n.join == 0 && n.parts == 2 && n.count == 2);
    expect_part(&n, 0, 6);
    expect_part(&n, 1, 5);
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *text, *message; /* message: what it must contain */
} refusal;

static void expect_refusals(const refusal *list, size_t count, const cama__join_sizes *join, bool from_start)
{
    cama__net n, before;
    memset(&n, 0x5a, sizeof n);
    memcpy(&before, &n, sizeof n);
    for (size_t i = 0; i < count; i++) {
        const int32_t status = cama__net_parse("net", list[i].text, SHAPE(8, 8, 2), join, from_start, 0, x_shape, &n);
        if (status != CAMA_E_OPTION)
            fail_msg("\"%s\": expected CAMA_E_OPTION, got %s", list[i].text, cama_status_name(status));
        if (strstr(cama_last_error(), "network net") == NULL || strstr(cama_last_error(), list[i].message) == NULL)
            fail_msg("\"%s\": expected \"%s\" in: %s", list[i].text, list[i].message, cama_last_error());
        assert_memory_equal(&n, &before, sizeof n); /* untouched */
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal list[] = {
        {"dens 5", "layer 1: expected dense, conv, tconv, pool or dropout, got \"dens 5\""},
        {"dense", "a number of outputs"},
        {"dense relu", "a number of outputs"},
        {"dense 0", "a number of outputs"},
        {"dense -3", "a number of outputs"},
        {"dense 99999999999999999999", "a number of outputs"},
        {"dense 16777217", "a number of outputs"},
        {"dense 5x5", "HxWxC"},
        {"dense 5x5x", "HxWxC"},
        {"dense 4096x4096x2", "at most 16777216"},
        {"dense 5 rulu", "relu, leaky"},
        {"dense 5 relu tanh", "a comma or the end"},
        {"dense 5,", "layer 2: expected dense"},
        {", dense 5", "layer 1"},
        {"dense 5, , dense 6", "layer 2"},
        {"dense 5; dense 6", "a comma or the end, got \"; dense 6\""},
        {"conv 5", "N KxK"},
        {"conv 5 3", "N KxK"},
        {"conv 5 3x", "N KxK"},
        {"conv 5 0x3", "N KxK"},
        {"conv 5 64x3", "N KxK"},
        {"conv 65537 3x3", "N KxK"},
        {"conv 5 3x3 /", "a stride"},
        {"conv 5 3x3 /0", "a stride"},
        {"conv 5 9x9 valid", "a kernel no larger"},
        {"conv 5 3x3 /2 +1", "a comma or the end"},
        {"tconv 5 3x3 /2 +2", "output padding less than the stride"},
        {"tconv 5 3x3 +1", "output padding less than the stride"},
        {"tconv 65536 63x63 /63", "at most 16777216"},
        {"pool", "a window"},
        {"pool 1", "a window"},
        {"pool 16", "a window"},
        {"pool 2 relu", "a comma"},
        {"dense 5 | dense 6", "\"|\" stands where no inputs join"},
        {"|", "\"|\" stands where no inputs join"},
        {"DENSE 5", "layer 1"},
    };
    expect_refusals(list, sizeof list / sizeof *list, NULL, false);
    static const refusal joins[] = {
        {"dense 5", "expected \"|\""},
        {"", "expected \"|\""},
        {"dense 5 |", "a dense layer after"},
        {"dense 5 | pool 2", "a dense layer"},
        {"dense 5 | conv 2 1x1", "a dense layer"},
        {"| dense 5 | dense 6", "a second \"|\""},
    };
    expect_refusals(joins, sizeof joins / sizeof *joins, &three, false);
    const cama__join_sizes two = {2, {6, 5}};
    static const refusal starts[] = {
        {"", "a dense layer first"}, {"conv 2 1x1", "a dense layer first"}, {"dense 5 | dense 6", "no inputs join"}};
    expect_refusals(starts, sizeof starts / sizeof *starts, &two, true);
}

/* "dense x" where x means nothing would be a layer without outputs. */
static void test_no_x(void **state)
{
    (void)state;
    cama__net n;
    static const char *const texts[] = {"dense x", "dense 5, dense x relu"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(cama__net_parse("net", texts[i], image, NULL, false, 5, SHAPE(0, 0, 0), &n), CAMA_E_OPTION);
        check_said("dense x is for p_merge");
    }
}

/* Dropout is for the network dnn, keeps the shape, and is told by a decimal fraction below 1. */
static void test_dropout(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double rate;
    } good[] = {{"dropout .25", 0.25},  {"dropout 0.25", 0.25},        {"dropout 00.5", 0.5},     {"dropout .0", 0},
                {" dropout\t.1 ", 0.1}, {"dropout .999999", 0.999999}, {"dropout .125000", 0.125}};
    cama__net n;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        OK(cama__net_parse("dnn", good[i].text, image, NULL, false, 0, x_shape, &n));
        expect_layer(&n, 0, LAYER_DROPOUT, ACTIVATION_NONE, image, image);
        assert_near(n.layer[0].rate, good[i].rate, 1e-15);
        assert_false(cama__layer_has_weights(&n.layer[0]));
    }
    static const char rate[] = "a rate from 0 to below 1";
    static const refusal wrong[] = {{"dropout", rate},
                                    {"dropout 1", rate},
                                    {"dropout 0", rate},
                                    {"dropout .", rate},
                                    {"dropout 1.5", rate},
                                    {"dropout -.5", rate},
                                    {"dropout .1234567", rate},
                                    {"dropout .5 relu", "a comma"},
                                    {"dropout .5.5", "a comma or the end"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(cama__net_parse("dnn", wrong[i].text, image, NULL, false, 0, x_shape, &n), CAMA_E_OPTION);
        if (strstr(cama_last_error(), wrong[i].message) == NULL) fail_msg("%s: %s", wrong[i].text, cama_last_error());
    }
    static const refusal elsewhere[] = {
        {"dense 5, dropout .5", "layer 2: expected no dropout, which is for the network dnn"}};
    expect_refusals(elsewhere, 1, NULL, false);
    /* numbers of layers count every layer: masks of two in one network differ */
    OK(cama__net_parse("dnn", "dense 3, dropout .5, dropout .5", image, NULL, false, 0, x_shape, &n));
    assert_int_equal(n.layer[1].number, 1);
    assert_int_equal(n.layer[2].number, 2);
    static const refusal joins[] = {{"dense 5 | dropout .5", "a dense layer"}};
    assert_int_equal(cama__net_parse("dnn", joins[0].text, image, &three, false, 4, x_shape, &n), CAMA_E_OPTION);
    check_said(joins[0].message);
}

/* Parts of size 0 have no columns; the others keep their order. */
static void test_absent_parts(void **state)
{
    (void)state;
    static const cama__join_sizes most = {NET_PARTS, {0, 3, 0, 0, 4}};
    cama__net n;
    OK(cama__net_parse("q_z", "dense 6 | dense 2x1x4", image, &most, false, 0, x_shape, &n));
    assert_int_equal(n.parts, NET_PARTS);
    expect_part(&n, 0, 6);
    expect_part(&n, 1, 3);
    expect_part(&n, 4, 4);
    for (int i = 2; i < 4; i++) {
        assert_int_equal(cama__shape_size(n.part[i].in), 0);
        assert_true(n.part[i].weight == -1 && n.part[i].bias == -1);
    }
}

/* At most 23 layers can be written, so that the appended one has room. */
static void test_most_layers(void **state)
{
    (void)state;
    char text[512] = "";
    cama__net n;
    for (int i = 0; i < NET_LAYERS - 1; i++) strcat(text, i == 0 ? "dense 3" : ", dense 3");
    OK(cama__net_parse("net", text, image, NULL, false, 5, x_shape, &n));
    assert_int_equal(n.count, NET_LAYERS);
    strcat(text, ", dense 3");
    assert_int_equal(cama__net_parse("net", text, image, NULL, false, 0, x_shape, &n), CAMA_E_OPTION);
    check_said("at most 23 layers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),      cmocka_unit_test(test_sizes),    cmocka_unit_test(test_blanks),
        cmocka_unit_test(test_join),        cmocka_unit_test(test_refusals), cmocka_unit_test(test_no_x),
        cmocka_unit_test(test_most_layers), cmocka_unit_test(test_dropout),  cmocka_unit_test(test_absent_parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
