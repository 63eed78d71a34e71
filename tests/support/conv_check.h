/* conv_check - what any way to compute the maps of conv.h has to hold to, over given geometries: agreement
 * with plain loops in double in both directions and for the gradient of the weights, max pools, the same bits on any
 * number of threads and in any number of calls. Behind every block of memory lies a page that cannot be touched. */
#ifndef TESTS_SUPPORT_CONV_CHECK_H
#define TESTS_SUPPORT_CONV_CHECK_H

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "check.h"
#include "context.h"
#include "conv/conv_algorithms.h"

typedef struct {
    const char *name;
    cama__conv map;
    int64_t rows;
} conv_geometry;

#define SQUARE(big, small, taps, stride, pad)                                                                          \
    {                                                                                                                  \
        big, small, taps, stride, pad                                                                                  \
    }
/* A row of the table, or with row < 0 the table's choice under a setting. */
typedef struct {
    double tolerance; /* relative to the size of the sum */
    int32_t row;
    bool winograd;
} conv_way;

/* ---- memory: a page that holds the length, the block, which ends where its pages do, a page for nobody ---- */

void *conv_guarded_alloc(void *user, size_t bytes);
void conv_guarded_free(void *user, void *pointer);

/* ---- the table ---- */

/* NULL: the row cannot. */
const cama__conv_algorithm *conv_algorithm_of(const conv_way *way, const cama__conv *m, int32_t pass, bool adjoint,
                                              int32_t window);

typedef struct {
    const cama__conv_algorithm *algorithm;
    const cama__conv_application *a;
    const cama__conv_weight_gradient *g;
    bool data;
} conv_call;

void conv_run_forward(const conv_way *way, cama__pool *pool, const cama__conv_application *a);
void conv_run_data(const conv_way *way, cama__pool *pool, const cama__conv_application *a);
double *conv_random(int64_t n, uint32_t sample);

/* rows (n, F) of doubles to blocks; lanes past n get `rest`. */
real *conv_to_blocks(const double *rows, int64_t n, int64_t features, double rest);
real *conv_pack(const cama__conv *m, bool adjoint, const double *w);
void conv_check_reference(const conv_way *way, const conv_geometry *cases, size_t count_of_cases);
void conv_check_pools(const conv_way *way, const conv_geometry *cases, size_t count_of_cases);
void conv_check_lanes(const conv_way *way, const conv_geometry *cases, size_t count_of_cases);

/* The same bits on any number of threads, which share the gradient out differently. */
void conv_check_threads(const conv_way *way, const conv_geometry *cases, size_t count_of_cases);

/* The same bits however many blocks one call sees, if it sees whole chunks. */
void conv_check_chunks(const conv_way *way, const conv_geometry *cases, size_t count_of_cases);

#endif
