/* model_file_cases - models for the tests of their file, and ways to forge one. Header only. */
#ifndef TESTS_UNIT_MODEL_FILE_CASES_H
#define TESTS_UNIT_MODEL_FILE_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "io/model_file.h"
#include "io/safetensors.h"
#include "prob/likelihood.h"

/* ---- Models ---- */

/* Each preset, small; without m; with every kind of layer. */
static const cama__spec specs[] = {
    {.preset = "mnist",
     .x = {4, 4, 1},
     .classes = 3,
     .z = 2,
     .m = 2,
     .likelihood = LIKELIHOOD_BERNOULLI,
     .net = {[NET_P_Y] = "dense 5 relu",
             [NET_P_Z] = "dense 4 relu, dense 3 relu",
             [NET_P_M] = "dense 4 relu",
             [NET_P_MERGE] = "dense 2x2x3 relu, tconv 1 3x3 /2 +1",
             [NET_Q_M] = "conv 2 3x3 relu, pool 2, dense 5 relu",
             [NET_Q_Z] = "conv 3 3x3 relu, pool 2, dense 6 relu | dense 4 relu"}},
    {.preset = "cifar",
     .x = {6, 4, 3},
     .classes = 4,
     .z = 3,
     .m = 1,
     .likelihood = LIKELIHOOD_BERNOULLI,
     .net = {[NET_P_Y] = "dense 2 elu",
             [NET_P_M] = "dense 3 tanh",
             [NET_P_MERGE] = "dense 3x2x2 leaky, tconv 3 3x3 /2 +1",
             [NET_Q_M] = "conv 2 3x3 /2 softplus",
             [NET_Q_Z] = "conv 2 2x3 valid | dense 3"}},
    {.preset = "measurement",
     .x = {1, 1, 7},
     .classes = 2,
     .z = 1,
     .m = 3,
     .likelihood = LIKELIHOOD_GAUSSIAN,
     .net = {[NET_P_Y] = "dense 3 relu",
             [NET_P_Z] = "dense 2 relu",
             [NET_P_M] = "dense 3 relu, dense 2 relu",
             [NET_P_MERGE] = "dense 4 relu, dense x",
             [NET_Q_M] = "dense 3 relu",
             [NET_Q_Z] = "dense 4 relu | dense 2 relu"}},
    {.preset = "measurement",
     .x = {1, 1, 2},
     .classes = 2,
     .z = 1,
     .m = 0,
     .likelihood = LIKELIHOOD_GAUSSIAN,
     .net = {[NET_P_Y] = "dense 2 relu", [NET_P_MERGE] = "dense 3 sigmoid, dense x", [NET_Q_Z] = "dense 2 | "}},
    {.preset = "measurement-sensors", /* everything that measurement data have; sizes are the schema's */
     .z = 2,
     .m = 2,
     .likelihood = LIKELIHOOD_STUDENT,
     .m_enters = M_ENTERS_AFFINE,
     .variance = 1,
     .c_linear = 1,
     .c_range = 1,
     .c_clip = 1.8f,
     .nu = 2.7f,
     .standardise = true,
     .net = {[NET_P_PRIOR] = "dense 3 relu",
             [NET_P_M] = "dense 2 relu",
             [NET_P_C] = "dense 4 relu",
             [NET_P_MERGE] = "dense 5 relu, dense x",
             [NET_Q_M] = "dense 3 relu",
             [NET_Q_Z] = "dense 3 | dense 2 relu"}},
    {.preset = "measurement-dnn",
     .c_clip = 2.5f,
     .standardise = true,
     .discriminative = true,
     .likelihood = LIKELIHOOD_GAUSSIAN,
     .net = {[NET_DNN] = "dense 4 tanh | dense 3 relu, dropout .25, dense 2"}},
    {.preset = "measurement",
     .x = {1, 1, 3},
     .a = 2,
     .c = 1,
     .classes = 3,
     .z = 1,
     .m = 1,
     .likelihood = LIKELIHOOD_GAUSSIAN,
     .m_enters = M_ENTERS_GAIN,
     .net = {[NET_P_MERGE] = "dense 2 relu, dense x", [NET_Q_Z] = "|"}},
};
enum { SPECS = sizeof specs / sizeof *specs, TINY = 3, TABLE = 4, BASELINE = 5 };

/* Of TABLE and BASELINE: x of a binary, two continuous and a categorical variable, a of one, c of two. */
static inline cama_schema *make_schema(void)
{
    static const char *const classes[] = {"low", "high"}, *const levels[] = {"red \"1\"", "gr\xc3\xbcn", "a,b"};
    static const double cuts[] = {21.5};
    cama_schema *s = NULL;
    assert_int_equal(cama__schema_create("light", 2, classes, cuts, &s), CAMA_OK);
    assert_int_equal(cama__schema_add(s, "on", ROLE_X, VARIABLE_BINARY, 0, NULL), CAMA_OK);
    assert_int_equal(cama__schema_add(s, "ir", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL), CAMA_OK);
    assert_int_equal(cama__schema_add(s, "hour", ROLE_A, VARIABLE_CONTINUOUS, 0, NULL), CAMA_OK);
    assert_int_equal(cama__schema_add(s, "vis", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL), CAMA_OK);
    assert_int_equal(cama__schema_add(s, "kind", ROLE_X, VARIABLE_CATEGORICAL, 3, levels), CAMA_OK);
    assert_int_equal(cama__schema_add(s, "pol", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL), CAMA_OK);
    assert_int_equal(cama__schema_add(s, "lamp", ROLE_C, VARIABLE_CATEGORICAL, 2, NULL), CAMA_OK);
    return s;
}

static inline int64_t numbers_of(const cama_model *model)
{
    return cama__model_place(model, ROLE_C) + model->spec.c;
}

static inline cama_model *make(int index)
{
    cama_model *model = NULL;
    cama__spec spec = specs[index];
    cama_schema *schema = index == TABLE || index == BASELINE ? make_schema() : NULL;
    const int64_t counts[] = {7, 0, 2, 5};
    if (schema != NULL) cama__spec_take(&spec, schema);
    if (cama__model_build(&spec, schema, &model) != CAMA_OK) fail_msg("%s", cama_last_error());
    cama__schema_free(schema);
    assert_int_equal(cama__model_init(model, 11 + (uint64_t)index, 0.5), CAMA_OK);
    if (model->rho >= 0) model->theta[model->rho] = -0.625f;
    if (index % 2 == 0) cama__model_set_prior(model, counts);
    model->q_m_trained = index % 2 == 0;
    if (model->spec.standardise) {
        for (int64_t i = 0; i < numbers_of(model); i++) {
            model->mean[i] = (float)(1 + i) / 3;
            model->scale[i] = 1 / (float)(2 + i);
        }
        for (int32_t j = 0; model->spec.c_range && j < model->spec.c; j++) {
            model->c_low[j] = -1 / (float)(3 + j);
            model->c_high[j] = (float)(1 + j) / 7;
        }
        cama__model_standardised(model);
    }
    return model;
}

static inline void assert_same(const cama_model *a, const cama_model *b)
{
    assert_string_equal(a->spec.preset, b->spec.preset);
    assert_memory_equal(&a->spec.x, &b->spec.x, sizeof a->spec.x);
    assert_int_equal(a->spec.classes, b->spec.classes);
    assert_int_equal(a->spec.z, b->spec.z);
    assert_int_equal(a->spec.m, b->spec.m);
    assert_int_equal(a->spec.a, b->spec.a);
    assert_int_equal(a->spec.c, b->spec.c);
    assert_int_equal(a->spec.likelihood, b->spec.likelihood);
    assert_int_equal(a->spec.m_enters, b->spec.m_enters);
    assert_int_equal(a->spec.variance, b->spec.variance);
    assert_int_equal(a->spec.c_linear, b->spec.c_linear);
    assert_int_equal(a->spec.c_range, b->spec.c_range);
    assert_true(a->spec.c_clip == b->spec.c_clip);
    assert_memory_equal(a->c_low, b->c_low, (size_t)a->spec.c * sizeof *a->c_low);
    assert_memory_equal(a->c_high, b->c_high, (size_t)a->spec.c * sizeof *a->c_high);
    assert_true(a->spec.nu == b->spec.nu);
    assert_int_equal(a->spec.standardise, b->spec.standardise);
    assert_int_equal(a->spec.discriminative, b->spec.discriminative);
    assert_int_equal(a->schema == NULL, b->schema == NULL);
    if (a->schema != NULL && cama__schema_match(a->schema, b->schema, "file") != CAMA_OK)
        fail_msg("%s", cama_last_error());
    assert_int_equal(a->likelihood.spans, b->likelihood.spans);
    assert_memory_equal(a->span, b->span, (size_t)a->likelihood.spans * sizeof *a->span);
    assert_int_equal(a->standardised, b->standardised);
    assert_memory_equal(a->mean, b->mean, (size_t)numbers_of(a) * sizeof *a->mean);
    assert_memory_equal(a->scale, b->scale, (size_t)numbers_of(a) * sizeof *a->scale);
    assert_memory_equal(a->zero, b->zero, (size_t)cama__shape_size(a->spec.x) * sizeof *a->zero);
    assert_memory_equal(a->reads, b->reads, (size_t)cama__shape_size(a->spec.x) * sizeof *a->reads);
    assert_true(a->log_scale == b->log_scale);
    for (int i = 0; i < NET_COUNT; i++) assert_string_equal(a->spec.net[i], b->spec.net[i]);
    assert_int_equal(a->q_m_trained, b->q_m_trained);
    assert_string_equal(a->summary, b->summary);
    assert_int_equal(a->params.reals, b->params.reals);
    assert_memory_equal(a->theta, b->theta, (size_t)a->params.reals * sizeof *a->theta);
    assert_memory_equal(a->log_prior, b->log_prior, (size_t)a->spec.classes * sizeof *a->log_prior);
}

static inline void *encode(const cama_model *model, int64_t *size)
{
    void *buffer = NULL;
    if (cama__model_file_encode(model, &buffer, size) != CAMA_OK) fail_msg("%s", cama_last_error());
    return buffer;
}

/* From memory that ends where it ends, so that a sanitizer sees one byte too far. */
static inline int32_t decode(const void *bytes, int64_t size, cama_model **out)
{
    char *exact = malloc(size > 0 ? (size_t)size : 1);
    memcpy(exact, bytes, (size_t)size);
    const int32_t status = cama__model_file_decode(exact, size, "PATH", out);
    free(exact);
    return status;
}

static inline void assert_said(const char *words)
{
    if (strstr(cama_last_error(), words) == NULL) fail_msg("no \"%s\" in: %s", words, cama_last_error());
}

static inline void assert_refused(const void *bytes, int64_t size, const char *words)
{
    cama_model *model = NULL;
    assert_int_equal(decode(bytes, size, &model), CAMA_E_FORMAT);
    assert_null(model);
    assert_memory_equal(cama_last_error(), "PATH: ", 6);
    assert_said(words);
    char said[1024];
    snprintf(said, sizeof said, "%s", cama_last_error());
    assert_int_equal(cama__model_file_check(bytes, size, "PATH"), CAMA_E_FORMAT); /* without a model: the same */
    assert_string_equal(cama_last_error(), said);
}

/* ---- Forged files: the tensors and metadata of a good one, changed and sealed again ---- */

static const char *const keys[] = {
    "format", "format_version", "library_version", "preset", "height", "width", "channels", "classes", "z", "m",
    "a", "c", "m_enters", "variance", "c_linear", "c_range", "likelihood", "p_prior", "p_y", "p_z", "p_m", "p_c",
    "p_merge", "q_m", "q_z", "dnn", "q_m_trained", "standardise", "standardised", "discriminative"};
enum { KEYS = sizeof keys / sizeof *keys, MOST = 64 };

typedef struct {
    void *buffer; /* what file reads */
    cama__safetensors *file;
    cama__tensor tensors[MOST];
    int32_t count;
    const char *meta[2 * KEYS + 3]; /* and a schema */
} forgery;

static inline void end_forgery(const forgery *f)
{
    cama__safetensors_free(f->file);
    cama__mem_free(f->buffer);
}

static inline forgery begin_forgery(int index)
{
    forgery f = {.file = NULL};
    int64_t size;
    cama_model *model = make(index);
    void *buffer = encode(model, &size);
    assert_int_equal(cama__safetensors_decode(buffer, size, "good", &f.file), CAMA_OK);
    f.count = cama__safetensors_count(f.file);
    assert_in_range(f.count, 1, MOST - 1);
    for (int32_t i = 0; i < f.count; i++) f.tensors[i] = *cama__safetensors_at(f.file, i);
    for (int i = 0; i < KEYS; i++) {
        f.meta[2 * i] = keys[i];
        f.meta[2 * i + 1] = cama__safetensors_meta(f.file, keys[i]);
        assert_non_null(f.meta[2 * i + 1]);
    }
    f.meta[2 * KEYS + 1] = cama__safetensors_meta(f.file, "schema");
    f.meta[2 * KEYS] = f.meta[2 * KEYS + 1] != NULL ? "schema" : NULL;
    f.buffer = buffer;
    cama__model_free(model);
    return f;
}

static inline void *seal(const forgery *f, int64_t *size)
{
    void *buffer = NULL;
    if (cama__safetensors_encode(f->tensors, f->count, f->meta, &buffer, size) != CAMA_OK)
        fail_msg("%s", cama_last_error());
    return buffer;
}

static inline void assert_forgery_refused(const forgery *f, const char *words)
{
    int64_t size;
    void *buffer = seal(f, &size);
    assert_refused(buffer, size, words);
    cama__mem_free(buffer);
}

static inline cama__tensor *tensor_of(forgery *f, const char *name)
{
    for (int32_t i = 0; i < f->count; i++)
        if (strcmp(f->tensors[i].name, name) == 0) return &f->tensors[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

static inline void set_meta(forgery *f, const char *key, const char *value)
{
    for (int i = 0; f->meta[2 * i] != NULL; i++)
        if (strcmp(f->meta[2 * i], key) == 0) {
            f->meta[2 * i + 1] = value;
            return;
        }
    fail_msg("no key %s", key);
}

/* ---- What a hostile file may cost ---- */

typedef struct {
    size_t largest;
    int32_t held, calls, fail_at; /* fail_at: the call that fails, from 0; -1: none */
} ledger;

static inline void *book_alloc(void *user, size_t bytes)
{
    ledger *book = user;
    void *pointer = NULL;
    if (book->calls++ == book->fail_at || posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    if (bytes > book->largest) book->largest = bytes;
    book->held++;
    return pointer;
}

static inline void book_free(void *user, void *pointer)
{
    ((ledger *)user)->held--;
    free(pointer);
}

static inline void keep_books(ledger *book)
{
    *book = (ledger){.fail_at = -1};
    cama__mem_set_hook(&(cama__mem_hook){book_alloc, book_free, book});
}

static inline int restore_hook(void **state)
{
    (void)state;
    cama__mem_set_hook(NULL);
    return 0;
}

#endif
