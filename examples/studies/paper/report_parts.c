/* report_parts - escaped text, and files that become part of the report. */
#include "report.h"

#include "common/svg_card.h"

void html_text(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            fputs("&quot;", out);
        else
            svg_escaped(out, (const char[]){*c, '\0'});
    }
}

void html_file(FILE *out, const char *path)
{
    char block[4096];
    FILE *in = fopen(path, "r");
    if (in == NULL) return;
    for (size_t got; (got = fread(block, 1, sizeof block, in)) > 0;) fwrite(block, 1, got, out);
    fclose(in);
}

/* Base64, RFC 4648. */
static void put_three(FILE *out, const unsigned char *bytes, size_t count)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned word = (unsigned)bytes[0] << 16 | (unsigned)bytes[1] << 8 | bytes[2];
    for (size_t i = 0; i < 4; i++) fputc(i <= count ? letters[word >> (18 - 6 * i) & 63] : '=', out);
}

void html_png(FILE *out, const char *path)
{
    unsigned char bytes[3];
    fputs("data:image/png;base64,", out);
    FILE *in = fopen(path, "rb");
    if (in == NULL) return;
    for (;;) {
        bytes[0] = bytes[1] = bytes[2] = 0;
        const size_t got = fread(bytes, 1, 3, in);
        if (got > 0) put_three(out, bytes, got);
        if (got < 3) break;
    }
    fclose(in);
}
