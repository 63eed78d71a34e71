/* twin_compare - how far the library's numbers are from the twin's, each quantity in its measure and with its tolerance
 * (README.md), the largest of all differences, and which records of a fixture nobody has looked at. */
#ifndef CAMA_TWIN_COMPARE_H
#define CAMA_TWIN_COMPARE_H

#include "twin_model.h"

enum twin_quantity {
    TWIN_NOISE,     /* uniforms, normals */
    TWIN_PARAMETER, /* initial tensors */
    TWIN_ELBO,
    TWIN_W,
    TWIN_PROBABILITY,
    TWIN_PROBABILITY_FLOATS, /* by the verb, which gives floats in every build */
    TWIN_FLOATS,             /* encode, reconstruct, generate: the library gives floats in every build */
    TWIN_OBJECTIVE,
    TWIN_GRADIENT,
    TWIN_GRADIENT_FINE,
    TWIN_ATTACK,
    TWIN_ADAM_VALUE,
    TWIN_ADAM_TRAIN,
    TWIN_ADAM_JOINT,
    TWIN_ADAM_FINE,
    TWIN_QUANTITIES
};

/* got (count) against the record of that name (printf format). A record that the fixture does not have is passed over:
 * twin_check_all tells whether all that it has were compared. A difference beyond the tolerance is printed and
 * counted. */
void twin_compare(twin *t, enum twin_quantity quantity, const double *got, int64_t count, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Every tensor of `nets` in a block laid out like theta, less `base` (NULL: 0), against PREFIX.NAME or
 * PREFIX.NAME.sum. */
void twin_compare_block(twin *t, enum twin_quantity quantity, const real *block, const real *base, uint32_t nets,
                        const char *prefix);

/* got (count) against numbers that do not stand in a record as they are. */
void twin_compare_numbers(const twin *t, enum twin_quantity quantity, const double *got, const double *want,
                          int64_t count, const char *what);

/* For cmocka: a test once for each case, which is its *state. Its setup forgets what failed in the test before. */
int twin_forget(void **state);
#define TWIN_IN_CASE(test, name, number)                                                                               \
    {                                                                                                                  \
#test " " name, test, twin_forget, NULL, &twin_cases[number]                                                   \
    }
#define TWIN_IN_EACH_CASE(test)                                                                                        \
    TWIN_IN_CASE(test, "small", 0), TWIN_IN_CASE(test, "gauss", 1), TWIN_IN_CASE(test, "nomanip", 2),                  \
        TWIN_IN_CASE(test, "mnist", 3), TWIN_IN_CASE(test, "graph", 4), TWIN_IN_CASE(test, "student", 5),              \
        TWIN_IN_CASE(test, "affine", 6), TWIN_IN_CASE(test, "dnn", 7), TWIN_IN_CASE(test, "gaps", 8),                  \
        TWIN_IN_CASE(test, "dnn_gaps", 9)

/* Fails the test if a comparison failed since the last call. */
void twin_check(void);
/* Fails the test if the fixture has records of one of these groups (what stands before the first dot; the list ends
 * with NULL) that no call has compared, or none at all of the first group. */
void twin_check_all(const twin *t, const char *const *groups);

/* The largest difference of each quantity in each case, on standard output. */
void twin_print_table(void);

#endif
