/* option_tables - the options of all verbs, one row each. Lists of words keep one order
 * everywhere, whatever the default. */
#include "option_tables.h"

#define INT(key, value, low, high, help)                                                                               \
    {                                                                                                                  \
        key, CAMA_TYPE_INT, false, false, #value, "[" #low ", " #high "]", value, low, high, help                      \
    }
#define REAL(key, value, left, low, high, right, help)                                                                 \
    {                                                                                                                  \
        key, CAMA_TYPE_REAL, false, false, #value, left #low ", " #high right, value, low, high, help                  \
    }
#define WORD(key, value, words, help)                                                                                  \
    {                                                                                                                  \
        key, CAMA_TYPE_TEXT, true, false, value, words, 0, 0, 0, help                                                  \
    }
#define TEXT(key, value, what, help)                                                                                   \
    {                                                                                                                  \
        key, CAMA_TYPE_TEXT, false, false, value, what, 0, 0, 0, help                                                  \
    }
#define NUMBERS(key, low, high, help)                                                                                  \
    {                                                                                                                  \
        key, CAMA_TYPE_VECTOR, false, false, "", "numbers in [" #low ", " #high "]", 0, low, high, help                \
    }
#define WHOLES(key, low, high, help)                                                                                   \
    {                                                                                                                  \
        key, CAMA_TYPE_VECTOR, false, true, "", "integers in [" #low ", " #high "]", 0, low, high, help                \
    }

/* Rows that several verbs share. The limits of samples and m_samples keep U * K below 2^32, the room of the noise
 * counter; 2^53 is the largest range of integers that every binding can pass. */
#define SEED(help) INT("seed", 0, 0, 9007199254740992, help)
#define UNIDENTIFIED(what)                                                                                             \
    WORD("unidentified", "error", "error|answer",                                                                      \
         what " confounded by a variable of the graph that was left out: an error, or answered with p(x|y,c,z,m)")
#define NOISE(value, help) WORD("noise", value, "sample|mean", help)
#define SAMPLES(value, help) INT("samples", value, 1, 100000, help)
#define M_SAMPLES                                                                                                      \
    INT("m_samples", 1, 1, 10000, "U: draws of m ~ q(m|x) for each example, each shared by its classes and draws of z")
#define M_AUTO(key, what)                                                                                              \
    WORD(key, "auto", "auto|infer|zero", what ": inferred by q(m|x), do(m=0), or (auto) inferred if q_m was trained")
/* Models with views: which are proposed for an image, and how they are weighed (src/verbs/proposals.h). */
#define VIEW_DRAWS INT("view_draws", 4, 0, 1000, "models with views: draws of q(m|x) among the proposed views")
#define VIEW_AGAIN                                                                                                     \
    INT("view_again", 2, 0, 100, "models with views: times q(m|x) looks again, at x with the view found so far undone")
#define VIEW_TEMPER                                                                                                    \
    REAL("view_temper", 5, "(", 0, 1e6, "]", "models with views: nats of ELBO(x; m) that make a view e times as likely")
#define RESTORE                                                                                                        \
    INT("restore", 2, 0, 100,                                                                                          \
        "models with views: rounds in which contaminated pixels are replaced by the mean image before z is inferred")
#define CLASS_PRUNING(value)                                                                                           \
    REAL("class_pruning", value, "[", 0, 0.01, "]",                                                                    \
         "share of p(y|x) that may be lost: classes, and draws of m, that cannot win have no further draws of z "      \
         "after 2, 4, 8, ... (docs/model.md); 0: all have K")
#define EPS_HELP "noise of m and z: drawn from the posterior, or (mean) eps = 0, the posterior mean"
#define NETWORK(key, what) TEXT(key, "", "network description", what " (docs/networks.md); empty: the preset's")

/* How a table is written: of the file that a schema is made from, and of those that are read with it. */
#define DIALECT                                                                                                        \
    TEXT("delimiter", "auto", "auto, comma, semicolon, tab, space, bar or one character",                              \
         "what divides the columns; auto: comma, semicolon or tab, the first that the header has; space: any run of "  \
         "spaces and tabs"),                                                                                           \
        WORD("header", "first", "first|none", "names of the columns: in the first record, or in option columns"),      \
        TEXT("columns", "", "column names", "of a file without a header; empty: they are numbered from 1"),            \
        TEXT("comment", "", "text", "lines that begin with it, such as #, are left out; empty: none are"),             \
        INT("skip_lines", 0, 0, 1000000, "lines that are left out at the beginning of the file"),                      \
        INT("skip_records", 0, 0, 1000000, "records that are left out behind the header, such as a line of units"),    \
        WORD("decimal", "point", "point|comma", "what stands before the decimals of a number"),                        \
        TEXT("missing_tokens", "NA,N/A,n/a,#N/A,nan,NaN,NAN,null,Null,NULL,?", "texts, written like column names",     \
             "cells that are missing, as an empty one is; a text that the schema has as a level is none of them")
#define EXTREME                                                                                                        \
    REAL("extreme", 1e6, "[", 0, 1e30, "]",                                                                            \
         "a number further from the median of the schema's file than so many distances between its quartiles is "      \
         "invalid; 0: no limit")

static const cama__option session_rows[] = {
    INT("threads", 0, 0, 256, "threads that compute, the caller included; 0: one for each processor"),
    INT("tile_rows", 0, 0, 1000000,
        "rows (example, class, sample) computed at once: changes memory, never results; 0: chosen by the library"),
    INT("memory_limit", 0, 0, 9007199254740992,
        "largest workspace in bytes; a verb that needs more fails with CAMA_E_MEMORY; 0: no limit"),
    WORD("convolution", "winograd", "winograd|direct",
         "how convolutions are computed where there is a choice: with fewer multiplications, or with the least "
         "rounding"),
};

static const cama__option model_rows[] = {
    SEED("seed of the initial parameters"),
    INT("height", 0, 0, 65536, "height of x in pixels, 1 for vectors; 0: the preset's"),
    INT("width", 0, 0, 65536, "width of x in pixels, 1 for vectors; 0: the preset's"),
    INT("channels", 0, 0, 1000000, "channels of x, or D for vectors; 0: the preset's"),
    INT("classes", 0, 0, 65536, "C: number of classes, at least 2; 0: the preset's"),
    INT("z", -1, -1, 65536, "Z: size of the style z; -1: the preset's"),
    INT("m", -1, -1, 65536, "M: size of the manipulation m; 0: no m (a conditional VAE); -1: the preset's"),
    WORD("likelihood", "preset", "preset|bernoulli|gaussian|student",
         "p(x|y,z,m): Bernoulli for x in [0,1]; Gaussian or, with heavy tails, Student t with a learned scale for each "
         "number of x; with a schema: of its continuous children"),
    REAL("nu", 3, "[", 0.01, 1e6, "]", "degrees of freedom of likelihood student"),
    WORD(
        "standardise", "preset", "preset|off|on",
        "whether the first training run learns mean and scale of each continuous number of x, a and c, which the model "
        "keeps; results are in the data's units"),
    WORD("m_enters", "preset", "preset|merge|gain|affine|view",
         "where m enters p(x|.): p_merge joins its feature (the paper), or p_m gives each number of x a gain, gain and "
         "offset (and a log-variance), or an image a view"),
    WORD("variance", "preset", "preset|learned|network",
         "log-variance of each continuous number of x: one learned number, or that and an addition from p_merge"),
    WORD(
        "c_linear", "preset", "preset|off|on",
        "whether the linear effect of c on x is fitted beforehand (least squares) and taken off x: it then holds for c "
        "outside of its range in training"),
    WORD("c_range", "preset", "preset|off|on",
         "whether the networks read c within its range in the first training run, learned as mean and scale are"),
    REAL("c_clip", -1, "[", -1, 1e6, "]",
         "largest size of a number of c as the networks read it, in standard units, from 1e-30; 0: no limit; -1: "
         "the preset's"),
    NETWORK("p_prior", "network of p(y|a)"),
    NETWORK("p_y", "network of the class y"),
    NETWORK("p_z", "network of the style z"),
    NETWORK("p_m", "network of the manipulation m"),
    NETWORK("p_c", "network of the co-parents c"),
    NETWORK("p_merge", "network from the joined features of y, z and m to the parameters of p(x|y,z,m)"),
    NETWORK("q_m", "network of q(m|x)"),
    NETWORK("q_z", "network of q(z|x,y,m)"),
    NETWORK("dnn", "network of a discriminative baseline"),
    REAL("output_scale", 1, "(", 0, 10, "]", "scale of the initial weights of the last layer of p_merge, q_m and q_z"),
};

static const cama__option optimizer_rows[] = {
    REAL("lr", 1e-3, "(", 0, 10, "]", "learning rate of Adam"),
    REAL("beta1", 0.9, "[", 0, 1, ")", "decay of the mean of the gradients"),
    REAL("beta2", 0.999, "[", 0, 1, ")", "decay of the mean of the squared gradients"),
    REAL("eps", 1e-8, "(", 0, 1, "]", "added to the root of the mean squared gradient"),
    REAL("weight_decay", 0, "[", 0, 1, "]", "share of each parameter, times lr, taken off at each step (AdamW)"),
    REAL("clip", 0, "[", 0, 1e9, "]", "largest norm of the gradient of the mean objective; 0: no clipping"),
};

static const cama__option train_rows[] = {
    INT("epochs", 10, 1, 1000000, "passes over the clean examples"),
    INT("batch", 64, 1, 65536, "B: examples in a step; the last batch of an epoch may be smaller"),
    SAMPLES(1, "K: draws of z for each example and draw of m"),
    M_SAMPLES,
    REAL("lambda", 0.5, "[", 0, 1, "]", "weight of the clean term of Eq. 5; ignored without manipulated data"),
    NUMBERS("m0", -1e6, 1e6,
            "M numbers: the known intervention do(m=m0) of the manipulated examples; empty: m is inferred"),
    SEED("seed of the order of examples and of the noise"),
    INT("shuffle", 1, 0, 1, "1: a new order of the examples in each epoch; 0: the order of the dataset"),
    WORD("schedule", "cosine", "constant|cosine|linear", "learning rate over all epochs of this call"),
    INT("warmup", 100, 0, 1000000000, "steps over which the learning rate first rises linearly to lr"),
    REAL("lr_final", 0.05, "[", 0, 1, "]", "share of lr that is left at the end of schedule cosine or linear"),
    REAL("kl_weight", 1, "[", 0, 100, "]",
         "weight of the KL terms in the gradient; 1 is the ELBO, and reports always give it"),
    REAL("kl_warmup", 0.3, "[", 0, 1, "]", "share of all steps over which kl_weight first rises linearly from 0"),
    NOISE("sample", EPS_HELP),
    WORD("simulate", "off", "off|also|alone",
         "models with views: clean examples under known simulated views, do(m=m0), train q(m|x), beside the rest or "
         "alone"),
};

static const cama__option finetune_rows[] = {
    REAL("alpha", 0.5, "[", 0, 1, "]", "weight of the clean term of Eq. 8; the test term has 1 - alpha"),
    WORD("clean_term", "infer", "infer|zero", "m in the clean term: ELBO(x,y), or (zero) ELBO(x,y,do(m=0))"),
    REAL("lr", 2e-3, "(", 0, 10, "]",
         "learning rate of Adam; unset, models with views have 1e-3 from nothing, 2e-4 where q(m|x) was trained"),
    REAL("lr_final", 0, "[", 0, 1, "]", "share of lr that is left at the last step; it falls linearly"),
    INT("steps", 400, 0, 10000000,
        "optimizer steps; fewer if the stop rule ends the run; unset, models with views have 150 from nothing, 60 "
        "where "
        "q(m|x) was trained"),
    INT("batch", 64, 1, 65536, "test examples in a step; unset, models with views have 16"),
    INT("clean_batch", 64, 1, 65536, "clean examples in a step"),
    SAMPLES(1, "K: draws of z for each example, class and draw of m"),
    M_SAMPLES,
    CLASS_PRUNING(1e-8),
    SEED("seed of the order of examples and of the noise"),
    INT("check_every", 25, 0, 10000000, "steps between two checks of the stop rule; 0: never checked"),
    INT("patience", 4, 1, 1000000,
        "stop rule: bad checks in a row that end the run; the last check counts by itself (unset, models with views: "
        "alone)"),
    REAL("clip", 100, "[", 0, 1e9, "]", "largest norm of the gradient; 0: no clipping"),
    REAL("tolerance", 5, "[", 0, 1e6, "]",
         "stop rule: largest fall of the clean objective, in nats for each example; unset, models with views have 10"),
    REAL("min_classes", 0.5, "[", 0, 1, "]",
         "stop rule: smallest exp(entropy) of the predicted classes, as a share of that before"),
    NOISE("sample", EPS_HELP),
    INT("proposals", -1, -1, 1000,
        "S: m proposed for each example and weighed by ELBO(x; m); 0: Eq. 8 with draws of q(m|x) alone; -1: 8 for "
        "models "
        "with views, else 0"),
    REAL("simulate", -1, "[", -1, 1000, "]",
         "models with views: weight of log q(m|x) on simulated views of the clean examples; -1: 1 if the source's "
         "q(m|x) "
         "was trained, else 0"),
    VIEW_TEMPER,
};

static const cama__option score_rows[] = {
    SAMPLES(1, "K: draws of z for each example, class and draw of m"),
    M_SAMPLES,
    SEED("seed of the noise"),
    NOISE("sample", EPS_HELP),
    WORD("m", "infer", "infer|zero", "m ~ q(m|x), or do(m=0); cama_elbo_do takes its m as an argument instead"),
};

static const cama__option predict_rows[] = {
    SAMPLES(10, "K: draws of z for each example, class and draw of m"),
    M_SAMPLES,
    CLASS_PRUNING(1e-4),
    M_AUTO("m", "manipulation"),
    SEED("seed of the noise, which all examples share"),
    NOISE("sample", EPS_HELP),
    INT("batch", 0, 0, 65536, "examples computed at once: changes memory, never results; 0: chosen by the library"),
    VIEW_DRAWS,
    VIEW_AGAIN,
    VIEW_TEMPER,
    RESTORE,
    REAL("reader_weight", 1, "[", 0, 1, "]",
         "cama_predict_read: w in p_reader^w p_model^(1-w), the classes of both under the proposed views"),
};

static const cama__option view_rows[] = {
    VIEW_DRAWS, VIEW_AGAIN, VIEW_TEMPER, RESTORE, SEED("seed of the draws, which all examples share"),
};

static const cama__option attack_rows[] = {
    WORD("method", "pgd", "fgsm|pgd", "fast gradient sign (one step of eps), or projected gradient descent"),
    WORD("of", "x", "x|c|both",
         "what is attacked: x, the co-parents c, or both; of these only continuous numbers change"),
    WORD("norm", "linf", "linf|l2", "norm of the ball around what is attacked; l2: over x and c together"),
    REAL("eps", 0.3, "[", 0, 1e6, "]",
         "radius of the ball, in units of x (and c); for a model that learned mean and scale, in standard deviations "
         "of each "
         "number"),
    REAL("step", 0, "[", 0, 1e6, "]", "length of a step of pgd, in the unit of eps; 0: 2.5 * eps / steps"),
    INT("steps", 40, 1, 1000000, "steps of pgd"),
    SAMPLES(1, "K: draws of z for each example, class and draw of m"),
    M_SAMPLES,
    INT("draws", 1, 1, 100000, "noise draws a gradient is averaged over (expectation over transformation)"),
    INT("random_start", 1, 0, 1, "1: pgd starts at a random point of the ball; 0: at x"),
    REAL("low", 0, "[", -1e6, 1e6, "]",
         "smallest value of an attacked number, in the data's units; low > high: no bounds; numbers of measurement "
         "data (cama_attack) have none unless set"),
    REAL("high", 1, "[", -1e6, 1e6, "]", "largest value of an attacked number, likewise"),
    WHOLES("mask", 0, 1,
           "1 where a number may change: D numbers for x, P for c, D + P for both; empty: all that are continuous, no "
           "parents"),
    M_AUTO("m", "manipulation"),
    SEED("seed of the noise and of the random start"),
    NOISE("sample", EPS_HELP),
};

static const cama__option encode_rows[] = {
    M_AUTO("m", "manipulation that z is inferred with"),
    SEED("seed of the noise of the predicted class, where there is no label"),
};

static const cama__option reconstruct_rows[] = {
    WORD("m", "same", "same|zero|given", "manipulation that x is generated with: as inferred, do(m=0), or do(m=m0)"),
    NUMBERS("m0", -1e6, 1e6, "M numbers: the intervention of m = given"),
    M_AUTO("infer_m", "manipulation that z is inferred with"),
    NOISE("mean", "noise of z: drawn from its posterior, or (mean) its posterior mean; m is at its posterior mean"),
    SEED("seed of the noise"),
};

static const cama__option generate_rows[] = {
    SEED("seed of z where it is not given"),
    NOISE("sample", "z where it is not given: drawn from p(z), or (mean) z = 0"),
    WORD("draw", "mean", "mean|sample", "x: the mean of p(x|.), or drawn from it"),
    UNIDENTIFIED("do(y)"),
};

static const cama__option manipulate_rows[] = {
    WORD("kind", "vertical", "vertical|horizontal|both|rotation|zoom|noise|offset|scale",
         "manipulation: images: shift along one axis or both, rotation, zoom; Gaussian noise; columns moved by an "
         "offset, or multiplied"),
    REAL("range", 0, "[", 0, 1, "]",
         "shifts: each image moves by u * range * size pixels, u uniform in [-1,1], filled with 0"),
    INT("extreme", 0, 0, 1, "1: u is -1 or 1, each half of the time; 0: u is uniform in [-1,1]"),
    REAL("amount", 0, "[", -1e6, 1e6, "]",
         "rotation: degrees; zoom and scale: factor - 1; noise: standard deviation (an image in [0,1] stays "
         "there); offset: in standard deviations of the column"),
    WORD("of", "x", "x|c", "noise, offset and scale: what they change, x or the co-parents c"),
    WHOLES("columns", 0, 16777215,
           "noise, offset and scale: indices of the columns that change; empty: all that are continuous"),
    SEED("seed of u and of the noise"),
};

static const cama__option schema_rows[] = {
    TEXT("target", "", "column name", "the column of y; required"),
    TEXT("parents", "", "column names", "causes of y: a,b,c, names with commas quoted as in CSV"),
    TEXT("co_parents", "", "column names",
         "other causes of y's effects; a parent that is one too stands in both lists"),
    TEXT("children", "", "column names", "effects of y; required unless dag is given"),
    TEXT("dag", "", "path",
         "file of the causal graph, from which the roles are derived: edges in a CSV file, DOT, dagitty or bnlearn"),
    TEXT("ignore", "", "column names",
         "columns to leave out where the roles come from dag: unobserved, or what m stands for"),
    TEXT("categorical", "", "column names", "columns that hold categories, not quantities; they keep their texts"),
    TEXT("binary", "", "column names", "numeric columns of 0 and 1"),
    NUMBERS("cuts", -1e15, 1e15,
            "numeric target: ascending cuts; class k holds the values with k cuts at or below them"),
    INT("quantiles", 0, 0, 65536, "numeric target: cut into this many classes of equal frequency; 0: not"),
    WORD("constants", "drop", "drop|keep|error", "parents and co-parents that never vary in the file"),
    WORD("missing", "error", "error|drop", "an empty cell: an error that names it, or its row is left out"),
    WORD("invalid", "error", "error|drop",
         "a cell that is no number among numbers, or an extreme one: an error, or its row is left out"),
    EXTREME,
    DIALECT,
};

static const cama__option csv_rows[] = {
    WORD("missing", "error", "error|drop|flag",
         "an empty cell: an error that names it, or its row is left out, or stays with results of NaN"),
    WORD("invalid", "error", "error|drop|flag", "a cell that is no number, or an extreme one: likewise"),
    WORD("unknown", "error", "error|drop|flag", "a level or class that the schema does not know: likewise"),
    EXTREME,
    WORD("labels", "auto", "auto|require|none|partial",
         "y: read where the file has its column and it is not empty, required, not read, or read where there is one"),
    DIALECT,
};

static const cama__option counterfactual_rows[] = {
    M_AUTO("infer_m", "m while z and m are abducted from x"),
    WORD("residual", "keep", "keep|drop",
         "noise of x, what the row had above its own mean in deviations: given back to the new mean, or not"),
    NOISE("mean", "noise of z: its posterior mean, or drawn from the posterior"),
    SEED("seed of the noise"),
    UNIDENTIFIED("do(y), do(c)"),
};

#define TABLE(verb)                                                                                                    \
    {                                                                                                                  \
#verb, verb##_rows, (int32_t)(sizeof verb##_rows / sizeof verb##_rows[0])                                      \
    }

const cama__option_table cama__option_tables[VERB_COUNT] = {
    [VERB_SESSION] = TABLE(session),
    [VERB_MODEL] = TABLE(model),
    [VERB_OPTIMIZER] = TABLE(optimizer),
    [VERB_TRAIN] = TABLE(train),
    [VERB_FINETUNE] = TABLE(finetune),
    [VERB_SCORE] = TABLE(score),
    [VERB_PREDICT] = TABLE(predict),
    [VERB_ATTACK] = TABLE(attack),
    [VERB_ENCODE] = TABLE(encode),
    [VERB_RECONSTRUCT] = TABLE(reconstruct),
    [VERB_GENERATE] = TABLE(generate),
    [VERB_MANIPULATE] = TABLE(manipulate),
    [VERB_SCHEMA] = TABLE(schema),
    [VERB_CSV] = TABLE(csv),
    [VERB_COUNTERFACTUAL] = TABLE(counterfactual),
    [VERB_VIEW] = TABLE(view),
};
