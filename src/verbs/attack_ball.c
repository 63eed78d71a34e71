/* attack_ball - from options to what may change: first what is continuous, then the mask, then the box. */
#include "attack_ball.h"

#include <math.h>
#include <string.h>

static const char *const role_names[ROLE_COUNT] = {[ROLE_X] = "x", [ROLE_A] = "a", [ROLE_C] = "c"};

void cama__attack_clean_row(const cama_dataset *dataset, int32_t role, int64_t row, float *out)
{
    const int64_t width = cama__dataset_width(dataset, role);
    if (role == ROLE_X)
        cama__dataset_row(dataset, row, out);
    else
        memcpy(out, cama__dataset_block(dataset, role) + row * width, (size_t)width * sizeof *out);
}

/* ---- What may change --------------------------------------------------------------------------------------------- */

static const cama_schema *schema_of(const cama_model *model, const cama_dataset *dataset)
{
    return model->schema != NULL ? model->schema : dataset->schema;
}

static int32_t make_part(const cama_model *model, int32_t role, cama__attack_part *p)
{
    p->role = role;
    p->width = cama__model_width(model, role);
    p->free = cama__mem_alloc((size_t)p->width, sizeof *p->free);
    p->lower = cama__mem_alloc((size_t)p->width, sizeof *p->lower);
    p->upper = cama__mem_alloc((size_t)p->width, sizeof *p->upper);
    return p->free != NULL && p->lower != NULL && p->upper != NULL ? CAMA_OK : CAMA_E_MEMORY;
}

/* Option of. */
static int32_t make_parts(const cama_model *model, const cama__attack_options *o, cama__attack_ball *b)
{
    static const struct {
        int32_t parts, role[ATTACK_PARTS];
    } blocks[] = {
        [ATTACK_OF_X] = {1, {ROLE_X}}, [ATTACK_OF_C] = {1, {ROLE_C}}, [ATTACK_OF_BOTH] = {2, {ROLE_X, ROLE_C}}};
    int32_t status = CAMA_OK;
    for (int32_t k = 0; k < blocks[o->of].parts; k++) {
        const int32_t role = blocks[o->of].role[k];
        if (role == ROLE_C && model->spec.c == 0)
            FAIL(CAMA_E_ARGUMENT, "attack: expected a model with co-parents to attack c, got one without");
        b->parts = k + 1;
        TRY(make_part(model, role, &b->part[k]));
    }
out:
    return status;
}

/* Only continuous values are perturbed, and no co-parent that is a parent too: it stands in a. */
static void free_continuous(const cama_schema *schema, cama__attack_part *p)
{
    for (int64_t d = 0; d < p->width; d++) p->free[d] = schema == NULL;
    for (int32_t i = 0; schema != NULL && i < schema->count; i++) {
        const cama__variable *v = &schema->variable[i];
        if (v->role == p->role && v->kind == VARIABLE_CONTINUOUS) p->free[v->first] = v->twin < 0;
    }
}

/* mask (width) of one part. */
static int32_t apply_mask(const cama_schema *schema, const float *mask, cama__attack_part *p)
{
    for (int64_t d = 0; d < p->width; d++) {
        const cama__variable *v = schema != NULL ? cama__schema_at(schema, p->role, (int32_t)d) : NULL;
        if (mask[d] != 0 && !p->free[d])
            return cama__error(CAMA_E_OPTION,
                               "option \"mask\" of \"attack\": expected a 0 for what is %s, got a 1 for \"%s\", a %s "
                               "variable of %s",
                               v->twin < 0 ? "not continuous" : "also a parent", v->name, cama__kind_name(v->kind),
                               role_names[p->role]);
        p->free[d] = mask[d] != 0;
    }
    return CAMA_OK;
}

static int32_t read_mask(const cama_schema *schema, const cama__attack_options *o, cama__attack_ball *b)
{
    static const char *const whose[] = {[ATTACK_OF_X] = "x", [ATTACK_OF_C] = "c", [ATTACK_OF_BOTH] = "x and c"};
    const char *each = whose[o->of];
    const int64_t count = o->mask.count;
    const float *mask = o->mask.at;
    int64_t all = 0;
    int32_t status = CAMA_OK;
    for (int32_t k = 0; k < b->parts; k++) all += b->part[k].width;
    if (count != 0 && count != all)
        FAIL(CAMA_E_OPTION, "option \"mask\" of \"attack\": expected %lld numbers, one for each of %s, got %lld",
             (long long)all, each, (long long)count);
    for (int32_t k = 0; k < b->parts; k++) {
        cama__attack_part *p = &b->part[k];
        free_continuous(schema, p);
        if (count != 0) TRY(apply_mask(schema, mask, p));
        if (count != 0) mask += p->width;
        for (int64_t d = 0; d < p->width; d++) b->changeable += p->free[d];
    }
    if (b->changeable == 0 && count != 0)
        FAIL(CAMA_E_OPTION, "option \"mask\" of \"attack\": expected a 1 somewhere, got %lld zeros", (long long)count);
    if (b->changeable == 0)
        FAIL(CAMA_E_ARGUMENT, "attack: expected a continuous variable in %s, got none: nothing may change", each);
out:
    return status;
}

/* ---- The box ----------------------------------------------------------------------------------------------------- */

static bool changes(const cama__attack_part *p)
{
    bool any = false;
    for (int64_t d = 0; d < p->width; d++) any = any || p->free[d];
    return any;
}

/* The defaults of low and high are for pixels; a measured number has no limits that are known. Options are read as
 * floats, so that a number can be at its limit. */
static int32_t read_box(const cama_model *model, const cama_schema *schema, const cama__attack_options *o,
                        cama__attack_part *p)
{
    const cama__spec *s = &model->spec;
    const bool unit = p->role == ROLE_X && !s->discriminative && s->likelihood == LIKELIHOOD_BERNOULLI;
    const bool pixels = unit || (p->role == ROLE_X && schema == NULL && !model->standardised);
    p->least = pixels || o->low_given ? (float)o->low : -INFINITY;
    p->most = pixels || o->high_given ? (float)o->high : INFINITY;
    const bool none = p->least > p->most;
    if (p->least == p->most)
        return cama__error(CAMA_E_OPTION,
                           "options \"low\" and \"high\" of \"attack\": expected low < high, or low > high for no "
                           "bounds, got %.9g for both",
                           (double)p->least);
    if (unit && changes(p) && (none || p->least < 0 || p->most > 1))
        return cama__error(CAMA_E_OPTION,
                           "options \"low\" and \"high\" of \"attack\": expected 0 <= low < high <= 1 for a bernoulli "
                           "likelihood, got %.9g and %.9g",
                           (double)p->least, (double)p->most);
    if (none) p->least = -INFINITY, p->most = INFINITY;
    return CAMA_OK;
}

/* In the arithmetic that packs a batch (dataset.c), which never turns an order around: what is in the box in the data's
 * units is in it in the model's. */
static void convert_box(const cama_model *model, cama__attack_part *p)
{
    const int64_t place = cama__model_place(model, p->role);
    for (int64_t d = 0; d < p->width; d++) {
        const real mean = (real)model->mean[place + d], scale = (real)model->scale[place + d];
        p->lower[d] = model->standardised ? ((real)p->least - mean) / scale : (real)p->least;
        p->upper[d] = model->standardised ? ((real)p->most - mean) / scale : (real)p->most;
    }
}

/* A clean number outside of the box would be moved into it, however far that is. row: room for (width). */
static int32_t check_inside(const cama_dataset *dataset, const cama__attack_part *p, float *row)
{
    const bool x_within = dataset->low >= p->least && dataset->high <= p->most;
    if ((p->role == ROLE_X && x_within) || (p->least == -INFINITY && p->most == INFINITY)) return CAMA_OK;
    for (int64_t i = 0; i < dataset->n; i++) {
        cama__attack_clean_row(dataset, p->role, i, row);
        for (int64_t d = 0; d < p->width; d++)
            if (p->free[d] && (row[d] < p->least || row[d] > p->most))
                return cama__error(CAMA_E_DATA,
                                   "attack: expected %s from low = %.9g to high = %.9g, got %.9g at row %lld, "
                                   "column %lld (low > high: no bounds)",
                                   role_names[p->role], (double)p->least, (double)p->most, (double)row[d], (long long)i,
                                   (long long)d);
    }
    return CAMA_OK;
}

int32_t cama__attack_ball_create(const cama_model *model, const cama_dataset *dataset, const cama__attack_options *o,
                                 cama__attack_ball *b)
{
    const cama_schema *schema = schema_of(model, dataset);
    float *row = NULL;
    int32_t status = CAMA_OK;
    TRY(make_parts(model, o, b));
    TRY(read_mask(schema, o, b));
    for (int32_t k = 0; k < b->parts; k++) {
        cama__attack_part *p = &b->part[k];
        TRY(read_box(model, schema, o, p));
        convert_box(model, p);
        cama__mem_free(row);
        row = cama__mem_alloc((size_t)p->width, sizeof *row);
        if (row == NULL) TRY(CAMA_E_MEMORY);
        TRY(check_inside(dataset, p, row));
    }
out:
    cama__mem_free(row);
    return status;
}

void cama__attack_ball_free(cama__attack_ball *b)
{
    for (int32_t k = 0; k < b->parts; k++) {
        cama__mem_free(b->part[k].free);
        cama__mem_free(b->part[k].lower);
        cama__mem_free(b->part[k].upper);
    }
}
