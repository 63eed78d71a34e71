/* robustness_table - results as lines of a table, as means over cases, and as JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writers/json.h"
#include "robustness.h"

double share_closed(const result *row)
{
    const double gap = row->oracle - row->floor;
    return gap > 0 ? (row->accuracy - row->floor) / gap : NAN;
}

static void cell(double value)
{
    if (isfinite(value))
        printf("%9.4f", value);
    else
        printf("%9s", "-");
}

void print_head(void)
{
    printf("%-28s%-20s%5s%7s%9s%9s%9s%9s%9s%9s%9s%9s\n", "case", "method", "seed", "N", "accuracy", "closed", "unseen",
           "worst", "own", "clean", "worst", "seconds");
}

static void print_row(const result *row)
{
    printf("%-28s%-20s%5lld%7lld", row->which->name, row->method, (long long)row->seed, (long long)row->unlabelled);
    cell(row->accuracy);
    cell(share_closed(row));
    cell(row->unseen);
    cell(row->worst);
    cell(row->own);
    cell(row->clean);
    cell(row->clean_worst);
    if (isfinite(row->seconds)) printf("%9.1f", row->seconds);
    if (row->rolled_back > 0) printf("  rolled back: %lld", (long long)row->rolled_back);
    putchar('\n');
}

void keep_and_print(results *all, const result *row)
{
    if (all->count == all->room) {
        all->room = all->room > 0 ? 2 * all->room : 64;
        all->rows = realloc(all->rows, (size_t)all->room * sizeof *all->rows);
        if (all->rows == NULL) give_up("results", "no memory");
    }
    all->rows[all->count++] = *row;
    print_row(row);
}

/* ---- Means ------------------------------------------------------------------------------------------------------- */

typedef struct {
    double above, least_above, closed, least_closed;
    int photometric, gaps;
} means;

static int same_method(const result *a, const result *b)
{
    return a->unlabelled == b->unlabelled && strcmp(a->method, b->method) == 0;
}

static void take(means *m, const result *row)
{
    const double above = row->accuracy - row->floor, closed = share_closed(row);
    if (strcmp(row->which->group, "photometric") == 0 && isfinite(above)) {
        m->above += above;
        m->least_above = fmin(m->least_above, above);
        m->photometric++;
    }
    if (isfinite(closed)) {
        m->closed += closed;
        m->least_closed = fmin(m->least_closed, closed);
        m->gaps++;
    }
}

/* Few images and other manipulations have no part in them. */
static int counts(const result *row) { return row->which->few == FEW_NOT && row->which->test == row->which->tune; }

static int is_first(const results *all, int i)
{
    for (int j = 0; j < i; j++)
        if (counts(&all->rows[j]) && same_method(&all->rows[i], &all->rows[j])) return 0;
    return 1;
}

void print_means(const results *all)
{
    printf("\n%-20s%7s%9s%9s%9s%9s%9s%9s\n", "method", "N", "photom.", "above", "least", "gaps", "closed", "least");
    for (int i = 0; i < all->count; i++) {
        if (!counts(&all->rows[i]) || !is_first(all, i)) continue;
        means m = {.least_above = INFINITY, .least_closed = INFINITY};
        for (int j = i; j < all->count; j++)
            if (counts(&all->rows[j]) && same_method(&all->rows[i], &all->rows[j])) take(&m, &all->rows[j]);
        printf("%-20s%7lld%9d", all->rows[i].method, (long long)all->rows[i].unlabelled, m.photometric);
        cell(m.above / m.photometric);
        cell(m.least_above);
        printf("%9d", m.gaps);
        cell(m.closed / m.gaps);
        cell(m.least_closed);
        putchar('\n');
    }
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void write_row(json *out, const result *row)
{
    json_open(out, NULL, '{');
    json_text(out, "case", row->which->name);
    json_text(out, "group", row->which->group);
    json_text(out, "manipulation", row->which->test->name);
    json_text(out, "strength", row->which->test->strength);
    json_text(out, "tuned_on", row->unlabelled > 0 ? row->which->tune->name : "");
    json_text(out, "method", row->method);
    json_int(out, "seed", row->seed);
    json_int(out, "unlabelled", row->unlabelled);
    json_int(out, "test_images", row->images);
    json_int(out, "repeats", row->repeats);
    json_int(out, "rolled_back", row->rolled_back);
    json_real(out, "accuracy", row->accuracy);
    json_real(out, "accuracy_worst", row->worst);
    json_real(out, "accuracy_unseen", row->unseen);
    json_real(out, "accuracy_own", row->own);
    json_real(out, "clean", row->clean);
    json_real(out, "clean_worst", row->clean_worst);
    json_real(out, "floor", row->floor);
    json_real(out, "oracle", row->oracle);
    json_real(out, "closed", share_closed(row));
    json_real(out, "seconds", row->seconds);
    json_close(out, '}');
}

void write_json(const char *path, const circumstances *about, const results *all)
{
    json out = {.file = fopen(path, "w")};
    if (out.file == NULL) give_up(path, "it cannot be written");
    json_open(&out, NULL, '{');
    json_text(&out, "library", cama_version_string());
    json_text(&out, "build", cama_build_info());
    json_text(&out, "data", about->data);
    json_int(&out, "train_images", about->train_images);
    json_int(&out, "test_images", about->test_images);
    json_open(&out, "models", '[');
    for (int i = 0; i < about->model_count; i++) {
        json_open(&out, NULL, '{');
        json_text(&out, "name", about->models[i].name);
        json_text(&out, "file", about->models[i].path);
        json_int(&out, "seed", about->models[i].seed);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_open(&out, "rows", '[');
    for (int i = 0; i < all->count; i++) write_row(&out, &all->rows[i]);
    json_close(&out, ']');
    json_close(&out, '}');
    if (fclose(out.file) != 0) give_up(path, "it cannot be written");
}
