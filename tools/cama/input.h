/* input - data as people have them become one dataset: a table (CSV), IDX, NPY, or a folder of PNG images. */
#ifndef TOOL_INPUT_H
#define TOOL_INPUT_H

#include <cama/cama.h>

#include "cli.h"

enum input_labels {
    LABELS_NONE,     /* not read */
    LABELS_WANTED,   /* read where there are any */
    LABELS_REQUIRED, /* each row has one, or it fails */
};

typedef struct {
    const arguments *args;
    const char *path, *labels_path; /* labels_path: of IDX and NPY, or NULL */
    enum input_labels labels;
    const cama_model *model; /* whose schema, shape and classes the data have; NULL: they say themselves */
    int drop;                /* rows of a table that were refused are left out, not flagged */
} request;

typedef struct {
    const char *path, *format; /* "csv", "idx", "npy", "png" */
    cama_dataset *data;
    cama_schema *schema; /* made from the table, where no model gave one; otherwise NULL */
    texts files;         /* PNG: the path of each row, within the folder */
    texts classes;       /* PNG without a model: names of the folders */
    int64_t left_out;    /* PNG: files that are none */
} input;

/* Fails if the data cannot be read. */
void input_read(const request *wanted, input *out);
void input_free(input *in);

/* Rows of a dataset. */
int64_t input_rows(const cama_dataset *data);
/* y (n), -1 where there is none; y is the caller's, to be freed. *labelled: how many have one. */
int32_t *input_classes(const cama_dataset *data, int64_t *labelled);

/* ---- Parts, one for each format ---- */

void input_table(const request *wanted, input *out);
void input_idx(const request *wanted, input *out);
void input_npy(const request *wanted, input *out);
void input_png(const request *wanted, input *out);

/* A number of a model by its name in cama_model_get_int. */
int64_t model_number(const cama_model *model, const char *name);
/* Classes of images: the model's, or as many as the largest of y (n) says. */
int32_t input_class_count(const request *wanted, const int32_t *y, int64_t n);

#endif
