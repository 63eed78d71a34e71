/* corrupt_geometry - rotation, zoom, shear and two of them at once about the centre. The image is read between its
 * pixels by a kernel: a triangle (bilinear) or Keys' cubic with a = -1/2 (bicubic, 1981). Outside it is 0. */
#include <math.h>

#include "corrupt.h"

enum { TAPS = 4 };

typedef double kernel(double distance);

static double triangle(double distance) { return distance < 1 ? 1 - distance : 0; }

static double cubic(double distance)
{
    const double d = distance;
    return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/* The first of TAPS pixels about a place, and their weights. */
static int weigh(kernel *weight, double place, double weights[TAPS])
{
    const int first = (int)floor(place) - 1;
    for (int i = 0; i < TAPS; i++) weights[i] = weight(fabs(place - (first + i)));
    return first;
}

static double read_at(const float *in, int height, int width, kernel *weight, double row, double column)
{
    double down[TAPS], across[TAPS], sum = 0;
    if (!(row > -2 && row < height + 1 && column > -2 && column < width + 1)) return 0;
    const int top = weigh(weight, row, down), left = weigh(weight, column, across);
    for (int r = 0; r < TAPS; r++)
        for (int c = 0; c < TAPS; c++)
            if (top + r >= 0 && top + r < height && left + c >= 0 && left + c < width)
                sum += down[r] * across[c] * (double)in[(top + r) * width + left + c];
    return sum;
}

/* A linear map of (down, right) from the centre. */
typedef struct {
    double dd, dr, rd, rr;
} map;

static map after(map a, map b)
{
    return (map){a.dd * b.dd + a.dr * b.rd, a.dd * b.dr + a.dr * b.rr, a.rd * b.dd + a.rr * b.rd,
                 a.rd * b.dr + a.rr * b.rr};
}

/* out at a place is in at the place that back sends it to. */
static void warp(const float *in, int height, int width, map back, kernel *weight, float *out)
{
    const double middle = (height - 1) / 2.0, centre = (width - 1) / 2.0;
    for (int r = 0; r < height; r++)
        for (int c = 0; c < width; c++) {
            const double down = r - middle, right = c - centre;
            out[r * width + c] =
                corrupt_bounded(read_at(in, height, width, weight, middle + back.dd * down + back.dr * right,
                                        centre + back.rd * down + back.rr * right));
        }
}

static map rotation(corrupt_draw *draw)
{
    const double angle = corrupt_uniform(draw, -1, 1) * 60 * (3.14159265358979323846 / 180);
    return (map){cos(angle), sin(angle), -sin(angle), cos(angle)};
}

static map zoom(corrupt_draw *draw)
{
    const double factor = exp(corrupt_uniform(draw, log(0.6), log(1.5)));
    return (map){1 / factor, 0, 0, 1 / factor};
}

static map shear(corrupt_draw *draw) { return (map){1, 0, corrupt_uniform(draw, -0.4, 0.4), 1}; }

typedef map drawn_map(corrupt_draw *draw);

/* All but one of the three, which is drawn. */
static map two(corrupt_draw *draw)
{
    drawn_map *const all[3] = {rotation, zoom, shear};
    const int without = corrupt_choice(draw, 3);
    const map first = all[without == 0 ? 1 : 0](draw);
    return after(first, all[without == 2 ? 1 : 2](draw));
}

#define GEOMETRY(NAME, MAP, SAMPLING, KERNEL)                                                                          \
    void corrupt_##NAME##_##SAMPLING(const float *in, int height, int width, corrupt_draw *draw, float *out)           \
    {                                                                                                                  \
        warp(in, height, width, MAP(draw), KERNEL, out);                                                               \
    }
GEOMETRY(rotation, rotation, bilinear, triangle)
GEOMETRY(rotation, rotation, bicubic, cubic)
GEOMETRY(zoom, zoom, bilinear, triangle)
GEOMETRY(zoom, zoom, bicubic, cubic)
GEOMETRY(shear, shear, bilinear, triangle)
GEOMETRY(shear, shear, bicubic, cubic)
GEOMETRY(two, two, bilinear, triangle)
GEOMETRY(two, two, bicubic, cubic)
