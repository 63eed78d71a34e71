/* run - the session that computes. The first Ctrl-C or SIGTERM cancels its verb, and the program ends in order; the
 * second ends it at once. */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include <cama/cama.h>

#include "cli.h"

/* Signals are taken from now on; to be called once, first of all. */
void run_begin(void);

/* A session with the options "session" of the command line, one at a time. */
cama_session *run_open(const arguments *args);
void run_close(cama_session *session);

/* The signal that asked to stop, or 0. */
int run_stopped(void);

/* What main returns after a run that was stopped; says so. saved: what was kept, or NULL. */
int run_ended_early(const char *saved);

#endif
