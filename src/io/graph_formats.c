/* graph_formats - which format a file is in, edge lists, and the table that the edges become. */
#include "graph_formats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/sort.h"
#include "file.h"
#include "json.h"

#define FILE_MOST (INT64_C(1) << 32)
enum { EDGES_MOST = 1 << 24 }; /* groups of nodes multiply */

/* ---- Shared by the formats ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

const char *cama__graph_name(cama__graph_reader *r, const char *text, int64_t length)
{
    while (length > 0 && is_space(*text)) text++, length--;
    while (length > 0 && is_space(text[length - 1])) length--;
    char *name = r->pool + r->pooled;
    memmove(name, text, (size_t)length); /* text may stand in the pool */
    name[length] = '\0';
    r->pooled += length + 1;
    return name;
}

int32_t cama__graph_add(cama__graph_reader *r, const char *from, const char *to, int64_t line)
{
    if (r->count == EDGES_MOST)
        return cama__error(CAMA_E_FORMAT, "%s: expected at most %d edges, got more", r->where, EDGES_MOST);
    cama__graph_edge *grown = cama__json_grow(r->edge, r->count, &r->room, sizeof *grown);
    if (grown == NULL) return CAMA_E_MEMORY;
    r->edge = grown;
    grown[r->count++] = (cama__graph_edge){from, to, line};
    return CAMA_OK;
}

int32_t cama__graph_expected(const cama__graph_reader *r, const char *expected)
{
    char got[16] = "";
    for (size_t i = 0; i + 1 < sizeof got && r->at + (int64_t)i < r->size && r->text[r->at + (int64_t)i] != '\n'; i++)
        got[i] = r->text[r->at + (int64_t)i];
    return cama__error(CAMA_E_FORMAT, "%s: line %" PRId64 ": expected %s, got %s%.*s%s", r->where, r->line, expected,
                       *got != '\0' ? "\"" : "the end", SHOWN(got), *got != '\0' ? "\"" : "");
}

int32_t cama__graph_undirected(const cama__graph_reader *r, int64_t line, const char *from, const char *arrow,
                               const char *to)
{
    return cama__error(CAMA_E_FORMAT,
                       "%s: line %" PRId64 ": expected edges of one direction, got %.*s %s %.*s (a latent common "
                       "cause is a variable of its own, with two edges, that option ignore leaves out)",
                       r->where, line, SHOWN(from), arrow, SHOWN(to));
}

/* ---- The table ---- */

static int by_name(const void *a, const void *b)
{
    const char *const *left = *(const char *const *const *)a, *const *right = *(const char *const *const *)b;
    const int order = strcmp(*left, *right);
    return order != 0 ? order : (left > right) - (left < right);
}

/* Takes over the pool. */
static int32_t make_table(cama__graph_reader *r, cama__csv *out)
{
    int32_t status = CAMA_OK;
    cama__csv csv = {
        .where = r->where, .dialect = &cama__dialect_plain, .columns = 2, .rows = r->count, .size = r->size};
    if (r->count == 0) FAIL(CAMA_E_FORMAT, "%s: expected edges, got a graph without any", r->where);
    TRY(cama__mem_new(&csv.cell, cama__file_room(2 * (r->count + 1))));
    TRY(cama__mem_new(&csv.line, cama__file_room(r->count + 1)));
    TRY(cama__mem_new(&csv.by_name, 2));
    csv.cell[0] = "source";
    csv.cell[1] = "target";
    for (int64_t i = 0; i < r->count; i++) {
        csv.cell[2 * (i + 1)] = r->edge[i].from;
        csv.cell[2 * (i + 1) + 1] = r->edge[i].to;
        csv.line[i + 1] = r->edge[i].line;
    }
    for (int64_t i = 0; i < 2; i++) csv.by_name[i] = csv.cell + i;
    cama__sort(csv.by_name, 2, sizeof *csv.by_name, by_name);
    csv.text = r->pool;
    r->pool = NULL;
    *out = csv;
    memset(&csv, 0, sizeof csv);
out:
    cama__csv_free(&csv);
    return status;
}

/* ---- Edge lists ---- */

static bool same_word(const char *text, const char *word)
{
    for (; *word != '\0'; text++, word++)
        if ((*text >= 'A' && *text <= 'Z' ? *text + ('a' - 'A') : *text) != *word) return false;
    return *text == '\0';
}

/* The only column of the first record with that word, -1 if there is none. */
static int32_t find_word(const cama__csv *csv, const char *word, int64_t *column)
{
    *column = -1;
    for (int64_t i = 0; i < csv->columns; i++) {
        if (!same_word(cama__csv_cell(csv, 0, i), word)) continue;
        if (*column >= 0)
            return cama__error(CAMA_E_FORMAT,
                               "%s: header: expected \"%s\" as the name of one column, got columns %" PRId64
                               " and %" PRId64,
                               csv->where, word, *column + 1, i + 1);
        *column = i;
    }
    return CAMA_OK;
}

/* Names of the two columns, as programs call them. */
static int32_t find_pair(const cama__csv *csv, int64_t column[2])
{
    static const char *const pairs[][2] = {{"source", "target"}, {"from", "to"},   {"cause", "effect"},
                                           {"parent", "child"},  {"tail", "head"}, {"start", "end"},
                                           {"node1", "node2"},   {"src", "dst"}};
    int32_t status = CAMA_OK;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        TRY(find_word(csv, pairs[i][0], &column[0]));
        TRY(find_word(csv, pairs[i][1], &column[1]));
        if (column[0] >= 0 && column[1] >= 0) return CAMA_OK;
    }
    column[0] = column[1] = -1;
out:
    return status;
}

/* Whether a name of the first record is one of a later record: then the first is an edge too. */
static bool comes_again(const cama__csv *csv, const int64_t column[2])
{
    for (int64_t row = 1; row < csv->rows; row++)
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < 2; k++)
                if (strcmp(cama__csv_cell(csv, 0, column[i]), cama__csv_cell(csv, row, column[k])) == 0) return true;
    return false;
}

/* A first column without a name that numbers the records, as R writes it. */
static bool is_numbered(const cama__csv *csv)
{
    char number[24];
    for (int64_t row = 1; row < csv->rows; row++) {
        snprintf(number, sizeof number, "%" PRId64, row - 1);
        const bool from_0 = strcmp(cama__csv_cell(csv, row, 0), number) == 0;
        snprintf(number, sizeof number, "%" PRId64, row);
        if (!from_0 && strcmp(cama__csv_cell(csv, row, 0), number) != 0) return false;
    }
    return csv->rows > 1 && *cama__csv_cell(csv, 0, 0) == '\0';
}

/* As many rows as columns, and the same names at both: a matrix. */
static bool is_matrix(const cama__csv *csv)
{
    if (csv->columns < 3 || csv->rows != csv->columns) return false;
    for (int64_t i = 1; i < csv->columns; i++)
        if (strcmp(cama__csv_cell(csv, 0, i), cama__csv_cell(csv, i, 0)) != 0) return false;
    return true;
}

/* Which columns, and the first record that is an edge. */
static int32_t find_columns(const cama__csv *csv, int64_t column[2], int64_t *first)
{
    int32_t status = CAMA_OK;
    TRY(find_pair(csv, column));
    *first = 1;
    if (column[0] >= 0 && csv->rows == 1)
        FAIL(CAMA_E_FORMAT, "%s: expected records after the header line, got none", csv->where);
    if (column[0] >= 0) goto out;
    if (is_matrix(csv))
        FAIL(CAMA_E_FORMAT,
             "%s: expected edges, got an adjacency matrix, in which programs do not agree whether rows or columns are "
             "causes: write its edges as source,target",
             csv->where);
    const bool numbered = csv->columns == 3 && is_numbered(csv);
    if (csv->columns != 2 && !numbered)
        FAIL(CAMA_E_FORMAT,
             "%s: header: expected columns \"source\" and \"target\" of the graph's edges (or from and to, cause and "
             "effect, or two columns alone), got %" PRId64 " others",
             csv->where, csv->columns);
    column[0] = numbered;
    column[1] = numbered + 1;
    *first = !numbered && (csv->rows == 1 || comes_again(csv, column)) ? 0 : 1;
out:
    return status;
}

/* Spaces, where the first line that is no comment has no other delimiter. */
static char list_delimiter(const char *text)
{
    const char *at = text + strspn(text, " \t\r\n");
    while (*at == '#') {
        at += strcspn(at, "\r\n");
        at += strspn(at, " \t\r\n");
    }
    const char *found = strpbrk(at, ",;\t\r\n");
    return found != NULL && strchr(",;\t", *found) != NULL ? '\0' : ' ';
}

/* Rows of the table as it was read become those of source and target, in place. */
static int32_t read_list(char *text, int64_t size, const char *where, cama__csv *out)
{
    int32_t status = CAMA_OK;
    cama__csv csv = {0};
    int64_t column[2], first, rows = 0;
    const cama__dialect dialect = {.comment = "#", .delimiter = list_delimiter(text)};
    TRY(cama__csv_parse_as(text, size, where, &dialect, &csv));
    csv.dialect = &cama__dialect_plain;
    TRY(find_columns(&csv, column, &first));
    for (int64_t row = first; row < csv.rows; row++) {
        const char *from = cama__csv_cell(&csv, row, column[0]), *to = cama__csv_cell(&csv, row, column[1]);
        if (*to == '\0' && *from != '\0') continue; /* stands alone */
        csv.cell[2 * (rows + 1)] = from;            /* behind what is still read: a row has at least two cells */
        csv.cell[2 * (rows + 1) + 1] = to;
        csv.line[++rows] = csv.line[row + 1];
    }
    if (rows == 0) FAIL(CAMA_E_FORMAT, "%s: expected edges, got a graph without any", where);
    csv.cell[0] = "source";
    csv.cell[1] = "target";
    csv.columns = 2;
    csv.rows = rows;
    for (int64_t i = 0; i < 2; i++) csv.by_name[i] = csv.cell + i;
    cama__sort(csv.by_name, 2, sizeof *csv.by_name, by_name);
    *out = csv;
    memset(&csv, 0, sizeof csv);
out:
    cama__csv_free(&csv);
    return status;
}

/* ---- Which format ---- */

static bool begins(const cama__graph_reader *r, const char *word)
{
    const int64_t length = (int64_t)strlen(word);
    if (r->size - r->at < length || strncmp(r->text + r->at, word, (size_t)length) != 0) return false;
    const char next = r->at + length < r->size ? r->text[r->at + length] : ' ';
    return is_space(next) || next == '{' || next == '"';
}

/* Past spaces and comments. */
static void skip_spaces(cama__graph_reader *r)
{
    while (r->at < r->size) {
        const char *text = r->text + r->at;
        if (is_space(*text)) {
            r->line += *text == '\n';
            r->at++;
        } else if (*text == '#' || strncmp(text, "//", 2) == 0) {
            while (r->at < r->size && r->text[r->at] != '\n') r->at++;
        } else if (strncmp(text, "/*", 2) == 0) {
            const char *end = strstr(text + 2, "*/");
            const int64_t to = end != NULL ? end + 2 - r->text : r->size;
            for (; r->at < to; r->at++) r->line += r->text[r->at] == '\n';
        } else
            break;
    }
}

/* Formats that are known by name alone. */
static int32_t check_others(const cama__graph_reader *r)
{
    static const char *const others[][2] = {{"graph [", "GML"}, {"graph[", "GML"},   {"Creator ", "GML"},
                                            {"<?xml", "XML"},   {"<graphml", "XML"}, {"<BIF", "XML"},
                                            {"{\"", "JSON"},    {"[{", "JSON"},      {"[[", "JSON"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strncmp(r->text + r->at, others[i][0], strlen(others[i][0])) == 0)
            return cama__error(CAMA_E_FORMAT,
                               "%s: expected edges as a CSV file, DOT, dagitty or bnlearn, got %s (save the graph as "
                               "one of these)",
                               r->where, others[i][1]);
    return CAMA_OK;
}

typedef int32_t format(cama__graph_reader *r);

/* NULL: an edge list. */
static format *find_format(cama__graph_reader *r)
{
    static const char *const words[] = {"digraph", "strict", "graph", "dag", "pdag", "mag", "pag"};
    skip_spaces(r);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins(r, words[i]) && strchr(r->text + r->at, '{') != NULL) return cama__graph_dot;
    if (begins(r, "network") && strchr(r->text + r->at, '{') != NULL) return cama__graph_bif;
    if (r->at < r->size && r->text[r->at] == '[') return cama__graph_bnlearn;
    return strstr(r->text, "->") != NULL || strstr(r->text, "<-") != NULL || strstr(r->text, "Graph Edges:") != NULL
               ? cama__graph_arrows
               : NULL;
}

int32_t cama__graph_edges_parse(char *text, int64_t size, const char *where, cama__csv *out)
{
    int32_t status = CAMA_OK;
    static const char mark[] = "\xef\xbb\xbf";
    const int64_t skip = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    cama__graph_reader r = {.text = text + skip, .where = where, .size = size - skip, .line = 1};
    TRY(cama__dialect_check_text(text, size, where));
    skip_spaces(&r);
    TRY(check_others(&r));
    format *read = memchr(text, '\0', (size_t)size) == NULL ? find_format(&r) : NULL;
    if (read == NULL) {
        TRY(read_list(text + skip, size - skip, where, out));
        goto out;
    }
    TRY(cama__mem_new(&r.pool, cama__file_room(r.size + 2)));
    TRY(read(&r));
    TRY(make_table(&r, out));
out:
    cama__mem_free(r.edge);
    cama__mem_free(r.pool);
    return status;
}

int32_t cama__graph_edges_read(const char *path, cama__csv *out)
{
    int32_t status = CAMA_OK;
    void *text = NULL;
    int64_t size;
    TRY(cama__file_read_any(path, FILE_MOST, &text, &size));
    TRY(cama__graph_edges_parse(text, size, path, out));
    if (out->text != NULL) goto out; /* has names of its own */
    out->text = text;
    text = NULL;
out:
    cama__mem_free(text);
    return status;
}
