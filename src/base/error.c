/* error - one message per thread, in a fixed buffer: reporting a failure needs no memory and cannot fail itself. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 1024

static _Thread_local char message[MESSAGE_SIZE];

static const char *const status_names[] = {
    [CAMA_OK] = "CAMA_OK",
    [CAMA_E_ARGUMENT] = "CAMA_E_ARGUMENT",
    [CAMA_E_DATA] = "CAMA_E_DATA",
    [CAMA_E_OPTION] = "CAMA_E_OPTION",
    [CAMA_E_MEMORY] = "CAMA_E_MEMORY",
    [CAMA_E_IO] = "CAMA_E_IO",
    [CAMA_E_FORMAT] = "CAMA_E_FORMAT",
    [CAMA_E_NONFINITE] = "CAMA_E_NONFINITE",
    [CAMA_E_CANCELLED] = "CAMA_E_CANCELLED",
    [CAMA_E_SYSTEM] = "CAMA_E_SYSTEM",
};

const char *cama_status_name(int32_t status)
{
    const int32_t known = (int32_t)(sizeof status_names / sizeof *status_names);
    return status >= 0 && status < known ? status_names[status] : "CAMA_E_UNKNOWN";
}

const char *cama_last_error(void) { return message; }

int32_t cama__error(int32_t status, const char *format, ...)
{
    char text[MESSAGE_SIZE]; /* apart from message, which may be among the arguments */
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) text[0] = '\0';

    /* The promise is one line, whatever a file name or an option key holds. */
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == '\x7f') *c = ' ';
    }
    memcpy(message, text, strlen(text) + 1);
    return status;
}
