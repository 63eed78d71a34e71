/* model_file_cases - models for the tests of their file, and ways to forge one. */
#ifndef TESTS_SUPPORT_MODEL_FILE_CASES_H
#define TESTS_SUPPORT_MODEL_FILE_CASES_H

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "io/file.h"
#include "io/model_file.h"
#include "io/safetensors.h"
#include "prob/likelihood.h"

/* ---- Models ---- */

enum { SPECS = 7, TINY = 3, TABLE = 4, BASELINE = 5 };

/* Each preset, small; without m; with every kind of layer. */
extern const cama__spec model_file_specs[SPECS];

cama_model *model_file_make(int index);
void model_file_same(const cama_model *a, const cama_model *b);
void *model_file_encode(const cama_model *model, int64_t *size);

/* From memory that ends where it ends, so that a sanitizer sees one byte too far. */
int32_t model_file_decode(const void *bytes, int64_t size, cama_model **out);
void model_file_refused(const void *bytes, int64_t size, const char *words);

/* ---- Forged files: the tensors and metadata of a good one, changed and sealed again ---- */

enum { KEYS = 30, MOST = 64 };

extern const char *const model_file_keys[KEYS];
typedef struct {
    void *buffer; /* what file reads */
    cama__safetensors *file;
    cama__tensor tensors[MOST];
    int32_t count;
    const char *meta[2 * KEYS + 3]; /* and a schema */
} forgery;

void forgery_end(const forgery *f);
forgery forgery_begin(int index);
void *forgery_seal(const forgery *f, int64_t *size);
void forgery_refused(const forgery *f, const char *words);
cama__tensor *forgery_tensor(forgery *f, const char *name);
void forgery_set_meta(forgery *f, const char *key, const char *value);

/* ---- What a hostile file may cost ---- */

typedef struct {
    size_t largest;
    int32_t held, calls, fail_at; /* fail_at: the call that fails, from 0; -1: none */
} ledger;

void ledger_begin(ledger *book);
int ledger_end(void **state);

#endif
