/* figure_rows - the rows of the figures' CSV files: read from an earlier run, kept, written, averaged over seeds. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paper.h"

static const char header[] = "figure,model,trained_on,finetuned_on,test_direction,range,seed,accuracy";

/* To the digits that the file has, so that a run that goes on has the rows of one that was not stopped. */
static double rounded(double accuracy) { return round(accuracy * 1e6) / 1e6; }

static result_row row_of(const char *name, row_key key, int64_t seed, double accuracy)
{
    result_row out = {.range = key.range, .seed = seed, .accuracy = rounded(accuracy)};
    snprintf(out.figure, sizeof out.figure, "%s%s%s", name, key.variant != NULL ? "-" : "",
             key.variant != NULL ? key.variant : "");
    snprintf(out.model, sizeof out.model, "%s", key.model);
    snprintf(out.trained_on, sizeof out.trained_on, "%s", key.trained_on);
    snprintf(out.finetuned_on, sizeof out.finetuned_on, "%s", key.finetuned_on);
    snprintf(out.direction, sizeof out.direction, "%s", key.direction);
    return out;
}

/* A range that is NaN is "none". */
static int same_range(double a, double b) { return (isnan(a) && isnan(b)) || fabs(a - b) < 1e-9; }

/* But for the seed and the accuracy. */
static int alike(const result_row *a, const result_row *b)
{
    return strcmp(a->figure, b->figure) == 0 && strcmp(a->model, b->model) == 0 &&
           strcmp(a->trained_on, b->trained_on) == 0 && strcmp(a->finetuned_on, b->finetuned_on) == 0 &&
           strcmp(a->direction, b->direction) == 0 && same_range(a->range, b->range);
}

static result_row *find(const row_table *rows, const result_row *wanted)
{
    for (int i = 0; i < rows->count; i++)
        if (rows->items[i].seed == wanted->seed && alike(&rows->items[i], wanted)) return &rows->items[i];
    return NULL;
}

static void append(row_table *rows, const result_row *one)
{
    if (rows->count == rows->room) {
        rows->room = rows->room == 0 ? 64 : 2 * rows->room;
        rows->items = realloc(rows->items, (size_t)rows->room * sizeof *rows->items);
        if (rows->items == NULL) give_up("rows", "no memory");
    }
    rows->items[rows->count++] = *one;
}

int figure_has(const paper *self, row_key key)
{
    const result_row wanted = row_of(self->now->name, key, self->seed_now, 0);
    return find(paper_rows(self, self->now), &wanted) != NULL;
}

void figure_row(paper *self, row_key key, double accuracy)
{
    const result_row made = row_of(self->now->name, key, self->seed_now, accuracy);
    row_table *rows = paper_rows(self, self->now);
    result_row *known = find(rows, &made);
    if (known != NULL)
        known->accuracy = made.accuracy;
    else
        append(rows, &made);
    rows_write(rows, figure_path(self, self->now, ".csv"));
}

void figure_borrow(paper *self, const figure *from, row_key theirs, row_key key)
{
    const result_row wanted = row_of(from->name, theirs, self->seed_now, 0);
    const result_row *known = find(paper_rows(self, from), &wanted);
    if (known != NULL && !figure_has(self, key)) figure_row(self, key, known->accuracy);
}

double rows_mean(const row_table *rows, const char *name, row_key key, double *spread, int *count)
{
    const result_row wanted = row_of(name, key, 0, 0);
    double sum = 0, squares = 0;
    int n = 0;
    for (int i = 0; i < rows->count; i++) {
        if (!alike(&rows->items[i], &wanted)) continue;
        sum += rows->items[i].accuracy;
        squares += rows->items[i].accuracy * rows->items[i].accuracy;
        n++;
    }
    if (count != NULL) *count = n;
    if (spread != NULL) *spread = n > 1 ? sqrt(fmax(squares - sum * sum / n, 0) / (n - 1)) : 0;
    return n > 0 ? sum / n : NAN;
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static int read_row(const char *text, result_row *out)
{
    char range[32];
    long long seed = 0;
    const int found = sscanf(text, "%47[^,],%23[^,],%23[^,],%23[^,],%47[^,],%31[^,],%lld,%lf", out->figure, out->model,
                             out->trained_on, out->finetuned_on, out->direction, range, &seed, &out->accuracy);
    out->seed = seed;
    out->range = strcmp(range, "none") == 0 ? NAN : strtod(range, NULL);
    return found == 8 && out->accuracy >= 0 && out->accuracy <= 1;
}

void rows_read(row_table *rows, const char *path)
{
    char text[512];
    FILE *in = fopen(path, "r");
    if (in == NULL && errno == ENOENT) return;
    if (in == NULL) give_up(path, strerror(errno));
    if (fgets(text, sizeof text, in) == NULL || strncmp(text, header, sizeof header - 1) != 0)
        give_up(path, "expected a CSV file of an earlier run, got another one; give another --out");
    while (fgets(text, sizeof text, in) != NULL) {
        result_row one = {0};
        if (!read_row(text, &one))
            give_up(path, "expected rows of an earlier run, got another line; give another --out");
        append(rows, &one);
    }
    fclose(in);
}

void rows_write(const row_table *rows, const char *path)
{
    FILE *out = fopen(beside(path), "w");
    if (out == NULL) give_up(path, strerror(errno));
    fprintf(out, "%s\n", header);
    for (int i = 0; i < rows->count; i++) {
        const result_row *one = &rows->items[i];
        char range[32] = "none";
        if (isfinite(one->range)) snprintf(range, sizeof range, "%g", one->range);
        fprintf(out, "%s,%s,%s,%s,%s,%s,%lld,%.6g\n", one->figure, one->model, one->trained_on, one->finetuned_on,
                one->direction, range, (long long)one->seed, one->accuracy);
    }
    const int failed = ferror(out);
    if (fclose(out) != 0 || failed) give_up(path, strerror(errno));
    replace(path);
}

void rows_free(row_table *rows)
{
    free(rows->items);
    *rows = (row_table){0};
}
