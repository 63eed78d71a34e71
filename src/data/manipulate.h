/* manipulate - interventions on x or c that are known to us and not to the model: shifts, rotation, zoom, noise,
 * offset, scale. */
#ifndef CAMA_DATA_MANIPULATE_H
#define CAMA_DATA_MANIPULATE_H

#include "../options/options.h"
#include "dataset.h"

/* A manipulated copy (options "manipulate"). What happens to example i is a function of (seed, i): u of stream
 * RNG_MANIPULATE, example i, sample 0: number 0 for the vertical, 1 for the horizontal direction. Shifts move by
 * round(u * range * size) pixels and fill with zero. Rotation, zoom: bilinear about the centre, zero fill. Pixels of
 * data in [0,1] stay in [0,1] under noise. */
int32_t cama__manipulate(const cama_dataset *dataset, const cama_options *options, cama_dataset **out);
#endif
