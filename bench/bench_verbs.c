/* bench_verbs - training, fine-tuning, prediction and encoding through the public functions. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { BATCH = 128 };

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_optimizer *optimizer;
    cama_dataset *data, *more;
    cama_options *options;
    float *out[4];
    double first, last; /* of a fine-tuning's steps: the clock */
} verb;

static void close_verb(bench_run *run)
{
    verb *v = run->state;
    cama_options_free(v->options);
    cama_optimizer_free(v->optimizer);
    cama_model_free(v->model);
    cama_dataset_free(v->data);
    cama_dataset_free(v->more);
    cama_session_free(v->session);
    for (int i = 0; i < 4; i++) free(v->out[i]);
    free(v);
}

static verb *open_verb(const bench_recipe *r, bench_run *run)
{
    verb *v = bench_alloc(1, sizeof *v);
    v->session = bench_session(r->threads);
    v->model = bench_model(r->preset, r->classes);
    v->data = bench_data(v->model, r->n);
    run->state = v;
    run->close = close_verb;
    run->amount = (double)r->n;
    return v;
}

static void note_bytes(bench_run *run) { bench_check(cama_session_bytes(((verb *)run->state)->session, &run->bytes)); }

/* ---- Training: one epoch ---- */

static double train(bench_run *run)
{
    verb *v = run->state;
    const double start = bench_seconds();
    bench_check(cama_train(v->session, v->optimizer, v->data, v->more, v->options, NULL));
    const double seconds = bench_seconds() - start;
    note_bytes(run);
    return seconds;
}

void bench_open_train(const bench_recipe *recipe, bench_run *run)
{
    verb *v = open_verb(recipe, run);
    const int64_t batch = recipe->batch > 0 ? recipe->batch : BATCH, steps = recipe->n / batch;
    v->options = bench_options("train");
    bench_check(cama_options_set_int(v->options, "epochs", 1));
    bench_check(cama_options_set_int(v->options, "batch", batch));
    bench_check(cama_optimizer_create(v->model, NULL, &v->optimizer));
    run->operations = (double)steps * ops_train(v->model, batch, false);
    if (recipe->joint) {
        v->more = bench_data(v->model, recipe->n);
        run->amount *= 2;
        run->operations += (double)steps * ops_train(v->model, batch, true);
    }
    run->run = train;
}

/* ---- Fine-tuning: the steps between the first and the last ---- */

enum { FINETUNE_STEPS = 3 };

static int32_t on_step(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    verb *v = user;
    (void)phase, (void)objective, (void)seconds;
    if (step == 1) v->first = bench_seconds();
    if (step == total) v->last = bench_seconds();
    return 0;
}

static double finetune(bench_run *run)
{
    verb *v = run->state;
    cama_model *adapted = NULL;
    bench_check(cama_finetune(v->session, v->model, v->data, v->more, v->options, &adapted, NULL));
    cama_model_free(adapted);
    note_bytes(run);
    return v->last - v->first;
}

static void open_finetune(const char *name, int32_t threads, bench_run *run)
{
    (void)name;
    verb *v = open_verb(&(bench_recipe){.threads = threads, .n = 2 * BATCH}, run);
    cama_dataset *labelled = bench_data(v->model, BATCH);
    bench_check(cama_dataset_without_labels(labelled, &v->more));
    cama_dataset_free(labelled);
    v->options = bench_options("finetune");
    bench_check(cama_options_set_int(v->options, "steps", FINETUNE_STEPS));
    bench_check(cama_options_set_int(v->options, "batch", BATCH));
    bench_check(cama_options_set_int(v->options, "clean_batch", BATCH));
    bench_check(cama_options_set_int(v->options, "check_every", 0));
    bench_check(cama_session_set_progress(v->session, on_step, v));
    run->amount = (FINETUNE_STEPS - 1) * 2 * BATCH;
    run->operations = (FINETUNE_STEPS - 1) * ops_finetune(v->model, BATCH);
    run->run = finetune;
}

/* ---- Prediction and encoding ---- */

static double predict(bench_run *run)
{
    verb *v = run->state;
    const double start = bench_seconds();
    bench_check(cama_predict(v->session, v->model, v->data, v->options, v->out[0]));
    const double seconds = bench_seconds() - start;
    note_bytes(run);
    return seconds;
}

void bench_open_predict(const bench_recipe *recipe, bench_run *run)
{
    verb *v = open_verb(recipe, run);
    int64_t classes = 0;
    bench_check(cama_model_get_int(v->model, "classes", &classes));
    v->out[0] = bench_alloc((size_t)(recipe->n * classes), sizeof(float));
    v->options = bench_options("predict");
    bench_check(cama_options_set_text(v->options, "m", "infer"));
    bench_check(cama_options_set_int(v->options, "samples", recipe->k));
    if (recipe->batch > 0) bench_check(cama_options_set_int(v->options, "batch", recipe->batch));
    run->operations = ops_predict(v->model, recipe->n, recipe->k);
    run->run = predict;
}

static double encode(bench_run *run)
{
    verb *v = run->state;
    const double start = bench_seconds();
    bench_check(cama_encode(v->session, v->model, v->data, v->options, v->out[0], v->out[1], v->out[2], v->out[3]));
    const double seconds = bench_seconds() - start;
    note_bytes(run);
    return seconds;
}

static void open_encode(const char *name, int32_t threads, bench_run *run)
{
    (void)name;
    enum { N = 576 };
    verb *v = open_verb(&(bench_recipe){.threads = threads, .n = N}, run);
    int64_t size[2] = {0};
    bench_check(cama_model_get_int(v->model, "m", &size[0]));
    bench_check(cama_model_get_int(v->model, "z", &size[1]));
    for (int i = 0; i < 4; i++) v->out[i] = bench_alloc((size_t)(N * size[i / 2]), sizeof(float));
    v->options = bench_options("encode");
    bench_check(cama_options_set_text(v->options, "m", "infer"));
    run->operations = ops_encode(v->model, N);
    run->run = encode;
}

/* ---- The table. n is a multiple of the blocks' rows, 12 or 16, where the case is not about a given batch ---- */

static const struct {
    const char *name;
    void (*open)(const bench_recipe *recipe, bench_run *run);
    bench_recipe recipe;
} recipes[] = {
    {"train_do", bench_open_train, {.n = 2 * BATCH}},
    {"train_joint", bench_open_train, {.n = BATCH, .joint = true}},
    {"predict_k1", bench_open_predict, {.n = 576, .k = 1}},
    {"predict_k10", bench_open_predict, {.n = 144, .k = 10}},
    {"predict_k100", bench_open_predict, {.n = 48, .k = 100}},
    {"predict_one", bench_open_predict, {.n = 1, .k = 10}},
    {"measurement_train", bench_open_train, {.preset = "measurement", .n = 50 * BATCH}},
    {"measurement_predict", bench_open_predict, {.preset = "measurement", .n = 1152, .k = 10}},
};

static void open_recipe(const char *name, int32_t threads, bench_run *run)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        if (strcmp(name, recipes[i].name) != 0) continue;
        bench_recipe recipe = recipes[i].recipe;
        recipe.threads = threads;
        recipes[i].open(&recipe, run);
    }
}

const bench_case bench_verbs[] = {{"train_do", open_recipe},
                                  {"train_joint", open_recipe},
                                  {"finetune", open_finetune},
                                  {"predict_k1", open_recipe},
                                  {"predict_k10", open_recipe},
                                  {"predict_k100", open_recipe},
                                  {"predict_one", open_recipe},
                                  {"encode", open_encode},
                                  {"measurement_train", open_recipe},
                                  {"measurement_predict", open_recipe},
                                  {NULL, NULL}};
