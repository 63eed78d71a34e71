/* The main job in small, on real data through cama.h (about a minute on two cores): the preset mnist, trained for three
 * epochs on the 10,000 digits that come with the library, classifies clean digits well, and fine-tuning on shifted ones
 * without labels does no harm.
 *
 * Bounds: seeds 0, 1, 2 gave .895, .892, .895 clean; .80 leaves room for another machine's rounding, and a model that
 * does not use the class is at .10 to .30. Fine-tuning may cost 3 points at most: three standard errors of a paired
 * difference on 600 images of which few change. */
#include <stdlib.h>

#include "check.h"

#define DATA "examples/data/mnist/"
enum { TESTED = 600, CLASSES = 10 };

static cama_options *option(const char *verb, const char *key, double value)
{
    cama_options *o = NULL;
    OK(cama_options_create(verb, &o));
    OK(cama_options_set_real(o, key, value) == CAMA_OK ? CAMA_OK : cama_options_set_int(o, key, (int64_t)value));
    return o;
}

static double accuracy(cama_session *session, const cama_model *model, const cama_dataset *data)
{
    static float p[TESTED][CLASSES];
    static int32_t labels[TESTED];
    int right = 0;
    OK(cama_predict(session, model, data, NULL, &p[0][0]));
    OK(cama_dataset_read(data, 0, TESTED, NULL, labels));
    for (int i = 0; i < TESTED; i++) {
        int best = 0;
        for (int c = 1; c < CLASSES; c++) best = p[i][c] > p[i][best] ? c : best;
        right += best == labels[i];
    }
    return right / (double)TESTED;
}

static void test_main_job(void **state)
{
    (void)state;
    cama_dataset *train = NULL, *test = NULL, *shifted = NULL, *unlabelled = NULL;
    cama_session *session = NULL;
    cama_model *model = NULL, *adapted = NULL;
    cama_optimizer *optimizer = NULL;
    OK(cama_dataset_from_idx(DATA "train-images-idx3-ubyte.gz", DATA "train-labels-idx1-ubyte.gz", CLASSES, 0, &train));
    OK(cama_dataset_from_idx(DATA "t10k-images-idx3-ubyte.gz", DATA "t10k-labels-idx1-ubyte.gz", CLASSES, TESTED,
                             &test));
    OK(cama_session_create(NULL, &session));
    OK(cama_model_create("mnist", NULL, &model));
    OK(cama_optimizer_create(model, NULL, &optimizer));
    cama_options *o = option("train", "epochs", 3);
    OK(cama_train(session, optimizer, train, NULL, o, NULL));
    cama_options_free(o);
    const double clean = accuracy(session, model, test);
    if (clean < 0.80) fail_msg("clean accuracy %.3f, expected at least .80", clean);

    o = option("manipulate", "range", 0.2);
    OK(cama_dataset_manipulate(test, o, &shifted));
    cama_options_free(o);
    OK(cama_dataset_without_labels(shifted, &unlabelled));
    o = option("finetune", "steps", 60);
    OK(cama_finetune(session, model, train, unlabelled, o, &adapted, NULL));
    cama_options_free(o);
    const double before = accuracy(session, model, shifted), after = accuracy(session, adapted, shifted);
    const double clean_after = accuracy(session, adapted, test);
    if (before > clean - 0.05)
        fail_msg("shifted accuracy %.3f beside %.3f clean: the shift did nothing", before, clean);
    if (after < before - 0.03) fail_msg("fine-tuning: %.3f before, %.3f after on shifted digits", before, after);
    if (clean_after < clean - 0.03)
        fail_msg("fine-tuning: %.3f before, %.3f after on clean digits", clean, clean_after);

    cama_optimizer_free(optimizer);
    cama_model_free(model), cama_model_free(adapted);
    cama_dataset_free(train), cama_dataset_free(test), cama_dataset_free(shifted), cama_dataset_free(unlabelled);
    cama_session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_main_job)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
