/* measurement_tables - results as columns: printed as tables, and as measurement.csv with one line for each number. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "writers/csv.h"
#include "measurement.h"

const column columns[] = {
    {"dnn", "DNN", DNN, 0, 0},
    {"cama_m0", "M = 0", CAMA_M0, 0, 0},
    {"cama", "CAMA", CAMA, 0, 0},
    {"cama_finetuned", "tuned", TUNED, 0, 0},
    {"cama_finetuned_100", "tuned 100", TUNED_100, 0, 0},
    {"cama_finetuned_10", "tuned 10", TUNED_10, 0, 0},
    {"clean_after_finetune", "clean after", TUNED, 1, 0},
    {"clean_after_finetune_100", "after 100", TUNED_100, 1, 1},
    {"clean_after_finetune_10", "after 10", TUNED_10, 1, 1},
    {"paper", "paper", PAPER, 0, 1},
    {"paper_finetuned", "paper tuned", PAPER_TUNED, 0, 1},
    {"paper_clean_after_finetune", "clean after", PAPER_TUNED, 1, 1},
    {"logistic", "logistic", LOGISTIC, 0, 2},
    {"cama_read", "CAMA read", CAMA_READ, 0, 2},
    {"cama_finetuned_read", "tuned read", TUNED_READ, 0, 2},
    {"clean_after_finetune_read", "clean after", TUNED_READ, 1, 2},
};

const int column_count = sizeof columns / sizeof columns[0];

enum { FIRST_WIDTH = 22, WIDTH = 14, TABLES = 3 };

summary summarise(const outcome *outcomes, int seeds, int of_clean)
{
    double sum = 0, squares = 0;
    for (int s = 0; s < seeds; s++) sum += of_clean ? outcomes[s].clean : outcomes[s].accuracy;
    const double mean = sum / seeds;
    for (int s = 0; s < seeds; s++) {
        const double gap = (of_clean ? outcomes[s].clean : outcomes[s].accuracy) - mean;
        squares += gap * gap;
    }
    return (summary){mean, seeds > 1 ? sqrt(squares / (seeds - 1)) : 0};
}

summary column_of(const study *work, const condition *row, const column *shown)
{
    const outcome *outcomes = row != NULL ? row->by[shown->treatment] : work->clean_by[shown->treatment];
    return summarise(outcomes, work->seeds, shown->of_clean);
}

int column_shown(const study *work, const column *shown) { return (work->treatments >> shown->treatment) & 1; }

/* ---- Printed ----------------------------------------------------------------------------------------------------- */

static int in_table(const study *work, int i, int table)
{
    return column_shown(work, &columns[i]) && columns[i].table == table;
}

static void print_row(const study *work, const char *name, const condition *row, int table)
{
    printf("%-*.*s", FIRST_WIDTH, FIRST_WIDTH - 1, name);
    for (int i = 0; i < column_count; i++) {
        char cell[32] = "-";
        if (!in_table(work, i, table)) continue;
        const summary value = column_of(work, row, &columns[i]);
        if (isfinite(value.mean) && work->seeds > 1)
            snprintf(cell, sizeof cell, "%.3f +-%.3f", value.mean, value.spread);
        else if (isfinite(value.mean))
            snprintf(cell, sizeof cell, "%.3f", value.mean);
        printf("%*s", WIDTH, cell);
    }
    putchar('\n');
}

static void print_table(const study *work, int table)
{
    int any = 0;
    for (int i = 0; i < column_count; i++) any = any || in_table(work, i, table);
    if (!any) return;
    printf("\n%-*s", FIRST_WIDTH, "");
    for (int i = 0; i < column_count; i++)
        if (in_table(work, i, table)) printf("%*s", WIDTH, columns[i].heading);
    putchar('\n');
    print_row(work, "clean", NULL, table);
    for (int i = 0; i < work->count; i++) print_row(work, work->conditions[i].name, &work->conditions[i], table);
}

void print_study(const study *work)
{
    printf("\n%s: accuracy, %lld rows trained on, %lld clean test rows", work->title, (long long)work->train_rows,
           (long long)work->clean_rows);
    if (work->seeds > 1) printf(", mean and standard deviation of %d seeds", work->seeds);
    for (int table = 0; table < TABLES; table++) print_table(work, table);
    fflush(stdout);
}

/* ---- measurement.csv --------------------------------------------------------------------------------------------- */

static const char *treatment_key(int which)
{
    for (int i = 0; i < column_count; i++)
        if (columns[i].treatment == which && !columns[i].of_clean) return columns[i].key;
    return "";
}

static void csv_row(FILE *out, const study *work, const char *name, const condition *row, int t, int64_t first_seed)
{
    const outcome *by = row != NULL ? row->by[t] : work->clean_by[t];
    for (int s = 0; s < work->seeds; s++) {
        if (!isfinite(by[s].accuracy) && !isfinite(by[s].clean)) continue;
        fprintf(out, "%s,", work->key);
        csv_text(out, name);
        fprintf(out, ",%g,%s,%lld,", row != NULL ? row->at : 0, treatment_key(t), (long long)first_seed + s);
        csv_number(out, by[s].accuracy, 6);
        fputc(',', out);
        csv_number(out, by[s].clean, 6);
        fputc(',', out);
        csv_number(out, by[s].seconds, 6);
        fprintf(out, ",%d\n", by[s].rolled_back);
    }
}

void write_csv(const lab *self)
{
    const char *path = in_folder(self->set.out, "measurement.csv");
    FILE *out = fopen(path, "w");
    if (out == NULL) give_up(path, strerror(errno));
    fputs("study,condition,at,treatment,seed,accuracy,clean_after,finetune_seconds,rolled_back\n", out);
    for (int i = 0; i < self->count; i++) {
        const study *work = &self->studies[i];
        for (int row = -1; row < work->count; row++)
            for (int t = 0; t < TREATMENTS; t++)
                csv_row(out, work, row < 0 ? "clean" : work->conditions[row].name,
                        row < 0 ? NULL : &work->conditions[row], t, self->set.seed);
    }
    const int failed = ferror(out);
    if (fclose(out) != 0 || failed) give_up(path, strerror(errno));
    printf("numbers: %s\n", path);
}
