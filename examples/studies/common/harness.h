/* harness - what every example does around the library: gives up on an error, makes a session that Ctrl-C cancels. */
#ifndef EXAMPLE_HARNESS_H
#define EXAMPLE_HARNESS_H

#include <cama/cama.h>

#include "progress.h"

/* Says what cannot be done, and why, on one line; exits with 1. */
void give_up(const char *what, const char *why);

/* 1 for CAMA_OK, 0 for CAMA_E_CANCELLED; gives up on anything else, with the library's message. */
int went(int32_t status);

/* A session of that many threads (0: one for each processor), with that option `convolution` (NULL: the default), that
 * tells bar how far it is. The first Ctrl-C cancels what it computes, the second one kills. One at a time. */
cama_session *session_open(int64_t threads, const char *convolution, progress *bar);
void session_close(cama_session *session);

/* threads, or what 0 stands for. */
int64_t session_threads(int64_t threads);

#endif
