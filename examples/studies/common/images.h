/* images - datasets of images made of others: the first of them, shifted ones, several below each other. */
#ifndef EXAMPLE_IMAGES_H
#define EXAMPLE_IMAGES_H

#include <cama/cama.h>

extern const char *const shift_directions[2]; /* as the option kind of manipulate calls them */

/* Each dataset that comes out is the caller's; what cannot be done gives up. */
int64_t image_count(const cama_dataset *images);

/* The two files of MNIST's form in a folder, plain or .gz; prefix: "train" or "t10k". limit > 0: the first ones. */
void open_idx(const char *folder, const char *prefix, int64_t limit, cama_dataset **out);

void first_images(const cama_dataset *images, int64_t count, cama_dataset **out); /* all where there are fewer */
void shift_images(const cama_dataset *images, const char *direction, double range, int64_t seed, cama_dataset **out);
void join_images(cama_dataset *const *parts, int count, cama_dataset **out); /* labelled ones of one size */

#endif
