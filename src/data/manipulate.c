/* manipulate - one function for each kind of manipulation. Each writes the manipulated row i from the dataset and what
 * was drawn for i; shifts move bytes as they are, the others make floats. */
#include "manipulate.h"

#include <math.h>
#include <string.h>

#include "../base/rng.h"

enum { DRAW_SHIFT = 0, DRAW_NOISE = 1 }; /* the key's sample */

typedef struct {
    const cama_dataset *dataset;
    const cama__manipulate_options *o;
    int32_t role; /* ROLE_X, or ROLE_C where the co-parents are manipulated */
    int64_t dims; /* of that role */
    size_t size;  /* bytes of a number of the result */
    uint64_t seed;
    double range, amount;
    bool extreme;
    float *row;    /* (D) the example as floats */
    float *offset; /* (D) offset: what is added to each column; scale: its factor */
    bool *chosen;  /* (D) columns that change */
    real *normals; /* (D) noise */
} job;

static void read_row(const job *j, int64_t row, float *out)
{
    if (j->role == ROLE_X)
        cama__dataset_row(j->dataset, row, out);
    else
        memcpy(out, j->dataset->c + row * j->dims, (size_t)j->dims * sizeof *out);
}

/* ---- Shifts ------------------------------------------------------------------------------------------------------ */

static cama__rng_key key_of(const job *j, int64_t example, uint32_t draw)
{
    return (cama__rng_key){j->seed, RNG_MANIPULATE, draw, (uint32_t)example, 0};
}

/* Pixels that example moves down (number 0) and to the right (number 1). */
static void draw_shift(const job *j, int64_t example, int32_t *down, int32_t *right)
{
    real uniform[2];
    int32_t *const moved[2] = {down, right};
    const int32_t sizes[2] = {j->dataset->shape.h, j->dataset->shape.w};
    cama__rng_uniforms(key_of(j, example, DRAW_SHIFT), 2, uniform, 1);
    for (int32_t i = 0; i < 2; i++) {
        const double u = j->extreme ? (uniform[i] < 0.5 ? -1 : 1) : 2 * (double)uniform[i] - 1;
        *moved[i] = (int32_t)lround(u * j->range * sizes[i]);
    }
}

/* out is zero before. */
static void move(const job *j, int64_t example, int32_t down, int32_t right, void *out)
{
    const cama__shape s = j->dataset->shape;
    const size_t pixel = (size_t)s.c * j->size, line = (size_t)s.w * pixel;
    const char *in = j->dataset->bytes != NULL ? (const char *)j->dataset->bytes : (const char *)j->dataset->x;
    in += (size_t)example * (size_t)s.h * line;
    const int32_t top = down > 0 ? down : 0, bottom = down < 0 ? s.h + down : s.h;
    const size_t skipped = (size_t)(right > 0 ? right : -right) * pixel;
    const size_t from = right < 0 ? skipped : 0, to = right > 0 ? skipped : 0;
    for (int32_t h = top; h < bottom; h++)
        memcpy((char *)out + (size_t)h * line + to, in + (size_t)(h - down) * line + from, line - skipped);
}

static void shift_vertical(const job *j, int64_t example, void *out)
{
    int32_t down, right;
    draw_shift(j, example, &down, &right);
    move(j, example, down, 0, out);
}

static void shift_horizontal(const job *j, int64_t example, void *out)
{
    int32_t down, right;
    draw_shift(j, example, &down, &right);
    move(j, example, 0, right, out);
}

static void shift_both(const job *j, int64_t example, void *out)
{
    int32_t down, right;
    draw_shift(j, example, &down, &right);
    move(j, example, down, right, out);
}

/* ---- Rotation and zoom ------------------------------------------------------------------------------------------- */

/* A pixel, or zero outside of the image. */
static double pixel_at(const float *image, cama__shape s, int32_t h, int32_t w, int32_t c)
{
    return h < 0 || h >= s.h || w < 0 || w >= s.w ? 0 : (double)image[((int64_t)h * s.w + w) * s.c + c];
}

/* At share u of the way from pixel (h,w) to its right neighbour. */
static double between(const float *image, cama__shape s, int32_t h, int32_t w, double u, int32_t c)
{
    return (1 - u) * pixel_at(image, s, h, w, c) + u * pixel_at(image, s, h, w + 1, c);
}

/* out(h,w) = image at the place (h,w), taken from the centre, that the matrix {hh, hw, wh, ww} sends (h,w) to. */
static void warp(const job *j, int64_t example, const double matrix[4], float *out)
{
    const cama__shape s = j->dataset->shape;
    const double centre_h = (s.h - 1) / 2.0, centre_w = (s.w - 1) / 2.0;
    cama__dataset_row(j->dataset, example, j->row);
    for (int32_t h = 0; h < s.h; h++)
        for (int32_t w = 0; w < s.w; w++, out += s.c) {
            const double y = matrix[0] * (h - centre_h) + matrix[1] * (w - centre_w) + centre_h;
            const double x = matrix[2] * (h - centre_h) + matrix[3] * (w - centre_w) + centre_w;
            if (y <= -1 || y >= s.h || x <= -1 || x >= s.w) continue; /* zero; and y, x may be too large for an int */
            const int32_t y0 = (int32_t)floor(y), x0 = (int32_t)floor(x);
            const double v = y - y0, u = x - x0;
            for (int32_t c = 0; c < s.c; c++)
                out[c] = (float)((1 - v) * between(j->row, s, y0, x0, u, c) + v * between(j->row, s, y0 + 1, x0, u, c));
        }
}

/* Counter-clockwise as seen, the height axis pointing down. */
static void rotate(const job *j, int64_t example, void *out)
{
    const double angle = j->amount * (3.14159265358979323846 / 180), c = cos(angle), s = sin(angle);
    const double matrix[4] = {c, s, -s, c};
    warp(j, example, matrix, out);
}

static void zoom(const job *j, int64_t example, void *out)
{
    const double matrix[4] = {1 / (1 + j->amount), 0, 0, 1 / (1 + j->amount)};
    warp(j, example, matrix, out);
}

/* ---- Noise, offset and scale ------------------------------------------------------------------------------------- */

/* An image of pixels in [0,1], which stay there. Vectors and tables have no bounds that are known. */
static bool is_picture(const job *j, const float *x)
{
    const cama__shape s = j->dataset->shape;
    bool inside = j->role == ROLE_X && s.h * s.w > 1;
    for (int64_t d = 0; inside && d < j->dims; d++) inside = x[d] >= 0 && x[d] <= 1;
    return inside;
}

static void add_noise(const job *j, int64_t example, void *out)
{
    float *x = out;
    read_row(j, example, x);
    const bool bounded = is_picture(j, x);
    cama__rng_normals(key_of(j, example, DRAW_NOISE), j->dims, j->normals, 1);
    for (int64_t d = 0; d < j->dims; d++) {
        if (!j->chosen[d]) continue;
        x[d] = (float)(x[d] + j->amount * j->normals[d]);
        if (bounded) x[d] = x[d] < 0 ? 0 : x[d] > 1 ? 1 : x[d];
    }
}

static void add_offset(const job *j, int64_t example, void *out)
{
    float *x = out;
    read_row(j, example, x);
    for (int64_t d = 0; d < j->dims; d++) x[d] += j->offset[d];
}

static void multiply(const job *j, int64_t example, void *out)
{
    float *x = out;
    read_row(j, example, x);
    for (int64_t d = 0; d < j->dims; d++)
        if (j->chosen[d]) x[d] = (float)(x[d] * (1 + j->amount));
}

/* Option columns; only continuous values are changed. */
static int32_t choose_columns(job *j)
{
    const int64_t count = j->o->columns.count;
    const float *columns = j->o->columns.at;
    int32_t status = CAMA_OK;
    for (int64_t i = 0; i < count; i++)
        if ((int64_t)columns[i] >= j->dims)
            FAIL(CAMA_E_OPTION,
                 "option \"columns\" of \"manipulate\": expected 0 to %lld for this dataset, got %lld at index %lld",
                 (long long)(j->dims - 1), (long long)columns[i], (long long)i);
    for (int64_t d = 0; count == 0 && d < j->dims; d++)
        j->chosen[d] = j->dataset->schema == NULL ||
                       cama__schema_at(j->dataset->schema, j->role, (int32_t)d)->kind == VARIABLE_CONTINUOUS;
    for (int64_t i = 0; i < count; i++) {
        const int64_t d = (int64_t)columns[i];
        const cama_schema *schema = j->dataset->schema;
        const cama__variable *v = schema == NULL ? NULL : cama__schema_at(schema, j->role, (int32_t)d);
        if (v != NULL && v->kind != VARIABLE_CONTINUOUS)
            FAIL(CAMA_E_OPTION, "option \"columns\" of \"manipulate\": expected continuous variables, got \"%s\"",
                 v->name);
        j->chosen[d] = true;
    }
out:
    return status;
}

/* offset = amount * the standard deviation of a column (about its mean, divided by n), where a column is chosen. */
static int32_t plan_offset(job *j)
{
    int32_t status = CAMA_OK;
    double *mean = NULL;
    TRY(cama__mem_new(&mean, 3 * (size_t)j->dims));
    double *square = mean + j->dims, *known = square + j->dims;
    for (int64_t i = 0; i < j->dataset->n; i++) {
        read_row(j, i, j->row);
        for (int64_t d = 0; d < j->dims; d++) {
            const double away = (double)j->row[d] - mean[d];
            if (isnan(away)) continue; /* a missing cell */
            mean[d] += away / ++known[d];
            square[d] += away * ((double)j->row[d] - mean[d]);
        }
    }
    for (int64_t d = 0; d < j->dims; d++)
        if (j->chosen[d] && known[d] > 0) j->offset[d] = (float)(j->amount * sqrt(square[d] / known[d]));
    cama__mem_free(mean);
out:
    return status;
}

/* ---- The table of kinds ------------------------------------------------------------------------------------------ */

typedef struct {
    const char *name;
    void (*apply)(const job *j, int64_t example, void *out); /* out (D) is zero before */
    int32_t (*plan)(job *j);
    bool images;  /* makes no sense for vectors */
    bool moves;   /* only moves numbers: bytes may stay bytes */
    double least; /* amount must be at least this, */
    bool above;   /* or above it */
} kind;

static const kind kinds[] = {
    [MANIPULATE_VERTICAL] = {"vertical", shift_vertical, NULL, true, true, -INFINITY, false},
    [MANIPULATE_HORIZONTAL] = {"horizontal", shift_horizontal, NULL, true, true, -INFINITY, false},
    [MANIPULATE_BOTH] = {"both", shift_both, NULL, true, true, -INFINITY, false},
    [MANIPULATE_ROTATION] = {"rotation", rotate, NULL, true, false, -INFINITY, false},
    [MANIPULATE_ZOOM] = {"zoom", zoom, NULL, true, false, -1, true},
    [MANIPULATE_NOISE] = {"noise", add_noise, NULL, false, false, 0, false},
    [MANIPULATE_OFFSET] = {"offset", add_offset, plan_offset, false, false, -INFINITY, false},
    [MANIPULATE_SCALE] = {"scale", multiply, NULL, false, false, -INFINITY, false},
};

static int32_t check(const job *j, const kind *k)
{
    const cama__shape s = j->dataset->shape;
    if (j->role == ROLE_C && (k->images || j->dataset->c == NULL))
        return cama__error(CAMA_E_ARGUMENT, "manipulate: expected %s to manipulate c, got %s",
                           k->images ? "kind noise, offset or scale" : "a dataset with co-parents",
                           k->images ? k->name : "one without");
    if (k->images && s.h == 1 && s.w == 1)
        return cama__error(CAMA_E_ARGUMENT, "manipulate: kind \"%s\" expects images, got vectors of %d numbers",
                           k->name, s.c);
    if (j->amount < k->least || (k->above && j->amount == k->least))
        return cama__error(CAMA_E_OPTION, "option \"amount\" of \"manipulate\": kind \"%s\" expects %s %g, got %.15g",
                           k->name, k->above ? "more than" : "at least", k->least, j->amount);
    return CAMA_OK;
}

/* Bytes that were only moved: the result takes x. */
static int32_t wrap_bytes(const job *j, uint8_t *x, cama_dataset **out)
{
    const cama_dataset *d = j->dataset;
    int32_t *y = d->y == NULL ? NULL : cama__mem_alloc((size_t)d->n, sizeof *y);
    if (d->y != NULL && y == NULL) {
        cama__mem_free(x);
        return CAMA_E_MEMORY;
    }
    if (y != NULL) memcpy(y, d->y, (size_t)d->n * sizeof *y);
    return cama__dataset_from_bytes(d->n, d->shape, d->classes, x, y, out);
}

static int32_t wrap_floats(const job *j, float *x, cama_dataset **out)
{
    const bool is_x = j->role == ROLE_X;
    const int32_t status = cama__dataset_with(j->dataset, is_x ? x : NULL, is_x ? NULL : x, out);
    cama__mem_free(x);
    return status == CAMA_E_DATA ? cama__error(CAMA_E_DATA, "manipulate: %s", cama_last_error()) : status;
}

int32_t cama__manipulate(const cama_dataset *dataset, const cama_options *options, cama_dataset **out)
{
    const cama__manipulate_options o = cama__options_manipulate(options);
    const kind *k = &kinds[o.kind];
    const int32_t role = o.of == MANIPULATE_OF_C ? ROLE_C : ROLE_X;
    const int64_t dims = cama__dataset_width(dataset, role);
    job j = {.dataset = dataset,
             .role = role,
             .o = &o,
             .dims = dims,
             .size = k->moves && dataset->bytes != NULL ? 1 : sizeof(float),
             .seed = (uint64_t)o.seed,
             .range = o.range,
             .amount = o.amount,
             .extreme = o.extreme != 0};
    char *x = NULL;
    int32_t status = CAMA_OK;
    TRY(check(&j, k));
    TRY(cama__mem_new(&j.row, dims));
    TRY(cama__mem_new(&j.offset, dims));
    TRY(cama__mem_new(&j.normals, dims));
    TRY(cama__mem_new(&j.chosen, dims));
    x = cama__mem_alloc((size_t)(dataset->n * dims), j.size);
    TRY(cama__mem_got(x));
    TRY(choose_columns(&j));
    if (k->plan != NULL) TRY(k->plan(&j));
    for (int64_t i = 0; i < dataset->n; i++) k->apply(&j, i, x + (size_t)(i * dims) * j.size);
    status = j.size == 1 ? wrap_bytes(&j, (uint8_t *)x, out) : wrap_floats(&j, (float *)(void *)x, out);
    x = NULL; /* wrapped, or freed */
out:
    cama__mem_free(x);
    cama__mem_free(j.row);
    cama__mem_free(j.offset);
    cama__mem_free(j.normals);
    cama__mem_free(j.chosen);
    return status;
}
