/* session_test - workspace, limit, progress and cancel. A memory limit either is kept, by smaller tiles and with
 * the same bits, or is refused with the number of bytes that are needed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "verbs/evaluate.h"
#include "verbs/session.h"

enum { N = 230, D = 12, C = 5 };

typedef struct {
    cama_model *model;
    cama_dataset *data;
    cama__batch_room room;
    cama__batch batch;
    float x[N][D];
    int32_t y[N];
} setting;

static int prepare(void **state)
{
    const cama__spec spec = {.preset = "test",
                             .x = {1, 1, D},
                             .classes = C,
                             .z = 3,
                             .m = 2,
                             .likelihood = 1,
                             .net = {[NET_P_Z] = "dense 20 relu",
                                     [NET_P_M] = "dense 5 relu",
                                     [NET_P_MERGE] = "dense 30 relu, dense x",
                                     [NET_Q_M] = "dense 7 relu",
                                     [NET_Q_Z] = "| dense 20 relu"}};
    setting *s = calloc(1, sizeof *s);
    if (s == NULL || cama__model_build(&spec, NULL, &s->model) != CAMA_OK ||
        cama__model_init(s->model, 1, 1) != CAMA_OK)
        return 1;
    for (int i = 0; i < N; i++) {
        s->y[i] = i % C;
        for (int d = 0; d < D; d++) s->x[i][d] = (float)sin(1 + 3 * i + d * d);
    }
    if (cama__dataset_from_arrays(N, spec.x, C, &s->x[0][0], s->y, false, &s->data) != CAMA_OK) return 1;
    if (cama__batch_room_create(s->model, N, &s->room) != CAMA_OK) return 1;
    s->batch = cama__batch_fill(&s->room, NULL, s->data, NULL, 0, N, true);
    *state = s;
    return 0;
}

static int finish(void **state)
{
    setting *s = *state;
    cama__batch_room_free(&s->room);
    cama__dataset_free(s->data);
    cama__model_free(s->model);
    free(s);
    return 0;
}

static cama_session *make_session(int32_t threads, int64_t tile_rows, int64_t limit)
{
    cama_session *session = NULL;
    OK(cama__session_create(threads, tile_rows, limit, &session));
    return session;
}

/* ---- Workspace and limit ----------------------------------------------------------------------------------------- */

typedef struct {
    double value[N], probabilities[N][C];
    real *gradient;
} result;

/* A score with gradients of all nets, in a session of its own. Returns the status; *bytes is the workspace that was
 * used. */
static int32_t score(const setting *s, int64_t tile_rows, int64_t limit, result *r, int64_t *bytes)
{
    cama_session *session = make_session(1, tile_rows, limit);
    const cama__logw_options o = {.objective = OBJECTIVE_BAYES, .m = SCORE_M_INFER, .u = 2, .k = 4, .kl_weight = 1};
    const cama__logw_sink sink = {.value = r->value,
                                  .probabilities = &r->probabilities[0][0],
                                  .scale = 1,
                                  .dtheta = r->gradient,
                                  .trainable = CAMA__NET_ALL};
    memset(r->gradient, 0, (size_t)s->model->params.reals * sizeof *r->gradient);
    OK(cama_session_bytes(session, bytes));
    assert_int_equal(*bytes, 0);
    const int32_t status = cama__session_logw(session, s->model, &o, &s->batch, &sink);
    OK(cama_session_bytes(session, bytes));
    assert_int_equal(session->arena.used, 0);
    assert_false(session->arena.overflow);
    cama_session_free(session);
    return status;
}

static result *make_result(const setting *s)
{
    result *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->gradient = malloc((size_t)s->model->params.reals * sizeof *r->gradient);
    return r;
}

static void free_result(result *r) { free(r->gradient), free(r); }

static void check_same(const setting *s, const result *a, const result *b)
{
    assert_memory_equal(a->value, b->value, sizeof a->value);
    assert_memory_equal(a->probabilities, b->probabilities, sizeof a->probabilities);
    assert_memory_equal(a->gradient, b->gradient, (size_t)s->model->params.reals * sizeof *a->gradient);
}

static void test_limit(void **state)
{
    const setting *s = *state;
    result *free_run = make_result(s), *r = make_result(s);
    int64_t most = 0, least = 0, bytes = 0, smaller = 0, refused = 0;
    assert_int_equal(score(s, 0, 0, free_run, &most), CAMA_OK);
    assert_int_equal(score(s, 1, 0, r, &least), CAMA_OK);
    check_same(s, free_run, r);
    assert_true(least < most);
    for (int64_t limit = most + 64; limit > least / 4; limit -= limit / 12) {
        memset(r->value, 0x33, sizeof r->value);
        const int32_t status = score(s, 0, limit, r, &bytes);
        assert_true(bytes <= limit);
        if (status == CAMA_OK) {
            assert_int_equal(refused, 0); /* once refused, no smaller limit is accepted */
            check_same(s, free_run, r);
            smaller += bytes < most;
            continue;
        }
        assert_int_equal(status, CAMA_E_MEMORY);
        char number[32];
        snprintf(number, sizeof number, "%lld", (long long)limit);
        check_said(number);
        /* the number of bytes that the message gives is enough, and is needed */
        const char *needs = strstr(cama_last_error(), "needs ");
        assert_non_null(needs);
        const int64_t needed = strtoll(needs + 6, NULL, 10);
        assert_true(needed > limit && needed <= most);
        unsigned char untouched[sizeof r->value];
        memset(untouched, 0x33, sizeof untouched);
        assert_memory_equal(r->value, untouched, sizeof untouched);
        assert_int_equal(score(s, 0, needed, r, &bytes), CAMA_OK);
        assert_int_equal(bytes, needed);
        check_same(s, free_run, r);
        assert_int_equal(score(s, 0, needed - 1, r, &bytes), CAMA_E_MEMORY);
        refused++;
    }
    assert_true(smaller > 1 && refused > 1);
    free_result(free_run), free_result(r);
}

/* The workspace grows to the largest step and is then used again; a refused step costs nothing. */
static void test_reuse(void **state)
{
    (void)state;
    cama_session *session = make_session(1, 0, 100000);
    int64_t bytes = 0;
    OK(cama__session_reserve(session, 5000));
    const char *base = session->arena.base;
    session->arena.used = 77;
    OK(cama__session_reserve(session, 3000));
    assert_ptr_equal(session->arena.base, base);
    assert_int_equal(session->arena.used, 0);
    assert_int_equal(cama__session_reserve(session, 100001), CAMA_E_MEMORY);
    check_said("100001");
    assert_ptr_equal(session->arena.base, base);
    OK(cama__session_reserve(session, 100000));
    OK(cama_session_bytes(session, &bytes));
    assert_int_equal(bytes, 100000);
    cama_session_free(session);
}

/* ---- Measured and run -------------------------------------------------------------------------------------------- */

typedef struct {
    size_t takes[2];     /* bytes while measuring, bytes while running */
    int32_t calls, runs; /* runs: those that did not measure */
} greedy;

static void take(const cama__exec *work, void *arg)
{
    greedy *g = arg;
    const size_t mark = cama__arena_mark(work->arena);
    char *piece = cama__arena_take(work->arena, g->takes[!cama__exec_measures(work)], 1);
    if (piece != NULL) memset(piece, 1, g->takes[1]);
    cama__arena_release(work->arena, mark);
    g->calls++;
    g->runs += !cama__exec_measures(work);
}

static void test_run(void **state)
{
    (void)state;
    cama_session *session = make_session(2, 0, 0);
    greedy g = {{0, 0}, 0, 0}; /* a task without workspace runs, too */
    OK(cama__session_run(session, take, &g));
    assert_true(g.calls == 2 && g.runs == 1);
    g = (greedy){{1000, 1000}, 0, 0};
    OK(cama__session_run(session, take, &g));
    assert_true(g.calls == 2 && g.runs == 1);
    g = (greedy){{1000, 5000}, 0, 0}; /* a task that takes more than it said: told, not crashed */
    assert_int_equal(cama__session_run(session, take, &g), CAMA_E_SYSTEM);
    g = (greedy){{SIZE_MAX - 10, 10}, 0, 0};
    assert_int_equal(cama__session_run(session, take, &g), CAMA_E_MEMORY);
    assert_int_equal(g.calls, 1);
    g = (greedy){{SIZE_MAX / 2, 10}, 0, 0}; /* no machine has that */
    assert_int_equal(cama__session_run(session, take, &g), CAMA_E_MEMORY);
    g = (greedy){{1000, 1000}, 0, 0}; /* and goes on */
    OK(cama__session_run(session, take, &g));
    cama_session_free(session);
}

/* ---- Progress and cancel ----------------------------------------------------------------------------------------- */

typedef struct {
    int32_t calls, answer;
    int64_t step, total;
    double objective, seconds;
    char phase[16];
} told;

static int32_t listen(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    told *t = user;
    t->calls++;
    t->step = step, t->total = total, t->objective = objective, t->seconds = seconds;
    snprintf(t->phase, sizeof t->phase, "%s", phase);
    return t->answer;
}

static void test_progress(void **state)
{
    (void)state;
    cama_session *session = make_session(1, 0, 0);
    told t = {0};
    cama__session_begin(session, "train");
    OK(cama__session_step(session, 1, 9, 0, true)); /* nobody listens */
    OK(cama_session_set_progress(session, listen, &t));
    OK(cama__session_step(session, 2, 9, -1.5, false));
    assert_int_equal(t.calls, 1); /* the first at once */
    assert_true(t.step == 2 && t.total == 9 && t.objective == -1.5 && t.seconds >= 0 && t.seconds < 60);
    assert_string_equal(t.phase, "train");
    const double began = cama__seconds();
    int64_t steps = 0;
    while (cama__seconds() - began < 0.35) {
        OK(cama__session_step(session, 3, 9, 0, false));
        steps++;
    }
    assert_true(t.calls >= 2);
    assert_true(t.calls <= 1 + (int32_t)((cama__seconds() - began) * 10 + 1)); /* ten times a second */
    assert_true(steps > t.calls);
    const int32_t before = t.calls;
    for (int i = 0; i < 5; i++) OK(cama__session_step(session, 4, 9, 0, true));
    assert_int_equal(t.calls, before + 5); /* or whenever asked to */
    OK(cama_session_set_progress(session, NULL, NULL));
    OK(cama__session_step(session, 5, 9, 0, true));
    assert_int_equal(t.calls, before + 5);
    cama_session_free(session);
}

static void test_cancel(void **state)
{
    (void)state;
    cama_session *session = make_session(1, 0, 0);
    told t = {.answer = 1};
    cama_session_cancel(NULL);
    cama_session_cancel(session);
    cama__session_begin(session, "predict"); /* an old cancel is over */
    OK(cama__session_step(session, 1, 7, 0, false));
    cama_session_cancel(session);
    OK(cama_session_set_progress(session, listen, &t));
    assert_int_equal(cama__session_step(session, 2, 7, 0, true), CAMA_E_CANCELLED);
    assert_int_equal(t.calls, 0); /* it need not be asked */
    check_said("predict: cancelled after step 2 of 7");
    cama__session_begin(session, "predict");
    assert_int_equal(cama__session_step(session, 3, 7, 0, true), CAMA_E_CANCELLED); /* by its answer */
    assert_int_equal(t.calls, 1);
    t.answer = -1;
    assert_int_equal(cama__session_step(session, 4, 7, 0, true), CAMA_E_CANCELLED); /* anything but 0 */
    t.answer = 0;
    OK(cama__session_step(session, 5, 7, 0, true));
    cama_session_free(session);
}

static void test_threads(void **state)
{
    (void)state;
    cama_session *session = make_session(3, 0, 0);
    assert_int_equal(cama__pool_threads(session->pool), 3);
    cama_session_free(session);
    session = make_session(0, 0, 0);
    assert_int_equal(cama__pool_threads(session->pool), cama__processors());
    cama_session_free(session);
    cama_session_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_limit),  cmocka_unit_test(test_reuse),
                                       cmocka_unit_test(test_run),    cmocka_unit_test(test_progress),
                                       cmocka_unit_test(test_cancel), cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, prepare, finish);
}
