/* small_views - a small model in which m enters as a view, images for it, a reader, and the verbs of views with their
 * options as text. */
#ifndef TESTS_SUPPORT_SMALL_VIEWS_H
#define TESTS_SUPPORT_SMALL_VIEWS_H

#include "model/model_views.h"
#include "small.h"

/* Images that are higher than wide, of two channels; two numbers of m that no view has. */
cama__spec small_view(void);

/* The same images in a model of the published form, and in a classifier. */
cama__spec small_view_source(void);
cama__spec small_view_reader(void);

/* What a fresh model leaves at zero: the last layer of p_m, and q_z's columns for m. */
void small_wake_views(cama_model *model);

/* q_m and p_m as if they were trained: every number of a view is there, of either sign. */
cama_model *small_viewing(uint64_t seed);
int32_t small_views(cama_session *s, const cama_model *model, const cama_dataset *d, const char *text, float *mean,
                    float *deviation);
int32_t small_see(cama_session *s, const cama_model *model, const cama_dataset *d, const char *text,
                  cama_dataset **seen);
int32_t small_read(cama_session *s, const cama_model *model, const cama_model *reader, const cama_dataset *d,
                   const char *text, float *probabilities);

#endif
