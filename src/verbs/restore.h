/* restore - images whose contaminated pixels are replaced by what the model expects there, under views that are
 * given.
 *
 * Round 1 explains x by the mean image of each class (z = 0: a z inferred from a spoilt image explains the spoilt
 * pixels) or by z as x has it, later rounds by z inferred from the image restored so far. Each pixel goes to its
 * expectation as far as it is improbable under the mean image, averaged over the classes: (1 - r) x + r mean, r the
 * posterior share of contamination (prob/contaminated.h). */
#ifndef CAMA_VERBS_RESTORE_H
#define CAMA_VERBS_RESTORE_H

#include "evaluate.h"

enum cama__restore_start { RESTORE_FROM_PRIOR, RESTORE_FROM_X };

/* restored (n, D) of the batch's x under its m. Images that are not contaminated stay as they are, and cost nothing;
 * contaminated (n) says which are (none with rounds = 0). */
int32_t cama__restore(cama_session *session, const cama_model *model, const cama__batch *batch, int32_t rounds,
                      enum cama__restore_start start, real *restored, bool *contaminated);
#endif
