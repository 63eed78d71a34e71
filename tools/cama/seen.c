/* seen - names, units and numbers of what was done to each image. */
#include "seen.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "saved.h"
#include "settings.h"

int seen_is_possible(const char *path, const cama_model *model)
{
    metadata meta;
    if (cama_model_schema(model) != NULL || !model_number(model, "q_m_trained")) return 0;
    saved_metadata(path, &meta);
    const char *enters = saved_choice(&meta, "m_enters");
    const int is_view = enters != NULL && strcmp(enters, "view") == 0;
    saved_metadata_free(&meta);
    return is_view;
}

int seen_find(const arguments *args, cama_session *session, const cama_model *model, const input *data, seen *out)
{
    *out = (seen){.n = input_rows(data->data)};
    went(cama_view_count(&out->count));
    out->mean = room((size_t)out->n, (size_t)out->count * sizeof *out->mean);
    out->deviation = room((size_t)out->n, (size_t)out->count * sizeof *out->deviation);
    cama_options *options = settings_make(args, "view", NULL);
    const int done = went(cama_views(session, model, data->data, options, out->mean, out->deviation));
    cama_options_free(options);
    return done;
}

void seen_free(seen *made)
{
    free(made->mean);
    free(made->deviation);
}

const char *seen_name(int32_t index, const char **unit, double *none)
{
    const char *name = NULL;
    went(cama_view_describe(index, &name, unit, none));
    return name;
}
