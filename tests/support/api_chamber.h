/* api_chamber - real rows of measurement data, their schema, and what makes two schemas the same. */
#ifndef TESTS_SUPPORT_API_CHAMBER_H
#define TESTS_SUPPORT_API_CHAMBER_H

#include "api_refused.h"

#define FOLDER "examples/data/chamber/"
#define REFERENCE FOLDER "uniform_reference.csv.gz"
#define DAG FOLDER "dag.csv"
#define CHILDREN "current,ir_1,vis_1,ir_2,vis_2,ir_3,vis_3"
#define CO_PARENTS "green,blue,pol_1,pol_2,l_11,l_12,l_21,l_22,l_31,"

enum { ROWS = 10000, FIRST_TEST = 8000, N = 400, D = 7, P = 10, C = 4, GREEN = 0 };
enum { VARIABLES = D + P, TEXT_ROOM = 600 };

extern cama_schema *chamber_schema; /* roles by name */
extern cama_dataset *chamber_reference, *chamber_test;
extern float chamber_x[N * D], chamber_c[N * P]; /* of test */
extern int32_t chamber_y[N];
extern char chamber_path[TEXT_ROOM];

/* "key=word;key=3": whole numbers are integers, all else is text. */
cama_options *chamber_options(const char *verb, const char *settings);

/* The schema of the reference with the classes of `red`. */
cama_schema *chamber_read_schema(const char *settings);
cama_dataset *chamber_read_rows(const char *file, const cama_schema *of, const char *labels);
int chamber_begin(const char *program);
int chamber_end(void);

/* The same variables in the same places, in whatever order they are listed; the same target and classes. */
void chamber_same_schema(const cama_schema *one, const cama_schema *two);

#endif
