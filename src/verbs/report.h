/* report - what a run did, as named lists of numbers. */
#ifndef CAMA_VERBS_REPORT_H
#define CAMA_VERBS_REPORT_H

#include "../base/mem.h"

enum { REPORT_KEYS = 24, REPORT_NAME = 32 };

struct cama_report {
    int32_t keys;
    char name[REPORT_KEYS][REPORT_NAME];
    double *value[REPORT_KEYS];
    int64_t count[REPORT_KEYS];
};

int32_t cama__report_create(cama_report **out);
void cama__report_free(cama_report *report);
/* Add a key with count values, copied. CAMA_E_MEMORY. */
int32_t cama__report_add(cama_report *report, const char *name, int64_t count, const double *values);
int32_t cama__report_find(const cama_report *report, const char *name,
                          int32_t *key); /* CAMA_E_ARGUMENT names the known keys */
#endif
