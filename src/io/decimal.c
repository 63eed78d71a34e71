/* decimal - few digits and a small power of ten are exact in doubles; everything else goes through a decimal that is
 * doubled and halved until its integer part is the mantissa. Slow and right: no table, no big integers. */
#include "decimal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* 768 digits tell any two neighbouring doubles and the tie between them apart; of what follows it only matters whether
 * it is zero. */
enum { DIGITS = 800, SHIFT_MOST = 59, EXPONENT_MOST = 100000 };

/* 0.d0 d1 d2 ... * 10^point */
typedef struct {
    uint8_t digit[DIGITS];
    int32_t count, point;
    bool more; /* digits other than 0 were left out behind */
} decimal;

static void trim(decimal *d)
{
    while (d->count > 0 && d->digit[d->count - 1] == 0) d->count--;
    if (d->count == 0) d->point = 0;
}

/* Divide by 2^bits: long division from the front. */
static void halve(decimal *d, int32_t bits)
{
    uint64_t rest = 0;
    int32_t from = 0, to = 0;
    const uint64_t mask = (UINT64_C(1) << bits) - 1;
    for (; rest >> bits == 0; from++) {
        if (from >= d->count && rest == 0) break;
        rest = rest * 10 + (from < d->count ? d->digit[from] : 0);
    }
    d->point -= from - 1;
    while (from < d->count || rest != 0) {
        const uint8_t digit = (uint8_t)(rest >> bits);
        rest = (rest & mask) * 10 + (from < d->count ? d->digit[from] : 0);
        if (to < DIGITS)
            d->digit[to++] = digit;
        else
            d->more = d->more || digit != 0;
        from++;
    }
    d->count = to;
    trim(d);
}

/* Multiply by 2^bits: from the back, the carry's digits then move in at the front. */
static void twice(decimal *d, int32_t bits)
{
    uint64_t carry = 0;
    uint8_t front[24];
    int32_t extra = 0;
    for (int32_t i = d->count - 1; i >= 0; i--) {
        carry += (uint64_t)d->digit[i] << bits;
        d->digit[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    for (; carry > 0; carry /= 10) front[extra++] = (uint8_t)(carry % 10);
    int32_t kept = d->count;
    for (; kept + extra > DIGITS; kept--) d->more = d->more || d->digit[kept - 1] != 0;
    memmove(d->digit + extra, d->digit, (size_t)kept);
    for (int32_t i = 0; i < extra; i++) d->digit[i] = front[extra - 1 - i];
    d->count = kept + extra;
    d->point += extra;
    trim(d);
}

/* The integer nearest to a decimal below 10^18, ties to even. */
static uint64_t nearest_integer(const decimal *d)
{
    uint64_t whole = 0;
    for (int32_t i = 0; i < d->point; i++) whole = whole * 10 + (i < d->count ? d->digit[i] : 0);
    if (d->point < 0 || d->point >= d->count) return whole;
    const uint8_t next = d->digit[d->point];
    const bool tie = next == 5 && d->point + 1 == d->count && !d->more;
    return whole + (tie ? whole & 1 : next >= 5);
}

/* HUGE_VAL when too large. */
static double nearest_double(decimal *d)
{
    int32_t exponent = 0; /* the value is decimal * 2^exponent, the decimal is brought into [1/2, 1) */
    if (d->count == 0 || d->point < -400) return 0;
    if (d->point > 310) return HUGE_VAL;
    while (d->point > 0) {
        const int32_t bits = d->point > 17 ? SHIFT_MOST : 3 * d->point + (d->point == 1 ? -2 : 0);
        halve(d, bits);
        exponent += bits;
    }
    while (d->point < 0 || d->digit[0] < 5) {
        const int32_t bits = d->point < -17 ? SHIFT_MOST : d->point < 0 ? -3 * d->point : 1;
        twice(d, bits);
        exponent -= bits;
    }
    const int32_t lowest = exponent - 53 < -1074 ? -1074 : exponent - 53; /* the exponent of the mantissa's last bit */
    const int32_t bits = exponent - lowest;                               /* 53, or fewer below the normal numbers */
    if (bits < 0) return 0;
    if (bits > 0) twice(d, bits);
    return ldexp((double)nearest_integer(d), lowest);
}

/* ---- Reading ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_space(char c) { return c == ' ' || c == '\t'; }

static const char *read_digits(const char *at, decimal *d, bool fraction)
{
    for (; is_digit(*at); at++) {
        const uint8_t digit = (uint8_t)(*at - '0');
        const bool leading = d->count == 0 && digit == 0;
        if (!leading && d->count < DIGITS)
            d->digit[d->count++] = digit;
        else
            d->more = d->more || digit != 0;
        if (!fraction && !leading && d->point < EXPONENT_MOST) d->point++;
        if (fraction && leading && d->point > -EXPONENT_MOST) d->point--;
    }
    return at;
}

/* Behind an exponent, or at if none is there. */
static const char *read_exponent(const char *at, decimal *d)
{
    if (*at != 'e' && *at != 'E') return at;
    const char *digits = at + 1 + (at[1] == '+' || at[1] == '-');
    int32_t exponent = 0;
    if (!is_digit(*digits)) return at;
    for (; is_digit(*digits); digits++) {
        if (exponent < 10 * EXPONENT_MOST) exponent = exponent * 10 + (*digits - '0');
    }
    d->point += at[1] == '-' ? -exponent : exponent;
    return digits;
}

static bool is_word(const char *at, const char *word)
{
    for (; *word != '\0'; at++, word++) {
        if ((*at | 0x20) != *word) return false;
    }
    while (is_space(*at)) at++;
    return *at == '\0';
}

/* At most 15 digits and a power of ten up to 10^22 are exact in doubles, so that one operation rounds once. */
static bool quick(const decimal *d, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int32_t power = d->point - d->count;
    uint64_t whole = 0;
    if (d->count > 15 || power < -22 || power > 22) return false;
    for (int32_t i = 0; i < d->count; i++) whole = whole * 10 + d->digit[i];
    *value = power < 0 ? (double)whole / powers[-power] : (double)whole * powers[power];
    return true;
}

enum cama__decimal cama__decimal_parse(const char *text, double *value)
{
    decimal d;
    double size;
    d.count = d.point = 0;
    d.more = false;
    while (is_space(*text)) text++;
    if (*text == '\0') return DECIMAL_EMPTY;
    const bool negative = *text == '-';
    if (negative || *text == '+') text++;
    if (is_word(text, "nan") || is_word(text, "inf") || is_word(text, "infinity")) return DECIMAL_NONFINITE;

    const char *begin = text;
    text = read_digits(text, &d, false);
    int64_t digits = text - begin;
    if (*text == '.') {
        begin = ++text;
        text = read_digits(text, &d, true);
        digits += text - begin;
    }
    if (digits == 0) return DECIMAL_OTHER;
    text = read_exponent(text, &d);
    while (is_space(*text)) text++;
    if (*text != '\0') return DECIMAL_OTHER;
    if (!d.more) trim(&d);
    if (d.more || !quick(&d, &size)) size = nearest_double(&d);
    if (isinf(size)) return DECIMAL_NONFINITE;
    *value = negative ? -size : size;
    return DECIMAL_NUMBER;
}

/* ---- Writing ---- */

/* printf writes the locale's decimal point, of whatever bytes: all that is no digit, sign or exponent becomes '.'. */
static void print_digits(double value, int digits, char text[DECIMAL_TEXT])
{
    char local[2 * DECIMAL_TEXT], *to = text;
    snprintf(local, sizeof local, "%.*g", digits, value);
    for (const char *at = local; *at != '\0'; at++) {
        const bool known = is_digit(*at) || strchr("+-e", *at) != NULL;
        if (known || to == text || to[-1] != '.') *to++ = known ? *at : '.';
    }
    *to = '\0';
}

void cama__decimal_print(double value, char text[DECIMAL_TEXT])
{
    double back = 0;
    for (int digits = 9; digits <= 17; digits++) {
        print_digits(value, digits, text);
        if (cama__decimal_parse(text, &back) == DECIMAL_NUMBER && back == value) break;
    }
}

double cama__decimal_meant(float value)
{
    char text[DECIMAL_TEXT];
    double back = 0;
    for (int digits = 6; digits <= 9; digits++) {
        print_digits((double)value, digits, text);
        if (cama__decimal_parse(text, &back) == DECIMAL_NUMBER && (float)back == value) return back;
    }
    return (double)value;
}
