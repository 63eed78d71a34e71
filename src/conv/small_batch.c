/* small_batch - which tiles an application is cut into, and their way in and out. */
#include "small_batch.h"

#include "../tensor/epilogue.h"
#include "conv_algorithms.h"
#include "conv_geometry.h"
#include "winograd.h"

/* Along one axis: so many tiles; the first begins at input `in` (negative within the padding) and makes output from 0
 * on, the next one is a step further. The last may stick out. */
typedef struct {
    int32_t count, in, in_step, in_size, out_step, out_size;
} tile_axis;

typedef struct {
    tile_axis h, w;
} tile_grid;

/* Images: pixels and channels. */
typedef struct {
    int32_t h, w, channels;
} grid;

static grid in_grid(const cama__conv *m) { return (grid){m->h.big, m->w.big, m->big_channels}; }
static grid out_grid(const cama__conv *m, int32_t window)
{
    return (grid){cama__maxpool_out(m->h.small, window), cama__maxpool_out(m->w.small, window), m->small_channels};
}
static int64_t grid_size(grid g) { return (int64_t)g.h * g.w * g.channels; }

/* ---- from images to tiles and back ---- */

typedef struct {
    tile_grid tiles;
    grid image;
    int64_t rows; /* images; tiles are rows (image, tile of h, tile of w) */
    const real *in;
    real *out;
    const uint8_t *argmax_in;
    uint8_t *argmax_out;
} moving;

static int64_t tile_rows(const moving *m) { return m->rows * m->tiles.h.count * m->tiles.w.count; }

/* Pixel (y, x) of tile number `row`, and where it lies in the images. */
typedef struct {
    int64_t tile, image; /* offsets of channel 0, lane included */
    bool inside;
} pair;

static pair pair_at(const moving *m, bool in, int64_t row, int32_t y, int32_t x)
{
    const tile_axis *h = &m->tiles.h, *w = &m->tiles.w;
    const grid image = m->image;
    const int32_t i = (int32_t)(row / w->count % h->count), j = (int32_t)(row % w->count);
    const int32_t height = in ? h->in_size : h->out_size, width = in ? w->in_size : w->out_size;
    const int32_t to_y = (in ? h->in + i * h->in_step : i * h->out_step) + y;
    const int32_t to_x = (in ? w->in + j * w->in_step : j * w->out_step) + x;
    pair p = {.inside = to_y >= 0 && to_y < image.h && to_x >= 0 && to_x < image.w};
    p.tile = cama__at(row, ((int64_t)y * width + x) * image.channels, (int64_t)height * width * image.channels);
    if (p.inside)
        p.image =
            cama__at(row / w->count / h->count, ((int64_t)to_y * image.w + to_x) * image.channels, grid_size(image));
    return p;
}

/* One tile of input from its image; zero outside. */
static void take_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const moving *m = arg;
    const int64_t nr = cama__kernel()->nr;
    const int32_t width = m->tiles.w.in_size;
    for (int32_t i = 0; i < m->tiles.h.in_size * width; i++) {
        const pair p = pair_at(m, true, row, i / width, i % width);
        for (int32_t c = 0; p.inside && c < m->image.channels; c++) m->out[p.tile + c * nr] = m->in[p.image + c * nr];
    }
}

/* One tile of output, and of the bytes of a max pool, to its image. */
static void put_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const moving *m = arg;
    const int64_t nr = cama__kernel()->nr;
    const int32_t width = m->tiles.w.out_size;
    for (int32_t i = 0; i < m->tiles.h.out_size * width; i++) {
        const pair p = pair_at(m, false, row, i / width, i % width);
        for (int32_t c = 0; p.inside && c < m->image.channels; c++) {
            m->out[p.image + c * nr] = m->in[p.tile + c * nr];
            if (m->argmax_out != NULL) m->argmax_out[p.image + c * nr] = m->argmax_in[p.tile + c * nr];
        }
    }
}

/* ---- a tile as a map of its own ---- */

/* Without padding, as large as its input. */
static cama__axis tile_map_axis(const cama__axis *a, int32_t outputs)
{
    return (cama__axis){(outputs - 1) * a->stride + a->taps, outputs, a->taps, a->stride, 0};
}

/* Computes the map of a tile: by the algorithm of the whole, so that a pixel is the same sum. w NULL: not Winograd. */
static void forward_tiles(const cama__exec *exec, const cama__conv_application *tiles, const cama__winograd *w)
{
    const cama__conv_case c = {tiles->map, CONV_FORWARD, false, tiles->post.window, false};
    if (w != NULL)
        cama__winograd_forward(exec, tiles, w);
    else
        cama__conv_choose(&c)->forward(exec, tiles);
}

/* All tiles through `map`, to their places in a->out. */
static void apply_tiles(const cama__exec *exec, const cama__conv_application *a, const cama__conv *map,
                        const cama__winograd *w, const tile_grid *tiles)
{
    moving in = {.tiles = *tiles, .image = in_grid(a->map), .rows = a->rows, .in = a->in};
    moving out = {.tiles = *tiles, .image = out_grid(a->map, a->post.window), .rows = a->rows, .out = a->out};
    const int64_t rows = tile_rows(&in), size = grid_size(out_grid(map, a->post.window));
    cama__conv_application t = *a;
    t.map = map, t.rows = rows;
    t.in = in.out = cama__exec_tensor(exec, rows, grid_size(in_grid(map)));
    out.in = t.out = cama__exec_tensor(exec, rows, size);
    if (a->argmax != NULL)
        out.argmax_in = t.argmax = cama__exec_bytes(exec, cama__blocks(rows) * cama__kernel()->nr * size);
    out.argmax_out = a->argmax;
    cama__exec_zero(exec, in.out, cama__blocks(rows) * cama__kernel()->nr * grid_size(in_grid(map)));
    cama__exec_serial(exec, rows, take_task, &in);
    forward_tiles(exec, &t, w);
    cama__exec_serial(exec, rows, put_task, &out);
}

/* Zeros, so that lanes past the last row are finite. */
static void clear(const cama__exec *exec, int64_t rows, int64_t size, real *out, uint8_t *argmax)
{
    const int64_t count = cama__blocks(rows) * cama__kernel()->nr * size;
    cama__exec_zero(exec, out, count);
    if (argmax != NULL) cama__exec_zero_bytes(exec, argmax, count);
}

/* ---- Winograd ---- */

/* Tiles of large filters overlap so much that they would be many times the image: not then. */
static bool overlap(const cama__conv *map, const cama__winograd *w)
{
    enum { TIMES_MOST = 3 };
    const int64_t h = (int64_t)w->h.tiles * w->h.filter.in.size, width = (int64_t)w->w.tiles * w->w.filter.in.size;
    return h * width > TIMES_MOST * (int64_t)(map->h.big + 2 * map->h.pad) * (map->w.big + 2 * map->w.pad);
}

static tile_axis filter_tiles(const cama__tiling *t)
{
    const int32_t size = t->filter.out.size;
    return (tile_axis){t->tiles, t->origin, t->step, t->filter.in.size, size, size};
}

static cama__tiling one_tile(const cama__tiling *t)
{
    return (cama__tiling){.tiles = 1, .outputs = t->filter.out.size, .filter = t->filter};
}

typedef struct {
    const cama__conv_post *post;
    int64_t channels, pixels;
    real *out;
} finishing;

static void finish_task(void *arg, int64_t pixel, int32_t worker)
{
    (void)worker;
    const finishing *f = arg;
    const int64_t nr = cama__kernel()->nr;
    cama__epilogue_rows(f->out + pixel * f->channels * nr, f->channels, nr, f->post->bias, f->post->relu);
}

/* Tiles of the filter are the tiles, so that a pixel is made by the filter that makes it anyway. A pool comes
 * afterwards, because its squares do not keep to tiles, and before bias and ReLU, as it does for many rows. */
static void forward_winograd(const cama__exec *exec, const cama__conv_application *a, const cama__winograd *w)
{
    const cama__conv *map = a->map;
    const cama__maxpool pool = {map->h.small, map->w.small, map->small_channels, a->post.window};
    const tile_grid tiles = {filter_tiles(&w->h), filter_tiles(&w->w)};
    const cama__winograd of_tile = {one_tile(&w->h), one_tile(&w->w)};
    const bool pooled = pool.window > 1;
    const int64_t size = grid_size(out_grid(map, 1));
    cama__conv m = *map;
    m.h = tile_map_axis(&map->h, tiles.h.out_size), m.w = tile_map_axis(&map->w, tiles.w.out_size);
    cama__conv_application bare = *a;
    if (pooled)
        bare.post = (cama__conv_post){NULL, false, 1}, bare.argmax = NULL,
        bare.out = cama__exec_tensor(exec, a->rows, size);
    clear(exec, a->rows, size, bare.out, NULL);
    apply_tiles(exec, &bare, &m, &of_tile, &tiles);
    if (!pooled) return;
    cama__maxpool_forward(exec, &pool, a->rows, bare.out, a->out, a->argmax);
    const grid made = out_grid(map, pool.window);
    finishing f = {&a->post, made.channels, cama__blocks(a->rows) * made.h * made.w, a->out};
    cama__exec_serial(exec, f.pixels, finish_task, &f);
}

/* ---- im2col ---- */

static tile_axis equal_tiles(const cama__axis *a, int32_t each, int32_t window)
{
    return (tile_axis){.count = (a->small + each - 1) / each,
                       .in = -a->pad,
                       .in_step = each * a->stride,
                       .in_size = tile_map_axis(a, each).big,
                       .out_step = each / window,
                       .out_size = each / window};
}

/* As many equal tiles, of whole squares of the pool, as there are lanes for. Squares that hang over the edge would
 * count what lies behind it. */
static bool plan_im2col(const cama__conv *map, int32_t window, int64_t rows, tile_grid *tiles)
{
    const int32_t nr = cama__kernel()->nr;
    int32_t best = map->h.small * map->w.small, best_h = 0, best_w = 0;
    for (int32_t i = 1; i * rows <= nr; i++) {
        const int32_t j = (int32_t)(nr / (i * rows));
        const int32_t h = cama__maxpool_out((map->h.small + i - 1) / i, window) * window;
        const int32_t width = cama__maxpool_out((map->w.small + j - 1) / j, window) * window;
        if (h * width < best) best = h * width, best_h = h, best_w = width;
    }
    if (map->h.small % window != 0 || map->w.small % window != 0 || 2 * best > map->h.small * map->w.small)
        return false;
    *tiles = (tile_grid){equal_tiles(&map->h, best_h, window), equal_tiles(&map->w, best_w, window)};
    return true;
}

static void forward_im2col(const cama__exec *exec, const cama__conv_application *a, const tile_grid *tiles)
{
    const int32_t window = a->post.window;
    cama__conv m = *a->map;
    m.h = tile_map_axis(&a->map->h, tiles->h.out_size * window);
    m.w = tile_map_axis(&a->map->w, tiles->w.out_size * window);
    clear(exec, a->rows, grid_size(out_grid(a->map, window)), a->out, a->argmax);
    apply_tiles(exec, a, &m, NULL, tiles);
}

/* ---- entry ---- */

bool cama__small_batch_forward(const cama__exec *exec, const cama__conv_application *a)
{
    cama__winograd w;
    tile_grid tiles;
    if (2 * a->rows > cama__kernel()->nr || a->adjoint || exec->whole) return false;
    if (exec->winograd && cama__winograd_plan(a->map, false, &w)) {
        if (w.h.tiles * w.w.tiles == 1 || overlap(a->map, &w)) return false;
        forward_winograd(exec, a, &w);
        return true;
    }
    if (!a->map->im2col || !plan_im2col(a->map, a->post.window, a->rows, &tiles)) return false;
    forward_im2col(exec, a, &tiles);
    return true;
}
