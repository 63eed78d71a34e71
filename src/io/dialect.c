/* dialect - options to a dialect, a cell's text to a number under it, and what a file's bytes say of it. */
#include "dialect.h"

#include <string.h>

const cama__dialect cama__dialect_plain = {.header = true, .comment = ""};

/* ---- Options ---- */

static int32_t read_delimiter(const char *text, char *delimiter)
{
    static const struct {
        const char *word;
        char character;
    } words[] = {{"auto", '\0'}, {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'},
                 {"space", ' '}, {"bar", '|'},   {"\\t", '\t'}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i].word) != 0) continue;
        *delimiter = words[i].character;
        return CAMA_OK;
    }
    const unsigned char c = (unsigned char)text[0];
    const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (c == '\0' || text[1] != '\0' || c >= 0x7f || (c < ' ' && c != '\t') || letter || strchr("\"+-.", c) != NULL)
        return cama__error(CAMA_E_OPTION,
                           "option delimiter: expected auto, comma, semicolon, tab, space, bar or one ASCII character "
                           "that no number has, got \"%.*s\"",
                           SHOWN(text));
    *delimiter = text[0];
    return CAMA_OK;
}

int32_t cama__dialect_read(const cama__dialect_options *o, cama__dialect *out)
{
    int32_t status = CAMA_OK;
    cama__dialect made = {.comment = o->comment,
                          .header = o->header == HEADER_FIRST,
                          .decimal_comma = o->decimal == DECIMAL_IS_COMMA,
                          .skip_lines = o->skip_lines,
                          .skip_records = o->skip_records};
    TRY(read_delimiter(o->delimiter, &made.delimiter));
    TRY(cama__csv_names_read(o->columns, "columns", &made.columns));
    TRY(cama__csv_names_read(o->missing_tokens, "missing_tokens", &made.missing));
    if (made.header && made.columns.count > 0)
        FAIL(CAMA_E_OPTION, "option columns: expected header = none, got a header that has the names");
    if (made.decimal_comma && made.delimiter == ',')
        FAIL(CAMA_E_OPTION, "option decimal: expected a delimiter other than the decimal comma, got a comma");
    *out = made;
    memset(&made, 0, sizeof made);
out:
    cama__dialect_free(&made);
    return status;
}

void cama__dialect_free(cama__dialect *dialect)
{
    cama__csv_names_free(&dialect->columns);
    cama__csv_names_free(&dialect->missing);
    memset(dialect, 0, sizeof *dialect);
}

/* ---- Cells ---- */

enum cama__decimal cama__dialect_number(const cama__dialect *dialect, const char *text, double *value)
{
    enum { ROOM = 512 };
    char point[ROOM];
    const char *comma = dialect->decimal_comma ? strpbrk(text, ",.") : NULL;
    if (comma == NULL) return cama__decimal_parse(text, value);
    const size_t size = strlen(text) + 1;
    if (*comma == '.' || size > ROOM) return DECIMAL_OTHER;
    memcpy(point, text, size);
    point[comma - text] = '.';
    return cama__decimal_parse(point, value);
}

bool cama__dialect_missing(const cama__dialect *dialect, const char *text)
{
    return *text == '\0' || cama__csv_names_find(&dialect->missing, text) >= 0;
}

/* ---- Files ---- */

char cama__dialect_guess(const cama__dialect *dialect, const char *line, int64_t size)
{
    static const char orders[2][3] = {{',', ';', '\t'}, {';', '\t', ','}};
    bool has[128] = {false}, quoted = false;
    for (int64_t i = 0; i < size; i++) {
        if (line[i] == '"') quoted = !quoted;
        if (!quoted) has[line[i] & 0x7f] = true;
    }
    const char *order = orders[dialect->decimal_comma];
    for (int i = 0; i < 3; i++)
        if (has[(int)order[i]]) return order[i];
    return ',';
}

/* Text in UTF-16 without a byte order mark: most characters of a table are ASCII, so that every other byte is zero. */
static bool looks_like_utf_16(const char *bytes, int64_t size)
{
    int64_t zeros[2] = {0, 0};
    const int64_t most = size < 64 ? size & ~INT64_C(1) : 64;
    for (int64_t i = 0; i < most; i++) zeros[i % 2] += bytes[i] == '\0';
    return most >= 8 && ((zeros[0] > most / 3 && zeros[1] == 0) || (zeros[1] > most / 3 && zeros[0] == 0));
}

int32_t cama__dialect_check_text(const char *bytes, int64_t size, const char *where)
{
    static const struct {
        const char *magic;
        int64_t size;
        const char *what;
    } kinds[] = {
        {"\xff\xfe\0\0", 4, "UTF-32 (convert it: iconv -f UTF-32 -t UTF-8)"},
        {"\0\0\xfe\xff", 4, "UTF-32 (convert it: iconv -f UTF-32 -t UTF-8)"},
        {"\xff\xfe", 2, "UTF-16 (convert it: iconv -f UTF-16 -t UTF-8)"},
        {"\xfe\xff", 2, "UTF-16 (convert it: iconv -f UTF-16 -t UTF-8)"},
        {"PK\x03\x04", 4, "a zip archive, as .xlsx and .ods files are (save the sheet as CSV)"},
        {"\xd0\xcf\x11\xe0", 4, "an old office file, as .xls is (save the sheet as CSV)"},
        {"\x1f\x8b", 2, "gzip within gzip"},
        {"BZh91AY&SY", 10, "bzip2 (unpack it first)"},
        {"\xfd"
         "7zXZ",
         5, "xz (unpack it first)"},
        {"\x28\xb5\x2f\xfd", 4, "Zstandard (unpack it first)"},
        {"PAR1\x15", 5, "Parquet"},
        {"ARROW1\0\0", 8, "Arrow"},
        {"\x89HDF", 4, "HDF5"},
        {"CDF\x01", 4, "NetCDF"},
        {"CDF\x02", 4, "NetCDF"},
        {"%PDF-", 5, "PDF"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (size < kinds[i].size || memcmp(bytes, kinds[i].magic, (size_t)kinds[i].size) != 0) continue;
        return cama__error(CAMA_E_FORMAT, "%s: expected text in UTF-8, got %s", where, kinds[i].what);
    }
    if (!looks_like_utf_16(bytes, size)) return CAMA_OK;
    return cama__error(CAMA_E_FORMAT,
                       "%s: expected text in UTF-8, got UTF-16 without a byte order mark, in which every other byte is "
                       "zero (convert it: iconv -f UTF-16LE -t UTF-8)",
                       where);
}
