/* alloc_small - small handles made with books kept, and the two calls that take steps: training and fine-tuning. */
#ifndef TESTS_SUPPORT_ALLOC_SMALL_H
#define TESTS_SUPPORT_ALLOC_SMALL_H

#include "alloc_books.h"

enum { N = 20, D = 3, C = 2, M = 2 };

extern cama_session *alloc_session;
extern cama_model *alloc_model;
extern cama_dataset *alloc_data, *alloc_unlabelled;
extern cama_options *alloc_of_session, *alloc_of_model, *alloc_of_train, *alloc_of_finetune;
extern float alloc_x[N * D], alloc_wanted[N * C];
extern int32_t alloc_y[N];
extern void *alloc_file; /* the model */
extern int64_t alloc_file_size;

int alloc_begin(void **state);
int alloc_end(void **state);

/* ---- Steps; a call that fails has given back all it took --------------------------------------------------------- */

int32_t alloc_train_once(cama_session *s, const cama_dataset *manipulated);
int32_t alloc_call_train(void);
int32_t alloc_call_finetune(void);

#endif
