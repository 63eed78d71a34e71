/* schema - the variables of measurement data: which column of a table is the class Y and which are its parents A, its
 * co-parents C and its children X (section 3.2, Figure 5), of what kind each is, and what its numbers and classes are
 * called. Every variable is a run of numbers in the block of its role: one number, or one-hot over the levels of a
 * categorical one. A variable that is both parent and co-parent is two of one name, twins: its numbers stand in both
 * blocks, and are the same. Immutable once a dataset or a model holds its own copy. */
#ifndef CAMA_MODEL_SCHEMA_H
#define CAMA_MODEL_SCHEMA_H

#include "../base/limits.h"
#include "../base/mem.h"

enum cama__role { ROLE_X = CAMA_ROLE_CHILD, ROLE_A = CAMA_ROLE_PARENT, ROLE_C = CAMA_ROLE_CO_PARENT, ROLE_COUNT = 3 };
enum cama__variable_kind {
    VARIABLE_CONTINUOUS = CAMA_KIND_CONTINUOUS,
    VARIABLE_BINARY = CAMA_KIND_BINARY, /* 0 or 1 */
    VARIABLE_CATEGORICAL = CAMA_KIND_CATEGORICAL
};
enum { VARIABLES_MAX = 4096, LEVELS_MAX = 65536, NAME_MAX_BYTES = 255 };

typedef struct {
    char *name; /* 1 to NAME_MAX_BYTES bytes of UTF-8, no control characters, unique (the target included) but for
                   twins */
    int32_t role, kind;
    int32_t levels; /* of a categorical variable (at least 2); 1 otherwise: the numbers it takes in its block */
    char **level;   /* (levels; binary: 2) names, unique, "0", "1", ... unless given; NULL for a continuous variable */
    int32_t first;  /* place of its first number in the role's block */
    int32_t twin;   /* index of the variable of the same name in the other role, or -1 */
    char *confounder; /* a variable that was left out and through which do() of this one is not answered, or NULL */
    /* For a continuous variable that was made from a table, otherwise 0: */
    double offset;         /* its numbers are the table's less this: where floats would not tell them apart */
    double centre, spread; /* median and distance of the quartiles in the table; spread 0: not known */
} cama__variable;

typedef struct {
    char *column;
    const char *reason; /* static */
} cama__left_out;

struct cama_schema {
    char *target; /* name of Y; "y" unless given */
    int32_t classes;
    char **class_name; /* (classes), unique, "0", "1", ... unless given */
    double *cut;       /* (classes - 1), ascending: Y is continuous, class = how many cuts are <= its value; or NULL */
    int32_t count;     /* variables, in the order they were added */
    cama__variable *variable;
    int32_t width[ROLE_COUNT]; /* numbers in each role's block */
    char *confounder;          /* the same of do(y), or NULL */
    int32_t left_out_count;    /* columns of the table it was made from that have no role; copies know of none */
    cama__left_out *left_out;  /* (left_out_count), in the file's order; or NULL */
};

/* CAMA_E_ARGUMENT says what cannot be. target (then "y"), class_names (classes) and cuts (classes - 1) may be NULL; all
 * is copied. */
int32_t cama__schema_create(const char *target, int32_t classes, const char *const *class_names, const double *cuts,
                            cama_schema **out);
/* Appends a variable; the schema is unchanged on failure. levels is ignored unless categorical; level_names (levels, or
 * 2 for a binary one) may be NULL. A parent's name may come again as co-parent, and the reverse, with the same kind and
 * levels. */
int32_t cama__schema_add(cama_schema *schema, const char *name, int32_t role, int32_t kind, int32_t levels,
                         const char *const *level_names);
/* Says that do() of a variable (-1: of y) is not answered, because of a variable that was left out. */
int32_t cama__schema_confound(cama_schema *schema, int32_t index, const char *confounder);
int32_t cama__schema_clone(const cama_schema *schema, cama_schema **out);
void cama__schema_free(cama_schema *schema);
void cama__variable_free(cama__variable *variable); /* what it owns */

/* The (first) variable of that name, or NULL. */
const cama__variable *cama__schema_find(const cama_schema *schema, const char *name);
/* The variable that holds number `at` of a role's block, or NULL. */
const cama__variable *cama__schema_at(const cama_schema *schema, int32_t role, int32_t at);
/* Whether data of one schema mean the same as data of the other. CAMA_E_ARGUMENT names the first difference: "what:
 * expected variable "ir_1", got "ir_2"". Level and class names count; cuts where both have some; the order in which
 * variables of different roles were added does not. */
int32_t cama__schema_match(const cama_schema *wanted, const cama_schema *got, const char *what);
/* The same of the kind and the levels of two variables of one name. */
int32_t cama__schema_match_kind(const cama__variable *wanted, const cama__variable *got, const char *what);
/* The same of the target and its classes alone. */
int32_t cama__schema_match_target(const cama_schema *wanted, const cama_schema *got, const char *what);
/* How many names a variable's levels have: levels of a categorical one, 2 of a binary one, otherwise 0. */
static inline int32_t cama__variable_names(const cama__variable *variable)
{
    static const int32_t names[] = {[VARIABLE_CONTINUOUS] = 0, [VARIABLE_BINARY] = 2};
    return variable->kind == VARIABLE_CATEGORICAL ? variable->levels : names[variable->kind];
}
/* "child", "parent", "co-parent"; "continuous", "binary", "categorical". */
const char *cama__role_name(int32_t role);
const char *cama__kind_name(int32_t kind);

/* Checks n rows of a role's block (n, width): binary numbers are 0 or 1, one-hot runs are one-hot. CAMA_E_DATA names
 * row and variable. That numbers are finite is checked elsewhere. */
int32_t cama__schema_check(const cama_schema *schema, int32_t role, int64_t n, const float *values);
/* Whether twins have the same numbers in n rows of a (n, A) and c (n, P). CAMA_E_DATA names row and variable. */
int32_t cama__schema_check_twins(const cama_schema *schema, int64_t n, const float *a, const float *c);
/* Gives the twins in a the numbers that they have in c. */
void cama__schema_copy_twins(const cama_schema *schema, int64_t n, const float *c, float *a);
#endif
