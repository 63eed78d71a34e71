/* corrupt_pixels - manipulations that replace pixels: noise, a patch, lines, stripes, drops. */
#include <math.h>
#include <string.h>

#include "corrupt.h"

static void copy(const float *in, int height, int width, float *out)
{
    memcpy(out, in, (size_t)height * (size_t)width * sizeof *out);
}

void corrupt_salt_pepper(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    for (int i = 0; i < height * width; i++) {
        const double u = corrupt_uniform(draw, 0, 1);
        out[i] = u < 0.085 ? 0 : u < 0.17 ? 1 : in[i];
    }
}

/* Counts arrive with rate 1 during `mean`: Knuth's product of uniform numbers. */
static int poisson(corrupt_draw *draw, double mean)
{
    const double end = exp(-mean);
    int count = 0;
    for (double product = corrupt_uniform(draw, 0, 1); product > end; count++) product *= corrupt_uniform(draw, 0, 1);
    return count;
}

void corrupt_poisson(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    const double counts = 5;
    for (int i = 0; i < height * width; i++) out[i] = corrupt_bounded(poisson(draw, counts * (double)in[i]) / counts);
}

void corrupt_patch(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    enum { SIDE = 8 };
    const int top = corrupt_choice(draw, height - SIDE + 1), left = corrupt_choice(draw, width - SIDE + 1);
    const float value = (float)corrupt_choice(draw, 2);
    copy(in, height, width, out);
    for (int r = top; r < top + SIDE; r++)
        for (int c = left; c < left + SIDE; c++) out[r * width + c] = value;
}

/* Each line passes through a point of the image's middle half; it covers a pixel by what is within half a pixel. */
void corrupt_lines(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    copy(in, height, width, out);
    for (int line = 0; line < 2; line++) {
        const double angle = corrupt_uniform(draw, 0, 3.14159265358979323846);
        const double row = corrupt_uniform(draw, 0.25, 0.75) * height;
        const double column = corrupt_uniform(draw, 0.25, 0.75) * width;
        for (int r = 0; r < height; r++)
            for (int c = 0; c < width; c++) {
                const double away = fabs((r - row) * cos(angle) - (c - column) * sin(angle));
                const float covered = corrupt_bounded(1 - away);
                float *x = &out[r * width + c];
                if (covered > *x) *x = covered;
            }
    }
}

/* Left and right, or top and bottom. */
void corrupt_stripes(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    const int across = corrupt_choice(draw, 2);
    for (int r = 0; r < height; r++)
        for (int c = 0; c < width; c++) {
            const int place = across ? c : r, size = across ? width : height;
            const int outer = place < size / 4 || place >= size - size / 4;
            out[r * width + c] = outer ? 1 - in[r * width + c] : in[r * width + c];
        }
}

/* The value that `share` of the numbers are above, by halving. */
static float exceeded_by(double share, const float *values, int n)
{
    double low = 0, high = 1;
    for (int step = 0; step < 30; step++) {
        const double middle = (low + high) / 2;
        int above = 0;
        for (int i = 0; i < n; i++) above += (double)values[i] > middle;
        if (above > share * n)
            low = middle;
        else
            high = middle;
    }
    return (float)high;
}

/* Drops are where a field of noise is highest; from .05 above their edge on they are opaque. */
void corrupt_spatter(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    corrupt_field(3, height, width, draw, out);
    const float edge = exceeded_by(0.12, out, height * width);
    for (int i = 0; i < height * width; i++) {
        const float opaque = corrupt_bounded(((double)out[i] - (double)edge) * 20);
        out[i] = opaque + (1 - opaque) * in[i];
    }
}
