/* small_base - options as text, sessions: the first part of small.h. */
#ifndef TESTS_SUPPORT_SMALL_BASE_H
#define TESTS_SUPPORT_SMALL_BASE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "options/options.h"
#include "prob/likelihood.h"
#include "verbs/evaluate.h"
#include "verbs/optim.h"
#include "verbs/verbs.h"

/* ---- Options ----------------------------------------------------------------------------------------------------- */

/* Options of a verb from "key=value key=value". */
cama_options *small_options(enum cama__verb verb, const char *text);
cama_session *small_session(int32_t threads, int64_t tile_rows);

#endif
