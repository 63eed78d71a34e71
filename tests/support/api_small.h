/* api_small - a session, two small models and small data for every function of the library. */
#ifndef TESTS_SUPPORT_API_SMALL_H
#define TESTS_SUPPORT_API_SMALL_H

#include "api_refused.h"

enum { N = 5, D = 3, C = 2, Z = 2, M = 1 };

extern cama_session *api_session;
extern cama_model *api_model, *api_without_m;
extern cama_optimizer *api_optimizer;
extern cama_dataset *api_labelled, *api_unlabelled, *api_narrow;
extern cama_options *api_other; /* options of a verb that no function takes but cama_dataset_manipulate */
extern cama_report *api_report;
extern float api_x[N * D];
extern const int32_t api_y[N];

int api_begin_small(void **state);
int api_end_small(void **state);

#endif
