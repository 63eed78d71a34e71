/* api_version - which library this is and how it was built. */
#include <stdatomic.h>
#include <stdio.h>

#include "../base/version.h"
#include "../tensor/kernel.h"

#if defined(__clang__)
#define COMPILER __VERSION__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "an unknown compiler"
#endif

int32_t cama_version(void) { return 10000 * CAMA_VERSION_MAJOR + 100 * CAMA_VERSION_MINOR + CAMA_VERSION_PATCH; }

const char *cama_version_string(void) { return CAMA__VERSION; }

const char *cama_build_info(void)
{
    enum { NONE, BEING_WRITTEN, WRITTEN };
    static char line[256];
    static atomic_int progress = NONE;
    const char *kernel = cama__kernel()->name; /* may take long, the first time: so before others have to wait */
    int expected = NONE;
    if (atomic_compare_exchange_strong(&progress, &expected, BEING_WRITTEN)) {
        snprintf(line, sizeof line, "libcama %s, %s, %s", CAMA__VERSION, COMPILER, kernel);
        atomic_store(&progress, WRITTEN);
    }
    while (atomic_load(&progress) != WRITTEN) {
    } /* another thread is in its snprintf */
    return line;
}
