/* csv - the same scan runs twice: first it checks and counts, and writes nothing; then, with memory of exactly the
 * right size, it takes the text apart in place and cannot fail. */
#include "csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/sort.h"
#include "file.h"

#define FILE_MOST (INT64_C(1) << 36)

typedef struct {
    char *text;
    int64_t size, at, line;
    const char *where;
    int32_t status; /* of errors */
    bool list;      /* one record, an option's: no line numbers in messages */
    bool write;     /* the second time */
} scanner;

enum ending { END_FIELD, END_RECORD };

static int32_t wrong(const scanner *s, int64_t line, const char *text)
{
    if (s->list) return cama__error(s->status, "%s: %s", s->where, text);
    return cama__error(s->status, "%s: line %" PRId64 ": %s", s->where, line, text);
}

/* ---- Fields ---- */

/* From behind the opening quote to behind the closing one; *length is that of what stands between, with its pairs of
 * quotes halved. */
static int32_t quoted(scanner *s, int64_t *length)
{
    const int64_t begin = s->at, opened = s->line;
    int64_t to = begin;
    while (s->at < s->size) {
        const char c = s->text[s->at++];
        if (c == '\0') return wrong(s, s->line, "expected text, got a NUL byte");
        if (c == '"') {
            if (s->at == s->size || s->text[s->at] != '"') {
                *length = to - begin;
                return CAMA_OK;
            }
            s->at++;
        }
        if (c == '\n') s->line++;
        if (s->write) s->text[to] = c;
        to++;
    }
    return wrong(s, opened, "expected a closing quote for the one that opens here, got the end of the text");
}

static int32_t unquoted(scanner *s)
{
    while (s->at < s->size) {
        const char c = s->text[s->at];
        if (c == ',' || c == '\n' || c == '\r') break;
        if (c == '"') return wrong(s, s->line, "expected quotes around the whole field, got one inside it");
        if (c == '\0') return wrong(s, s->line, "expected text, got a NUL byte");
        s->at++;
    }
    return CAMA_OK;
}

/* A comma, a line's end or the text's. */
static int32_t separator(scanner *s, enum ending *ending)
{
    const char c = s->at < s->size ? s->text[s->at] : '\n';
    *ending = c == ',' ? END_FIELD : END_RECORD;
    if (c == '\r' && (s->at + 1 >= s->size || s->text[s->at + 1] != '\n'))
        return wrong(s, s->line, "expected a line to end in LF or CR LF, got a CR alone");
    if (c != ',' && c != '\n' && c != '\r')
        return wrong(s, s->line, "expected a comma or the end of the line after a closing quote, got more text");
    if (s->at < s->size) s->at += c == '\r' ? 2 : 1;
    if (*ending == END_RECORD) s->line++;
    return CAMA_OK;
}

static bool is_space(char c) { return c == ' ' || c == '\t'; }

/* The second time *field is the text, trimmed and ended by a zero byte, which falls on its separator or before. */
static int32_t next_field(scanner *s, const char **field, enum ending *ending)
{
    int32_t status = CAMA_OK;
    const bool has_quotes = s->at < s->size && s->text[s->at] == '"';
    if (has_quotes) s->at++;
    char *begin = s->text + s->at;
    int64_t length = 0;
    TRY(has_quotes ? quoted(s, &length) : unquoted(s));
    if (!has_quotes) length = s->text + s->at - begin;
    TRY(separator(s, ending));
    if (!s->write) goto out;
    while (length > 0 && is_space(begin[length - 1])) length--;
    for (; length > 0 && is_space(*begin); length--) begin++;
    begin[length] = '\0';
    *field = begin;
out:
    return status;
}

/* ---- Records ---- */

static bool at_line_end(const scanner *s)
{
    const char *at = s->text + s->at;
    return s->at < s->size && (*at == '\n' || (*at == '\r' && s->at + 1 < s->size && at[1] == '\n'));
}

/* Past lines without a byte. Only the end of the file may follow. */
static int32_t skip_blank(scanner *s)
{
    const int64_t blank = s->line;
    while (at_line_end(s)) {
        s->at += s->text[s->at] == '\r' ? 2 : 1;
        s->line++;
    }
    return s->line > blank && s->at < s->size ? wrong(s, blank, "expected a record, got a blank line") : CAMA_OK;
}

/* The first pass counts the fields of the record, the second also stores them. */
static int32_t next_record(scanner *s, const char **cells, int64_t *fields)
{
    int32_t status = CAMA_OK;
    enum ending ending = END_FIELD;
    for (*fields = 0; ending == END_FIELD; (*fields)++) {
        TRY(next_field(s, cells != NULL ? &cells[*fields] : NULL, &ending));
    }
out:
    return status;
}

static int32_t scan(scanner *s, cama__csv *csv)
{
    int32_t status = CAMA_OK;
    int64_t records = 0, fields;
    TRY(skip_blank(s));
    while (s->at < s->size) {
        const int64_t line = s->line;
        if (s->write) csv->line[records] = line;
        TRY(next_record(s, s->write ? csv->cell + records * csv->columns : NULL, &fields));
        if (records == 0) csv->columns = fields;
        if (fields != csv->columns)
            FAIL(s->status, "%s: line %" PRId64 ": expected %" PRId64 " fields, as in the header, got %" PRId64,
                 s->where, line, csv->columns, fields);
        records++;
        TRY(skip_blank(s));
    }
    if (records == 0) FAIL(s->status, "%s: expected a header line, got an empty file", s->where);
    if (records == 1) FAIL(s->status, "%s: expected records after the header line, got none", s->where);
    csv->rows = records - 1;
out:
    return status;
}

static int by_name(const void *a, const void *b)
{
    const char *const *left = *(const char *const *const *)a, *const *right = *(const char *const *const *)b;
    const int order = strcmp(*left, *right);
    return order != 0 ? order : (left > right) - (left < right);
}

int32_t cama__csv_parse(char *text, int64_t size, const char *where, cama__csv *out)
{
    int32_t status = CAMA_OK;
    static const char mark[] = "\xef\xbb\xbf";
    const int64_t skip = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    const scanner start = {
        .text = text + skip, .size = size - skip, .line = 1, .where = where, .status = CAMA_E_FORMAT};
    cama__csv csv = {.where = where};
    scanner s = start;
    TRY(scan(&s, &csv));
    csv.cell = cama__mem_alloc(cama__file_room((csv.rows + 1) * csv.columns), sizeof *csv.cell);
    csv.line = cama__mem_alloc(cama__file_room(csv.rows + 1), sizeof *csv.line);
    csv.by_name = cama__mem_alloc(cama__file_room(csv.columns), sizeof *csv.by_name);
    if (csv.cell == NULL || csv.line == NULL || csv.by_name == NULL) TRY(CAMA_E_MEMORY);
    s = start;
    s.write = true;
    TRY(scan(&s, &csv));
    for (int64_t i = 0; i < csv.columns; i++) csv.by_name[i] = csv.cell + i;
    cama__sort(csv.by_name, csv.columns, sizeof *csv.by_name, by_name);
    *out = csv;
    memset(&csv, 0, sizeof csv);
out:
    cama__csv_free(&csv);
    return status;
}

int32_t cama__csv_read(const char *path, cama__csv *out)
{
    int32_t status = CAMA_OK;
    void *text = NULL;
    int64_t size;
    TRY(cama__file_read(path, true, FILE_MOST, &text, &size));
    TRY(cama__csv_parse(text, size, path, out));
    out->text = text;
    text = NULL;
out:
    cama__mem_free(text);
    return status;
}

void cama__csv_free(cama__csv *csv)
{
    cama__mem_free(csv->cell);
    cama__mem_free(csv->line);
    cama__mem_free(csv->by_name);
    cama__mem_free(csv->text);
    memset(csv, 0, sizeof *csv);
}

/* ---- Looking up ---- */

int32_t cama__csv_column(const cama__csv *csv, const char *name, int64_t *column)
{
    int64_t low = 0, high = csv->columns; /* the first name that is not before it */
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (strcmp(*csv->by_name[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == csv->columns || strcmp(*csv->by_name[low], name) != 0) {
        *column = -1;
        return CAMA_OK;
    }
    const int64_t found = csv->by_name[low] - csv->cell;
    if (low + 1 < csv->columns && strcmp(*csv->by_name[low + 1], name) == 0) {
        return cama__error(CAMA_E_FORMAT,
                           "%s: header: expected \"%s\" as the name of one column, got columns %" PRId64
                           " and %" PRId64,
                           csv->where, name, found + 1, (int64_t)(csv->by_name[low + 1] - csv->cell) + 1);
    }
    *column = found;
    return CAMA_OK;
}

int32_t cama__csv_error(const cama__csv *csv, int64_t row, int64_t column, int32_t status, const char *expected)
{
    const char *text = cama__csv_cell(csv, row, column), *quote = *text != '\0' ? "\"" : "";
    const char *got = *text != '\0' ? text : "an empty cell";
    return cama__error(status, "%s: line %" PRId64 ", column \"%s\": expected %s, got %s%.*s%s", csv->where,
                       csv->line[row + 1], csv->cell[column], expected, quote, SHOWN(got), quote);
}

/* ---- Lists of names ---- */

static int32_t check_names(const cama__csv_names *names, const char *option)
{
    int32_t status = CAMA_OK;
    const char **sorted = cama__mem_alloc((size_t)names->count, sizeof *sorted);
    if (sorted == NULL) TRY(CAMA_E_MEMORY);
    for (int64_t i = 0; i < names->count; i++) {
        sorted[i] = names->name[i];
        if (*sorted[i] == '\0') FAIL(CAMA_E_OPTION, "option %s: expected names, got an empty one", option);
    }
    cama__sort(sorted, names->count, sizeof *sorted, cama__sort_texts);
    for (int64_t i = 1; i < names->count; i++) {
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            FAIL(CAMA_E_OPTION, "option %s: expected each name once, got \"%s\" twice", option, sorted[i]);
    }
out:
    cama__mem_free(sorted);
    return status;
}

static int32_t split_names(const char *where, cama__csv_names *names)
{
    int32_t status = CAMA_OK;
    const int64_t size = (int64_t)strlen(names->text);
    const scanner start = {
        .text = names->text, .size = size, .line = 1, .where = where, .status = CAMA_E_OPTION, .list = true};
    scanner s = start;
    TRY(next_record(&s, NULL, &names->count));
    if (s.at < s.size || (size > 0 && names->text[size - 1] == '\n'))
        TRY(wrong(&s, 1, "expected names in one line, got the end of a line"));
    names->name = cama__mem_alloc((size_t)names->count, sizeof *names->name);
    if (names->name == NULL) TRY(CAMA_E_MEMORY);
    s = start;
    s.write = true;
    TRY(next_record(&s, names->name, &names->count));
out:
    return status;
}

int32_t cama__csv_names_read(const char *text, const char *option, cama__csv_names *out)
{
    int32_t status = CAMA_OK;
    char where[64];
    cama__csv_names names = {.count = 0};
    snprintf(where, sizeof where, "option %s", option);
    if (text[strspn(text, " \t")] != '\0') {
        names.text = cama__mem_text(text);
        if (names.text == NULL) TRY(CAMA_E_MEMORY);
        TRY(split_names(where, &names));
        TRY(check_names(&names, option));
    }
    *out = names;
    memset(&names, 0, sizeof names);
out:
    cama__csv_names_free(&names);
    return status;
}

void cama__csv_names_free(cama__csv_names *names)
{
    cama__mem_free(names->name);
    cama__mem_free(names->text);
    memset(names, 0, sizeof *names);
}

int64_t cama__csv_names_find(const cama__csv_names *names, const char *name)
{
    for (int64_t i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], name) == 0) return i;
    }
    return -1;
}
