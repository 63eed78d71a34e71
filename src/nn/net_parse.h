/* net_parse - a network from a line of text (docs/networks.md), and back.
 *
 *     network = layers [ "|" layers ]            "|" marks where inputs join: the layer after it is the join
 *     layers  = layer { "," layer }              may be empty
 *     layer   = "dense" N [act] | "dense" HxWxC [act] | "dense" "x" [act]       x: as many outputs as x has numbers
 *             | "conv" N KxK [/S] [valid] [act] | "tconv" N KxK [/S] [+P] [act] | "pool" N
 *             | "dropout" P                                                       0 <= P < 1, in the network dnn only
 *     act     = relu | leaky | tanh | sigmoid | elu | softplus
 *
 * conv pads with (K-1)/2 zeros unless `valid`; tconv takes (K-1)/2 off each side and adds P at the end; pool is ceil
 * mode. */
#ifndef CAMA_NN_NET_PARSE_H
#define CAMA_NN_NET_PARSE_H

#include "net.h"

/* What the parts of a join carry in, in order; a part of size 0 is absent: its columns are none. */
typedef struct {
    int32_t count;
    int64_t size[NET_PARTS];
} cama__join_sizes;

/* Parse `text` into *net (weights and biases get no place yet). name is for messages. `in` enters the trunk. With join
 * NULL a "|" is an error; otherwise the first layer after "|" (or, with from_start, the first of all) must be dense and
 * is the join; the trunk's output is part 0 of it unless from_start. `last` > 0 appends a final dense layer of that
 * many outputs without activation. x is what "dense x" means; where its size is 0 that is refused. CAMA_E_OPTION names
 * the network, the layer and what is wrong. */
int32_t cama__net_parse(const char *name, const char *text, cama__shape in, const cama__join_sizes *join,
                        bool from_start, int64_t last, cama__shape x, cama__net *net);
#endif
