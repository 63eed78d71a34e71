/* finetune_plan - the options of fine-tuning against the model that it is asked of, with what they leave open filled
 * in. */
#ifndef CAMA_VERBS_FINETUNE_PLAN_H
#define CAMA_VERBS_FINETUNE_PLAN_H

#include "../logw/logw.h"
#include "../options/options.h"
#include "../data/dataset.h"

/* The numbers that all terms of a run share. */
typedef struct {
    cama__finetune_options o; /* with what they leave open filled in; proposals 0: Eq. 8 as it stands */
    cama__logw_options score;
    bool knows_views; /* the source's q(m|x) was trained on views */
    bool from_nothing; /* m is a view, and it was not */
    bool tent;        /* the source is a discriminative baseline */
    bool images;      /* a run takes long: as few as can be */
    int64_t before;   /* steps of earlier runs, and of all runs as far as is known: for progress */
    int64_t of;
    const int32_t *confirms; /* (watched) classes of the test examples: a run that predicts them has said enough; or
                                NULL */
    const double *log_shares; /* (C) p(y) of the test examples; NULL: the source's */
    bool looks_for_shares;    /* first it is asked whether p(y) alone has changed */
    bool shares_alone;        /* there is nothing else to adapt */
} cama__finetune_plan;

cama__finetune_plan cama__finetune_plan_make(const cama_model *source, const cama__finetune_options *options);
#endif
