/* version - the library's version as text, from the numbers of cama.h. */
#ifndef CAMA_BASE_VERSION_H
#define CAMA_BASE_VERSION_H

#include <cama/cama.h>

#define CAMA__TEXT_OF(number) #number
#define CAMA__VERSION_OF(major, minor, patch)                                                                          \
    CAMA__TEXT_OF(major)                                                                                               \
    "." CAMA__TEXT_OF(minor) "." CAMA__TEXT_OF(patch)
#define CAMA__VERSION CAMA__VERSION_OF(CAMA_VERSION_MAJOR, CAMA_VERSION_MINOR, CAMA_VERSION_PATCH) /* "1.2.3" */

#endif
