/* schema_json - the reader collects one object's members and hands them to cama__schema_create and _add, whose checks
 * are the only ones there are; keys may come in any order. */
#include "schema_json.h"

#include <math.h>
#include <string.h>

#include "decimal.h"
#include "file.h"
#include "json.h"

/* ---- Writing ---- */

static void put_texts(cama__json_writer *to, const char *key, char *const *texts, int32_t count)
{
    cama__json_put(to, key);
    for (int32_t i = 0; i < count; i++) {
        cama__json_put(to, i > 0 ? "," : "[");
        cama__json_put_string(to, texts[i]);
    }
    cama__json_put(to, "]");
}

static void put_number(cama__json_writer *to, const char *key, double value)
{
    char number[DECIMAL_TEXT];
    cama__decimal_print(value, number);
    cama__json_put(to, key);
    cama__json_put_string(to, number);
}

/* do() of it is not answered, because of this variable. */
static void put_confounder(cama__json_writer *to, const char *confounder)
{
    if (confounder == NULL) return;
    cama__json_put(to, ",\"confounder\":");
    cama__json_put_string(to, confounder);
}

static void put_schema(cama__json_writer *to, const cama_schema *schema)
{
    char number[DECIMAL_TEXT];
    cama__json_put(to, "[{\"target\":");
    cama__json_put_string(to, schema->target);
    put_texts(to, ",\"classes\":", schema->class_name, schema->classes);
    for (int32_t i = 0; schema->cut != NULL && i < schema->classes - 1; i++) {
        cama__decimal_print(schema->cut[i], number);
        cama__json_put(to, i > 0 ? "," : ",\"cuts\":[");
        cama__json_put_string(to, number);
    }
    if (schema->cut != NULL) cama__json_put(to, "]");
    put_confounder(to, schema->confounder);
    cama__json_put(to, "}");
    for (int32_t i = 0; i < schema->count; i++) {
        const cama__variable *v = &schema->variable[i];
        cama__json_put(to, ",{\"name\":");
        cama__json_put_string(to, v->name);
        cama__json_put(to, ",\"role\":");
        cama__json_put_string(to, cama__role_name(v->role));
        cama__json_put(to, ",\"kind\":");
        cama__json_put_string(to, cama__kind_name(v->kind));
        if (v->level != NULL) put_texts(to, ",\"levels\":", v->level, cama__variable_names(v));
        if (v->offset != 0) put_number(to, ",\"offset\":", v->offset);
        if (v->spread > 0) put_number(to, ",\"centre\":", v->centre);
        if (v->spread > 0) put_number(to, ",\"spread\":", v->spread);
        if (v->has_typical) put_number(to, ",\"typical\":", v->typical);
        put_confounder(to, v->confounder);
        cama__json_put(to, "}");
    }
    cama__json_put(to, "]");
}

int32_t cama__schema_json_encode(const cama_schema *schema, char **text)
{
    int32_t status = CAMA_OK;
    cama__json_writer writer = {.text = NULL};
    put_schema(&writer, schema);
    char *made = NULL;
    TRY(cama__mem_new(&made, writer.used + 1));
    writer = (cama__json_writer){.text = made};
    put_schema(&writer, schema);
    *text = made;
out:
    return status;
}

/* ---- Reading ---- */

enum {
    WORD_TARGET,
    WORD_NAME,
    WORD_ROLE,
    WORD_KIND,
    WORD_OFFSET,
    WORD_CENTRE,
    WORD_SPREAD,
    WORD_TYPICAL,
    WORD_CONFOUNDER,
    WORDS
};
enum { LIST_CLASSES = WORDS, LIST_CUTS, LIST_LEVELS, MEMBERS };
enum { LISTS = MEMBERS - WORDS };
static const char *const keys[MEMBERS] = {"target", "name",    "role",       "kind",    "offset", "centre",
                                          "spread", "typical", "confounder", "classes", "cuts",   "levels"};

/* The members of one object. A list (count) grows, and stays for the next object. */
typedef struct {
    const char *word[WORDS];
    struct {
        const char **text;
        int64_t count, room;
        bool given;
    } list[LISTS];
} members;

static int32_t read_list(cama__json *json, members *got, int32_t which)
{
    int32_t status = CAMA_OK;
    bool more;
    got->list[which].given = true;
    TRY(cama__json_open(json, '['));
    while (true) {
        TRY(cama__json_more(json, &more));
        if (!more) break;
        const int64_t count = got->list[which].count;
        void *grown = cama__json_grow(got->list[which].text, count, &got->list[which].room, sizeof(char *));
        TRY(cama__mem_got(grown));
        got->list[which].text = grown;
        if (count == LEVELS_MAX)
            FAIL(CAMA_E_FORMAT, "%s: schema: expected at most %d texts in a list, got more", json->where, LEVELS_MAX);
        TRY(cama__json_string(json, &got->list[which].text[count]));
        got->list[which].count++;
    }
out:
    return status;
}

/* known: the members that may stand here, as bits. */
static int32_t read_object(cama__json *json, members *got, int32_t known)
{
    int32_t status = CAMA_OK;
    bool more;
    for (int32_t i = 0; i < WORDS; i++) got->word[i] = NULL;
    for (int32_t i = 0; i < LISTS; i++) {
        got->list[i].count = 0;
        got->list[i].given = false;
    }
    TRY(cama__json_open(json, '{'));
    while (true) {
        const char *key;
        int32_t i = 0;
        TRY(cama__json_more(json, &more));
        if (!more) break;
        TRY(cama__json_key(json, &key));
        while (i < MEMBERS && strcmp(key, keys[i]) != 0) i++;
        if (i == MEMBERS || (known >> i & 1) == 0)
            FAIL(CAMA_E_FORMAT, "%s: schema: expected no key \"%.*s\" in this object", json->where, SHOWN(key));
        TRY(i < WORDS ? cama__json_string(json, &got->word[i]) : read_list(json, got, i - WORDS));
    }
out:
    return status;
}

static int32_t need_word(const cama__json *json, const members *got, int32_t word)
{
    if (got->word[word] != NULL) return CAMA_OK;
    return cama__error(CAMA_E_FORMAT, "%s: schema: JSON byte %lld: expected the key \"%s\" in this object, got its end",
                       json->where, (long long)json->at, keys[word]);
}

/* A refusal of the schema is CAMA_E_ARGUMENT there; here it means a malformed file. */
static int32_t as_format(const cama__json *json, int32_t status)
{
    if (status != CAMA_E_ARGUMENT) return status;
    return cama__error(CAMA_E_FORMAT, "%s: schema: %s", json->where, cama_last_error());
}

static int32_t read_confounder(const cama__json *json, const members *got, cama_schema *schema, int32_t index)
{
    const char *confounder = got->word[WORD_CONFOUNDER];
    return confounder == NULL ? CAMA_OK : as_format(json, cama__schema_confound(schema, index, confounder));
}

static int32_t read_cuts(const cama__json *json, const members *got, double **cuts)
{
    int32_t status = CAMA_OK;
    const int64_t count = got->list[LIST_CUTS - WORDS].count, wanted = got->list[LIST_CLASSES - WORDS].count - 1;
    if (!got->list[LIST_CUTS - WORDS].given) return CAMA_OK;
    if (count != wanted)
        FAIL(CAMA_E_FORMAT, "%s: schema: expected %lld cuts, one less than classes, got %lld", json->where,
             (long long)wanted, (long long)count);
    TRY(cama__mem_new(cuts, count));
    for (int64_t i = 0; i < count; i++) {
        const char *text = got->list[LIST_CUTS - WORDS].text[i];
        if (cama__decimal_parse(text, &(*cuts)[i]) != DECIMAL_NUMBER)
            FAIL(CAMA_E_FORMAT, "%s: schema: expected a finite number as cut, got \"%.*s\"", json->where, SHOWN(text));
    }
out:
    return status;
}

static int32_t read_target(cama__json *json, members *got, cama_schema **schema)
{
    int32_t status = CAMA_OK;
    double *cuts = NULL;
    TRY(read_object(json, got, 1 << WORD_TARGET | 1 << WORD_CONFOUNDER | 1 << LIST_CLASSES | 1 << LIST_CUTS));
    TRY(need_word(json, got, WORD_TARGET));
    TRY(read_cuts(json, got, &cuts));
    TRY(as_format(json, cama__schema_create(got->word[WORD_TARGET], (int32_t)got->list[LIST_CLASSES - WORDS].count,
                                            got->list[LIST_CLASSES - WORDS].text, cuts, schema)));
    TRY(read_confounder(json, got, *schema, -1));
out:
    cama__mem_free(cuts);
    return status;
}

/* Index of a word among the names that a function gives for 0 .. count - 1. */
static int32_t read_choice(const cama__json *json, const char *word, const char *what, int32_t count,
                           const char *(*name)(int32_t), int32_t *choice)
{
    for (*choice = 0; *choice < count; (*choice)++) {
        if (strcmp(word, name(*choice)) == 0) return CAMA_OK;
    }
    return cama__error(CAMA_E_FORMAT, "%s: schema: expected a %s, got \"%.*s\"", json->where, what, SHOWN(word));
}

/* A number that a continuous variable may have; 0 where it is not given. */
static int32_t read_number(const cama__json *json, const members *got, int32_t word, int32_t kind, double *value)
{
    const char *text = got->word[word];
    *value = 0;
    if (text == NULL) return CAMA_OK;
    if (kind == VARIABLE_CONTINUOUS && cama__decimal_parse(text, value) == DECIMAL_NUMBER) return CAMA_OK;
    return cama__error(CAMA_E_FORMAT,
                       "%s: schema: expected a finite number as %s of a continuous variable, got \"%.*s\"", json->where,
                       keys[word], SHOWN(text));
}

/* A finite number, or the index of a level. */
static int32_t read_typical(const cama__json *json, const members *got, cama__variable *v)
{
    const char *text = got->word[WORD_TYPICAL];
    double value = 0;
    if (text == NULL) return CAMA_OK;
    const int32_t levels = cama__variable_names(v);
    const bool number = cama__decimal_parse(text, &value) == DECIMAL_NUMBER;
    if (!number || (levels > 0 && (value < 0 || value >= levels || value != floor(value))))
        return cama__error(CAMA_E_FORMAT,
                           "%s: schema: expected a finite number or the index of a level as typical of variable "
                           "\"%.*s\", got \"%.*s\"",
                           json->where, SHOWN(v->name), SHOWN(text));
    v->has_typical = true;
    v->typical = value;
    return CAMA_OK;
}

static int32_t read_variable(cama__json *json, members *got, cama_schema *schema)
{
    int32_t status = CAMA_OK, role, kind;
    TRY(read_object(json, got,
                    1 << WORD_NAME | 1 << WORD_ROLE | 1 << WORD_KIND | 1 << WORD_OFFSET | 1 << WORD_CENTRE |
                        1 << WORD_SPREAD | 1 << WORD_TYPICAL | 1 << WORD_CONFOUNDER | 1 << LIST_LEVELS));
    for (int32_t word = WORD_NAME; word <= WORD_KIND; word++) TRY(need_word(json, got, word));
    TRY(read_choice(json, got->word[WORD_ROLE], "role", ROLE_COUNT, cama__role_name, &role));
    TRY(read_choice(json, got->word[WORD_KIND], "kind", VARIABLE_CATEGORICAL + 1, cama__kind_name, &kind));
    const cama__variable like = {.kind = kind, .levels = (int32_t)got->list[LIST_LEVELS - WORDS].count};
    if (like.levels != cama__variable_names(&like))
        FAIL(CAMA_E_FORMAT, "%s: schema: expected %d levels of %s variable \"%.*s\", got %d", json->where,
             cama__variable_names(&like), cama__kind_name(kind), SHOWN(got->word[WORD_NAME]), like.levels);
    TRY(as_format(json, cama__schema_add(schema, got->word[WORD_NAME], role, kind, like.levels,
                                         got->list[LIST_LEVELS - WORDS].text)));
    cama__variable *made = &schema->variable[schema->count - 1];
    TRY(read_number(json, got, WORD_OFFSET, kind, &made->offset));
    TRY(read_number(json, got, WORD_CENTRE, kind, &made->centre));
    TRY(read_number(json, got, WORD_SPREAD, kind, &made->spread));
    if (made->spread < 0)
        FAIL(CAMA_E_FORMAT, "%s: schema: expected a spread of at least 0, got %.17g", json->where, made->spread);
    TRY(read_typical(json, got, made));
    TRY(read_confounder(json, got, schema, schema->count - 1));
out:
    return status;
}

int32_t cama__schema_json_decode(const char *text, int64_t size, const char *where, cama_schema **out)
{
    int32_t status = CAMA_OK;
    bool more;
    cama__json json = {.text = NULL};
    members got = {.word = {NULL}};
    cama_schema *schema = NULL;
    char *pool = NULL;
    TRY(cama__mem_new(&pool, cama__file_room(size)));
    cama__json_start(&json, text, size, where, pool);
    TRY(cama__json_open(&json, '['));
    TRY(cama__json_more(&json, &more));
    if (!more) FAIL(CAMA_E_FORMAT, "%s: schema: expected the target, got an empty array", where);
    TRY(read_target(&json, &got, &schema));
    while (true) {
        TRY(cama__json_more(&json, &more));
        if (!more) break;
        TRY(read_variable(&json, &got, schema));
    }
    TRY(cama__json_end(&json));
    *out = schema;
    schema = NULL;
out:
    for (int32_t i = 0; i < LISTS; i++) cama__mem_free(got.list[i].text);
    cama__json_free(&json);
    cama__mem_free(pool);
    cama__schema_free(schema);
    return status;
}
