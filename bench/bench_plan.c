/* bench_plan - which row of the table of convolutions computes each layer of a preset, in each pass, on this machine. */
#include "bench.h"
#include "conv/conv_algorithms.h"
#include "model/model.h"

static const char *row_of(const cama__conv *map, int32_t pass, int32_t window)
{
    const bool adjoint = pass == CONV_BACKWARD_DATA ? !map->adjoint : map->adjoint;
    const cama__conv_case c = {map, pass, adjoint, pass == CONV_BACKWARD_DATA ? 1 : window, true};
    return cama__conv_choose(&c)->name;
}

static void print_layer(const char *net, const char *layer, const cama__conv *map, int32_t window)
{
    printf("%-10s %-8s %4dx%-4d %4d -> %4dx%-4d %4d  %2dx%-2d  %-16s %-16s %s\n", net, layer,
           map->adjoint ? map->h.small : map->h.big, map->adjoint ? map->w.small : map->w.big,
           map->adjoint ? map->small_channels : map->big_channels, map->adjoint ? map->h.big : map->h.small,
           map->adjoint ? map->w.big : map->w.small, map->adjoint ? map->big_channels : map->small_channels,
           map->h.taps, map->w.taps, row_of(map, CONV_FORWARD, window), row_of(map, CONV_BACKWARD_DATA, window),
           row_of(map, CONV_BACKWARD_WEIGHTS, window));
}

static void print_net(const char *name, const cama__net *net)
{
    char text[24];
    for (int32_t i = 0; i < net->count; i++) {
        const cama__layer *l = &net->layer[i];
        const bool pooled = i + 1 < net->count && l->kind == LAYER_CONV && l[1].kind == LAYER_POOL;
        snprintf(text, sizeof text, "%d%s", i, pooled ? "+pool" : "");
        for (int32_t p = 0; l->kind == LAYER_JOIN && p < net->parts; p++) {
            char part[24];
            snprintf(part, sizeof part, "%d.%d", i, p);
            if (net->part[p].map.h.taps > 0) print_layer(name, part, &net->part[p].map, 1);
        }
        if (l->kind != LAYER_JOIN && cama__layer_has_weights(l))
            print_layer(name, text, &l->map, pooled ? l[1].pool.window : 1);
    }
}

void bench_plan(void)
{
    cama_model *model = bench_model(NULL, 0);
    printf("%s\n%-10s %-8s %-29s %-6s  %-16s %-16s %s\n", cama_build_info(), "network", "layer", "in -> out", "taps",
           "forward", "backward-data", "backward-weights");
    for (int32_t i = 0; i < NET_COUNT; i++) print_net(cama__net_name[i], &model->net[i]);
    cama_model_free(model);
}
