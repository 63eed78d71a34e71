/* stream - adaptation that goes on batch after batch with its source at hand: each batch is fine-tuned on, beginning at
 * the source or where the last batch left the model, and predicted. Where the model as it is explains a batch worse
 * than the source does, the manipulation has changed, and adaptation begins at the source again. */
#include <math.h>

#include "early_stop.h"
#include "verbs.h"

struct cama_stream {
    cama_model *source;
    cama_model *anchor;        /* the source as fine-tuning begins with it: with a q(m|x), the prior's if need be */
    cama_model *now;           /* as the last batch left it; NULL: the source */
    const cama_dataset *clean; /* the caller's, or NULL */
    cama__stream_options o;
    cama__finetune_options how;
    int64_t batches; /* adapted to since the source */
};

int32_t cama__stream_of(const cama_model *source, const cama_dataset *clean, const cama_options *options,
                        const cama_options *finetune, cama_stream **out)
{
    int32_t status = CAMA_OK;
    cama_stream *s = NULL;
    TRY(cama__mem_new(&s, 1));
    s->clean = clean;
    s->o = cama__options_stream(options);
    s->how = cama__options_finetune(finetune);
    TRY(cama__finetune_check(source, clean, &s->how));
    TRY(cama__model_clone(source, &s->source));
    TRY(cama__model_clone(source, &s->anchor));
    if (source->spec.m > 0 && !source->q_m_trained) cama__model_settle_q_m(s->anchor);
    *out = s;
    s = NULL;
out:
    cama__stream_end(s);
    return status;
}

void cama__stream_end(cama_stream *stream)
{
    if (stream == NULL) return;
    cama__model_free(stream->source);
    cama__model_free(stream->anchor);
    cama__model_free(stream->now);
    cama__mem_free(stream);
}

int32_t cama__stream_model(const cama_stream *stream, cama_model **out)
{
    return cama__model_clone(stream->now != NULL ? stream->now : stream->source, out);
}

/* ---- Has the manipulation changed? ------------------------------------------------------------------------------- */

/* What a batch says of the two models: mean ELBO(x), of a baseline the mean negative entropy, and whether to begin
 * again. */
typedef struct {
    double source, now;
    bool restart;
} verdict;

/* ELBO(x) of n rows at the means of q, as the watch over fine-tuning has it, but of views at that of q(m|x) alone:
 * proposals would find the view that q no longer does. */
static int32_t explain(cama_session *session, const cama_model *model, const cama_dataset *batch, int64_t n,
                       double *values)
{
    const cama__logw_options o = cama__evaluate_at_means(model, cama__evaluate_unlabelled(model));
    return cama__evaluate(
        session, model, &o, batch,
        &(cama__evaluation){.n = n, .at_once = cama__evaluate_at_once(model), .quiet = true, .value = values});
}

/* Both see the same rows: the standard error is that of their differences. */
static void judge(const double *source, const double *now, int64_t n, double tolerance, verdict *v)
{
    double square = 0;
    v->source = v->now = 0;
    for (int64_t i = 0; i < n; i++) {
        v->source += source[i] / (double)n;
        v->now += now[i] / (double)n;
    }
    const double fall = v->source - v->now;
    for (int64_t i = 0; i < n; i++) square += (source[i] - now[i] - fall) * (source[i] - now[i] - fall);
    const double error = n > 1 ? sqrt(square / (double)(n - 1) / (double)n) : 0;
    v->restart = fall > tolerance * error;
}

static int32_t compare(const cama_stream *s, cama_session *session, const cama_dataset *batch, verdict *v)
{
    int32_t status = CAMA_OK;
    const int64_t n = cama__early_stop_watched(s->source, batch->n);
    double *values = NULL;
    TRY(cama__mem_new(&values, 2 * n));
    TRY(explain(session, s->source, batch, n, values));
    if (s->now != NULL) TRY(explain(session, s->now, batch, n, values + n));
    judge(values, s->now != NULL ? values + n : values, n, s->o.tolerance, v);
    v->restart = v->restart && s->now != NULL && s->o.restart;
out:
    cama__mem_free(values);
    return status;
}

/* ---- A batch ----------------------------------------------------------------------------------------------------- */

/* A copy of the model as it is, `drift` of the way back to the source. What was never adapted keeps its bits. */
static int32_t drawn_back(const cama_stream *s, cama_model **out)
{
    int32_t status = CAMA_OK;
    cama_model *copy = NULL;
    TRY(cama__model_clone(s->now, &copy));
    const real back = (real)s->o.drift;
    for (int64_t i = 0; i < copy->params.reals; i++)
        if (copy->theta[i] != s->anchor->theta[i])
            copy->theta[i] = (1 - back) * copy->theta[i] + back * s->anchor->theta[i];
    *out = copy;
out:
    return status;
}

static int32_t add_to_report(cama_report *report, const verdict *v, int64_t batches)
{
    int32_t status = CAMA_OK;
    const double restart = v->restart, count = (double)batches;
    TRY(cama__report_add(report, "restart", 1, &restart));
    TRY(cama__report_add(report, "objective_source", 1, &v->source));
    TRY(cama__report_add(report, "objective_kept", 1, &v->now));
    TRY(cama__report_add(report, "batches", 1, &count));
out:
    return status;
}

int32_t cama__stream_step(cama_session *session, cama_stream *s, const cama_dataset *batch, const cama_options *predict,
                          float *probabilities, cama_report **report)
{
    int32_t status = CAMA_OK;
    cama_model *back = NULL, *adapted = NULL;
    cama_report *made = NULL;
    verdict v;
    cama__session_begin(session, "stream");
    TRY(cama__dataset_check(batch, s->source, false, "batch"));
    TRY(compare(s, session, batch, &v));
    const bool anew = s->now == NULL || v.restart || s->o.start == STREAM_START_RESET;
    const int64_t batches = anew ? 1 : s->batches + 1;
    if (!anew && s->o.start == STREAM_START_DRIFT) TRY(drawn_back(s, &back));
    const cama__adaptation a = {s->source, anew ? s->source : back != NULL ? back : s->now, s->clean, batch};
    TRY(cama__finetune_from(session, &a, &s->how, &adapted, &made));
    TRY(add_to_report(made, &v, batches));
    TRY(cama__session_step(session, s->how.steps, s->how.steps, NAN, false)); /* a prediction forgets a cancel */
    if (probabilities != NULL) TRY(cama__predict(session, adapted, batch, predict, probabilities));
    cama__model_free(s->now);
    s->now = adapted;
    s->batches = batches;
    adapted = NULL;
    if (report != NULL) *report = made, made = NULL;
out:
    cama__model_free(back);
    cama__model_free(adapted);
    cama__report_free(made);
    return status;
}
