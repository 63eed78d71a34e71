/* graph_test - blankets that were drawn on paper, and graphs that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/graph.h"

/* A message without the path that it begins with. */
static char message[1100], path[512];

static int32_t read_graph(const char *text, cama__graph *graph)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/graph_test_%ld.csv", folder != NULL ? folder : "/tmp", (long)getpid());
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
    memset(graph, 0, sizeof *graph);
    const int32_t status = cama__graph_read(path, graph);
    unlink(path);
    return status;
}

static const char *without_path(void)
{
    assert_memory_equal(cama_last_error(), path, strlen(path));
    snprintf(message, sizeof message, "%s", cama_last_error() + strlen(path));
    return message;
}

static int role_of(const cama__graph *graph, const int8_t *role, const char *name)
{
    const int64_t node = cama__graph_find(graph, name);
    assert_true(node >= 0);
    return role[node];
}

static void test_blanket(void **state)
{
    (void)state;
    cama__graph g;
    int8_t role[16];
    /* p parent, pc parent and co-parent, x and x2 children (x also a parent of x2), c co-parent, gc a child's child,
     * far a parent's parent, other a sibling, o a parent of the sibling. */
    static const char text[] = "weight,target,source\n1,y,p\n1,y,pc\n1,x2,pc\n1,x,y\n1,x2,y\n1,x2,x\n1,x2,c\n1,gc,x2\n"
                               "1,p,far\n1,other,p\n1,other,o\n9,x,y\n1,c,far\n";
    assert_int_equal(read_graph(text, &g), CAMA_OK);
    assert_int_equal(g.nodes, 10);
    assert_int_equal(g.edges, 12); /* y -> x stands there twice */
    assert_int_equal(cama__graph_blanket(&g, "y", role), CAMA_OK);
    static const struct {
        const char *name;
        int role;
    } want[] = {{"y", ROLE_TARGET}, {"p", ROLE_A},     {"pc", ROLE_A},     {"x", ROLE_X},        {"x2", ROLE_X},
                {"c", ROLE_C},      {"gc", ROLE_NONE}, {"far", ROLE_NONE}, {"other", ROLE_NONE}, {"o", ROLE_NONE}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(role_of(&g, role, want[i].name), want[i].role);
    assert_int_equal(cama__graph_find(&g, "z"), -1);
    assert_int_equal(cama__graph_blanket(&g, "z", role), CAMA_E_DATA);
    assert_string_equal(without_path(), ": expected an edge of the target \"z\", got a graph without it");
    assert_int_equal(cama__graph_blanket(&g, "gc", role), CAMA_E_DATA);
    assert_string_equal(without_path(),
                        ": expected children of the target \"gc\", got a graph in which it has none");
    cama__graph_free(&g);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t status;
        const char *message;
    } cases[] = {
        {"source,target\na,b\nb,a\n", CAMA_E_DATA, ": expected a graph without cycles, got a -> b -> a"},
        {"source,target\nr,a\na,b\nb,c\nc,a\na,d\n", CAMA_E_DATA,
         ": expected a graph without cycles, got a -> b -> c -> a"},
        {"source,target\na,b\nc,c\n", CAMA_E_DATA,
         ": line 3: expected an edge to another variable, got the cycle c -> c"},
        {"source,target\na,b\n,c\n", CAMA_E_DATA,
         ": line 3, column \"source\": expected the name of a variable, got an empty cell"},
        {"x,y,z\na,b,c\n", CAMA_E_FORMAT,
         ": header: expected columns \"source\" and \"target\" of the graph's edges (or from and to, cause and "
         "effect, or "
         "two columns alone), got 3 others"},
        {"source,target,target\na,b,c\n", CAMA_E_FORMAT,
         ": header: expected \"target\" as the name of one column, got columns 2 and 3"},
        {"source,target\n", CAMA_E_FORMAT, ": expected records after the header line, got none"},
        {"source,target\na\n", CAMA_E_FORMAT, ": line 2: expected 2 fields, as in the header, got 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama__graph g;
        assert_int_equal(read_graph(cases[i].text, &g), cases[i].status);
        assert_string_equal(without_path(), cases[i].message);
        assert_null(g.name);
    }
}

/* A path of many nodes costs no stack; its way back is a cycle too long for a message. */
static void test_long_path(void **state)
{
    (void)state;
    enum { NODES = 100000 };
    static char text[24 * NODES];
    size_t used = strlen(strcpy(text, "source,target\n"));
    for (int i = 0; i < NODES; i++) used += (size_t)snprintf(text + used, 32, "v%d,v%d\n", i, i + 1);
    cama__graph g;
    int8_t *role = malloc(NODES + 1);
    assert_int_equal(read_graph(text, &g), CAMA_OK);
    assert_int_equal(g.nodes, NODES + 1);
    assert_int_equal(cama__graph_blanket(&g, "v7", role), CAMA_OK);
    assert_int_equal(role_of(&g, role, "v6"), ROLE_A);
    assert_int_equal(role_of(&g, role, "v8"), ROLE_X);
    cama__graph_free(&g);
    snprintf(text + used, 32, "v%d,v0\n", NODES);
    assert_int_equal(read_graph(text, &g), CAMA_E_DATA);
    assert_memory_equal(without_path(), ": expected a graph without cycles, got v0 -> v1 -> v2", 53);
    assert_string_equal(message + strlen(message) - 3, "...");
    free(role);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_blanket), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_long_path)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
