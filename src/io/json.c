/* json - one function for each thing that may stand in the text; each looks at the next byte and says what it wants. */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char escape_letters[] = "\"\\/bfnrt";
static const char escape_bytes[] = "\"\\/\b\f\n\r\t";

void cama__json_start(cama__json *json, const char *text, int64_t size, const char *where, char *pool)
{
    *json = (cama__json){.text = text, .size = size, .where = where, .pool = pool};
}

void cama__json_free(cama__json *json)
{
    cama__mem_free(json->seen);
    json->seen = NULL;
}

void *cama__json_grow(void *array, int64_t count, int64_t *room, size_t item)
{
    if (count < *room) return array;
    const int64_t larger = *room < 16 ? 16 : *room * 2;
    void *copy = cama__mem_alloc((size_t)larger, item);
    if (copy == NULL) return NULL;
    if (array != NULL) memcpy(copy, array, (size_t)count * item);
    cama__mem_free(array);
    *room = larger;
    return copy;
}

static int next_byte(const cama__json *json)
{
    return json->at < json->size ? (unsigned char)json->text[json->at] : -1;
}

static int32_t unexpected(const cama__json *json, const char *expected)
{
    const int c = next_byte(json);
    char got[16] = "the end";
    if (c > ' ' && c < 0x7f)
        snprintf(got, sizeof got, "'%c'", c);
    else if (c >= 0)
        snprintf(got, sizeof got, "byte 0x%02x", (unsigned)c);
    return cama__error(CAMA_E_FORMAT, "%s: JSON byte %" PRId64 ": expected %s, got %s", json->where, json->at, expected,
                       got);
}

static void skip_space(cama__json *json)
{
    for (int c = next_byte(json); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = next_byte(json)) json->at++;
}

int32_t cama__json_open(cama__json *json, char bracket)
{
    skip_space(json);
    if (next_byte(json) != bracket) return unexpected(json, bracket == '{' ? "'{'" : "'['");
    if (json->depth == CAMA__JSON_DEPTH) return unexpected(json, "nothing nested deeper than 3");
    json->at++;
    json->open[json->depth].close = bracket == '{' ? '}' : ']';
    json->open[json->depth].begun = false;
    json->open[json->depth].first = json->seen_count;
    json->depth++;
    return CAMA_OK;
}

/* ---- Duplicate keys: sorted when the object closes. Heapsort, since no text can make it slow. ---- */

static bool before(const cama__json_seen *a, const cama__json_seen *b)
{
    const int order = strcmp(a->key, b->key);
    return order < 0 || (order == 0 && a->at < b->at);
}

static void sift(cama__json_seen *keys, int64_t root, int64_t count)
{
    const cama__json_seen moved = keys[root];
    for (int64_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && before(&keys[child], &keys[child + 1])) child++;
        if (!before(&moved, &keys[child])) break;
        keys[root] = keys[child];
        root = child;
    }
    keys[root] = moved;
}

static void sort_keys(cama__json_seen *keys, int64_t count)
{
    for (int64_t root = count / 2 - 1; root >= 0; root--) sift(keys, root, count);
    for (int64_t last = count - 1; last > 0; last--) {
        const cama__json_seen top = keys[0];
        keys[0] = keys[last];
        keys[last] = top;
        sift(keys, 0, last);
    }
}

static int32_t check_keys(cama__json *json, int64_t first)
{
    cama__json_seen *keys = json->seen;
    if (json->seen_count - first > 1) sort_keys(keys + first, json->seen_count - first);
    for (int64_t i = first + 1; i < json->seen_count; i++) {
        if (strcmp(keys[i - 1].key, keys[i].key) == 0) {
            return cama__error(CAMA_E_FORMAT,
                               "%s: JSON byte %" PRId64 ": expected each key once, got the key of byte %" PRId64
                               " again",
                               json->where, keys[i].at, keys[i - 1].at);
        }
    }
    json->seen_count = first;
    return CAMA_OK;
}

int32_t cama__json_more(cama__json *json, bool *more)
{
    const int32_t top = json->depth - 1;
    const bool begun = json->open[top].begun;
    skip_space(json);
    *more = next_byte(json) != json->open[top].close;
    if (!*more) {
        json->at++;
        json->depth--;
        return check_keys(json, json->open[top].first);
    }
    if (begun && next_byte(json) != ',') {
        return unexpected(json, json->open[top].close == '}' ? "',' or '}'" : "',' or ']'");
    }
    if (begun) json->at++;
    json->open[top].begun = true;
    return CAMA_OK;
}

int32_t cama__json_end(cama__json *json)
{
    skip_space(json);
    return json->at == json->size ? CAMA_OK : unexpected(json, "the end");
}

/* ---- Strings ---- */

static void append(cama__json *json, uint32_t code)
{
    char *to = json->pool + json->pooled;
    const int32_t tail = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0x00, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(lead[tail] | code >> (6 * tail));
    for (int32_t i = 1; i <= tail; i++) to[i] = (char)(0x80 | (code >> (6 * (tail - i)) & 0x3f));
    json->pooled += tail + 1;
}

static bool is_surrogate(uint32_t code) { return code >= 0xd800 && code < 0xe000; }

/* One character as it stands: no control character, and UTF-8 in its shortest form. */
static int32_t plain_character(cama__json *json)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const int c = next_byte(json);
    if (c < 0x20) return unexpected(json, "a character of a string or '\"'");
    const int32_t tail = c < 0x80 ? 0 : c < 0xc0 ? -1 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf8 ? 3 : -1;
    uint32_t code = tail <= 0 ? (uint32_t)c : (uint32_t)c & (0x3fu >> tail);
    bool good = tail >= 0 && json->size - json->at > tail;
    for (int32_t i = 1; good && i <= tail; i++) {
        const unsigned char next = (unsigned char)json->text[json->at + i];
        good = (next & 0xc0) == 0x80;
        code = code << 6 | (next & 0x3f);
    }
    if (!good || code < smallest[tail] || code > 0x10ffff || is_surrogate(code)) return unexpected(json, "UTF-8");
    json->at += tail + 1;
    append(json, code);
    return CAMA_OK;
}

/* Four hexadecimal digits after "\u". */
static int32_t hex_quad(cama__json *json, uint32_t *code)
{
    *code = 0;
    for (int32_t i = 0; i < 4; i++, json->at++) {
        const int c = next_byte(json);
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return unexpected(json, "four hexadecimal digits after \\u");
        *code = *code << 4 | (uint32_t)digit;
    }
    return CAMA_OK;
}

/* json->at is behind "\u". A character outside the basic plane is a pair of escapes. */
static int32_t unicode_escape(cama__json *json)
{
    int32_t status = CAMA_OK;
    const int64_t begin = json->at - 2;
    uint32_t code, low = 0;
    TRY(hex_quad(json, &code));
    if (code >= 0xd800 && code < 0xdc00 && json->size - json->at >= 2 && memcmp(json->text + json->at, "\\u", 2) == 0) {
        json->at += 2;
        TRY(hex_quad(json, &low));
        if (low >= 0xdc00 && low < 0xe000) code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code == 0 || is_surrogate(code)) {
        FAIL(CAMA_E_FORMAT, "%s: JSON byte %" PRId64 ": expected an escaped character other than U+0000, got %s",
             json->where, begin, code == 0 ? "\\u0000" : "half a surrogate pair");
    }
    append(json, code);
out:
    return status;
}

static int32_t escaped_character(cama__json *json)
{
    json->at++;
    const int c = next_byte(json);
    const char *letter = c > 0 ? strchr(escape_letters, c) : NULL;
    if (letter == NULL && c != 'u') return unexpected(json, "one of \"\\/bfnrtu after \\");
    json->at++;
    if (letter == NULL) return unicode_escape(json);
    append(json, (unsigned char)escape_bytes[letter - escape_letters]);
    return CAMA_OK;
}

int32_t cama__json_string(cama__json *json, const char **value)
{
    skip_space(json);
    if (next_byte(json) != '"') return unexpected(json, "a string");
    json->at++;
    const char *begin = json->pool + json->pooled;
    while (next_byte(json) != '"') {
        const int32_t status = next_byte(json) == '\\' ? escaped_character(json) : plain_character(json);
        if (status != CAMA_OK) return status;
    }
    json->at++;
    json->pool[json->pooled++] = '\0'; /* in the room of the quotes */
    *value = begin;
    return CAMA_OK;
}

int32_t cama__json_key(cama__json *json, const char **key)
{
    int32_t status = CAMA_OK;
    const char *text;
    skip_space(json);
    const int64_t at = json->at;
    if (next_byte(json) != '"') TRY(unexpected(json, "a key"));
    TRY(cama__json_string(json, &text));
    skip_space(json);
    if (next_byte(json) != ':') TRY(unexpected(json, "':'"));
    json->at++;

    cama__json_seen *seen = cama__json_grow(json->seen, json->seen_count, &json->seen_room, sizeof *seen);
    TRY(cama__mem_got(seen));
    json->seen = seen;
    seen[json->seen_count++] = (cama__json_seen){text, at};
    *key = text;
out:
    return status;
}

int32_t cama__json_integer(cama__json *json, int64_t *value)
{
    int64_t number = 0; /* negative while digits come: that side reaches one further */
    skip_space(json);
    const int64_t begin = json->at;
    const bool negative = next_byte(json) == '-';
    if (negative) json->at++;
    int c = next_byte(json);
    if (c < '0' || c > '9') return unexpected(json, negative ? "a digit" : "an integer");
    bool fits = true;
    if (c == '0')
        json->at++; /* alone: a digit behind it is not what comes after a number */
    else {
        for (; c >= '0' && c <= '9'; c = next_byte(json)) {
            fits = fits && !__builtin_mul_overflow(number, (int64_t)10, &number) &&
                   !__builtin_sub_overflow(number, (int64_t)(c - '0'), &number);
            json->at++;
        }
    }
    if (!negative) fits = fits && !__builtin_sub_overflow((int64_t)0, number, &number);
    if (!fits) {
        return cama__error(CAMA_E_FORMAT, "%s: JSON byte %" PRId64 ": expected an integer of 64 bits, got a larger one",
                           json->where, begin);
    }
    c = next_byte(json);
    if (c == '.' || c == 'e' || c == 'E') return unexpected(json, "an integer to end here");
    *value = number;
    return CAMA_OK;
}

/* ---- Writer ---- */

static void put_bytes(cama__json_writer *writer, const char *bytes, size_t count)
{
    if (writer->text != NULL) memcpy(writer->text + writer->used, bytes, count);
    writer->used += (int64_t)count;
}

void cama__json_put(cama__json_writer *writer, const char *raw) { put_bytes(writer, raw, strlen(raw)); }

void cama__json_put_string(cama__json_writer *writer, const char *value)
{
    put_bytes(writer, "\"", 1);
    for (; *value != '\0'; value++) {
        const char *found = *value == '/' ? NULL : strchr(escape_bytes, *value); /* a slash needs no escape */
        char text[8];
        if (found != NULL)
            snprintf(text, sizeof text, "\\%c", escape_letters[found - escape_bytes]);
        else if ((unsigned char)*value < 0x20)
            snprintf(text, sizeof text, "\\u%04x", (unsigned)*value);
        else
            snprintf(text, sizeof text, "%c", *value);
        put_bytes(writer, text, strlen(text));
    }
    put_bytes(writer, "\"", 1);
}

void cama__json_put_integer(cama__json_writer *writer, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    cama__json_put(writer, text);
}
