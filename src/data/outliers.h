/* outliers - single cells of a column that lie far beyond the range of all its others, as -9999 among temperatures. One
 * of them among hundreds of rows would set the column's scale, and its square the gradient. */
#ifndef CAMA_DATA_OUTLIERS_H
#define CAMA_DATA_OUTLIERS_H

#include "../model/model.h"
#include "dataset.h"

/* A copy of the dataset in which each outlier of a continuous number of x, a and c is the nearest of the column's other
 * cells; *out is NULL where there is none, and *cells (added to) says how many there were. Outliers are at most one
 * cell in 200, rounded up, whose distance from all others is more than 5 times the range of these. Columns of fewer
 * than 20 rows, or of which half the cells are the same, have none. */
int32_t cama__outliers_clip(const cama_model *model, const cama_dataset *dataset, cama_dataset **out, int64_t *cells);
#endif
