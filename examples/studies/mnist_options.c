/* mnist_options - the options of the program, and their defaults: ten minutes on two cores. */
#include <stddef.h>

#include "common/args.h"
#include "mnist.h"

enum { EPOCHS = 1, SHIFTS = 8 }; /* their places in the table */

static const settings defaults = {.epochs = 20,
                                  .batch = 64,
                                  .samples = 5,
                                  .lr = 1e-3,
                                  .finetune_epochs = 4,
                                  .cnn_epochs = 6,
                                  .oracle_epochs = 2,
                                  .simulate_epochs = 20,
                                  .view_steps = 60,
                                  .simulated_steps = 30,
                                  .view_images = 250,
                                  .view_draws = 1,
                                  .views = 1,
                                  .reader = 1,
                                  .data = EXAMPLE_DATA,
                                  .shifts = ".1,.2,.3,.4,.5",
                                  .out = "out/mnist"};

static int ranges_of(const char *option, const char *list, double ranges[MOST_SHIFTS])
{
    const int count = args_list(list, 0, 1, ranges, MOST_SHIFTS);
    if (count < 0) give_up(option, "wants at most 32 numbers in [0,1], separated by commas");
    return count;
}

settings read_settings(int argc, char **argv)
{
    settings set = defaults;
    args_option table[] = {
        {"data", ARGS_TEXT, &set.data, 0, 0, "DIR", "folder with the four MNIST files, plain or .gz", 0},
        {"epochs", ARGS_INT, &set.epochs, 0, MOST_EPOCHS, "N", "passes over the training images; 0: as they are", 0},
        {"batch", ARGS_INT, &set.batch, 1, 65536, "N", "images in a training step", 0},
        {"lr", ARGS_REAL, &set.lr, 1e-9, 10, "X", "learning rate", 0},
        {"train-limit", ARGS_INT, &set.train_limit, 0, 1e9, "N", "use the first N training images; 0: all", 0},
        {"test-limit", ARGS_INT, &set.test_limit, 0, 1e9, "N", "use the first N test images; 0: all", 0},
        {"samples", ARGS_INT, &set.samples, 1, 100000, "K", "draws of z for each class in a prediction", 0},
        {"finetune-epochs", ARGS_REAL, &set.finetune_epochs, 0, 1e6, "X",
         "published form: passes over shifted test images", 0},
        {"shifts", ARGS_TEXT, &set.shifts, 0, 0, "LIST", "ranges, a share of the image; '' for none", 0},
        {"finetune-shifts", ARGS_TEXT, &set.finetune_shifts, 0, 0, "LIST",
         "ranges at which models are fine-tuned; not given: all of --shifts, or .1,.3,.5 of its default", 0},
        {"views", ARGS_INT, &set.views, 0, 1, "0|1", "the form with views too; 0: the published form alone", 0},
        {"simulate-epochs", ARGS_INT, &set.simulate_epochs, 0, MOST_EPOCHS, "N",
         "passes in which q(m|x) learns from simulated views; 0: none", 0},
        {"view-steps", ARGS_INT, &set.view_steps, 1, 1000000, "N", "fine-tuning steps without simulated views", 0},
        {"simulated-steps", ARGS_INT, &set.simulated_steps, 1, 1000000, "N", "fine-tuning steps with them", 0},
        {"view-images", ARGS_INT, &set.view_images, 0, 1e9, "N", "score views on the first N test images; 0: all", 0},
        {"view-draws", ARGS_INT, &set.view_draws, 0, 1000, "N", "draws of q(m|x) among the views of a prediction", 0},
        {"cnn-epochs", ARGS_INT, &set.cnn_epochs, 0, MOST_EPOCHS, "N", "passes of the clean CNN; 0: no CNN", 0},
        {"oracle-epochs", ARGS_INT, &set.oracle_epochs, 0, 1000, "N",
         "passes of the CNN over labelled shifted training images; 0: none", 0},
        {"reader", ARGS_INT, &set.reader, 0, 1, "0|1", "1: the CNN reads images with their view undone, too", 0},
        {"threads", ARGS_INT, &set.threads, 0, 256, "N", "threads; 0: one for each processor", 0},
        {"convolution", ARGS_TEXT, &set.convolution, 0, 0, "HOW", "winograd, or direct for the least rounding", 0},
        {"seed", ARGS_INT, &set.seed, 0, 9007199254740992.0, "N", "seed of parameters, noise, order and shifts", 0},
        {"load", ARGS_TEXT, &set.load, 0, 0, "FILE", "start from this model; without --epochs it is not trained", 0},
        {"save", ARGS_TEXT, &set.save, 0, 0, "FILE", "the model, instead of model.safetensors in --out", 0},
        {"json", ARGS_TEXT, &set.json, 0, 0, "FILE", "the results, instead of results.json in --out", 0},
        {"out", ARGS_TEXT, &set.out, 0, 0, "DIR", "folder for model, results, curves and picture", 0},
    };
    args_read(argc, argv, "mnist [OPTION...]: trains deep CAMA, shifts the test images, fine-tunes without labels.",
              table, (int)(sizeof table / sizeof table[0]));
    if (set.load != NULL && !table[EPOCHS].given) set.epochs = 0;
    if (set.finetune_shifts == NULL) set.finetune_shifts = table[SHIFTS].given ? set.shifts : ".1,.3,.5";
    set.range_count = ranges_of("--shifts", set.shifts, set.ranges);
    set.tuned_count = ranges_of("--finetune-shifts", set.finetune_shifts, set.tuned);
    return set;
}
