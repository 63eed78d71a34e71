/* term_proposals - the unlabelled term for a q(m|x) that already knows views: each image's proposed views are weighed as
 * in prediction (proposals.h), and q_m and p_m follow the gradients of sum weight log q(m|x) and sum weight ELBO(x; m).
 * Importance weights (term_importance.c) would let the evidence alone decide, which moves cut digits back to the
 * middle. The value is the mean of ELBO(x; m) over the weights. */
#include "proposals.h"
#include "weighted_m.h"

int32_t cama__term_proposals(cama__steps *steps, cama__term *term, const cama__batch *batch, double scale,
                             double *values)
{
    int32_t status = CAMA_OK;
    cama__proposals p = {0};
    const cama__proposal_options options = {.draws = term->proposals > 6 ? term->proposals - 6 : 0,
                                            .again = 1,
                                            .restore = 0,
                                            .temper = term->temper,
                                            .seed = term->options.seed + term->options.step};
    TRY(cama__proposals_create(steps->session, steps->optimizer->model, &options, batch->n, &p));
    TRY(cama__proposals_weigh(&p, batch));
    for (int64_t i = 0; i < batch->n; i++) {
        values[i] = 0;
        for (int32_t k = 0; k < p.count; k++)
            if (p.weight[k * p.capacity + i] > 0) values[i] += p.weight[k * p.capacity + i] * p.value[k * p.capacity + i];
    }
    const cama__weighted_m weighted = {.count = p.count,
                                       .m = p.m,
                                       .m_step = p.lanes * steps->optimizer->model->spec.m,
                                       .share = p.weight,
                                       .share_step = p.capacity};
    TRY(cama__weighted_m_train(steps, term, batch, &weighted, scale));
out:
    cama__proposals_free(&p);
    return status;
}
