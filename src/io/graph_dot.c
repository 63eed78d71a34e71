/* graph_dot - DOT and dagitty, which are one language here: a word, a brace, and statements of nodes, edges, groups of
 * nodes in braces, attributes in brackets and assignments, divided by semicolons, lines or nothing at all. */
#include <inttypes.h>
#include <string.h>

#include "graph_formats.h"
#include "json.h"

enum token { TOKEN_END, TOKEN_NAME, TOKEN_ARROW, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_ATTRIBUTES, TOKEN_EQUALS, TOKEN_STOP };

enum { DEPTH = 64 };

/* Nodes that stand at one end of an edge. */
typedef struct {
    const char **name; /* (count) */
    int64_t count, room;
} group;

typedef struct {
    cama__graph_reader *r;
    enum token token;  /* the next one */
    const char *name;  /* of TOKEN_NAME */
    bool quoted;       /* it stood in quotes: no keyword */
    int32_t direction; /* of TOKEN_ARROW: 1, -1; 0 for none or both */
    char arrow[4];
    int64_t line, attributes, attributes_end; /* where it stands; what is between the brackets */
    int32_t depth;
    cama__graph_edge *label; /* (labels) number of a node -> its label */
    int64_t labels, label_room;
} parser;

/* ---- Tokens ---- */

static char peek(const parser *p, int64_t ahead)
{
    return p->r->at + ahead < p->r->size ? p->r->text[p->r->at + ahead] : '\0';
}

static void step(parser *p)
{
    p->r->line += peek(p, 0) == '\n';
    p->r->at++;
}

static void skip(parser *p)
{
    while (p->r->at < p->r->size) {
        const char c = peek(p, 0);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            step(p);
        else if (c == '#' || (c == '/' && peek(p, 1) == '/'))
            while (p->r->at < p->r->size && peek(p, 0) != '\n') step(p);
        else if (c == '/' && peek(p, 1) == '*') {
            while (p->r->at < p->r->size && !(peek(p, 0) == '*' && peek(p, 1) == '/')) step(p);
            for (int i = 0; i < 2 && p->r->at < p->r->size; i++) step(p);
        } else
            break;
    }
}

/* Past a text in quotes; at the quote. */
static int32_t quotes(parser *p)
{
    cama__graph_reader *r = p->r;
    char *name = r->pool + r->pooled;
    int64_t length = 0;
    for (step(p); r->at < r->size && peek(p, 0) != '"'; step(p)) {
        if (peek(p, 0) == '\\' && (peek(p, 1) == '"' || peek(p, 1) == '\\')) step(p);
        name[length++] = peek(p, 0);
    }
    if (r->at >= r->size) return cama__graph_expected(r, "a closing quote");
    step(p);
    p->name = cama__graph_name(r, name, length); /* in place, but for spaces */
    p->quoted = true;
    return CAMA_OK;
}

static bool in_name(char c) { return c != '\0' && strchr(" \t\r\n;,{}[]=\"<>-@#/", c) == NULL; }

static void word(parser *p)
{
    const int64_t begin = p->r->at;
    if (peek(p, 0) == '-') step(p); /* a negative number */
    while (in_name(peek(p, 0)) || (peek(p, 0) == '-' && in_name(peek(p, 1)) && peek(p, -1) != '-')) step(p);
    p->name = cama__graph_name(p->r, p->r->text + begin, p->r->at - begin);
    p->quoted = false;
}

/* The text between brackets; brackets within quotes do not count. */
static int32_t attributes(parser *p)
{
    cama__graph_reader *r = p->r;
    bool quoted = false;
    step(p);
    p->attributes = r->at;
    for (; r->at < r->size && (quoted || peek(p, 0) != ']'); step(p)) quoted = quoted != (peek(p, 0) == '"');
    if (r->at >= r->size) return cama__graph_expected(r, "a bracket that closes");
    p->attributes_end = r->at;
    step(p);
    return CAMA_OK;
}

static bool arrow(parser *p)
{
    static const struct {
        const char *text;
        int32_t direction;
    } arrows[] = {{"<->", 0}, {"@->", 0}, {"<-@", 0}, {"@-@", 0}, {"@--", 0},
                  {"--@", 0}, {"->", 1},  {"<-", -1}, {"--", 0}};
    for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++) {
        const size_t length = strlen(arrows[i].text);
        size_t same = 0;
        while (same < length && peek(p, (int64_t)same) == arrows[i].text[same]) same++;
        if (same < length) continue;
        strcpy(p->arrow, arrows[i].text);
        p->direction = arrows[i].direction;
        while (same-- > 0) step(p);
        return true;
    }
    return false;
}

static int32_t advance(parser *p)
{
    static const struct {
        char character;
        enum token token;
    } singles[] = {{'{', TOKEN_OPEN}, {'}', TOKEN_CLOSE}, {'=', TOKEN_EQUALS}, {';', TOKEN_STOP}, {',', TOKEN_STOP}};
    skip(p);
    p->line = p->r->line;
    const char c = peek(p, 0);
    if (p->r->at >= p->r->size) {
        p->token = TOKEN_END;
        return CAMA_OK;
    }
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
        if (c != singles[i].character) continue;
        step(p);
        p->token = singles[i].token;
        return CAMA_OK;
    }
    if (c == '[') {
        p->token = TOKEN_ATTRIBUTES;
        return attributes(p);
    }
    if (arrow(p)) {
        p->token = TOKEN_ARROW;
        return CAMA_OK;
    }
    p->token = TOKEN_NAME;
    if (c == '"') return quotes(p);
    if (!in_name(c) && !(c == '-' && in_name(peek(p, 1)))) return cama__graph_expected(p->r, "the name of a variable");
    word(p);
    return CAMA_OK;
}

/* ---- Attributes ---- */

/* Value of a key in the last attributes, or "". */
static const char *attribute(const parser *p, const char *key, char *value, size_t room)
{
    const char *text = p->r->text, *end = text + p->attributes_end;
    const size_t length = strlen(key);
    bool quoted = false, begins = true;
    *value = '\0';
    for (const char *at = text + p->attributes; at < end; at++) {
        if (*at == '"') quoted = !quoted;
        if (!quoted && begins && (size_t)(end - at) > length && strncmp(at, key, length) == 0) {
            const char *from = at + length + strspn(at + length, " \t");
            if (*from == '=') {
                from += 1 + strspn(from + 1, " \t\"");
                size_t used = 0;
                while (from < end && strchr("\",;]", *from) == NULL && used + 1 < room) value[used++] = *from++;
                while (used > 0 && strchr(" \t\r\n", value[used - 1]) != NULL) used--;
                value[used] = '\0';
                return value;
            }
        }
        begins = !quoted && strchr(" \t\r\n,;", *at) != NULL;
    }
    return value;
}

static bool is_arrow_head(const char *shape) { return *shape != '\0' && strcmp(shape, "none") != 0; }

/* An edge's direction by its attributes dir, arrowhead and arrowtail: 1, -1, or 0 if it has none or both. */
static int32_t direction_of(const parser *p)
{
    char dir[16], head[16], tail[16];
    attribute(p, "dir", dir, sizeof dir);
    attribute(p, "arrowhead", head, sizeof head);
    attribute(p, "arrowtail", tail, sizeof tail);
    const bool forward = *dir == '\0' || strcmp(dir, "forward") == 0 || strcmp(dir, "both") == 0;
    const bool back = strcmp(dir, "back") == 0 || strcmp(dir, "both") == 0;
    const bool at_head = forward && (*head == '\0' || is_arrow_head(head));
    const bool at_tail = back && (*tail == '\0' || is_arrow_head(tail));
    return at_head && !at_tail ? 1 : at_tail && !at_head ? -1 : 0;
}

/* Some programs number the nodes, and name them by labels. */
static int32_t note_label(parser *p, const char *name)
{
    char label[256];
    if (name[strspn(name, "0123456789")] != '\0') return CAMA_OK;
    if (*attribute(p, "label", label, sizeof label) == '\0') return CAMA_OK;
    cama__graph_edge *grown = cama__json_grow(p->label, p->labels, &p->label_room, sizeof *grown);
    if (grown == NULL) return CAMA_E_MEMORY;
    p->label = grown;
    grown[p->labels++] = (cama__graph_edge){name, cama__graph_name(p->r, label, (int64_t)strlen(label)), p->r->line};
    return CAMA_OK;
}

/* ---- Statements ---- */

static int32_t join(group *to, const char *name)
{
    const char **grown = cama__json_grow(to->name, to->count, &to->room, sizeof *grown);
    if (grown == NULL) return CAMA_E_MEMORY;
    to->name = grown;
    grown[to->count++] = name;
    return CAMA_OK;
}

static int32_t statements(parser *p, group *nodes);

/* A name, or a group in braces: the nodes of one end, which are also those of the group around. */
static int32_t read_end(parser *p, group *end, group *around)
{
    int32_t status = CAMA_OK;
    if (p->token == TOKEN_NAME && !p->quoted && strcmp(p->name, "subgraph") == 0) {
        TRY(advance(p));
        if (p->token == TOKEN_NAME) TRY(advance(p)); /* its name */
    }
    if (p->token == TOKEN_OPEN) {
        if (++p->depth > DEPTH) TRY(cama__graph_expected(p->r, "groups in fewer groups"));
        TRY(advance(p));
        TRY(statements(p, end));
        if (p->token != TOKEN_CLOSE) TRY(cama__graph_expected(p->r, "a brace that closes"));
        p->depth--;
    } else if (p->token == TOKEN_NAME)
        TRY(join(end, p->name));
    else
        TRY(cama__graph_expected(p->r, "the name of a variable"));
    TRY(advance(p));
    for (int64_t i = 0; i < end->count; i++) TRY(join(around, end->name[i]));
out:
    return status;
}

/* All edges of a chain, whose ends are groups, once its attributes are known: pairs (count) of ends. */
static int32_t add_edges(parser *p, const group *left, const group *right, int32_t direction, const char *sign,
                         int64_t line)
{
    int32_t status = CAMA_OK;
    for (int64_t i = 0; i < left->count; i++)
        for (int64_t k = 0; k < right->count; k++) {
            const char *from = left->name[i], *to = right->name[k];
            if (direction == 0) TRY(cama__graph_undirected(p->r, line, from, sign, to));
            TRY(cama__graph_add(p->r, direction > 0 ? from : to, direction > 0 ? to : from, line));
        }
out:
    return status;
}

/* Behind the first end of a statement: edges to others, then attributes. */
static int32_t chain(parser *p, group *first, group *around)
{
    int32_t status = CAMA_OK;
    group left = *first, right = {0};
    memset(first, 0, sizeof *first);
    const int64_t begin = p->r->count;
    const char *only = left.count == 1 ? left.name[0] : NULL;
    while (p->token == TOKEN_ARROW) {
        char sign[4];
        const int32_t direction = p->direction;
        const int64_t line = p->line;
        strcpy(sign, p->arrow);
        TRY(advance(p));
        TRY(read_end(p, &right, around));
        TRY(add_edges(p, &left, &right, direction, sign, line));
        cama__mem_free(left.name);
        left = right;
        memset(&right, 0, sizeof right);
    }
    while (p->token == TOKEN_ATTRIBUTES) {
        if (p->r->count == begin && only != NULL) TRY(note_label(p, only));
        const int32_t direction = p->r->count > begin ? direction_of(p) : 1;
        for (int64_t i = begin; direction != 1 && i < p->r->count; i++) {
            cama__graph_edge *edge = &p->r->edge[i], old = *edge;
            if (direction == 0) TRY(cama__graph_undirected(p->r, old.line, old.from, "--", old.to));
            *edge = (cama__graph_edge){old.to, old.from, old.line};
        }
        TRY(advance(p));
    }
out:
    cama__mem_free(right.name);
    cama__mem_free(left.name);
    return status;
}

static bool is_default(const parser *p)
{
    const char *name = p->name;
    return !p->quoted && (strcmp(name, "graph") == 0 || strcmp(name, "node") == 0 || strcmp(name, "edge") == 0);
}

static int32_t statement(parser *p, group *around)
{
    int32_t status = CAMA_OK;
    group first = {0};
    const bool name = p->token == TOKEN_NAME, is_word = name && is_default(p);
    if (name) { /* one token ahead: an assignment or attributes of all nodes name no variable */
        const parser before = *p;
        const int64_t at = p->r->at, line = p->r->line, pooled = p->r->pooled;
        TRY(advance(p));
        const enum token next = p->token;
        if (next == TOKEN_EQUALS) {
            TRY(advance(p));
            if (p->token == TOKEN_NAME) TRY(advance(p));
            goto out;
        }
        if (is_word && next == TOKEN_ATTRIBUTES) {
            TRY(advance(p));
            goto out;
        }
        *p = before;
        p->r->at = at, p->r->line = line, p->r->pooled = pooled;
    }
    TRY(read_end(p, &first, around));
    TRY(chain(p, &first, around));
out:
    cama__mem_free(first.name);
    return status;
}

/* Up to the brace that closes, or the end. */
static int32_t statements(parser *p, group *nodes)
{
    int32_t status = CAMA_OK;
    while (p->token != TOKEN_CLOSE && p->token != TOKEN_END) {
        if (p->token == TOKEN_STOP)
            TRY(advance(p));
        else
            TRY(statement(p, nodes));
    }
out:
    return status;
}

/* Names are of the pool: one that is a label already is not looked up again. */
static void use_labels(const parser *p)
{
    for (int64_t i = 0; i < p->r->count; i++)
        for (int64_t k = 0; k < p->labels; k++) {
            cama__graph_edge *edge = &p->r->edge[i];
            if (strcmp(edge->from, p->label[k].from) == 0)
                edge->from = p->label[k].to;
            else if (strcmp(edge->to, p->label[k].from) == 0)
                edge->to = p->label[k].to;
        }
}

int32_t cama__graph_dot(cama__graph_reader *r)
{
    int32_t status = CAMA_OK;
    parser p = {.r = r};
    group all = {0};
    do { /* strict digraph "name" { */
        TRY(advance(&p));
        if (p.token == TOKEN_END) TRY(cama__graph_expected(r, "a brace that opens"));
    } while (p.token != TOKEN_OPEN);
    TRY(advance(&p));
    TRY(statements(&p, &all));
    if (p.token != TOKEN_CLOSE) TRY(cama__graph_expected(r, "a brace that closes"));
    use_labels(&p);
out:
    cama__mem_free(all.name);
    cama__mem_free(p.label);
    return status;
}
