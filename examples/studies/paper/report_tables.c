/* report_tables - rows that differ in range and seed alone are one line; lines of one test are one table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { MOST_TESTS = 64, MOST_COLUMNS = 32 };

/* But for the test. */
static int same_model(const result_row *a, const result_row *b)
{
    return strcmp(a->figure, b->figure) == 0 && strcmp(a->model, b->model) == 0 &&
           strcmp(a->trained_on, b->trained_on) == 0 && strcmp(a->finetuned_on, b->finetuned_on) == 0;
}

static int is_first_model(const row_table *rows, int which)
{
    for (int i = 0; i < which; i++)
        if (same_model(&rows->items[i], &rows->items[which])) return 0;
    return 1;
}

static int same_line(const result_row *a, const result_row *b)
{
    return same_model(a, b) && strcmp(a->direction, b->direction) == 0;
}

static int is_first(const row_table *rows, int which)
{
    for (int i = 0; i < which; i++)
        if (same_line(&rows->items[i], &rows->items[which])) return 0;
    return 1;
}

static int by_size(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static int columns_of(const row_table *rows, const char *test, double at[MOST_COLUMNS])
{
    int count = 0;
    for (int i = 0; i < rows->count; i++) {
        const double range = isfinite(rows->items[i].range) ? rows->items[i].range : 0;
        int there = strcmp(rows->items[i].direction, test) != 0 || count == MOST_COLUMNS;
        for (int c = 0; c < count; c++) there = there || fabs(at[c] - range) < 1e-9;
        if (!there) at[count++] = range;
    }
    qsort(at, (size_t)count, sizeof *at, by_size);
    return count;
}

static void cell(FILE *out, const row_table *rows, const result_row *of, double range)
{
    double sum = 0, squares = 0;
    int n = 0;
    for (int i = 0; i < rows->count; i++) {
        const result_row *one = &rows->items[i];
        if (!same_line(one, of) || fabs((isfinite(one->range) ? one->range : 0) - range) > 1e-9) continue;
        sum += one->accuracy;
        squares += one->accuracy * one->accuracy;
        n++;
    }
    if (n == 0)
        fprintf(out, "<td>-</td>");
    else if (n == 1)
        fprintf(out, "<td>%.3f</td>", sum);
    else
        fprintf(out, "<td title=\"%d seeds, deviation %.3f\">%.3f</td>", n,
                sqrt(fmax(squares - sum * sum / n, 0) / (n - 1)), sum / n);
}

/* "cama, clean, fine-tuned on vertical, unseen". */
static void head(FILE *out, const result_row *of)
{
    const char *variant = strchr(of->figure, '-');
    fprintf(out, "<tr><td>");
    html_text(out, of->model);
    if (strcmp(of->trained_on, "none") != 0) fprintf(out, ", %s", of->trained_on);
    if (strcmp(of->finetuned_on, "none") != 0) fprintf(out, ", fine-tuned on %s", of->finetuned_on);
    if (variant != NULL) fprintf(out, ", %s", variant + 1);
    fprintf(out, "</td>");
}

static void table(FILE *out, const row_table *rows, const char *test)
{
    double at[MOST_COLUMNS];
    const int columns = columns_of(rows, test, at);
    fprintf(out, "<div class=\"test\"><h3>Test: ");
    html_text(out, strcmp(test, "none") == 0 ? "clean" : test);
    fprintf(out, "</h3>\n<div class=\"wide\"><table><thead><tr><th>model, trained on</th>");
    for (int c = 0; c < columns; c++) fprintf(out, "<th>%g</th>", at[c]);
    fprintf(out, "</tr></thead><tbody>\n");
    for (int i = 0; i < rows->count; i++) {
        if (strcmp(rows->items[i].direction, test) != 0 || !is_first(rows, i)) continue;
        head(out, &rows->items[i]);
        for (int c = 0; c < columns; c++) cell(out, rows, &rows->items[i], at[c]);
        fprintf(out, "</tr>\n");
    }
    fprintf(out, "</tbody></table></div></div>\n");
}

static int tests_of(const row_table *rows, const char *tests[MOST_TESTS])
{
    int count = 0;
    for (int i = 0; i < rows->count; i++) {
        int there = count == MOST_TESTS;
        for (int t = 0; t < count; t++) there = there || strcmp(tests[t], rows->items[i].direction) == 0;
        if (!there) tests[count++] = rows->items[i].direction;
    }
    return count;
}

static int has_ranges(const row_table *rows)
{
    for (int i = 0; i < rows->count; i++)
        if (isfinite(rows->items[i].range)) return 1;
    return 0;
}

/* Of tests without a range: a line for each model, a column for each test. */
static void turned(FILE *out, const row_table *rows, const char *const *tests, int count)
{
    fprintf(out, "<div class=\"wide\"><table class=\"all\"><thead><tr><th>model, trained on</th>");
    for (int t = 0; t < count; t++) {
        fprintf(out, "<th>");
        html_text(out, strcmp(tests[t], "none") == 0 ? "clean" : tests[t]);
        fprintf(out, "</th>");
    }
    fprintf(out, "</tr></thead><tbody>\n");
    for (int i = 0; i < rows->count; i++) {
        result_row of = rows->items[i];
        if (!is_first_model(rows, i)) continue;
        head(out, &of);
        for (int t = 0; t < count; t++) {
            snprintf(of.direction, sizeof of.direction, "%s", tests[t]);
            cell(out, rows, &of, 0);
        }
        fprintf(out, "</tr>\n");
    }
    fprintf(out, "</tbody></table></div>\n");
}

void report_tables(FILE *out, const row_table *rows)
{
    const char *tests[MOST_TESTS];
    const int count = tests_of(rows, tests);
    if (!has_ranges(rows)) {
        turned(out, rows, tests, count);
        return;
    }
    for (int t = 0; t < count; t++) table(out, rows, tests[t]);
}

int rows_seeds(const row_table *rows)
{
    int count = 0;
    for (int i = 0; i < rows->count; i++) {
        int first = 1;
        for (int j = 0; j < i; j++) first = first && rows->items[j].seed != rows->items[i].seed;
        count += first;
    }
    return count;
}
