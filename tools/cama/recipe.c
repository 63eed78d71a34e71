/* recipe - settings of training by the number of rows, as in the Python package: small files are gone through often
 * enough, and the learning rate rises over a tenth of the steps at most. How they were chosen: docs/measurement.md. */
#include <stdio.h>

#include "fail.h"
#include "settings.h"

enum { LARGE = 4096, STEPS_OF_A_RISE = 10, LONGEST_RISE = 100 };

static const struct {
    int64_t least_steps, least_epochs, small_batch, large_batch;
    const char *lr;
} plans[] = {{1500, 20, 32, 128, "3e-3"}, {1000, 10, 64, 64, "1e-3"}};

/* The number in force of an option "train". */
static int64_t number_of(const arguments *args, const setting *of, const char *key)
{
    int64_t value = 0;
    cama_options *options = settings_make(args, "train", of);
    went(cama_options_get_int(options, key, &value));
    cama_options_free(options);
    return value;
}

void recipe_train(int64_t n, int images, const arguments *args, recipe *out)
{
    const int64_t most = n >= LARGE ? plans[images].large_batch : plans[images].small_batch;
    *out = (recipe){.of = {{"optimizer.lr", plans[images].lr}}};
    snprintf(out->batch, sizeof out->batch, "%lld", (long long)(n < most ? n : most));
    out->of[1] = (setting){"train.batch", out->batch};
    const int64_t batch = number_of(args, out->of, "batch"), steps = (n + batch - 1) / batch; /* in an epoch */
    const int64_t wanted = (plans[images].least_steps + steps - 1) / steps;
    snprintf(out->epochs, sizeof out->epochs, "%lld",
             (long long)(wanted > plans[images].least_epochs ? wanted : plans[images].least_epochs));
    out->of[2] = (setting){"train.epochs", out->epochs};
    const int64_t rise = number_of(args, out->of, "epochs") * steps / STEPS_OF_A_RISE;
    snprintf(out->warmup, sizeof out->warmup, "%lld", (long long)(rise < LONGEST_RISE ? rise : LONGEST_RISE));
    out->of[3] = (setting){"train.warmup", out->warmup};
}

const setting recipe_rows[] = {{"predict.samples", "20"}, {NULL, NULL}};
