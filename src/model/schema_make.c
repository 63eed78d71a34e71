/* schema_make - a schema is made by appending, so that it is whole after every call; names of one list live in one
 * allocation. */
#include "schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/sort.h"

/* ---- Names ---- */

/* Bytes of the character at text: UTF-8 in its shortest form and no control character, otherwise 0. */
static int32_t character(const unsigned char *text)
{
    static const uint32_t smallest[] = {0x20, 0x80, 0x800, 0x10000};
    const uint32_t c = text[0];
    const int32_t tail = c < 0x80 ? 0 : c < 0xc0 ? -1 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf8 ? 3 : -1;
    uint32_t code = tail <= 0 ? c : c & (0x3fu >> tail);
    for (int32_t i = 1; i <= tail; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    if (tail < 0 || code < smallest[tail] || code > 0x10ffff) return 0;
    const bool control = code >= 0x7f && code < 0xa0, surrogate = code >= 0xd800 && code < 0xe000;
    return control || surrogate ? 0 : tail + 1;
}

/* what: "name of a variable". */
static int32_t check_name(const char *name, const char *what)
{
    const size_t bytes = strlen(name);
    if (bytes < 1 || bytes > NAME_MAX_BYTES) {
        return cama__error(CAMA_E_ARGUMENT, "%s: expected 1 to %d bytes, got %zu: \"%.*s\"", what, NAME_MAX_BYTES,
                           bytes, SHOWN(name));
    }
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0';) {
        const int32_t step = character(at);
        if (step == 0) {
            return cama__error(CAMA_E_ARGUMENT,
                               "%s: expected UTF-8 without control characters, got byte 0x%02x in \"%s\"", what, *at,
                               name);
        }
        at += step;
    }
    return CAMA_OK;
}

/* Each is a name, and none comes twice. what: "class", "level of \"a\"". */
static int32_t check_names(const char *const *names, int32_t count, const char *what)
{
    int32_t status = CAMA_OK;
    char each[NAME_MAX_BYTES + 64];
    const char **sorted = NULL;
    TRY(cama__mem_new(&sorted, count));
    snprintf(each, sizeof each, "name of a %s", what);
    for (int32_t i = 0; i < count; i++) {
        if (names[i] == NULL) FAIL(CAMA_E_ARGUMENT, "%s: expected %d texts, got NULL at index %d", each, count, i);
        TRY(check_name(names[i], each));
        sorted[i] = names[i];
    }
    cama__sort(sorted, count, sizeof *sorted, cama__sort_texts);
    for (int32_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            FAIL(CAMA_E_ARGUMENT, "%s: expected each name once, got \"%s\" twice", each, sorted[i]);
    }
out:
    cama__mem_free(sorted);
    return status;
}

/* A copy of names (count), or "0", "1", ... for NULL: pointers and texts in one piece. NULL without memory. */
static char **copy_names(const char *const *names, int32_t count)
{
    char number[16];
    size_t bytes = (size_t)count * sizeof(char *);
    for (int32_t i = 0; i < count; i++) bytes += names != NULL ? strlen(names[i]) + 1 : sizeof number;
    char **copy = cama__mem_alloc(bytes, 1);
    if (copy == NULL) return NULL;
    char *to = (char *)(copy + count);
    for (int32_t i = 0; i < count; i++) {
        snprintf(number, sizeof number, "%" PRId32, i);
        const char *from = names != NULL ? names[i] : number;
        copy[i] = to;
        memcpy(to, from, strlen(from) + 1);
        to += strlen(from) + 1;
    }
    return copy;
}

/* ---- Making ---- */

static int32_t check_cuts(const double *cuts, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (!isfinite(cuts[i]))
            return cama__error(CAMA_E_ARGUMENT, "cuts: expected finite numbers, got %g at index %d", cuts[i], i);
        if (i > 0 && cuts[i] <= cuts[i - 1]) {
            return cama__error(CAMA_E_ARGUMENT, "cuts: expected ascending numbers, got %.9g after %.9g", cuts[i],
                               cuts[i - 1]);
        }
    }
    return CAMA_OK;
}

int32_t cama__schema_create(const char *target, int32_t classes, const char *const *class_names, const double *cuts,
                            cama_schema **out)
{
    int32_t status = CAMA_OK;
    cama_schema *schema = NULL;
    TRY(cama__mem_new(&schema, 1));
    if (target == NULL) target = "y";
    TRY(check_name(target, "name of the target"));
    if (classes < 2 || classes > LEVELS_MAX)
        FAIL(CAMA_E_ARGUMENT, "target \"%s\": expected 2 to %d classes, got %" PRId32, target, LEVELS_MAX, classes);
    if (class_names != NULL) TRY(check_names(class_names, classes, "class"));
    if (cuts != NULL) TRY(check_cuts(cuts, classes - 1));
    schema->classes = classes;
    schema->target = cama__mem_text(target);
    schema->class_name = copy_names(class_names, classes);
    TRY(cama__mem_got(schema->target));
    TRY(cama__mem_got(schema->class_name));
    if (cuts != NULL) {
        schema->cut = cama__mem_alloc((size_t)classes - 1, sizeof *cuts);
        TRY(cama__mem_got(schema->cut));
        memcpy(schema->cut, cuts, ((size_t)classes - 1) * sizeof *cuts);
    }
    *out = schema;
    schema = NULL;
out:
    cama__schema_free(schema);
    return status;
}

enum { NO_TWIN = -1, NOT_A_TWIN = -2 };

/* Index of the variable of that name that a new one of a role would be the twin of. NOT_A_TWIN: the name is taken. */
static int32_t find_twin(const cama_schema *schema, const char *name, int32_t role)
{
    const cama__variable *same = cama__schema_find(schema, name);
    if (same == NULL) return NO_TWIN;
    const bool pair = (same->role == ROLE_A && role == ROLE_C) || (same->role == ROLE_C && role == ROLE_A);
    return pair && same->twin == NO_TWIN ? (int32_t)(same - schema->variable) : NOT_A_TWIN;
}

static int32_t check_variable(const cama_schema *schema, const char *name, int32_t role, int32_t kind, int32_t levels)
{
    int32_t status = CAMA_OK;
    TRY(check_name(name, "name of a variable"));
    if (strcmp(name, schema->target) == 0 || find_twin(schema, name, role) == NOT_A_TWIN)
        FAIL(CAMA_E_ARGUMENT, "variable \"%s\": expected a new name, got that of %s", name,
             strcmp(name, schema->target) == 0 ? "the target" : "an earlier variable");
    if (role < 0 || role >= ROLE_COUNT)
        FAIL(CAMA_E_ARGUMENT, "variable \"%s\": expected a CAMA_ROLE_..., 0 to 2, got %" PRId32, name, role);
    if (kind < VARIABLE_CONTINUOUS || kind > VARIABLE_CATEGORICAL)
        FAIL(CAMA_E_ARGUMENT, "variable \"%s\": expected a CAMA_KIND_..., 0 to 2, got %" PRId32, name, kind);
    if (kind == VARIABLE_CATEGORICAL && (levels < 2 || levels > LEVELS_MAX))
        FAIL(CAMA_E_ARGUMENT, "variable \"%s\": expected 2 to %d levels, got %" PRId32, name, LEVELS_MAX, levels);
    if (schema->count == VARIABLES_MAX)
        FAIL(CAMA_E_ARGUMENT, "variable \"%s\": expected at most %d variables, got one more", name, VARIABLES_MAX);
    if (schema->width[role] > X_MAX - (kind == VARIABLE_CATEGORICAL ? levels : 1))
        FAIL(CAMA_E_ARGUMENT, "variable \"%s\": expected at most %d numbers of all variables of a role, got more", name,
             X_MAX);
out:
    return status;
}

/* Room for one more: the array is made twice as large whenever count is a power of two. */
static int32_t make_room(cama_schema *schema)
{
    const int32_t count = schema->count;
    if ((count & (count - 1)) != 0) return CAMA_OK;
    cama__variable *larger = cama__mem_alloc(count > 0 ? 2 * (size_t)count : 1, sizeof *larger);
    if (larger == NULL) return CAMA_E_MEMORY;
    if (count > 0) memcpy(larger, schema->variable, (size_t)count * sizeof *larger);
    cama__mem_free(schema->variable);
    schema->variable = larger;
    return CAMA_OK;
}

int32_t cama__schema_add(cama_schema *schema, const char *name, int32_t role, int32_t kind, int32_t levels,
                         const char *const *level_names)
{
    int32_t status = CAMA_OK;
    cama__variable made = {0};
    char what[NAME_MAX_BYTES + 16];
    TRY(check_variable(schema, name, role, kind, levels));
    made = (cama__variable){.role = role, .kind = kind, .levels = kind == VARIABLE_CATEGORICAL ? levels : 1};
    made.first = schema->width[role];
    made.twin = find_twin(schema, name, role);
    const int32_t names = cama__variable_names(&made);
    snprintf(what, sizeof what, "level of \"%s\"", name);
    if (names > 0 && level_names != NULL) TRY(check_names(level_names, names, what));
    made.name = cama__mem_text(name);
    TRY(cama__mem_got(made.name));
    made.level = names > 0 ? copy_names(level_names, names) : NULL;
    if (names > 0) TRY(cama__mem_got(made.level));
    if (made.twin >= 0) TRY(cama__schema_match_kind(&schema->variable[made.twin], &made, name));
    TRY(make_room(schema));
    if (made.twin >= 0) schema->variable[made.twin].twin = schema->count;
    schema->variable[schema->count++] = made;
    schema->width[role] += made.levels;
    memset(&made, 0, sizeof made);
out:
    cama__variable_free(&made);
    return status;
}

int32_t cama__schema_confound(cama_schema *schema, int32_t index, const char *confounder)
{
    int32_t status = CAMA_OK;
    char **place = index < 0 ? &schema->confounder : &schema->variable[index].confounder;
    char *copy = NULL;
    TRY(check_name(confounder, "name of a confounder"));
    copy = cama__mem_text(confounder);
    TRY(cama__mem_got(copy));
    cama__mem_free(*place);
    *place = copy;
out:
    return status;
}

int32_t cama__schema_clone(const cama_schema *schema, cama_schema **out)
{
    int32_t status = CAMA_OK;
    cama_schema *copy = NULL;
    TRY(cama__schema_create(schema->target, schema->classes, (const char *const *)schema->class_name, schema->cut,
                            &copy));
    for (int32_t i = 0; i < schema->count; i++) {
        const cama__variable *v = &schema->variable[i];
        TRY(cama__schema_add(copy, v->name, v->role, v->kind, v->levels, (const char *const *)v->level));
        copy->variable[i].offset = v->offset;
        copy->variable[i].centre = v->centre;
        copy->variable[i].spread = v->spread;
        if (v->confounder != NULL) TRY(cama__schema_confound(copy, i, v->confounder));
    }
    if (schema->confounder != NULL) TRY(cama__schema_confound(copy, -1, schema->confounder));
    *out = copy;
    copy = NULL;
out:
    cama__schema_free(copy);
    return status;
}
