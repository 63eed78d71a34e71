/* mnist_print - what is told on the way: a line about training, the table as it grows. */
#include <math.h>
#include <stdio.h>

#include "mnist.h"

/* With the reader where there is one. */
double best_of(view_score accuracy) { return isfinite(accuracy.read) ? accuracy.read : accuracy.alone; }

static void cell(int width, double accuracy)
{
    if (isfinite(accuracy))
        printf("%*.4f", width, accuracy);
    else
        printf("%*s", width, "-");
}

void print_trained(const example *self)
{
    const results *res = &self->res;
    if (res->epochs > 0)
        printf("trained %d epochs in %.0f s, %.0f images/s, ELBO %.2f\n", res->epochs, res->train_seconds,
               res->images_per_second, res->elbo[res->epochs - 1]);
    if (self->cnn != NULL) printf("trained the CNN in %.0f s\n", res->cnn_seconds);
    if (self->simulated != NULL) printf("trained q(m|x) on simulated views in %.0f s\n", res->simulate_seconds);
}

void print_clean(const example *self)
{
    const results *res = &self->res;
    printf("accuracy on %lld clean test images: %.4f\n", (long long)res->test_images, res->clean_accuracy);
    if (self->view == NULL && self->cnn == NULL) return;
    printf("on the first %lld, as in the table: CNN ", (long long)res->view_images);
    cell(0, res->clean_cnn);
    printf(", published ");
    cell(0, res->clean_first);
    printf(", view ");
    cell(0, res->clean_simulated.alone);
    printf(", with reader ");
    cell(0, res->clean_simulated.read);
    printf("\n");
}

void print_head(const example *self)
{
    static const char *const above[8] = {"CNN", "CNN", "publ.", "publ.", "view", "simul.", "simul.", "clean"};
    static const char *const below[8] = {"clean", "labels", "trained", "tuned", "tuned", "trained", "tuned", "after"};
    if (self->view != NULL)
        printf("published form, views without (view) and with simulated views in training (simul.)%s; tuned: on the\n"
               "shifted images, without labels; clean after: of the last model tuned\n",
               self->set.reader && self->cnn != NULL ? ", read by the CNN" : "");
    printf("\n%-16s", "");
    for (int i = 0; i < 8; i++) printf("%9s", above[i]);
    printf("\n%-16s", "shift");
    for (int i = 0; i < 8; i++) printf("%9s", below[i]);
    printf("\n");
}

static double clean_after(const shift_result *row)
{
    if (isfinite(row->simulated_clean)) return row->simulated_clean;
    return isfinite(row->view_clean) ? row->view_clean : row->clean;
}

void print_row(const shift_result *row)
{
    const double cells[8] = {row->cnn,
                             row->oracle,
                             row->first_accuracy,
                             row->first_finetuned,
                             best_of(row->view_finetuned),
                             best_of(row->simulated),
                             best_of(row->simulated_finetuned),
                             clean_after(row)};
    printf("%-11s%-5.3g", shift_directions[row->direction], row->range);
    for (int i = 0; i < 8; i++) cell(9, cells[i]);
    printf("%s%s%s\n", row->rolled_back ? "  publ. rolled back" : "", row->view_rolled_back ? "  view rolled back" : "",
           row->simulated_rolled_back ? "  simul. rolled back" : "");
}
