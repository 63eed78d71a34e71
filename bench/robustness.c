/* robustness - classification of manipulated images: a network trained on clean images (the floor), the same with
 * labels on the very manipulation (the oracle), and models under test as trained and fine-tuned without labels. Uses
 * cama.h alone. This file reads the options and goes through seeds and cases. */
#include "robustness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/folder.h"

typedef struct {
    const char *data, *only, *cache, *sheet, *json, *reader, *unlabelled;
    int64_t train_limit, test_limit, few_limit, clean_epochs, epochs, seeds, first_seed, threads;
    const char *readings;
    int64_t repeats, train_only, no_training, list;
    args_texts models, sets;
} settings;

static settings read_settings(int argc, char **argv)
{
    settings set = {.only = "all",
                    .cache = "out/robustness",
                    .unlabelled = "100,2000",
                    .readings = "alone,with,undone",
                    .repeats = 20,
                    .few_limit = 1000,
                    .clean_epochs = 6,
                    .epochs = 3,
                    .seeds = 1};
    args_option table[] = {
        {"data", ARGS_TEXT, &set.data, 0, 0, "DIR", "folder with the four files of MNIST or alike, plain or .gz", 0},
        {"model", ARGS_TEXTS, &set.models, 0, 0, "NAME=FILE", "a model; NAME@SEED=FILE: for this seed alone", 0},
        {"reader", ARGS_TEXT, &set.reader, 0, 0, "FILE", "network that reads undone images, not the clean one", 0},
        {"set", ARGS_TEXTS, &set.sets, 0, 0, "V.K=X", "option K of finetune or predict; NAME:V.K=X: of one model", 0},
        {"only", ARGS_TEXT, &set.only, 0, 0, "LIST", "cases or groups of them", 0},
        {"list", ARGS_INT, &set.list, 0, 1, "0|1", "print the cases, and no more", 0},
        {"unlabelled", ARGS_TEXT, &set.unlabelled, 0, 0, "LIST", "images fine-tuned on; '' for none", 0},
        {"seeds", ARGS_INT, &set.seeds, 1, SEEDS_MOST, "N", "how many seeds", 0},
        {"first-seed", ARGS_INT, &set.first_seed, 0, 1000, "N", "the first of them", 0},
        {"train-limit", ARGS_INT, &set.train_limit, 0, 1e9, "N", "use the first N training images; 0: all", 0},
        {"test-limit", ARGS_INT, &set.test_limit, 0, 1e9, "N", "use the first N test images; 0: all", 0},
        {"few-limit", ARGS_INT, &set.few_limit, 1, 1e9, "N", "the same where fine-tuning is repeated", 0},
        {"repeats", ARGS_INT, &set.repeats, 1, 1000, "N", "at most N repetitions there", 0},
        {"readings", ARGS_TEXT, &set.readings, 0, 0, "LIST", "ways to read classes: alone, with, undone", 0},
        {"cache", ARGS_TEXT, &set.cache, 0, 0, "DIR", "folder of the networks to compare with", 0},
        {"clean-epochs", ARGS_INT, &set.clean_epochs, 1, 1000, "N", "epochs of the network on clean images", 0},
        {"epochs", ARGS_INT, &set.epochs, 1, 16, "N", "draws of the manipulation that an oracle is trained on", 0},
        {"train-only", ARGS_INT, &set.train_only, 0, 1, "0|1", "only fill the cache", 0},
        {"no-training", ARGS_INT, &set.no_training, 0, 1, "0|1", "only what the cache has", 0},
        {"threads", ARGS_INT, &set.threads, 0, 256, "N", "threads; 0: one for each processor", 0},
        {"json", ARGS_TEXT, &set.json, 0, 0, "FILE", "the results", 0},
        {"sheet", ARGS_TEXT, &set.sheet, 0, 0, "FILE", "a picture of the manipulations (PNG), and no more", 0},
    };
    args_read(argc, argv, "robustness --data DIR [OPTION...]: accuracy on manipulated images.", table,
              (int)(sizeof table / sizeof table[0]));
    if (set.data == NULL && !set.list) give_up("--data", "a folder is needed");
    check_chosen(set.only);
    return set;
}

static void list_cases(void)
{
    int count;
    const test_case *cases = test_cases(&count);
    for (int i = 0; i < count; i++)
        printf("%-28s%-13s%s\n", cases[i].name, cases[i].group,
               cases[i].few == FEW_NOT ? cases[i].test->strength : "repeated");
}

static void open_data(const settings *set, cama_dataset **train, cama_dataset **test)
{
    went(cama_dataset_from_idx(plain_or_gz(set->data, "train-images-idx3-ubyte"),
                               plain_or_gz(set->data, "train-labels-idx1-ubyte"), 10, set->train_limit, train));
    went(cama_dataset_from_idx(plain_or_gz(set->data, "t10k-images-idx3-ubyte"),
                               plain_or_gz(set->data, "t10k-labels-idx1-ubyte"), 10, set->test_limit, test));
}

static void open_bench(bench *self, const settings *set, model_file models[MODELS_MOST])
{
    self->shop.cache = set->cache;
    self->shop.may_train = !set->no_training;
    self->shop.clean_epochs = set->clean_epochs;
    self->shop.epochs = set->epochs;
    self->shop.session = self->user.session;
    self->shop.bar = self->user.bar;
    self->shop.train = self->train;
    self->reader_path = set->reader;
    self->repeats = set->repeats;
    choose_readings(set->readings, self->reads);
    self->user.sets = &set->sets;
    self->user.model = "";
    check_sets(&self->user);
    if (set->models.count > MODELS_MOST) give_up("--model", "there are too many");
    for (int m = 0; m < set->models.count; m++) models[m] = model_file_of(set->models.items[m]);
    self->models = models;
    self->model_count = set->models.count;
    self->unlabelled_count = args_list(set->unlabelled, 1, 1e9, self->unlabelled, UNLABELLED_MOST);
    if (self->unlabelled_count < 0) give_up("--unlabelled", "wants at most 4 numbers, separated by commas");
}

/* The networks of the chosen cases: those of all seeds on clean images first. */
static void fill_cache(const bench *self, const settings *set)
{
    int count;
    const test_case *cases = test_cases(&count);
    for (int64_t s = 0; s < set->seeds; s++) cama_model_free(cnn_of(&self->shop, NULL, set->first_seed + s));
    for (int i = 0; i < count; i++) {
        const enum group group = cases[i].test->group;
        if (is_chosen(&cases[i], set->only) && (group == GROUP_SHIFT || group == GROUP_GEOMETRY))
            cama_model_free(cnn_of(&self->shop, cases[i].test, 0));
    }
}

/* The file is written anew after each case: what was measured is not lost. */
static void run_cases(bench *self, const settings *set)
{
    int count;
    const test_case *cases = test_cases(&count);
    const circumstances about = {set->data, count_of(self->train), count_of(self->test), self->models,
                                 self->model_count};
    print_head();
    for (int64_t s = 0; s < set->seeds; s++) {
        seed_state state = seed_begin(self, set->first_seed + s);
        for (int i = 0; i < count; i++) {
            if (!is_chosen(&cases[i], set->only)) continue;
            run_case(self, &state, &cases[i]);
            if (set->json != NULL) write_json(set->json, &about, &self->all);
        }
        seed_end(&state);
    }
    print_means(&self->all);
}

int main(int argc, char **argv)
{
    const settings set = read_settings(argc, argv);
    model_file models[MODELS_MOST];
    progress bar = {0};
    bench self = {.user = {.bar = &bar}};
    cama_dataset *train = NULL, *test = NULL;
    setvbuf(stdout, NULL, _IOLBF, 0); /* the table grows while one looks, into a pipe too */
    if (set.list) {
        list_cases();
        return 0;
    }
    open_data(&set, &train, &test);
    if (set.sheet != NULL) {
        write_sheet(test, set.sheet);
        return 0;
    }
    make_folder(set.cache);
    cama_dataset *few_test = first_of(test, set.few_limit);
    self.train = train;
    self.test = test;
    self.few_test = few_test;
    self.user.session = session_open(set.threads, NULL, &bar);
    open_bench(&self, &set, models);
    if (set.train_only)
        fill_cache(&self, &set);
    else
        run_cases(&self, &set);
    session_close(self.user.session);
    free(self.all.rows);
    cama_dataset_free(few_test);
    cama_dataset_free(test);
    cama_dataset_free(train);
    return 0;
}
