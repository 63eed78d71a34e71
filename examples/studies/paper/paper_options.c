/* paper_options - the options of the program. */
#include <stddef.h>

#include "common/args.h"
#include "paper.h"

paper_settings paper_read(int argc, char **argv)
{
    paper_settings set = {.data = EXAMPLE_DATA, .chamber = EXAMPLE_CHAMBER, .out = "out/paper"};
    args_option table[] = {
        {"figure", ARGS_TEXT, &set.figure, 0, 0, "NAME", "one alone: 1, 7 to 14, cifar, beyond, stream, chamber", 0},
        {"data", ARGS_TEXT, &set.data, 0, 0, "DIR", "folder with the four MNIST files, plain or .gz", 0},
        {"cifar", ARGS_TEXT, &set.cifar, 0, 0, "DIR", "CIFAR-10's binary files; not given: that figure is skipped", 0},
        {"chamber", ARGS_TEXT, &set.chamber, 0, 0, "DIR", "the causal chamber: dag.csv and uniform_*.csv", 0},
        {"seeds", ARGS_INT, &set.seeds, 0, 16, "N", "models of each kind; 0: 3 of cheap figures, else 1", 0},
        {"seed", ARGS_INT, &set.seed, 0, 9007199254740000.0, "S", "the first seed", 0},
        {"threads", ARGS_INT, &set.threads, 0, 256, "N", "threads; 0: one for each processor", 0},
        {"quick", ARGS_INT, &set.quick, 0, 1, "0|1", "1: few images and steps, to see that all runs", 0},
        {"out", ARGS_TEXT, &set.out, 0, 0, "DIR", "folder for results; a run that was stopped goes on there", 0},
    };
    args_read(argc, argv,
              "paper [OPTION...]: the figures of \"A Causal View on Robustness of Neural Networks\", in one report.",
              table, (int)(sizeof table / sizeof table[0]));
    return set;
}

int figure_chosen(const paper *self, const figure *which)
{
    const char *wanted = self->set.figure, *name = which->name;
    if (wanted == NULL) return 1;
    if (*wanted == '0' && wanted[1] != '\0') wanted++; /* "07" */
    while (*wanted != '\0' && *wanted == *name) wanted++, name++;
    return *wanted == *name;
}
