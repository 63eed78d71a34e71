/* graph_formats_test - one graph in every format, as the programs write it, and what is refused in each. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "check.h"
#include "io/graph_formats.h"

static int32_t parse(const char *text, char **copy, cama__csv *csv)
{
    const size_t size = strlen(text);
    *copy = malloc(size + 1); /* a sanitizer sees one byte too far */
    memcpy(*copy, text, size + 1);
    memset(csv, 0, sizeof *csv);
    return cama__graph_edges_parse(*copy, (int64_t)size, "PATH", csv);
}

/* Edges as "a>b c>d", sorted. */
static void expect(const char *text, const char *edges)
{
    char *copy, *each[64], got[1024] = "";
    static char room[64][256];
    cama__csv csv;
    if (parse(text, &copy, &csv) != CAMA_OK) fail_msg("%s\n%s", text, cama_last_error());
    assert_int_equal(csv.columns, 2);
    assert_true(csv.rows <= 64);
    for (int64_t i = 0; i < csv.rows; i++) {
        snprintf(room[i], sizeof room[i], "%s>%s", cama__csv_cell(&csv, i, 0), cama__csv_cell(&csv, i, 1));
        each[i] = room[i];
    }
    cama__sort(each, csv.rows, sizeof *each, cama__sort_texts);
    for (int64_t i = 0; i < csv.rows; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i ? " " : "", each[i]);
    if (strcmp(got, edges) != 0) fail_msg("%s\nexpected %s\n     got %s", text, edges, got);
    cama__csv_free(&csv);
    free(copy);
}

static const char same[] = "age>disease diet>blood pressure disease>blood pressure disease>pulse";

static void test_edge_lists(void **state)
{
    (void)state;
#define EDGES "age,disease\ndisease,blood pressure\ndiet,blood pressure\ndisease,pulse\n"
    expect("source,target\n" EDGES, same);
    expect("from,to\n" EDGES, same);
    expect("Cause,Effect\n" EDGES, same);
    expect("Source,Target\n" EDGES, same);
    expect("von,nach\n" EDGES, same); /* any header: its words are no variables */
    expect(EDGES, same);              /* none */
    expect("\xef\xbb\xbf" EDGES, same);
    expect("# by hand\n" EDGES "hospital,\n", same); /* a variable that stands alone */
    expect("\"\",\"from\",\"to\"\n\"1\",\"age\",\"disease\"\n\"2\",\"disease\",\"blood pressure\"\n"
           "\"3\",\"diet\",\"blood pressure\"\n\"4\",\"disease\",\"pulse\"\n",
           same); /* R's write.csv */
    expect(",parent_of,variable\n0,age,disease\n1,disease,blood pressure\n2,diet,blood pressure\n3,disease,pulse\n",
           same);                                                 /* pandas' to_csv with an index */
    expect("Type,Target,Weight,Source\nDirected,b,1,a\n", "a>b"); /* Gephi */
    expect("source;target\na;b\nb;c\n", "a>b b>c");
    expect("a\tb\nb\tc\n", "a>b b>c");
    expect("a b\nb c\n", "a>b b>c");
    expect("a,b\n", "a>b");
    expect("y,x\nb,c\n", "b>c"); /* nothing tells this from a header: y then is in no edge, an error elsewhere */
#undef EDGES
}

static void test_dot(void **state)
{
    (void)state;
    expect("digraph {\n\"age\" -> \"disease\";\n\"disease\" -> \"blood pressure\";\n\"diet\" -> \"blood pressure\";\n"
           "\"disease\" -> \"pulse\";\n}\n",
           same);
    /* networkx and pydot */
    expect("strict digraph \"\" {\nage;\ndisease;\nage -> disease  [key=0, weight=\"1.5\"];\n"
           "disease -> \"blood pressure\" [label=\"a -> b\"];\ndiet -> \"blood pressure\";\ndisease -> "
           "pulse;\n}\n",
           same);
    /* Graphviz's own output, with attributes of all nodes and of the graph */
    expect("digraph G {\n\tgraph [bb=\"0,0,90,108\"];\n\tnode [label=\"\\N\"];\n\tage -> disease\t[pos=\"e,27,36 "
           "27,71\"];\n"
           "\tdisease -> {\"blood pressure\" pulse} // both\n\trankdir = LR /* -> */ diet->\"blood "
           "pressure\"\n}\n",
           same);
    /* a chain, a subgraph, edges written from their head */
    expect("digraph{a->b->c[color=red];subgraph cluster_1 {d; e -> f} g -> e [dir=back]}", "a>b b>c e>f e>g");
    /* causal-learn: numbered nodes with labels, every edge with both ends */
    expect("digraph {\nfontname=Times;\n0 [label=X1];\n1 [label=\"X 2\"];\n2 [label=X3];\n"
           "0 -> 1  [arrowhead=normal, arrowtail=none, dir=both];\n2 -> 1  [dir=both, arrowtail=normal, "
           "arrowhead=none];\n}\n",
           "X 2>X3 X1>X 2");
    expect("digraph { a -> b; b -> c }", "a>b b>c");
    expect("digraph { \"a\\\"q\" -> b-1 b-1->c }", "a\"q>b-1 b-1>c");
}

static void test_dagitty(void **state)
{
    (void)state;
    expect("dag {\nage [exposure,pos=\"-1.2,0.3\"]\ndisease [outcome,pos=\"0.1,0.2\"]\nage -> \"disease\"\n"
           "disease -> \"blood pressure\"\ndiet -> \"blood pressure\"\ndisease -> \"pulse\"\n}\n",
           same);
    /* dagitty.net: bounding box, latent variables, positions of edges, several edges in a line */
    expect(" dag {\nbb=\"-4.2,-3.2,5.0,2.5\";\n\"Lag Days \" [latent,pos=\"0.1,0.2\"]\nTask.Type [adjusted, "
           "pos=\"1,2\"];\n"
           "\"Lag Days \" -> Task.Type [pos=\"0.5,1.8\"]\nTask.Type <- U_1 V -> W -> X\n}\n",
           "Lag Days>Task.Type U_1>Task.Type V>W W>X");
    expect("# version 2\ndag{ {a b} -> {c d} x <- a [beta=0.3] }", "a>c a>d a>x b>c b>d");
}

static void test_bnlearn(void **state)
{
    (void)state;
    expect("[age][diet][disease|age][blood pressure|disease:diet][pulse|disease]", same);
    expect("[1] \"[A][S][T|A][L|S]\"\n", "A>T S>L");
    expect("  [A][S]\n [T|A]\n", "A>T");
    expect("network unknown {\n}\nvariable asia {\n  type discrete [ 2 ] { yes, no };\n}\nvariable probability_of {\n"
           "  type discrete [ 2 ] { yes, no };\n}\nprobability ( asia ) {\n  table 0.01, 0.99;\n}\n"
           "probability ( either | lung, tub ) {\n  (yes, yes) 1.0, 0.0;\n}\nprobability ( tub | asia ) {\n (yes) "
           "0.1, 0.9;\n}\n",
           "asia>tub lung>either tub>either");
}

static void test_arrows(void **state)
{
    (void)state;
    expect("age -> disease\ndisease -> blood pressure\nblood pressure <- diet\ndisease -> pulse\n", same);
    expect("a --> b --> c\n# a comment\n\nc <-- d;\n", "a>b b>c d>c");
    expect("Graph Nodes:\nX1;X2;X 3\n\nGraph Edges:\n1. X1 --> X2\n2. X2 --> X 3\n\nGraph Attributes:\nBIC: -> 1\n",
           "X1>X2 X2>X 3"); /* Tetrad */
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"digraph { a -> b; b -- c }", "PATH: line 1: expected edges of one direction, got b -- c (a latent common "
                                       "cause"},
        {"graph { a -- b }", "PATH: line 1: expected edges of one direction, got a -- b"},
        {"digraph {\n a -> b [dir=both] }", "PATH: line 2: expected edges of one direction, got a -- b"},
        {"digraph { a -> b [dir=none] }", "PATH: line 1: expected edges of one direction, got a -- b"},
        {"dag {\na -> b\na <-> c\n}", "PATH: line 3: expected edges of one direction, got a <-> c"},
        {"pdag { a -> b b @-> c }", "PATH: line 1: expected edges of one direction, got b @-> c"},
        {"a -> b\nb <-> c\n", "PATH: line 2: expected edges of one direction, got b -- c"},
        {"a -> b\nb o-> c\n", "PATH: line 2: expected edges of one direction, got b -- c"},
        {"a -> b\nb\n", "PATH: line 2: expected an edge, a -> b, got \"b\""},
        {"a -> \n", "PATH: line 1: expected a variable at both ends of an edge, got \"a -> \""},
        {"digraph { a -> b", "PATH: line 1: expected a brace that closes, got the end"},
        {"digraph { a -> ; }", "PATH: line 1: expected the name of a variable"},
        {"digraph { a -> \"b }", "PATH: line 1: expected a closing quote, got the end"},
        {"digraph { a [b }", "PATH: line 1: expected a bracket that closes, got the end"},
        {"digraph { a; b }", "PATH: expected edges, got a graph without any"},
        {"[a][b|]", "PATH: line 1: expected the name of a parent, got \"]\""},
        {"[a][b|a:]", "PATH: line 1: expected the name of a parent, got \"]\""},
        {"[a][b|a", "PATH: line 1: expected a bracket that closes, got \"b|a\""},
        {"[a] b", "PATH: line 1: expected the bracket of a variable, [child|parent:parent], got \"b\""},
        {",a,b\na,0,1\nb,0,0\n", "PATH: expected edges, got an adjacency matrix"},
        {"graph [\ndirected 1\n]\n", "PATH: expected edges as a CSV file, DOT, dagitty or bnlearn, got GML"},
        {"<?xml version=\"1.0\"?>\n<!-- a --> <graphml/>\n",
         "PATH: expected edges as a CSV file, DOT, dagitty or bnlearn, got XML"},
        {"{\"nodes\": []}", "PATH: expected edges as a CSV file, DOT, dagitty or bnlearn, got JSON"},
        {"source,target\n", "PATH: expected records after the header line, got none"},
        {"a,b,c\nd,e,f\n", "PATH: header: expected columns \"source\" and \"target\" of the graph's edges"},
        {"", "PATH: expected records, got none"},
        {"\xff\xfe"
         "a",
         "PATH: expected text in UTF-8, got UTF-16"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *copy;
        cama__csv csv;
        if (parse(cases[i][0], &copy, &csv) != CAMA_E_FORMAT) fail_msg("%s: read", cases[i][0]);
        if (strncmp(cama_last_error(), cases[i][1], strlen(cases[i][1])) != 0)
            fail_msg("%s\nexpected %s\n     got %s", cases[i][0], cases[i][1], cama_last_error());
        assert_null(csv.cell);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_edge_lists), cmocka_unit_test(test_dot),
                                       cmocka_unit_test(test_dagitty),    cmocka_unit_test(test_bnlearn),
                                       cmocka_unit_test(test_arrows),     cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
