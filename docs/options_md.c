/* options_md - prints docs/options.md from what the library says about its options (cama.h alone). */
#include <cama/cama.h>

#include <stdio.h>
#include <string.h>

static const struct {
    const char *verb, *functions;
} verbs[] = {
    {"session", "`cama_session_create`"},
    {"schema", "`cama_schema_from_csv`"},
    {"columns", "`cama_dataset_from_columns_with`"},
    {"csv", "`cama_dataset_from_csv`"},
    {"model", "`cama_model_create` and `cama_model_create_for`"},
    {"optimizer", "`cama_optimizer_create`"},
    {"train", "`cama_train`"},
    {"finetune", "`cama_finetune`"},
    {"stream", "`cama_stream_create`"},
    {"score", "`cama_elbo`, `cama_elbo_do` and `cama_elbo_marginal`"},
    {"predict", "`cama_predict` and `cama_predict_read`"},
    {"view", "`cama_views` and `cama_see`"},
    {"attack", "`cama_attack`"},
    {"encode", "`cama_encode`"},
    {"reconstruct", "`cama_reconstruct`"},
    {"generate", "`cama_generate`"},
    {"counterfactual", "`cama_counterfactual`"},
    {"manipulate", "`cama_dataset_manipulate`"},
};

static const char *const intro =
    "# Options\n"
    "\n"
    "<!-- Printed by docs/options_md.c from the tables of the library (src/options/option_rows.inc): change those. -->\n"
    "\n"
    "Options are made for one verb with `cama_options_create`, set by key with `cama_options_set_int`,\n"
    "`cama_options_set_real`, `cama_options_set_text` and `cama_options_set_vector`, and given to that verb.\n"
    "NULL options are the defaults below. A value is checked when it is set: an unknown key, a wrong type and a\n"
    "value out of range are CAMA_E_OPTION, and nothing changes. An integer may be given where a real number is\n"
    "wanted, but not the reverse. In a range, a round bracket excludes its end. Programs read the same tables with\n"
    "`cama_options_count` and `cama_options_describe`.\n"
    "\n"
    "Letters: x, y, z, m are observation, class, style and manipulation, a and c the parents of y and the co-parents;\n"
    "B, C, K, U are the numbers of examples in a batch, of classes, of samples of z and of samples of m; D, Z, M, A,\n"
    "P are the sizes of x, z, m, a, c. Equation numbers are those of the paper.\n";

/* A bar would end the cell of a table, in code as well. */
static void print_cell(const char *text, const char *bar)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            fputs(bar, stdout);
        else
            putchar(*text);
    }
}

static int print_option(const char *verb, int32_t index)
{
    static const char *const types[] = {"", "integer", "real", "text", "vector"};
    const char *key, *fallback, *range, *help;
    int32_t type;
    if (cama_options_describe(verb, index, &key, &type, &fallback, &range, &help) != CAMA_OK) return 1;
    printf("| `%s` | %s | ", key, types[type]);
    if (*fallback != '\0')
        printf("`%s` | ", fallback);
    else
        fputs("empty | ", stdout);
    print_cell(range, ", ");
    fputs(" | ", stdout);
    print_cell(help, "\\|");
    fputs(" |\n", stdout);
    return 0;
}

static int print_verb(const char *verb, const char *functions)
{
    int32_t count;
    if (cama_options_count(verb, &count) != CAMA_OK) return 1;
    printf("\n## %s\n\nRead by %s.\n\n", verb, functions);
    fputs("| key | type | default | range | meaning |\n|---|---|---|---|---|\n", stdout);
    int failed = 0;
    for (int32_t i = 0; i < count; i++) failed |= print_option(verb, i);
    return failed;
}

int main(void)
{
    int failed = 0;
    fputs(intro, stdout);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) failed |= print_verb(verbs[i].verb, verbs[i].functions);
    if (failed) fprintf(stderr, "options_md: %s\n", cama_last_error());
    return failed || fflush(stdout) != 0;
}
