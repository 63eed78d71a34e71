/* mnist_curves - accuracy.svg: what each model reads right, for each range of the shift. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/svg.h"
#include "mnist.h"

enum { CURVES = 7 };

static const char *const labels[CURVES] = {"CNN, clean images",
                                           "CNN, labelled shifted images",
                                           "published form, as trained",
                                           "published form, fine-tuned",
                                           "view, fine-tuned, no simulated views",
                                           "view, simulated views, as trained",
                                           "view, simulated views, fine-tuned"};

typedef struct {
    double x[MOST_SHIFTS], values[CURVES][MOST_SHIFTS];
    int count;
} curves;

static void add(curves *self, const shift_result *row)
{
    const double values[CURVES] = {row->cnn,
                                   row->oracle,
                                   row->first_accuracy,
                                   row->first_finetuned,
                                   best_of(row->view_finetuned),
                                   best_of(row->simulated),
                                   best_of(row->simulated_finetuned)};
    self->x[self->count] = row->range;
    for (int i = 0; i < CURVES; i++) self->values[i][self->count] = values[i];
    self->count++;
}

/* A model that was not measured at all has no curve. */
static int is_measured(const curves *directions, int which)
{
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < directions[d].count; i++)
            if (isfinite(directions[d].values[which][i])) return 1;
    return 0;
}

static svg_panel panel_of(const curves *directions, int direction)
{
    const curves *self = &directions[direction];
    svg_panel panel = {
        .title = direction == 0 ? "vertical shift" : "horizontal shift", .count = self->count, .x = self->x};
    int next = 0;
    for (int i = 0; i < CURVES; i++)
        if (is_measured(directions, i))
            panel.series[next++] = (svg_series){.label = labels[i], .values = self->values[i]};
    return panel;
}

void write_curves(const example *self)
{
    static curves directions[2]; /* large, and empty */
    const results *res = &self->res;
    if (res->count == 0) return;
    for (int i = 0; i < res->count; i++) add(&directions[res->shifts[i].direction], &res->shifts[i]);
    const svg_panel panels[2] = {panel_of(directions, 0), panel_of(directions, 1)};
    const char *path = in_folder(self->set.out, "accuracy.svg");
    if (svg_curves(path, "Accuracy on shifted test images", "range of the shift (share of the image)", "accuracy",
                   panels, 2) != 0)
        give_up(path, strerror(errno));
    printf("curves: %s\n", path);
}
