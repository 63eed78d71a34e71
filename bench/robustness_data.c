/* robustness_data - the list of manipulations, and copies of datasets: manipulated, picked, joined. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "robustness.h"

enum { MOST = 64, MIXED = 5 };

static const char *const mixed[MIXED] = {"clean", "vertical.3", "horizontal.3", "rotation-bicubic", "salt-pepper"};

static const char mixed_strength[] = "in turns clean, vertical.3, horizontal.3, rotation-bicubic, salt-pepper";

static const enum group groups[] = {
    [CORRUPT_GEOMETRY] = GROUP_GEOMETRY, [CORRUPT_PHOTOMETRIC] = GROUP_PHOTOMETRIC, [CORRUPT_OTHER] = GROUP_OTHER};

static int add(manipulation *list, int count, manipulation one, const char *name)
{
    snprintf(one.name, sizeof one.name, "%s", name);
    list[count] = one;
    return count + 1;
}

static int add_shifts(manipulation *list, int count, const char *direction)
{
    for (int tenth = 1; tenth <= 5; tenth++) {
        char name[NAME];
        snprintf(name, sizeof name, "%s.%d", direction, tenth);
        count = add(list, count,
                    (manipulation){.strength = "whole pixels, u * range * size",
                                   .group = GROUP_SHIFT,
                                   .direction = direction,
                                   .range = tenth / 10.0},
                    name);
    }
    return count;
}

const manipulation *manipulations(int *count)
{
    static manipulation list[MOST];
    static int filled;
    if (filled == 0) {
        int n = add(list, 0, (manipulation){.strength = "as they are", .group = GROUP_CLEAN}, "clean");
        n = add_shifts(list, n, "vertical");
        n = add_shifts(list, n, "horizontal");
        for (int i = 0; i < corrupt_kind_count; i++) {
            const corrupt_kind *kind = &corrupt_kinds[i];
            n = add(list, n, (manipulation){.strength = kind->strength, .group = groups[kind->group], .kind = kind},
                    kind->name);
        }
        filled = add(list, n, (manipulation){.strength = mixed_strength, .group = GROUP_MIXTURE}, "mixture");
    }
    *count = filled;
    return list;
}

const manipulation *manipulation_named(const char *name)
{
    int count;
    const manipulation *list = manipulations(&count);
    for (int i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0) return &list[i];
    give_up("no manipulation of this name", name);
    return NULL;
}

/* ---- Rows of a dataset, out and in ------------------------------------------------------------------------------- */

typedef struct {
    int64_t n;
    int32_t height, width, channels, classes;
    size_t pixels;
    float *x;
    int32_t *y;
} rows;

static rows rows_shaped_as(const cama_dataset *dataset, int64_t n)
{
    rows r = {.n = n};
    went(cama_dataset_shape(dataset, NULL, &r.height, &r.width, &r.channels, &r.classes, NULL));
    r.pixels = (size_t)r.height * (size_t)r.width * (size_t)r.channels;
    r.x = malloc((size_t)n * r.pixels * sizeof *r.x);
    r.y = malloc((size_t)n * sizeof *r.y);
    if (r.x == NULL || r.y == NULL) give_up("images", "no memory");
    return r;
}

static cama_dataset *dataset_of(rows *r)
{
    cama_dataset *made = NULL;
    went(cama_dataset_from_arrays(r->n, r->height, r->width, r->channels, r->classes, r->x, r->y, 1, &made));
    free(r->x);
    free(r->y);
    return made;
}

int64_t count_of(const cama_dataset *dataset)
{
    int64_t n = 0;
    went(cama_dataset_shape(dataset, &n, NULL, NULL, NULL, NULL, NULL));
    return n;
}

cama_dataset *first_of(const cama_dataset *dataset, int64_t count)
{
    cama_dataset *made = NULL;
    const int64_t n = count_of(dataset);
    went(cama_dataset_slice(dataset, 0, count < n ? count : n, &made));
    return made;
}

cama_dataset *picked(const cama_dataset *dataset, const int64_t *places, int64_t count)
{
    rows r = rows_shaped_as(dataset, count);
    for (int64_t i = 0; i < count; i++)
        went(cama_dataset_read(dataset, places[i], 1, r.x + (size_t)i * r.pixels, r.y + i));
    return dataset_of(&r);
}

cama_dataset *joined(cama_dataset *const *parts, int count)
{
    int64_t n = 0, first = 0;
    for (int i = 0; i < count; i++) n += count_of(parts[i]);
    rows r = rows_shaped_as(parts[0], n);
    for (int i = 0; i < count; i++) {
        const int64_t own = count_of(parts[i]);
        went(cama_dataset_read(parts[i], 0, own, r.x + (size_t)first * r.pixels, r.y + first));
        first += own;
    }
    return dataset_of(&r);
}

/* ---- Manipulated copies ------------------------------------------------------------------------------------------ */

static cama_dataset *shifted(const cama_dataset *dataset, const manipulation *how, uint64_t seed)
{
    cama_options *options = NULL;
    cama_dataset *made = NULL;
    went(cama_options_create("manipulate", &options));
    went(cama_options_set_text(options, "kind", how->direction));
    went(cama_options_set_real(options, "range", how->range));
    went(cama_options_set_int(options, "seed", (int64_t)seed));
    went(cama_dataset_manipulate(dataset, options, &made));
    cama_options_free(options);
    return made;
}

/* Image by image, so that one is enough as room. */
static cama_dataset *corrupted(const cama_dataset *dataset, const manipulation *how, uint64_t seed)
{
    rows r = rows_shaped_as(dataset, count_of(dataset)), one = rows_shaped_as(dataset, 1);
    if (r.channels != 1) give_up(how->name, "it is made for grey images");
    for (int64_t i = 0; i < r.n; i++) {
        went(cama_dataset_read(dataset, i, 1, one.x, r.y + i));
        corrupt_images(how->kind, seed, i, 1, r.height, r.width, one.x, r.x + (size_t)i * r.pixels);
    }
    free(one.x);
    free(one.y);
    return dataset_of(&r);
}

static cama_dataset *mixture(const cama_dataset *dataset, uint64_t seed)
{
    rows r = rows_shaped_as(dataset, count_of(dataset));
    for (int turn = 0; turn < MIXED; turn++) {
        cama_dataset *part = manipulated(dataset, manipulation_named(mixed[turn]), seed);
        for (int64_t i = turn; i < r.n; i += MIXED)
            went(cama_dataset_read(part, i, 1, r.x + (size_t)i * r.pixels, r.y + i));
        cama_dataset_free(part);
    }
    return dataset_of(&r);
}

cama_dataset *manipulated(const cama_dataset *dataset, const manipulation *how, uint64_t seed)
{
    if (how->group == GROUP_MIXTURE) return mixture(dataset, seed);
    if (how->group == GROUP_SHIFT) return shifted(dataset, how, seed);
    return how->kind != NULL ? corrupted(dataset, how, seed) : first_of(dataset, count_of(dataset));
}
