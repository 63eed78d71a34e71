/* figure_13 - Figure 13: attacks on X and C of the synthetic process, on a DNN and on CAMA as trained; on CAMA
 * fine-tuned, those found against its source, and new ones. */
#include <math.h>
#include <string.h>

#include "common/accuracy.h"
#include "common/tune.h"
#include "figure_synthetic.h"

static const struct {
    int recipe;
    const char *model, *variant, *adaptive;
} victims[] = {{RECIPE_DNN, "dnn", NULL, NULL},
               {RECIPE_PAPER, "cama", NULL, "adaptive"},
               {RECIPE_CAMA, "cama", "sensors", "sensors-adaptive"}};

enum { VICTIMS = sizeof victims / sizeof *victims, EPS = 5, METHODS = 2, ROWS = 500, QUICK_ROWS = 40 };

static const char *const methods[METHODS] = {"fgsm", "pgd"};
static const double radii[EPS] = {.05, .1, .2, .3, .5};

/* ---- One attack -------------------------------------------------------------------------------------------------- */

static int attack(lab *bench, const cama_model *model, const cama_dataset *rows, const char *method, double eps,
                  cama_dataset **out)
{
    cama_options *options = NULL;
    went(cama_options_create("attack", &options));
    went(cama_options_set_text(options, "method", method));
    went(cama_options_set_text(options, "of", "both"));
    went(cama_options_set_real(options, "eps", eps));
    went(cama_options_set_int(options, "steps", 20));
    went(cama_options_set_int(options, "seed", bench->set.seed));
    progress_begin(&bench->bar, "attacking rows", 0, 0);
    const int done = went(cama_attack(bench->session, model, rows, options, out));
    progress_end(&bench->bar);
    cama_options_free(options);
    return done;
}

static int score(lab *bench, int victim, const cama_model *model, const cama_dataset *rows, row_key key)
{
    double accuracy = 0;
    cama_options *options = recipe_options(bench, victims[victim].recipe, "predict", bench->set.seed);
    progress_begin(&bench->bar, "scoring attacked rows", 0, 0);
    const int done = accuracy_measure(bench->session, model, rows, options, &accuracy);
    progress_end(&bench->bar);
    cama_options_free(options);
    if (done) figure_row(bench->user, key, accuracy);
    return done;
}

/* Fine-tuned on the attacked rows without their labels; scored on them, and on rows attacked anew. */
static int tuned_victim(lab *bench, const study *work, int victim, const cama_model *source, const cama_dataset *rows,
                        const cama_dataset *attacked, row_key key)
{
    cama_model *adapted = NULL;
    cama_dataset *again = NULL;
    tuned how = {0};
    cama_options *options = recipe_options(bench, victims[victim].recipe, "finetune", bench->set.seed);
    key.finetuned_on = "same";
    row_key adaptive = key;
    adaptive.variant = victims[victim].adaptive;
    progress_begin(&bench->bar, "fine-tuning on attacked rows", 0, 0);
    const int done = tune(&bench->bar, bench->session, source, work->train, attacked, options, &adapted, &how) &&
                     score(bench, victim, adapted, attacked, key) &&
                     attack(bench, adapted, rows, key.direction, key.range, &again) &&
                     score(bench, victim, adapted, again, adaptive);
    cama_options_free(options);
    cama_dataset_free(again);
    cama_model_free(adapted);
    return done;
}

static int one(lab *bench, const study *work, int victim, const cama_model *model, const cama_dataset *rows,
               const char *method, double eps)
{
    cama_dataset *attacked = NULL;
    const row_key key = {victims[victim].model, "clean", "none", method, eps, victims[victim].variant};
    int done = attack(bench, model, rows, method, eps, &attacked) && score(bench, victim, model, attacked, key);
    if (done && victims[victim].adaptive != NULL) done = tuned_victim(bench, work, victim, model, rows, attacked, key);
    cama_dataset_free(attacked);
    return done;
}

int attack_rows(lab *bench, const study *work, int s, cama_model *const models[RECIPES])
{
    paper *self = bench->user;
    const figure *now = self->now;
    cama_dataset *rows = NULL;
    int done = 1;
    (void)s;
    if (strcmp(work->key, "synthetic") != 0) return 1;
    self->now = &figure_13;
    first_images(work->clean, self->set.quick ? QUICK_ROWS : ROWS, &rows);
    for (int v = 0; done && v < VICTIMS; v++)
        for (int m = 0; done && m < METHODS; m++) {
            const row_key clean = {victims[v].model, "clean", "none", methods[m], 0, victims[v].variant};
            done = score(bench, v, models[victims[v].recipe], rows, clean);
            for (int e = 0; done && e < EPS; e++)
                done = one(bench, work, v, models[victims[v].recipe], rows, methods[m], radii[e]);
        }
    cama_dataset_free(rows);
    self->now = now;
    return done;
}

/* ---- The figure -------------------------------------------------------------------------------------------------- */

/* The smallest lead of CAMA over the DNN at any radius. */
static double least_lead(const row_table *rows, const char *name, const char *finetuned_on, const char *variant,
                         double *at, const char **by)
{
    double least = NAN;
    for (int m = 0; m < METHODS; m++)
        for (int e = 0; e < EPS; e++) {
            const double dnn =
                rows_mean(rows, name, (row_key){"dnn", "clean", "none", methods[m], radii[e], NULL}, NULL, NULL);
            const double lead =
                rows_mean(rows, name, (row_key){"cama", "clean", finetuned_on, methods[m], radii[e], variant}, NULL,
                          NULL) -
                dnn;
            if (!isfinite(lead) || (isfinite(least) && lead >= least)) continue;
            least = lead;
            *at = radii[e];
            *by = methods[m];
        }
    return least;
}

static void judge(const row_table *rows, const char *name, verdict *out)
{
    static const struct {
        const char *words, *finetuned_on, *variant;
    } all[] = {{"published form, as trained", "none", NULL},
               {"published form, fine-tuned, attacks on its source", "same", NULL},
               {"published form, fine-tuned, adaptive attack", "same", "adaptive"},
               {"form for sensors, as trained", "none", "sensors"},
               {"form for sensors, fine-tuned, attacks on its source", "same", "sensors"},
               {"form for sensors, fine-tuned, adaptive attack", "same", "sensors-adaptive"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        double at = NAN;
        const char *by = "";
        const double lead = least_lead(rows, name, all[i].finetuned_on, all[i].variant, &at, &by);
        verdict_atleast(out, lead, 0, "%s: at worst %+.3f against the DNN (%s, eps %g; wanted: above it everywhere)",
                        all[i].words, lead, by, at);
    }
}

static const line lines[] = {{"DNN", "dnn", "clean", "none", NULL},
                             {"CAMA", "cama", "clean", "none", NULL},
                             {"CAMA fine-tuned, source attack", "cama", "clean", "same", NULL},
                             {"CAMA fine-tuned, adaptive", "cama", "clean", "same", "adaptive"},
                             {"sensors", "cama", "clean", "none", "sensors"},
                             {"sensors fine-tuned, source attack", "cama", "clean", "same", "sensors"},
                             {"sensors fine-tuned, adaptive", "cama", "clean", "same", "sensors-adaptive"}};

static const char axis[] = "eps (standard deviations of each column)";

static const chart charts[] = {{"FGSM on X and C", "fgsm", axis, lines, 7, CHART_LINES},
                               {"PGD on X and C", "pgd", axis, lines, 7, CHART_LINES}};

const figure figure_13 = {
    .key = "13",
    .name = "13",
    .title = "Measurement data: attacks on X and C",
    .claim =
        "Under attacks on children X and co-parents C alone CAMA is more robust than the DNN at every strength, and "
        "fine-tuning adds to that.",
    .how =
        "The synthetic process of Figure 12, its first 500 clean test rows; L-infinity, PGD of 20 steps. Each model is "
        "attacked by its own gradient. Fine-tuned copies saw the rows attacked for their source, and are scored on "
        "these "
        "and, adaptive, on rows attacked for the copy itself.",
    .seeds = 2,
    .charts = charts,
    .chart_count = 2,
    .run = synthetic_run,
    .judge = judge,
};
