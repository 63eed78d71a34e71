/* schema_match - whether two schemas mean the same, and whether numbers are what a schema says. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "schema.h"

/* ---- Comparing ---- */

/* of: " of variable \"a\"" or "". */
static int32_t match_number(const char *what, const char *which, const char *of, int32_t wanted, int32_t got)
{
    if (wanted == got) return CAMA_OK;
    return cama__error(CAMA_E_ARGUMENT, "%s: expected %" PRId32 " %s%s, got %" PRId32, what, wanted, which, of, got);
}

static int32_t match_text(const char *what, const char *which, const char *of, const char *wanted, const char *got)
{
    if (strcmp(wanted, got) == 0) return CAMA_OK;
    return cama__error(CAMA_E_ARGUMENT, "%s: expected %s \"%s\"%s, got \"%s\"", what, which, wanted, of, got);
}

int32_t cama__schema_match_target(const cama_schema *wanted, const cama_schema *got, const char *what)
{
    int32_t status = CAMA_OK;
    TRY(match_text(what, "target", "", wanted->target, got->target));
    TRY(match_number(what, "classes", "", wanted->classes, got->classes));
    for (int32_t i = 0; wanted->cut != NULL && got->cut != NULL && i < wanted->classes - 1; i++) {
        if (wanted->cut[i] != got->cut[i])
            FAIL(CAMA_E_ARGUMENT, "%s: expected cut %.17g, got %.17g", what, wanted->cut[i], got->cut[i]);
    }
    for (int32_t i = 0; i < wanted->classes; i++)
        TRY(match_text(what, "class", "", wanted->class_name[i], got->class_name[i]));
out:
    return status;
}

int32_t cama__schema_match_kind(const cama__variable *wanted, const cama__variable *got, const char *what)
{
    int32_t status = CAMA_OK;
    char of[NAME_MAX_BYTES + 32];
    snprintf(of, sizeof of, " of variable \"%s\"", wanted->name);
    TRY(match_text(what, "kind", of, cama__kind_name(wanted->kind), cama__kind_name(got->kind)));
    TRY(match_number(what, "levels", of, wanted->levels, got->levels));
    for (int32_t i = 0; i < cama__variable_names(wanted); i++)
        TRY(match_text(what, "level", of, wanted->level[i], got->level[i]));
out:
    return status;
}

static int32_t match_variable(const cama__variable *wanted, const cama__variable *got, const char *what)
{
    int32_t status = CAMA_OK;
    char of[NAME_MAX_BYTES + 32];
    TRY(match_text(what, "variable", "", wanted->name, got->name));
    snprintf(of, sizeof of, " of variable \"%s\"", wanted->name);
    TRY(match_text(what, "role", of, cama__role_name(wanted->role), cama__role_name(got->role)));
    TRY(cama__schema_match_kind(wanted, got, what));
    if (wanted->offset != got->offset)
        FAIL(CAMA_E_ARGUMENT, "%s: expected numbers less %.17g%s, got such less %.17g", what, wanted->offset, of,
             got->offset);
out:
    return status;
}

/* The first variable of a role that starts at or after number `at` of its block; NULL: none. */
static const cama__variable *variable_at(const cama_schema *schema, int32_t role, int32_t at)
{
    return at < schema->width[role] ? cama__schema_at(schema, role, at) : NULL;
}

/* Role by role and number by number: in which order the variables were added does not matter. */
int32_t cama__schema_match(const cama_schema *wanted, const cama_schema *got, const char *what)
{
    int32_t status = CAMA_OK;
    TRY(cama__schema_match_target(wanted, got, what));
    for (int32_t i = 0; i < wanted->count; i++) {
        const cama__variable *v = &wanted->variable[i], *other = variable_at(got, v->role, v->first);
        if (other == NULL)
            FAIL(CAMA_E_ARGUMENT, "%s: expected %s variable \"%s\", got none", what, cama__role_name(v->role), v->name);
        TRY(match_variable(v, other, what));
    }
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const cama__variable *more = variable_at(got, role, wanted->width[role]);
        if (more != NULL)
            FAIL(CAMA_E_ARGUMENT, "%s: expected no other %s variable, got \"%s\"", what, cama__role_name(role),
                 more->name);
    }
out:
    return status;
}

/* ---- Checking numbers ---- */

static bool is_missing(const cama__variable *v, const float *run)
{
    bool missing = v->role == ROLE_X;
    for (int32_t i = 0; i < v->levels; i++) missing = missing && isnan(run[i]);
    return missing;
}

static int32_t check_row(const cama__variable *v, int64_t row, const float *run)
{
    int32_t ones = 0;
    if (is_missing(v, run)) return CAMA_OK;
    for (int32_t i = 0; i < v->levels; i++) {
        if (run[i] != 0 && run[i] != 1) {
            return cama__error(CAMA_E_DATA, "row %" PRId64 ", %s variable \"%s\": expected 0 or 1, got %g", row,
                               cama__kind_name(v->kind), v->name, (double)run[i]);
        }
        ones += run[i] == 1;
    }
    if (v->kind == VARIABLE_CATEGORICAL && ones != 1) {
        return cama__error(CAMA_E_DATA,
                           "row %" PRId64 ", categorical variable \"%s\": expected one 1 among its %" PRId32
                           " numbers, got %" PRId32,
                           row, v->name, v->levels, ones);
    }
    return CAMA_OK;
}

int32_t cama__schema_check(const cama_schema *schema, int32_t role, int64_t n, const float *values)
{
    int32_t status = CAMA_OK;
    const int64_t width = schema->width[role];
    for (int32_t i = 0; i < schema->count; i++) {
        const cama__variable *v = &schema->variable[i];
        if (v->role != role || v->kind == VARIABLE_CONTINUOUS) continue;
        for (int64_t row = 0; row < n; row++) TRY(check_row(v, row, values + row * width + v->first));
    }
out:
    return status;
}

int32_t cama__schema_check_twins(const cama_schema *schema, int64_t n, const float *a, const float *c)
{
    for (int32_t i = 0; i < schema->count; i++) {
        const cama__variable *v = &schema->variable[i], *twin = v->twin < 0 ? NULL : &schema->variable[v->twin];
        if (v->role != ROLE_A || twin == NULL) continue;
        for (int64_t row = 0; row < n; row++) {
            const float *in_a = a + row * schema->width[ROLE_A] + v->first;
            const float *in_c = c + row * schema->width[ROLE_C] + twin->first;
            int32_t at = 0;
            while (at < v->levels && in_a[at] == in_c[at]) at++;
            if (at < v->levels)
                return cama__error(CAMA_E_DATA,
                                   "row %" PRId64 ", variable \"%s\", parent and co-parent: expected the same number "
                                   "in a and in c, got %.9g and %.9g",
                                   row, v->name, (double)in_a[at], (double)in_c[at]);
        }
    }
    return CAMA_OK;
}

void cama__schema_copy_twins(const cama_schema *schema, int64_t n, const float *c, float *a)
{
    for (int32_t i = 0; i < schema->count; i++) {
        const cama__variable *v = &schema->variable[i], *twin = v->twin < 0 ? NULL : &schema->variable[v->twin];
        if (v->role != ROLE_A || twin == NULL) continue;
        for (int64_t row = 0; row < n; row++)
            memcpy(a + row * schema->width[ROLE_A] + v->first, c + row * schema->width[ROLE_C] + twin->first,
                   (size_t)v->levels * sizeof *a);
    }
}
