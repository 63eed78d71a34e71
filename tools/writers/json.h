/* json - writes JSON with indentation; commas and quotes are its business. Keys are NULL inside arrays. */
#ifndef WRITERS_JSON_H
#define WRITERS_JSON_H

#include <stdint.h>
#include <stdio.h>

typedef struct {
    FILE *file;
    int depth;
    int first; /* no member written yet at this depth */
} json;

void json_open(json *out, const char *key, char bracket); /* '{' or '[' */
void json_close(json *out, char bracket);                 /* '}' or ']'; a line end after the outermost */
void json_int(json *out, const char *key, int64_t value);
void json_real(json *out, const char *key, double value);      /* null where it is not finite */
void json_text(json *out, const char *key, const char *value); /* null for NULL */
void json_truth(json *out, const char *key, int value);

#endif
