/* api_base - a directory of one's own. */
#ifndef TESTS_SUPPORT_API_BASE_H
#define TESTS_SUPPORT_API_BASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

extern char api_directory[512];

int api_make_directory(const char *program);

#endif
