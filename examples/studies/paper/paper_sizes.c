/* paper_sizes - how much of everything: an hour on two cores for 10,000 digits, more for all of MNIST, and next to
 * nothing with --quick. */
#include "paper.h"

static const paper_sizes embedded = {
    .scored = 250,
    .dnn_epochs = 10,
    .cnn_epochs = 6,
    .oracle_epochs = 2,
    .cama_epochs = 20,
    .simulate_epochs = 20,
    .augment_epochs = 10,
    .augment_view_epochs = 2,
    .draws = 4,
    .tune_steps = 125,
    .view_steps = 30,
    .unseen_steps = 60,
    .samples = 5,
    .view_draws = 1,
    .attacked = 100,
    .cifar_images = 2000,
    .cifar_epochs = 10,
    .stream_batch = 100,
    .stream_steps = 25,
    .stream_view_steps = 10,
    .stream_unseen_steps = 20,
    .tested = {{0, .1, .2, .3, .4, .5, .6, .7, .8, .9}, 10},
    .tuned = {{.1, .2, .3, .4, .5, .7, .9}, 7},
    .other = {{.1, .3, .5}, 3},
};

static const paper_sizes quick = {
    .train = 200,
    .test = 40,
    .scored = 8,
    .dnn_epochs = 1,
    .cnn_epochs = 1,
    .oracle_epochs = 1,
    .cama_epochs = 1,
    .simulate_epochs = 1,
    .augment_epochs = 1,
    .augment_view_epochs = 1,
    .draws = 1,
    .tune_steps = 1,
    .view_steps = 1,
    .unseen_steps = 1,
    .samples = 1,
    .view_draws = 1,
    .attacked = 4,
    .cifar_images = 40,
    .cifar_epochs = 1,
    .rows_epochs = 1,
    .rows = 300,
    .kinds = 1,
    .stream_batch = 4,
    .stream_steps = 1,
    .stream_view_steps = 1,
    .stream_unseen_steps = 1,
    .stream_kinds = 3,
    .stream_each = 1,
    .tested = {{0, .3, .5}, 3},
    .tuned = {{.5}, 1},
    .other = {{.5}, 1},
};

paper_sizes paper_sizes_for(int is_quick, int64_t train_images)
{
    enum { MANY = 20000 };
    paper_sizes out = is_quick ? quick : embedded;
    if (is_quick || train_images < MANY) return out;
    out.scored = 500; /* of MNIST's 10,000 */
    out.dnn_epochs = 5;
    out.oracle_epochs = 1;
    out.cama_epochs = 8;
    out.simulate_epochs = 4;
    out.augment_epochs = 2;
    out.augment_view_epochs = 1;
    out.draws = 2;
    return out;
}
