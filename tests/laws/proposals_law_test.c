/* proposals_law_test - how proposed views are weighed, from the values and the draws themselves: the ratio of two
 * weights is exp of the difference of ELBO(x; m) / temper - 1/2 sum over the place ((m - mean) / deviation)^2, and the
 * weights of an image sum to 1. */
#include "logw/posterior_m.h"
#include "verbs/proposals.h"
#include "small_views.h"

enum { N = 24, NONE = 0, MEAN = 1, FIRST_FREE = 5 /* looks again and draws: no weight of their own beforehand */ };

static const cama__proposal_options options = {.draws = 4, .again = 1, .temper = 40, .seed = 3};

static double distance_of(const cama__proposals *p, int32_t k, int64_t i)
{
    const int64_t size = p->model->spec.m;
    double sum = 0;
    for (int32_t j = VIEW_Y; j <= VIEW_SHEAR; j++) {
        const double lv = p->post[cama__at(i, size + j, 2 * size)], bounded = lv < -7 ? -7 : lv;
        const double away = cama__proposals_m(p, k)[cama__at(i, j, size)] - p->post[cama__at(i, j, 2 * size)];
        sum += away * away / exp(bounded);
    }
    return sum;
}

static double temper_of(const cama__proposals *p, int64_t i)
{
    double best = -INFINITY;
    for (int32_t k = 0; k < p->count; k++)
        if (k != 2) best = fmax(best, p->value[k * p->capacity + i]); /* 2 is for contaminated images alone */
    return fmax(options.temper, -best / 20);
}

/* The weights are computed in double from floats of m and q: 1e-4 of a difference of some tens. */
static int check_image(const cama__proposals *p, int64_t i)
{
    double sum = 0;
    int checked = 0;
    const double mean = p->value[MEAN * p->capacity + i] / temper_of(p, i);
    for (int32_t k = 0; k < p->count; k++) {
        const double weight = p->weight[k * p->capacity + i], value = p->value[k * p->capacity + i];
        sum += weight;
        if ((k != NONE && k < FIRST_FREE) || weight < 1e-200 || p->weight[MEAN * p->capacity + i] < 1e-200) continue;
        const double got = log(weight) - log(p->weight[MEAN * p->capacity + i]);
        const double want = value / temper_of(p, i) - mean - distance_of(p, k, i) / 2;
        if (!(fabs(got - want) < 1e-4 * (1 + fabs(want))))
            fail_msg("image %d, proposal %d: log odds %.9g, expected %.9g", (int)i, k, got, want);
        checked += distance_of(p, k, i) > 0.1;
    }
    assert_near(sum, 1, 1e-12);
    return checked;
}

static void test_weights(void **state)
{
    (void)state;
    const cama__spec spec = small_view();
    cama_session *session = small_session(1, 0);
    cama_model *model = small_viewing(6);
    cama_dataset *data = small_data(&spec, N, 41);
    cama__batch_room room;
    cama__proposals p;
    int checked = 0;
    OK(cama__batch_room_create(model, N, &room));
    OK(cama__proposals_create(session, model, &options, N, &p));
    const cama__batch batch = cama__batch_fill(&room, NULL, data, NULL, 0, N, false);
    OK(cama__proposals_weigh(&p, &batch));
    for (int64_t i = 0; i < N; i++) checked += check_image(&p, i);
    assert_true(checked > N); /* places that are away from q's mean, and still weigh something */
    cama__proposals_free(&p);
    cama__batch_room_free(&room);
    cama_dataset_free(data);
    cama_model_free(model);
    cama_session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_weights)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
