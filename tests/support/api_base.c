/* api_base - a directory of one's own. */
#include "api_base.h"

char api_directory[512];

int api_make_directory(const char *program)
{
    const char *base = getenv("TMPDIR");
    snprintf(api_directory, sizeof api_directory, "%s/%s_XXXXXX", base != NULL ? base : "/tmp", program);
    return mkdtemp(api_directory) == NULL ? -1 : 0;
}
