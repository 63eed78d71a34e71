/* finetune_plan - checks of options, and defaults that depend on the kind of model. */
#include "finetune_plan.h"

#include "session.h"
#include "train_plan.h"
#include "dataset_check.h"
#include "verbs.h"

/* Options of one kind of model, set for the other, would do nothing. */
static int32_t check_options(const cama_model *source, const cama__finetune_options *o)
{
    const bool baseline = source->spec.discriminative;
    const struct {
        const char *key;
        bool given, for_baseline;
    } rows[] = {{"clean_term", o->clean_term_given, false},       {"samples", o->samples_given, false},
                {"m_samples", o->m_samples_given, false},         {"noise", o->noise_given, false},
                {"class_pruning", o->class_pruning_given, false}, {"proposals", o->proposals_given, false},
                {"simulate", o->simulate_given, false},           {"class_shares", o->class_shares_given, false},
                {"view_temper", o->view_temper_given, false},     {"adapt", o->adapt_given, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].given && rows[i].for_baseline != baseline)
            return cama__error(CAMA_E_ARGUMENT,
                               "option \"%s\" of \"finetune\": expected it unset, got it with the %s \"%s\"",
                               rows[i].key, baseline ? "discriminative" : "generative", source->spec.preset);
    return CAMA_OK;
}

static int32_t check(const cama_model *source, const cama_dataset *clean, const cama__finetune_options *o, double alpha)
{
    int32_t status = CAMA_OK;
    if (source->spec.m == 0 && !source->spec.discriminative)
        FAIL(CAMA_E_ARGUMENT,
             "finetune: expected a model with M > 0, got M = 0: there is nothing that depends on m to adapt");
    if (source->spec.a > 0 && o->class_shares == CLASS_SHARES_ON)
        FAIL(
            CAMA_E_OPTION,
            "option \"class_shares\" of \"finetune\": expected off or auto for a model with parents, whose p(y|a) says "
            "how classes are shared, got \"on\"");
    if (clean == NULL && alpha > 0)
        FAIL(CAMA_E_ARGUMENT, "finetune: expected clean examples for the term of weight alpha = %g, got NULL", alpha);
    if (clean != NULL) TRY(cama__dataset_check(clean, source, true, "clean"));
out:
    return status;
}

enum form { FORM_VIEWS, FORM_KNOWN_VIEWS, FORM_SMALL, FORM_TENT, FORM_TENT_SMALL };

/* What the options leave open is other for views than for the paper's form, from nothing and where q_m knows views,
 * other for small networks, and other for baselines. */
static void fill_in(cama__finetune_plan *p, enum form form)
{
    static const struct {
        double alpha, lr;
        int64_t steps, batch, clean_batch;
    } forms[] = {[FORM_VIEWS] = {.5, 1e-3, 150, 16, 64},
                 [FORM_KNOWN_VIEWS] = {.5, 2e-4, 60, 16, 64},
                 [FORM_SMALL] = {.7, 3e-3, 600, 128, 128},
                 [FORM_TENT] = {0, 1e-3, 100, 64, 64},
                 [FORM_TENT_SMALL] = {0, 1e-3, 100, 128, 128}};
    if (!p->o.alpha_given) p->o.alpha = forms[form].alpha;
    if (!p->o.lr_given) p->o.lr = forms[form].lr;
    if (!p->o.steps_given) p->o.steps = forms[form].steps;
    if (!p->o.batch_given) p->o.batch = forms[form].batch;
    if (!p->o.clean_batch_given) p->o.clean_batch = forms[form].clean_batch;
}

cama__finetune_plan cama__finetune_plan_make(const cama_model *source, const cama__finetune_options *options)
{
    const bool views = cama__model_views(source);
    const bool images = cama__train_plan_images(source);
    cama__finetune_plan p = {
        .o = *options, .knows_views = views && source->q_m_trained, .tent = source->spec.discriminative};
    p.images = images;
    p.from_nothing = views && !p.knows_views;
    p.score = (cama__logw_options){.m = SCORE_M_INFER,
                                   .u = (int32_t)p.o.m_samples,
                                   .k = (int32_t)p.o.samples,
                                   .mean_noise = p.o.noise == NOISE_MEAN,
                                   .prune = cama__session_prune(source, p.o.class_pruning),
                                   .kl_weight = 1};
    if (p.o.proposals < 0) p.o.proposals = views ? 8 : 0;
    if (p.o.simulate < 0) p.o.simulate = p.knows_views ? 1 : 0;
    p.looks_for_shares = !p.tent && (p.o.class_shares != CLASS_SHARES_OFF || p.o.agreement == AGREEMENT_ON);
    if (p.o.agreement == AGREEMENT_AUTO) { /* a q(m|x) that begins from nothing finds other views each time */
        p.o.agreement = p.tent || p.from_nothing || p.o.check_every == 0 ? AGREEMENT_OFF : AGREEMENT_ON;
        p.looks_for_shares = p.looks_for_shares || (!images && p.o.agreement == AGREEMENT_ON);
    }
    if (views && p.o.proposals > 0) fill_in(&p, p.knows_views ? FORM_KNOWN_VIEWS : FORM_VIEWS);
    if (p.tent)
        fill_in(&p, images ? FORM_TENT : FORM_TENT_SMALL);
    else if (!views && !images)
        fill_in(&p, FORM_SMALL);
    return p;
}

int32_t cama__finetune_check(const cama_model *source, const cama_dataset *clean, const cama__finetune_options *options)
{
    const cama__finetune_plan p = cama__finetune_plan_make(source, options);
    const int32_t status = check_options(source, options);
    return status != CAMA_OK ? status : check(source, clean, &p.o, p.o.alpha);
}
