/* corrupt_light - manipulations of brightness: tone, blur, fog, edges. */
#include <math.h>

#include "corrupt.h"

void corrupt_contrast(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    (void)draw;
    double mean = 0;
    for (int i = 0; i < height * width; i++) mean += (double)in[i] / (height * width);
    for (int i = 0; i < height * width; i++) out[i] = corrupt_bounded(mean + 0.3 * ((double)in[i] - mean));
}

void corrupt_brightness(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    (void)draw;
    for (int i = 0; i < height * width; i++) out[i] = corrupt_bounded((double)in[i] + 0.5);
}

/* The image, and 0 outside of it. */
static double at(const float *in, int height, int width, int r, int c)
{
    return r < 0 || r >= height || c < 0 || c >= width ? 0 : (double)in[r * width + c];
}

/* Sum over the window of weight(down, right) * in, divided by the sum of the weights. */
void corrupt_blur(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    enum { REACH = 6 };
    const double deviation = 2;
    double weights[2 * REACH + 1], total = 0;
    (void)draw;
    for (int i = -REACH; i <= REACH; i++) total += weights[i + REACH] = exp(-i * i / (2 * deviation * deviation));
    for (int r = 0; r < height; r++)
        for (int c = 0; c < width; c++) {
            double sum = 0;
            for (int i = -REACH; i <= REACH; i++)
                for (int j = -REACH; j <= REACH; j++)
                    sum += weights[i + REACH] * weights[j + REACH] * at(in, height, width, r + i, c + j);
            out[r * width + c] = corrupt_bounded(sum / (total * total));
        }
}

/* Bilinear between four pixels. */
static double between(const float *in, int height, int width, double row, double column)
{
    const int r = (int)floor(row), c = (int)floor(column);
    const double v = row - r, u = column - c;
    return (1 - v) * ((1 - u) * at(in, height, width, r, c) + u * at(in, height, width, r, c + 1)) +
           v * ((1 - u) * at(in, height, width, r + 1, c) + u * at(in, height, width, r + 1, c + 1));
}

void corrupt_motion_blur(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    enum { LENGTH = 9 };
    const double angle = corrupt_uniform(draw, 0, 3.14159265358979323846);
    for (int r = 0; r < height; r++)
        for (int c = 0; c < width; c++) {
            double sum = 0;
            for (int i = 0; i < LENGTH; i++) {
                const double along = i - (LENGTH - 1) / 2.0;
                sum += between(in, height, width, r + along * sin(angle), c + along * cos(angle));
            }
            out[r * width + c] = corrupt_bounded(sum / LENGTH);
        }
}

static double smooth(double u) { return u * u * (3 - 2 * u); }

void corrupt_field(double grid, int height, int width, corrupt_draw *draw, float *out)
{
    enum { MOST = 64 };
    double points[MOST][MOST];
    const double top = corrupt_uniform(draw, 0, 1), left = corrupt_uniform(draw, 0, 1);
    const int rows = (int)(height / grid) + 3, columns = (int)(width / grid) + 3;
    for (int r = 0; r < rows && r < MOST; r++)
        for (int c = 0; c < columns && c < MOST; c++) points[r][c] = corrupt_uniform(draw, 0, 1);
    for (int r = 0; r < height; r++)
        for (int c = 0; c < width; c++) {
            const double y = r / grid + top, x = c / grid + left;
            const int i = (int)y % (MOST - 1), j = (int)x % (MOST - 1);
            const double v = smooth(y - (int)y), u = smooth(x - (int)x);
            out[r * width + c] = (float)((1 - v) * ((1 - u) * points[i][j] + u * points[i][j + 1]) +
                                         v * ((1 - u) * points[i + 1][j] + u * points[i + 1][j + 1]));
        }
}

void corrupt_fog(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    corrupt_field(12, height, width, draw, out);
    for (int i = 0; i < height * width; i++) {
        const double hidden = 0.8 * (double)out[i];
        out[i] = corrupt_bounded((1 - hidden) * (double)in[i] + hidden);
    }
}

/* Sobel's gradient; 4 is its size at a straight edge from 0 to 1. */
void corrupt_edges(const float *in, int height, int width, corrupt_draw *draw, float *out)
{
    (void)draw;
    for (int r = 0; r < height; r++)
        for (int c = 0; c < width; c++) {
            double down = 0, right = 0;
            for (int i = -1; i <= 1; i++) {
                const double weight = i == 0 ? 2 : 1;
                down += weight * (at(in, height, width, r + 1, c + i) - at(in, height, width, r - 1, c + i));
                right += weight * (at(in, height, width, r + i, c + 1) - at(in, height, width, r + i, c - 1));
            }
            out[r * width + c] = corrupt_bounded(sqrt(down * down + right * right) / 4);
        }
}
