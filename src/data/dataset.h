/* dataset - examples in memory: x as floats or as the bytes they came in (value / 255), for tables also the causes a
 * and c with the schema that names them all; labels or none. A cell of x that is missing holds NaN (missing.h).
 * Immutable. */
#ifndef CAMA_DATA_DATASET_H
#define CAMA_DATA_DATASET_H

#include "../base/limits.h"
#include "../base/threads.h"
#include "../model/schema.h"
#include "../nn/layer.h"
#include "origin.h"

struct cama_dataset {
    int64_t n;
    cama__shape shape;
    int32_t classes;
    union {
        const float *block[ROLE_COUNT]; /* by role, or by name: */
        struct {
            const float *x;     /* (n, D), or NULL when bytes are held */
            const float *a, *c; /* (n, A), (n, P), or NULL */
        };
    };
    const uint8_t *bytes; /* (n, D), value = byte / 255.0f; or NULL */
    const int32_t *y;     /* (n) or NULL */
    int32_t width_a, width_c;
    bool owns_x, owns_y;  /* to be freed with the dataset; a and c go with x */
    float low, high;      /* of all x that is there */
    int64_t missing;      /* numbers of x that are NaN */
    bool keeps_missing;   /* NaN in x is a missing cell; otherwise it is refused */
    cama_schema *schema;  /* or NULL */
    int32_t *given;       /* (n): labels of a file that has not all of them, -1 where there is none; y is then NULL */
    cama__origin *origin; /* of rows that came from a table; NULL: rows 1, 2, ... */
};

/* Checks everything (sizes, finite x with row and column, labels with row) and copies or borrows. */
int32_t cama__dataset_from_arrays(int64_t n, cama__shape shape, int32_t classes, const float *x, const int32_t *y,
                                  bool copy, cama_dataset **out);
/* The columns of a table: x, a, c in the order of the roles, and y; NULL for what there is not. */
typedef struct {
    const float *block[ROLE_COUNT]; /* (n, width of the role) */
    const int32_t *y;               /* (n) */
} cama__columns;
/* The same for a table; the schema is copied, its widths are those of the blocks. */
int32_t cama__dataset_from_columns(const cama_schema *schema, int64_t n, const cama__columns *columns, bool copy,
                                   cama_dataset **out);
/* The same where NaN in x is a missing cell; all numbers of a categorical variable are missing, or none is. */
int32_t cama__dataset_from_cells(const cama_schema *schema, int64_t n, const cama__columns *columns, bool copy,
                                 cama_dataset **out);
/* A copy of a dataset with another x (n, D), or NULL for its own, and another c; what attacks and manipulations give
 * back. Labels are kept; a variable of c that is a parent too changes in a as well. */
int32_t cama__dataset_with(const cama_dataset *dataset, const float *x, const float *c, cama_dataset **out);
/* Takes ownership of bytes (n, D) and y (n or NULL), both from cama__mem_alloc, also on failure. */
int32_t cama__dataset_from_bytes(int64_t n, cama__shape shape, int32_t classes, uint8_t *bytes, int32_t *y,
                                 cama_dataset **out);
int32_t cama__dataset_slice(const cama_dataset *dataset, int64_t first, int64_t count, bool labels, cama_dataset **out);
void cama__dataset_free(cama_dataset *dataset);

/* The number that a byte stands for. */
static inline float cama__dataset_pixel(uint8_t byte) { return (float)byte / 255.0f; }
/* Row `row` as floats (D). */
void cama__dataset_row(const cama_dataset *dataset, int64_t row, float *x);

/* Numbers of a role in a row, and their array; NULL for bytes and for what the dataset does not have. */
int64_t cama__dataset_width(const cama_dataset *dataset, int32_t role);
const float *cama__dataset_block(const cama_dataset *dataset, int32_t role);

/* Rows index[0 .. n), or with index NULL first, first + 1, ... */
typedef struct {
    const int64_t *index;
    int64_t first, n;
} cama__selection;
/* These rows of a role's block as a batch: out (blocks, width, NR) with zeros in the lanes past n, in the standard
 * units of mean and scale (width; NULL: as they are). */
void cama__dataset_pack(cama__pool *pool, const cama_dataset *dataset, int32_t role, const cama__selection *rows,
                        const float *mean, const float *scale, real *out);
/* Their labels, y (n), if not NULL and the dataset is labelled, and example (n), if not NULL: the low 32 bits of the
 * row's number. */
void cama__dataset_pack_labels(const cama_dataset *dataset, const cama__selection *rows, int32_t *y, uint32_t *example);

/* Labels and origin that a file gives its rows: takes ownership of both (either may be NULL), also on failure. */
int32_t cama__dataset_describe(cama_dataset *dataset, int32_t *given, cama__origin *origin);
/* CAMA_E_DATA if a row is flagged: its numbers are made up, and nothing may be learned from them. */
int32_t cama__dataset_unflagged(const cama_dataset *dataset, const char *what);
/* Results of flagged rows become NaN: values (n, width), or NULL. */
void cama__dataset_blank(const cama_dataset *dataset, int64_t width, float *values);
void cama__dataset_blank_scores(const cama_dataset *dataset, double *values); /* (n) */
#endif
