/* robustness_cnn - floors and oracles. Training all takes an hour or two, so each is a file in a folder, named by what
 * it is a function of: the training images, the manipulation, the epochs, the seed. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/folder.h"
#include "robustness.h"

enum { DRAWS_MOST = 16, TRAINING_DRAWS = 1000000 }; /* seeds of training's draws, apart from those of tests */

/* FNV-1a over the first thousand images and the number of all. */
static uint64_t fingerprint(const cama_dataset *dataset)
{
    enum { IMAGES = 1000 };
    int32_t h, w, c;
    const int64_t n = count_of(dataset), some = n < IMAGES ? n : IMAGES;
    went(cama_dataset_shape(dataset, NULL, &h, &w, &c, NULL, NULL));
    const size_t numbers = (size_t)some * (size_t)h * (size_t)w * (size_t)c;
    float *x = malloc(numbers * sizeof *x);
    if (x == NULL) give_up("images", "no memory");
    went(cama_dataset_read(dataset, 0, some, x, NULL));
    uint64_t hash = 0xcbf29ce484222325U ^ (uint64_t)n;
    for (size_t i = 0; i < numbers; i++) hash = (hash ^ (uint64_t)(x[i] * 255 + 0.5f)) * 0x100000001b3U;
    free(x);
    return hash;
}

static const char *path_of(const cnn_shop *shop, const manipulation *how, int64_t seed)
{
    char name[256];
    snprintf(name, sizeof name, "cnn-%08x-%s-e%lld-s%lld.safetensors",
             (unsigned)(fingerprint(shop->train) & 0xffffffffU), how == NULL ? "clean" : how->name,
             (long long)(how == NULL ? shop->clean_epochs : shop->epochs), (long long)seed);
    return in_folder(shop->cache, name);
}

/* Fresh draws below each other. */
static cama_dataset *draws_of(const cnn_shop *shop, const manipulation *how, int64_t seed)
{
    cama_dataset *draws[DRAWS_MOST];
    const int count = (int)shop->epochs;
    for (int i = 0; i < count; i++)
        draws[i] = manipulated(shop->train, how, (uint64_t)(TRAINING_DRAWS + seed * DRAWS_MOST + i));
    cama_dataset *all = joined(draws, count);
    for (int i = 0; i < count; i++) cama_dataset_free(draws[i]);
    return all;
}

static int train(const cnn_shop *shop, cama_model *model, const cama_dataset *images, int64_t epochs, int64_t seed,
                 const char *label)
{
    cama_options *options = NULL;
    cama_optimizer *optimizer = NULL;
    went(cama_options_create("train", &options));
    went(cama_options_set_int(options, "epochs", epochs));
    went(cama_options_set_int(options, "seed", seed));
    went(cama_optimizer_create(model, NULL, &optimizer));
    progress_begin(shop->bar, label, epochs, (double)epochs * (double)count_of(images));
    const int done = went(cama_train(shop->session, optimizer, images, NULL, options, NULL));
    progress_end(shop->bar);
    cama_optimizer_free(optimizer);
    cama_options_free(options);
    return done;
}

static cama_model *fresh(int64_t seed)
{
    cama_options *options = NULL;
    cama_model *model = NULL;
    went(cama_options_create("model", &options));
    went(cama_options_set_int(options, "seed", seed));
    went(cama_model_create("mnist-cnn", options, &model));
    cama_options_free(options);
    return model;
}

static cama_model *train_clean(const cnn_shop *shop, int64_t seed)
{
    cama_model *model = fresh(seed);
    if (!train(shop, model, shop->train, shop->clean_epochs, seed, "cnn clean")) exit(1);
    return model;
}

static cama_model *train_oracle(const cnn_shop *shop, const manipulation *how, int64_t seed)
{
    char label[2 * NAME];
    cama_model *model = cnn_of(shop, NULL, seed);
    cama_dataset *images = draws_of(shop, how, seed);
    snprintf(label, sizeof label, "cnn %s", how->name);
    if (!train(shop, model, images, 1, seed, label)) exit(1);
    cama_dataset_free(images);
    return model;
}

cama_model *cnn_of(const cnn_shop *shop, const manipulation *how, int64_t seed)
{
    char path[4096];
    cama_model *model = NULL;
    snprintf(path, sizeof path, "%s", path_of(shop, how, seed));
    if (access(path, R_OK) == 0) {
        went(cama_model_load(path, &model));
        return model;
    }
    if (!shop->may_train) return NULL;
    model = how == NULL ? train_clean(shop, seed) : train_oracle(shop, how, seed);
    went(cama_model_save(model, path));
    return model;
}
