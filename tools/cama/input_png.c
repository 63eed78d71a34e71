/* input_png - a folder of images. Each folder inside is a class, and its name the name; images beside each other have
 * no class. They are read in the order of their names. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "fail.h"
#include "input.h"
#include "names.h"
#include "image_png.h"

enum { UNKNOWN = -1 };

typedef struct {
    texts folders;    /* inside, sorted; or none */
    texts files;      /* paths in the folder */
    int32_t *y;       /* (files) place in folders, UNKNOWN where there is none */
    int64_t left_out; /* files that are no PNG by their name */
} folder;

static int is_png(const char *name)
{
    const size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".png") == 0;
}

static int is_folder(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0) fail("%s: %s", path, strerror(errno));
    return S_ISDIR(about.st_mode);
}

/* Names in a folder: of the folders and of the PNG files in it. Returns how many files are neither. */
static int64_t list(const char *path, texts *folders, texts *files)
{
    int64_t others = 0;
    DIR *all = opendir(path);
    if (all == NULL) fail("%s: %s", path, strerror(errno));
    for (struct dirent *each = readdir(all); each != NULL; each = readdir(all)) {
        if (each->d_name[0] == '.') continue;
        char *inside = text_of("%s/%s", path, each->d_name);
        if (is_folder(inside))
            texts_add(folders, each->d_name);
        else if (is_png(each->d_name))
            texts_add(files, each->d_name);
        else
            others++;
        free(inside);
    }
    closedir(all);
    texts_sort(folders);
    texts_sort(files);
    return others;
}

static int is_number(const char *text)
{
    return *text != '\0' && strlen(text) < 10 && text[strspn(text, "0123456789")] == '\0';
}

static int by_number(const void *left, const void *right)
{
    const int a = atoi(*(char *const *)left), b = atoi(*(char *const *)right);
    return (a > b) - (a < b);
}

/* 2 before 10, where all names are numbers. */
static void sort_numbers(texts *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (!is_number(names->items[i])) return;
    if (names->count > 1) qsort(names->items, names->count, sizeof *names->items, by_number);
}

static void add_files(folder *out, const char *inside, const texts *names, int32_t which)
{
    const size_t before = out->files.count;
    for (size_t i = 0; i < names->count; i++) {
        char *path = text_of("%s%s%s", inside, *inside != '\0' ? "/" : "", names->items[i]);
        texts_add(&out->files, path);
        free(path);
    }
    int32_t *y = room(out->files.count, sizeof *y);
    if (before > 0) memcpy(y, out->y, before * sizeof *y);
    for (size_t i = before; i < out->files.count; i++) y[i] = which;
    free(out->y);
    out->y = y;
}

static void look_through(const char *path, folder *out)
{
    texts files = {NULL, 0, 0}, deeper = {NULL, 0, 0};
    *out = (folder){.left_out = 0};
    out->left_out = list(path, &out->folders, &files);
    sort_numbers(&out->folders);
    if (out->folders.count > 0 && files.count > 0)
        fail("%s: expected images, or folders of images, got both: %s and %s/", path, files.items[0],
             out->folders.items[0]);
    add_files(out, "", &files, UNKNOWN);
    texts_free(&files);
    for (size_t k = 0; k < out->folders.count; k++) {
        char *inside = text_of("%s/%s", path, out->folders.items[k]);
        out->left_out += list(inside, &deeper, &files);
        if (deeper.count > 0) fail("%s: expected images, got the folder %s", inside, deeper.items[0]);
        add_files(out, out->folders.items[k], &files, (int32_t)k);
        texts_free(&files);
        free(inside);
    }
    if (out->files.count == 0) fail("%s: expected PNG images, got none", path);
}

/* Places in the model's classes instead of those in the folders. Data that need no labels do without where a folder is
 * no class of the model's; returns whether all have one. */
static int rename_classes(const request *wanted, folder *in)
{
    texts names;
    int all = in->folders.count > 0;
    int32_t *place = room(in->folders.count, sizeof *place);
    names_of(wanted->model, &names);
    for (size_t k = 0; k < in->folders.count; k++) {
        place[k] = names_find(&names, in->folders.items[k]);
        if (place[k] < 0 && wanted->labels == LABELS_REQUIRED)
            fail("%s: the folder %s: expected a class of the model, as %s, got none of that name", wanted->path,
                 in->folders.items[k], names.items[0]);
        all = all && place[k] >= 0;
    }
    for (size_t i = 0; i < in->files.count; i++) in->y[i] = in->y[i] >= 0 ? place[in->y[i]] : UNKNOWN;
    texts_free(&names);
    free(place);
    return all;
}

static void one_shape(const char *path, const char *first, image_shape wanted, image_shape got)
{
    if (got.height == wanted.height && got.width == wanted.width) return;
    fail("%s: expected an image of %dx%d, as %s, got %dx%d", path, (int)wanted.height, (int)wanted.width, first,
         (int)got.height, (int)got.width);
}

/* (n, height, width, *channels); grey where no image has colours, or the model wants it. */
static float *read_images(const request *wanted, const folder *in, image_shape *shape, int32_t *channels)
{
    int colours = 0;
    for (size_t i = 0; i < in->files.count; i++) {
        char *path = text_of("%s/%s", wanted->path, in->files.items[i]);
        const image_shape got = image_png_look(path);
        if (i == 0) *shape = got;
        one_shape(path, in->files.items[0], *shape, got);
        colours = colours || got.colours;
        free(path);
    }
    *channels = wanted->model != NULL ? (int32_t)model_number(wanted->model, "channels") : colours ? 3 : 1;
    if (*channels != 1 && *channels != 3)
        fail("%s: expected data of %d channels, which the model is made for, got images", wanted->path, (int)*channels);
    const size_t size = (size_t)shape->height * (size_t)shape->width * (size_t)*channels;
    float *x = room(in->files.count, size * sizeof *x);
    for (size_t i = 0; i < in->files.count; i++) {
        char *path = text_of("%s/%s", wanted->path, in->files.items[i]);
        image_png_read(path, *channels, x + i * size);
        free(path);
    }
    return x;
}

void input_png(const request *wanted, input *out)
{
    folder in;
    image_shape shape = {0, 0, 0};
    int32_t channels = 0;
    look_through(wanted->path, &in);
    int labelled = in.folders.count > 0;
    if (!labelled && wanted->labels == LABELS_REQUIRED)
        fail("%s: expected one folder inside for each class, got images without", wanted->path);
    if (labelled && wanted->model == NULL && wanted->labels == LABELS_REQUIRED && in.folders.count < 2)
        fail("%s: expected folders of at least 2 classes, got %s alone", wanted->path, in.folders.items[0]);
    if (wanted->model != NULL) labelled = rename_classes(wanted, &in);
    if (wanted->labels == LABELS_NONE) labelled = 0;
    float *x = read_images(wanted, &in, &shape, &channels);
    const int32_t classes = wanted->model != NULL  ? input_class_count(wanted, NULL, 0)
                            : in.folders.count > 2 ? (int32_t)in.folders.count
                                                   : 2;
    const int32_t status = cama_dataset_from_arrays((int64_t)in.files.count, shape.height, shape.width, channels,
                                                    classes, x, labelled ? in.y : NULL, 1, &out->data);
    if (status != CAMA_OK) fail("%s: %s", wanted->path, cama_last_error());
    out->files = in.files;
    out->left_out = in.left_out;
    if (wanted->model == NULL)
        out->classes = in.folders;
    else
        texts_free(&in.folders);
    free(in.y);
    free(x);
}
