/* session - threads and arena, the turn of one verb at a time, and a task measured before it runs. */
#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include <math.h>
#include <string.h>
#include <time.h>

double cama__seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int32_t cama__session_create(int32_t threads, int64_t tile_rows, int64_t memory_limit, cama_session **out)
{
    int32_t status = CAMA_OK;
    cama_session *s = cama__mem_alloc(1, sizeof *s);
    if (s == NULL) return CAMA_E_MEMORY;
    s->memory_limit = memory_limit;
    s->tile_rows = tile_rows;
    s->winograd = true;
    atomic_init(&s->cancelled, 0);
    atomic_flag_clear(&s->in_use);
    TRY(cama__pool_create(threads > 0 ? threads : cama__processors(), &s->pool));
    cama__kernel(); /* BLIS starts here, not in the middle of the first verb */
    *out = s;
out:
    if (status != CAMA_OK) cama__session_free(s);
    return status;
}

void cama__session_free(cama_session *session)
{
    if (session == NULL) return;
    cama__pool_free(session->pool);
    cama__mem_free(session->arena.base);
    cama__mem_free(session);
}

int32_t cama__session_enter(cama_session *session, const char *who)
{
    if (!atomic_flag_test_and_set(&session->in_use)) return CAMA_OK;
    return cama__error(CAMA_E_ARGUMENT,
                       "%s: expected a session that is not in use, got one on which a verb is running: the one whose "
                       "progress callback makes this call, or one on another thread",
                       who);
}

void cama__session_leave(cama_session *session) { atomic_flag_clear(&session->in_use); }

void cama__session_begin(cama_session *session, const char *phase)
{
    session->phase = phase;
    session->began = cama__seconds();
    session->told = 0;
    atomic_store(&session->cancelled, 0);
}

int32_t cama__session_step(cama_session *session, int64_t step, int64_t total, double objective, bool now)
{
    const double time = cama__seconds();
    bool stop = atomic_load(&session->cancelled) != 0;
    if (!stop && session->progress != NULL && (now || time - session->told >= 0.1)) {
        session->told = time;
        stop = session->progress(session->user, session->phase, step, total, objective, time - session->began) != 0 ||
               atomic_load(&session->cancelled) != 0;
    }
    if (!stop) return CAMA_OK;
    return cama__error(CAMA_E_CANCELLED, "%s: cancelled after step %lld of %lld", session->phase, (long long)step,
                       (long long)total);
}

int32_t cama__session_reserve(cama_session *session, size_t bytes)
{
    if (session->memory_limit > 0 && bytes > (size_t)session->memory_limit)
        return cama__error(CAMA_E_MEMORY,
                           "session: expected at most memory_limit = %lld bytes of workspace, this step needs %zu",
                           (long long)session->memory_limit, bytes);
    if (session->arena.base != NULL && bytes <= session->arena.size) { /* an arena without memory only measures */
        session->arena.used = 0;
        return CAMA_OK;
    }
    cama__mem_free(session->arena.base);
    memset(&session->arena, 0, sizeof session->arena);
    char *base = cama__mem_alloc(bytes, 1);
    if (base == NULL) return cama__error(CAMA_E_MEMORY, "session: no memory for %zu bytes of workspace", bytes);
    session->arena = (cama__arena){.base = base, .size = bytes};
    return CAMA_OK;
}

typedef struct {
    const cama_model *model;
    const cama__logw_options *options;
    const cama__batch *batch;
    const cama__logw_sink *sink;
} score_task;

static void run_score(const cama__exec *exec, void *arg)
{
    const score_task *t = arg;
    cama__logw_run(exec, t->model, t->options, t->batch, t->sink);
}

static cama__exec work_of(const cama_session *session, cama__arena *arena)
{
    return (cama__exec){.pool = session->pool, .arena = arena, .winograd = session->winograd, .whole = session->whole};
}

static int32_t measure(cama_session *session, cama__session_task *task, void *arg, size_t *bytes)
{
    cama__arena nothing = {.base = NULL};
    const cama__exec exec = work_of(session, &nothing);
    task(&exec, arg);
    *bytes = nothing.peak;
    return nothing.overflow ? cama__error(CAMA_E_MEMORY, "session: this step needs more bytes than a size can say")
                            : CAMA_OK;
}

int32_t cama__session_run(cama_session *session, cama__session_task *task, void *arg)
{
    size_t bytes = 0;
    int32_t status = CAMA_OK;
    TRY(measure(session, task, arg, &bytes));
    TRY(cama__session_reserve(session, bytes));
    const cama__exec exec = work_of(session, &session->arena);
    task(&exec, arg);
    if (session->arena.overflow) /* cannot happen: the same path was measured */
        FAIL(CAMA_E_SYSTEM, "session: the step outgrew its measured %zu bytes", bytes);
out:
    return status;
}

/* Rows at once, of a network like the preset mnist's. Forward only: few enough that what a layer makes is still in
 * cache when the next one reads it, and enough blocks for each thread. With gradients: enough that weights are read
 * seldom. Small networks take more, to amortise the fixed cost of a tile. */
enum { ROWS_FORWARD = 64, ROWS_OF_THREAD = 48, ROWS_GRADIENT = 480, ROWS_LEAST = 48, IMAGES = 144 };
enum { NUMBERS = 8192, MOST_TIMES = 8 };

int32_t cama__session_times(const cama_model *model)
{
    static const int32_t of_a_row[] = {NET_P_Z, NET_P_MERGE, NET_Q_Z, NET_DNN};
    int64_t numbers = 1;
    for (size_t i = 0; i < sizeof of_a_row / sizeof *of_a_row; i++) {
        const cama__net *net = &model->net[of_a_row[i]];
        for (int32_t l = 0; l < net->count; l++) numbers += cama__shape_size(net->layer[l].out);
    }
    return numbers >= NUMBERS ? 1 : numbers * MOST_TIMES <= NUMBERS ? MOST_TIMES : (int32_t)(NUMBERS / numbers);
}

double cama__session_prune(const cama_model *model, double share)
{
    return cama__session_times(model) == 1 ? share : 0;
}

/* Within the limit of memory, with few rows cut into windows or as they are; if in neither way, in the smaller one. */
static bool fits(cama_session *session, score_task *task)
{
    size_t bytes[2] = {0};
    const size_t limit = (size_t)session->memory_limit;
    session->whole = false;
    if (limit == 0 || measure(session, run_score, task, &bytes[0]) != CAMA_OK || bytes[0] <= limit) return true;
    session->whole = true;
    if (measure(session, run_score, task, &bytes[1]) == CAMA_OK && bytes[1] <= limit) return true;
    session->whole = bytes[1] < bytes[0];
    return false;
}

int32_t cama__session_logw(cama_session *session, const cama_model *model, const cama__logw_options *options,
                           const cama__batch *batch, const cama__logw_sink *sink)
{
    cama__logw_options o = *options;
    const int64_t given = session->tile_rows, times = cama__session_times(model);
    o.row_tile = given > 0 ? given : times * ROWS_GRADIENT;
    const int64_t threads = cama__pool_threads(session->pool);
    o.forward_tile = given > 0 ? given : times * (threads == 1 ? ROWS_FORWARD : threads * ROWS_OF_THREAD);
    o.image_tile = given > 0 && given < times * IMAGES ? given : times * IMAGES;
    score_task task = {model, &o, batch, sink};
    while (!fits(session, &task) && o.row_tile > ROWS_LEAST) {
        o.row_tile /= 2;
        o.forward_tile = o.forward_tile > o.row_tile ? o.row_tile : o.forward_tile;
        o.image_tile = o.image_tile > o.row_tile ? o.row_tile : o.image_tile;
    }
    const int32_t status = cama__session_run(session, run_score, &task);
    session->whole = false;
    return status;
}
