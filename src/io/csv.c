/* csv - the scanner of csv_scan.h runs twice over the lines, first to count and then to split; then the columns' names
 * are sorted. */
#include "csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/sort.h"
#include "csv_scan.h"
#include "file.h"

#define FILE_MOST (INT64_C(1) << 36)

/* ---- Records ---- */

static bool is_comment(const cama__scanner *s, const cama__dialect *dialect)
{
    const int64_t size = (int64_t)strlen(dialect->comment);
    return size > 0 && s->size - s->at >= size && memcmp(s->text + s->at, dialect->comment, (size_t)size) == 0;
}

/* Past comments and lines of nothing but spaces. In a table of one column the latter are no records either, but may
 * stand for empty cells: there only the end of the file may follow them. columns: 0 before the first record. */
static int32_t skip_lines(cama__scanner *s, const cama__dialect *dialect, int64_t columns)
{
    int64_t blank = 0; /* its line */
    while (s->at < s->size) {
        const bool comment = is_comment(s, dialect), bare = cama__scan_line_end(s, s->at) > 0;
        if (!comment && !bare && (columns == 1 || !cama__scan_is_blank(s))) break;
        if (!comment && columns == 1 && blank == 0) blank = s->line;
        cama__scan_skip_line(s);
    }
    return blank > 0 && s->at < s->size ? cama__scan_wrong(s, blank, "expected a record, got a blank line") : CAMA_OK;
}

static int32_t ragged(const cama__scanner *s, const char *first, int64_t line, int64_t columns, int64_t fields)
{
    const char *hint = "";
    static const char comment[] = " (option comment leaves out lines that begin with a mark)";
    if (strchr("#%!", *first) != NULL && *first != '\0') hint = comment;
    if (columns == 1 && fields > 1)
        hint = strchr("#%!", s->mark) != NULL ? comment : " (option skip_lines leaves out lines before the header)";
    return cama__error(s->status,
                       "%s: line %" PRId64 ": expected %" PRId64 " fields, as in the header, got %" PRId64 "%s",
                       s->where, line, columns, fields, hint);
}

/* Record `at` of the table, 0 being the header; past a record behind the header that is skipped, `at` is -1. */
static int32_t take_record(cama__scanner *s, cama__csv *csv, int64_t at)
{
    int32_t status = CAMA_OK;
    int64_t fields;
    bool spare = false;
    const int64_t line = s->line;
    const char *first = s->text + s->at;
    const bool kept = s->write && at >= 0;
    if (kept) csv->line[at] = line;
    TRY(cama__scan_record(s, kept ? csv->cell + at * csv->columns : NULL, kept ? csv->columns : 0, &fields, &spare));
    if (at < 0) goto out;
    if (csv->columns == 0) s->mark = *first != '\0' ? *first : ' ';
    if (csv->columns == 0) csv->columns = fields;
    const bool trailing = fields == csv->columns + 1 && spare && csv->columns > 1;
    if (fields != csv->columns && !trailing) TRY(ragged(s, first, line, csv->columns, fields));
out:
    return status;
}

static int32_t scan(cama__scanner *s, cama__csv *csv)
{
    int32_t status = CAMA_OK;
    const cama__dialect *dialect = csv->dialect;
    const int64_t first = dialect->header ? 0 : 1;
    int64_t records = first, skipped = 0;
    for (int64_t i = 0; i < dialect->skip_lines && s->at < s->size; i++) cama__scan_skip_line(s);
    TRY(skip_lines(s, dialect, 0));
    while (s->at < s->size) {
        const bool skips = records == 1 && skipped < dialect->skip_records;
        TRY(take_record(s, csv, skips ? -1 : records));
        skipped += skips;
        records += !skips;
        TRY(skip_lines(s, dialect, records > first ? csv->columns : 0));
    }
    if (records == 0) FAIL(s->status, "%s: expected a header line, got an empty file", s->where);
    if (records == 1)
        FAIL(s->status, "%s: expected records%s, got none", s->where, dialect->header ? " after the header line" : "");
    csv->rows = records - 1;
out:
    return status;
}

/* ---- Names ---- */

static int by_name(const void *a, const void *b)
{
    const char *const *left = *(const char *const *const *)a, *const *right = *(const char *const *const *)b;
    const int order = strcmp(*left, *right);
    return order != 0 ? order : (left > right) - (left < right);
}

/* The names of a table without a header: those of option columns, or 1, 2, 3, ... */
static int32_t make_header(cama__csv *csv)
{
    enum { ROOM = 24 };
    const cama__csv_names *given = &csv->dialect->columns;
    if (given->count > 0 && given->count != csv->columns)
        return cama__error(CAMA_E_OPTION,
                           "%s: line %" PRId64 ": expected %" PRId64
                           " fields, one for each name of option columns, got %" PRId64,
                           csv->where, csv->line[1], given->count, csv->columns);
    if (given->count == 0) csv->made = cama__mem_alloc(cama__file_room(csv->columns), ROOM);
    if (given->count == 0 && csv->made == NULL) return CAMA_E_MEMORY;
    for (int64_t i = 0; i < csv->columns; i++) {
        if (given->count == 0) snprintf(csv->made + i * ROOM, ROOM, "%" PRId64, i + 1);
        csv->cell[i] = given->count > 0 ? given->name[i] : csv->made + i * ROOM;
    }
    return CAMA_OK;
}

/* ---- Texts and files ---- */

/* Zeros behind the last line are no text: some programs write files in blocks. */
static int64_t without_padding(const char *text, int64_t size)
{
    int64_t end = size;
    while (end > 0 && text[end - 1] == '\0') end--;
    return end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r') ? end : size;
}

/* Some office programs say the delimiter in a first line of their own, "sep=;"; '\0' if there is none. */
static char said_delimiter(const char *text, int64_t size)
{
    const bool there = size > 5 && memcmp(text, "sep=", 4) == 0 && (text[5] == '\n' || text[5] == '\r');
    return there && strchr(",;\t|", text[4]) != NULL ? text[4] : '\0';
}

static char find_delimiter(const cama__scanner *start, const cama__csv *csv)
{
    cama__scanner s = *start;
    if (csv->dialect->delimiter != '\0') return csv->dialect->delimiter;
    s.delimiter = ',';
    for (int64_t i = 0; i < csv->dialect->skip_lines && s.at < s.size; i++) cama__scan_skip_line(&s);
    if (skip_lines(&s, csv->dialect, 0) != CAMA_OK) return ',';
    const int64_t begin = s.at;
    cama__scan_skip_line(&s);
    return cama__dialect_guess(csv->dialect, s.text + begin, s.at - begin);
}

int32_t cama__csv_parse_as(char *text, int64_t size, const char *where, const cama__dialect *dialect, cama__csv *out)
{
    int32_t status = CAMA_OK;
    static const char mark[] = "\xef\xbb\xbf";
    const int64_t skip = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    cama__csv csv = {.where = where, .dialect = dialect != NULL ? dialect : &cama__dialect_plain, .size = size};
    cama__scanner start = {.text = text + skip, .line = 1, .where = where, .status = CAMA_E_FORMAT};
    TRY(cama__dialect_check_text(text, size, where));
    start.size = without_padding(start.text, size - skip);
    const char said = said_delimiter(start.text, start.size);
    if (said != '\0') start.at = 5; /* the rest of its line is blank */
    start.cr = start.size > 0 && memchr(start.text, '\n', (size_t)start.size) == NULL;
    start.delimiter = said != '\0' && csv.dialect->delimiter == '\0' ? said : find_delimiter(&start, &csv);
    cama__scanner s = start;
    TRY(scan(&s, &csv));
    TRY(cama__mem_new(&csv.cell, cama__file_room((csv.rows + 1) * csv.columns)));
    TRY(cama__mem_new(&csv.line, cama__file_room(csv.rows + 1)));
    TRY(cama__mem_new(&csv.by_name, cama__file_room(csv.columns)));
    s = start;
    s.write = true;
    TRY(scan(&s, &csv));
    if (!csv.dialect->header) TRY(make_header(&csv));
    for (int64_t i = 0; i < csv.columns; i++) csv.by_name[i] = csv.cell + i;
    cama__sort(csv.by_name, csv.columns, sizeof *csv.by_name, by_name);
    *out = csv;
    memset(&csv, 0, sizeof csv);
out:
    cama__csv_free(&csv);
    return status;
}

int32_t cama__csv_load(const cama__source *from, const cama__dialect *dialect, cama__csv *out)
{
    int32_t status = CAMA_OK;
    void *text = NULL;
    int64_t size;
    if (from->data != NULL)
        TRY(cama__file_unpack(from->data, from->size, from->where, FILE_MOST, &text, &size));
    else
        TRY(cama__file_read_any(strcmp(from->where, "-") == 0 ? "/dev/stdin" : from->where, FILE_MOST, &text, &size));
    TRY(cama__csv_parse_as(text, size, from->where, dialect, out));
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
    cama__mem_free(csv->made);
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

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

static bool differs_in_case(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) a++, b++;
    return *a == *b;
}

/* Whether a cell of the header is a number, as the cells of a record are. */
static bool has_numbers(const cama__csv *csv)
{
    double value;
    for (int64_t i = 0; i < csv->columns; i++)
        if (cama__dialect_number(csv->dialect, csv->cell[i], &value) == DECIMAL_NUMBER) return true;
    return false;
}

const char *cama__csv_hint(const cama__csv *csv, const char *name, char text[CSV_HINT])
{
    const char mark = *csv->cell[0];
    text[0] = '\0';
    if (!csv->dialect->header)
        snprintf(text, CSV_HINT, " (option columns names them: %" PRId64 " columns, the first \"%.*s\")", csv->columns,
                 SHOWN(csv->cell[0]));
    else if (mark != '\0' && strchr("#%!/", mark) != NULL)
        snprintf(text, CSV_HINT, " (the header begins with \"%c\": option comment leaves out such lines)", mark);
    else if (csv->columns == 1)
        snprintf(text, CSV_HINT, " (the header is one field: option delimiter says what divides the columns)");
    else if (has_numbers(csv))
        snprintf(text, CSV_HINT, " (the first line has numbers: option header = none reads a file without a header)");
    for (int64_t i = 0; i < csv->columns && text[0] == '\0'; i++)
        if (differs_in_case(csv->cell[i], name)) snprintf(text, CSV_HINT, " (there is \"%.*s\")", SHOWN(csv->cell[i]));
    return text;
}

int32_t cama__csv_error(const cama__csv *csv, int64_t row, int64_t column, int32_t status, const char *expected)
{
    const char *text = cama__csv_cell(csv, row, column), *quote = *text != '\0' ? "\"" : "";
    const char *got = *text != '\0' ? text : "an empty cell";
    return cama__error(status, "%s: line %" PRId64 ", column \"%s\": expected %s, got %s%.*s%s", csv->where,
                       csv->line[row + 1], csv->cell[column], expected, quote, SHOWN(got), quote);
}
