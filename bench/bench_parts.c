/* bench_parts - what steps are made of beside layers: Adam and noise; and model files: saving, loading, starting up. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "bench.h"
#include "verbs/optim.h"
#include "verbs/session.h"

extern char **environ;

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_optimizer *optimizer;
    real *values;
    char path[64], threads[16];
} part;

static void close_part(bench_run *run)
{
    part *p = run->state;
    if (p->path[0] != '\0') unlink(p->path);
    cama_optimizer_free(p->optimizer);
    cama_model_free(p->model);
    cama_session_free(p->session);
    free(p->values);
    free(p);
}

static part *open_part(const char *unit, double amount, bench_run *run)
{
    part *p = bench_alloc(1, sizeof *p);
    run->state = p;
    run->close = close_part;
    run->unit = unit;
    run->amount = amount;
    return p;
}

/* ---- Adam: the norm of the gradient and the step, for every parameter of mnist ---- */

static double adam(bench_run *run)
{
    part *p = run->state;
    const double start = bench_seconds();
    const double norm = cama__optim_norm(p->optimizer, CAMA__NET_ALL, p->session->pool);
    cama__optim_step(p->optimizer, CAMA__NET_ALL, 1, norm, p->session->pool);
    return bench_seconds() - start;
}

static void open_adam(const char *name, int32_t threads, bench_run *run)
{
    (void)name;
    part *p = open_part("steps", 1, run);
    p->session = bench_session(threads);
    p->model = bench_model(NULL, 0);
    bench_check(cama_optimizer_create(p->model, NULL, &p->optimizer));
    const int64_t reals = p->model->params.reals;
    for (int64_t i = 0; i < reals; i++) p->optimizer->gradient[i] = p->model->theta[i] * 1e-3f;
    run->bytes = 4 * reals * (int64_t)sizeof(real);
    run->run = adam;
}

/* ---- Noise, on one thread: the generator is called from within a step's threads ---- */

enum { NORMALS = 1 << 16 };

static double noise(bench_run *run)
{
    part *p = run->state;
    const double start = bench_seconds();
    cama__rng_normals((cama__rng_key){.seed = 1, .stream = RNG_Z}, NORMALS, p->values, 1);
    return bench_seconds() - start;
}

static void open_noise(const char *name, int32_t threads, bench_run *run)
{
    (void)name, (void)threads;
    part *p = open_part("normals", NORMALS, run);
    p->values = bench_alloc(NORMALS, sizeof *p->values);
    run->run = noise;
}

/* ---- Files ---- */

static part *open_file(const char *unit, bench_run *run)
{
    part *p = open_part(unit, 1, run);
    p->model = bench_model(NULL, 0);
    strcpy(p->path, "/tmp/cama-bench-XXXXXX");
    const int file = mkstemp(p->path);
    if (file < 0) {
        perror("bench: /tmp");
        exit(1);
    }
    close(file);
    bench_check(cama_model_save(p->model, p->path));
    return p;
}

static double save(bench_run *run)
{
    part *p = run->state;
    const double start = bench_seconds();
    bench_check(cama_model_save(p->model, p->path));
    return bench_seconds() - start;
}

static double load(bench_run *run)
{
    part *p = run->state;
    cama_model *model = NULL;
    const double start = bench_seconds();
    bench_check(cama_model_load(p->path, &model));
    const double seconds = bench_seconds() - start;
    cama_model_free(model);
    return seconds;
}

static void open_save(const char *name, int32_t threads, bench_run *run)
{
    (void)name, (void)threads;
    open_file("files", run);
    run->run = save;
}

static void open_load(const char *name, int32_t threads, bench_run *run)
{
    (void)name, (void)threads;
    open_file("files", run);
    run->run = load;
}

/* ---- Start-up: this program once more, which loads the file and predicts one image ---- */

int bench_startup_child(const char *path, int32_t threads)
{
    float p[16];
    cama_model *model = NULL;
    cama_session *session = bench_session(threads);
    bench_check(cama_model_load(path, &model));
    cama_dataset *data = bench_data(model, 1);
    cama_options *o = bench_options("predict");
    bench_check(cama_options_set_text(o, "m", "infer"));
    bench_check(cama_predict(session, model, data, o, p));
    const bool told = write(STDOUT_FILENO, "!", 1) == 1;
    cama_options_free(o);
    cama_dataset_free(data);
    cama_model_free(model);
    cama_session_free(session);
    return told ? 0 : 1;
}

/* From the start of the process to the byte that says that the prediction is there: always by the clock. */
static double startup(bench_run *run)
{
    part *p = run->state;
    char *arguments[] = {"bench", "--startup", p->path, "--threads", p->threads, NULL};
    int ends[2], status = 1;
    char byte = 0;
    pid_t child = 0;
    posix_spawn_file_actions_t actions;
    if (pipe(ends) != 0 || posix_spawn_file_actions_init(&actions) != 0) exit(1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    const double start = bench_clock();
    if (posix_spawn(&child, "/proc/self/exe", &actions, NULL, arguments, environ) != 0) exit(1);
    close(ends[1]);
    const bool came = read(ends[0], &byte, 1) == 1;
    const double seconds = bench_clock() - start;
    waitpid(child, &status, 0);
    close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
    if (came && status == 0) return seconds;
    fprintf(stderr, "bench: startup: the process that loads %s gave no prediction\n", p->path);
    exit(1);
}

static void open_startup(const char *name, int32_t threads, bench_run *run)
{
    (void)name;
    part *p = open_file("starts", run);
    snprintf(p->threads, sizeof p->threads, "%d", threads);
    run->run = startup;
}

const bench_case bench_parts[] = {{"startup", open_startup}, {"adam", open_adam}, {"noise", open_noise},
                                  {"save", open_save},       {"load", open_load}, {NULL, NULL}};
