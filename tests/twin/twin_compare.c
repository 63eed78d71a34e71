/* twin_compare - see twin_compare.h. */
#include "twin_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

enum measure {
    ABSOLUTE, /* max |got - want| */
    RELATIVE, /* max |got - want| / max |want| */
    RATE      /* max |got - want| / Adam's rate */
};

/* Tolerances of the small cases and of mnist (README.md). Single: ten times what single precision costs the twin.
 * Double: DOUBLE_SHARE of that, the ratio of the units of rounding. */
static const struct {
    const char *name;
    enum measure measure;
    double single[2];
} quantities[TWIN_QUANTITIES] = {
    [TWIN_NOISE] = {"uniforms, normals", RELATIVE, {5e-7, 5e-7}},
    [TWIN_PARAMETER] = {"initial parameters", RELATIVE, {5e-7, 5e-7}},
    [TWIN_ELBO] = {"ELBOs", RELATIVE, {5e-6, 6e-6}},
    [TWIN_W] = {"w", RELATIVE, {5e-6, 6e-6}},
    [TWIN_PROBABILITY] = {"p(y|x)", ABSOLUTE, {5e-5, 2e-4}},
    [TWIN_PROBABILITY_FLOATS] = {"p(y|x) by cama_predict", ABSOLUTE, {5e-5, 2e-4}},
    [TWIN_FLOATS] = {"encode, reconstruct, generate", RELATIVE, {5e-6, 6e-6}},
    [TWIN_OBJECTIVE] = {"objectives", RELATIVE, {5e-6, 6e-6}},
    [TWIN_GRADIENT] = {"gradients", RELATIVE, {2e-5, 2e-5}},
    [TWIN_GRADIENT_FINE] = {"gradients, fine-tuning", RELATIVE, {8e-5, 4e-4}},
    [TWIN_ATTACK] = {"gradients of attacks", RELATIVE, {1e-3, 1e-3}},
    [TWIN_ADAM_VALUE] = {"Adam: objectives", RELATIVE, {5e-6, 1e-5}},
    [TWIN_ADAM_TRAIN] = {"Adam: way, train", RATE, {4e-3, 5e-4}},
    [TWIN_ADAM_JOINT] = {"Adam: way, joint", RATE, {5e-3, 5e-1}},
    [TWIN_ADAM_FINE] = {"Adam: way, fine-tuning", RATE, {4e-3, 5e-1}},
};

#ifdef CAMA_DOUBLE
#define DOUBLE_SHARE 0x1p-29
#define FLOAT_ROUNDING 0x1p-24
static const char build[] = "double";
#else
static const char build[] = "float";
#endif

static double tolerance_of(enum twin_quantity q, bool big)
{
#ifdef CAMA_DOUBLE
    /* x goes back to the data's units in floats: the number, a product and a sum */
    const int floats = q == TWIN_FLOATS ? 3 : q == TWIN_PROBABILITY_FLOATS;
    return DOUBLE_SHARE * quantities[q].single[big] + floats * FLOAT_ROUNDING;
#else
    return quantities[q].single[big];
#endif
}

static double worst[TWIN_QUANTITIES][TWIN_CASES];
static bool met[TWIN_QUANTITIES][TWIN_CASES];
static int64_t failures;

enum { PRINTED = 12 };

static void judge(const twin *t, enum twin_quantity q, double deviation, double tolerance, const char *what)
{
    met[q][t->number] = true;
    if (!(deviation <= worst[q][t->number])) worst[q][t->number] = deviation;
    if (deviation <= tolerance) return;
    if (++failures <= PRINTED)
        print_error("%s, %s: %s differs by %.2e (%s), tolerance %.2e\n", build, twin_case_name[t->number], what,
                    deviation, quantities[q].name, tolerance);
}

/* Nothing may differ where nothing is measured against. */
static double share(double difference, double of) { return of > 0 ? difference / of : difference == 0 ? 0 : INFINITY; }

static double deviation_of(const twin *t, enum measure measure, const double *got, const double *want, int64_t count)
{
    double difference = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        const double d = fabs(got[i] - want[i]);
        if (!(d <= difference)) difference = d;
        if (fabs(want[i]) > largest) largest = fabs(want[i]);
    }
    return measure == RELATIVE ? share(difference, largest) : measure == RATE ? difference / t->rate : difference;
}

void twin_compare_numbers(const twin *t, enum twin_quantity quantity, const double *got, const double *want,
                          int64_t count, const char *what)
{
    judge(t, quantity, deviation_of(t, quantities[quantity].measure, got, want, count), tolerance_of(quantity, t->big),
          what);
}

void twin_compare(twin *t, enum twin_quantity quantity, const double *got, int64_t count, const char *format, ...)
{
    char name[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    const twin_record *record = twin_find(&t->file, "%s", name);
    if (record == NULL) return;
    t->compared[record - t->file.records] = true;
    if (record->count != count)
        fail_msg("%s: %s: the fixture has %lld numbers, the library %lld", twin_case_name[t->number], name,
                 (long long)record->count, (long long)count);
    twin_compare_numbers(t, quantity, got, record->values, count, name);
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

/* The sums in the fixture are sums of doubles, whose rounding errors add up like a random walk. */
static const double sum_rounding = 0x1p-53;

static double dot_normals(uint32_t sample, const double *values, int64_t count)
{
    long double sum = 0; /* of a million terms: rounding should be that of the values */
    real *normal = cama__mem_alloc((size_t)count, sizeof *normal);
    cama__rng_normals((cama__rng_key){7, RNG_INIT, sample, RNG_NO_EXAMPLE, 0}, count, normal, 1);
    for (int64_t i = 0; i < count; i++) sum += (long double)values[i] * normal[i];
    cama__mem_free(normal);
    return (double)sum;
}

/* The measure of a summary (README.md), and the first eight values against the largest of the tensor. */
static double summary_deviation(const double *values, int64_t count, int32_t tensor, const double *want)
{
    long double sum = 0, squares = 0;
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += values[i], squares += (long double)values[i] * values[i];
        if (fabs(values[i]) > largest) largest = fabs(values[i]);
    }
    const double norm = sqrt(want[3]);
    const double parts[] = {
        share(fabs((double)sum - want[0]), norm * sqrt((double)count)),
        share(fabs(dot_normals((uint32_t)(1000 + tensor), values, count) - want[1]), norm),
        share(fabs(dot_normals((uint32_t)(2000 + tensor), values, count) - want[2]), norm),
        share(fabs((double)squares - want[3]), norm * norm),
    };
    double worst_part = 0;
    for (int i = 0; i < 4; i++)
        if (!(parts[i] <= worst_part)) worst_part = parts[i];
    for (int64_t i = 0; i < 8; i++) {
        const double part = share(fabs((i < count ? values[i] : 0) - want[4 + i]), largest);
        if (!(part <= worst_part)) worst_part = part;
    }
    return worst_part;
}

static void compare_tensor(twin *t, enum twin_quantity quantity, int32_t tensor, const double *values,
                           const char *prefix)
{
    const char *name = t->model->params.item[tensor].name;
    const int64_t count = t->model->params.item[tensor].count;
    twin_compare(t, quantity, values, count, "%s.%s", prefix, name);
    const twin_record *record = twin_find(&t->file, "%s.%s.sum", prefix, name);
    if (record == NULL) return;
    assert_int_equal(record->count, 12);
    t->compared[record - t->file.records] = true;
    judge(t, quantity, summary_deviation(values, count, tensor, record->values),
          tolerance_of(quantity, t->big) + sum_rounding * sqrt((double)count), record->name);
}

void twin_compare_block(twin *t, enum twin_quantity quantity, const real *block, const real *base, uint32_t nets,
                        const char *prefix)
{
    const cama__params *p = &t->model->params;
    for (int32_t i = 0; i < p->count; i++) {
        if (!(nets & CAMA__NET_BIT(p->item[i].net))) continue;
        double *values = malloc((size_t)p->item[i].count * sizeof *values);
        double *before = calloc((size_t)p->item[i].count, sizeof *before);
        twin_read(t, i, block, values);
        if (base != NULL) twin_read(t, i, base, before);
        for (int64_t k = 0; k < p->item[i].count; k++) values[k] -= before[k];
        compare_tensor(t, quantity, i, values, prefix);
        free(values), free(before);
    }
}

/* ---- Verdicts ---------------------------------------------------------------------------------------------------- */

int twin_forget(void **state)
{
    (void)state;
    failures = 0;
    return 0;
}

void twin_check(void)
{
    const int64_t count = failures;
    failures = 0;
    if (count > 0) fail_msg("%lld comparisons failed", (long long)count);
}

void twin_check_all(const twin *t, const char *const *groups)
{
    int64_t found = 0;
    for (const char *const *group = groups; *group != NULL; group++) {
        const size_t length = strlen(*group);
        for (int64_t i = 0; i < t->file.count; i++) {
            const char *name = t->file.records[i].name;
            if (strncmp(name, *group, length) != 0 || name[length] != '.') continue;
            found++;
            if (!t->compared[i]) fail_msg("%s: nothing was compared with %s", twin_case_name[t->number], name);
        }
    }
    assert_true(found > 0);
}

void twin_print_table(void)
{
    printf("%-32s", build);
    for (int32_t c = 0; c < TWIN_CASES; c++) printf("%10s", twin_case_name[c]);
    printf("%22s\n", "tolerance (mnist)");
    for (int32_t q = 0; q < TWIN_QUANTITIES; q++) {
        bool any = false;
        for (int32_t c = 0; c < TWIN_CASES; c++) any |= met[q][c];
        if (!any) continue;
        printf("%-32s", quantities[q].name);
        for (int32_t c = 0; c < TWIN_CASES; c++) {
            if (met[q][c])
                printf("%10.1e", worst[q][c]);
            else
                printf("%10s", "");
        }
        const enum twin_quantity quantity = (enum twin_quantity)q;
        printf("%11.1e (%.1e)\n", tolerance_of(quantity, false), tolerance_of(quantity, true));
    }
}
