/* simulate_test - simulated views of clean images: what is untouched keeps its bits, what is moved by whole pixels is
 * the image that was moved, the parts of the mixture have their shares, and all of it is a function of seed, step and
 * example; and pixels of anything, which are as many as is said of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "image/contaminate.h"
#include "verbs/simulate.h"

enum { SIDE = 12, CHANNELS = 2, D = SIDE * SIDE * CHANNELS, N = 3000, M = VIEW_COUNT + 1 };

static cama_model *model;

static int begin(void **state)
{
    (void)state;
    const cama__spec spec = {.preset = "test",
                             .x = {SIDE, SIDE, CHANNELS},
                             .classes = 2,
                             .z = 2,
                             .m = M,
                             .m_enters = M_ENTERS_VIEW,
                             .likelihood = LIKELIHOOD_BERNOULLI,
                             .net = {[NET_P_M] = "dense 3 relu",
                                     [NET_P_MERGE] = "dense 4 relu, dense x",
                                     [NET_Q_M] = "dense 3 relu",
                                     [NET_Q_Z] = "dense 3 relu | dense 3 relu"}};
    OK(cama__model_build(&spec, NULL, &model));
    return cama__model_init(model, 1, 1) == CAMA_OK ? 0 : -1; /* a fresh p_m adds nothing to a view */
}

static int end(void **state)
{
    (void)state;
    cama__model_free(model);
    return 0;
}

static real *tensor(int64_t rows, int64_t size)
{
    return cama__mem_alloc((size_t)(cama__blocks(rows) * cama__kernel()->nr * size), sizeof(real));
}

typedef struct {
    int64_t n;
    real *x, *m, *out; /* (n, D), (n, M), (n, D) */
} simulated;

/* Images of examples first, first + step, ...: a function of the example, or of one grey. */
static bool grey;
static simulated simulate(int64_t n, int64_t first, int64_t step_of_rows, uint64_t seed, uint32_t step)
{
    simulated s = {n, tensor(n, D), tensor(n, M), tensor(n, D)};
    uint32_t *example = malloc((size_t)n * sizeof *example);
    cama__arena arena = {.base = NULL};
    for (int64_t r = 0; r < n; r++) {
        const int64_t e = first + r * step_of_rows;
        example[r] = (uint32_t)e;
        for (int64_t f = 0; f < D; f++)
            s.x[cama__at(r, f, D)] =
                grey ? (real).3719 : (real)(.5 + .49 * sin(1.7 * (double)e + .61 * (double)f + .01 * (double)(f * f)));
    }
    for (int pass = 0; pass < 2; pass++) {
        cama__simulate(&(cama__exec){.arena = &arena}, model, &(cama__simulated_rows){n, example, seed, step}, s.x, s.m,
                       s.out);
        if (pass == 0) arena = (cama__arena){.base = cama__mem_alloc(arena.peak, 1), .size = arena.peak};
    }
    assert_false(arena.overflow);
    cama__mem_free(arena.base);
    free(example);
    return s;
}

static void drop(simulated *s) { cama__mem_free(s->x), cama__mem_free(s->m), cama__mem_free(s->out); }

static double number(const simulated *s, int64_t row, int32_t k) { return (double)s->m[cama__at(row, k, M)]; }

/* Whether all numbers of a row but those in `but` are 0. */
static bool none_but(const simulated *s, int64_t row, uint32_t but)
{
    bool none = true;
    for (int32_t k = 0; k < M; k++) none = none && ((but >> k & 1) || number(s, row, k) == 0);
    return none;
}

static double pixel(const real *of, int64_t row, int64_t i, int64_t j, int64_t c)
{
    const bool inside = i >= 0 && j >= 0 && i < SIDE && j < SIDE;
    return inside ? (double)of[cama__at(row, (i * SIDE + j) * CHANNELS + c, D)] : 0;
}

/* Largest difference of a row from its image moved by (dy, dx) pixels. */
static double difference(const simulated *s, int64_t row, int64_t dy, int64_t dx)
{
    double most = 0;
    for (int64_t i = 0; i < SIDE; i++)
        for (int64_t j = 0; j < SIDE; j++)
            for (int64_t c = 0; c < CHANNELS; c++) {
                const double away = fabs(pixel(s->out, row, i, j, c) - pixel(s->x, row, i - dy, j - dx, c));
                most = away > most ? away : most;
            }
    return most;
}

/* ---- The parts --------------------------------------------------------------------------------------------------- */

/* Five standard errors of a share. */
static void assert_share(const char *what, double count, double of, double least, double most)
{
    const double share = count / of, error = 5 * sqrt(.25 / of);
    if (!(share > least - error && share < most + error))
        fail_msg("%s: %.3f, expected %.3f to %.3f +- %.3f", what, share, least, most, error);
}

/* A fifth is untouched, and so is what another view has nothing of: an image that is moved by no pixel (.006), one that
 * has a tone alone and none (.042). Half of them are made sharper or softer, some by next to nothing, which is no view;
 * the others keep their bits. */
static void test_untouched(void **state)
{
    (void)state;
    simulated s = simulate(N, 0, 1, 5, 0);
    int64_t untouched = 0, same = 0;
    for (int64_t r = 0; r < N; r++) {
        if (!none_but(&s, r, 0)) continue;
        untouched++;
        same += difference(&s, r, 0, 0) == 0;
    }
    assert_share("untouched", (double)untouched, N, .248, .248);
    assert_share("with their bits", (double)same, (double)untouched, .5, .65);
    drop(&s);
}

/* Moved by whole pixels and nothing else: the image itself, moved, where it is not made sharper or softer. */
static void test_whole_pixels(void **state)
{
    (void)state;
    const double pixels = (double)cama__view_rows[VIEW_Y].scale * SIDE / 2;
    simulated s = simulate(N, 0, 1, 5, 0);
    int64_t moved = 0, same = 0;
    for (int64_t r = 0; r < N; r++) {
        const double dy = number(&s, r, VIEW_Y) * pixels, dx = number(&s, r, VIEW_X) * pixels;
        const bool whole = fabs(dy - nearbyint(dy)) < 1e-5 && fabs(dx - nearbyint(dx)) < 1e-5;
        if (!whole || none_but(&s, r, 0) || !none_but(&s, r, 3)) continue;
        moved++;
        same += difference(&s, r, (int64_t)nearbyint(dy), (int64_t)nearbyint(dx)) < 1e-5; /* places to rounding */
    }
    assert_true(moved > N / 20);
    assert_share("moved as they are", (double)same, (double)moved, .5, .7);
    drop(&s);
}

/* Every kind of view is there, alone and with others, of either sign, within the images' bounds. */
static void test_kinds(void **state)
{
    (void)state;
    static const double shares[VIEW_COUNT][2] = {/* least and most of the images */
                                                 {.2, .5},  {.2, .5},  {.15, .4}, {.08, .3}, {.08, .3},
                                                 {.05, .3}, {.08, .3}, {.05, .3}, {.1, .35}, {.1, .35}};
    simulated s = simulate(N, 0, 1, 5, 0);
    for (int32_t k = 0; k < VIEW_COUNT; k++) {
        int64_t there = 0, negative = 0;
        for (int64_t r = 0; r < N; r++) {
            there += number(&s, r, k) != 0;
            negative += number(&s, r, k) < 0;
        }
        const double share = (double)there / N;
        if (!(share > shares[k][0] && share < shares[k][1])) fail_msg("%s: %.3f", cama__view_rows[k].name, share);
        assert_true(k >= VIEW_BLUR ? negative == 0 : negative > there / 5 && negative < there);
    }
    for (int64_t r = 0; r < N; r++) {
        assert_true(number(&s, r, M - 1) == 0); /* no view has it */
        for (int64_t f = 0; f < D; f++) assert_true(s.out[cama__at(r, f, D)] >= 0 && s.out[cama__at(r, f, D)] <= 1);
    }
    drop(&s);
}

/* ---- A function of seed, step and example ------------------------------------------------------------------------ */

static bool same_rows(const simulated *a, int64_t i, const simulated *b, int64_t j)
{
    bool same = true;
    for (int64_t k = 0; k < M; k++) same = same && a->m[cama__at(i, k, M)] == b->m[cama__at(j, k, M)];
    for (int64_t f = 0; f < D; f++) same = same && a->out[cama__at(i, f, D)] == b->out[cama__at(j, f, D)];
    return same;
}

static void test_keys(void **state)
{
    (void)state;
    enum { FEW = 300 };
    simulated all = simulate(FEW, 0, 1, 5, 7), again = simulate(FEW, 0, 1, 5, 7), seed = simulate(FEW, 0, 1, 6, 7),
              step = simulate(FEW, 0, 1, 5, 8), part = simulate(FEW / 3 - 1, 2, 3, 5, 7),
              one = simulate(1, 41, 1, 5, 7);
    int64_t of_seed = 0, of_step = 0;
    for (int64_t r = 0; r < FEW; r++) {
        assert_true(same_rows(&all, r, &again, r));
        of_seed += same_rows(&all, r, &seed, r);
        of_step += same_rows(&all, r, &step, r);
    }
    assert_true(of_seed < FEW / 10 && of_step < FEW / 10); /* both times untouched */
    for (int64_t r = 0; r < part.n; r++) assert_true(same_rows(&part, r, &all, 2 + 3 * r));
    assert_true(same_rows(&one, 0, &all, 41));
    drop(&all), drop(&again), drop(&seed), drop(&step), drop(&part), drop(&one);
}

/* ---- Pixels of anything ------------------------------------------------------------------------------------------ */

/* Of an image of one grey every replaced number is another; the channels of a pixel go together, and `step` is kept. */
static void test_contaminate(void **state)
{
    (void)state;
    enum { KEYS = 400, STEP = 3 };
    const cama__image image = {SIDE, SIDE, CHANNELS};
    static real x[D * STEP], again[D * STEP], mask[SIDE * SIDE];
    const real level = (real).3719;
    double sum = 0;
    int values[4] = {0};
    for (uint32_t e = 0; e < KEYS; e++) {
        const cama__rng_key key = {9, RNG_VIEW, 2, e, 3};
        int changed = 0;
        for (int f = 0; f < D * STEP; f++) x[f] = again[f] = level;
        const double share = cama__contaminate(image, key, STEP, x, mask);
        for (int p = 0; p < SIDE * SIDE; p++) {
            const real v = x[p * CHANNELS * STEP];
            changed += v != level;
            assert_true((x[(p * CHANNELS + 1) * STEP] != level) == (v != level));
            values[0] += v == 0, values[1] += v == 1, values[2] += v == 1 - level;
            values[3] += v != 0 && v != 1 && v != 1 - level && v != level;
            assert_true(v >= 0 && v <= 1);
        }
        for (int f = 0; f < D * STEP; f++) assert_true(f % STEP == 0 || x[f] == level);
        assert_true(share == changed / (double)(SIDE * SIDE));
        assert_true(cama__contaminate(image, key, STEP, again, mask) == share);
        assert_memory_equal(x, again, sizeof x);
        sum += share / KEYS;
    }
    assert_true(sum > .08 && sum < .4);
    for (int i = 0; i < 4; i++) assert_true(values[i] > KEYS); /* black, white, inverse, any */
}

/* The number of m that says how many pixels were replaced gives their share back. */
static void test_contamination_is_told(void **state)
{
    (void)state;
    grey = true; /* what is sharper or softer looks the same */
    simulated s = simulate(N, 0, 1, 5, 0);
    grey = false;
    int64_t contaminated = 0;
    for (int64_t r = 0; r < N; r++) {
        if (!none_but(&s, r, 1u << VIEW_CONTAMINATION) || none_but(&s, r, 0)) continue;
        const double v = number(&s, r, VIEW_CONTAMINATION) * (double)cama__view_rows[VIEW_CONTAMINATION].scale;
        int changed = 0;
        for (int64_t p = 0; p < SIDE * SIDE; p++)
            changed += fabs((double)s.out[cama__at(r, p * CHANNELS, D)] - .3719) > 1e-3;
        /* to a number that is like the grey by chance */
        assert_near(-expm1(-v * v), changed / (double)(SIDE * SIDE), 5e-3);
        contaminated++;
    }
    assert_true(contaminated > N / 60);
    drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_untouched),   cmocka_unit_test(test_whole_pixels),
        cmocka_unit_test(test_kinds),       cmocka_unit_test(test_keys),
        cmocka_unit_test(test_contaminate), cmocka_unit_test(test_contamination_is_told),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
