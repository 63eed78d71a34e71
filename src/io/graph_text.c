/* graph_text - bnlearn's model string, the networks of BIF files, and lines of arrows. */
#include <string.h>

#include "graph_formats.h"

static const char *rest(const cama__graph_reader *r) { return r->text + r->at; }

static void to(cama__graph_reader *r, const char *end)
{
    for (; r->text + r->at < end; r->at++) r->line += r->text[r->at] == '\n';
}

static void past_spaces(cama__graph_reader *r) { to(r, rest(r) + strspn(rest(r), " \t\r\n")); }

/* Parents of a child between here and end, divided by one of the characters of between. */
static int32_t add_parents(cama__graph_reader *r, const char *end, const char *between, const char *child)
{
    int32_t status = CAMA_OK;
    while (rest(r) < end) {
        const char *stop = rest(r) + strcspn(rest(r), between);
        if (stop > end) stop = end;
        const char *parent = cama__graph_name(r, rest(r), stop - rest(r));
        if (*parent == '\0') TRY(cama__graph_expected(r, "the name of a parent"));
        TRY(cama__graph_add(r, parent, child, r->line));
        to(r, stop < end ? stop + 1 : end);
        if (stop < end && rest(r) == end) TRY(cama__graph_expected(r, "the name of a parent"));
    }
out:
    return status;
}

/* ---- [a][b|a][c|a:b] ---- */

int32_t cama__graph_bnlearn(cama__graph_reader *r)
{
    int32_t status = CAMA_OK;
    if (strncmp(rest(r), "[1] \"", 5) == 0) r->at += 5; /* as R prints it */
    while (true) {
        past_spaces(r);
        if (*rest(r) == '"' && rest(r)[1 + strspn(rest(r) + 1, " \t\r\n")] == '\0') break;
        if (r->at >= r->size) break;
        if (*rest(r) != '[') TRY(cama__graph_expected(r, "the bracket of a variable, [child|parent:parent]"));
        r->at++;
        const char *name_end = rest(r) + strcspn(rest(r), "|]["), *end = rest(r) + strcspn(rest(r), "][");
        if (*end != ']') TRY(cama__graph_expected(r, "a bracket that closes"));
        const char *child = cama__graph_name(r, rest(r), name_end - rest(r));
        if (*child == '\0') TRY(cama__graph_expected(r, "the name of a variable"));
        to(r, name_end);
        if (*name_end == '|') {
            r->at++;
            if (rest(r) == end) TRY(cama__graph_expected(r, "the name of a parent"));
            TRY(add_parents(r, end, ":]", child));
        }
        r->at++;
    }
out:
    return status;
}

/* ---- probability ( c | a, b ) ---- */

int32_t cama__graph_bif(cama__graph_reader *r)
{
    int32_t status = CAMA_OK;
    static const char word[] = "probability";
    const char *found;
    while ((found = strstr(rest(r), word)) != NULL) {
        const bool inside = found > r->text && strchr(" \t\r\n};", found[-1]) == NULL; /* of another word */
        to(r, found + sizeof word - 1);
        past_spaces(r);
        if (inside || *rest(r) != '(') continue;
        r->at++;
        const char *end = strchr(rest(r), ')');
        if (end == NULL) TRY(cama__graph_expected(r, "a bracket that closes"));
        const char *bar = rest(r) + strcspn(rest(r), "|)");
        const char *child = cama__graph_name(r, rest(r), bar - rest(r));
        if (*child == '\0') TRY(cama__graph_expected(r, "the name of a variable"));
        to(r, bar + (*bar == '|'));
        if (*bar == '|') TRY(add_parents(r, end, ",)", child));
    }
out:
    return status;
}

/* ---- a -> b ---- */

/* The arrow between two names: its end, and its direction, 1, -1, or 0 for none. NULL if there is none before end. */
static const char *find_arrow(const char *text, const char *end, const char **behind, int32_t *direction)
{
    static const struct {
        const char *text;
        int32_t direction;
    } arrows[] = {{"<-->", 0}, {"<->", 0}, {"o->", 0}, {"<-o", 0}, {"o-o", 0}, {"-->", 1},
                  {"<--", -1}, {"->", 1},  {"<-", -1}, {"---", 0}, {"--", 0}};
    for (const char *at = text; at < end; at++)
        for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++) {
            const size_t length = strlen(arrows[i].text);
            const bool circle = strchr(arrows[i].text, 'o') != NULL; /* a letter, unless it stands alone */
            if ((size_t)(end - at) < length || strncmp(at, arrows[i].text, length) != 0) continue;
            if (circle && (at == text || at[-1] != ' ' || (at + length < end && at[length] != ' '))) continue;
            *behind = at + length;
            *direction = arrows[i].direction;
            return at;
        }
    return NULL;
}

static const char *take_name(cama__graph_reader *r, const char *text, const char *end)
{
    while (text < end && strchr(" \t\r\"'", *text) != NULL) text++;
    while (end > text && strchr(" \t\r\"';,", end[-1]) != NULL) end--;
    return cama__graph_name(r, text, end - text);
}

static int32_t read_chain(cama__graph_reader *r, const char *end)
{
    int32_t status = CAMA_OK, direction, next_direction;
    const char *behind, *arrow = find_arrow(rest(r), end, &behind, &direction);
    if (arrow == NULL) TRY(cama__graph_expected(r, "an edge, a -> b"));
    const char *left = take_name(r, rest(r), arrow);
    while (arrow != NULL) {
        const char *begin = behind, *shown = direction > 0 ? "->" : direction < 0 ? "<-" : "--";
        arrow = find_arrow(begin, end, &behind, &next_direction);
        const char *right = take_name(r, begin, arrow != NULL ? arrow : end);
        if (*left == '\0' || *right == '\0') TRY(cama__graph_expected(r, "a variable at both ends of an edge"));
        if (direction == 0) TRY(cama__graph_undirected(r, r->line, left, shown, right));
        TRY(cama__graph_add(r, direction > 0 ? left : right, direction > 0 ? right : left, r->line));
        left = right;
        direction = next_direction;
    }
out:
    return status;
}

int32_t cama__graph_arrows(cama__graph_reader *r)
{
    int32_t status = CAMA_OK;
    const char *tetrad = strstr(rest(r), "Graph Edges:");
    if (tetrad != NULL) to(r, tetrad + strcspn(tetrad, "\n"));
    while (true) {
        past_spaces(r);
        if (r->at >= r->size || (tetrad != NULL && strncmp(rest(r), "Graph ", 6) == 0)) break;
        const char *end = rest(r) + strcspn(rest(r), "\n");
        const size_t digits = strspn(rest(r), "0123456789");
        if (tetrad != NULL && digits > 0 && rest(r)[digits] == '.') r->at += (int64_t)digits + 1;
        if (*rest(r) != '#') TRY(read_chain(r, end));
        to(r, end);
    }
out:
    return status;
}
