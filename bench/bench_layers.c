/* bench_layers - every layer of the preset mnist alone: NET.INDEX.forward with bias and activation, and the linear
 * map's .data (gradient of the input) and .weights, as they are called in a step. Parts of the joins (p_merge.0.z) and
 * pools (q_z.pool0) are layers too. All work on one set of arrays, as large as the largest layer needs. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "logw/row_plan.h"
#include "verbs/session.h"

enum { IMAGES = 128, CASES_MOST = 200, NAME = 32, PASSES = 3 };
enum { FORWARD, DATA, WEIGHTS };
static const char *const passes[PASSES] = {"forward", "data", "weights"};

typedef struct {
    char name[NAME];
    const cama__layer *layer;
    int pass;
    int64_t rows; /* classes for what depends on y alone */
} entry;

static cama_model *model;
static entry entries[CASES_MOST];
static bench_case cases[CASES_MOST + 1];
static int count;

static void open_layer(const char *name, int32_t threads, bench_run *run);

static void add(const char *name, const cama__layer *layer, int64_t rows)
{
    for (int pass = 0; pass < PASSES && count < CASES_MOST; pass++) {
        if (layer->kind == LAYER_POOL && pass == WEIGHTS) continue;
        entry *e = &entries[count];
        *e = (entry){.layer = layer, .pass = pass, .rows = rows};
        snprintf(e->name, NAME, "%s.%s", name, passes[pass]);
        cases[count++] = (bench_case){e->name, open_layer};
    }
}

static void add_net(int32_t number)
{
    static const char *const merge[] = {"y", "z", "m"}, *const infer[] = {"x", "y", "m"};
    const cama__net *net = &model->net[number];
    int index = 0, pool = 0;
    for (int32_t i = 0; i < net->count; i++) {
        char name[NAME - 8];
        const bool is_pool = net->layer[i].kind == LAYER_POOL, is_join = net->layer[i].kind == LAYER_JOIN;
        const char *const *parts = number == NET_P_MERGE ? merge : infer;
        snprintf(name, sizeof name, is_pool ? "%s.pool%d" : "%s.%d", cama__net_name[number], is_pool ? pool : index);
        for (int32_t p = 0; is_join && p < 3; p++) {
            char part[NAME - 8];
            snprintf(part, sizeof part, "%.16s.%s", name, parts[p]);
            add(part, &net->part[p], parts[p][0] == 'y' ? model->spec.classes : IMAGES);
        }
        if (!is_join) add(name, &net->layer[i], number == NET_P_Y ? model->spec.classes : IMAGES);
        pool += is_pool, index += !is_pool;
    }
}

const bench_case *bench_layers(void)
{
    if (model == NULL) {
        model = bench_model(NULL, 0);
        for (int32_t i = 0; i < NET_COUNT; i++) add_net(i);
    }
    return cases;
}

/* ---- The arrays ---- */

static struct {
    int users;
    cama_session *session;
    real *in, *out, *dout, *din, *dtheta;
    uint8_t *place;
} stage;

static int64_t lanes(int64_t rows) { return cama__blocks(rows) * cama__kernel()->nr; }

static real *fill(int64_t n)
{
    real *data = cama__mem_alloc((size_t)n, sizeof *data);
    if (data == NULL) bench_check(CAMA_E_MEMORY);
    uint32_t state = 1;
    for (int64_t i = 0; i < n; i++)
        data[i] = (real)((state = state * 1664525u + 1013904223u) >> 8) / 16777216 - (real)0.5;
    return data;
}

static void enter_stage(int32_t threads)
{
    int64_t in = 1, out = 1;
    if (stage.users++ > 0) return;
    for (int i = 0; i < count; i++) {
        const int64_t a = cama__shape_size(entries[i].layer->in), b = cama__shape_size(entries[i].layer->out);
        in = a > in ? a : in;
        out = b > out ? b : out;
    }
    stage.session = bench_session(threads);
    stage.in = fill(in * lanes(IMAGES)), stage.din = fill(in * lanes(IMAGES));
    stage.out = fill(out * lanes(IMAGES)), stage.dout = fill(out * lanes(IMAGES));
    stage.dtheta = fill(model->params.reals);
    stage.place = bench_alloc((size_t)(out * lanes(IMAGES)), 1);
}

static void leave_stage(bench_run *run)
{
    free(run->state);
    if (--stage.users > 0) return;
    real *const all[] = {stage.in, stage.out, stage.dout, stage.din, stage.dtheta};
    for (int i = 0; i < 5; i++) cama__mem_free(all[i]);
    cama_session_free(stage.session);
    free(stage.place);
}

/* ---- A case ---- */

typedef struct {
    entry e;
    cama__layer linear; /* the layer without bias and activation, for the backwards */
} layer_state;

static void task(const cama__exec *work, void *arg)
{
    const layer_state *s = arg;
    const cama__layer *l = &s->linear;
    if (s->e.pass == FORWARD)
        cama__layer_forward(work, s->e.layer, model->theta, s->e.rows, stage.in, stage.out, stage.place);
    else
        cama__layer_backward(work, l, model->theta, s->e.rows,
                             &(cama__layer_values){stage.in, stage.out, stage.place},
                             &(cama__gradient){.chunk = GROUP_BLOCKS,
                                               .dout = stage.dout,
                                               .din = s->e.pass == DATA ? stage.din : NULL,
                                               .dtheta = s->e.pass == WEIGHTS ? stage.dtheta : NULL});
}

static double run_layer(bench_run *run)
{
    const double start = bench_seconds();
    bench_check(cama__session_run(stage.session, task, run->state));
    return bench_seconds() - start;
}

static void open_layer(const char *name, int32_t threads, bench_run *run)
{
    layer_state *s = bench_alloc(1, sizeof *s);
    cama__arena nothing = {.base = NULL};
    enter_stage(threads);
    for (int i = 0; i < count; i++)
        if (strcmp(name, entries[i].name) == 0) s->e = entries[i];
    s->linear = *s->e.layer;
    s->linear.activation = ACTIVATION_NONE;
    s->linear.bias = -1;
    task(&(cama__exec){.pool = stage.session->pool, .arena = &nothing, .winograd = stage.session->winograd}, s);
    *run = (bench_run){.unit = "images",
                       .amount = (double)s->e.rows,
                       .operations = (double)s->e.rows * ops_layer(s->e.layer),
                       .bytes = (int64_t)nothing.peak,
                       .run = run_layer,
                       .close = leave_stage,
                       .state = s};
}
