/* graph_test - edges in and out, and graphs that are none. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "io/graph_roles.h"

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

static void test_edges(void **state)
{
    (void)state;
    cama__graph g;
    static const char text[] = "weight,target,source\n1,y,p\n1,x,y\n1,x,p\n1,gc,x\n9,x,y\n";
    static const char *const names[] = {"gc", "p", "x", "y"};
    static const cama__edge edges[] = {{1, 2}, {1, 3}, {2, 0}, {3, 2}};
    static const int64_t first[] = {0, 0, 2, 3, 4};
    assert_int_equal(read_graph(text, &g), CAMA_OK);
    assert_int_equal(g.nodes, 4);
    assert_int_equal(g.edges, 4); /* y -> x stands there twice */
    for (int i = 0; i < 4; i++) assert_string_equal(g.name[i], names[i]);
    assert_memory_equal(g.edge, edges, sizeof edges);
    assert_memory_equal(g.first, first, sizeof first);
    assert_int_equal(cama__graph_find(&g, "x"), 2);
    assert_int_equal(cama__graph_find(&g, "z"), -1);
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
    int64_t *confounder = malloc((NODES + 1) * sizeof *confounder);
    assert_int_equal(read_graph(text, &g), CAMA_OK);
    assert_int_equal(g.nodes, NODES + 1);
    OK(cama__graph_roles(&g, "v7", NULL, role, confounder));
    assert_int_equal(role[cama__graph_find(&g, "v6")], ROLE_A);
    assert_int_equal(role[cama__graph_find(&g, "v8")], ROLE_X);
    assert_int_equal(role[cama__graph_find(&g, "v9")], ROLE_NONE);
    cama__graph_free(&g);
    snprintf(text + used, 32, "v%d,v0\n", NODES);
    assert_int_equal(read_graph(text, &g), CAMA_E_DATA);
    assert_memory_equal(without_path(), ": expected a graph without cycles, got v0 -> v1 -> v2", 53);
    assert_string_equal(message + strlen(message) - 3, "...");
    free(confounder);
    free(role);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_edges), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_long_path)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
