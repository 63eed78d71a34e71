/* api_options - the public cama_options_ functions: they refuse NULL, then call src/options. */
#include <inttypes.h>

#include "api_check.h"

int32_t cama_options_create(const char *verb, cama_options **out)
{
    int32_t status = CAMA_OK;
    enum cama__verb index;
    NEED(verb);
    NEED(out);
    TRY(cama__options_find_verb(verb, &index));
    TRY(cama__options_create(index, out));
out:
    return status;
}

void cama_options_free(cama_options *options) { cama__options_free(options); }

int32_t cama_options_set_int(cama_options *options, const char *key, int64_t value)
{
    int32_t status = CAMA_OK;
    NEED(options);
    NEED(key);
    TRY(cama__options_set_int(options, key, value));
out:
    return status;
}

int32_t cama_options_set_real(cama_options *options, const char *key, double value)
{
    int32_t status = CAMA_OK;
    NEED(options);
    NEED(key);
    TRY(cama__options_set_real(options, key, value));
out:
    return status;
}

int32_t cama_options_set_text(cama_options *options, const char *key, const char *value)
{
    int32_t status = CAMA_OK;
    NEED(options);
    NEED(key);
    NEED(value);
    TRY(cama__options_set_text(options, key, value));
out:
    return status;
}

int32_t cama_options_set_vector(cama_options *options, const char *key, const float *value, int64_t count)
{
    int32_t status = CAMA_OK;
    NEED(options);
    NEED(key);
    if (count < 0) FAIL(CAMA_E_ARGUMENT, "%s: expected a count of at least 0, got %" PRId64, __func__, count);
    if (count > 0) NEED(value);
    TRY(cama__options_set_vector(options, key, value, count));
out:
    return status;
}

int32_t cama_options_get_int(const cama_options *options, const char *key, int64_t *value)
{
    int32_t status = CAMA_OK;
    NEED(options);
    NEED(key);
    NEED(value);
    TRY(cama__options_get_int(options, key, value));
out:
    return status;
}

int32_t cama_options_get_real(const cama_options *options, const char *key, double *value)
{
    int32_t status = CAMA_OK;
    NEED(options);
    NEED(key);
    NEED(value);
    TRY(cama__options_get_real(options, key, value));
out:
    return status;
}

int32_t cama_options_get_text(const cama_options *options, const char *key, const char **value)
{
    int32_t status = CAMA_OK;
    NEED(options);
    NEED(key);
    NEED(value);
    TRY(cama__options_get_text(options, key, value));
out:
    return status;
}

int32_t cama_options_count(const char *verb, int32_t *count)
{
    int32_t status = CAMA_OK;
    enum cama__verb index;
    NEED(verb);
    NEED(count);
    TRY(cama__options_find_verb(verb, &index));
    *count = cama__option_tables[index].count;
out:
    return status;
}

int32_t cama_options_describe(const char *verb, int32_t index, const char **key, int32_t *type,
                              const char **default_value, const char **range, const char **help)
{
    int32_t status = CAMA_OK;
    enum cama__verb found;
    NEED(verb);
    TRY(cama__options_find_verb(verb, &found));
    const cama__option_table *table = &cama__option_tables[found];
    if (index < 0 || index >= table->count)
        FAIL(CAMA_E_ARGUMENT, "option index of \"%s\": expected 0 to %d, got %d", table->name, (int)table->count - 1,
             (int)index);
    const cama__option *row = &table->rows[index];
    if (key != NULL) *key = row->key;
    if (type != NULL) *type = row->type;
    if (default_value != NULL) *default_value = row->fallback;
    if (range != NULL) *range = row->range;
    if (help != NULL) *help = row->help;
out:
    return status;
}
