/* svg_card - the file is opened and closed, and words are escaped, here alone. */
#include "svg_card.h"

void svg_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *word = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;
        if (word != NULL)
            fputs(word, out);
        else
            fputc(*text, out);
    }
}

void svg_words(FILE *out, double x, double y, const char *style, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, style);
    svg_escaped(out, text);
    fputs("</text>\n", out);
}

FILE *svg_begin(const char *path, int width, int top, const char *title, const char *y_label)
{
    const int height = top + SVG_PANEL_H + SVG_BOTTOM;
    FILE *out = fopen(path, "w");
    if (out == NULL) return NULL;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
            "<style>text{font:13px sans-serif;fill:#222}.title{font-size:16px;font-weight:bold}"
            ".panel,.x{text-anchor:middle}.panel{font-weight:bold}.y{text-anchor:end}.grid{stroke:#ddd}</style>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
            width, height, width, height, width, height);
    svg_words(out, SVG_LEFT, 22, "title", title);
    fprintf(out, "<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">", top + SVG_PANEL_H / 2);
    svg_escaped(out, y_label);
    fputs("</text>\n", out);
    return out;
}

int svg_end(FILE *out)
{
    fprintf(out, "</svg>\n");
    const int failed = ferror(out);
    return fclose(out) != 0 || failed ? -1 : 0;
}
