/* api_images - small images, models of them with every kind of layer, and what makes two models the same. */
#ifndef TESTS_SUPPORT_API_IMAGES_H
#define TESTS_SUPPORT_API_IMAGES_H

#include <math.h>

#include "api_base.h"

enum { N = 40, SIDE = 4, D = SIDE * SIDE, C = 3 };

extern cama_session *images_session;
extern cama_dataset *images_data;
extern float images_x[N * D];

/* An image of class c has its bright pixels in row c. */
int images_begin(void **state);
int images_end(void **state);
cama_model *images_model(int64_t seed);
void images_predict(const cama_model *model, float *probabilities);
void images_same_predictions(const cama_model *a, const cama_model *b);

/* All parameters one after the other; *count of them. */
float *images_read_all(const cama_model *model, int64_t *count);
void images_same_parameters(const cama_model *a, const cama_model *b);

#endif
