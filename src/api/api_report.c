/* api_report - the public cama_report_ functions. */
#include <inttypes.h>

#include "../verbs/report.h"
#include "api_check.h"

int32_t cama_report_count(const cama_report *report, const char *key, int64_t *count)
{
    int32_t status = CAMA_OK, found;
    NEED(report);
    NEED(key);
    NEED(count);
    TRY(cama__report_find(report, key, &found));
    *count = report->count[found];
out:
    return status;
}

int32_t cama_report_get(const cama_report *report, const char *key, int64_t index, double *value)
{
    int32_t status = CAMA_OK, found;
    NEED(report);
    NEED(key);
    NEED(value);
    TRY(cama__report_find(report, key, &found));
    if (index < 0 || index >= report->count[found])
        FAIL(CAMA_E_ARGUMENT, "%s: expected an index of \"%s\" from 0 to %" PRId64 ", got %" PRId64, __func__, key,
             report->count[found] - 1, index);
    *value = report->value[found][index];
out:
    return status;
}

void cama_report_free(cama_report *report) { cama__report_free(report); }
