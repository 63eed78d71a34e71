/* api_class_names_test - names of a model's classes stay with it: in copies, in the form with views, in files; and
 * files are verified without a model. */
#include "api_views.h"

static const char *const names[C] = {"zero", "un", "\xe4\xba\x8c"};
static char path[sizeof api_directory + 16];

static const views_recipe images = {"mnist", NULL, 2, C, SIDE};

static int begin(void **state)
{
    (void)state;
    const int made = api_make_directory("api_class_names_test");
    snprintf(path, sizeof path, "%s/model", api_directory);
    return made;
}

static int end(void **state)
{
    (void)state;
    remove(path);
    return rmdir(api_directory);
}

static void assert_named(const cama_model *model)
{
    for (int32_t i = 0; i < C; i++) {
        const char *name = NULL;
        OK(cama_model_class_name(model, i, &name));
        assert_string_equal(name, names[i]);
    }
}

static void test_names_stay_with_the_model(void **state)
{
    (void)state;
    cama_model *model = views_make(images), *copy, *view, *back;
    const char *name = &api_mark;
    OK(cama_model_class_name(model, 1, &name));
    assert_null(name);
    OK(cama_model_set_class_names(model, names));
    assert_named(model);
    OK(cama_model_clone(model, &copy));
    OK(cama_model_with_views(copy, NULL, &view));
    OK(cama_model_save(view, path));
    OK(cama_model_load(path, &back));
    cama_model_free(view);
    cama_model_free(model);
    assert_named(copy);
    assert_named(back);
    cama_model_free(back);
    cama_model_free(copy);
}

static void test_names_that_cannot_be(void **state)
{
    (void)state;
    static const char *const twice[C] = {"a", "b", "a"}, *const none[C] = {"a", NULL, "c"},
                             *const empty[C] = {"a", "", "c"};
    cama_model *model = views_make(images), *table = NULL;
    cama_schema *schema = NULL;
    const char *name = &api_mark;
    OK(cama_model_set_class_names(model, names));
    REFUSED(CAMA_E_ARGUMENT, "twice", cama_model_set_class_names(model, twice));
    REFUSED(CAMA_E_ARGUMENT, "NULL", cama_model_set_class_names(model, none));
    REFUSED(CAMA_E_ARGUMENT, "1 to 255 bytes", cama_model_set_class_names(model, empty));
    REFUSED(CAMA_E_ARGUMENT, "model", cama_model_set_class_names(NULL, names));
    REFUSED(CAMA_E_ARGUMENT, "names", cama_model_set_class_names(model, NULL));
    assert_named(model);
    REFUSED(CAMA_E_ARGUMENT, "index", cama_model_class_name(model, C, &name));
    REFUSED(CAMA_E_ARGUMENT, "index", cama_model_class_name(model, -1, &name));
    assert_ptr_equal(name, &api_mark);
    OK(cama_schema_create("y", 2, NULL, &schema));
    OK(cama_schema_add(schema, "x", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 0, NULL));
    OK(cama_model_create_for("measurement", schema, NULL, &table));
    REFUSED(CAMA_E_ARGUMENT, "schema", cama_model_set_class_names(table, names));
    OK(cama_model_class_name(table, 1, &name));
    assert_string_equal(name, "1");
    cama_model_free(table);
    cama_schema_free(schema);
    cama_model_free(model);
}

/* A file of which one byte is another, or which is cut, is refused as loading refuses it; a good one is good. */
static void test_files_are_verified(void **state)
{
    (void)state;
    char bytes[1 << 16], said[1024];
    cama_model *model = views_make(images), *none = MARKED(cama_model);
    OK(cama_model_set_class_names(model, names));
    OK(cama_model_save(model, path));
    OK(cama_model_verify(path));
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    assert_true(size > 1000 && size < sizeof bytes);
    fclose(file);
    for (size_t at = 9; at < size; at += size / 97) {
        bytes[at] ^= 4;
        file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
        bytes[at] ^= 4;
        REFUSED(CAMA_E_FORMAT, path, cama_model_load(path, &none));
        snprintf(said, sizeof said, "%s", cama_last_error());
        REFUSED(CAMA_E_FORMAT, said, cama_model_verify(path));
    }
    assert_ptr_equal(none, MARKED(cama_model));
    REFUSED(CAMA_E_IO, api_directory, cama_model_verify(api_directory));
    REFUSED(CAMA_E_ARGUMENT, "path", cama_model_verify(NULL));
    cama_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names_stay_with_the_model),
                                       cmocka_unit_test(test_names_that_cannot_be),
                                       cmocka_unit_test(test_files_are_verified)};
    return cmocka_run_group_tests(tests, begin, end);
}
