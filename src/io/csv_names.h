/* csv_names - a list of names in an option's text, written like one CSV record: a,b,"c,d". Empty text: none. */
#ifndef CAMA_IO_CSV_NAMES_H
#define CAMA_IO_CSV_NAMES_H

#include "../base/mem.h"

typedef struct {
    int64_t count;
    const char **name; /* (count), none empty, each once */
    char *text;
} cama__csv_names;

/* option: its key. CAMA_E_OPTION names it. */
int32_t cama__csv_names_read(const char *text, const char *option, cama__csv_names *out);
void cama__csv_names_free(cama__csv_names *names);
/* Index of a name, or -1. */
int64_t cama__csv_names_find(const cama__csv_names *names, const char *name);

#endif
