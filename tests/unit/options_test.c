/* options - values are checked when set, read back or defaulted, and a refused one changes nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "options/options.h"

#define HAS_MESSAGE(text) assert_string_equal(cama_last_error(), text)

static cama_options *make(const char *verb)
{
    cama_options *options = NULL;
    OK(cama_options_create(verb, &options));
    assert_non_null(options);
    return options;
}

static void unset_options_read_as_defaults(void **state)
{
    (void)state;
    cama_options *train = make("train");
    int64_t integer = -7;
    double number = -7;
    const char *text = NULL;
    OK(cama_options_get_int(train, "epochs", &integer));
    OK(cama_options_get_real(train, "lr_final", &number));
    OK(cama_options_get_text(train, "schedule", &text));
    assert_int_equal(integer, 10);
    assert_true(number == 0.05);
    assert_string_equal(text, "cosine");

    const cama_options *const both[] = {NULL, train};
    for (int i = 0; i < 2; i++) {
        const cama__train_options o = cama__options_train(both[i]);
        assert_int_equal(o.batch, 64);
        assert_true(o.lambda == 0.5);
        assert_int_equal(o.noise, NOISE_SAMPLE);
        assert_int_equal(o.schedule, SCHEDULE_COSINE);
        assert_null(o.m0.at);
        assert_int_equal(o.m0.count, 0);
        assert_false(o.batch_given || o.lambda_given || o.noise_given || o.m0_given);
    }
    assert_int_equal(cama__options_predict(NULL).samples, 10);
    assert_int_equal(cama__options_model(NULL).m, -1);
    assert_string_equal(cama__options_model(NULL).p_y, "");
    assert_true(cama__options_finetune(NULL).lr == 2e-3);
    assert_int_equal(cama__options_predict(NULL).proposing.view_draws, 4);
    assert_true(cama__options_predict(NULL).reader_weight == 1); /* the row behind the group */
    assert_string_equal(cama__options_csv(NULL).dialect.delimiter, "auto");
    cama_options_free(train);
}

static void set_values_are_read_back(void **state)
{
    (void)state;
    cama_options *train = make("train");
    char word[] = "linear";
    float m0[] = {1.5f, -2.0f};
    int64_t integer;
    double number;
    const char *text;
    OK(cama_options_set_int(train, "seed", INT64_C(9007199254740991)));
    OK(cama_options_set_real(train, "lambda", 0.25));
    OK(cama_options_set_int(train, "kl_weight", 2)); /* an integer where a real is wanted */
    OK(cama_options_set_text(train, "schedule", word));
    OK(cama_options_set_vector(train, "m0", m0, 2));
    word[0] = 'x', m0[0] = 99; /* the options keep copies */

    OK(cama_options_get_int(train, "seed", &integer));
    assert_true(integer == INT64_C(9007199254740991));
    OK(cama_options_get_real(train, "kl_weight", &number));
    assert_true(number == 2 && cama__options_train(train).lambda == 0.25);
    OK(cama_options_get_text(train, "schedule", &text));
    assert_string_equal(text, "linear");
    cama__train_options o = cama__options_train(train);
    assert_int_equal(o.schedule, SCHEDULE_LINEAR);
    assert_int_equal(o.m0.count, 2);
    assert_true(o.m0.at[0] == 1.5f && o.m0.at[1] == -2.0f);
    assert_true(o.m0_given && o.schedule_given && o.seed_given && o.lambda_given);
    assert_false(o.epochs_given);

    OK(cama_options_set_text(train, "schedule", "constant"));
    OK(cama_options_set_vector(train, "m0", NULL, 0));
    o = cama__options_train(train);
    assert_int_equal(o.schedule, SCHEDULE_CONSTANT);
    assert_null(o.m0.at);
    assert_int_equal(o.m0.count, 0);
    assert_true(o.m0_given);
    cama_options_free(train);

    cama_options *model = make("model");
    assert_int_equal(cama_options_set_int(model, "p_y", 3), CAMA_E_OPTION);
    HAS_MESSAGE("option \"p_y\" of \"model\": expected a network description, got 3");
    OK(cama_options_set_text(model, "p_y", "any text: the model's business"));
    assert_string_equal(cama__options_model(model).p_y, "any text: the model's business");
    OK(cama_options_set_text(model, "p_y", ""));
    cama_options_free(model);
    cama_options_free(NULL);
}

static void refused_values_leave_the_old_ones(void **state)
{
    (void)state;
    cama_options *train = make("train");
    const float m0[] = {1, 2}, bad[] = {0, 0, NAN};
    OK(cama_options_set_int(train, "epochs", 3));
    OK(cama_options_set_text(train, "noise", "mean"));
    OK(cama_options_set_vector(train, "m0", m0, 2));

    assert_int_equal(cama_options_set_int(train, "epochs", 0), CAMA_E_OPTION);
    HAS_MESSAGE("option \"epochs\" of \"train\": expected an integer in [1, 1000000], got 0");
    assert_int_equal(cama_options_set_real(train, "epochs", 2), CAMA_E_OPTION);
    HAS_MESSAGE("option \"epochs\" of \"train\": expected an integer in [1, 1000000], got the real number 2");
    assert_int_equal(cama_options_set_text(train, "epochs", "ten"), CAMA_E_OPTION);
    HAS_MESSAGE("option \"epochs\" of \"train\": expected an integer in [1, 1000000], got \"ten\"");
    assert_int_equal(cama_options_set_vector(train, "epochs", m0, 2), CAMA_E_OPTION);
    HAS_MESSAGE("option \"epochs\" of \"train\": expected an integer in [1, 1000000], got a vector of 2 numbers");
    assert_int_equal(cama_options_set_real(train, "lambda", 1.5), CAMA_E_OPTION);
    HAS_MESSAGE("option \"lambda\" of \"train\": expected a number in [0, 1], got 1.5");
    assert_int_equal(cama_options_set_int(train, "lambda", 2), CAMA_E_OPTION);
    assert_int_equal(cama_options_set_text(train, "noise", "mea"), CAMA_E_OPTION);
    assert_int_equal(cama_options_set_text(train, "noise", ""), CAMA_E_OPTION);
    assert_int_equal(cama_options_set_text(train, "noise", "sample|mean"), CAMA_E_OPTION);
    HAS_MESSAGE("option \"noise\" of \"train\": expected one of sample|mean, got \"sample|mean\"");
    assert_int_equal(cama_options_set_int(train, "noise", 1), CAMA_E_OPTION);
    assert_int_equal(cama_options_set_vector(train, "m0", bad, 3), CAMA_E_OPTION);
    HAS_MESSAGE("option \"m0\" of \"train\": expected a vector of numbers in [-1e6, 1e6], got nan at index 2");
    assert_int_equal(cama_options_set_real(train, "m0", 1), CAMA_E_OPTION);

    const cama__train_options o = cama__options_train(train);
    assert_int_equal(o.epochs, 3);
    assert_true(o.lambda == 0.5);
    assert_int_equal(o.noise, NOISE_MEAN);
    assert_true(o.m0.count == 2 && o.m0.at[0] == 1 && o.m0.at[1] == 2);
    cama_options_free(train);

    cama_options *attack = make("attack");
    const float mask[] = {0, 1, 0.5f};
    OK(cama_options_set_vector(attack, "mask", mask, 2));
    assert_int_equal(cama_options_set_vector(attack, "mask", mask, 3), CAMA_E_OPTION);
    HAS_MESSAGE("option \"mask\" of \"attack\": expected a vector of integers in [0, 1], got 0.5 at index 2");
    cama_options_free(attack);
}

static void unknown_keys_get_a_hint(void **state)
{
    (void)state;
    cama_options *train = make("train"), *optimizer = make("optimizer"), *out = train;
    int64_t integer = -7;
    int32_t count = -7;
    char longest[3000];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(cama_options_set_int(train, "epoch", 5), CAMA_E_OPTION);
    HAS_MESSAGE("unknown option \"epoch\" of \"train\"; did you mean \"epochs\"?");
    assert_int_equal(cama_options_set_real(train, "LR-final", 5), CAMA_E_OPTION);
    HAS_MESSAGE("unknown option \"LR-final\" of \"train\"; did you mean \"lr_final\"?");
    assert_int_equal(cama_options_set_int(train, "EPOCHS", 5), CAMA_E_OPTION);
    HAS_MESSAGE("unknown option \"EPOCHS\" of \"train\"; did you mean \"epochs\"?");
    assert_int_equal(cama_options_set_text(train, "shedule", "linear"), CAMA_E_OPTION);
    HAS_MESSAGE("unknown option \"shedule\" of \"train\"; did you mean \"schedule\"?");
    assert_int_equal(cama_options_get_int(train, "sampels", &integer), CAMA_E_OPTION);
    HAS_MESSAGE("unknown option \"sampels\" of \"train\"; did you mean \"samples\"?");
    assert_int_equal(integer, -7);
    assert_int_equal(cama_options_set_real(optimizer, "learning_rate", 1), CAMA_E_OPTION);
    HAS_MESSAGE("unknown option \"learning_rate\" of \"optimizer\"; expected one of lr, beta1, beta2, eps, "
                "weight_decay, clip");
    assert_int_equal(cama_options_set_real(optimizer, "", 1), CAMA_E_OPTION);
    assert_int_equal(cama_options_set_real(optimizer, longest, 1), CAMA_E_OPTION);
    assert_int_equal(cama_options_create("trian", &out), CAMA_E_OPTION);
    HAS_MESSAGE("there are no options for \"trian\"; did you mean \"train\"?");
    assert_int_equal(cama_options_create(longest, &out), CAMA_E_OPTION);
    assert_int_equal(cama_options_count("fit", &count), CAMA_E_OPTION);
    HAS_MESSAGE("there are no options for \"fit\"; expected one of session, model, optimizer, train, finetune, score, "
                "predict, attack, encode, reconstruct, generate, manipulate, schema, columns, csv, counterfactual, view, "
                "stream");
    assert_ptr_equal(out, train);
    assert_int_equal(count, -7);
    cama_options_free(train);
    cama_options_free(optimizer);
}

static void reading_another_type_is_refused(void **state)
{
    (void)state;
    cama_options *train = make("train");
    int64_t integer = -7;
    double number = -7;
    const char *text = "as before";
    assert_int_equal(cama_options_get_int(train, "lambda", &integer), CAMA_E_OPTION);
    HAS_MESSAGE("option \"lambda\" of \"train\" is a real number and was read as an integer");
    assert_int_equal(cama_options_get_real(train, "epochs", &number), CAMA_E_OPTION);
    assert_int_equal(cama_options_get_text(train, "m0", &text), CAMA_E_OPTION);
    assert_true(integer == -7 && number == -7);
    assert_string_equal(text, "as before");
    cama_options_free(train);
}

static void options_are_for_one_verb(void **state)
{
    (void)state;
    cama_options *predict = make("predict");
    OK(cama__options_check(NULL, VERB_TRAIN));
    OK(cama__options_check(predict, VERB_PREDICT));
    assert_int_equal(cama__options_check(predict, VERB_TRAIN), CAMA_E_OPTION);
    HAS_MESSAGE("expected options for \"train\", got options for \"predict\"");
    OK(cama_options_set_int(predict, "samples", 77));
    assert_int_equal(cama__options_predict(predict).samples, 77);
    assert_int_equal(cama__options_score(predict).samples, 1); /* the other verb's default */
    cama_options_free(predict);
}

static void null_arguments_are_refused(void **state)
{
    (void)state;
    cama_options *train = make("train");
    const float one = 1;
    int32_t count;
    int64_t integer;
    assert_int_equal(cama_options_create(NULL, &train), CAMA_E_ARGUMENT);
    HAS_MESSAGE("cama_options_create: expected a pointer for verb, got NULL");
    assert_int_equal(cama_options_create("train", NULL), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_set_int(NULL, "epochs", 1), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_set_int(train, NULL, 1), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_set_real(train, NULL, 1), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_set_text(train, "noise", NULL), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_set_vector(train, "m0", NULL, 1), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_set_vector(train, "m0", &one, -1), CAMA_E_ARGUMENT);
    HAS_MESSAGE("cama_options_set_vector: expected a count of at least 0, got -1");
    assert_int_equal(cama_options_get_int(NULL, "epochs", &integer), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_get_int(train, "epochs", NULL), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_get_real(train, "lambda", NULL), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_get_text(train, "noise", NULL), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_count(NULL, &count), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_count("train", NULL), CAMA_E_ARGUMENT);
    assert_int_equal(cama_options_describe(NULL, 0, NULL, NULL, NULL, NULL, NULL), CAMA_E_ARGUMENT);
    cama_options_free(train);
}

static void *no_memory(void *user, size_t bytes)
{
    (void)user, (void)bytes;
    return NULL;
}

static void release(void *user, void *pointer)
{
    (void)user;
    free(pointer);
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    cama_options *train = make("train"), *out = NULL;
    const float m0[] = {4};
    const cama__mem_hook empty = {no_memory, release, NULL};
    OK(cama_options_set_text(train, "noise", "mean"));
    OK(cama_options_set_vector(train, "m0", m0, 1));
    cama__mem_set_hook(&empty);
    assert_int_equal(cama_options_create("train", &out), CAMA_E_MEMORY);
    assert_int_equal(cama_options_set_text(train, "noise", "sample"), CAMA_E_MEMORY);
    assert_int_equal(cama_options_set_vector(train, "m0", m0, 1), CAMA_E_MEMORY);
    cama__mem_set_hook(NULL);
    assert_null(out);
    assert_int_equal(cama__options_train(train).noise, NOISE_MEAN);
    assert_true(cama__options_train(train).m0.at[0] == 4);
    cama_options_free(train);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unset_options_read_as_defaults),    cmocka_unit_test(set_values_are_read_back),
        cmocka_unit_test(refused_values_leave_the_old_ones), cmocka_unit_test(unknown_keys_get_a_hint),
        cmocka_unit_test(reading_another_type_is_refused),   cmocka_unit_test(options_are_for_one_verb),
        cmocka_unit_test(null_arguments_are_refused),        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
