/* api_process - rows of processes that are known in closed form, and models trained on them. */
#include "api_process.h"

double process_normal(uint64_t *state)
{
    double u[2];
    for (int i = 0; i < 2; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        u[i] = ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
    }
    return sqrt(-2 * log(u[0])) * cos(6.283185307179586 * u[1]);
}

cama_schema *process_schema(const char *table, const char *target, const char *const *settings)
{
    cama_schema *made = NULL;
    cama_options *how = NULL;
    OK(cama_options_create("schema", &how));
    OK(cama_options_set_text(how, "target", target));
    for (; *settings != NULL; settings += 2) OK(cama_options_set_text(how, settings[0], settings[1]));
    OK(cama_schema_from_csv(table, how, &made));
    cama_options_free(how);
    return made;
}

cama_model *process_train(cama_session *session, const char *table, const cama_schema *schema, int64_t rows)
{
    cama_model *made = NULL;
    cama_dataset *all = NULL, *first = NULL;
    cama_optimizer *optimizer = NULL;
    cama_options *how = NULL;
    OK(cama_dataset_from_csv(table, schema, NULL, &all));
    OK(cama_dataset_slice(all, 0, rows, &first));
    OK(cama_model_create_for("measurement-sensors", schema, NULL, &made));
    OK(cama_optimizer_create(made, NULL, &optimizer));
    OK(cama_options_create("train", &how));
    OK(cama_options_set_int(how, "epochs", 25));
    OK(cama_options_set_int(how, "batch", 64));
    OK(cama_options_set_real(how, "kl_warmup", 0));
    OK(cama_options_set_real(how, "label_weight", 0)); /* Bayes' rule of the roles alone, be they right or wrong */
    OK(cama_train(session, optimizer, first, NULL, how, NULL));
    cama_options_free(how);
    cama_optimizer_free(optimizer);
    cama_dataset_free(first);
    cama_dataset_free(all);
    return made;
}
