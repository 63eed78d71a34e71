/* report - a short list of names, each with its numbers. */
#include "report.h"

#include <stdio.h>
#include <string.h>

int32_t cama__report_create(cama_report **out)
{
    int32_t status = CAMA_OK;
    cama_report *report = NULL;
    TRY(cama__mem_new(&report, 1));
    *out = report;
out:
    return status;
}

void cama__report_free(cama_report *report)
{
    if (report == NULL) return;
    for (int32_t i = 0; i < report->keys; i++) cama__mem_free(report->value[i]);
    cama__mem_free(report);
}

int32_t cama__report_add(cama_report *report, const char *name, int64_t count, const double *values)
{
    if (report->keys == REPORT_KEYS || strlen(name) >= REPORT_NAME || count < 0)
        return cama__error(CAMA_E_MEMORY,
                           "report: expected at most %d keys of %d characters, got key %d, \"%.*s\", with %lld values",
                           REPORT_KEYS, REPORT_NAME - 1, report->keys + 1, SHOWN(name), (long long)count);
    double *copy = cama__mem_alloc((size_t)count, sizeof *copy);
    if (copy == NULL) return CAMA_E_MEMORY;
    if (count > 0) memcpy(copy, values, (size_t)count * sizeof *copy);
    const int32_t key = report->keys++;
    memcpy(report->name[key], name, strlen(name) + 1);
    report->value[key] = copy;
    report->count[key] = count;
    return CAMA_OK;
}

static int32_t refuse(const cama_report *report, const char *name)
{
    char known[REPORT_KEYS * (REPORT_NAME + 4) + 1] = "";
    size_t used = 0;
    for (int32_t i = 0; i < report->keys; i++) {
        const char *before = i == 0 ? "" : i == report->keys - 1 ? " or " : ", ";
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", before, report->name[i]);
    }
    return cama__error(CAMA_E_ARGUMENT, "report: expected a key, %s, got \"%.*s\"",
                       report->keys > 0 ? known : "of which there is none", SHOWN(name));
}

int32_t cama__report_find(const cama_report *report, const char *name, int32_t *key)
{
    for (int32_t i = 0; i < report->keys; i++)
        if (strcmp(report->name[i], name) == 0) {
            *key = i;
            return CAMA_OK;
        }
    return refuse(report, name);
}
