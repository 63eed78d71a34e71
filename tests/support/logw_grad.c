/* logw_grad - a model, a batch and the objective's gradients against central differences in a random direction: of
 * each network, of x and of c. What the tolerances are worth stands in logw_grad_test.c. */
#include "logw_grad.h"

void grad_run(grad_setup *s, const cama__logw_sink *sink)
{
    cama__arena nothing = {.base = NULL};
    cama__logw_run(&(cama__exec){.arena = &nothing}, s->model, &s->options, &s->batch, sink);
    s->arena = (cama__arena){.base = cama__mem_alloc(nothing.peak, 1), .size = nothing.peak};
    memset(s->arena.base, 0xff, nothing.peak); /* NaN wherever something is read before it is written */
    cama__logw_run(&(cama__exec){.arena = &s->arena}, s->model, &s->options, &s->batch, sink);
    assert_false(s->arena.overflow);
    assert_int_equal(s->arena.used, 0);
    cama__mem_free(s->arena.base);
}

static double grad_objective(grad_setup *s)
{
    double *value = malloc((size_t)s->batch.n * sizeof *value), sum = 0;
    grad_run(s, &(cama__logw_sink){.value = value});
    for (int64_t i = 0; i < s->batch.n; i++) sum += value[i];
    free(value);
    return sum / (double)s->batch.n;
}

/* ---- Differences ------------------------------------------------------------------------------------------------- */

/* Half the step. The fewer kinks are crossed the smaller it is; rounding grows with 1 / h. */
static double grad_step(const grad_setup *s) { return cama__model_views(s->model) ? 1e-7 : 1e-5; }

static double grad_slope(grad_setup *s, real *at, const real *direction, int64_t n)
{
    const double h = grad_step(s);
    double side[2];
    real *before = malloc((size_t)n * sizeof *before);
    memcpy(before, at, (size_t)n * sizeof *before);
    for (int k = 0; k < 2; k++) {
        for (int64_t i = 0; i < n; i++) at[i] = before[i] + (k ? -h : h) * direction[i];
        side[k] = grad_objective(s);
    }
    memcpy(at, before, (size_t)n * sizeof *before);
    free(before);
    return (side[0] - side[1]) / (2 * h);
}

static void grad_expect_slope(const grad_subject *about, const char *what, const char *of, double got, double want)
{
    if (!(fabs(got - want) <= about->tolerance * (1 + fabs(want))))
        fail_msg("%s, %s, %s: gradient gives %.9g, differences %.9g", about->name, what, of, got, want);
}

/* A random direction within the tensors of one network: padding stays zero. */
static void net_direction(const grad_setup *s, int32_t net, real *direction)
{
    const cama__params *p = &s->model->params;
    memset(direction, 0, (size_t)p->reals * sizeof *direction);
    for (int32_t i = 0; i < p->count; i++) {
        if (p->item[i].net != net) continue;
        float *v = malloc((size_t)p->item[i].count * sizeof *v);
        real *draw = malloc((size_t)p->item[i].count * sizeof *draw);
        cama__rng_normals((cama__rng_key){.seed = 9, .sample = (uint32_t)i}, p->item[i].count, draw, 1);
        for (int64_t k = 0; k < p->item[i].count; k++) v[k] = (float)(0.3 * draw[k]);
        cama__param_write(&p->item[i], cama__model_param_net(s->model, &p->item[i]), direction, v);
        free(v), free(draw);
    }
}

/* Differences of one network, and the same gradient when only this net is trained: freezing skips work. To the bit, but
 * for p_m and q_m over several classes: there rows of no weight are left out and the others are summed in another order
 * (1e-11: rounding of sums of a few hundred terms). */
static void check_net(const grad_subject *about, grad_setup *s, const char *what, int32_t net, const real *gradient)
{
    const cama__params *p = &s->model->params;
    real *direction = cama__mem_alloc((size_t)p->reals, sizeof *direction),
         *alone = cama__mem_alloc((size_t)p->reals, sizeof *alone);
    const bool sparse = s->options.objective != OBJECTIVE_ELBO && (net == NET_P_M || net == NET_Q_M);
    const bool fixed = net == NET_C_LINEAR; /* never trained: no gradient */
    double product = 0;
    net_direction(s, net, direction);
    for (int64_t i = 0; i < p->reals; i++) product += direction[i] * gradient[i];
    if (fixed)
        assert_true(product == 0);
    else
        grad_expect_slope(about, what, net == NET_LIKELIHOOD ? "rho" : cama__net_name[net], product,
                          grad_slope(s, s->model->theta, direction, p->reals));
    grad_run(s,
             &(cama__logw_sink){.scale = 1.0 / (double)s->batch.n, .dtheta = alone, .trainable = CAMA__NET_BIT(net)});
    for (int32_t i = 0; i < p->count; i++)
        for (int64_t k = 0; k < p->item[i].size; k++) {
            const int64_t at = p->item[i].offset + k;
            const double want = p->item[i].net == net ? gradient[at] : 0;
            if (!(fabs(alone[at] - want) <= (sparse ? 1e-11 * (1 + fabs(want)) : 0)))
                fail_msg("%s, %s: %s alone differs, element %d: %g, with all %g", about->name, what, p->item[i].name,
                         (int)k, alone[at], gradient[at]);
        }
    cama__mem_free(alone), cama__mem_free(direction);
}

/* The gradient of x or c, with all nets trained and without any. */
static void grad_check_input(const grad_subject *about, grad_setup *s, const char *what, int32_t role, real *values,
                             const real *got, const real *alone)
{
    const int64_t size = cama__model_width(s->model, role);
    const int64_t lanes = cama__blocks(s->batch.n) * cama__kernel()->nr * size;
    if (lanes == 0) return;
    real *direction = cama__mem_alloc((size_t)lanes, sizeof *direction);
    double product = 0;
    for (int64_t r = 0; r < s->batch.n; r++)
        for (int64_t f = 0; f < size; f++) {
            const int64_t at = cama__at(r, f, size);
            const bool there = role != ROLE_X || s->observed == NULL || s->observed[at] != 0;
            direction[at] = there ? 0.1 * cos(3.1 * (double)r + 2.3 * (double)(f * f)) : 0;
            if (!there) assert_true(got[at] == 0);
            product += direction[at] * got[at];
            if (!(fabs(alone[at] - got[at]) <= 1e-11 * (1 + fabs(got[at]))))
                fail_msg("%s, %s: d%c alone differs, row %d, number %d: %g, with all %g", about->name, what,
                         role == ROLE_X ? 'x' : 'c', (int)r, (int)f, alone[at], got[at]);
        }
    grad_expect_slope(about, what, role == ROLE_X ? "x" : "c", product, grad_slope(s, values, direction, lanes));
    cama__mem_free(direction);
}

/* A weight for each example, and the gradient of an m that is given for each. */
static void check_given(const grad_subject *about, grad_setup *s, const char *what)
{
    const int64_t size = s->model->spec.m, lanes = cama__blocks(s->batch.n) * cama__kernel()->nr * size;
    real *dm = cama__mem_alloc((size_t)lanes, sizeof *dm), *direction = cama__mem_alloc((size_t)lanes, sizeof *dm);
    double product = 0, weight[MOST], value[MOST], want = 0;
    for (int64_t r = 0; r < s->batch.n; r++) weight[r] = 0.2 + 0.1 * (double)(r % 7);
    grad_run(s, &(cama__logw_sink){.scale = 1.0 / (double)s->batch.n, .weight = weight, .dm = dm});
    for (int64_t r = 0; r < s->batch.n; r++)
        for (int64_t f = 0; f < size; f++) {
            const int64_t at = cama__at(r, f, size);
            direction[at] = 0.1 * cos(2.9 * (double)r + 1.3 * (double)(f * f));
            product += direction[at] * dm[at];
        }
    const double h = grad_step(s);
    for (int side = 1; side >= -1; side -= 2) {
        for (int64_t i = 0; i < lanes; i++) s->m[i] += side * h * direction[i];
        grad_run(s, &(cama__logw_sink){.value = value});
        for (int64_t r = 0; r < s->batch.n; r++) want += side * weight[r] * value[r] / (double)s->batch.n / (2 * h);
        for (int64_t i = 0; i < lanes; i++) s->m[i] -= side * h * direction[i];
    }
    grad_expect_slope(about, what, "m", product, want);
    cama__mem_free(dm), cama__mem_free(direction);
}

static void give_m(grad_setup *s)
{
    const int64_t size = s->model->spec.m;
    s->m = cama__mem_alloc((size_t)(cama__blocks(s->batch.n) * cama__kernel()->nr * size), sizeof *s->m);
    for (int64_t r = 0; r < s->batch.n; r++)
        for (int64_t f = 0; f < size; f++)
            s->m[cama__at(r, f, size)] = 0.9 * sin(1.7 * (double)r + 2.3 * (double)f + 1);
    s->batch.m = s->m;
}

static void grad_check(const grad_subject *about, grad_setup *s, const char *what)
{
    const cama__params *p = &s->model->params;
    const int64_t rows = cama__blocks(s->batch.n) * cama__kernel()->nr;
    const int64_t x = rows * cama__shape_size(s->model->spec.x), c = rows * s->model->spec.c;
    real *gradient = cama__mem_alloc((size_t)p->reals, sizeof *gradient);
    real *d[6];
    for (int i = 0; i < 6; i++) {
        const int64_t count = i % 2 == 0 ? x : c;
        d[i] = cama__mem_alloc((size_t)count + 1, sizeof *d[i]);
        for (int64_t k = 0; k < count; k++) d[i][k] = 7; /* overwritten, not added to */
    }
    cama__logw_sink sink = {.scale = 1.0 / (double)s->batch.n, .dx = d[2], .dc = c > 0 ? d[3] : NULL};
    grad_run(s, &sink);
    sink.dx = d[0], sink.dc = c > 0 ? d[1] : NULL, sink.dtheta = gradient, sink.trainable = CAMA__NET_ALL;
    grad_run(s, &sink);
    grad_run(s, &(cama__logw_sink){.scale = sink.scale, .dx = d[4]});
    if (c > 0) grad_run(s, &(cama__logw_sink){.scale = sink.scale, .dc = d[5]});
    for (int32_t net = 0; net <= NET_COUNT; net++) check_net(about, s, what, net, gradient);
    for (int i = 2; i < 6; i += 2) {
        grad_check_input(about, s, what, ROLE_X, s->x, d[0], d[i]);
        grad_check_input(about, s, what, ROLE_C, s->c, d[1], d[i + 1]);
    }
    for (int i = 0; i < 6; i++) cama__mem_free(d[i]);
    cama__mem_free(gradient);
    if (s->options.m == SCORE_M_GIVEN) check_given(about, s, what);
}

void grad_check_subject(const grad_subject *about)
{
    static const struct {
        const char *name;
        enum cama__objective objective;
        bool labelled;
    } objectives[] = {{"elbo", OBJECTIVE_ELBO, true},
                      {"marginal", OBJECTIVE_MARGINAL, false},
                      {"bayes", OBJECTIVE_BAYES, true},
                      {"log p(x)", OBJECTIVE_BAYES, false},
                      {"odds", OBJECTIVE_ODDS, true},
                      {"entropy", OBJECTIVE_ENTROPY, false}};
    static const float m0[] = {0.3f, -0.8f, 1.1f, 0.7f, -0.4f, 0.9f, -0.6f, 0.5f, 0.8f, -1.2f};
    static const int64_t sizes[] = {3, 19, 38};
    static const enum cama__logw_m modes[] = {SCORE_M_DO, SCORE_M_DO, SCORE_M_INFER, SCORE_M_GIVEN};
    const cama__spec *spec = &about->spec;
    const bool has_m = spec->m > 0 && !spec->discriminative;
    for (size_t h = 0; h < sizeof objectives / sizeof *objectives; h++)
        for (int mode = 0; mode < (has_m ? 4 : 2); mode++) {
            grad_setup s = grad_prepare(about, sizes[(h + (size_t)mode) % 3]);
            if (mode == 3) give_m(&s);
            s.options = (cama__logw_options){.objective = objectives[h].objective,
                                             .m = modes[mode],
                                             .m0 = mode == 1 && has_m ? m0 : NULL,
                                             .u = mode == 2 ? 2 : 1,
                                             .k = 1 + mode,
                                             .mean_noise = h == 0 && mode == 1,
                                             .dropout = about->dropout,
                                             .seed = 4,
                                             .step = 7,
                                             .kl_weight = 1,
                                             .image_tile = 16,
                                             .row_tile = mode == 0 ? 1000 : 20};
            if (!objectives[h].labelled) s.batch.y = NULL;
            char what[64];
            snprintf(what, sizeof what, "%s, mode %d", objectives[h].name, mode);
            grad_check(about, &s, what);
            grad_finish(&s);
        }
}

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

static const char *tensor_at(const cama_model *model, int64_t place)
{
    const cama__params *p = &model->params;
    int32_t i = 0;
    while (i + 1 < p->count && p->item[i + 1].offset <= place) i++;
    return p->item[i].name;
}

void grad_check_tiles(const grad_subject *about)
{
    static const int64_t tiles[2][2] = {{1 << 20, 1 << 20}, {1, 1}};
    enum { N = 38 };
    for (int objective = 0; objective < 3; objective++) {
        grad_setup s = grad_prepare(about, N);
        const size_t reals = (size_t)s.model->params.reals, rows = (size_t)(cama__blocks(N) * cama__kernel()->nr);
        const size_t x = rows * (size_t)cama__shape_size(s.model->spec.x), c = rows * (size_t)s.model->spec.c;
        real *g[2], *dx[2], *dc[2];
        double v[2][MOST];
        for (int t = 0; t < 2; t++) {
            s.options = (cama__logw_options){.objective = (enum cama__objective)objective,
                                             .m = SCORE_M_INFER,
                                             .u = 2,
                                             .k = 3,
                                             .dropout = about->dropout,
                                             .kl_weight = 0.7,
                                             .image_tile = tiles[t][0],
                                             .row_tile = tiles[t][1]};
            g[t] = cama__mem_alloc(reals, sizeof(real));
            dx[t] = cama__mem_alloc(x, sizeof(real)), dc[t] = cama__mem_alloc(c + 1, sizeof(real));
            grad_run(&s, &(cama__logw_sink){.value = v[t],
                                            .scale = 1,
                                            .dtheta = g[t],
                                            .trainable = CAMA__NET_ALL,
                                            .dx = dx[t],
                                            .dc = c > 0 ? dc[t] : NULL});
        }
        assert_memory_equal(v[0], v[1], N * sizeof(double));
        for (size_t k = 0; k < reals; k++)
            if (g[0][k] != g[1][k])
                fail_msg("%s, objective %d: %s differs", about->name, objective, tensor_at(s.model, (int64_t)k));
        assert_memory_equal(dx[0], dx[1], x * sizeof(real));
        assert_memory_equal(dc[0], dc[1], c * sizeof(real));
        for (int t = 0; t < 2; t++) cama__mem_free(g[t]), cama__mem_free(dx[t]), cama__mem_free(dc[t]);
        grad_finish(&s);
    }
}
