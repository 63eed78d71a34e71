/* c_fit - normal equations in double. Taking each class's means off x and c first leaves a system in c alone; a ridge
 * of a millionth of each column's variance, 1 in standard units, keeps one-hot columns, whose sum is constant, from
 * making it singular. */
#include "c_fit.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Of dims numbers of x from `first` on, over the rows in which the first of them is there. */
typedef struct {
    int64_t n, first, dims, causes, classes;
    double *class_mean; /* (classes, D + P) */
    double *ridge;      /* (P) */
    double *row;        /* (D + P) one row, in standard units, about its class's mean */
    double *gram;       /* (P, P) */
    double *cross;      /* (P, D) */
    double *effect;     /* (D, P) of all x */
} fit;

/* False: the row has nothing to say. */
static bool read_row(const cama_model *model, const cama_dataset *data, const fit *f, int64_t i)
{
    static const int32_t roles[] = {ROLE_X, ROLE_C};
    const int64_t first[] = {f->first, 0}, count[] = {f->dims, f->causes};
    double *row = f->row;
    for (int r = 0; r < 2; r++) {
        const int64_t width = cama__model_width(model, roles[r]), at = cama__model_place(model, roles[r]) + first[r];
        const float *values = cama__dataset_block(data, roles[r]) + i * width + first[r];
        for (int64_t d = 0; d < count[r]; d++)
            *row++ = ((double)values[d] - (double)model->mean[at + d]) / (double)model->scale[at + d];
    }
    return !isnan(f->row[0]);
}

static int32_t find_means(const cama_model *model, const cama_dataset *data, fit *f)
{
    int32_t status = CAMA_OK;
    const int64_t width = f->dims + f->causes;
    double *count = NULL;
    TRY(cama__mem_new(&count, f->classes));
    for (int64_t i = 0; i < f->n; i++) {
        double *mean = f->class_mean + data->y[i] * width;
        if (!read_row(model, data, f, i)) continue;
        count[data->y[i]]++;
        for (int64_t d = 0; d < width; d++) mean[d] += (f->row[d] - mean[d]) / count[data->y[i]];
    }
    cama__mem_free(count);
out:
    return status;
}

/* In units that were not learned a column is of any size. */
static void find_ridge(const cama_model *model, const cama_dataset *data, fit *f)
{
    for (int64_t j = 0; j < f->causes; j++) {
        double mean = 0, square = 0;
        for (int64_t i = 0; !model->standardised && i < f->n; i++) {
            const double v = data->c[i * f->causes + j], away = v - mean;
            mean += away / (double)(i + 1);
            square += away * (v - mean);
        }
        f->ridge[j] = 1e-6 * (square > 0 ? square : (double)f->n);
    }
}

static void add_products(const cama_model *model, const cama_dataset *data, fit *f)
{
    const int64_t p = f->causes, width = f->dims + p;
    for (int64_t i = 0; i < f->n; i++) {
        const double *mean = f->class_mean + data->y[i] * width;
        if (!read_row(model, data, f, i)) continue;
        for (int64_t d = 0; d < width; d++) f->row[d] -= mean[d];
        const double *x = f->row, *c = f->row + f->dims;
        for (int64_t j = 0; j < p; j++) {
            for (int64_t k = 0; k <= j; k++) f->gram[j * p + k] += c[j] * c[k];
            for (int64_t d = 0; d < f->dims; d++) f->cross[j * f->dims + d] += c[j] * x[d];
        }
    }
    for (int64_t j = 0; j < p; j++) f->gram[j * p + j] += f->ridge[j];
}

/* gram = L L', in place, then both triangular systems for each column of cross. */
static void solve(fit *f)
{
    const int64_t p = f->causes, dims = f->dims;
    double *l = f->gram, *b = f->cross;
    for (int64_t j = 0; j < p; j++) {
        for (int64_t i = j; i < p; i++) {
            for (int64_t k = 0; k < j; k++) l[i * p + j] -= l[i * p + k] * l[j * p + k];
            l[i * p + j] = i == j ? sqrt(l[j * p + j]) : l[i * p + j] / l[j * p + j];
        }
    }
    for (int64_t i = 0; i < p; i++)
        for (int64_t d = 0; d < dims; d++) {
            for (int64_t k = 0; k < i; k++) b[i * dims + d] -= l[i * p + k] * b[k * dims + d];
            b[i * dims + d] /= l[i * p + i];
        }
    for (int64_t i = p - 1; i >= 0; i--)
        for (int64_t d = 0; d < dims; d++) {
            for (int64_t k = i + 1; k < p; k++) b[i * dims + d] -= l[k * p + i] * b[k * dims + d];
            b[i * dims + d] /= l[i * p + i];
        }
}

/* Numbers first .. first + dims of x: those of them that are continuous have an effect. */
static int32_t fit_numbers(const cama_model *model, const cama_dataset *data, int64_t first, int64_t dims, fit *f)
{
    const int64_t p = f->causes;
    f->first = first, f->dims = dims;
    memset(f->class_mean, 0, (size_t)(f->classes * (dims + p)) * sizeof *f->class_mean);
    memset(f->gram, 0, (size_t)(p * p) * sizeof *f->gram);
    memset(f->cross, 0, (size_t)(p * dims) * sizeof *f->cross);
    const int32_t status = find_means(model, data, f);
    if (status != CAMA_OK) return status;
    find_ridge(model, data, f);
    add_products(model, data, f);
    solve(f);
    for (int64_t d = 0; d < dims; d++)
        for (int64_t j = 0; j < p; j++) f->effect[(first + d) * p + j] = f->cross[j * dims + d];
    return CAMA_OK;
}

static int32_t write_weight(cama_model *model, const fit *f)
{
    int32_t status = CAMA_OK;
    const cama__param *param = cama__params_find(&model->params, "c_linear.0.weight");
    float *weight = NULL;
    TRY(cama__mem_new(&weight, param->count));
    for (int64_t d = 0; d < cama__shape_size(model->spec.x); d++)
        for (int64_t j = 0; j < f->causes; j++) {
            const double effect = model->reads[d] ? f->effect[d * f->causes + j] : 0;
            if (!(fabs(effect) <= (double)FLT_MAX))
                FAIL(CAMA_E_NONFINITE,
                     "c_linear: expected a finite linear effect of column %lld of c on column %lld of x, got %g",
                     (long long)j, (long long)d, effect);
            weight[d * f->causes + j] = (float)effect;
        }
    cama__param_write(param, &model->net[NET_C_LINEAR], model->theta, weight);
out:
    cama__mem_free(weight);
    return status;
}

bool cama__c_fit_known(const cama_model *model)
{
    const cama__param *param = cama__params_find(&model->params, "c_linear.0.weight");
    bool known = false;
    for (int64_t k = 0; k < param->size; k++) known = known || model->theta[param->offset + k] != 0;
    return known;
}

void cama__c_fit_forget(cama_model *model)
{
    const cama__param *param = cama__params_find(&model->params, "c_linear.0.weight");
    memset(model->theta + param->offset, 0, (size_t)param->size * sizeof *model->theta);
}

int32_t cama__c_fit_learn(cama_model *model, const cama_dataset *labelled)
{
    const int64_t dims = cama__shape_size(model->spec.x), p = model->spec.c, classes = model->spec.classes;
    const bool apart = labelled->missing > 0; /* each number over the rows that have it */
    fit f = {.n = labelled->n, .causes = p, .classes = classes};
    int32_t status = CAMA_OK;
    TRY(cama__mem_new(&f.class_mean, classes * (dims + p)));
    TRY(cama__mem_new(&f.ridge, p));
    TRY(cama__mem_new(&f.row, dims + p));
    TRY(cama__mem_new(&f.gram, p * p));
    TRY(cama__mem_new(&f.cross, p * dims));
    TRY(cama__mem_new(&f.effect, dims * p));
    for (int64_t d = 0; d < dims; d += apart ? 1 : dims) TRY(fit_numbers(model, labelled, d, apart ? 1 : dims, &f));
    TRY(write_weight(model, &f));
out:
    cama__mem_free(f.class_mean);
    cama__mem_free(f.ridge);
    cama__mem_free(f.row);
    cama__mem_free(f.gram);
    cama__mem_free(f.cross);
    cama__mem_free(f.effect);
    return status;
}
