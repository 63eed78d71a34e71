/* error - one message per thread, in a fixed buffer: reporting a failure needs no memory and cannot fail itself. */
#include "error.h"

#include <stdarg.h>
#include <stdbool.h>
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

/* Bytes of the character at text: UTF-8 in its shortest form; 0 if there is none. */
static size_t character(const unsigned char *text)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const uint32_t c = text[0];
    const uint32_t tail = c < 0x80 ? 0 : c < 0xc2 ? 4 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 4;
    uint32_t code = tail == 0 ? c : c & (0x3fu >> tail);
    if (tail == 4) return 0;
    for (uint32_t i = 1; i <= tail; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    return code < smallest[tail] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : tail + 1;
}

/* A lead byte and the tail that belongs to it, but for what was cut off behind. */
static bool is_begun(const unsigned char *text)
{
    size_t tail = 1;
    while ((text[tail] & 0xc0) == 0x80) tail++;
    return text[0] >= 0xc2 && text[tail] == '\0' && tail < (text[0] < 0xe0 ? 2u : text[0] < 0xf0 ? 3u : 4u);
}

/* The promise is one line of UTF-8, whatever a file name, a cell or an option's key holds. */
static void make_plain(char *text, bool is_cut)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0';) {
        const size_t bytes = character(c);
        if (bytes == 0 && is_cut && is_begun(c)) *c = '\0';
        if (bytes <= 1 && *c != '\0') {
            if (bytes == 0) *c = '?';
            if (*c < ' ' || *c == 0x7f) *c = ' ';
            c++;
        }
        if (bytes > 1) c += bytes;
    }
}

int cama__shown(const char *text)
{
    enum { MOST = 40, TAIL = 3 };
    int bytes = 0, back = 0;
    while (bytes < MOST && text[bytes] != '\0') bytes++;
    while (back <= TAIL && back < bytes && ((unsigned char)text[bytes - back] & 0xc0) == 0x80) back++;
    return back <= TAIL ? bytes - back : bytes;
}

int32_t cama__error(int32_t status, const char *format, ...)
{
    char text[MESSAGE_SIZE]; /* apart from message, which may be among the arguments */
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) text[0] = '\0';
    make_plain(text, length >= MESSAGE_SIZE);
    memcpy(message, text, strlen(text) + 1);
    return status;
}
