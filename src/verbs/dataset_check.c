/* dataset_check - each refusal says what the model expected and what the dataset has. */
#include "dataset_check.h"

static int32_t refuse_shape(const char *what, cama__shape wanted, cama__shape got)
{
    const bool vectors = wanted.h == 1 && wanted.w == 1 && got.h == 1 && got.w == 1;
    if (vectors)
        return cama__error(CAMA_E_ARGUMENT, "%s: expected vectors of %d numbers, got %d", what, wanted.c, got.c);
    return cama__error(CAMA_E_ARGUMENT, "%s: expected images of %dx%dx%d, got %dx%dx%d", what, wanted.h, wanted.w,
                       wanted.c, got.h, got.w, got.c);
}

static int32_t refuse_value(const char *what, const cama_dataset *dataset)
{
    const int64_t dims = cama__shape_size(dataset->shape);
    int64_t i = 0;
    while (dataset->x[i] >= 0 && dataset->x[i] <= 1) i++;
    return cama__error(CAMA_E_DATA,
                       "%s: expected x in [0,1] for a bernoulli likelihood, got %.9g at row %lld, column %lld", what,
                       (double)dataset->x[i], (long long)(i / dims), (long long)(i % dims));
}

int32_t cama__dataset_check(const cama_dataset *dataset, const cama_model *model, bool labels, const char *what)
{
    const cama__spec *spec = &model->spec;
    const cama__shape wanted = spec->x, got = dataset->shape;
    if (wanted.h != got.h || wanted.w != got.w || wanted.c != got.c) return refuse_shape(what, wanted, got);
    if (dataset->width_a != spec->a || dataset->width_c != spec->c)
        return cama__error(CAMA_E_ARGUMENT, "%s: expected %d numbers of parents and %d of co-parents, got %d and %d",
                           what, spec->a, spec->c, dataset->width_a, dataset->width_c);
    if (model->schema != NULL && dataset->schema != NULL) {
        const int32_t status = cama__schema_match(model->schema, dataset->schema, what);
        if (status != CAMA_OK) return status;
    }
    if (model->schema != NULL && dataset->schema == NULL && dataset->x != NULL) {
        const int32_t status = cama__schema_check(model->schema, ROLE_X, dataset->n, dataset->x);
        if (status != CAMA_OK) return status;
    }
    if (dataset->classes != spec->classes)
        return cama__error(CAMA_E_ARGUMENT, "%s: expected %d classes, got %d", what, spec->classes, dataset->classes);
    if (labels && dataset->given != NULL)
        return cama__error(CAMA_E_ARGUMENT, "%s: expected a label of every row, got a file that has not all of them",
                           what);
    if (labels && dataset->y == NULL) return cama__error(CAMA_E_ARGUMENT, "%s: expected labels, got none", what);
    if (model->schema == NULL && !spec->discriminative && spec->likelihood == LIKELIHOOD_BERNOULLI &&
        (dataset->low < 0 || dataset->high > 1))
        return refuse_value(what, dataset);
    return CAMA_OK;
}
