/* api_views - small images, models of them with views and without, and readers: what the functions of views are asked
 * with. */
#ifndef TESTS_SUPPORT_API_VIEWS_H
#define TESTS_SUPPORT_API_VIEWS_H

#include <math.h>
#include <stdbool.h>

#include "api_refused.h"

enum { N = 23, SIDE = 6, D = SIDE * SIDE, C = 3, V = 10 };

extern cama_session *views_session;
extern cama_dataset *views_data, *views_unlabelled, *views_other_shape, *views_beyond;
extern int32_t views_y[N];

typedef struct {
    const char *preset, *m_enters; /* NULL: the preset's */
    int64_t m, classes, side;
} views_recipe;

int32_t views_create(const views_recipe *r, cama_model **out);
cama_model *views_make(views_recipe r);

/* Presets of 28x28 images, in the size of these. */
#define MERGE ((views_recipe){"mnist", NULL, 4, C, SIDE})
#define VIEW ((views_recipe){"mnist-view", NULL, V, C, SIDE})
#define READER ((views_recipe){"mnist-cnn", NULL, 0, C, SIDE})

cama_options *views_option(const char *verb, const char *key, const char *value);

/* Some steps of training: simulate = NULL for models without views. */
void views_train(cama_model *model, const char *simulate);

/* A model whose q(m|x) has been trained. */
cama_model *views_make_trained(void);

/* Pixels and labels (NULL: not wanted) of as many images of this size. */
void views_read(const cama_dataset *d, float *rows, int32_t *labels);

/* An image of class c has its bright pixels in row 1 + c. */
int views_begin(void **state);
int views_end(void **state);

#endif
