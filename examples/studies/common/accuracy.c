/* accuracy - predicts, takes the most likely class, counts. */
#include "accuracy.h"

#include <stdlib.h>

#include "harness.h"

int32_t most_likely(const float *probabilities, int32_t count)
{
    int32_t best = 0;
    for (int32_t c = 1; c < count; c++)
        if (probabilities[c] > probabilities[best]) best = c;
    return best;
}

int accuracy_measure_read(cama_session *session, const cama_model *model, const cama_model *reader,
                          const cama_dataset *dataset, const cama_options *options, double *accuracy)
{
    int64_t n = 0, right = 0;
    int32_t classes = 0;
    went(cama_dataset_shape(dataset, &n, NULL, NULL, NULL, &classes, NULL));
    float *probabilities = malloc((size_t)n * (size_t)classes * sizeof *probabilities); /* (n, classes) */
    int32_t *labels = malloc((size_t)n * sizeof *labels);
    if (probabilities == NULL || labels == NULL) give_up("predicting", "no memory");
    went(cama_dataset_read(dataset, 0, n, NULL, labels));
    const int done = went(reader == NULL ? cama_predict(session, model, dataset, options, probabilities)
                                         : cama_predict_read(session, model, reader, dataset, options, probabilities));
    for (int64_t i = 0; done && i < n; i++) right += most_likely(probabilities + i * classes, classes) == labels[i];
    if (done) *accuracy = (double)right / (double)n;
    free(labels);
    free(probabilities);
    return done;
}

int accuracy_measure(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, double *accuracy)
{
    return accuracy_measure_read(session, model, NULL, dataset, options, accuracy);
}
