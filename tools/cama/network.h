/* network - a new model for data: preset and networks by the data's shape. */
#ifndef TOOL_NETWORK_H
#define TOOL_NETWORK_H

#include "input.h"

/* The caller's. --preset and --set have the last word. */
cama_model *network_create(const arguments *args, const input *data);

#endif
