/* error - status codes with one thread-local message. Room 0: includes nothing of the library but cama.h.
 * The message is written where the fact is known, once; callers pass the status up through TRY. */
#ifndef CAMA_BASE_ERROR_H
#define CAMA_BASE_ERROR_H

#include <cama/cama.h>

/* Set the calling thread's message (printf format, cut at 1 KiB, no allocation) and return status. The message is one
 * line of UTF-8: a control character becomes a space, a byte that belongs to no character a "?", and the cut falls
 * between characters. */
int32_t cama__error(int32_t status, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* How many bytes of a text to show in a message, at most 40: none of a character cut in two. */
int cama__shown(const char *text);
/* A text for "%.*s". */
#define SHOWN(text) cama__shown(text), (text)

/* In a function with `int32_t status = CAMA_OK;` and a label `out:`. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != CAMA_OK) goto out;                                                                               \
    } while (0)

#define FAIL(...)                                                                                                      \
    do {                                                                                                               \
        status = cama__error(__VA_ARGS__);                                                                             \
        goto out;                                                                                                      \
    } while (0)

#endif
