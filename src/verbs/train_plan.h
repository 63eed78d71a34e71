/* train_plan - how long and how fast to train: what the options say, and what follows from the rows where they do
 * not. */
#ifndef CAMA_VERBS_TRAIN_PLAN_H
#define CAMA_VERBS_TRAIN_PLAN_H

#include "../options/options.h"
#include "../model/model.h"

typedef struct {
    cama__train_options o; /* with what they leave open filled in: batch, epochs, warmup, label_weight, patience */
    int64_t total;         /* steps */
    double ridge;          /* of the mean objective, for an optimizer that was given no weight_decay */
} cama__train_plan;

/* Whether a model's x are images, of 8 pixels a side at least; smaller ones are learned as vectors are. */
static inline bool cama__train_plan_images(const cama_model *model)
{
    return model->spec.x.h >= 8 && model->spec.x.w >= 8;
}
/* Whether a model is a logistic regression: one dense layer, whose objective is concave. */
static inline bool cama__train_plan_linear(const cama_model *model)
{
    return model->spec.discriminative && model->net[NET_DNN].count == 1;
}
/* Of training on n rows. */
cama__train_plan cama__train_plan_make(const cama_model *model, const cama__train_options *options, int64_t n);
/* Share of the learning rate, and weight of the KL terms, at a step. */
double cama__train_plan_rate(const cama__train_plan *plan, int64_t step);
double cama__train_plan_kl(const cama__train_plan *plan, int64_t step);
#endif
