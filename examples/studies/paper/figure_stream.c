/* figure_stream - beyond the paper: batches of digits keep coming, their manipulation changes, and nobody says when.
 * Each batch is adapted to and read, by policies of where adaptation begins. */
#include <math.h>
#include <string.h>

#include "figure_stream.h"

/* ---- Who adapts -------------------------------------------------------------------------------------------------- */

static const char keep[] = "keep", reset[] = "reset", drift[] = "drift";

/* told: the variant of the rows that say where it began anew at its source; NULL: there is nothing to tell. */
static const struct {
    const char *model, *as, *variant, *start;
    int restart;
    const char *told;
} runs[] = {{"cnn", "cnn", NULL, NULL, 0, NULL},
            {"cama-view", "cama-view", NULL, NULL, 0, NULL},
            {"cama-view", "cama-view", "reset", reset, 0, NULL},
            {"cama-view", "cama-view", "keep", keep, 1, "keep-told"},
            {"cama-view", "cama-view", "drift", drift, 1, "drift-told"},
            {"cama-view", "cama-view", "no-restart", keep, 0, NULL},
            {"cama-unseen", "cama-view", "unseen-reset", reset, 0, NULL},
            {"cama-unseen", "cama-view", "unseen-keep", keep, 1, "unseen-keep-told"},
            {"cama-unseen", "cama-view", "unseen-drift", drift, 1, "unseen-drift-told"},
            {"cama-unseen", "cama-view", "unseen-no-restart", keep, 0, NULL},
            {"cnn", "cnn-tent", NULL, keep, 0, NULL},
            {"cama", "cama", NULL, NULL, 0, NULL},
            {"cama", "cama", "reset", reset, 0, NULL},
            {"cama", "cama", "keep", keep, 1, "keep-told"},
            {"cama", "cama", "drift", drift, 1, "drift-told"},
            {"cama", "cama", "no-restart", keep, 0, NULL}};

enum { RUNS = sizeof runs / sizeof *runs, CNN = 0, TENT = 10 };

static row_key key_of(int which, const char *test, int told)
{
    return (row_key){runs[which].as, "clean", runs[which].start != NULL ? "same" : "none",
                     test,           NAN,     told ? runs[which].told : runs[which].variant};
}

static int is_read(int which) { return strcmp(runs[which].as, "cama-view") == 0; }

static int64_t steps_of(const paper *self, int which)
{
    if (strcmp(runs[which].model, "cama-unseen") == 0) return self->sizes.stream_unseen_steps;
    return is_read(which) ? self->sizes.stream_view_steps : self->sizes.stream_steps;
}

static cama_stream *begin(const paper *self, const cama_model *source, int which)
{
    cama_options *how = NULL, *finetune = NULL;
    cama_stream *out = NULL;
    went(cama_options_create("stream", &how));
    went(cama_options_set_text(how, "start", runs[which].start));
    went(cama_options_set_int(how, "restart", runs[which].restart));
    went(cama_options_create("finetune", &finetune));
    went(cama_options_set_int(finetune, "steps", steps_of(self, which)));
    went(cama_options_set_int(finetune, "seed", self->seed_now));
    went(cama_stream_create(source, self->train, how, finetune, &out));
    cama_options_free(finetune);
    cama_options_free(how);
    return out;
}

/* The adapted model, read as in the other figures. */
static int adapt(paper *self, cama_stream *stream, const cama_dataset *batch, cama_model **adapted, double *restart)
{
    cama_dataset *unlabelled = NULL;
    cama_report *report = NULL;
    went(cama_dataset_without_labels(batch, &unlabelled));
    progress_begin(&self->bar, self->label, 0, 0);
    const int done = went(cama_stream_step(self->session, stream, unlabelled, NULL, NULL, &report));
    progress_end(&self->bar);
    if (done) went(cama_report_get(report, "restart", 0, restart));
    if (done) went(cama_stream_model(stream, adapted));
    cama_report_free(report);
    cama_dataset_free(unlabelled);
    return done;
}

static int step(paper *self, const cama_model *source, cama_stream *stream, int which, const arrivals *what, int i)
{
    cama_model *adapted = NULL;
    double restart = 0;
    paper_say(self, "%s %s, batch %d", runs[which].as, runs[which].variant != NULL ? runs[which].variant : "", i + 1);
    const int done = (stream == NULL || adapt(self, stream, what->batch[i], &adapted, &restart)) &&
                     paper_point(self, adapted != NULL ? adapted : source, is_read(which), what->batch[i],
                                 key_of(which, what->name[i], 0));
    if (done && runs[which].told != NULL) figure_row(self, key_of(which, what->name[i], 1), restart);
    cama_model_free(adapted);
    return done;
}

static int all_known(const paper *self, int which, const arrivals *what)
{
    int known = 0;
    for (int i = 0; i < what->count; i++)
        known += figure_has(self, key_of(which, what->name[i], 0)) &&
                 (runs[which].told == NULL || figure_has(self, key_of(which, what->name[i], 1)));
    return known == what->count;
}

/* A stream that was stopped begins at its first batch: what a batch does to it depends on those before. */
static int follow(paper *self, int which, const arrivals *what)
{
    if (all_known(self, which, what)) return 1;
    const cama_model *source = paper_model(self, runs[which].model, "clean", NULL, 0);
    if (source == NULL) return 0;
    cama_stream *stream = runs[which].start != NULL ? begin(self, source, which) : NULL;
    int done = 1;
    for (int i = 0; done && i < what->count; i++) done = step(self, source, stream, which, what, i);
    cama_stream_free(stream);
    return done;
}

static int run(paper *self)
{
    int done = 1;
    paper_open(self);
    arrivals what = stream_arrive(self);
    for (int which = 0; done && which < RUNS; which++) done = follow(self, which, &what);
    stream_gone(&what);
    return done;
}

/* ---- The verdict ------------------------------------------------------------------------------------------------- */

/* Where the four policies of a form stand in runs, reset first, and what adapts in none of them. */
static const struct {
    const char *words;
    int first, source;
} forms[] = {{"view form", 2, 1}, {"view form that never met a simulated view", 6, CNN}, {"published form", 12, 11}};

enum { RESET, KEEP, DRIFT, NO_RESTART, POLICIES };

/* Two standard errors of a difference on a hundred digits of which five in a hundred are read otherwise. */
static const double batch_chance = .05;

typedef struct {
    double source, mean[POLICIES]; /* accuracy over the batches; NaN where one is missing */
    double least[POLICIES];        /* of the differences from the source, batch by batch */
    int changes, told, others, wrong;
} summary;

static double score(const row_table *rows, const char *name, int which, const char *test, int told)
{
    return rows_mean(rows, name, key_of(which, test, told), NULL, NULL);
}

/* Of the stretches that a run has, "1-clean" and so on. */
static int tests_of(const row_table *rows, const char *tests[MOST_BATCHES])
{
    int count = 0;
    for (int i = 0; i < rows->count && count < MOST_BATCHES; i++) {
        int there = 0;
        for (int t = 0; t < count; t++) there = there || strcmp(tests[t], rows->items[i].direction) == 0;
        if (!there) tests[count++] = rows->items[i].direction;
    }
    return count;
}

static const char *manipulation_of(const char *test) { return test + strcspn(test, "-"); }

static void count_told(const row_table *rows, const char *name, int form, const char *const *tests, int count,
                       summary *out)
{
    for (int i = 0; i < count; i++) {
        const double told = score(rows, name, forms[form].first + KEEP, tests[i], 1);
        const int changed = i > 0 && strcmp(manipulation_of(tests[i]), manipulation_of(tests[i - 1])) != 0;
        out->changes += changed;
        out->others += !changed;
        out->told += changed && told > .5;
        out->wrong += !changed && told > .5;
    }
}

static summary summarise(const row_table *rows, const char *name, int form)
{
    const char *tests[MOST_BATCHES];
    const int count = tests_of(rows, tests);
    summary out = {.source = count > 0 ? 0 : NAN};
    for (int p = 0; p < POLICIES; p++) {
        out.mean[p] = count > 0 ? 0 : NAN;
        out.least[p] = 1;
        for (int i = 0; i < count; i++) {
            const double own = score(rows, name, forms[form].first + p, tests[i], 0);
            out.mean[p] += own / count;
            out.least[p] = fmin(out.least[p], own - score(rows, name, forms[form].source, tests[i], 0));
        }
        if (!isfinite(out.mean[p])) out.least[p] = NAN;
    }
    for (int i = 0; i < count; i++) out.source += score(rows, name, forms[form].source, tests[i], 0) / count;
    count_told(rows, name, form, tests, count, &out);
    return out;
}

static void judge_form(const row_table *rows, const char *name, int form, verdict *out)
{
    const summary s = summarise(rows, name, form);
    const char *words = forms[form].words;
    verdict_atleast(out, fmin(s.mean[RESET], s.mean[KEEP]) + 0 * (s.mean[RESET] + s.mean[KEEP]), s.source - by_chance,
                    "%s, mean of the batches: %.3f not adapted, %.3f with reset, %.3f kept, %.3f drawn back, %.3f kept "
                    "without ever beginning anew (wanted: reset and kept no more than .02 below not adapted)",
                    words, s.source, s.mean[RESET], s.mean[KEEP], s.mean[DRIFT], s.mean[NO_RESTART]);
    verdict_atleast(out, fmin(s.least[RESET], s.least[KEEP]) + 0 * (s.least[RESET] + s.least[KEEP]), -batch_chance,
                    "%s, worst batch against not adapting: %+.3f with reset, %+.3f kept, %+.3f drawn back, %+.3f kept "
                    "without ever beginning anew (wanted: reset and kept no more than .05 below)",
                    words, s.least[RESET], s.least[KEEP], s.least[DRIFT], s.least[NO_RESTART]);
    verdict_atleast(out, isfinite(s.mean[KEEP]) ? s.told - s.changes - s.wrong : NAN, 0,
                    "%s, kept: it said at %d of %d changes that the manipulation changed, and at %d of %d batches "
                    "without a change (wanted: all, and none)",
                    words, s.told, s.changes, s.wrong, s.others);
}

static void judge(const row_table *rows, const char *name, verdict *out)
{
    const char *tests[MOST_BATCHES];
    const int count = tests_of(rows, tests);
    double cnn = 0, tent = 0;
    for (int i = 0; i < count; i++) cnn += score(rows, name, CNN, tests[i], 0) / count;
    for (int i = 0; i < count; i++) tent += score(rows, name, TENT, tests[i], 0) / count;
    for (int form = 0; form < 3; form++) judge_form(rows, name, form, out);
    verdict_note(out, "the CNN, mean of the batches: %.3f as trained, %.3f under continual TENT", cnn, tent);
}

static const line seen[] = {{"CNN", "cnn", "clean", "none", NULL},
                            {"CNN, continual TENT", "cnn-tent", "clean", "same", NULL},
                            {"not adapted", "cama-view", "clean", "none", NULL},
                            {"reset", "cama-view", "clean", "same", "reset"},
                            {"kept", "cama-view", "clean", "same", "keep"},
                            {"drawn back", "cama-view", "clean", "same", "drift"},
                            {"kept, never anew", "cama-view", "clean", "same", "no-restart"}};

static const line unseen[] = {{"CNN", "cnn", "clean", "none", NULL},
                              {"CNN, continual TENT", "cnn-tent", "clean", "same", NULL},
                              {"reset", "cama-view", "clean", "same", "unseen-reset"},
                              {"kept", "cama-view", "clean", "same", "unseen-keep"},
                              {"drawn back", "cama-view", "clean", "same", "unseen-drift"},
                              {"kept, never anew", "cama-view", "clean", "same", "unseen-no-restart"}};

static const line published[] = {{"CNN", "cnn", "clean", "none", NULL},
                                 {"CNN, continual TENT", "cnn-tent", "clean", "same", NULL},
                                 {"not adapted", "cama", "clean", "none", NULL},
                                 {"reset", "cama", "clean", "same", "reset"},
                                 {"kept", "cama", "clean", "same", "keep"},
                                 {"drawn back", "cama", "clean", "same", "drift"},
                                 {"kept, never anew", "cama", "clean", "same", "no-restart"}};

static const chart charts[] = {{"view form, batch after batch", NULL, NULL, seen, 7, CHART_STEPS},
                               {"view form, no simulated views", NULL, NULL, unseen, 6, CHART_STEPS},
                               {"published form, batch after batch", NULL, NULL, published, 7, CHART_STEPS}};

const figure figure_stream = {
    .key = "stream",
    .name = "stream",
    .title = "Beyond the paper: a stream whose manipulation changes",
    .claim = "nothing here; it names adaptation that goes on as future work.",
    .how =
        "Batches of 100 test digits, each digit once, without labels and without a word of when the manipulation "
        "changes: clean, vertical shifts of .3, horizontal shifts of .3, rotation up to 60 degrees, clean again. "
        "Each batch is fine-tuned on and then read; published form and TENT with 25 steps a batch, views with 10, "
        "views "
        "that met no simulated one with 20. Reset: each begins at the "
        "source. Kept: at the model that the last batch left, or at the source where that explains the batch better "
        "(ELBO(x) falls below the source's by more than 2 standard errors). Drawn back (drift): the same, a tenth of "
        "the way back to the source before each batch. No-restart: kept, whatever comes. Rows told: 1 where the "
        "stream said that the manipulation changed. The view form is read by the clean CNN; not adapted, one that "
        "never met a simulated view (unseen) is that CNN. TENT is kept from batch to batch.",
    .seeds = 1,
    .charts = charts,
    .chart_count = 3,
    .run = run,
    .judge = judge,
};
