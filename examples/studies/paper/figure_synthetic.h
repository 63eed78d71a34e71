/* figure_synthetic.h - figures that the study measurement gives the rows of. */
#ifndef EXAMPLE_FIGURE_SYNTHETIC_H
#define EXAMPLE_FIGURE_SYNTHETIC_H

#include "measurement.h"
#include "paper.h"

/* A lab for self->seed_now with the paper's session; end frees its studies. */
void measurement_begin(paper *self, lab *bench);
void measurement_end(paper *self, lab *bench);

/* A visitor of the synthetic study: the rows of Figure 13. */
int attack_rows(lab *bench, const study *work, int s, cama_model *const models[RECIPES]);

#endif
