/* figure_stream.h - the batches of a stream. */
#ifndef EXAMPLE_FIGURE_STREAM_H
#define EXAMPLE_FIGURE_STREAM_H

#include "paper.h"

enum { MOST_BATCHES = 8 };

/* Digits that come once, batch after batch. name: "3-vertical.3". */
typedef struct {
    cama_dataset *batch[MOST_BATCHES];
    char name[MOST_BATCHES][2 * SHORT_TEXT];
    int count;
} arrivals;

arrivals stream_arrive(const paper *self);
void stream_gone(arrivals *self);

#endif
