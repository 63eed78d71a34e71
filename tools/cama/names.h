/* names - what the classes of a model are called: by its table, by the folders it was trained on, or by number. */
#ifndef TOOL_NAMES_H
#define TOOL_NAMES_H

#include <cama/cama.h>

#include "texts.h"

/* (classes) names. */
void names_of(const cama_model *model, texts *out);

/* The number of a class by its name, or -1. */
int32_t names_find(const texts *names, const char *name);

#endif
