/* pictures - rows as an NPY file, or one PNG for each in the folder of its class. */
#include "pictures.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "npy.h"
#include "output.h"
#include "image_png.h"

struct pictures {
    char *folder; /* NULL: an array */
    output *array;
};

static int is_array(const char *place)
{
    const size_t length = strlen(place);
    return length > 4 && strcmp(place + length - 4, ".npy") == 0;
}

pictures *pictures_open(const char *place)
{
    pictures *made = room(1, sizeof *made);
    if (strcmp(place, "-") == 0 || is_array(place)) {
        made->array = output_open(place);
        return made;
    }
    if (!image_png_is_known())
        fail("%s: this program was built without libpng and writes no PNG; a name that ends in .npy gives "
             "an array",
             place);
    output_folder(place);
    made->folder = text_of("%s", place);
    return made;
}

static void write_one(const char *path, const int32_t shape[3], const float *x)
{
    output *out = output_open(path);
    image_png_write(output_file(out), path, shape[0], shape[1], shape[2], x);
    output_commit(out);
}

/* The name of row i: that of its file, without folders, or its number. */
static char *name_of(const input *data, int64_t i)
{
    int64_t row = 0;
    if (data->files.count > 0) {
        const char *path = data->files.items[i], *slash = strrchr(path, '/');
        return text_of("%s", slash != NULL ? slash + 1 : path);
    }
    went(cama_dataset_rows(data->data, i, 1, &row, NULL, NULL));
    return text_of("%07lld.png", (long long)row);
}

/* A class name that can be a folder's. */
static char *folder_name(const char *name)
{
    char *made = text_of("%s", *name == '.' ? "_" : name);
    for (char *at = made; *at != '\0'; at++)
        if (*at == '/') *at = '_';
    return made;
}

static void write_folder(const pictures *to, const input *data, const int32_t shape[3], const float *x,
                         const int32_t *y, const texts *names)
{
    const size_t size = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    for (int64_t i = 0; i < input_rows(data->data); i++) {
        char *class_name = y != NULL && y[i] >= 0 ? folder_name(names->items[y[i]]) : text_of("%s", "");
        char *folder = text_of("%s%s%s", to->folder, *class_name != '\0' ? "/" : "", class_name);
        char *file = name_of(data, i), *path = text_of("%s/%s", folder, file);
        output_folder(folder);
        write_one(path, shape, x + (size_t)i * size);
        free(path);
        free(file);
        free(folder);
        free(class_name);
    }
}

void pictures_write(pictures *to, const input *data, const float *x, const int32_t *y, const texts *names)
{
    int32_t shape[3];
    went(cama_dataset_shape(data->data, NULL, &shape[0], &shape[1], &shape[2], NULL, NULL));
    if (to->array != NULL) {
        const int64_t sizes[4] = {input_rows(data->data), shape[0], shape[1], shape[2]};
        npy_write(output_file(to->array), "<f4", 4, sizes, x);
        output_commit(to->array);
    } else {
        if (shape[2] != 1 && shape[2] != 3)
            fail("%s: expected images of 1 or 3 channels for PNG, got %d; a name that ends "
                 "in .npy gives an array",
                 to->folder, (int)shape[2]);
        write_folder(to, data, shape, x, y, names);
    }
    free(to->folder);
    free(to);
}

void pictures_drop(pictures *to)
{
    if (to == NULL) return;
    if (to->array != NULL) output_drop(to->array);
    free(to->folder);
    free(to);
}
