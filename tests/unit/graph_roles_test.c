/* graph_roles_test - roles against probabilities. Every acyclic graph on up to 5 nodes, and random ones on 8, becomes a
 * network of binary variables with conditional probabilities drawn for it; its 2^n states are added up. What the roles
 * promise must then be so: p(y|a) p(x|y,c), normalised over y, is y's probability given all that is observed; and
 * p(x|y,c) is x's distribution under do() where do() is said to be answered, and not where it is not. The sums know
 * nothing of d-separation. And some graphs that were drawn on paper. */

#include <float.h>
#include <math.h>
#include <string.h>

#include "check.h"
#include "io/graph_roles.h"

enum { NODES = 8, STATES = 1 << NODES, Y = 0 };

/* ---- A graph, and the library's of it ---------------------------------------------------------------------------- */

/* Nodes are v0 ... v7 and sets are bits; y is v0. The graphs are labelled, so that y takes every place in them. */
typedef struct {
    int n;
    unsigned parents[NODES];
} network;

/* below[i]: all nodes that a directed path from i leads to. false: there is a cycle. */
static bool find_below(const network *w, unsigned below[NODES])
{
    memset(below, 0, NODES * sizeof *below);
    for (int round = 0; round < w->n; round++)
        for (int i = 0; i < w->n; i++)
            for (int j = 0; j < w->n; j++)
                if (w->parents[j] >> i & 1) below[i] |= 1u << j | below[j];
    for (int i = 0; i < w->n; i++)
        if (below[i] >> i & 1) return false;
    return true;
}

typedef struct {
    unsigned a, c, x, hidden;
    unsigned refused;      /* nodes whose do() is not answered, */
    int confounder[NODES]; /* because of these */
} roles;

static int32_t ask(const network *w, unsigned hidden, roles *out)
{
    static const char *names[NODES] = {"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"};
    cama__edge edges[NODES * NODES];
    int64_t first[NODES + 1], confounder[NODES];
    int8_t role[NODES];
    bool left_out[NODES];
    cama__graph g = {.csv = {.where = "graph"}, .nodes = w->n, .name = names, .edge = edges, .first = first};
    for (int i = 0; i < w->n; i++) {
        first[i] = g.edges;
        left_out[i] = hidden >> i & 1;
        for (int j = 0; j < w->n; j++)
            if (w->parents[j] >> i & 1) edges[g.edges++] = (cama__edge){i, j};
    }
    first[w->n] = g.edges;
    const int32_t status = cama__graph_roles(&g, names[Y], hidden != 0 ? left_out : NULL, role, confounder);
    *out = (roles){.hidden = hidden};
    for (int i = 0; status == CAMA_OK && i < w->n; i++) {
        const unsigned bit = 1u << i;
        assert_true((role[i] == ROLE_TARGET) == (i == Y));
        assert_true(role[i] == ROLE_NONE || (hidden & bit) == 0);
        if (role[i] == ROLE_A || role[i] == ROLE_BOTH) out->a |= bit;
        if (role[i] == ROLE_C || role[i] == ROLE_BOTH) out->c |= bit;
        if (role[i] == ROLE_X) out->x |= bit;
        if (confounder[i] >= 0) out->refused |= bit;
        out->confounder[i] = (int)confounder[i];
    }
    return status;
}

/* ---- Probabilities ----------------------------------------------------------------------------------------------- */

/* SplitMix64's finaliser: a number of (0.05, 0.95) for each network, node and state of its parents. */
static double chance(uint64_t network_number, int node, unsigned parents)
{
    uint64_t v = (network_number * NODES + (uint64_t)node) * STATES + parents + 0x9e3779b97f4a7c15u;
    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
    v = (v ^ v >> 27) * 0x94d049bb133111ebu;
    return 0.05 + 0.9 * (double)((v ^ v >> 31) >> 11) / 9007199254740992.0;
}

/* p (2^n): each state's probability under do(set): the factors of all other nodes. */
static void joint(const network *w, uint64_t number, unsigned set, double *p)
{
    for (unsigned s = 0; s < 1u << w->n; s++) {
        p[s] = 1;
        for (int i = 0; i < w->n; i++) {
            const double one = chance(number, i, s & w->parents[i]);
            if ((set >> i & 1) == 0) p[s] *= s >> i & 1 ? one : 1 - one;
        }
    }
}

/* sum (2^n), at the states of `over`: the rest is summed out. */
static void marginal(int n, const double *p, unsigned over, double *sum)
{
    memset(sum, 0, (size_t)(1u << n) * sizeof *sum);
    for (unsigned s = 0; s < 1u << n; s++) sum[s & over] += p[s];
}

/* Rounding: products of n factors and sums of 2^n positive terms, in four sums of which quotients are taken. */
static double tolerance(int n) { return 4.0 * (n + (1 << n)) * DBL_EPSILON; }

/* Largest |p(y|a) p(x|y,c) / sum over y - p(y|a,c,x)|, p(y|a,c,x) summed without any rule. */
static double bayes_gap(const network *w, const double *p, const roles *r)
{
    static double all[STATES], rest[STATES], y_a[STATES], only_a[STATES], x_yc[STATES], yc[STATES];
    const unsigned y = 1u << Y, used = r->a | r->c | r->x;
    double gap = 0;
    marginal(w->n, p, used | y, all);
    marginal(w->n, p, used, rest);
    marginal(w->n, p, r->a | y, y_a);
    marginal(w->n, p, r->a, only_a);
    marginal(w->n, p, r->x | r->c | y, x_yc);
    marginal(w->n, p, r->c | y, yc);
    for (unsigned s = 0; s < 1u << w->n; s++) {
        double both[2];
        if ((s & ~used) != 0) continue;
        for (unsigned k = 0; k < 2; k++) {
            const unsigned t = s | k << Y;
            both[k] = y_a[t & (r->a | y)] / only_a[t & r->a] * x_yc[t & (r->x | r->c | y)] / yc[t & (r->c | y)];
        }
        gap = fmax(gap, fabs(both[1] / (both[0] + both[1]) - all[s | y] / rest[s]));
    }
    return gap;
}

/* Largest |p(x|y,c) - p(x|do(set),rest of y and c)|. */
static double do_gap(const network *w, uint64_t number, const double *p, const roles *r, unsigned set)
{
    static double under_do[STATES], x_yc[STATES], yc[STATES], x_do[STATES], only_do[STATES];
    const unsigned given = r->c | 1u << Y;
    double gap = 0;
    joint(w, number, set, under_do);
    marginal(w->n, p, r->x | given, x_yc);
    marginal(w->n, p, given, yc);
    marginal(w->n, under_do, r->x | given, x_do);
    marginal(w->n, under_do, given, only_do);
    for (unsigned s = 0; s < 1u << w->n; s++)
        if ((s & ~(r->x | given)) == 0) gap = fmax(gap, fabs(x_yc[s] / yc[s & given] - x_do[s] / only_do[s & given]));
    return gap;
}

/* ---- All graphs -------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t graphs, childless, checked, answered, refused;
    double bayes, answer;  /* largest differences */
    double refusal;        /* smallest, of a do() that is not answered */
    unsigned below[NODES]; /* of the graph at hand */
} tally;

/* A do() that is refused and yet right would be one too many. In networks that are drawn, and not made for it, two
 * distributions that the graph lets differ do differ; how little is a matter of luck. */
static const double DIFFERENT = 1e-9;

static void check_do(const network *w, uint64_t number, const double *p, const roles *r, int node, tally *t)
{
    const unsigned held = r->c | 1u << Y, set = 1u << node | (held & t->below[node]);
    const double gap = do_gap(w, number, p, r, set);
    if (r->refused >> node & 1) {
        t->refused++;
        t->refusal = fmin(t->refusal, gap);
        const unsigned confounder = 1u << r->confounder[node];
        assert_true((confounder & (r->a | r->c | r->x | 1u << Y)) == 0);
        return;
    }
    t->answered++;
    t->answer = fmax(t->answer, gap);
}

static void check_roles(const network *w, uint64_t number, const double *p, unsigned hidden, tally *t)
{
    roles r;
    if (ask(w, hidden, &r) != CAMA_OK) {
        unsigned children = 0;
        for (int i = 0; i < w->n; i++) children |= (w->parents[i] >> Y & 1) << i;
        assert_int_equal(children, 0);
        t->childless++;
        return;
    }
    t->checked++;
    assert_int_equal((r.a | r.c) & (r.x | t->below[Y]), 0);
    if (hidden == 0) assert_int_equal(r.a, w->parents[Y]);
    t->bayes = fmax(t->bayes, bayes_gap(w, p, &r));
    for (int i = 0; i < w->n; i++)
        if (i == Y || r.c >> i & 1) check_do(w, number, p, &r, i, t);
}

/* Without hidden nodes everything observed is what y's probability is given: p(y|rest). */
static void check_blanket(const network *w, const double *p, tally *t)
{
    static double all[STATES], used[STATES];
    roles r;
    if (ask(w, 0, &r) != CAMA_OK) return;
    const unsigned y = 1u << Y, blanket = r.a | r.c | r.x;
    marginal(w->n, p, blanket | y, all);
    marginal(w->n, p, blanket, used);
    for (unsigned s = 0; s < 1u << w->n; s++)
        if ((s & y) == 0)
            t->bayes = fmax(t->bayes, fabs(p[s | y] / (p[s] + p[s | y]) - all[(s & blanket) | y] / used[s & blanket]));
}

static void report(const char *what, int n, const tally *t)
{
    print_message("%s of %d nodes: %lld graphs (%lld roles found, %lld without children of y), largest difference "
                  "%.2g;\n    %lld do() answered, largest difference %.2g; %lld refused, smallest difference %.2g\n",
                  what, n, (long long)t->graphs, (long long)t->checked, (long long)t->childless, t->bayes,
                  (long long)t->answered, t->answer, (long long)t->refused, t->refusal);
    assert_true(t->bayes <= tolerance(n));
    assert_true(t->answer <= tolerance(n));
    assert_true(t->refusal >= DIFFERENT);
}

/* Each pair of nodes has no edge, one, or the other. */
static bool numbered(int n, int64_t number, network *w)
{
    unsigned below[NODES];
    *w = (network){.n = n};
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++, number /= 3) {
            if (number % 3 == 1) w->parents[j] |= 1u << i;
            if (number % 3 == 2) w->parents[i] |= 1u << j;
        }
    return find_below(w, below);
}

static int64_t count_numbers(int n)
{
    int64_t all = 1;
    for (int i = 0; i < n * (n - 1) / 2; i++) all *= 3;
    return all;
}

static void test_all_graphs(void **state)
{
    (void)state;
    static const int64_t acyclic[] = {0, 1, 3, 25, 543, 29281}; /* labelled graphs without cycles: OEIS A003024 */
    double p[STATES];
    network w;
    for (int n = 2; n <= 5; n++) {
        tally t = {.refusal = 1};
        for (int64_t number = 0; number < count_numbers(n); number++) {
            if (!numbered(n, number, &w)) continue;
            find_below(&w, t.below);
            joint(&w, (uint64_t)number, 0, p);
            check_roles(&w, (uint64_t)number, p, 0, &t);
            check_blanket(&w, p, &t);
            t.graphs++;
        }
        report("all", n, &t);
        assert_int_equal(t.graphs, acyclic[n]);
        assert_int_equal(t.childless, (1 << (n - 1)) * acyclic[n - 1]); /* y has any parents and no child */
    }
}

static void test_all_graphs_with_hidden_nodes(void **state)
{
    (void)state;
    double p[STATES];
    network w;
    for (int n = 3; n <= 5; n++) {
        tally t = {.refusal = 1};
        for (int64_t number = 0; number < count_numbers(n); number++) {
            if (!numbered(n, number, &w)) continue;
            find_below(&w, t.below);
            joint(&w, (uint64_t)number, 0, p);
            for (unsigned hidden = 2; hidden < 1u << n; hidden += 2) {
                if (n == 5 && (hidden & (hidden - 1)) != 0 && (hidden + (unsigned)number) % 8 != 0) continue;
                check_roles(&w, (uint64_t)number, p, hidden, &t);
                t.graphs++;
            }
        }
        report("some hidden", n, &t);
        assert_true(t.refused > 0);
    }
}

/* Order and edges are drawn, half of the graphs sparse. */
static void random_network(uint64_t number, network *w)
{
    int order[NODES];
    *w = (network){.n = NODES};
    for (int i = 0; i < NODES; i++) order[i] = i;
    for (int i = NODES - 1; i > 0; i--) {
        const int j = (int)(chance(~number, i, 0) * (i + 1)), moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
    for (int i = 0; i < NODES; i++)
        for (int j = i + 1; j < NODES; j++)
            if (chance(~number, i, (unsigned)j) < (number % 2 ? 0.25 : 0.5)) w->parents[order[j]] |= 1u << order[i];
}

static void test_random_graphs(void **state)
{
    (void)state;
    enum { GRAPHS = 4000 };
    tally whole = {.refusal = 1}, partial = {.refusal = 1};
    double p[STATES];
    network w;
    for (uint64_t number = 1u << 20; number < (1u << 20) + GRAPHS; number++) {
        random_network(number, &w);
        assert_true(find_below(&w, whole.below));
        memcpy(partial.below, whole.below, sizeof whole.below);
        joint(&w, number, 0, p);
        check_roles(&w, number, p, 0, &whole);
        check_blanket(&w, p, &whole);
        const unsigned some = (unsigned)(chance(~number, 0, 1) * STATES);
        const unsigned others = (unsigned)(chance(~number, 0, 2) * STATES);
        check_roles(&w, number, p, some & others & ~1u, &partial);
        whole.graphs++;
        partial.graphs++;
    }
    report("random", NODES, &whole);
    report("random, some hidden,", NODES, &partial);
}

/* ---- On paper ---------------------------------------------------------------------------------------------------- */

static void test_drawn(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        unsigned parents[NODES]; /* of v0 = y, v1, ... */
        unsigned hidden, a, c, x, refused;
    } cases[] = {
        {"parent, child, co-parent", {2, 0, 1 | 8, 0}, 0, 2, 8, 4, 0},
        {"a parent of y and of its child is both", {2, 0, 1 | 2 | 8, 0}, 0, 2, 2 | 8, 4, 0},
        {"y -> load -> fever -> pulse, y -> pulse: fever is modelled as a child", {0, 1, 2, 1 | 4}, 0, 0, 0, 14, 0},
        {"the same, and a parent of y that causes fever is both", {16, 1, 2 | 16, 1 | 4, 0}, 0, 16, 16, 14, 0},
        {"the same, and it causes fever through a node without a role",
         {16, 1, 2 | 32, 1 | 4, 0, 16},
         0,
         16,
         16,
         14,
         0},
        {"a co-parent whose cause acts on fever: do(co-parent) is not answered",
         {0, 1, 2 | 32, 1 | 4 | 16, 32, 0},
         0,
         0,
         16,
         14,
         16},
        {"causes of causes, effects of effects, and other effects of causes have no role",
         {2, 4, 0, 1, 8, 2},
         0,
         2,
         0,
         8,
         0},
        {"a hidden cause of y and x: do(y) is not answered", {2, 0, 1 | 2}, 2, 0, 0, 4, 1},
        {"a hidden cause of y and c: c tells of y beside a", {2, 0, 2, 1 | 4}, 2, 4, 4, 8, 0},
        {"a hidden cause of a and x: x depends on a", {4, 0, 2, 1 | 2}, 2, 4, 4, 8, 4},
        {"a hidden cause of c and x: do(c) is not answered", {0, 0, 2, 1 | 2 | 4}, 2, 0, 4, 8, 4},
        {"a co-parent of a hidden child alone has no role", {0, 1, 1 | 8, 0}, 4, 0, 0, 2, 0},
        {"what lies between is not missed", {0, 1, 2, 4 | 1}, 4, 0, 0, 2 | 8, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        roles r;
        network w = {.n = 6};
        memcpy(w.parents, cases[i].parents, sizeof w.parents);
        if (ask(&w, cases[i].hidden, &r) != CAMA_OK) fail_msg("%s: %s", cases[i].what, cama_last_error());
        if (r.a != cases[i].a || r.c != cases[i].c || r.x != cases[i].x || r.refused != cases[i].refused)
            fail_msg("%s: expected %x %x %x %x, got %x %x %x %x", cases[i].what, cases[i].a, cases[i].c, cases[i].x,
                     cases[i].refused, r.a, r.c, r.x, r.refused);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *names[] = {"x", "y"};
    cama__edge edge = {1, 0};
    int64_t first[] = {0, 0, 1}, confounder[2];
    int8_t role[2];
    const cama__graph g = {
        .csv = {.where = "g.csv"}, .nodes = 2, .edges = 1, .name = names, .edge = &edge, .first = first};
    assert_int_equal(cama__graph_roles(&g, "z", NULL, role, confounder), CAMA_E_DATA);
    assert_string_equal(cama_last_error(), "g.csv: expected an edge of the target \"z\", got a graph without it");
    assert_int_equal(cama__graph_roles(&g, "x", NULL, role, confounder), CAMA_E_DATA);
    assert_string_equal(cama_last_error(),
                        "g.csv: expected children of the target \"x\", got a graph in which it has none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drawn),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_all_graphs),    cmocka_unit_test(test_all_graphs_with_hidden_nodes),
        cmocka_unit_test(test_random_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
