/* paper_figures - the list of figures, in the order in which they are made and reported. */
#include <stdio.h>

#include "paper.h"

const figure *const paper_figures[] = {&figure_01,     &figure_07,     &figure_08,     &figure_09, &figure_10,
                                       &figure_11,     &figure_12,     &figure_13,     &figure_14, &figure_cifar,
                                       &figure_beyond, &figure_stream, &figure_chamber};
const int paper_figure_count = sizeof paper_figures / sizeof *paper_figures;

row_table *paper_rows(const paper *self, const figure *which)
{
    for (int i = 0; i < paper_figure_count; i++)
        if (paper_figures[i] == which) return &self->rows[i];
    give_up(which->name, "it is not in the list of figures");
    return NULL;
}

const char *figure_path(const paper *self, const figure *which, const char *end)
{
    char name[64];
    snprintf(name, sizeof name, "figure-%s%s", which->key, end);
    return in_folder(self->set.out, name);
}
