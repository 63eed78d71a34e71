/* graph_formats - the edges of a causal graph as programs write them: an edge list in a CSV file, with any header of
 * two columns or none (also with semicolons, tabs or spaces); DOT; dagitty; bnlearn's model string and BIF networks;
 * lines of "a -> b". Whatever the format, what comes out is a table of the columns source and target with the lines of
 * the file.
 *
 * Only directed edges are read. CAMA_E_FORMAT names the line of an edge without a direction or with two (a latent
 * common cause is a variable of its own here), and of what is no edge. A variable that stands alone gives no row. */
#ifndef CAMA_IO_GRAPH_FORMATS_H
#define CAMA_IO_GRAPH_FORMATS_H

#include "csv.h"

int32_t cama__graph_edges_read(const char *path, cama__csv *out);
/* The same of text (size, and a zero byte behind it), which is taken apart: where names it. */
int32_t cama__graph_edges_parse(char *text, int64_t size, const char *where, cama__csv *out);

/* ---- Shared by the formats ---- */

typedef struct {
    const char *from, *to;
    int64_t line;
} cama__graph_edge;

/* Where a format's reader is, and what it found. */
typedef struct {
    const char *text, *where;
    int64_t size, at, line;
    char *pool; /* (size + 2) names, each ended by a zero byte */
    int64_t pooled;
    cama__graph_edge *edge; /* (count) */
    int64_t count, room;
} cama__graph_reader;

/* A name of length bytes in the pool, without spaces around it. */
const char *cama__graph_name(cama__graph_reader *r, const char *text, int64_t length);
int32_t cama__graph_add(cama__graph_reader *r, const char *from, const char *to, int64_t line);
/* CAMA_E_FORMAT with the reader's line: "expected EXPECTED, got " and what stands at `at`. */
int32_t cama__graph_expected(const cama__graph_reader *r, const char *expected);
/* The same of an edge on that line that has not one direction. */
int32_t cama__graph_undirected(const cama__graph_reader *r, int64_t line, const char *from, const char *arrow,
                               const char *to);

int32_t cama__graph_dot(cama__graph_reader *r);     /* DOT and dagitty: from their first word on */
int32_t cama__graph_bnlearn(cama__graph_reader *r); /* [a][b|a][c|a:b] */
int32_t cama__graph_bif(cama__graph_reader *r);     /* probability ( c | a, b ) */
int32_t cama__graph_arrows(cama__graph_reader *r);  /* a -> b, one chain a line */

#endif
