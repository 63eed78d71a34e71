/* predict_views - predictions of models in which m enters as a view: the classes under each proposed view, averaged by
 * the proposals' weights; by Bayes' rule of the model, by a discriminative reader of what is seen, or by both. */
#include <math.h>
#include <string.h>

#include "predict_views.h"
#include "../base/arith.h"

enum { AT_ONCE = PROPOSALS_AT_ONCE };
static const double negligible = 0.01; /* a proposal of less weight is not asked for its classes */

cama__proposal_options cama__proposal_options_of(const cama__proposing_options *o, int64_t seed)
{
    return (cama__proposal_options){.draws = (int32_t)o->view_draws,
                                    .again = (int32_t)o->view_again,
                                    .restore = (int32_t)o->restore,
                                    .temper = o->view_temper,
                                    .seed = (uint64_t)seed};
}

int32_t cama__proposals_each(const cama__proposals_pass *pass, cama__proposals_task *task, void *arg)
{
    int32_t status = CAMA_OK;
    cama__proposals p = {0};
    cama__batch_room room = {0};
    cama_session *session = pass->session;
    const int64_t n = pass->n, at_once = cama__least(n, AT_ONCE);
    TRY(cama__batch_room_create(pass->model, at_once, &room));
    TRY(cama__proposals_create(session, pass->model, pass->options, at_once, &p));
    for (int64_t first = 0; first < n; first += at_once) {
        const int64_t count = cama__least(n - first, at_once);
        const cama__batch batch = cama__batch_fill(&room, session->pool, pass->dataset, NULL, first, count, false);
        TRY(cama__proposals_weigh(&p, &batch));
        TRY(task(&p, first, arg));
        if (!pass->quiet) TRY(cama__session_step(session, first + count, n, NAN, first + count == n));
    }
out:
    cama__proposals_free(&p);
    cama__batch_room_free(&room);
    return status;
}

/* ---- Classes ----------------------------------------------------------------------------------------------------- */

/* The images of a batch that are asked under one proposal, side by side. */
typedef struct {
    int64_t count;
    int32_t index[AT_ONCE]; /* in the batch */
    real *x, *m, *encoded;
    double *probabilities; /* (AT_ONCE, C) */
} chosen;

typedef struct {
    const cama_model *reader; /* or NULL */
    const cama__logw_options *bayes;
    double reader_weight;
    chosen chosen;
    real *seen;
    double *cama, *read; /* (AT_ONCE, C) averages over the proposals */
    double *out;         /* (n, C) */
} asking;

static int32_t asking_create(const cama_model *model, asking *a)
{
    const int64_t lanes = cama__blocks(AT_ONCE) * cama__kernel()->nr, size = cama__shape_size(model->spec.x),
                  classes = model->spec.classes;
    int32_t status = CAMA_OK;
    TRY(cama__mem_new(&a->chosen.x, lanes * size));
    TRY(cama__mem_new(&a->chosen.encoded, lanes * size));
    TRY(cama__mem_new(&a->chosen.m, lanes * model->spec.m));
    TRY(cama__mem_new(&a->seen, lanes * size));
    TRY(cama__mem_new(&a->chosen.probabilities, AT_ONCE * classes));
    TRY(cama__mem_new(&a->cama, 2 * AT_ONCE * classes));
    a->read = a->cama + AT_ONCE * classes;
out:
    return status;
}

static void asking_free(asking *a)
{
    cama__mem_free(a->chosen.x);
    cama__mem_free(a->chosen.encoded);
    cama__mem_free(a->chosen.m);
    cama__mem_free(a->seen);
    cama__mem_free(a->chosen.probabilities);
    cama__mem_free(a->cama);
}

/* Rows of a tensor of the batch, side by side. */
static void gather(const cama__proposals *p, const chosen *c, int64_t features, const real *from, real *to)
{
    memset(to, 0, (size_t)(cama__blocks(c->count) * cama__kernel()->nr * features) * sizeof *to);
    cama__rows_gather_add(&(cama__exec){.pool = p->session->pool}, c->count, features, from, c->index, to);
}

/* Those for which the proposal counts, or (best) for which it is the best one. */
static void choose(const cama__proposals *p, int32_t k, bool best, chosen *c)
{
    c->count = 0;
    for (int64_t i = 0; i < p->n; i++)
        if (best ? p->best[i] == k : p->weight[k * p->capacity + i] >= negligible) c->index[c->count++] = (int32_t)i;
}

static void add_up(const cama__proposals *p, int32_t k, const chosen *c, double *sum)
{
    const int64_t classes = p->model->spec.classes;
    for (int64_t r = 0; r < c->count; r++)
        for (int64_t y = 0; y < classes; y++)
            sum[c->index[r] * classes + y] +=
                p->weight[k * p->capacity + c->index[r]] * c->probabilities[r * classes + y];
}

/* The classes that all proposals but an image's best have had in the weighing, at the mean of z. */
static void add_weighed(const cama__proposals *p, int32_t k, double *sum)
{
    const int64_t classes = p->model->spec.classes;
    for (int64_t i = 0; i < p->n; i++)
        for (int64_t y = 0; p->best[i] != k && y < classes; y++)
            sum[i * classes + y] +=
                p->weight[k * p->capacity + i] * p->probabilities[(k * p->capacity + i) * classes + y];
}

/* By Bayes' rule with all draws of z for those whose best proposal it is. */
static int32_t ask_model(cama__proposals *p, int32_t k, asking *a)
{
    chosen *c = &a->chosen;
    add_weighed(p, k, a->cama);
    choose(p, k, true, c);
    if (c->count == 0) return CAMA_OK;
    const int64_t size = cama__shape_size(p->model->spec.x);
    gather(p, c, size, p->batch.x, c->x);
    gather(p, c, size, cama__proposals_encoded(p, k), c->encoded);
    gather(p, c, p->model->spec.m, cama__proposals_m(p, k), c->m);
    const cama__batch batch = {.n = c->count, .x = c->x, .m = c->m, .encoded = c->encoded};
    const cama__logw_sink sink = {.probabilities = c->probabilities};
    const int32_t status = cama__session_logw(p->session, p->model, a->bayes, &batch, &sink);
    if (status == CAMA_OK) add_up(p, k, c, a->cama);
    return status;
}

/* As the reader's networks want them; seen images are in the data's units, which are the model's own. */
static void to_units(const cama_model *reader, int64_t rows, real *x)
{
    const int64_t size = cama__shape_size(reader->spec.x);
    for (int64_t r = 0; reader->standardised && r < rows; r++)
        for (int64_t d = 0; d < size; d++)
            x[cama__at(r, d, size)] = (x[cama__at(r, d, size)] - (real)reader->mean[d]) / (real)reader->scale[d];
}

static int32_t ask_reader(cama__proposals *p, int32_t k, asking *a)
{
    int32_t status = CAMA_OK;
    chosen *c = &a->chosen;
    const cama__logw_options o = {.objective = OBJECTIVE_BAYES, .u = 1, .k = 1, .kl_weight = 1};
    choose(p, k, false, c);
    if (c->count == 0) return CAMA_OK;
    TRY(cama__proposals_see(p, k, a->seen));
    gather(p, c, cama__shape_size(p->model->spec.x), a->seen, c->x);
    to_units(a->reader, c->count, c->x);
    const cama__batch batch = {.n = c->count, .x = c->x};
    const cama__logw_sink sink = {.probabilities = c->probabilities};
    TRY(cama__session_logw(p->session, a->reader, &o, &batch, &sink));
    add_up(p, k, c, a->read);
out:
    return status;
}

/* Logarithmic pooling of both averages, p_read^w p_cama^(1 - w), in `cama`. What is negligible was left out: the sums
 * are brought back to 1. */
static void pool(const cama__proposals *p, asking *a)
{
    const int64_t classes = p->model->spec.classes;
    const double w = a->reader == NULL ? 0 : a->reader_weight;
    for (int64_t i = 0; i < p->n; i++) {
        double sum = 0;
        double *mine = a->cama + i * classes;
        const double *read = a->read + i * classes;
        for (int64_t y = 0; y < classes; y++) {
            if (w == 1)
                mine[y] = read[y];
            else if (w > 0)
                mine[y] = pow(mine[y] > 1e-30 ? mine[y] : 1e-30, 1 - w) * pow(read[y] > 1e-30 ? read[y] : 1e-30, w);
            sum += mine[y];
        }
        for (int64_t y = 0; y < classes; y++) mine[y] /= sum;
    }
}

static int32_t ask(cama__proposals *p, int64_t first, void *arg)
{
    asking *a = arg;
    const int64_t classes = p->model->spec.classes;
    int32_t status = CAMA_OK;
    memset(a->cama, 0, (size_t)(2 * AT_ONCE * classes) * sizeof *a->cama);
    for (int32_t k = 0; k < p->count; k++) {
        if (a->reader == NULL || a->reader_weight < 1) TRY(ask_model(p, k, a));
        if (a->reader != NULL && a->reader_weight > 0) TRY(ask_reader(p, k, a));
    }
    pool(p, a);
    memcpy(a->out + first * classes, a->cama, (size_t)(p->n * classes) * sizeof *a->out);
    for (int64_t i = 0; i < p->n * classes; i++)
        if (!isfinite(a->cama[i]))
            FAIL(CAMA_E_NONFINITE,
                 "row %lld: expected a finite result, got %g; the model's parameters are not usable for it",
                 (long long)(first + i / classes), a->cama[i]);
out:
    return status;
}

int32_t cama__reader_check(const cama_model *model, const cama_model *reader)
{
    const cama__spec *m = &model->spec, *r = &reader->spec;
    const cama__shape a = m->x, b = r->x;
    if (!r->discriminative)
        return cama__error(CAMA_E_ARGUMENT, "reader: expected a discriminative model, got \"%s\"", r->preset);
    if (model->schema != NULL && reader->schema != NULL)
        return cama__schema_match(model->schema, reader->schema, "reader");
    if (a.h != b.h || a.w != b.w || a.c != b.c || m->classes != r->classes)
        return cama__error(CAMA_E_ARGUMENT,
                           "reader: expected x of %dx%dx%d and %d classes as the model's, got %dx%dx%d and %d classes",
                           a.h, a.w, a.c, m->classes, b.h, b.w, b.c, r->classes);
    if (m->a != r->a || m->c != r->c)
        return cama__error(CAMA_E_ARGUMENT,
                           "reader: expected %d numbers of parents and %d of co-parents as the model's, got %d and %d",
                           m->a, m->c, r->a, r->c);
    return CAMA_OK;
}

int32_t cama__predict_views(cama_session *session, const cama_model *model, const cama_model *reader,
                            const cama_dataset *dataset, const cama__predict_options *o, bool quiet,
                            double *probabilities)
{
    int32_t status = CAMA_OK;
    const cama__proposal_options proposal = cama__proposal_options_of(&o->proposing, o->seed);
    const cama__logw_options bayes = {.objective = OBJECTIVE_BAYES,
                                      .m = SCORE_M_GIVEN,
                                      .u = 1,
                                      .k = (int32_t)o->samples,
                                      .mean_noise = o->noise == NOISE_MEAN,
                                      .seed = proposal.seed,
                                      .kl_weight = 1,
                                      .prune = cama__session_prune(model, o->class_pruning)};
    asking a = {.reader = reader, .bayes = &bayes, .reader_weight = o->reader_weight, .out = probabilities};
    TRY(asking_create(model, &a));
    const cama__proposals_pass pass = {session, model, &proposal, dataset, dataset->n, quiet};
    TRY(cama__proposals_each(&pass, ask, &a));
out:
    asking_free(&a);
    return status;
}
