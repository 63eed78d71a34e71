/* option_names - a misspelt key or verb is answered with the nearest one, by edit distance. */
#include "option_names.h"

#include <stdio.h>
#include <string.h>

static const char *name_at(cama__option_names all, int32_t index)
{
    return *(const char *const *)(const void *)((const char *)all.first + (size_t)index * all.stride);
}

cama__option_names cama__option_keys(enum cama__verb verb)
{
    const cama__option_table *table = &cama__option_tables[verb];
    return (cama__option_names){table->rows, sizeof *table->rows, table->count};
}

cama__option_names cama__option_verbs(void)
{
    return (cama__option_names){cama__option_tables, sizeof cama__option_tables[0], VERB_COUNT};
}

int32_t cama__option_find(cama__option_names all, const char *name)
{
    for (int32_t i = 0; i < all.count; i++)
        if (strcmp(name_at(all, i), name) == 0) return i;
    return -1;
}

static int fold(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

/* Letters to insert, delete or replace to turn a (at most OPTION_QUOTED bytes) into b, ignoring case. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[OPTION_QUOTED + 1], length = strlen(a);
    for (size_t i = 0; i <= length; i++) row[i] = i;
    for (size_t j = 0; b[j] != '\0'; j++) {
        size_t diagonal = row[0];
        row[0] = j + 1;
        for (size_t i = 0; i < length; i++) {
            size_t best = diagonal + (fold(a[i]) != fold(b[j]));
            diagonal = row[i + 1];
            if (row[i] + 1 < best) best = row[i] + 1;
            if (diagonal + 1 < best) best = diagonal + 1;
            row[i + 1] = best;
        }
    }
    return row[length];
}

/* The name a user may have meant: up to a third of the letters wrong, and one more. -1 if all are further away. */
static int32_t nearest(cama__option_names all, const char *word)
{
    const size_t length = strlen(word);
    if (length > OPTION_QUOTED) return -1;
    size_t best = length < length / 3 + 2 ? length : length / 3 + 2;
    int32_t found = -1;
    for (int32_t i = 0; i < all.count; i++) {
        const size_t distance = edit_distance(word, name_at(all, i));
        if (distance < best) best = distance, found = i;
    }
    return found;
}

void cama__option_hint(cama__option_names all, const char *word, char *out, size_t size)
{
    const int32_t near = nearest(all, word);
    if (near >= 0) {
        snprintf(out, size, "; did you mean \"%s\"?", name_at(all, near));
        return;
    }
    size_t used = 0;
    for (int32_t i = 0; i < all.count && used < size; i++)
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "; expected one of " : ", ", name_at(all, i));
}
