/* manipulate_test - each kind against what it says: shifts against the drawn u, rotations and zooms whose result is
 * known, noise and offset by their statistics and numbers; a row's fate depends on its number and the seed alone. */
#include <stdlib.h>
#include <string.h>
#include <math.h>

#include "base/rng.h"
#include "check.h"
#include "data/manipulate.h"

enum { H = 9, W = 7, C = 2, DIMS = H * W * C, N = 60 };
static const cama__shape shape = {H, W, C};

static int64_t place(int32_t h, int32_t w, int32_t c) { return (h * W + w) * C + c; }

static cama_dataset *bytes(void)
{
    uint8_t *x = cama__mem_alloc(N * DIMS, 1);
    int32_t *y = cama__mem_alloc(N, sizeof *y);
    cama_dataset *d = NULL;
    for (int64_t i = 0; i < N * DIMS; i++) x[i] = (uint8_t)(i * 31 % 250 + 1);
    for (int64_t i = 0; i < N; i++) y[i] = (int32_t)(i % 10);
    OK(cama__dataset_from_bytes(N, shape, 10, x, y, &d));
    return d;
}

/* The same numbers as floats. */
static cama_dataset *floats(void)
{
    cama_dataset *b = bytes(), *d = NULL;
    float *x = cama__mem_alloc(N * DIMS, sizeof *x);
    for (int64_t i = 0; i < N; i++) cama__dataset_row(b, i, x + i * DIMS);
    OK(cama__dataset_from_arrays(N, shape, 10, x, NULL, true, &d));
    cama__mem_free(x);
    cama__dataset_free(b);
    return d;
}

static cama_options *options(const char *kind, double range, double amount, int64_t seed)
{
    cama_options *o = NULL;
    OK(cama__options_create(VERB_MANIPULATE, &o));
    OK(cama__options_set_text(o, "kind", kind));
    OK(cama__options_set_real(o, "range", range));
    OK(cama__options_set_real(o, "amount", amount));
    OK(cama__options_set_int(o, "seed", seed));
    return o;
}

static cama_dataset *manipulated(const cama_dataset *d, const char *kind, double range, double amount, int64_t seed)
{
    cama_options *o = options(kind, range, amount, seed);
    cama_dataset *out = NULL;
    OK(cama__manipulate(d, o, &out));
    cama__options_free(o);
    return out;
}

/* Row by row, bit by bit. */
static void assert_same(const cama_dataset *a, const cama_dataset *b)
{
    float *p = malloc(sizeof *p * DIMS), *q = malloc(sizeof *q * DIMS);
    assert_int_equal(a->n, b->n);
    for (int64_t i = 0; i < a->n; i++) {
        cama__dataset_row(a, i, p);
        cama__dataset_row(b, i, q);
        assert_memory_equal(p, q, sizeof *p * DIMS);
    }
    free(p);
    free(q);
}

/* ---- Shifts ------------------------------------------------------------------------------------------------------ */

/* Row i of out is row i of d moved by the drawn u, from the formula of manipulate.h. */
static void check_shift(const cama_dataset *d, const cama_dataset *out, double down_range, double right_range,
                        bool extreme)
{
    float before[DIMS], after[DIMS];
    for (int64_t i = 0; i < N; i++) {
        real u[2];
        cama__rng_uniforms((cama__rng_key){5, RNG_MANIPULATE, 0, (uint32_t)i, 0}, 2, u, 1);
        double v[2] = {2 * (double)u[0] - 1, 2 * (double)u[1] - 1};
        for (int32_t j = 0; extreme && j < 2; j++) v[j] = v[j] < 0 ? -1 : 1;
        const int32_t down = (int32_t)lround(v[0] * down_range * H), right = (int32_t)lround(v[1] * right_range * W);
        cama__dataset_row(d, i, before);
        cama__dataset_row(out, i, after);
        for (int32_t h = 0; h < H; h++)
            for (int32_t w = 0; w < W; w++)
                for (int32_t c = 0; c < C; c++) {
                    const int32_t from_h = h - down, from_w = w - right;
                    const bool inside = from_h >= 0 && from_h < H && from_w >= 0 && from_w < W;
                    assert_true(after[place(h, w, c)] == (inside ? before[place(from_h, from_w, c)] : 0));
                }
    }
}

static void test_shift(void **state)
{
    (void)state;
    cama_dataset *b = bytes(), *f = floats();
    const struct {
        const char *kind;
        double down, right;
    } cases[] = {{"vertical", 1, 0}, {"horizontal", 0, 1}, {"both", 1, 1}};
    const double ranges[] = {0, 0.3, 0.5, 1};
    for (size_t k = 0; k < 3; k++)
        for (size_t r = 0; r < 4; r++) {
            cama_dataset *moved = manipulated(b, cases[k].kind, ranges[r], 0, 5);
            cama_dataset *as_floats = manipulated(f, cases[k].kind, ranges[r], 0, 5);
            assert_non_null(moved->bytes);
            assert_null(as_floats->y);
            assert_memory_equal(moved->y, b->y, N * sizeof *b->y);
            check_shift(b, moved, cases[k].down * ranges[r], cases[k].right * ranges[r], false);
            assert_same(moved, as_floats);
            cama__dataset_free(moved);
            cama__dataset_free(as_floats);
        }
    cama__dataset_free(b);
    cama__dataset_free(f);
}

static void test_extreme(void **state)
{
    (void)state;
    cama_dataset *f = floats(), *out = NULL;
    cama_options *o = options("both", 0.4, 0, 5);
    OK(cama__options_set_int(o, "extreme", 1));
    OK(cama__manipulate(f, o, &out));
    check_shift(f, out, 0.4, 0.4, true);
    cama__options_free(o);
    cama__dataset_free(out);
    cama__dataset_free(f);
}

/* Example i keeps its fate in a smaller dataset; another seed gives another. */
static void test_own_number(void **state)
{
    (void)state;
    static const char *const kinds[] = {"both", "noise"};
    cama_dataset *b = bytes(), *head = NULL;
    OK(cama__dataset_slice(b, 0, 7, true, &head));
    for (size_t k = 0; k < 2; k++) {
        cama_dataset *all = manipulated(b, kinds[k], 0.6, 0.2, 5), *first = NULL;
        cama_dataset *part = manipulated(head, kinds[k], 0.6, 0.2, 5);
        cama_dataset *other = manipulated(head, kinds[k], 0.6, 0.2, 6);
        float p[DIMS], q[DIMS];
        bool differs = false;
        OK(cama__dataset_slice(all, 0, 7, true, &first));
        assert_same(first, part);
        for (int64_t i = 0; i < 7; i++) {
            cama__dataset_row(part, i, p);
            cama__dataset_row(other, i, q);
            differs |= memcmp(p, q, sizeof p) != 0;
        }
        assert_true(differs);
        cama__dataset_free(all);
        cama__dataset_free(first);
        cama__dataset_free(part);
        cama__dataset_free(other);
    }
    cama__dataset_free(b);
    cama__dataset_free(head);
}

/* ---- Rotation and zoom ------------------------------------------------------------------------------------------- */

/* One image of side 5 and its image under kind. */
static void warp5(const char *kind, double amount, const float in[25], float out[25])
{
    cama_dataset *d = NULL;
    OK(cama__dataset_from_arrays(1, (cama__shape){5, 5, 1}, 2, in, NULL, true, &d));
    cama_dataset *warped = manipulated(d, kind, 0, amount, 0);
    cama__dataset_row(warped, 0, out);
    cama__dataset_free(d);
    cama__dataset_free(warped);
}

/* A quarter turn counter-clockwise takes the right end of the middle row to the top of the middle column. */
static void test_rotation(void **state)
{
    (void)state;
    float in[25], out[25], back[25];
    for (int32_t i = 0; i < 25; i++) in[i] = (float)(i * 7 % 25) / 25;
    warp5("rotation", 0, in, out);
    assert_memory_equal(in, out, sizeof in);
    warp5("rotation", 90, in, out);
    assert_near(out[0 * 5 + 2], in[2 * 5 + 4], 1e-6f);
    for (int32_t h = 0; h < 5; h++)
        for (int32_t w = 0; w < 5; w++) assert_near(out[h * 5 + w], in[w * 5 + 4 - h], 1e-6f);
    warp5("rotation", -90, out, back);
    for (int32_t i = 0; i < 25; i++) assert_near(back[i], in[i], 1e-6f);
    /* At 45 degrees the corner of the result lies outside of the image, the centre is where it was. */
    for (int32_t i = 0; i < 25; i++) in[i] = 1;
    warp5("rotation", 45, in, out);
    assert_true(out[12] == 1 && out[11] == 1 && out[0] < 0.2f && out[0] >= 0 && out[24] < 0.2f);
}

/* Factor 2: the result at distance a from the centre is the image at a / 2; factor 1/2: at 2 a, or zero. */
static void test_zoom(void **state)
{
    (void)state;
    float in[25], out[25];
    for (int32_t i = 0; i < 25; i++) in[i] = (float)(i * 7 % 25) / 25;
    warp5("zoom", 0, in, out);
    assert_memory_equal(in, out, sizeof in);
    warp5("zoom", 1, in, out);
    assert_true(out[12] == in[12] && out[10] == in[11] && out[0] == in[6] && out[24] == in[18]);
    assert_near(out[13], (in[12] + in[13]) / 2, 1e-6f);
    assert_near(out[17], (in[12] + in[17]) / 2, 1e-6f);
    assert_near(out[18], (in[12] + in[13] + in[17] + in[18]) / 4, 1e-6f);
    warp5("zoom", -0.5, in, out);
    assert_true(out[12] == in[12] && out[11] == in[10] && out[6] == in[0] && out[18] == in[24] && out[0] == 0);
    warp5("zoom", -0.9999999, in, out); /* one pixel, from far away */
    assert_true(out[12] == in[12] && out[11] == 0 && out[7] == 0);
}

/* Channels do not mix, and bytes give the floats' result. */
static void test_warp_channels(void **state)
{
    (void)state;
    cama_dataset *b = bytes(), *f = floats();
    cama_dataset *p = manipulated(b, "rotation", 0, 20, 0), *q = manipulated(f, "rotation", 0, 20, 0);
    assert_same(p, q);
    assert_true(p->low >= 0 && p->high <= 1);
    float *x = cama__mem_alloc(DIMS, sizeof *x), row[DIMS];
    cama_dataset *one = NULL;
    for (int64_t i = 0; i < DIMS; i += 2) x[i] = 1; /* channel 0 alone */
    OK(cama__dataset_from_arrays(1, shape, 2, x, NULL, true, &one));
    cama_dataset *turned = manipulated(one, "rotation", 0, 20, 0);
    cama__dataset_row(turned, 0, row);
    for (int64_t i = 1; i < DIMS; i += 2) assert_true(row[i] == 0);
    assert_true(row[place(H / 2, W / 2, 0)] > 0.999f);
    cama_dataset *const all[] = {b, f, p, q, one, turned};
    for (size_t i = 0; i < 6; i++) cama__dataset_free(all[i]);
    cama__mem_free(x);
}

/* ---- Noise and scale --------------------------------------------------------------------------------------------- */

static cama_dataset *vectors(float *x, int64_t n, int32_t dims)
{
    cama_dataset *d = NULL;
    OK(cama__dataset_from_arrays(n, (cama__shape){1, 1, dims}, 2, x, NULL, true, &d));
    return d;
}

/* Mean 0 and standard deviation 0.25: 40000 normals, so 5 standard errors are 0.00625 and 0.0045. */
static void test_noise(void **state)
{
    (void)state;
    enum { ROWS = 400, COLUMNS = 100 };
    float *x = cama__mem_alloc(ROWS * COLUMNS, sizeof *x);
    for (int64_t i = 0; i < ROWS * COLUMNS; i++) x[i] = 3;
    cama_dataset *d = vectors(x, ROWS, COLUMNS), *noisy = manipulated(d, "noise", 0, 0.25, 1);
    double sum = 0, square = 0;
    for (int64_t i = 0; i < ROWS * COLUMNS; i++) {
        sum += noisy->x[i] - 3;
        square += (noisy->x[i] - 3) * (noisy->x[i] - 3);
    }
    assert_near(sum / (ROWS * COLUMNS), 0, 0.00625);
    assert_near(sqrt(square / (ROWS * COLUMNS)), 0.25, 0.0045);
    cama__dataset_free(noisy);
    cama__dataset_free(d);
    for (int64_t i = 0; i < ROWS * COLUMNS; i++) x[i] = (float)(i % 3) / 2;
    const cama__shape image = {1, COLUMNS, 1};
    OK(cama__dataset_from_arrays(ROWS, image, 2, x, NULL, true, &d));
    noisy = manipulated(d, "noise", 0, 0.25, 1);
    assert_true(noisy->low == 0 && noisy->high == 1); /* pixels: they stay in [0,1], */
    x[ROWS * COLUMNS - 1] = 1.5f;                     /* whatever other images are, */
    cama_dataset *other = NULL;
    OK(cama__dataset_from_arrays(ROWS, image, 2, x, NULL, true, &other));
    cama_dataset *of_other = manipulated(other, "noise", 0, 0.25, 1);
    assert_memory_equal(of_other->x, noisy->x, (ROWS - 1) * COLUMNS * sizeof *x);
    assert_true(of_other->low < 0 && of_other->high > 1); /* and an image that does not has no bounds */
    cama__dataset_free(of_other), cama__dataset_free(other);
    x[ROWS * COLUMNS - 1] = (float)((ROWS * COLUMNS - 1) % 3) / 2;
    cama__dataset_free(noisy);
    noisy = manipulated(d, "noise", 0, 0, 1);
    assert_memory_equal(noisy->x, x, ROWS * COLUMNS * sizeof *x);
    cama__dataset_free(noisy);
    cama__dataset_free(d);
    cama__mem_free(x);
}

static void test_offset(void **state)
{
    (void)state;
    float x[] = {1, 10, 5, 3, 20, 5, 5, 60, 5}; /* standard deviations sqrt(8/3), sqrt(1400/3), 0 */
    const float columns[] = {1, 1}, wrong[] = {0, 3};
    cama_dataset *d = vectors(x, 3, 3), *all = manipulated(d, "offset", 0, -2, 0), *some = NULL;
    for (int32_t i = 0; i < 9; i++) {
        const double deviation = i % 3 == 0 ? sqrt(8.0 / 3) : i % 3 == 1 ? sqrt(1400.0 / 3) : 0;
        assert_near(all->x[i], x[i] - 2 * deviation, 1e-5);
    }
    cama_options *o = options("offset", 0, -2, 0);
    OK(cama__options_set_vector(o, "columns", columns, 2));
    OK(cama__manipulate(d, o, &some));
    for (int32_t i = 0; i < 9; i++) assert_true(some->x[i] == (i % 3 == 1 ? all->x[i] : x[i]));
    cama__dataset_free(some);
    some = NULL;
    OK(cama__options_set_vector(o, "columns", wrong, 2));
    assert_int_equal(cama__manipulate(d, o, &some), CAMA_E_OPTION);
    assert_string_equal(cama_last_error(),
                        "option \"columns\" of \"manipulate\": expected 0 to 2 for this dataset, got 3 at index 1");
    assert_null(some);
    cama__options_free(o);
    cama__dataset_free(all);
    cama__dataset_free(d);
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

static void test_refusals(void **state)
{
    (void)state;
    float x[6] = {0, 1, 2, 3, 4, 5};
    cama_dataset *d = vectors(x, 2, 3), *images = bytes();
    const struct {
        const char *kind;
        double amount;
        bool image;
        int32_t status;
    } cases[] = {{"vertical", 0, false, CAMA_E_ARGUMENT}, {"horizontal", 0, false, CAMA_E_ARGUMENT},
                 {"both", 0, false, CAMA_E_ARGUMENT},     {"rotation", 1, false, CAMA_E_ARGUMENT},
                 {"zoom", 1, false, CAMA_E_ARGUMENT},     {"zoom", -1, true, CAMA_E_OPTION},
                 {"zoom", -3, true, CAMA_E_OPTION},       {"noise", -0.5, true, CAMA_E_OPTION}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama_options *o = options(cases[i].kind, 0.5, cases[i].amount, 0);
        cama_dataset *out = NULL;
        assert_int_equal(cama__manipulate(cases[i].image ? images : d, o, &out), cases[i].status);
        check_said(cases[i].kind);
        assert_null(out);
        cama__options_free(o);
    }
    cama__dataset_free(d);
    cama__dataset_free(images);
}

static int allowed;
static void *some_memory(void *user, size_t size)
{
    (void)user;
    return allowed-- > 0 ? aligned_alloc(CAMA__ALIGN, size) : NULL;
}
static void give_back(void *user, void *pointer) { (void)user, free(pointer); }

/* Each allocation fails once; the sanitizer sees what is lost or freed twice. */
static void test_no_memory(void **state)
{
    (void)state;
    const cama__mem_hook hook = {some_memory, give_back, NULL};
    static const char *const kinds[] = {"both", "rotation", "offset"};
    cama_dataset *b = bytes();
    for (size_t k = 0; k < 3; k++) {
        cama_options *o = options(kinds[k], 0.5, 1, 0);
        int32_t status = CAMA_E_MEMORY;
        for (int count = 0; status != CAMA_OK; count++) {
            cama_dataset *out = NULL;
            allowed = count;
            cama__mem_set_hook(&hook);
            status = cama__manipulate(b, o, &out);
            cama__mem_set_hook(NULL);
            assert_true(count < 12 && (status == CAMA_OK || status == CAMA_E_MEMORY));
            assert_true((out != NULL) == (status == CAMA_OK));
            cama__mem_set_hook(&hook);
            cama__dataset_free(out);
            cama__mem_set_hook(NULL);
        }
        cama__options_free(o);
    }
    cama__dataset_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shift),      cmocka_unit_test(test_extreme),
                                       cmocka_unit_test(test_own_number), cmocka_unit_test(test_rotation),
                                       cmocka_unit_test(test_zoom),       cmocka_unit_test(test_warp_channels),
                                       cmocka_unit_test(test_noise),      cmocka_unit_test(test_offset),
                                       cmocka_unit_test(test_refusals),   cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
