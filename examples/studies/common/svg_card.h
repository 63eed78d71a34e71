/* svg_card - what every chart begins and ends with: the file, a white card with a title, words. */
#ifndef EXAMPLE_SVG_CARD_H
#define EXAMPLE_SVG_CARD_H

#include <stdio.h>

/* Left, right and below the panels, between them, and from the top of the card to the panels of a one-line legend. */
enum { SVG_PANEL_W = 300, SVG_PANEL_H = 240, SVG_GAP = 36, SVG_TOP = 78 };
enum { SVG_LEFT = 64, SVG_RIGHT = 24, SVG_BOTTOM = 56 };

/* The opened file with the card in it, its panels from top to top + SVG_PANEL_H; NULL with errno set. */
FILE *svg_begin(const char *path, int width, int top, const char *title, const char *y_label);

/* Returns 0, or -1 with errno set. */
int svg_end(FILE *out);

/* Text, with the characters escaped that mean something to XML. */
void svg_escaped(FILE *out, const char *text);

/* Text at a place, in a class of the card's style: title, panel, key, x (centred), y (flush right). */
void svg_words(FILE *out, double x, double y, const char *style, const char *text);

#endif
