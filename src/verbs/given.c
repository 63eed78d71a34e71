/* given - checked like a dataset, for all rows, before the first batch; then packed batch by batch. */
#include "given.h"

#include <math.h>
#include <string.h>

static int32_t check_numbers(const char *name, const float *v, int64_t count)
{
    for (int64_t i = 0; v != NULL && i < count; i++)
        if (!isfinite(v[i]))
            return cama__error(CAMA_E_DATA, "%s, element %lld: expected a finite number, got %g", name, (long long)i,
                               v[i]);
    return CAMA_OK;
}

static int32_t check_classes(const cama_model *model, const char *name, int64_t n, const int32_t *y)
{
    for (int64_t i = 0; y != NULL && i < n; i++)
        if (y[i] < 0 || y[i] >= model->spec.classes)
            return cama__error(CAMA_E_DATA, "%s, row %lld: expected 0 to %d, got %d", name, (long long)i,
                               model->spec.classes - 1, y[i]);
    return CAMA_OK;
}

static int32_t check_causes(const cama_model *model, const char *name, int64_t n, const float *c)
{
    const int32_t status = check_numbers(name, c, n * model->spec.c);
    if (status != CAMA_OK || c == NULL || model->schema == NULL) return status;
    return cama__schema_check(model->schema, ROLE_C, n, c);
}

int32_t cama__given_check(const cama_model *model, int64_t n, const cama__given *given, const cama__given_names *names)
{
    int32_t status = CAMA_OK;
    TRY(check_classes(model, names->y, n, given->y));
    TRY(check_causes(model, names->c, n, given->c));
    TRY(check_numbers(names->z, given->z, n * model->spec.z));
    TRY(check_numbers(names->m, given->m, n * model->spec.m));
out:
    return status;
}

/* c (n, P) of the data's units, packed into the room's place for it. */
static void pack_c(const cama__latents *a, const float *c)
{
    const cama_model *model = a->model;
    const cama_dataset given = {.n = a->n, .c = c, .width_c = model->spec.c};
    const int64_t at = cama__model_place(model, ROLE_C);
    cama__dataset_pack(a->session->pool, &given, ROLE_C, &(cama__selection){.n = a->n},
                       model->standardised ? model->mean + at : NULL, model->scale + at, a->room.block[ROLE_C]);
}

void cama__given_fill(cama__latents *a, const cama__given *given)
{
    const int64_t nz = a->model->spec.z, nm = a->model->spec.m, nc = a->model->spec.c;
    if (given->y != NULL) memcpy(a->room.y, given->y + a->first, (size_t)a->n * sizeof *given->y);
    if (given->c != NULL && nc > 0) pack_c(a, given->c + a->first * nc);
    if (given->z != NULL) cama__layout_from_rows(given->z + a->first * nz, a->n, nz, a->z);
    if (given->m != NULL && nm > 0) cama__layout_from_rows(given->m + a->first * nm, a->n, nm, a->m);
}
