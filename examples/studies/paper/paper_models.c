/* paper_models - every model that a figure asks for is trained once, shared among figures, and kept as a file whose
 * name says what it is: model, what it was trained on, epochs, seed. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "paper.h"

/* ---- The table --------------------------------------------------------------------------------------------------- */

static const cama_model *keep(paper *self, const char *name, cama_model *model)
{
    if (self->model_count == MOST_MODELS) give_up(name, "too many models");
    kept_model *slot = &self->models[self->model_count++];
    snprintf(slot->name, sizeof slot->name, "%s", name);
    slot->seed = self->seed_now;
    slot->model = model;
    return model;
}

/* In the table, in a file, or made and put into both. */
const cama_model *paper_model_by(paper *self, const char *name, train_model *make)
{
    char file[256], path[4096];
    cama_model *model = NULL;
    for (int i = 0; i < self->model_count; i++)
        if (self->models[i].seed == self->seed_now && strcmp(self->models[i].name, name) == 0)
            return self->models[i].model;
    snprintf(file, sizeof file, "models/%s-seed%lld.safetensors", name, (long long)self->seed_now);
    snprintf(path, sizeof path, "%s", in_folder(self->set.out, file));
    if (access(path, R_OK) == 0) {
        went(cama_model_load(path, &model));
        return keep(self, name, model);
    }
    if (!make(self, &model)) {
        cama_model_free(model);
        return NULL;
    }
    went(cama_model_save(model, path));
    return keep(self, name, model);
}

/* ---- How they are made: of the wish that is being answered ------------------------------------------------------- */

static struct {
    const char *trained_on, *direction;
    double range;
} wish;

static int with_shifts(paper *self, cama_model *model, const char *direction, int64_t epochs, const char *simulate,
                       const char *label)
{
    cama_dataset *shifted = NULL;
    paper_draws(self, direction, .5, self->sizes.draws, &shifted);
    const int done = paper_train(self, model, self->train,
                                 (course){.label = label, .simulate = simulate, .manipulated = shifted, .epochs = epochs});
    cama_dataset_free(shifted);
    return done;
}

static int make_dnn(paper *self, cama_model **out)
{
    *out = paper_fresh(self, "mnist-dnn", -1);
    if (strcmp(wish.trained_on, "clean") != 0)
        return with_shifts(self, *out, wish.trained_on, self->sizes.dnn_epochs, NULL, "DNN, shifted digits beside");
    return paper_train(self, *out, self->train, (course){.label = "DNN", .epochs = self->sizes.dnn_epochs});
}

static int make_cnn(paper *self, cama_model **out)
{
    *out = paper_fresh(self, "mnist-cnn", -1);
    return paper_train(self, *out, self->train, (course){.label = "CNN", .epochs = self->sizes.cnn_epochs});
}

/* Goes on from the clean network with labels, over draws of the shift that each are seen once. */
static int make_oracle(paper *self, cama_model **out)
{
    cama_dataset *shifted = NULL;
    char label[64];
    const char *direction = wish.direction;
    const double range = wish.range;
    const cama_model *clean = paper_model(self, "cnn", "clean", NULL, 0);
    if (clean == NULL) return 0;
    went(cama_model_clone(clean, out));
    paper_draws(self, direction, range, self->sizes.oracle_epochs, &shifted);
    snprintf(label, sizeof label, "CNN with labels, %s %.3g", direction, range);
    const int done = paper_train(self, *out, shifted, (course){.label = label, .epochs = 1});
    cama_dataset_free(shifted);
    return done;
}

static int make_cama(paper *self, cama_model **out)
{
    *out = paper_fresh(self, "mnist", -1);
    return paper_train(self, *out, self->train, (course){.label = "CAMA", .epochs = self->sizes.cama_epochs});
}

static int make_cvae(paper *self, cama_model **out)
{
    *out = paper_fresh(self, "mnist", 0);
    return paper_train(self, *out, self->train, (course){.label = "CAMA, M = 0", .epochs = self->sizes.cama_epochs});
}

/* Eq. 5, from the clean model on. */
static int make_augmented(paper *self, cama_model **out)
{
    const char *direction = wish.trained_on;
    const cama_model *clean = paper_model(self, "cama", "clean", NULL, 0);
    if (clean == NULL) return 0;
    went(cama_model_clone(clean, out));
    return with_shifts(self, *out, direction, self->sizes.augment_epochs, NULL, "CAMA, shifted digits beside");
}

/* The clean model in the form with views, q(m|x) untrained. */
static int make_unseen(paper *self, cama_model **out)
{
    cama_options *options = NULL;
    const cama_model *clean = paper_model(self, "cama", "clean", NULL, 0);
    if (clean == NULL) return 0;
    went(cama_options_create("model", &options));
    went(cama_options_set_int(options, "seed", self->seed_now));
    went(cama_model_with_views(clean, options, out));
    cama_options_free(options);
    return 1;
}

/* q(m|x) learns from simulated views of the clean digits. */
static int make_view(paper *self, cama_model **out)
{
    return make_unseen(self, out) &&
           paper_train(self, *out, self->train,
                       (course){.label = "q(m|x), simulated views", .simulate = "alone",
                                .epochs = self->sizes.simulate_epochs});
}

static int make_augmented_view(paper *self, cama_model **out)
{
    const char *direction = wish.trained_on;
    const cama_model *clean = paper_model(self, "cama-view", "clean", NULL, 0);
    if (clean == NULL) return 0;
    went(cama_model_clone(clean, out));
    return with_shifts(self, *out, direction, self->sizes.augment_view_epochs, "also", "views, shifted digits beside");
}

/* ---- By what they are -------------------------------------------------------------------------------------------- */

static const struct {
    const char *model;
    const char *trained_on; /* NULL: clean too, and a direction */
    train_model *make;
    size_t epochs; /* of sizes */
} kinds[] = {
    {"cnn", "oracle", make_oracle, offsetof(paper_sizes, oracle_epochs)},
    {"dnn", NULL, make_dnn, offsetof(paper_sizes, dnn_epochs)},
    {"cnn", "clean", make_cnn, offsetof(paper_sizes, cnn_epochs)},
    {"cvae", "clean", make_cvae, offsetof(paper_sizes, cama_epochs)},
    {"cama", "clean", make_cama, offsetof(paper_sizes, cama_epochs)},
    {"cama", NULL, make_augmented, offsetof(paper_sizes, augment_epochs)},
    {"cama-unseen", "clean", make_unseen, offsetof(paper_sizes, cama_epochs)},
    {"cama-view", "clean", make_view, offsetof(paper_sizes, simulate_epochs)},
    {"cama-view", NULL, make_augmented_view, offsetof(paper_sizes, augment_view_epochs)},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static int kind_of(const char *model, const char *trained_on)
{
    int i = 0;
    while (i < KINDS && (strcmp(kinds[i].model, model) != 0 ||
                         (kinds[i].trained_on != NULL && strcmp(kinds[i].trained_on, trained_on) != 0)))
        i++;
    if (i == KINDS) give_up(model, "no model of this name is trained on that");
    return i;
}

/* "cnn-oracle-vertical0.3-n10000-e2": all that it is a function of, but for the seed. */
static void name_of(const paper *self, int kind, char *name, size_t room)
{
    int64_t epochs = 0;
    char which[64] = "";
    memcpy(&epochs, (const char *)&self->sizes + kinds[kind].epochs, sizeof epochs);
    if (wish.direction != NULL) snprintf(which, sizeof which, "-%s%g", wish.direction, wish.range);
    snprintf(name, room, "%s-%s%s-n%lld-e%lld", kinds[kind].model, wish.trained_on, which,
             (long long)image_count(self->train), (long long)epochs);
}

/* Makers ask for other models, so that they read the wish before they do. */
const cama_model *paper_model(paper *self, const char *model, const char *trained_on, const char *direction,
                              double range)
{
    char name[128];
    const int kind = kind_of(model, trained_on);
    paper_open(self);
    wish.trained_on = trained_on;
    wish.direction = direction;
    wish.range = range;
    name_of(self, kind, name, sizeof name);
    return paper_model_by(self, name, kinds[kind].make);
}
