/* commands - the subcommands, one file each. What they return is the program's exit status; what cannot be done ends
 * the program. */
#ifndef TOOL_COMMANDS_H
#define TOOL_COMMANDS_H

#include "cli.h"

int run_train(const arguments *args);
int run_predict(const arguments *args);
int run_adapt(const arguments *args);
int run_eval(const arguments *args);
int run_do(const arguments *args);
int run_view(const arguments *args);
int run_info(const arguments *args);
int run_verify(const arguments *args);
int run_options(const arguments *args);
int run_convert(const arguments *args);

#endif
