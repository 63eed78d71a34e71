/* ops - useful operations, counted from the shapes of the layers: two for each multiply-add of a tap that lies on a
 * real pixel. Padding, the lanes that fill up a block, and everything that is no product of layers count as nothing. */
#ifndef CAMA_BENCH_OPS_H
#define CAMA_BENCH_OPS_H

#include "model/model.h"

double ops_layer(const cama__layer *layer); /* one pass for one row: forward, backward-data, backward-weights alike */

/* One optimizer step on `batch` examples with one draw: ELBO(x,y,do(m=0)), or with m inferred. */
double ops_train(const cama_model *model, int64_t batch, bool infer_m);
/* Predictions of n examples with K draws, m inferred. */
double ops_predict(const cama_model *model, int64_t n, int64_t k);
/* A fine-tuning step on `batch` clean and `batch` unlabelled examples. Backward counts one class of each example, which
 * is the least that has to be done. */
double ops_finetune(const cama_model *model, int64_t batch);
double ops_encode(const cama_model *model, int64_t n);
#endif
