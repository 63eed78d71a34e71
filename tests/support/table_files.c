/* table_files - files of a few lines, options in one, and what to expect of the schemas and datasets made from them. */
#include "table_files.h"

char table_path[FILES][512];

int table_set_paths(void **state)
{
    (void)state;
    const char *folder = getenv("TMPDIR");
    for (int i = 0; i < FILES; i++)
        snprintf(table_path[i], sizeof table_path[i], "%s/table_test_%ld_%d.csv", folder != NULL ? folder : "/tmp",
                 (long)getpid(), i);
    return 0;
}

int table_remove_files(void **state)
{
    (void)state;
    for (int i = 0; i < FILES; i++) unlink(table_path[i]);
    return 0;
}

void table_write(int which, const char *text)
{
    FILE *file = fopen(table_path[which], "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

cama_options *table_options(enum cama__verb verb, const char *text)
{
    char copy[512], *part = copy;
    cama_options *o = NULL;
    OK(cama__options_create(verb, &o));
    snprintf(copy, sizeof copy, "%s", text);
    while (part != NULL && *part != '\0') {
        char *next = strchr(part, ';'), *value = strchr(part, '=');
        if (next != NULL) *next++ = '\0';
        *value++ = '\0';
        int32_t status;
        if (strcmp(part, "cuts") == 0) {
            float cuts[8];
            int64_t count = 0;
            for (char *end; *value != '\0'; value = end) cuts[count++] = strtof(value, &end);
            status = cama__options_set_vector(o, part, cuts, count);
        } else if (strcmp(part, "quantiles") == 0 || strncmp(part, "skip_", 5) == 0)
            status = cama__options_set_int(o, part, atoi(value));
        else if (strcmp(part, "extreme") == 0)
            status = cama__options_set_real(o, part, atof(value));
        else
            status = cama__options_set_text(o, part, strcmp(value, "DAG") == 0 ? table_path[DAG] : value);
        if (status != CAMA_OK) fail_msg("%s", cama_last_error());
        part = next;
    }
    return o;
}

int32_t table_schema_of(const char *data, const char *options, cama_schema **out)
{
    cama_options *o = table_options(VERB_SCHEMA, options);
    table_write(DATA, data);
    *out = NULL;
    const int32_t status = cama__table_schema(table_path[DATA], o, out);
    cama__options_free(o);
    return status;
}

int32_t table_dataset_of(const char *data, const cama_schema *schema, const char *options, cama_dataset **out)
{
    cama_options *o = table_options(VERB_CSV, options);
    table_write(DATA, data);
    *out = NULL;
    const int32_t status = cama__table_dataset(table_path[DATA], schema, o, out);
    cama__options_free(o);
    return status;
}

cama_schema *table_good_schema(const char *data, const char *options)
{
    cama_schema *s;
    if (table_schema_of(data, options, &s) != CAMA_OK) fail_msg("%s", cama_last_error());
    return s;
}

cama_dataset *table_good_dataset(const char *data, const cama_schema *schema, const char *options)
{
    cama_dataset *d;
    if (table_dataset_of(data, schema, options, &d) != CAMA_OK) fail_msg("%s", cama_last_error());
    return d;
}

void table_expect_variables(const cama_schema *s, const char *text)
{
    char got[1024];
    size_t used = 0;
    got[0] = '\0';
    for (int32_t i = 0; i < s->count; i++) {
        const cama__variable *v = &s->variable[i];
        used += (size_t)snprintf(got + used, sizeof got - used, "%s %s %s %d at %d:", v->name, cama__role_name(v->role),
                                 cama__kind_name(v->kind), v->levels, v->first);
        for (int32_t k = 0; k < cama__variable_names(v); k++)
            used += (size_t)snprintf(got + used, sizeof got - used, " %s", v->level[k]);
        used += (size_t)snprintf(got + used, sizeof got - used, "\n");
    }
    assert_string_equal(got, text);
}

void table_expect_classes(const cama_schema *s, const char *text)
{
    char got[512] = "";
    for (int32_t i = 0; i < s->classes; i++) {
        if (i > 0) strcat(got, "|");
        strcat(got, s->class_name[i]);
    }
    assert_string_equal(got, text);
}

void table_ends_in(const char *message)
{
    const size_t got = strlen(cama_last_error()), want = strlen(message);
    if (got < want || strcmp(cama_last_error() + got - want, message) != 0)
        fail_msg("expected %s\n  got %s", message, cama_last_error());
}

const char table_mixed[] = "id,\"g,h\",y,b,n,x,k\n"
                           "a,u,no,0,3.0,1.5,7\n"
                           "b,w,yes,1,1,-2e0,7\n"
                           "c,u,no,1.0,03,.5,7\n"
                           "d,\"v\",no,0,10,1,7\n";
