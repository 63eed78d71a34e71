/* accuracy - the share of a labelled dataset that a model predicts right. */
#ifndef EXAMPLE_ACCURACY_H
#define EXAMPLE_ACCURACY_H

#include <cama/cama.h>

/* The place of the largest of count probabilities. */
int32_t most_likely(const float *probabilities, int32_t count);

/* options are those of "predict". Returns 0 when it was cancelled; gives up on errors. */
int accuracy_measure(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, double *accuracy);

/* The same of a model and its reader (cama_predict_read), NULL: none. */
int accuracy_measure_read(cama_session *session, const cama_model *model, const cama_model *reader,
                          const cama_dataset *dataset, const cama_options *options, double *accuracy);

#endif
