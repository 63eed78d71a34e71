/* csv_names - the CSV scanner takes a copy of the text apart as one record; the names are then checked: none is empty,
 * none comes twice. */
#include "csv_names.h"

#include <stdio.h>
#include <string.h>

#include "../base/sort.h"
#include "csv_scan.h"

static int32_t check_names(const cama__csv_names *names, const char *option)
{
    int32_t status = CAMA_OK;
    const char **sorted = NULL;
    TRY(cama__mem_new(&sorted, names->count));
    for (int64_t i = 0; i < names->count; i++) {
        sorted[i] = names->name[i];
        if (*sorted[i] == '\0') FAIL(CAMA_E_OPTION, "option %s: expected names, got an empty one", option);
    }
    cama__sort(sorted, names->count, sizeof *sorted, cama__sort_texts);
    for (int64_t i = 1; i < names->count; i++) {
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            FAIL(CAMA_E_OPTION, "option %s: expected each name once, got \"%s\" twice", option, sorted[i]);
    }
out:
    cama__mem_free(sorted);
    return status;
}

static int32_t split_names(const char *where, cama__csv_names *names)
{
    int32_t status = CAMA_OK;
    bool spare;
    const int64_t size = (int64_t)strlen(names->text);
    const cama__scanner start = {.text = names->text,
                                 .size = size,
                                 .line = 1,
                                 .where = where,
                                 .status = CAMA_E_OPTION,
                                 .delimiter = ',',
                                 .list = true};
    cama__scanner s = start;
    TRY(cama__scan_record(&s, NULL, 0, &names->count, &spare));
    if (s.at < s.size || (size > 0 && names->text[size - 1] == '\n'))
        TRY(cama__scan_wrong(&s, 1, "expected names in one line, got the end of a line"));
    TRY(cama__mem_new(&names->name, names->count));
    s = start;
    s.write = true;
    TRY(cama__scan_record(&s, names->name, names->count, &names->count, &spare));
out:
    return status;
}

int32_t cama__csv_names_read(const char *text, const char *option, cama__csv_names *out)
{
    int32_t status = CAMA_OK;
    char where[64];
    cama__csv_names names = {.count = 0};
    snprintf(where, sizeof where, "option %s", option);
    if (text[strspn(text, " \t")] != '\0') {
        names.text = cama__mem_text(text);
        TRY(cama__mem_got(names.text));
        TRY(split_names(where, &names));
        TRY(check_names(&names, option));
    }
    *out = names;
    memset(&names, 0, sizeof names);
out:
    cama__csv_names_free(&names);
    return status;
}

void cama__csv_names_free(cama__csv_names *names)
{
    cama__mem_free(names->name);
    cama__mem_free(names->text);
    memset(names, 0, sizeof *names);
}

int64_t cama__csv_names_find(const cama__csv_names *names, const char *name)
{
    for (int64_t i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], name) == 0) return i;
    }
    return -1;
}
