/* api_chamber - real rows of measurement data, their schema, and what makes two schemas the same. Header only. */
#ifndef TESTS_API_API_CHAMBER_H
#define TESTS_API_API_CHAMBER_H

#include "api_refused.h"

#define FOLDER "examples/data/chamber/"
#define REFERENCE FOLDER "uniform_reference.csv.gz"
#define DAG FOLDER "dag.csv"
#define CHILDREN "current,ir_1,vis_1,ir_2,vis_2,ir_3,vis_3"
#define CO_PARENTS "green,blue,pol_1,pol_2,l_11,l_12,l_21,l_22,l_31,"

enum { ROWS = 10000, FIRST_TEST = 8000, N = 400, D = 7, P = 10, C = 4, GREEN = 0 };
enum { VARIABLES = D + P, TEXT_ROOM = 600 };

static cama_schema *schema; /* roles by name */
static cama_dataset *reference, *test;
static float x[N * D], c[N * P]; /* of test */
static int32_t y[N];
static char path[TEXT_ROOM];

/* "key=word;key=3": whole numbers are integers, all else is text. */
static inline cama_options *options(const char *verb, const char *settings)
{
    cama_options *made = NULL;
    char text[TEXT_ROOM], *rest = text;
    must(cama_options_create(verb, &made));
    assert_in_range(snprintf(text, sizeof text, "%s", settings), 1, sizeof text - 1);
    while (rest != NULL) {
        char *key = rest, *value = strchr(key, '='), *end = strchr(key, ';');
        rest = end != NULL ? end + 1 : NULL;
        if (end != NULL) *end = '\0';
        *value++ = '\0';
        const long number = strtol(value, &end, 10);
        must(*end == '\0' ? cama_options_set_int(made, key, number) : cama_options_set_text(made, key, value));
    }
    return made;
}

/* The schema of the reference with the classes of `red`. */
static inline cama_schema *read_schema(const char *settings)
{
    static const float cuts[] = {21.5f, 43, 64.5f};
    cama_schema *made = NULL;
    cama_options *roles = options("schema", settings);
    must(cama_options_set_text(roles, "target", "red"));
    must(cama_options_set_vector(roles, "cuts", cuts, 3));
    must(cama_schema_from_csv(REFERENCE, roles, &made));
    cama_options_free(roles);
    return made;
}

static inline cama_dataset *read_rows(const char *file, const cama_schema *of, const char *labels)
{
    cama_dataset *made = NULL;
    cama_options *how = options("csv", labels);
    must(cama_dataset_from_csv(file, of, how, &made));
    cama_options_free(how);
    return made;
}

static inline int begin_chamber(const char *program)
{
    schema = read_schema("children=" CHILDREN ";co_parents=" CO_PARENTS "l_32");
    reference = read_rows(REFERENCE, schema, "labels=require");
    must(cama_dataset_slice(reference, FIRST_TEST, N, &test));
    must(cama_dataset_read(test, 0, N, x, y));
    must(cama_dataset_read_causes(test, 0, N, NULL, c));
    if (make_directory(program) != 0) return -1;
    snprintf(path, sizeof path, "%s/file", directory);
    return 0;
}

static inline int end_chamber(void)
{
    cama_dataset_free(test);
    cama_dataset_free(reference);
    cama_schema_free(schema);
    unlink(path);
    return rmdir(directory);
}

/* "name role kind levels first" of one variable. */
static inline void describe(const cama_schema *of, int32_t index, char text[TEXT_ROOM])
{
    const char *name;
    int32_t role, kind, levels, first;
    must(cama_schema_variable(of, index, &name, &role, &kind, &levels, &first));
    snprintf(text, TEXT_ROOM, "%s %d %d %d %d", name, (int)role, (int)kind, (int)levels, (int)first);
}

/* The same variables in the same places, in whatever order they are listed; the same target and classes. */
static inline void assert_same_schema(const cama_schema *one, const cama_schema *two)
{
    int32_t of_one[5], of_two[5];
    const char *left, *right;
    must(cama_schema_sizes(one, &of_one[0], &of_one[1], &of_one[2], &of_one[3], &of_one[4]));
    must(cama_schema_sizes(two, &of_two[0], &of_two[1], &of_two[2], &of_two[3], &of_two[4]));
    assert_memory_equal(of_one, of_two, sizeof of_one);
    must(cama_schema_target(one, &left));
    must(cama_schema_target(two, &right));
    assert_string_equal(left, right);
    for (int32_t i = 0; i < of_one[4]; i++) {
        must(cama_schema_class_name(one, i, &left));
        must(cama_schema_class_name(two, i, &right));
        assert_string_equal(left, right);
    }
    for (int32_t i = 0; i < of_one[0]; i++) {
        char wanted[TEXT_ROOM], got[TEXT_ROOM];
        int found = 0;
        describe(one, i, wanted);
        for (int32_t k = 0; k < of_two[0]; k++) {
            describe(two, k, got);
            found += strcmp(wanted, got) == 0;
        }
        if (found != 1) fail_msg("\"%s\" is in the other schema %d times", wanted, found);
    }
}

#endif
