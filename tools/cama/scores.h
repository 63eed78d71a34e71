/* scores - what is predicted of data, and how it compares with the labels that are known. */
#ifndef TOOL_SCORES_H
#define TOOL_SCORES_H

#include <cama/cama.h>

#include "cli.h"
#include "input.h"

enum { BINS = 10 };

typedef struct {
    int64_t n;
    int32_t classes;
    float *p;                                     /* (n, classes); NaN in rows that were refused */
    int32_t *y;                                   /* (n) label, or -1 */
    double *elbo;                                 /* (n) ELBO(x) in nats, NaN likewise; NULL where the model has none */
    int64_t scored;                               /* rows that have a label and a prediction */
    double accuracy, log_loss, calibration_error; /* over them; NaN without any */
    int64_t *confusion;                           /* (classes, classes): label, predicted */
    int64_t bin_count[BINS], bin_right[BINS];     /* by the probability of the predicted class */
    double bin_sure[BINS];                        /* the sum of it */
} scores;

/* p of the data, with a reader (NULL: none); 0 if it was stopped. */
int scores_predict(const arguments *args, cama_session *session, const cama_model *model, const cama_model *reader,
                   const input *data, scores *out);
/* Also the rest, with elbo where the model is generative. */
int scores_make(const arguments *args, cama_session *session, const cama_model *model, const cama_model *reader,
                const input *data, scores *out);
void scores_free(scores *made);

/* The most probable class of row i, or -1 of a row that was refused. */
int32_t scores_best(const scores *made, int64_t i);

#endif
