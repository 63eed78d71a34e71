/* cama - deep CAMA from the command line, over cama.h alone: train, adapt without labels, predict, ask.
 * This file has the table of subcommands; cli_table.c that of the options, and each command a file of its name. */
#include <cama/cama.h>

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "fail.h"
#include "output.h"
#include "run.h"

enum { ANY = 1 << 20 };

const command commands[] = {
    {"train", "DATA", "train a model on labelled data", TRAIN, 1, 1,
     "Of a table, --target names the column that is predicted, and --graph, or the lists of columns, the roles of the\n"
     "others. What was read is printed: roles, kinds, rows and columns left out. Ctrl-C ends the training; what was\n"
     "learned so far goes to FILE.stopped, from which --from goes on, and FILE stays as it was.\n",
     run_train},
    {"predict", "MODEL DATA", "classes of data, as CSV or JSON", PREDICT, 2, 2,
     "Every row comes by its number in the file, with its class by name, the class's probability, and those of all\n"
     "classes. Rows of a table with a cell that cannot be read have their number alone.\n",
     run_predict},
    {"adapt", "MODEL DATA", "adapt a model to new data, without labels", ADAPT, 2, 2,
     "The networks of the manipulation alone are moved (Eq. 8). --clean holds the model to labelled clean data while\n"
     "it adapts; without it alpha is 0: nothing does.\n",
     run_adapt},
    {"eval", "MODEL DATA", "accuracy, confusion, calibration, ELBO of labelled or unlabelled data", EVAL, 2, 2,
     "With --clean, the same of clean data, and whether the new data are unlike them by their ELBO(x).\n", run_eval},
    {"do", "MODEL DATA [NAME=VALUE...]", "what x would be under do(NAME = VALUE)", DO, 2, ANY,
     "NAME is the target (or y, of images) or a co-parent, or m with the value 0: without the manipulation. Of each\n"
     "row what it would have been, all else equal; with --mean the mean of x over the rows under do(), z from its\n"
     "prior and m = 0; with --sweep COLUMN that for every class at three values of a co-parent. Tables give CSV or\n"
     "JSON, images an NPY file or a folder of PNG (-o).\n",
     run_do},
    {"view", "MODEL IMAGES", "what was done to each image: shift, rotation, zoom, ...", VIEW, 2, 2,
     "Of models with views (cama convert --views, or preset mnist-view) whose q(m|x) was trained.\n", run_view},
    {"info", "MODEL", "all that a model file says, and this library's build", INFO, 1, 1, NULL, run_info},
    {"verify", "MODEL...", "check model files without building a network from them", VERIFY, 1, ANY,
     "One line a file; exit status 1 if one of them is not what it should be.\n", run_verify},
    {"options", "[VERB]", "the options of the library's verbs, for --set", OPTIONS, 0, 1, NULL, run_options},
    {"convert", "INPUT", "a model into the form with views; data into NPY or PNG", CONVERT, 1, 1,
     "INPUT is a model (--views), or data: -o FILE.npy writes the numbers of --part, another -o a folder of PNG\n"
     "images by class. A table is read with the schema of --model.\n",
     run_convert},
};

const int command_count = sizeof commands / sizeof *commands;

static const command *find_command(const char *name)
{
    for (int i = 0; i < command_count; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    usage("there is no command \"%s\"", name);
}

static void print_version(void) { printf("cama %s\n%s\n", cama_version_string(), cama_build_info()); }

int main(int argc, char **argv)
{
    arguments args = {.seed = -1};
    int status = ENDED_WELL;
    output_begin();
    run_begin();
    if (argc < 2) {
        help_all();
        fputs("cama: expected a command\n", stderr);
        return ENDED_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        help_all();
    } else if (strcmp(argv[1], "--version") == 0) {
        print_version();
    } else {
        const command *which = find_command(argv[1]);
        fail_of(which->name);
        cli_read(which, argc - 2, argv + 2, &args);
        status = which->run(&args);
        texts_free(&args.operands);
        texts_free(&args.sets);
    }
    return output_end() && status == ENDED_WELL ? ENDED_FAILED : status;
}
