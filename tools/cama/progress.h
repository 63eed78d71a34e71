/* progress - what a running verb tells: one bar on stderr, where that is a terminal and nobody asked for silence. */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <stdint.h>

/* shown: 0 for no bar in this run. */
void progress_begin(int shown);

/* A cama_progress; cancels when the program was asked to stop. user is not used. */
int32_t progress_show(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds);

/* Takes the bar away. */
void progress_wipe(void);

#endif
