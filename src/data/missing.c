/* missing - a walk over the variables of x, each a number or a categorical one's run of them. */
#include "missing.h"

#include <math.h>

#include "../base/rng.h"
#include "../tensor/layout.h"

/* What stands for an unknown number of this kind, in standard units. */
static real unknown(int32_t kind) { return kind == LIKELIHOOD_BERNOULLI ? (real)0.5 : 0; }

bool cama__missing_split(const cama_model *model, int64_t n, real *x, real *observed)
{
    const int64_t nr = cama__kernel()->nr, dims = cama__shape_size(model->spec.x);
    bool any = false;
    for (int32_t i = 0; i < model->likelihood.spans; i++) {
        const cama__likelihood_span *span = &model->likelihood.span[i];
        for (int64_t b = 0; b < cama__blocks(n); b++)
            for (int64_t at = (b * dims + span->first) * nr; at < (b * dims + span->first + span->count) * nr; at++) {
                const bool missing = isnan(x[at]);
                any = any || missing;
                observed[at] = !missing;
                if (missing) x[at] = unknown(span->kind);
            }
    }
    return any;
}

static void take_out(const cama_model *model, const cama__likelihood_span *span, int64_t row, int64_t first,
                     int64_t count, real *x, real *observed)
{
    const int64_t nr = cama__kernel()->nr, at = cama__at(row, first, cama__shape_size(model->spec.x));
    for (int64_t d = 0; d < count; d++) {
        x[at + d * nr] = unknown(span->kind);
        observed[at + d * nr] = 0;
    }
}

/* A uniform of one row: number d of x, or D for the row's share. */
static double uniform(const cama__missing_draw *draw, int64_t row, int64_t d)
{
    const uint32_t example = draw->example == NULL ? RNG_NO_EXAMPLE : draw->example[row];
    real u;
    cama__rng_uniforms((cama__rng_key){draw->seed, RNG_MISSING, (uint32_t)d, example, draw->step}, 1, &u, 1);
    return (double)u;
}

static void drop_row(const cama_model *model, const cama__missing_draw *draw, int64_t row, real *x, real *observed)
{
    const double share = draw->most * uniform(draw, row, cama__shape_size(model->spec.x));
    for (int32_t i = 0; i < model->likelihood.spans; i++) {
        const cama__likelihood_span *span = &model->likelihood.span[i];
        const int64_t step = span->kind == LIKELIHOOD_CATEGORICAL ? span->count : 1;
        for (int64_t d = span->first; d < span->first + span->count; d += step)
            if (uniform(draw, row, d) < share) take_out(model, span, row, d, step, x, observed);
    }
}

void cama__missing_drop(const cama_model *model, const cama__missing_draw *draw, int64_t n, bool split, real *x,
                        real *observed)
{
    const int64_t numbers = cama__blocks(n) * cama__kernel()->nr * cama__shape_size(model->spec.x);
    for (int64_t i = 0; !split && i < numbers; i++) observed[i] = 1;
    for (int64_t row = 0; row < n; row++) drop_row(model, draw, row, x, observed);
}
