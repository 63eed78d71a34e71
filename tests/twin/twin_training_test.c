/* twin_training_test - Adam: ten steps of training and five or ten of fine-tuning against torch.optim.Adam's, by the
 * verbs and by the loop below them; what is frozen keeps its bits. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fixture.h"
#include "twin_compare.h"
#include "twin_model.h"

static enum twin_quantity way_of(const twin_objective *o)
{
    return o->fine ? TWIN_ADAM_FINE : o->weight == TWIN_ONE ? TWIN_ADAM_TRAIN : TWIN_ADAM_JOINT;
}

/* How far every trained tensor has moved from the case's model. */
static void compare_way(twin *t, const twin_objective *o, const cama_model *model)
{
    char prefix[48];
    snprintf(prefix, sizeof prefix, "adam.%s", o->name);
    twin_compare_block(t, way_of(o), model->theta, t->model->theta, twin_nets(o), prefix);
}

/* Tensors of other nets have the bits of the case's model; those of these nets have moved, each of them. */
static void check_bits(const twin *t, const cama_model *model, uint32_t trained)
{
    const cama__params *p = &model->params;
    for (int32_t i = 0; i < p->count; i++) {
        const cama__param *item = &p->item[i];
        const real *now = model->theta + item->offset, *before = t->model->theta + item->offset;
        const bool moved = memcmp(now, before, (size_t)item->size * sizeof *now) != 0;
        if (moved != ((trained & CAMA__NET_BIT(item->net)) != 0))
            fail_msg("%s: %s has %s", twin_case_name[t->number], item->name, moved ? "moved" : "not moved");
    }
}

/* Moments as earlier training would have left them: what is frozen must not follow them. */
static void stir_frozen(twin_run *run)
{
    const cama__params *p = &run->model->params;
    for (int32_t i = 0; i < p->count; i++)
        for (int64_t k = 0; !(run->steps.trainable & CAMA__NET_BIT(p->item[i].net)) && k < p->item[i].size; k++)
            run->steps.optimizer->m1[p->item[i].offset + k] = 1;
}

/* ---- The loop ---------------------------------------------------------------------------------------------------- */

static void test_steps(void **state)
{
    static const char *const groups[] = {"adam", NULL};
    twin *t = *state;
    for (int i = 0; i < TWIN_OBJECTIVES; i++) {
        const twin_objective *o = &twin_objectives[i];
        const int32_t steps = twin_steps(t, o);
        if (steps == 0) continue;
        double values[16];
        twin_run run;
        twin_run_begin(t, o, &run);
        stir_frozen(&run);
        for (int step = 0; step < steps; step++) values[step] = twin_run_step(&run);
        twin_compare(t, TWIN_ADAM_VALUE, values, steps, "adam.%s.objective", o->name);
        compare_way(t, o, run.model);
        if (o->fine) check_bits(t, run.model, twin_nets(o));
        twin_run_end(&run);
    }
    twin_check_all(t, groups);
    twin_check();
}

/* ---- The verbs --------------------------------------------------------------------------------------------------- */

static void check_count(const cama_report *report, const char *key, int64_t count)
{
    int32_t index = 0;
    twin_ok(cama__report_find(report, key, &index));
    assert_int_equal(report->count[index], count);
}

static const double *reported(const cama_report *report, const char *key)
{
    int32_t index = 0;
    twin_ok(cama__report_find(report, key, &index));
    return report->value[index];
}

/* The double build has the naive kernel alone; there test_steps has to do for the big case. */
static bool too_slow(const twin *t) { return t->big && sizeof(real) == sizeof(double); }

/* Options that leave the bare objective at a constant rate. */
static cama_options *plain_options(const twin *t, int64_t batch, bool mean)
{
    cama_options *options = twin_options(t, VERB_TRAIN, 1, 1, mean);
    twin_set_text(options, "schedule", "constant");
    twin_set_int(options, "batch", batch);
    twin_set_int(options, "shuffle", 0);
    twin_set_int(options, "warmup", 0);
    twin_set_real(options, "kl_warmup", 0);
    twin_set_real(options, "lambda", t->lambda);
    twin_set_real(options, "label_weight", 0);
    return options;
}

/* An epoch is one step on all examples. */
static void compare_train(twin *t, const twin_objective *o)
{
    cama_model *model = NULL;
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    cama_options *options = plain_options(t, t->n, false), *rate = NULL;
    twin_ok(cama__options_create(VERB_OPTIMIZER, &rate));
    twin_set_real(rate, "lr", t->rate);
    const int32_t steps = twin_steps(t, o);
    twin_set_int(options, "epochs", steps);
    twin_ok(cama__model_clone(t->model, &model));
    twin_ok(cama__optimizer_create(model, rate, &optimizer));
    const cama_dataset *manipulated = o->weight == TWIN_ONE ? NULL : t->manipulated;
    twin_ok(cama__train(t->session, optimizer, t->clean, manipulated, options, &report));
    check_count(report, "objective", steps);
    twin_compare(t, TWIN_ADAM_VALUE, reported(report, "objective"), steps, "adam.%s.objective", o->name);
    compare_way(t, o, model);
    cama__report_free(report);
    cama__optimizer_free(optimizer);
    cama__model_free(model);
    cama__options_free(options), cama__options_free(rate);
}

static void test_train(void **state)
{
    twin *t = *state;
    if (too_slow(t)) skip();
    for (int i = 0; i < TWIN_OBJECTIVES; i++)
        if (!twin_objectives[i].fine && twin_steps(t, &twin_objectives[i]) > 0) compare_train(t, &twin_objectives[i]);
    twin_check();
}

/* At a rate that moves nothing, without noise, an epoch of batches of which the last is incomplete gives the mean ELBO
 * of all examples. */
static void test_incomplete_batch(void **state)
{
    const twin *t = *state;
    cama_model *model = NULL;
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    const int64_t batch = t->n - 1;
    const double *elbo = twin_values(t, "elbo_do.zero.mean", t->n);
    double want = 0;
    for (int64_t i = 0; i < t->n; i++) want += elbo[i] / (double)t->n;
    cama_options *options = plain_options(t, batch, true);
    twin_set_int(options, "epochs", 1);
    twin_ok(cama__model_clone(t->model, &model));
    twin_ok(cama__optimizer_create(model, NULL, &optimizer));
    optimizer->lr = 0;
    twin_ok(cama__train(t->session, optimizer, t->clean, NULL, options, &report));
    assert_true(reported(report, "steps")[0] == 2);
    twin_compare_numbers(t, TWIN_ADAM_VALUE, reported(report, "objective"), &want, 1, "an incomplete batch");
    cama__report_free(report);
    cama__optimizer_free(optimizer);
    cama__model_free(model);
    cama__options_free(options);
    twin_check();
}

/* Nothing is held out of so few examples, and the stop rule is set not to act: the copy has made the steps of the
 * fixture, in an order of examples that changes sums by rounding alone. */
static void compare_finetune(twin *t, const twin_objective *o)
{
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    cama_options *options = twin_options(t, VERB_FINETUNE, o->u, o->k, false);
    real *before = malloc((size_t)t->model->params.reals * sizeof *before);
    memcpy(before, t->model->theta, (size_t)t->model->params.reals * sizeof *before);
    twin_set_real(options, "alpha", t->alpha);
    twin_set_real(options, "lr", t->rate);
    twin_set_real(options, "lr_final", 1);
    twin_set_text(options, "clean_term", o->m[0] == TWIN_ZERO ? "zero" : "infer");
    twin_set_int(options, "steps", twin_steps(t, o));
    twin_set_int(options, "check_every", 0);
    twin_set_real(options, "tolerance", 1000);
    twin_set_real(options, "min_classes", 0);
    twin_set_real(options, "clip", 0);
    twin_ok(cama__finetune(t->session, t->model, t->clean, t->manipulated, options, &adapted, &report));
    assert_true(reported(report, "steps")[0] == twin_steps(t, o));
    assert_true(reported(report, "rolled_back")[0] == 0);
    compare_way(t, o, adapted);
    check_bits(t, adapted, twin_nets(o));
    assert_memory_equal(before, t->model->theta, (size_t)t->model->params.reals * sizeof *before);
    free(before);
    cama__report_free(report);
    cama__model_free(adapted);
    cama__options_free(options);
}

static void test_finetune(void **state)
{
    twin *t = *state;
    if (too_slow(t)) skip();
    for (int i = 0; i < TWIN_OBJECTIVES; i++)
        if (twin_objectives[i].fine && twin_steps(t, &twin_objectives[i]) > 0) compare_finetune(t, &twin_objectives[i]);
    twin_check();
}

/* ---- TENT -------------------------------------------------------------------------------------------------------- */

/* Scales, shifts and the last layer are stepped, theta is what is compared: tensor by tensor, how far it moved. */
static void compare_tent(twin *t, const char *adapt, int64_t steps)
{
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    cama_options *options = NULL;
    twin_ok(cama__options_create(VERB_FINETUNE, &options));
    twin_set_text(options, "adapt", adapt);
    twin_set_real(options, "lr", t->rate);
    twin_set_real(options, "lr_final", 1);
    twin_set_int(options, "steps", steps);
    twin_set_int(options, "check_every", 0);
    twin_ok(cama__finetune(t->session, t->model, t->clean, t->manipulated, options, &adapted, &report));
    char prefix[48];
    snprintf(prefix, sizeof prefix, "tent.%s.objective", adapt);
    const double *want = twin_values(t, prefix, steps + 1);
    twin_compare_numbers(t, TWIN_ADAM_VALUE, reported(report, "objective_before"), &want[0], 1, prefix);
    twin_compare_numbers(t, TWIN_ADAM_VALUE, reported(report, "objective_after"), &want[steps], 1, prefix);
    snprintf(prefix, sizeof prefix, "tent.%s", adapt);
    twin_compare_block(t, TWIN_ADAM_TRAIN, adapted->theta, t->model->theta, CAMA__NET_BIT(NET_DNN), prefix);
    cama__report_free(report);
    cama__model_free(adapted);
    cama__options_free(options);
}

static void test_tent(void **state)
{
    twin *t = *state;
    assert_true(t->model->spec.discriminative);
    compare_tent(t, "affine", 10);
    compare_tent(t, "last", 10);
    twin_check();
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_IN_EACH_CASE(test_steps), TWIN_IN_EACH_CASE(test_train),
                                       TWIN_IN_EACH_CASE(test_incomplete_batch), TWIN_IN_EACH_CASE(test_finetune),
                                       TWIN_IN_CASE(test_tent, "dnn", 7)};
    const int failed = cmocka_run_group_tests(tests, twin_open_all, twin_close_all);
    if (getenv("CAMA_TWIN_TABLE") != NULL) twin_print_table();
    return failed;
}
