/* scores - classes, confidence and agreement from probabilities and labels. */
#include "scores.h"

#include <math.h>
#include <stdlib.h>

#include "fail.h"
#include "settings.h"

static const setting *recipe_of(const cama_model *model)
{
    return model_number(model, "height") == 1 ? recipe_rows : NULL;
}

int32_t scores_best(const scores *made, int64_t i)
{
    const float *p = made->p + i * made->classes;
    int32_t best = 0;
    if (isnan(p[0])) return -1;
    for (int32_t c = 1; c < made->classes; c++)
        if (p[c] > p[best]) best = c;
    return best;
}

int scores_predict(const arguments *args, cama_session *session, const cama_model *model, const cama_model *reader,
                   const input *data, scores *out)
{
    *out = (scores){.n = input_rows(data->data), .classes = (int32_t)model_number(model, "classes")};
    out->p = room((size_t)out->n, (size_t)out->classes * sizeof *out->p);
    cama_options *options = settings_make(args, "predict", recipe_of(model));
    const int done = went(reader != NULL ? cama_predict_read(session, model, reader, data->data, options, out->p)
                                         : cama_predict(session, model, data->data, options, out->p));
    cama_options_free(options);
    return done;
}

static int find_elbo(const arguments *args, cama_session *session, const cama_model *model, const input *data,
                     scores *out)
{
    static const setting quiet[] = {{"score.noise", "mean"}, {NULL, NULL}};
    static const setting untrained[] = {{"score.noise", "mean"}, {"score.m", "zero"}, {NULL, NULL}};
    if (model_number(model, "discriminative")) return 1;
    out->elbo = room((size_t)out->n, sizeof *out->elbo);
    const int infers = model_number(model, "m") == 0 || model_number(model, "q_m_trained");
    cama_options *options = settings_make(args, "score", infers ? quiet : untrained);
    const int done = went(cama_elbo_marginal(session, model, data->data, options, out->elbo));
    cama_options_free(options);
    return done;
}

static void count(scores *out)
{
    int64_t right = 0;
    double loss = 0, error = 0;
    out->confusion = room((size_t)out->classes, (size_t)out->classes * sizeof *out->confusion);
    for (int64_t i = 0; i < out->n; i++) {
        const int32_t best = scores_best(out, i);
        if (best < 0 || out->y[i] < 0) continue;
        const float *p = out->p + i * out->classes;
        const int bin = p[best] < 1 ? (int)(p[best] * BINS) : BINS - 1;
        out->scored++;
        right += best == out->y[i];
        loss -= log(fmax((double)p[out->y[i]], 1e-30));
        out->confusion[out->y[i] * out->classes + best]++;
        out->bin_count[bin]++;
        out->bin_right[bin] += best == out->y[i];
        out->bin_sure[bin] += (double)p[best];
    }
    for (int b = 0; b < BINS; b++) error += fabs(out->bin_sure[b] - (double)out->bin_right[b]);
    const double n = out->scored > 0 ? (double)out->scored : NAN;
    out->accuracy = (double)right / n;
    out->log_loss = loss / n;
    out->calibration_error = error / n;
}

int scores_make(const arguments *args, cama_session *session, const cama_model *model, const cama_model *reader,
                const input *data, scores *out)
{
    int64_t labelled = 0;
    if (!scores_predict(args, session, model, reader, data, out)) return 0;
    out->y = input_classes(data->data, &labelled);
    if (!find_elbo(args, session, model, data, out)) return 0;
    count(out);
    return 1;
}

void scores_free(scores *made)
{
    free(made->p);
    free(made->y);
    free(made->elbo);
    free(made->confusion);
}
