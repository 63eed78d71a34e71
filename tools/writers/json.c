/* json - one function writes what stands before every value: comma, line, indentation, key. */
#include "json.h"

#include <math.h>

static void quoted(const json *out, const char *text)
{
    fputc('"', out->file);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out->file, "\\%c", *c);
        else if (*c < 0x20)
            fprintf(out->file, "\\u%04x", *c);
        else
            fputc(*c, out->file);
    }
    fputc('"', out->file);
}

static void before(json *out, const char *key)
{
    if (out->depth > 0) fprintf(out->file, "%s\n%*s", out->first ? "" : ",", 2 * out->depth, "");
    out->first = 0;
    if (key == NULL) return;
    quoted(out, key);
    fputs(": ", out->file);
}

void json_open(json *out, const char *key, char bracket)
{
    before(out, key);
    fputc(bracket, out->file);
    out->depth++;
    out->first = 1;
}

void json_close(json *out, char bracket)
{
    out->depth--;
    if (!out->first) fprintf(out->file, "\n%*s", 2 * out->depth, "");
    fputc(bracket, out->file);
    out->first = 0;
    if (out->depth == 0) fputc('\n', out->file);
}

void json_int(json *out, const char *key, int64_t value)
{
    before(out, key);
    fprintf(out->file, "%lld", (long long)value);
}

void json_real(json *out, const char *key, double value)
{
    before(out, key);
    if (isfinite(value))
        fprintf(out->file, "%.*g", fabs(value) < 1e9 ? 9 : 15, value);
    else
        fputs("null", out->file);
}

void json_text(json *out, const char *key, const char *value)
{
    before(out, key);
    if (value != NULL)
        quoted(out, value);
    else
        fputs("null", out->file);
}

void json_truth(json *out, const char *key, int value)
{
    before(out, key);
    fputs(value ? "true" : "false", out->file);
}
