/* csv_scan - lines, spaces, fields and records, from the smallest to the largest. */
#include "csv_scan.h"

#include <inttypes.h>
#include <string.h>

int32_t cama__scan_wrong(const cama__scanner *s, int64_t line, const char *text)
{
    if (s->list) return cama__error(s->status, "%s: %s", s->where, text);
    return cama__error(s->status, "%s: line %" PRId64 ": %s", s->where, line, text);
}

/* ---- Lines and spaces ---- */

int64_t cama__scan_line_end(const cama__scanner *s, int64_t at)
{
    if (at >= s->size) return 0;
    if (s->text[at] == '\n') return 1;
    if (s->text[at] != '\r') return 0;
    if (at + 1 < s->size && s->text[at + 1] == '\n') return 2;
    return s->cr;
}

void cama__scan_skip_line(cama__scanner *s)
{
    int64_t end = 0;
    while (s->at < s->size && (end = cama__scan_line_end(s, s->at)) == 0) s->at++;
    s->at += end;
    s->line++;
}

/* A space that does not divide; where spaces divide, they all do. */
static bool is_space(const cama__scanner *s, char c) { return c == ' ' || (c == '\t' && s->delimiter != '\t'); }

static bool divides(const cama__scanner *s, char c)
{
    return s->delimiter == ' ' ? c == ' ' || c == '\t' : c == s->delimiter;
}

static int64_t past_spaces(const cama__scanner *s, int64_t at)
{
    while (at < s->size && is_space(s, s->text[at])) at++;
    return at;
}

bool cama__scan_is_blank(const cama__scanner *s)
{
    const int64_t at = past_spaces(s, s->at);
    return at >= s->size || cama__scan_line_end(s, at) > 0;
}

/* Bytes of a space at text: also of the no-break ones U+00A0 and U+202F, which office programs put around numbers. */
static int64_t space_at(const char *text, int64_t length)
{
    if (length >= 1 && (*text == ' ' || *text == '\t')) return 1;
    if (length >= 2 && memcmp(text, "\xc2\xa0", 2) == 0) return 2;
    return length >= 3 && memcmp(text, "\xe2\x80\xaf", 3) == 0 ? 3 : 0;
}

static void trim(char **begin, int64_t *length)
{
    int64_t space;
    while ((space = space_at(*begin, *length)) > 0) *begin += space, *length -= space;
    for (space = 1; space > 0; *length -= space) {
        space = 0;
        for (int64_t k = 1; k <= 3 && k <= *length; k++)
            if (space_at(*begin + *length - k, k) == k) space = k;
    }
}

/* ---- Fields ---- */

/* From behind the opening quote to behind the closing one; *length is that of what stands between, with its pairs of
 * quotes halved. */
static int32_t quoted(cama__scanner *s, int64_t *length)
{
    const int64_t begin = s->at, opened = s->line;
    int64_t to = begin;
    while (s->at < s->size) {
        const char c = s->text[s->at++];
        if (c == '\0') return cama__scan_wrong(s, s->line, "expected text, got a NUL byte");
        if (c == '"') {
            if (s->at == s->size || s->text[s->at] != '"') {
                *length = to - begin;
                return CAMA_OK;
            }
            s->at++;
        }
        if (c == '\n' || (c == '\r' && s->cr)) s->line++;
        if (s->write) s->text[to] = c;
        to++;
    }
    return cama__scan_wrong(s, opened, "expected a closing quote for the one that opens here, got the end of the text");
}

static int32_t unquoted(cama__scanner *s)
{
    while (s->at < s->size) {
        const char c = s->text[s->at];
        if (divides(s, c) || c == '\n' || c == '\r') break;
        if (c == '"') return cama__scan_wrong(s, s->line, "expected quotes around the whole field, got one inside it");
        if (c == '\0') return cama__scan_wrong(s, s->line, "expected text, got a NUL byte");
        s->at++;
    }
    return CAMA_OK;
}

/* A delimiter, a line's end or the text's. *ends: of the record. */
static int32_t separator(cama__scanner *s, bool *ends)
{
    s->at = past_spaces(s, s->at); /* behind a closing quote; where spaces divide, all of them */
    const int64_t end = cama__scan_line_end(s, s->at);
    const char c = s->at < s->size ? s->text[s->at] : '\n';
    *ends = s->at >= s->size || end > 0;
    if (*ends) {
        s->at += end;
        s->line++;
        return CAMA_OK;
    }
    if (c == '\r') return cama__scan_wrong(s, s->line, "expected a line to end in LF or CR LF, got a CR alone");
    if (s->delimiter == ' ') return CAMA_OK;
    if (!divides(s, c))
        return cama__scan_wrong(
            s, s->line,
            s->delimiter == ',' ? "expected a comma or the end of the line after a closing quote, got more text"
                                : "expected a delimiter or the end of the line after a closing quote, got more text");
    s->at++;
    return CAMA_OK;
}

/* *field is the text, trimmed and, the second time, ended by a zero byte, which falls on its separator or before. */
static int32_t next_field(cama__scanner *s, const char **field, int64_t *length, bool *ends)
{
    int32_t status = CAMA_OK;
    const int64_t first = past_spaces(s, s->at);
    const bool has_quotes = first < s->size && s->text[first] == '"';
    if (has_quotes) s->at = first + 1;
    char *begin = s->text + s->at;
    TRY(has_quotes ? quoted(s, length) : unquoted(s));
    if (!has_quotes) *length = s->text + s->at - begin;
    const bool doubled = s->delimiter == ' ' && has_quotes && s->at < s->size && !divides(s, s->text[s->at]) &&
                         cama__scan_line_end(s, s->at) == 0;
    if (doubled) TRY(cama__scan_wrong(s, s->line, "expected a space or the end of the line after a closing quote"));
    TRY(separator(s, ends));
    /* a writer that split lines at LF alone has put the CR of the line's end into the last cell's quotes */
    if (has_quotes && *ends && !s->cr && *length > 0 && begin[*length - 1] == '\r') --*length;
    trim(&begin, length);
    if (s->write) begin[*length] = '\0';
    *field = begin;
out:
    return status;
}

int32_t cama__scan_record(cama__scanner *s, const char **cells, int64_t most, int64_t *fields, bool *spare)
{
    int32_t status = CAMA_OK;
    bool ends = false;
    if (s->delimiter == ' ') s->at = past_spaces(s, s->at);
    for (*fields = 0; !ends; (*fields)++) {
        const char *field = NULL;
        int64_t length = 0;
        TRY(next_field(s, &field, &length, &ends));
        if (s->write && *fields < most) cells[*fields] = field;
        *spare = length == 0;
    }
out:
    return status;
}
