/* output - nothing that is printed or written gets lost: what cannot be written is an error before the work begins, as
 * far as that can be known, and otherwise at its end. */
#ifndef EXAMPLE_OUTPUT_H
#define EXAMPLE_OUTPUT_H

/* First of all: gives up if standard output is closed, since the next file that is opened would take its place; what is
 * printed appears line by line. */
void output_begin(void);

/* Last of all: 0 if all that was printed was written; otherwise says so and returns 1. */
int output_end(void);

/* Gives up unless the file can be written (or created): tried without changing it. */
void output_try(const char *path);

#endif
