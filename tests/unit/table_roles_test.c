/* table_roles_test - roles in tables that one word cannot say: a parent that is a co-parent too, a co-parent that is
 * modelled as a child, and variables that were left out of the graph; named and from a graph, in schema and dataset. */
#include "table_files.h"

/* "name role at[!confounder], ..." in the schema's order, after the target's own confounder. */
static const char *roles_of(const cama_schema *s)
{
    static char text[512];
    size_t used = 0;
    if (s->confounder != NULL) used += (size_t)snprintf(text, sizeof text, "!%s; ", s->confounder);
    for (int32_t i = 0; i < s->count; i++) {
        const cama__variable *v = &s->variable[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s %d%s%s", i > 0 ? ", " : "", v->name,
                                 cama__role_name(v->role), v->first, v->confounder != NULL ? "!" : "",
                                 v->confounder != NULL ? v->confounder : "");
    }
    return text;
}

static const char clinic[] = "age,sex,diet,disease,marker,bp\n"
                             "50,f,1,0,-2.5,110\n"
                             "60,m,2,1,1.5,120\n"
                             "55,d,0,1,0.5,100\n";
static const char clinic_graph[] = "source,target\nage,disease\nage,marker\nsex,disease\nsex,marker\ndisease,marker\n"
                                   "disease,bp\ndiet,marker\n";

static void test_parent_and_co_parent(void **state)
{
    (void)state;
    cama_schema *named =
        table_good_schema(clinic, "target=disease;parents=sex,age;co_parents=age,diet,sex;children=marker,bp");
    assert_string_equal(roles_of(named), "sex parent 0, age parent 3, age co-parent 0, diet co-parent 1, "
                                         "sex co-parent 2, marker child 0, bp child 1");
    assert_int_equal(named->variable[0].twin, 4);
    assert_int_equal(named->variable[4].twin, 0);
    assert_int_equal(named->variable[3].twin, -1);
    assert_int_equal(named->variable[4].levels, 3);
    assert_string_equal(named->variable[4].level[0], "d");

    /* Levels and numbers of both places are those of the one column. */
    cama_dataset *d = table_good_dataset(clinic, named, "");
    static const float a[] = {0, 1, 0, 50, 0, 0, 1, 60, 1, 0, 0, 55};
    static const float c[] = {50, 1, 0, 1, 0, 60, 2, 0, 0, 1, 55, 0, 1, 0, 0};
    assert_memory_equal(d->a, a, sizeof a);
    assert_memory_equal(d->c, c, sizeof c);
    cama__dataset_free(d);
    d = table_good_dataset("age,sex,diet,marker,bp\n1,u,1,1,1\n2,m,1,1,1\n", named, "unknown=drop");
    assert_int_equal(d->n, 1);
    assert_memory_equal(d->c, ((float[]){2, 1, 0, 0, 1}), 5 * sizeof *c);
    assert_null(d->y);
    cama__dataset_free(d);

    table_write(DAG, clinic_graph);
    cama_schema *graph = table_good_schema(clinic, "target=disease;dag=DAG");
    assert_string_equal(roles_of(graph), "age parent 0, age co-parent 0, sex parent 1, sex co-parent 1, "
                                         "diet co-parent 4, marker child 0, bp child 1");
    cama__schema_free(graph);
    cama__schema_free(named);
}

static void test_lists_that_do_not_fit(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"parents=age;co_parents=age;children=age", "option children: expected \"age\" in one role, got it as parent "
                                                    "and co-parent too"},
        {"co_parents=age;children=bp,age", "option children: expected \"age\" in one role, got it as co-parent too"},
        {"co_parents=disease;children=bp", "option co_parents: expected \"disease\" in one role, got it as target too"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char options[128];
        cama_schema *s;
        snprintf(options, sizeof options, "target=disease;%s", cases[i][0]);
        assert_int_equal(table_schema_of(clinic, options, &s), CAMA_E_OPTION);
        table_ends_in(cases[i][1]);
        assert_null(s);
    }
}

/* A column that is dropped, or kept although it never varies, is so in both roles. */
static void test_both_and_constant(void **state)
{
    (void)state;
    static const char data[] = "y,x,p\n0,1,7\n1,2,7\n";
    cama_schema *s = table_good_schema(data, "target=y;parents=p;co_parents=p;children=x");
    assert_string_equal(roles_of(s), "x child 0");
    cama__schema_free(s);
    s = table_good_schema(data, "target=y;parents=p;co_parents=p;children=x;constants=keep");
    assert_string_equal(roles_of(s), "p parent 0, p co-parent 0, x child 0");
    cama__schema_free(s);
}

/* y -> load -> fever -> pulse, y -> pulse. */
static void test_an_effect_that_causes_a_child(void **state)
{
    (void)state;
    static const char data[] = "pulse,fever,y,load,room\n1,2,0,3,9\n2,3,1,4,8\n";
    table_write(DAG, "source,target\ny,load\nload,fever\nfever,pulse\ny,pulse\nroom,pulse\n");
    cama_schema *s = table_good_schema(data, "target=y;dag=DAG");
    assert_string_equal(roles_of(s), "pulse child 0, fever child 1, load child 2, room co-parent 0");
    cama__schema_free(s);
    /* Something without a role causes room and fever: fever tells of the room beside what the room does. */
    table_write(DAG,
                "source,target\ny,load\nload,fever\nfever,pulse\ny,pulse\nroom,pulse\nseason,room\nseason,fever\n");
    s = table_good_schema(data, "target=y;dag=DAG");
    assert_string_equal(roles_of(s), "pulse child 0, fever child 1, load child 2, room co-parent 0!season");
    cama__schema_free(s);
}

static void test_what_is_left_out(void **state)
{
    (void)state;
    table_write(DAG, clinic_graph);
    cama_schema *s = table_good_schema(clinic, "target=disease;dag=DAG;ignore=age,sex"), *copy;
    assert_string_equal(roles_of(s), "!age; diet co-parent 0, marker child 0, bp child 1");
    OK(cama__schema_clone(s, &copy));
    cama__schema_free(s);
    assert_string_equal(roles_of(copy), "!age; diet co-parent 0, marker child 0, bp child 1");
    cama__schema_free(copy);

    /* u causes y and the co-parent c: c tells of y, and stands in a too. */
    table_write(DAG, "source,target\nu,y\nu,c\nc,x\ny,x\n");
    s = table_good_schema("y,x,c\n0,1,2\n1,2,3\n", "target=y;dag=DAG;ignore=u");
    assert_string_equal(roles_of(s), "x child 0, c parent 0, c co-parent 0");
    cama__schema_free(s);
}

/* The protein network of Sachs et al., Science 308 (2005), as published with its 17 edges. */
static void test_a_published_network(void **state)
{
    (void)state;
    static const char data[] = "Akt,Erk,Jnk,Mek,P38,PIP2,PIP3,PKA,PKC,Plcg,Raf\n1,2,3,0,5,6,7,0,9,10,11\n"
                               "2,3,4,1,6,7,8,1,10,11,12\n";
    table_write(DAG, "source,target\nPKC,PKA\nPKC,Raf\nPKC,Mek\nPKC,Jnk\nPKC,P38\nPKA,Raf\nPKA,Mek\nPKA,Erk\nPKA,Akt\n"
                     "PKA,Jnk\nPKA,P38\nRaf,Mek\nMek,Erk\nErk,Akt\nPlcg,PIP3\nPlcg,PIP2\nPIP3,PIP2\n");
    cama_schema *s = table_good_schema(data, "target=PKA;dag=DAG");
    assert_string_equal(roles_of(s), "Akt child 0, Erk child 1, Jnk child 2, Mek child 3, P38 child 4, PKC parent 0, "
                                     "PKC co-parent 0, Raf child 5");
    cama__schema_free(s);
    s = table_good_schema(data, "target=Mek;dag=DAG");
    assert_string_equal(roles_of(s), "Erk child 0, PKA parent 0, PKA co-parent 0, PKC parent 1, Raf parent 2");
    cama__schema_free(s);
    /* Without PKA, which causes Raf, Mek and Erk, all that tells of PKA tells of Erk. do() of Raf and of Mek are
     * confounded, and do(PKC), which holds both. */
    s = table_good_schema(data, "target=Mek;dag=DAG;ignore=PKA");
    assert_string_equal(roles_of(s), "!PKA; Erk child 0, PKC parent 0, PKC co-parent 0!PKA, Raf parent 1, "
                                     "Raf co-parent 1!PKA");
    cama__schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parent_and_co_parent), cmocka_unit_test(test_lists_that_do_not_fit),
        cmocka_unit_test(test_both_and_constant),    cmocka_unit_test(test_an_effect_that_causes_a_child),
        cmocka_unit_test(test_what_is_left_out),     cmocka_unit_test(test_a_published_network),
    };
    return cmocka_run_group_tests(tests, table_set_paths, table_remove_files);
}
