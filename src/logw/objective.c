/* objective - all in the log domain: no exp of a likelihood, and weights are normalised by their
 * own sum, so that they sum to 1 however large the logarithms are. */
#include "objective.h"

#include <math.h>

/* The samples of one class among w (U, C, K): sample s = u * K + k lies at offset(s). */
typedef struct {
    double *w;
    int32_t c, classes, k;
    int64_t count; /* U K */
} samples;

static inline double *sample(const samples *v, int64_t s)
{
    return v->w + (s / v->k * v->classes + v->c) * v->k + s % v->k;
}

static double mean(const samples *v)
{
    double sum = 0;
    for (int64_t s = 0; s < v->count; s++) sum += *sample(v, s);
    return sum / (double)v->count;
}

static double largest(const samples *v)
{
    double top = -INFINITY;
    for (int64_t s = 0; s < v->count; s++) top = *sample(v, s) > top || isnan(*sample(v, s)) ? *sample(v, s) : top;
    return top;
}

static double log_mean_exp(const samples *v)
{
    const double top = largest(v);
    double sum = 0;
    if (!isfinite(top)) return top;
    for (int64_t s = 0; s < v->count; s++) sum += exp(*sample(v, s) - top);
    return top + log(sum / (double)v->count);
}

/* w becomes `scale` times the derivative of the class's level: an equal share each, or softmax over the samples. */
static void spread_evenly(const samples *v, double scale)
{
    for (int64_t s = 0; s < v->count; s++) *sample(v, s) = scale / (double)v->count;
}

static void spread_softmax(const samples *v, double scale)
{
    const double top = largest(v);
    double sum = 0;
    for (int64_t s = 0; s < v->count; s++) sum += *sample(v, s) = exp(*sample(v, s) - top);
    for (int64_t s = 0; s < v->count; s++) *sample(v, s) *= scale / sum;
}

/* Softmax of levels to p; returns their log-sum-exp. skip: a class left out (its p is 0), or -1. */
static double softmax(const double *level, int32_t classes, int32_t skip, double *p)
{
    double top = -INFINITY, sum = 0;
    for (int32_t c = 0; c < classes; c++)
        if (c != skip && (level[c] > top || isnan(level[c]))) top = level[c];
    for (int32_t c = 0; c < classes; c++) sum += p[c] = c == skip ? 0 : exp(level[c] - top);
    for (int32_t c = 0; c < classes; c++) p[c] /= sum;
    return top + log(sum);
}

/* sum_c p_c log p_c; what p rounds to 0 counts for nothing. */
static double negative_entropy(const double *level, double total, int32_t classes, const double *p)
{
    double sum = 0;
    for (int32_t c = 0; c < classes; c++)
        if (p[c] > 0) sum += p[c] * (level[c] - total);
    return sum;
}

double cama__objective_apply(enum cama__objective objective, int32_t u, int32_t classes, int32_t k, double *w,
                             int32_t label, bool gradient, double scale, double *probabilities, double *work)
{
    const bool bayes = cama__objective_is_bayes(objective), odds = objective == OBJECTIVE_ODDS,
               labelled = objective == OBJECTIVE_BAYES && label >= 0, entropy = objective == OBJECTIVE_ENTROPY;
    double *level = work, *p = work + classes;
    samples v = {.w = w, .classes = classes, .k = k, .count = (int64_t)u * k};
    for (v.c = 0; v.c < classes; v.c++) level[v.c] = bayes ? log_mean_exp(&v) : mean(&v);
    const double total = softmax(level, classes, -1, p);
    for (int32_t c = 0; probabilities != NULL && c < classes; c++) probabilities[c] = p[c];
    const double rest = odds ? softmax(level, classes, label, p) : 0; /* log of the sum over the other classes */
    const double order = entropy ? negative_entropy(level, total, classes, p) : 0;
    for (v.c = 0; gradient && v.c < classes; v.c++) {
        const double is_label = v.c == label, log_p = level[v.c] - total;
        const double to_class = odds || labelled ? is_label - p[v.c]
                                : !entropy       ? p[v.c]
                                : p[v.c] > 0     ? p[v.c] * (log_p - order)
                                                 : 0;
        (bayes ? spread_softmax : spread_evenly)(&v, scale * to_class);
    }
    return odds ? level[label] - rest : labelled ? level[label] - total : entropy ? order : total;
}
