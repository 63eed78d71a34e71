/* csv_fuzz - any bytes: taken apart as a table in one of some dialects and as a graph, or refused with a message; what
 * a table holds, written with quotes around every cell, is read back the same. The bytes are tried as an option's list
 * of names too, cells as numbers. clang -std=c11 -D_POSIX_C_SOURCE=200809L -g -O1 -fsanitize=fuzzer,address,undefined
 * -Iinclude -Isrc
 *     tests/fuzz/csv_fuzz.c src/io/csv*.c src/io/decimal.c src/io/dialect.c src/io/file.c src/io/graph_[dft]*.c
 *     src/io/json.c src/io/table_costume.c src/base/[ems]*.c src/base/option*.c -lz -lm */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/csv.h"
#include "io/decimal.h"
#include "io/graph_formats.h"
#include "io/table_costume.h"

static void check_numbers(const char *text)
{
    cama__costume costume;
    if (cama__costume_read(text, &costume) && costume.suffix + costume.suffix_size != text + strlen(text)) abort();

    char printed[DECIMAL_TEXT];
    double value = NAN, back = NAN;
    if (cama__decimal_parse(text, &value) != DECIMAL_NUMBER) {
        if (!isnan(value)) abort();
        return;
    }
    cama__decimal_print(value, printed);
    if (!isfinite(value) || cama__decimal_parse(printed, &back) != DECIMAL_NUMBER || back != value) abort();
}

/* The table as CSV again; its length is at most twice that of the text, two quotes and a comma for each cell. */
static char *write_table(const cama__csv *csv, size_t size, size_t *used)
{
    char *text = malloc(2 * size + 4 * (size_t)((csv->rows + 1) * csv->columns) + 1);
    char *to = text;
    for (int64_t i = 0; i < (csv->rows + 1) * csv->columns; i++) {
        *to++ = '"';
        for (const char *from = csv->cell[i]; *from != '\0'; from++) {
            if (*from == '"') *to++ = '"';
            *to++ = *from;
        }
        *to++ = '"';
        *to++ = (i + 1) % csv->columns == 0 ? '\n' : ',';
    }
    *used = (size_t)(to - text);
    *to = '\0';
    return text;
}

static void round_trip(const cama__csv *csv, size_t size)
{
    size_t used;
    cama__csv again;
    char *text = write_table(csv, size, &used);
    if (cama__csv_parse(text, (int64_t)used, "again", &again) != CAMA_OK) abort();
    if (again.columns != csv->columns || again.rows != csv->rows) abort();
    for (int64_t i = 0; i < (csv->rows + 1) * csv->columns; i++) {
        if (strcmp(again.cell[i], csv->cell[i]) != 0) abort();
        check_numbers(csv->cell[i]);
    }
    for (int64_t i = 0; i < csv->columns; i++) {
        int64_t column = -1;
        if (cama__csv_column(csv, csv->cell[i], &column) == CAMA_OK && column != i) abort();
    }
    cama__csv_free(&again);
    free(text);
}

/* Any bytes as a graph: edges between names, or a refusal. */
static void check_graph(char *text, int64_t size)
{
    cama__csv csv = {0};
    const int32_t status = cama__graph_edges_parse(text, size, "fuzz", &csv);
    if (status == CAMA_OK) {
        if (csv.columns != 2 || csv.rows < 1) abort();
        for (int64_t i = 0; i < csv.rows; i++)
            if (strlen(csv.cell[2 * i + 2]) + strlen(csv.cell[2 * i + 3]) > 2 * (size_t)size) abort();
    } else if (status != CAMA_E_FORMAT || csv.cell != NULL || strncmp(cama_last_error(), "fuzz: ", 6) != 0)
        abort();
    cama__csv_free(&csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    cama__csv csv = {0};
    cama__csv_names names = {0};
    memcpy(text, data, size);
    text[size] = '\0';
    if (cama__csv_names_read(text, "fuzz", &names) == CAMA_OK) {
        for (int64_t i = 0; i < names.count; i++) {
            if (cama__csv_names_find(&names, names.name[i]) != i) abort();
        }
    } else if (strncmp(cama_last_error(), "option fuzz: ", 13) != 0)
        abort();
    cama__csv_names_free(&names);

    /* The first byte says in which dialect the text is read. */
    static const cama__dialect dialects[] = {
        {.header = true, .comment = ""},
        {.comment = "#", .delimiter = ';', .decimal_comma = true},
        {.header = true, .comment = "//", .delimiter = ' ', .skip_lines = 1},
        {.header = true, .comment = "", .delimiter = '\t', .skip_records = 2},
    };
    memcpy(text, data, size);
    const cama__dialect *dialect = &dialects[size > 0 ? data[0] % 4 : 0];
    const int32_t status = cama__csv_parse_as(text, (int64_t)size, "fuzz", dialect, &csv);
    const bool told = csv.cell == NULL && status == CAMA_E_FORMAT && strncmp(cama_last_error(), "fuzz: ", 6) == 0;
    if (status == CAMA_OK)
        round_trip(&csv, size);
    else if (!told)
        abort();
    cama__csv_free(&csv);
    memcpy(text, data, size);
    check_graph(text, (int64_t)size);
    free(text);
    return 0;
}
