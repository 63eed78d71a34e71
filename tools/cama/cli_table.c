/* cli_table - the options of the command line, each with the subcommands that take it. */
#include <stddef.h>

#include "cli.h"

#define DATA (TRAIN | PREDICT | ADAPT | EVAL | DO | VIEW | CONVERT)
#define COMPUTE (TRAIN | PREDICT | ADAPT | EVAL | DO | VIEW)
#define AT(member) offsetof(arguments, member)

const option option_table[] = {
    {"output", 'o', OPTION_TEXT, TRAIN | PREDICT | ADAPT | DO | CONVERT, AT(output), 0, "FILE",
     "where the result goes; - is standard output"},
    {"set", 's', OPTION_TEXTS, COMPUTE | CONVERT, AT(sets), 0, "[VERB.]KEY=VALUE",
     "an option of the library, repeatable; cama options lists them"},
    {"seed", 0, OPTION_INT, COMPUTE | CONVERT, AT(seed), 9007199254740992.0, "N",
     "seed of everything that is drawn; 0 unless given"},
    {"threads", 0, OPTION_INT, COMPUTE, AT(threads), 256, "N", "threads that compute; 0: one for each processor"},
    {"json", 0, OPTION_FLAG, COMPUTE | CONVERT | INFO | VERIFY | OPTIONS, AT(json), 0, NULL,
     "print one JSON object instead of text"},
    {"quiet", 'q', OPTION_FLAG, DATA, AT(quiet), 0, NULL, "no progress, and no notes on what was read"},
    {"format", 0, OPTION_TEXT, DATA, AT(format), 0, "NAME", "of the data: csv, idx, npy or png; seen by itself"},
    {"labels", 0, OPTION_TEXT, TRAIN | EVAL | VIEW | DO | CONVERT, AT(labels), 0, "FILE",
     "classes of IDX or NPY data, in a file of the same format"},
    {"limit", 0, OPTION_INT, DATA, AT(limit), 9007199254740992.0, "N", "the first N rows alone; 0: all"},
    {"target", 0, OPTION_TEXT, TRAIN, AT(target), 0, "COLUMN", "of a table: the column that is predicted"},
    {"graph", 0, OPTION_TEXT, TRAIN, AT(graph), 0, "FILE",
     "its causal graph, from which the roles are derived: edges in CSV, DOT, dagitty, bnlearn"},
    {"parents", 0, OPTION_TEXT, TRAIN, AT(parents), 0, "LIST", "without a graph: columns that cause the target"},
    {"co-parents", 0, OPTION_TEXT, TRAIN, AT(co_parents), 0, "LIST", "other causes of its effects"},
    {"children", 0, OPTION_TEXT, TRAIN, AT(children), 0, "LIST", "its effects"},
    {"ignore", 0, OPTION_TEXT, TRAIN, AT(ignore), 0, "LIST", "columns to leave out"},
    {"categorical", 0, OPTION_TEXT, TRAIN, AT(categorical), 0, "LIST", "columns that hold categories"},
    {"cuts", 0, OPTION_TEXT, TRAIN, AT(cuts), 0, "LIST", "cuts of a numeric target into classes, as 1,2.5,4"},
    {"preset", 0, OPTION_TEXT, TRAIN, AT(preset), 0, "NAME", "of the model; chosen by the data unless given"},
    {"from", 0, OPTION_TEXT, TRAIN, AT(from), 0, "MODEL", "go on from this model instead of a new one"},
    {"manipulated", 0, OPTION_TEXT, TRAIN, AT(manipulated), 0, "DATA", "labelled data under a manipulation (Eq. 5)"},
    {"manipulated-labels", 0, OPTION_TEXT, TRAIN, AT(manipulated_labels), 0, "FILE", "their classes, if IDX or NPY"},
    {"clean", 0, OPTION_TEXT, ADAPT | EVAL, AT(clean), 0, "DATA",
     "clean labelled data: what adapting must not forget; what evaluating compares with, not seen in training"},
    {"clean-labels", 0, OPTION_TEXT, ADAPT | EVAL, AT(clean_labels), 0, "FILE", "their classes, if IDX or NPY"},
    {"reader", 0, OPTION_TEXT, PREDICT | EVAL, AT(reader), 0, "MODEL",
     "a discriminative model that reads the rows as the first model sees them, the manipulation undone"},
    {"report", 0, OPTION_TEXT, EVAL, AT(report), 0, "FILE", "also write a page of HTML with plots"},
    {"restored", 0, OPTION_TEXT, VIEW, AT(restored), 0, "PLACE",
     "also write the images as they would be without it: a folder of PNG, or FILE.npy"},
    {"mean", 0, OPTION_FLAG, DO, AT(mean), 0, NULL,
     "the mean of x under do() over all rows, not what each row would be"},
    {"sweep", 0, OPTION_TEXT, DO, AT(sweep), 0, "COLUMN",
     "the same for each class and this co-parent at its lowest, mean and highest"},
    {"views", 0, OPTION_FLAG, CONVERT, AT(views), 0, NULL, "a model of images into the form with views"},
    {"model", 0, OPTION_TEXT, CONVERT, AT(model), 0, "MODEL", "whose schema a table is read with"},
    {"part", 0, OPTION_TEXT, CONVERT, AT(part), 0, "NAME", "what is written: x, a, c or y; x unless given"},
};

const int option_count = sizeof option_table / sizeof *option_table;
