/* api_views_files_test - a model with views is the same after a file, and one that was taken into the form with views
 * says so in its file. */
#include "api_views.h"

static void assert_same(const cama_model *a, const cama_model *b)
{
    float out[2][N * V];
    cama_dataset *seen[2];
    float rows[2][N * D];
    const cama_model *const models[] = {a, b};
    for (int i = 0; i < 2; i++) OK(cama_predict(views_session, models[i], views_data, NULL, out[i]));
    assert_memory_equal(out[0], out[1], N * C * sizeof(float));
    for (int i = 0; i < 2; i++) OK(cama_views(views_session, models[i], views_data, NULL, out[i], NULL));
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    for (int i = 0; i < 2; i++) {
        OK(cama_see(views_session, models[i], views_data, NULL, &seen[i]));
        views_read(seen[i], rows[i], NULL);
        cama_dataset_free(seen[i]);
    }
    assert_memory_equal(rows[0], rows[1], sizeof rows[0]);
}

static void test_files(void **state)
{
    (void)state;
    cama_model *view = views_make_trained(), *back;
    int64_t size = 0;
    OK(cama_model_save_memory(view, NULL, &size));
    void *buffer = malloc((size_t)size);
    OK(cama_model_save_memory(view, buffer, &size));
    OK(cama_model_load_memory(buffer, size, &back));
    assert_same(view, back);
    views_train(back, "also"); /* it works on */
    free(buffer);
    cama_model_free(view), cama_model_free(back);
}

/* A checkpoint without views, saved, loaded and taken into the form with views: its preset says so, its file too. */
static void test_taken_and_saved(void **state)
{
    (void)state;
    cama_model *merge = views_make(MERGE), *view, *back;
    const char *preset;
    int64_t size = 0, m, trained;
    float a[N * C], b[N * C];
    views_train(merge, NULL);
    OK(cama_model_with_views(merge, NULL, &view));
    OK(cama_model_get_text(view, "preset", &preset));
    assert_string_equal(preset, "mnist-view");
    OK(cama_model_get_int(view, "m", &m));
    OK(cama_model_get_int(view, "q_m_trained", &trained));
    assert_true(m == V && trained == 0);
    OK(cama_model_save_memory(view, NULL, &size));
    void *buffer = malloc((size_t)size);
    OK(cama_model_save_memory(view, buffer, &size));
    OK(cama_model_load_memory(buffer, size, &back));
    OK(cama_predict(views_session, view, views_data, NULL, a));
    OK(cama_predict(views_session, back, views_data, NULL, b));
    assert_memory_equal(a, b, sizeof a);
    OK(cama_predict(views_session, merge, views_data, NULL, b));
    for (int i = 0; i < N * C; i++) assert_near(a[i], b[i], 1e-4f); /* log-weights of 40 to rounding */
    free(buffer);
    cama_model_free(merge), cama_model_free(view), cama_model_free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files), cmocka_unit_test(test_taken_and_saved)};
    return cmocka_run_group_tests(tests, views_begin, views_end);
}
