/* class_shares - each class is counted once more than the rows say, spread as the prior is, so that
 * no share becomes zero; the step is repeated until no share moves. */
#include "class_shares.h"

#include <math.h>
#include <string.h>

#include "../model/model.h"

enum { ROUNDS = 1000 };
static const double rest = 1e-7; /* a share that moves less has come to rest */

/* log of the sum over c of p[i,c] shares[c] / prior[c]: how much more likely the shares make row i. */
static double log_gain(const cama__classified *r, int64_t i, const double *shares)
{
    double sum = 0;
    for (int64_t c = 0; c < r->classes; c++) sum += r->p[i * r->classes + c] * shares[c] / exp(r->log_prior[c]);
    return log(sum > 1e-300 ? sum : 1e-300);
}

/* shares to next (C). */
static void step(const cama__classified *r, const double *shares, double *next)
{
    double total = (double)r->classes;
    for (int64_t c = 0; c < r->classes; c++) next[c] = (double)r->classes * exp(r->log_prior[c]);
    for (int64_t i = 0; i < r->n; i++) {
        if (r->flag != NULL && r->flag[i]) continue;
        const double scale = exp(-log_gain(r, i, shares));
        for (int64_t c = 0; c < r->classes; c++)
            next[c] += r->p[i * r->classes + c] * shares[c] / exp(r->log_prior[c]) * scale;
        total++;
    }
    for (int64_t c = 0; c < r->classes; c++) next[c] /= total;
}

/* Twice the gain in log-likelihood has, by chance, C - 1 degrees of freedom: four deviations above their number. */
bool cama__class_shares_differ(const cama__classified *r, const double *shares)
{
    const double freedom = (double)(r->classes - 1);
    double gain = 0;
    for (int64_t i = 0; i < r->n; i++)
        if (r->flag == NULL || !r->flag[i]) gain += log_gain(r, i, shares);
    return 2 * gain > freedom + 4 * sqrt(2 * freedom);
}

void cama__class_shares_find(const cama__classified *r, double *shares, double *work)
{
    double moved = 1;
    for (int64_t c = 0; c < r->classes; c++) shares[c] = exp(r->log_prior[c]);
    for (int32_t round = 0; round < ROUNDS && moved > rest; round++) {
        step(r, shares, work);
        moved = 0;
        for (int64_t c = 0; c < r->classes; c++) moved = fmax(moved, fabs(work[c] - shares[c]));
        memcpy(shares, work, (size_t)r->classes * sizeof *shares);
    }
}

int32_t cama__class_shares(const cama_model *model, const cama_dataset *dataset, bool test, double *p)
{
    const int64_t classes = model->spec.classes;
    const cama__classified r = {.log_prior = model->log_prior,
                                .flag = dataset->origin != NULL ? dataset->origin->flag : NULL,
                                .p = p,
                                .n = dataset->n,
                                .classes = classes};
    int32_t status = CAMA_OK;
    double *shares = NULL;
    TRY(cama__mem_new(&shares, 2 * classes));
    cama__class_shares_find(&r, shares, shares + classes);
    const bool changed = !test || cama__class_shares_differ(&r, shares);
    for (int64_t i = 0; changed && i < r.n; i++) {
        const double scale = exp(-log_gain(&r, i, shares));
        for (int64_t c = 0; c < classes; c++) p[i * classes + c] *= shares[c] / exp(r.log_prior[c]) * scale;
    }
out:
    cama__mem_free(shares);
    return status;
}
