/* measurement_process - A, C and the style Z are Gaussian, Y depends on A, and X on Y, C and Z through folded lines,
 * with Gaussian noise. C moves X more than Y does, so that whoever reads Y off X has to know what C did. */
#include "measurement_process.h"

#include <math.h>
#include <stdlib.h>

#include "common/harness.h"

enum { STREAM_FUNCTIONS = 1, STREAM_ROWS = 2 };

static const double two_pi = 6.283185307179586;
static const uint64_t functions_seed = 1;

/* How strongly A enters the logits of Y and each cause the units of X, and the noise of X. */
static const double of_parents = 0.7, of_class = 1, of_co_parents = 2, of_style = 0.5, of_offset = 0.5, noise = 0.6;

typedef struct {
    double parents[PARENTS][PARENT_UNITS], logits[PARENT_UNITS][CLASSES];
    double classes[CLASSES][CHILD_UNITS], co_parents[CO_PARENTS][CHILD_UNITS], styles[STYLES][CHILD_UNITS];
    double offset[CHILD_UNITS], children[CHILD_UNITS][CHILDREN];
} functions;

/* ---- Random numbers: SplitMix64 (Steele, Lea, Flood 2014), Box and Muller ---------------------------------------- */

typedef struct {
    uint64_t state;
} stream;

static uint64_t next(stream *self)
{
    uint64_t v = self->state += 0x9e3779b97f4a7c15u;
    v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9u;
    v = (v ^ (v >> 27)) * 0x94d049bb133111ebu;
    return v ^ (v >> 31);
}

/* A stream of its own for each key: the words of the key go through the mixer one after the other. */
static stream stream_of(uint64_t kind, uint64_t seed, uint64_t row)
{
    stream self = {kind};
    self.state = next(&self) ^ seed;
    self.state = next(&self) ^ row;
    self.state = next(&self);
    return self;
}

static double uniform(stream *self) { return ((double)(next(self) >> 11) + 0.5) / 9007199254740992.0; } /* (0,1) */

static double normal(stream *self)
{
    const double radius = sqrt(-2 * log(uniform(self)));
    return radius * cos(two_pi * uniform(self));
}

static void normals(stream *self, int count, double scale, double *values)
{
    for (int i = 0; i < count; i++) values[i] = scale * normal(self);
}

/* ---- The process ------------------------------------------------------------------------------------------------- */

static void draw_functions(functions *self)
{
    stream from = stream_of(STREAM_FUNCTIONS, functions_seed, 0);
    normals(&from, PARENTS * PARENT_UNITS, 1 / sqrt(PARENTS), &self->parents[0][0]);
    normals(&from, PARENT_UNITS * CLASSES, of_parents, &self->logits[0][0]);
    normals(&from, CLASSES * CHILD_UNITS, of_class, &self->classes[0][0]);
    normals(&from, CO_PARENTS * CHILD_UNITS, of_co_parents / sqrt(CO_PARENTS), &self->co_parents[0][0]);
    normals(&from, STYLES * CHILD_UNITS, of_style / sqrt(STYLES), &self->styles[0][0]);
    normals(&from, CHILD_UNITS, of_offset, self->offset);
    normals(&from, CHILD_UNITS * CHILDREN, 1 / sqrt(CHILD_UNITS), &self->children[0][0]);
}

/* out (columns) += in (rows) times weights (rows, columns). */
static void add_product(const double *in, const double *weights, int rows, int columns, double *out)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) out[c] += in[r] * weights[r * columns + c];
}

/* Y given A: the largest of logit + Gumbel noise, which draws from their softmax. */
static int32_t draw_class(const functions *self, const double *a, stream *from)
{
    double units[PARENT_UNITS] = {0}, logits[CLASSES] = {0};
    add_product(a, &self->parents[0][0], PARENTS, PARENT_UNITS, units);
    for (int i = 0; i < PARENT_UNITS; i++) units[i] = tanh(units[i]);
    add_product(units, &self->logits[0][0], PARENT_UNITS, CLASSES, logits);
    int32_t best = 0;
    for (int i = 0; i < CLASSES; i++) logits[i] -= log(-log(uniform(from)));
    for (int i = 1; i < CLASSES; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

static void draw_children(const functions *self, int32_t y, const double *c, const double *z, stream *from, double *x)
{
    double units[CHILD_UNITS];
    for (int i = 0; i < CHILD_UNITS; i++) units[i] = self->offset[i] + self->classes[y][i];
    add_product(c, &self->co_parents[0][0], CO_PARENTS, CHILD_UNITS, units);
    add_product(z, &self->styles[0][0], STYLES, CHILD_UNITS, units);
    for (int i = 0; i < CHILD_UNITS; i++) units[i] = fabs(units[i]);
    normals(from, CHILDREN, noise, x);
    add_product(units, &self->children[0][0], CHILD_UNITS, CHILDREN, x);
}

static void copy(const double *from, int count, float *to)
{
    for (int i = 0; i < count; i++) to[i] = (float)from[i];
}

static void draw_row(const functions *self, uint64_t seed, int64_t row, const double *shift, sample *out)
{
    stream from = stream_of(STREAM_ROWS, seed, (uint64_t)row);
    double a[PARENTS], c[CO_PARENTS], z[STYLES], x[CHILDREN];
    normals(&from, PARENTS, 1, a);
    normals(&from, CO_PARENTS, 1, c);
    normals(&from, STYLES, 1, z);
    for (int i = 0; shift != NULL && i < CO_PARENTS; i++) c[i] += shift[i];
    out->y[row] = draw_class(self, a, &from);
    draw_children(self, out->y[row], c, z, &from, x);
    copy(a, PARENTS, out->a + row * PARENTS);
    copy(c, CO_PARENTS, out->c + row * CO_PARENTS);
    copy(x, CHILDREN, out->x + row * CHILDREN);
}

sample sample_draw(int64_t n, uint64_t seed, const double *shift)
{
    functions self;
    sample out = {n, NULL, NULL, NULL, NULL};
    const size_t rows = (size_t)n;
    out.a = malloc(rows * PARENTS * sizeof *out.a);
    out.c = malloc(rows * CO_PARENTS * sizeof *out.c);
    out.x = malloc(rows * CHILDREN * sizeof *out.x);
    out.y = malloc(rows * sizeof *out.y);
    if (out.a == NULL || out.c == NULL || out.x == NULL || out.y == NULL) give_up("synthetic rows", "no memory");
    draw_functions(&self);
    for (int64_t row = 0; row < n; row++) draw_row(&self, seed, row, shift, &out);
    return out;
}

void sample_free(sample *self)
{
    free(self->a);
    free(self->c);
    free(self->x);
    free(self->y);
    *self = (sample){0};
}
