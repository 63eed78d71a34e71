/* table_costume - a parser by hand of what people put around digits: signs, dividers, exponents, units; and of numbers
 * that are written otherwise. */
#include "table_costume.h"

#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/* Bytes of what may divide the digits of a number: point, comma, apostrophe, underscore, space, no-break space. */
static int64_t divider(const char *text)
{
    if (*text != '\0' && strchr(".,' _", *text) != NULL) return 1;
    if (strncmp(text, "\xc2\xa0", 2) == 0) return 2;
    return strncmp(text, "\xe2\x80\xaf", 3) == 0 || strncmp(text, "\xe2\x80\x99", 3) == 0 ? 3 : 0;
}

/* Behind digits, each but the last followed by more of them, perhaps past a divider; text if there are none. */
static const char *digits(const char *text, int32_t *commas, int32_t *others)
{
    *commas = *others = 0;
    while (is_digit(*text)) {
        while (is_digit(*text)) text++;
        const int64_t bytes = divider(text);
        if (bytes == 0 || !is_digit(text[bytes])) break;
        *commas += *text == ',';
        *others += *text != ',';
        text += bytes;
    }
    return text;
}

static const char *exponent(const char *text)
{
    if (*text == '\0' || strchr("eEdD", *text) == NULL) return text;
    const char *at = text + 1 + (text[1] == '+' || text[1] == '-');
    if (!is_digit(*at)) return text;
    while (is_digit(*at)) at++;
    return at;
}

static bool is_sign_or_space(char c) { return c != '\0' && strchr("+-( \t", c) != NULL; }

static bool is_hexadecimal(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/* Behind a hexadecimal number, a fraction or a time of day; text if it is none of them. */
static const char *otherwise(const char *text)
{
    const char *at = text + (*text == '+' || *text == '-');
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && is_hexadecimal(at[2])) {
        for (at += 2; is_hexadecimal(*at);) at++;
        return at;
    }
    int32_t parts = 0;
    char between = '\0';
    while (is_digit(*at)) {
        while (is_digit(*at)) at++;
        parts++;
        if ((*at != ':' && *at != '/') || (between != '\0' && *at != between) || !is_digit(at[1])) break;
        between = *at++;
    }
    if (between == ':' && *at == '.') /* decimals of a second */
        for (at++; is_digit(*at);) at++;
    return parts == 2 || (parts == 3 && between == ':') ? at : text;
}

bool cama__costume_read(const char *text, cama__costume *out)
{
    cama__costume made = {0};
    int32_t commas, others;
    const char *behind = otherwise(text);
    if (behind > text && *behind == '\0') {
        *out = (cama__costume){.prefix = text, .suffix = behind, .otherwise = true};
        return true;
    }
    while (is_sign_or_space(*text)) text++;
    made.prefix = text;
    while (*text != '\0' && !is_digit(*text) && !is_letter(*text)) text++;
    const char *end = text;
    while (end > made.prefix && (is_sign_or_space(end[-1]) || end[-1] == '.' || end[-1] == ',')) end--;
    made.prefix_size = end - made.prefix;
    if (!is_digit(*text)) return false;
    text = exponent(digits(text, &commas, &others));
    if (*text == '.' || *text == ',') text++; /* "5." */
    const char *number_end = text;
    while (*text == ' ' || strncmp(text, "\xc2\xa0", 2) == 0) text += *text == ' ' ? 1 : 2;
    made.apart = text > number_end || !is_letter(*text);
    made.suffix = text;
    made.suffix_size = (int64_t)strlen(text);
    for (const char *c = text; *c != '\0'; c++)
        if (is_digit(*c)) return false;
    made.comma = commas == 1 && others == 0 && made.prefix_size == 0 && made.suffix_size == 0;
    *out = made;
    return true;
}

bool cama__costume_same(const cama__costume *a, const cama__costume *b)
{
    const bool prefix = a->prefix_size == b->prefix_size && memcmp(a->prefix, b->prefix, (size_t)a->prefix_size) == 0;
    const bool suffix = a->suffix_size == b->suffix_size && memcmp(a->suffix, b->suffix, (size_t)a->suffix_size) == 0;
    return prefix && a->otherwise == b->otherwise && (suffix || (a->apart && b->apart));
}
