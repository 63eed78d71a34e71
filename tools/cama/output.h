/* output - files and standard output that lose nothing. A file is opened under another name beside its place before the
 * work begins, and takes its place by rename when it is whole; what stood there stays until then. */
#ifndef TOOL_OUTPUT_H
#define TOOL_OUTPUT_H

#include <stdio.h>

typedef struct output output;

/* First of all: fails if standard output is closed, since the next file that is opened would take its place. */
void output_begin(void);

/* Last of all: 0 if all that was printed was written; otherwise says so and returns 1. */
int output_end(void);

/* NULL and "-" are standard output. Pipes, terminals and devices are written as they are. Fails if it cannot be. */
output *output_open(const char *path);
FILE *output_file(const output *out);
const char *output_name(const output *out); /* the path as it was given, or "standard output" */
int output_is_stdout(const output *out);

/* All that was written takes its place; fails if not all could be. Frees out. */
void output_commit(output *out);
/* The same under another name beside it. */
void output_commit_as(output *out, const char *path);
/* What was written goes. Frees out; NULL is allowed. */
void output_drop(output *out);

/* Removes what was not committed; callable from a signal handler. */
void output_abandon(void);

/* Makes a folder that may be there; its parent must be. */
void output_folder(const char *path);

#endif
