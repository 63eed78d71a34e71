/* small_batch - which tiles an application is cut into, and their way in and out. */
#include "small_batch.h"

#include <string.h>

#include "../base/arith.h"
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

/* ---- images without lanes, and back: a few rows lie far apart among the lanes ---- */

typedef struct {
    int64_t rows, size;
    const real *from;
    real *to;
    const uint8_t *argmax_from;
    uint8_t *argmax_to;
} spreading;

static void gather_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const spreading *s = arg;
    const int64_t nr = cama__kernel()->nr;
    const real *from = s->from + cama__at(row, 0, s->size);
    real *to = s->to + row * s->size;
    for (int64_t f = 0; f < s->size; f++) to[f] = from[f * nr];
}

/* To a row's lane; the lanes past the last row are finite. */
static void spread_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const spreading *s = arg;
    const int64_t nr = cama__kernel()->nr, at = cama__at(row, 0, s->size);
    for (int64_t f = 0; f < s->size; f++) s->to[at + f * nr] = s->from[row * s->size + f];
    for (int64_t f = 0; f < s->size && s->argmax_to != NULL; f++)
        s->argmax_to[at + f * nr] = s->argmax_from[row * s->size + f];
}

static void spread(const cama__exec *exec, spreading *s)
{
    const int64_t count = cama__blocks(s->rows) * cama__kernel()->nr * s->size;
    cama__exec_zero(exec, s->to, count);
    if (s->argmax_to != NULL) cama__exec_zero_bytes(exec, s->argmax_to, count);
    cama__exec_serial(exec, s->rows, spread_task, s);
}

/* ---- from such images to tiles, whose rows fill the lanes, and back ---- */

enum { CHANNELS = 64 /* of a pixel at a time */ };

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

static int64_t tile_pixels(const moving *m, bool in)
{
    const tile_axis *h = &m->tiles.h, *w = &m->tiles.w;
    return in ? (int64_t)h->in_size * w->in_size : (int64_t)h->out_size * w->out_size;
}

/* Where pixel number `pixel` of tile number `row` is in the images; -1: nowhere. */
static int64_t place_of(const moving *m, bool in, int64_t row, int64_t pixel)
{
    const tile_axis *h = &m->tiles.h, *w = &m->tiles.w;
    const int32_t width = in ? w->in_size : w->out_size;
    const int32_t i = (int32_t)(row / w->count % h->count), j = (int32_t)(row % w->count);
    const int32_t y = (in ? h->in + i * h->in_step : i * h->out_step) + (int32_t)(pixel / width);
    const int32_t x = (in ? w->in + j * w->in_step : j * w->out_step) + (int32_t)(pixel % width);
    if (row >= tile_rows(m) || y < 0 || y >= m->image.h || x < 0 || x >= m->image.w) return -1;
    return ((row / w->count / h->count * m->image.h + y) * m->image.w + x) * m->image.channels;
}

/* The same of all lanes of a block; index: block and pixel. */
static void places_of(const moving *m, bool in, int64_t index, int64_t *place)
{
    const int64_t nr = cama__kernel()->nr, pixels = tile_pixels(m, in);
    for (int64_t lane = 0; lane < nr; lane++) place[lane] = place_of(m, in, index / pixels * nr + lane, index % pixels);
}

/* A pixel of all tiles of a block, from the images; zero outside and in lanes past the last tile. */
static void take_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const moving *m = arg;
    const int64_t nr = cama__kernel()->nr;
    int64_t place[CAMA__LANES];
    real lanes[CAMA__LANES * CHANNELS];
    places_of(m, true, index, place);
    for (int64_t c = 0; c < m->image.channels; c += CHANNELS) {
        const int64_t count = cama__least(CHANNELS, m->image.channels - c);
        for (int64_t lane = 0; lane < nr; lane++)
            if (place[lane] < 0)
                memset(lanes + lane * CHANNELS, 0, (size_t)count * sizeof *lanes);
            else
                memcpy(lanes + lane * CHANNELS, m->in + place[lane] + c, (size_t)count * sizeof *lanes);
        cama__layout_transpose(lanes, CHANNELS, nr, count, m->out + (index * m->image.channels + c) * nr, nr);
    }
}

/* The bytes of a max pool of a pixel of all tiles. */
static void put_argmax(const moving *m, int64_t index, const int64_t *place)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t lane = 0; lane < nr; lane++)
        for (int64_t c = 0; place[lane] >= 0 && c < m->image.channels; c++)
            m->argmax_out[place[lane] + c] = m->argmax_in[(index * m->image.channels + c) * nr + lane];
}

/* A pixel of all tiles of a block, to the images. */
static void put_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const moving *m = arg;
    const int64_t nr = cama__kernel()->nr;
    int64_t place[CAMA__LANES];
    real lanes[CAMA__LANES * CHANNELS];
    places_of(m, false, index, place);
    for (int64_t c = 0; c < m->image.channels; c += CHANNELS) {
        const int64_t count = cama__least(CHANNELS, m->image.channels - c);
        cama__layout_transpose(m->in + (index * m->image.channels + c) * nr, nr, count, nr, lanes, CHANNELS);
        for (int64_t lane = 0; lane < nr; lane++)
            if (place[lane] >= 0)
                memcpy(m->out + place[lane] + c, lanes + lane * CHANNELS, (size_t)count * sizeof *lanes);
    }
    if (m->argmax_out != NULL) put_argmax(m, index, place);
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

/* All tiles through `map`, to their places in images without lanes. */
static void apply_tiles(const cama__exec *exec, const cama__conv_application *a, const cama__conv *map,
                        const cama__winograd *w, const tile_grid *tiles, const spreading *to)
{
    const grid image = in_grid(a->map), made = out_grid(map, a->post.window);
    spreading plain = {.rows = a->rows, .size = grid_size(image), .from = a->in};
    plain.to = cama__exec_reals(exec, a->rows * plain.size);
    moving in = {.tiles = *tiles, .image = image, .rows = a->rows, .in = plain.to};
    moving out = {.tiles = *tiles, .image = out_grid(a->map, a->post.window), .rows = a->rows, .out = to->to};
    const int64_t rows = tile_rows(&in), blocks = cama__blocks(rows);
    cama__conv_application t = *a;
    t.map = map, t.rows = rows;
    t.in = in.out = cama__exec_tensor(exec, rows, grid_size(in_grid(map)));
    out.in = t.out = cama__exec_tensor(exec, rows, grid_size(made));
    t.argmax = NULL;
    if (to->argmax_to != NULL)
        out.argmax_in = t.argmax = cama__exec_bytes(exec, blocks * cama__kernel()->nr * grid_size(made));
    out.argmax_out = to->argmax_to;
    cama__exec_serial(exec, a->rows, gather_task, &plain);
    cama__exec_run(exec, blocks * tile_pixels(&in, true), take_task, &in);
    forward_tiles(exec, &t, w);
    cama__exec_run(exec, blocks * tile_pixels(&out, false), put_task, &out);
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
    const cama__maxpool *pool;
    const cama__conv_post *post;
    const spreading *from, *to;
} finishing;

/* The pool of an image, then bias and ReLU, which ascend and so may come last. */
static void finish_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const finishing *f = arg;
    const int64_t channels = f->pool->channels;
    real *made = f->to->to + row * f->to->size;
    cama__maxpool_image(f->pool, channels, f->from->to + row * f->from->size, made,
                        f->to->argmax_to + row * f->to->size);
    for (int64_t at = 0; at < f->to->size; at += channels)
        cama__epilogue_rows(made + at, channels, 1, f->post->bias, f->post->relu);
}

/* Room for images without lanes. */
static spreading plain_images(const cama__exec *exec, int64_t rows, int64_t size, bool argmax)
{
    spreading s = {.rows = rows, .size = size, .to = cama__exec_reals(exec, rows * size)};
    if (argmax) s.argmax_to = cama__exec_bytes(exec, rows * size);
    return s;
}

/* To the lanes of the application's output. */
static void spread_out(const cama__exec *exec, const cama__conv_application *a, const spreading *plain)
{
    spreading s = {.rows = plain->rows, .size = plain->size, .from = plain->to, .argmax_from = plain->argmax_to};
    s.to = a->out, s.argmax_to = plain->argmax_to == NULL ? NULL : a->argmax;
    spread(exec, &s);
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
    const spreading made = plain_images(exec, a->rows, grid_size(out_grid(map, 1)), false);
    cama__conv m = *map;
    m.h = tile_map_axis(&map->h, tiles.h.out_size), m.w = tile_map_axis(&map->w, tiles.w.out_size);
    cama__conv_application bare = *a;
    if (pooled) bare.post = (cama__conv_post){NULL, false, 1};
    apply_tiles(exec, &bare, &m, &of_tile, &tiles, &made);
    if (!pooled) {
        spread_out(exec, a, &made);
        return;
    }
    const spreading largest = plain_images(exec, a->rows, grid_size(out_grid(map, pool.window)), true);
    finishing f = {&pool, &a->post, &made, &largest};
    cama__exec_serial(exec, a->rows, finish_task, &f);
    spread_out(exec, a, &largest);
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
    const spreading made = plain_images(exec, a->rows, grid_size(out_grid(a->map, window)), a->argmax != NULL);
    apply_tiles(exec, a, &m, NULL, tiles, &made);
    spread_out(exec, a, &made);
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
