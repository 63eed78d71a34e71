/* api_graph_test - roles of a graph of numbers, and confounders that a schema was told of. */
#include "api_refused.h"

/* y -> load -> fever -> pulse, y -> pulse; season -> y, fever; room -> pulse; u -> room, fever. */
static void test_roles_of_a_graph_of_numbers(void **state)
{
    (void)state;
    enum { Y, LOAD, FEVER, PULSE, SEASON, ROOM, U, NODES, CHILD = 1, PARENT = 2, CO_PARENT = 4 };
    static const int32_t cause[] = {Y, LOAD, FEVER, Y, SEASON, SEASON, ROOM, U, U, Y};
    static const int32_t effect[] = {LOAD, FEVER, PULSE, PULSE, Y, FEVER, PULSE, ROOM, FEVER, LOAD};
    static const int32_t wanted[] = {0, CHILD, CHILD, CHILD, PARENT + CO_PARENT, CO_PARENT, 0};
    static const int32_t hidden[NODES] = {[SEASON] = 1};
    static const int32_t circle[] = {1, 2, 0, 1}, of_circle[] = {2, 3, 1, 1};
    int32_t roles[NODES] = {9}, confounders[NODES] = {9};
    const int64_t edges = sizeof cause / sizeof *cause;
    OK(cama_graph_roles(NODES, edges, cause, effect, Y, NULL, roles, confounders));
    assert_memory_equal(roles, wanted, sizeof roles);
    for (int i = 0; i < NODES; i++) assert_int_equal(confounders[i], i == ROOM ? U : -1);
    OK(cama_graph_roles(NODES, edges, cause, effect, Y, hidden, roles, confounders));
    assert_int_equal(roles[SEASON], 0);
    assert_int_equal(confounders[Y], SEASON);
    OK(cama_graph_roles(NODES, edges, cause, effect, Y, NULL, roles, NULL));
    assert_memory_equal(roles, wanted, sizeof roles);
    REFUSED(CAMA_E_DATA, "children of the target, got node 3",
            cama_graph_roles(NODES, edges, cause, effect, PULSE, NULL, roles, NULL));
    REFUSED(CAMA_E_ARGUMENT, "edge 6: expected nodes from 0 to 4, got 5 -> 3",
            cama_graph_roles(5, edges, cause, effect, Y, NULL, roles, NULL));
    REFUSED(CAMA_E_ARGUMENT, "a target from 0 to 6, got 7",
            cama_graph_roles(NODES, edges, cause, effect, NODES, NULL, roles, NULL));
    REFUSED(CAMA_E_ARGUMENT, "not hidden, got node 4",
            cama_graph_roles(NODES, edges, cause, effect, SEASON, hidden, roles, NULL));
    REFUSED(CAMA_E_ARGUMENT, "NULL", cama_graph_roles(NODES, edges, NULL, effect, Y, NULL, roles, NULL));
    REFUSED(CAMA_E_DATA, "edge 3: expected an edge to another node",
            cama_graph_roles(4, 4, circle, of_circle, 0, NULL, roles, NULL));
    static const int32_t from[] = {0, 1, 2, 2, 3}, to[] = {1, 2, 1, 3, 4};
    REFUSED(CAMA_E_DATA, "without cycles, got one through node",
            cama_graph_roles(5, 5, from, to, 0, NULL, roles, NULL));
    const char node = cama_last_error()[strlen(cama_last_error()) - 1];
    assert_true(node == '1' || node == '2');
    assert_memory_equal(roles, wanted, sizeof roles);
}

static void test_a_confounder_that_was_set(void **state)
{
    (void)state;
    const char *confounder = MARKED(const char);
    cama_schema *made = NULL;
    OK(cama_schema_create("y", 2, NULL, &made));
    OK(cama_schema_add(made, "p", CAMA_ROLE_PARENT, CAMA_KIND_CONTINUOUS, 0, NULL));
    OK(cama_schema_add(made, "c", CAMA_ROLE_CO_PARENT, CAMA_KIND_CONTINUOUS, 0, NULL));
    OK(cama_schema_set_confounder(made, "c", "u"));
    OK(cama_schema_set_confounder(made, "y", "u"));
    OK(cama_schema_set_confounder(made, "y", "v"));
    REFUSED(CAMA_E_ARGUMENT, "a parent alone", cama_schema_set_confounder(made, "p", "u"));
    REFUSED(CAMA_E_ARGUMENT, "a parent alone", cama_schema_confounder(made, "p", &confounder));
    assert_ptr_equal(confounder, MARKED(const char));
    REFUSED(CAMA_E_ARGUMENT, "name of a confounder", cama_schema_set_confounder(made, "c", ""));
    REFUSED(CAMA_E_ARGUMENT, "NULL", cama_schema_set_confounder(made, "c", NULL));
    OK(cama_schema_confounder(made, "c", &confounder));
    assert_string_equal(confounder, "u");
    OK(cama_schema_confounder(made, "y", &confounder));
    assert_string_equal(confounder, "v");
    cama_schema_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_roles_of_a_graph_of_numbers),
                                       cmocka_unit_test(test_a_confounder_that_was_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
