/* scarce - an allocator that gives so many blocks and no more, and counts those that are out. */
#ifndef TESTS_SUPPORT_SCARCE_H
#define TESTS_SUPPORT_SCARCE_H

#include <stdlib.h>

#include "base/mem.h"

extern int scarce_left, scarce_alive;
extern const cama__mem_hook scarce;

#endif
