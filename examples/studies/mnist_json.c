/* mnist_json - the results of the run as JSON. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "writers/json.h"
#include "mnist.h"

static double worst_clean(const results *res)
{
    double worst = NAN;
    for (int i = 0; i < res->count; i++) worst = fmin(worst, res->shifts[i].clean); /* fmin passes over NaN */
    return worst;
}

static void json_shifts(json *out, const results *res)
{
    json_open(out, "shifts", '[');
    for (int i = 0; i < res->count; i++) {
        const shift_result *shift = &res->shifts[i];
        json_open(out, NULL, '{');
        json_text(out, "direction", shift_directions[shift->direction]);
        json_real(out, "range", shift->range);
        json_real(out, "accuracy", shift->accuracy);
        json_real(out, "accuracy_finetuned", shift->finetuned);
        json_real(out, "clean_after_finetune", shift->clean);
        json_real(out, "finetune_seconds", shift->seconds);
        json_int(out, "rolled_back", shift->rolled_back);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void json_score(json *out, const char *key, view_score accuracy)
{
    char alone[64];
    snprintf(alone, sizeof alone, "%s_alone", key);
    json_real(out, key, accuracy.read);
    json_real(out, alone, accuracy.alone);
}

static void json_view(json *out, const shift_result *row)
{
    json_open(out, NULL, '{');
    json_text(out, "direction", shift_directions[row->direction]);
    json_real(out, "range", row->range);
    json_real(out, "cnn", row->cnn);
    json_real(out, "oracle", row->oracle);
    json_real(out, "published", row->first_accuracy);
    json_real(out, "published_finetuned", row->first_finetuned);
    json_score(out, "view", row->view);
    json_score(out, "view_finetuned", row->view_finetuned);
    json_score(out, "simulated", row->simulated);
    json_score(out, "simulated_finetuned", row->simulated_finetuned);
    json_real(out, "clean_after", row->simulated_clean);
    json_real(out, "clean_after_view", row->view_clean);
    json_real(out, "view_finetune_seconds", row->view_seconds);
    json_real(out, "simulated_finetune_seconds", row->simulated_seconds);
    json_int(out, "view_rolled_back", row->view_rolled_back);
    json_int(out, "simulated_rolled_back", row->simulated_rolled_back);
    json_close(out, '}');
}

/* Accuracies on the first view_images test images; *_alone: without the CNN as reader. clean_after: on clean ones,
 * of the model with simulated views, fine-tuned, clean_after_view of the one without. */
static void json_views(json *out, const example *self)
{
    const results *res = &self->res;
    const int count = self->view != NULL ? res->count : 0;
    json_int(out, "view_images", res->view_images);
    json_int(out, "view_draws", self->set.view_draws);
    json_int(out, "view_steps", self->set.view_steps);
    json_int(out, "simulated_steps", self->set.simulated_steps);
    json_int(out, "cnn_epochs", self->set.cnn_epochs);
    json_int(out, "oracle_epochs", self->set.oracle_epochs);
    json_int(out, "simulate_epochs", self->set.simulate_epochs);
    json_real(out, "clean_cnn", res->clean_cnn);
    json_real(out, "clean_published", res->clean_first);
    json_score(out, "clean_simulated", res->clean_simulated);
    json_open(out, "views", '[');
    for (int i = 0; i < count; i++) json_view(out, &res->shifts[i]);
    json_close(out, ']');
}

void write_json(const example *self)
{
    const settings *set = &self->set;
    const results *res = &self->res;
    const char *path = set->json != NULL ? set->json : in_folder(set->out, "results.json");
    json out = {.file = fopen(path, "w")};
    if (out.file == NULL) give_up(path, strerror(errno));
    json_open(&out, NULL, '{');
    json_text(&out, "library", cama_version_string());
    json_text(&out, "build", cama_build_info());
    json_int(&out, "train_images", res->train_images);
    json_int(&out, "test_images", res->test_images);
    json_int(&out, "epochs", res->epochs);
    json_int(&out, "batch", set->batch);
    json_real(&out, "lr", set->lr);
    json_int(&out, "samples", set->samples);
    json_real(&out, "finetune_epochs", set->finetune_epochs);
    json_int(&out, "seed", set->seed);
    json_int(&out, "threads", res->threads);
    json_real(&out, "train_seconds", res->train_seconds);
    json_real(&out, "train_images_per_second", res->images_per_second);
    json_open(&out, "elbo", '[');
    for (int i = 0; i < res->epochs; i++) json_real(&out, NULL, res->elbo[i]);
    json_close(&out, ']');
    json_real(&out, "final_elbo", res->epochs > 0 ? res->elbo[res->epochs - 1] : NAN);
    json_real(&out, "clean_accuracy", res->clean_accuracy);
    json_real(&out, "clean_accuracy_after_finetune", worst_clean(res));
    json_shifts(&out, res);
    json_views(&out, self);
    json_real(&out, "seconds", res->seconds);
    json_close(&out, '}');
    const int failed = ferror(out.file);
    if (fclose(out.file) != 0 || failed) give_up(path, strerror(errno));
    printf("results: %s\n", path);
}
