/* api_chamber - real rows of measurement data, their schema, and what makes two schemas the same. */
#include "api_chamber.h"

cama_schema *chamber_schema;
cama_dataset *chamber_reference, *chamber_test;
float chamber_x[N * D], chamber_c[N * P];
int32_t chamber_y[N];
char chamber_path[TEXT_ROOM];

cama_options *chamber_options(const char *verb, const char *settings)
{
    cama_options *made = NULL;
    char text[TEXT_ROOM], *rest = text;
    OK(cama_options_create(verb, &made));
    assert_in_range(snprintf(text, sizeof text, "%s", settings), 1, sizeof text - 1);
    while (rest != NULL) {
        char *key = rest, *value = strchr(key, '='), *end = strchr(key, ';');
        rest = end != NULL ? end + 1 : NULL;
        if (end != NULL) *end = '\0';
        *value++ = '\0';
        const long number = strtol(value, &end, 10);
        OK(*end == '\0' ? cama_options_set_int(made, key, number) : cama_options_set_text(made, key, value));
    }
    return made;
}

cama_schema *chamber_read_schema(const char *settings)
{
    static const float cuts[] = {21.5f, 43, 64.5f};
    cama_schema *made = NULL;
    cama_options *roles = chamber_options("schema", settings);
    OK(cama_options_set_text(roles, "target", "red"));
    OK(cama_options_set_vector(roles, "cuts", cuts, 3));
    OK(cama_schema_from_csv(REFERENCE, roles, &made));
    cama_options_free(roles);
    return made;
}

cama_dataset *chamber_read_rows(const char *file, const cama_schema *of, const char *labels)
{
    cama_dataset *made = NULL;
    cama_options *how = chamber_options("csv", labels);
    OK(cama_dataset_from_csv(file, of, how, &made));
    cama_options_free(how);
    return made;
}

int chamber_begin(const char *program)
{
    chamber_schema = chamber_read_schema("children=" CHILDREN ";co_parents=" CO_PARENTS "l_32");
    chamber_reference = chamber_read_rows(REFERENCE, chamber_schema, "labels=require");
    OK(cama_dataset_slice(chamber_reference, FIRST_TEST, N, &chamber_test));
    OK(cama_dataset_read(chamber_test, 0, N, chamber_x, chamber_y));
    OK(cama_dataset_read_causes(chamber_test, 0, N, NULL, chamber_c));
    if (api_make_directory(program) != 0) return -1;
    snprintf(chamber_path, sizeof chamber_path, "%s/file", api_directory);
    return 0;
}

int chamber_end(void)
{
    cama_dataset_free(chamber_test);
    cama_dataset_free(chamber_reference);
    cama_schema_free(chamber_schema);
    unlink(chamber_path);
    return rmdir(api_directory);
}

/* "name role kind levels first" of one variable. */
static void chamber_describe(const cama_schema *of, int32_t index, char text[TEXT_ROOM])
{
    const char *name;
    int32_t role, kind, levels, first;
    OK(cama_schema_variable(of, index, &name, &role, &kind, &levels, &first));
    snprintf(text, TEXT_ROOM, "%s %d %d %d %d", name, (int)role, (int)kind, (int)levels, (int)first);
}

void chamber_same_schema(const cama_schema *one, const cama_schema *two)
{
    int32_t of_one[5], of_two[5];
    const char *left, *right;
    OK(cama_schema_sizes(one, &of_one[0], &of_one[1], &of_one[2], &of_one[3], &of_one[4]));
    OK(cama_schema_sizes(two, &of_two[0], &of_two[1], &of_two[2], &of_two[3], &of_two[4]));
    assert_memory_equal(of_one, of_two, sizeof of_one);
    OK(cama_schema_target(one, &left));
    OK(cama_schema_target(two, &right));
    assert_string_equal(left, right);
    for (int32_t i = 0; i < of_one[4]; i++) {
        OK(cama_schema_class_name(one, i, &left));
        OK(cama_schema_class_name(two, i, &right));
        assert_string_equal(left, right);
    }
    for (int32_t i = 0; i < of_one[0]; i++) {
        char wanted[TEXT_ROOM], got[TEXT_ROOM];
        int found = 0;
        chamber_describe(one, i, wanted);
        for (int32_t k = 0; k < of_two[0]; k++) {
            chamber_describe(two, k, got);
            found += strcmp(wanted, got) == 0;
        }
        if (found != 1) fail_msg("\"%s\" is in the other schema %d times", wanted, found);
    }
}
