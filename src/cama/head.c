/* head - see head.h. All in the log domain: no exp of a likelihood. */
#include "head.h"

#include <math.h>

static double log_sum_exp(const double *v, int64_t n)
{
    double top = v[0], sum = 0;
    for (int64_t i = 1; i < n; i++) top = v[i] > top ? v[i] : top;
    if (!isfinite(top)) return top;
    for (int64_t i = 0; i < n; i++) sum += exp(v[i] - top);
    return top + log(sum);
}

/* Visit the samples (u, k) of class c. */
#define EACH_SAMPLE(s, c)                                                                                              \
    for (int64_t s##u = 0; s##u < u; s##u++)                                                                            \
        for (double *s = w + (s##u * classes + (c)) * k, *s##end = s + k; s < s##end; s++)

static double class_mean(const double *w0, int32_t u, int32_t classes, int32_t k, int32_t c)
{
    double *w = (double *)(uintptr_t)w0, sum = 0;
    EACH_SAMPLE(s, c) sum += *s;
    return sum / ((double)u * k);
}

static double class_log_mean_exp(const double *w0, int32_t u, int32_t classes, int32_t k, int32_t c)
{
    double *w = (double *)(uintptr_t)w0, top = -INFINITY, sum = 0;
    EACH_SAMPLE(s, c) top = *s > top || isnan(*s) ? *s : top;
    if (!isfinite(top)) return top;
    EACH_SAMPLE(s, c) sum += exp(*s - top);
    return top + log(sum) - log((double)u * k);
}

double cama__head_apply(enum cama__head head, int32_t u, int32_t classes, int32_t k, double *w, int32_t label,
                        bool gradient, double scale, double *probabilities, double *work)
{
    double *level = work, *p = work + classes, total;
    for (int32_t c = 0; c < classes; c++)
        level[c] = head == HEAD_BAYES ? class_log_mean_exp(w, u, classes, k, c) : class_mean(w, u, classes, k, c);
    total = log_sum_exp(level, classes);
    for (int32_t c = 0; c < classes; c++) p[c] = exp(level[c] - total);
    if (probabilities != NULL)
        for (int32_t c = 0; c < classes; c++) probabilities[c] = p[c];
    const bool labelled = head == HEAD_BAYES && label >= 0;
    for (int32_t c = 0; gradient && c < classes; c++) {
        const double to_class = scale * (labelled ? (c == label) - p[c] : p[c]);
        EACH_SAMPLE(s, c)
        {
            const double share = head == HEAD_BAYES ? exp(*s - level[c]) : 1; /* times 1/(U K): softmax over samples */
            *s = to_class * share / ((double)u * k);
        }
    }
    return labelled ? level[label] - total : total;
}
