/* predict_seen - a reader's part in predictions of vectors and tables: a discriminative model reads each row as it
 * would have been under do(m=0), and counts less where the causal model does not explain the row. */
#ifndef CAMA_VERBS_PREDICT_SEEN_H
#define CAMA_VERBS_PREDICT_SEEN_H

#include "../options/options.h"
#include "../data/dataset.h"
#include "session.h"

/* Whether cama__predict_seen is for the model: one with latents, of vectors or tables. */
bool cama__predict_seen_can(const cama_model *model);
/* probabilities (n, C): those of the model, each row pooled with the reader's in place, p_reader^w p_model^(1-w).
 * infer: the model's m is inferred, otherwise do(m=0). The reader was checked (cama__reader_check). */
int32_t cama__predict_seen(cama_session *session, const cama_model *model, const cama_model *reader,
                           const cama_dataset *dataset, bool infer, double weight, double *probabilities);
#endif
