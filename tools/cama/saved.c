/* saved - the library reads and writes the files; of their header only the flat object __metadata__ is read here, for
 * what the library has no question for. The library has checked the file before. See saved.h. */
#include "saved.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

enum { MOST_HEADER = 100000000, LENGTH = 8 };

cama_model *saved_load(const char *path)
{
    cama_model *model = NULL;
    went(cama_model_load(path, &model));
    return model;
}

void saved_write(const cama_model *model, output *out)
{
    int64_t size = 0;
    went(cama_model_save_memory(model, NULL, &size));
    char *bytes = room((size_t)size, 1);
    went(cama_model_save_memory(model, bytes, &size));
    errno = 0;
    if (fwrite(bytes, 1, (size_t)size, output_file(out)) != (size_t)size)
        fail("%s: not all could be written: %s", output_name(out), strerror(errno));
    free(bytes);
}

/* ---- __metadata__ ------------------------------------------------------------------------------------------------ */

static char *read_header(const char *path)
{
    unsigned char length[LENGTH];
    FILE *in = fopen(path, "rb");
    if (in == NULL) fail("%s: %s", path, strerror(errno));
    if (fread(length, 1, LENGTH, in) != LENGTH) fail("%s: expected a safetensors file, got less", path);
    uint64_t size = 0;
    for (int i = LENGTH - 1; i >= 0; i--) size = size << 8 | length[i];
    if (size > MOST_HEADER) fail("%s: expected a safetensors header of at most %d bytes", path, (int)MOST_HEADER);
    char *header = room((size_t)size + 1, 1);
    if (fread(header, 1, (size_t)size, in) != size) fail("%s: the header is cut off", path);
    fclose(in);
    return header;
}

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') at++;
    return at;
}

/* A character beyond ASCII as the JSON escape \uXXXX gives it; pairs do not occur in names of models. */
static char *put_code(char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* The JSON string at *at, as a new text; *at then stands behind it. NULL if there is none. */
static char *take_string(const char **at)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *from = skip_space(*at);
    if (*from++ != '"') return NULL;
    char *made = room(strlen(from) + 1, 1), *to = made;
    while (*from != '"' && *from != '\0') {
        const char *known = NULL;
        if (*from != '\\') {
            *to++ = *from++;
        } else if (from[1] == 'u') {
            char digits[5] = "";
            strncpy(digits, from + 2, 4);
            to = put_code(to, (unsigned)strtoul(digits, NULL, 16));
            from += 2 + strlen(digits);
        } else {
            known = from[1] != '\0' ? strchr(letters, from[1]) : NULL;
            if (known != NULL) *to++ = meant[known - letters];
            from += from[1] != '\0' ? 2 : 1;
        }
    }
    *at = *from == '"' ? from + 1 : from;
    return made;
}

void saved_metadata(const char *path, metadata *out)
{
    char *header = read_header(path);
    const char *at = strstr(header, "\"__metadata__\"");
    *out = (metadata){{NULL, 0, 0}, {NULL, 0, 0}};
    if (at == NULL) fail("%s: expected __metadata__ in the header, got none", path);
    at = skip_space(at + strlen("\"__metadata__\""));
    at = skip_space(*at == ':' ? at + 1 : at);
    for (at = *at == '{' ? at + 1 : at; *at != '}' && *at != '\0';) {
        char *key = take_string(&at);
        at = skip_space(at);
        if (*at == ':') at++;
        char *value = take_string(&at);
        if (key == NULL || value == NULL) fail("%s: __metadata__: expected texts", path);
        texts_add(&out->keys, key);
        texts_add(&out->values, value);
        free(key);
        free(value);
        at = skip_space(at);
        if (*at == ',') at++;
        at = skip_space(at);
    }
    free(header);
}

void saved_metadata_free(metadata *meta)
{
    texts_free(&meta->keys);
    texts_free(&meta->values);
}

const char *saved_value(const metadata *meta, const char *key)
{
    const ptrdiff_t at = texts_find(&meta->keys, key);
    return at >= 0 ? meta->values.items[at] : NULL;
}

/* Words of a range, as "preset|merge|gain", of which a file counts those after the first. */
const char *saved_choice(const metadata *meta, const char *key)
{
    static char word[32];
    const char *value = saved_value(meta, key), *known = NULL, *range = NULL;
    int32_t count = 0;
    if (value == NULL) return NULL;
    went(cama_options_count("model", &count));
    for (int32_t i = 0; i < count; i++) {
        went(cama_options_describe("model", i, &known, NULL, NULL, &range, NULL));
        if (strcmp(known, key) != 0) continue;
        for (int left = atoi(value) + 1; left > 0 && range != NULL; left--) {
            range = strchr(range, '|');
            if (range != NULL) range++;
        }
        if (range == NULL) return NULL;
        snprintf(word, sizeof word, "%.*s", (int)strcspn(range, "|"), range);
        return word;
    }
    return NULL;
}
