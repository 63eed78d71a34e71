/* finetune - Eq. 8 on a copy of the source: p_m and q_m alone, a clean term and an unlabelled term over all classes,
 * watched. */
#include <math.h>
#include <string.h>

#include "monitor.h"
#include "steps.h"
#include "verbs.h"

enum { CLEAN = 0, TEST = 1 };
static const uint32_t adapted_nets = CAMA__NET_BIT(NET_P_M) | CAMA__NET_BIT(NET_Q_M);

static int32_t check(const cama_model *source, const cama_dataset *clean, const cama_dataset *test, double alpha)
{
    int32_t status = CAMA_OK;
    if (source->spec.discriminative)
        FAIL(CAMA_E_ARGUMENT, "finetune: expected a model with a manipulation m, got the discriminative \"%s\"",
             source->spec.preset);
    if (source->spec.m == 0)
        FAIL(CAMA_E_ARGUMENT,
             "finetune: expected a model with M > 0, got M = 0: there is nothing that depends on m to adapt");
    if (clean == NULL && alpha > 0)
        FAIL(CAMA_E_ARGUMENT, "finetune: expected clean examples for the term of weight alpha = %g, got NULL", alpha);
    if (clean != NULL) TRY(cama__dataset_check(clean, source, true, "clean"));
    TRY(cama__dataset_check(test, source, false, "test"));
out:
    return status;
}

static int32_t set_terms(cama__steps *steps, const cama_dataset *clean, const cama_dataset *test,
                         const cama_options *options)
{
    const double alpha = cama__options_real(options, VERB_FINETUNE, "alpha");
    const uint64_t seed = (uint64_t)cama__options_int(options, VERB_FINETUNE, "seed");
    const cama__score_options base = {.m = SCORE_M_INFER,
                                      .u = (int32_t)cama__options_int(options, VERB_FINETUNE, "m_samples"),
                                      .k = (int32_t)cama__options_int(options, VERB_FINETUNE, "samples"),
                                      .mean_noise = cama__options_is(options, VERB_FINETUNE, "noise", "mean")};
    cama__term *t = steps->term;
    int32_t status = CAMA_OK;
    if (clean != NULL && alpha > 0) {
        *t = (cama__term){.name = "clean",
                          .add = cama__term_score,
                          .trainable = adapted_nets,
                          .options = base,
                          .weight = alpha,
                          .batch = cama__options_int(options, VERB_FINETUNE, "clean_batch")};
        t->options.head = HEAD_ELBO;
        t->options.seed = seed;
        if (cama__options_is(options, VERB_FINETUNE, "clean_term", "zero")) t->options.m = SCORE_M_DO, t->options.u = 1;
        const int64_t held = cama__monitor_held_out(clean->n);
        TRY(cama__stream_create(clean, held, clean->n - held, seed, true, &t->stream));
        t++;
    }
    if (alpha < 1) {
        *t = (cama__term){.name = "test",
                          .add = cama__term_score,
                          .trainable = adapted_nets,
                          .options = base,
                          .weight = 1 - alpha,
                          .batch = cama__options_int(options, VERB_FINETUNE, "batch")};
        t->options.head = HEAD_MARGINAL;
        t->options.prune = cama__session_prune(steps->optimizer->model,
                                               cama__options_real(options, VERB_FINETUNE, "class_pruning"));
        t->options.seed = seed + 1;
        TRY(cama__stream_create(test, 0, test->n, seed + 1, true, &t->stream));
        t++;
    }
    steps->terms = (int32_t)(t - steps->term);
    steps->trainable = adapted_nets;
out:
    return status;
}

static int32_t run(cama__steps *steps, cama__monitor *monitor, const cama_options *options, int64_t *taken)
{
    const int64_t total = cama__options_int(options, VERB_FINETUNE, "steps");
    const int64_t every = cama__options_int(options, VERB_FINETUNE, "check_every");
    const double fall = 1 - cama__options_real(options, VERB_FINETUNE, "lr_final");
    int32_t status = CAMA_OK;
    for (*taken = 0; *taken < total;) {
        double objective = 0;
        int64_t n = 0;
        TRY(cama__steps_take(steps, 1 - fall * (double)*taken / (double)total, 1, &objective, &n));
        ++*taken;
        TRY(cama__session_step(steps->session, *taken, total, objective, *taken == total));
        bool stop = false;
        if (every > 0 && (*taken == total || *taken % every == 0))
            TRY(cama__monitor_check(monitor, *taken == total, &stop));
        if (stop) break;
    }
    if (every == 0) TRY(cama__monitor_measure(monitor));
out:
    return status;
}

static int32_t make_report(const cama__monitor *m, int64_t steps, double seconds, cama_report **out)
{
    const double taken = (double)steps, back = m->rolled_back;
    const struct {
        const char *name;
        const double *values;
        int64_t count;
    } rows[] = {{"objective_before", &m->before.test, 1},
                {"objective_after", &m->last.test, 1},
                {"clean_before", &m->before.clean, 1},
                {"clean_after", &m->last.clean, 1},
                {"classes_before", m->before.shares, m->classes},
                {"classes_after", m->last.shares, m->classes},
                {"steps", &taken, 1},
                {"rolled_back", &back, 1},
                {"seconds", &seconds, 1}};
    int32_t status = CAMA_OK;
    cama_report *report = NULL;
    TRY(cama__report_create(&report));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        TRY(cama__report_add(report, rows[i].name, rows[i].count, rows[i].values));
    *out = report;
    report = NULL;
out:
    cama__report_free(report);
    return status;
}

/* The optimizer's numbers come from this verb's options. */
static int32_t make_optimizer(cama_model *model, const cama_options *options, cama_optimizer **out)
{
    const int32_t status = cama__optimizer_create(model, NULL, out);
    if (status != CAMA_OK) return status;
    (*out)->lr = cama__options_real(options, VERB_FINETUNE, "lr");
    (*out)->clip = cama__options_real(options, VERB_FINETUNE, "clip");
    return CAMA_OK;
}

int32_t cama__finetune(cama_session *session, const cama_model *source, const cama_dataset *clean,
                       const cama_dataset *test, const cama_options *options, cama_model **adapted,
                       cama_report **report)
{
    cama__steps steps = {.session = session};
    cama__monitor monitor = {0};
    cama_model *copy = NULL;
    int64_t taken = 0;
    int32_t status = CAMA_OK;
    TRY(check(source, clean, test, cama__options_real(options, VERB_FINETUNE, "alpha")));
    TRY(cama__model_clone(source, &copy));
    TRY(make_optimizer(copy, options, &steps.optimizer));
    TRY(set_terms(&steps, clean, test, options));
    TRY(cama__steps_prepare(&steps));
    cama__session_begin(session, "finetune");
    TRY(cama__monitor_begin(&monitor, session, copy, clean, test, options));
    if (!source->q_m_trained) cama__model_settle_q_m(copy);
    TRY(cama__monitor_start(&monitor));
    TRY(run(&steps, &monitor, options, &taken));
    if (report != NULL) TRY(make_report(&monitor, taken, cama__seconds() - session->began, report));
    *adapted = copy;
    copy = NULL;
out:
    cama__monitor_free(&monitor);
    cama__steps_free(&steps);
    cama__optimizer_free(steps.optimizer);
    cama__model_free(copy);
    return status;
}
