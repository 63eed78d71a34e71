/* api_refused - a refusal: the right status, a message of one line with the right words, outputs untouched. */
#include "api_refused.h"

char api_mark;
