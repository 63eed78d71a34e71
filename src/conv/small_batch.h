/* small_batch - convolutions of few images, cut into tiles that become rows of their own.
 *
 * A block of the layout has NR lanes, and one image fills one of them. Tiles of it, each with the pixels around that
 * its output meets, are images too, smaller ones without padding: with them the lanes are full, and what is computed
 * for a pixel is the same sum in the same order. */
#ifndef CAMA_CONV_SMALL_BATCH_H
#define CAMA_CONV_SMALL_BATCH_H

#include "conv.h"

/* Computes the application by tiles if that is worth it and the context does not forbid it; false: nothing was done. */
bool cama__small_batch_forward(const cama__exec *exec, const cama__conv_application *a);
#endif
