/* term_proposals - the unlabelled term for a q(m|x) that already knows views: each image's proposed views are
 * weighed as in prediction (proposals.h), and q_m and p_m follow the gradients of sum weight log q(m|x) and sum
 * weight ELBO(x; m). Importance weights (term_importance.c) would let the evidence alone decide, which moves cut
 * digits back to the middle. The value is the mean of ELBO(x; m) over the weights. */
#include "proposals.h"
#include "weighted_m.h"

enum { FIXED = 6 }; /* proposals that are no draws (proposals.c), with one look again */

static void room_free(void *room)
{
    cama__proposals_free(room);
    cama__mem_free(room);
}

/* The term's own proposals, made at its first batch, which is its largest. */
static int32_t room_of(cama__steps *steps, cama__term *term, int64_t n, cama__proposals **out)
{
    int32_t status = CAMA_OK;
    cama__proposals *p = term->room_for;
    const cama__proposal_options options = {.draws = term->proposals > FIXED ? term->proposals - FIXED : 0,
                                            .again = 1,
                                            .restore = 0,
                                            .temper = term->temper};
    if (p == NULL) {
        TRY(cama__mem_new(&p, 1));
        term->room_for = p;
        term->room_free = room_free;
        TRY(cama__proposals_create(steps->session, steps->optimizer->model, &options, n, p));
    }
    p->options.seed = term->options.seed + term->options.step;
    *out = p;
out:
    return status;
}

int32_t cama__term_proposals(cama__steps *steps, cama__term *term, const cama__batch *batch, double scale,
                             double *values)
{
    int32_t status = CAMA_OK;
    cama__proposals *p = NULL;
    TRY(room_of(steps, term, batch->n, &p));
    TRY(cama__proposals_weigh(p, batch));
    for (int64_t i = 0; i < batch->n; i++) {
        const double *weight = p->weight + i, *value = p->value + i;
        values[i] = 0;
        for (int64_t k = 0; k < p->count * p->capacity; k += p->capacity)
            if (weight[k] > 0) values[i] += weight[k] * value[k];
    }
    const cama__weighted_m weighted = {.count = p->count,
                                       .m = p->m,
                                       .m_step = p->lanes * steps->optimizer->model->spec.m,
                                       .share = p->weight,
                                       .share_step = p->capacity};
    TRY(cama__weighted_m_train(steps, term, batch, &weighted, scale));
out:
    return status;
}
