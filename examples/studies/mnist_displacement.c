/* mnist_displacement - displacement.svg: test images moved down or up by known numbers of pixels, and the displacement
 * that the models with views find. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/svg_scatter.h"
#include "mnist.h"

enum { MOST_POINTS = 200 };

/* Row r of the image goes to row r + by; zeros come in. */
static void move_down(const float *image, int32_t height, int32_t width, int by, float *moved)
{
    for (int32_t r = 0; r < height; r++) {
        float *to = moved + (size_t)r * (size_t)width;
        const int32_t from = r - by;
        if (from >= 0 && from < height)
            memcpy(to, image + (size_t)from * (size_t)width, (size_t)width * sizeof *to);
        else
            memset(to, 0, (size_t)width * sizeof *to);
    }
}

/* The first count test images, moved by -most, 1 - most, .. most, -most, .. pixels. */
static void move_images(const example *self, int count, int most, double *by, cama_dataset **out)
{
    int32_t height = 0, width = 0;
    went(cama_dataset_shape(self->test, NULL, &height, &width, NULL, NULL, NULL));
    const size_t size = (size_t)(height * width);
    float *images = malloc(2 * (size_t)count * size * sizeof *images), *moved = images + (size_t)count * size;
    if (images == NULL) give_up("displacements", "no memory");
    went(cama_dataset_read(self->test, 0, count, images, NULL));
    for (int i = 0; i < count; i++) {
        by[i] = i % (2 * most + 1) - most;
        move_down(images + (size_t)i * size, height, width, (int)by[i], moved + (size_t)i * size);
    }
    went(cama_dataset_from_arrays(count, height, width, 1, 10, moved, NULL, 1, out));
    free(images);
}

/* The place of the vertical position among the numbers of a view. */
static int32_t place_of_y(int32_t *count)
{
    const char *name = "";
    int32_t place = 0;
    went(cama_view_count(count));
    for (; place < *count; place++) {
        went(cama_view_describe(place, &name, NULL, NULL));
        if (strcmp(name, "y") == 0) return place;
    }
    give_up("views", "none of their numbers is called y");
    return 0;
}

static int find(const example *self, const cama_model *model, const cama_dataset *moved, int count, double *found)
{
    int32_t numbers = 0;
    const int32_t place = place_of_y(&numbers);
    float *views = malloc((size_t)count * (size_t)numbers * sizeof *views); /* (count, numbers) */
    if (views == NULL) give_up("displacements", "no memory");
    const int done = went(cama_views(self->session, model, moved, NULL, views, NULL));
    for (int i = 0; done && i < count; i++) found[i] = (double)views[i * numbers + place];
    free(views);
    return done;
}

static void write(const example *self, double limit, const svg_cloud *clouds, int count)
{
    const char *path = in_folder(self->set.out, "displacement.svg");
    if (svg_scatter(path, "Vertical displacement of single test images", "moved down by (pixels)",
                    "found (pixels down)", limit, clouds, count) != 0)
        give_up(path, strerror(errno));
    printf("displacements: %s\n", path);
}

/* The most that the range of a shift moves an image by. */
static int farthest(const example *self, double range)
{
    int32_t height = 0;
    went(cama_dataset_shape(self->test, NULL, &height, NULL, NULL, NULL, NULL));
    const int most = (int)lround(range * height);
    return most > 0 ? most : 1;
}

int write_displacement(const example *self)
{
    const double range = self->adapted != NULL ? self->adapted_range : picture_range;
    const int n = self->res.test_images < MOST_POINTS ? (int)self->res.test_images : MOST_POINTS;
    const int most = farthest(self, range);
    const cama_model *const models[2] = {self->adapted, self->simulated};
    static double by[MOST_POINTS], found[2][MOST_POINTS];
    char title[64];
    svg_cloud clouds[2];
    cama_dataset *moved = NULL;
    int count = 0, done = 1;
    if (self->view == NULL || (self->adapted == NULL && self->simulated == NULL)) return 1;
    snprintf(title, sizeof title, "fine-tuned on vertical %.3g, no labels", range);
    const char *const titles[2] = {title, "simulated views, as trained"};
    move_images(self, n, most, by, &moved);
    for (int i = 0; done && i < 2; i++) {
        if (models[i] == NULL) continue;
        done = find(self, models[i], moved, n, found[count]);
        clouds[count] = (svg_cloud){titles[i], n, by, found[count]};
        count++;
    }
    if (done) write(self, 1.5 * most, clouds, count);
    cama_dataset_free(moved);
    return done;
}
