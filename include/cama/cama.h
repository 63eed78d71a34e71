/* cama.h - deep causal manipulation augmented models (deep CAMA), the public interface of libcama.
 *
 * A model of the causes of an observation x: its class y, its style z and the manipulation m that was applied to it,
 *     p(x,y,z,m) = p(m) p(z) p(y) p(x|y,z,m)                                                           (Eq. 1)
 * with the approximate posterior q(z,m|x,y) = q(z|x,y,m) q(m|x)                                        (Eq. 2),
 * and, for measurement data with parents a of y and co-parents c (other causes of x),
 *     p(x,y,z,m|a,c) = p(m) p(z) p(y|a) p(x|y,c,z,m),  q(z,m|x,y,a,c) = q(z|x,y,m,a,c) q(m|x)      (Eq. 9, Eq. 10).
 * Equation numbers are those of Zhang, Zhang and Li, "A Causal View on Robustness of Neural Networks", NeurIPS 2020.
 *
 * From data to prediction: dataset -> model -> optimizer -> cama_train -> cama_predict; at test time cama_finetune.
 *
 * Rules that hold for every function
 *   Status     Functions that can fail return int32_t: CAMA_OK (0) or a CAMA_E_... code; cama_last_error() then holds
 *              one line that says what was expected, what came, and where. On failure no output is touched, and every
 *              handle is as usable as before.
 *   Ownership  A handle returned through a `**out` parameter belongs to the caller, who frees it with the _free
 *              function of its type (NULL is allowed there). Arrays are the caller's; the library copies what it keeps
 *              unless the comment says "borrowed". Strings returned are the library's and live as long as their handle.
 *   Threads    A const handle may be used by any number of threads at once. A non-const handle belongs to one thread at
 *              a time. Each thread that computes brings its own session: a verb on a session that another verb uses
 *              is CAMA_E_ARGUMENT.
 *   Sizes      n examples, D numbers per observation x, C classes, Z and M latent sizes of z and m; A and P numbers of
 *              parents a and co-parents c. Arrays are dense and row-major; images are height x width x channels,
 *              channels last.
 *   Options    NULL options mean the defaults. Keys, types, ranges and defaults: docs/options.md, or
 *              cama_options_describe.
 *   Silence    The library never prints, exits, aborts on bad input, installs signal handlers or reads environment
 *              variables of its own. (BLIS reads BLIS_ARCH_TYPE; where it is not set, the library sets it while BLIS
 *              starts.)
 *
 * Copyright (c) 2026 the libcama authors. SPDX-License-Identifier: BSD-3-Clause
 */
#ifndef CAMA_H
#define CAMA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define CAMA_API __attribute__((visibility("default")))
#define CAMA_CHECK __attribute__((warn_unused_result))
#else
#define CAMA_API
#define CAMA_CHECK
#endif

/* ---- Version ---------------------------------------------------------------------------------------------------- */

#define CAMA_VERSION_MAJOR 0
#define CAMA_VERSION_MINOR 2
#define CAMA_VERSION_PATCH 0

/* Version of the library that is loaded, as 10000*major + 100*minor + patch; compare with the macros. @since 0.1 */
CAMA_API int32_t cama_version(void);

/* The same as text, "0.2.0". @since 0.1 */
CAMA_API const char *cama_version_string(void);

/* One line about this build: compiler, BLIS version and kernel, panel sizes. For bug reports. Initialises BLIS.
 * @since 0.1 */
CAMA_API const char *cama_build_info(void);

/* ---- Status ----------------------------------------------------------------------------------------------------- */

#define CAMA_OK 0
#define CAMA_E_ARGUMENT 1  /* a NULL, a size or a combination of arguments that cannot work */
#define CAMA_E_DATA 2      /* a value in the data: NaN, label out of range, pixel outside [0,1] */
#define CAMA_E_OPTION 3    /* an unknown option key, a value of the wrong type or out of range */
#define CAMA_E_MEMORY 4    /* no memory, or the session's memory_limit would be exceeded */
#define CAMA_E_IO 5        /* the operating system refused a file operation */
#define CAMA_E_FORMAT 6    /* a file is not what it should be: truncated, oversized, corrupt, of another kind */
#define CAMA_E_NONFINITE 7 /* the objective or a gradient became NaN or infinite; parameters: before the step */
#define CAMA_E_CANCELLED 8 /* the progress callback or cama_session_cancel asked to stop; the model is valid */
#define CAMA_E_SYSTEM 9    /* threads or another system service could not be had */

/* Name of a status, "CAMA_E_DATA"; "CAMA_E_UNKNOWN" for a number that is none. Never NULL. @since 0.1 */
CAMA_API const char *cama_status_name(int32_t status);

/* Message of the calling thread's last failed call, one line, never NULL; "" before the first failure. Owned by the
 * library; valid until the thread's next failing call. @since 0.1 */
CAMA_API const char *cama_last_error(void);

/* ---- Handles ---------------------------------------------------------------------------------------------------- */

typedef struct cama_options cama_options;     /* keys and values for one verb */
typedef struct cama_session cama_session;     /* threads, workspace, progress, cancel: one per computing thread */
typedef struct cama_schema cama_schema;       /* names, roles and kinds of a table's variables, names of the classes */
typedef struct cama_dataset cama_dataset;     /* examples x (and a, c) with or without labels y; immutable */
typedef struct cama_model cama_model;         /* network description and parameters; shareable while const */
typedef struct cama_optimizer cama_optimizer; /* the right to change one model's parameters, with Adam's moments */
typedef struct cama_report cama_report;       /* what a training or fine-tuning run did; immutable */
typedef struct cama_stream cama_stream;       /* adaptation that goes on batch after batch, its source at hand */

/* ---- Options ---------------------------------------------------------------------------------------------------- */

#define CAMA_TYPE_INT 1
#define CAMA_TYPE_REAL 2
#define CAMA_TYPE_TEXT 3
#define CAMA_TYPE_VECTOR 4

/* Options for one verb: "session", "model", "optimizer", "train", "finetune", "score", "predict", "attack",
 * "encode", "reconstruct", "generate", "manipulate", "schema", "columns", "csv", "counterfactual", "view", "stream".
 * CAMA_E_OPTION for another word. @since 0.1; "columns", "view" and "stream" @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_options_create(const char *verb, cama_options **out);
CAMA_API void cama_options_free(cama_options *options);

/* Set one value. CAMA_E_OPTION names the key, the allowed range and, for an unknown key, the nearest known one; the
 * options are then unchanged. An integer is accepted where a real is wanted. Vectors (count numbers) are copied.
 * @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_options_set_int(cama_options *options, const char *key, int64_t value);
CAMA_API CAMA_CHECK int32_t cama_options_set_real(cama_options *options, const char *key, double value);
CAMA_API CAMA_CHECK int32_t cama_options_set_text(cama_options *options, const char *key, const char *value);
CAMA_API CAMA_CHECK int32_t cama_options_set_vector(cama_options *options, const char *key, const float *value,
                                                    int64_t count);

/* Read the value in force (set, or the default). A text belongs to the options and lives until they are changed or
 * freed. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_options_get_int(const cama_options *options, const char *key, int64_t *value);
CAMA_API CAMA_CHECK int32_t cama_options_get_real(const cama_options *options, const char *key, double *value);
CAMA_API CAMA_CHECK int32_t cama_options_get_text(const cama_options *options, const char *key, const char **value);

/* Number of options of a verb, and the index-th of them: key, CAMA_TYPE_..., default and allowed range as text, one
 * line of help. Strings are static. Any output pointer may be NULL. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_options_count(const char *verb, int32_t *count);
CAMA_API CAMA_CHECK int32_t cama_options_describe(const char *verb, int32_t index, const char **key, int32_t *type,
                                                  const char **default_value, const char **range, const char **help);

/* ---- Session ---------------------------------------------------------------------------------------------------- */

/* What a running verb tells: phase ("train", "finetune", "predict", ...), step of total, the last objective (mean per
 * example, in nats; NaN where there is none) and seconds since the verb began. Return 0 to go on, anything else to
 * cancel. Called on the thread that called the verb, at most ten times a second and once at the end of each epoch. A
 * verb that is called on the running session, here or on another thread, answers CAMA_E_ARGUMENT; another session may
 * be used. */
typedef int32_t (*cama_progress)(void *user, const char *phase, int64_t step, int64_t total, double objective,
                                 double seconds);

/* A session with its worker threads (option threads; 0 means all processors). CAMA_E_SYSTEM if they cannot be started.
 * May be used in a child process after fork(): the child starts its own workers. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_session_create(const cama_options *options, cama_session **out);
CAMA_API void cama_session_free(cama_session *session);

/* Set or, with NULL, remove the progress callback. user is passed through untouched. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_session_set_progress(cama_session *session, cama_progress callback, void *user);

/* Ask the verb that is running on this session to stop with CAMA_E_CANCELLED at its next step. One atomic store:
 * callable from any thread and from a signal handler. Has no effect on later verbs. @since 0.1 */
CAMA_API void cama_session_cancel(cama_session *session);

/* Bytes of workspace the session holds now. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_session_bytes(const cama_session *session, int64_t *bytes);

/* ---- Tables: variables and their roles --------------------------------------------------------------------------- */

#define CAMA_ROLE_CHILD 0     /* in x: an effect of y */
#define CAMA_ROLE_PARENT 1    /* in a: a cause of y */
#define CAMA_ROLE_CO_PARENT 2 /* in c: another cause of a child of y */
/* A cause of y that is also a cause of a child is one variable in two roles: it is added, and listed, once as parent
 * and once as co-parent, and its numbers stand in a and in c. */

#define CAMA_KIND_CONTINUOUS 0
#define CAMA_KIND_BINARY 1      /* 0 or 1 */
#define CAMA_KIND_CATEGORICAL 2 /* one-hot over its levels: as many numbers as levels */

/* A schema by hand: a target of `classes` classes, class_names (classes) or NULL, and no variables yet; then one call
 * of cama_schema_add for each variable, in the order of their numbers in x, a and c. levels: of a categorical
 * variable, from 2; level_names (levels) or NULL. A variable that is parent and co-parent takes two calls with the
 * same name, kind and levels (since 0.2). CAMA_E_ARGUMENT for a name that is empty or taken, or a size that cannot be;
 * the schema is then as before. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_schema_create(const char *target, int32_t classes, const char *const *class_names,
                                               cama_schema **out);
CAMA_API CAMA_CHECK int32_t cama_schema_add(cama_schema *schema, const char *name, int32_t role, int32_t kind,
                                            int32_t levels, const char *const *level_names);

/* A schema from a CSV file with a header line (RFC 4180; UTF-8, a byte order mark is skipped; numbers with a decimal
 * point whatever the locale; other dialects by options, docs/tables.md), plain or gzip'd. path may be that of a pipe,
 * and "-" is standard input; it is opened once. Options "schema": the target, and the other roles either by column name
 * (parents, co_parents, children: lists "a,b,c", names with commas quoted as in CSV; a name may stand in parents and
 * co_parents) or derived from a causal graph (dag: a file of its edges: the target's parents, its children and the
 * children's other parents, its Markov blanket; a parent that is also a child's other parent is both, and a child's
 * other parent that descends from the target is modelled as a child: docs/model.md, "Roles"). Columns whose cells are
 * not numbers are categorical; CAMA_E_DATA if nobody declared them (option categorical) and the cells are numbers with
 * a unit or the like, or mostly different. A numeric target is cut into classes (cuts, or quantiles). Co-parents and
 * parents that never vary in the file are left out: they are what m stands for. CAMA_E_DATA and CAMA_E_FORMAT name the
 * file's line and column; CAMA_E_DATA names the variables of a cycle. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_schema_from_csv(const char *path, const cama_options *options, cama_schema **out);
CAMA_API void cama_schema_free(cama_schema *schema);

/* The same from a file's bytes in memory (size; plain or gzip'd), which are only read; name stands for the path in
 * messages. For what can be read once alone, such as a pipe, and is to be read as dataset too. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_schema_from_csv_memory(const char *name, const void *data, int64_t size,
                                                        const cama_options *options, cama_schema **out);

/* Sizes: variables (one of two roles counts twice), numbers of x (D), a (A) and c (P), classes. Any output pointer may
 * be NULL. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_schema_sizes(const cama_schema *schema, int32_t *variables, int32_t *x, int32_t *a,
                                              int32_t *c, int32_t *classes);

/* The index-th variable: name, CAMA_ROLE_..., CAMA_KIND_..., how many numbers it takes (levels of a categorical one,
 * otherwise 1) and the place of the first in x, a or c. Any output pointer may be NULL. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_schema_variable(const cama_schema *schema, int32_t index, const char **name,
                                                 int32_t *role, int32_t *kind, int32_t *levels, int32_t *first);

/* Name of a level of a categorical or binary variable (by index), of a class, and of the target. Without names they
 * are numbers, "0", "1", ... CAMA_E_ARGUMENT for an index that is none. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_schema_level_name(const cama_schema *schema, int32_t variable, int32_t level,
                                                   const char **name);
CAMA_API CAMA_CHECK int32_t cama_schema_class_name(const cama_schema *schema, int32_t class_index, const char **name);
CAMA_API CAMA_CHECK int32_t cama_schema_target(const cama_schema *schema, const char **name);

/* What was taken off the numbers of a continuous variable when they were read from a table, so that floats tell them
 * apart: x, a and c, and all results in their units, are the table's numbers less *offset. 0 but for large numbers that
 * vary little, such as times in seconds since 1970. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_schema_offset(const cama_schema *schema, int32_t variable, double *offset);

/* The columns of a table that have no role in a schema made from it, in the file's order: how many, and of the
 * index-th its name and why: "constant" (a parent, co-parent or child that never varies), "ignored" (option ignore),
 * "no role" (in no list, or by the graph neither parent, child nor a child's other parent), "not in the graph".
 * Texts belong to the schema; copies of it, in datasets and models, and schemas made otherwise have none. Any output
 * may be NULL. CAMA_E_ARGUMENT for an index that is none. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_schema_left_out_count(const cama_schema *schema, int32_t *count);
CAMA_API CAMA_CHECK int32_t cama_schema_left_out(const cama_schema *schema, int32_t index, const char **column,
                                                 const char **reason);

/* Roles of the nodes of a causal graph for a target, as option dag of cama_schema_from_csv derives them from a file,
 * for those who make the schema themselves (docs/model.md, "Roles"). Nodes are numbers, 0 to nodes - 1; cause[i] ->
 * effect[i] (edges). hidden (nodes): not 0 for what is not observed; NULL: all is. roles (nodes): the sum of 1 <<
 * CAMA_ROLE_... of each role that the node has; 0 for none, for the target and for what is hidden. confounders
 * (nodes), or NULL if not wanted: for the target and each co-parent the node because of which do() of it is not
 * answered (cama_schema_set_confounder); -1 if it is, and for all others. All arrays are the caller's; any thread may
 * call it. CAMA_E_ARGUMENT for numbers that are no nodes and for a hidden target, CAMA_E_DATA for a cycle and for a
 * target without children. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_graph_roles(int32_t nodes, int64_t edges, const int32_t *cause, const int32_t *effect,
                                             int32_t target, const int32_t *hidden, int32_t *roles,
                                             int32_t *confounders);

/* Whether models with this schema answer do(name), name the target or a co-parent: *confounder is NULL if they do, and
 * otherwise the name of a variable that was left out (option ignore, or without a role) although by the graph it
 * causes name, or what do(name) holds, and leads to x on another way; the text belongs to the schema. Only a graph
 * (option dag) can say so; roles that were named are taken at their word. do(name) sets name, and holds y and the
 * co-parents that descend from it. A const schema may be asked by several threads. CAMA_E_ARGUMENT says why there is
 * no do() of another name: an effect, a parent alone, or no variable. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_schema_confounder(const cama_schema *schema, const char *name,
                                                   const char **confounder);

/* Say that do(name) is not answered, because of a variable that was left out: what cama_schema_confounder returns from
 * then on, also of datasets and models made with this schema. Both names are copied; a confounder is UTF-8 of 1 to 255
 * bytes. The schema belongs to the calling thread. CAMA_E_ARGUMENT for another confounder and for a name that is
 * neither the target's nor a co-parent's; the schema is then as before. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_schema_set_confounder(cama_schema *schema, const char *name, const char *confounder);

/* ---- Datasets --------------------------------------------------------------------------------------------------- */

/* Examples from arrays: x (n, height*width*channels) floats, y (n) labels in [0, classes) or NULL. For vectors use
 * height = width = 1 and channels = D. Both arrays are copied when copy is non-zero; otherwise borrowed: they must then
 * outlive the dataset unchanged. CAMA_E_DATA names row and column of a NaN or infinity and the row of a bad label.
 * @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_from_arrays(int64_t n, int32_t height, int32_t width, int32_t channels,
                                                     int32_t classes, const float *x, const int32_t *y, int32_t copy,
                                                     cama_dataset **out);

/* Examples from a pair of IDX files, plain or gzip'd: unsigned bytes of shape (n, height, width), read as value/255,
 * and labels (n); labels_path NULL for none. limit > 0 keeps the first limit examples. CAMA_E_FORMAT for a file that is
 * truncated, oversized, of another kind or does not match the other. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_from_idx(const char *images_path, const char *labels_path, int32_t classes,
                                                  int64_t limit, cama_dataset **out);

/* Examples of a table from arrays: x (n, D), a (n, A) or NULL where the schema has no parents, c (n, P) or NULL where
 * it has no co-parents, y (n) or NULL. One-hot runs of categorical variables and binary numbers are checked, and that
 * a variable which is parent and co-parent has the same numbers in a and c. Copied or borrowed as above; the schema is
 * copied. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_from_columns(const cama_schema *schema, int64_t n, const float *x,
                                                      const float *a, const float *c, const int32_t *y, int32_t copy,
                                                      cama_dataset **out);

/* The same with options "columns" (NULL: those of cama_dataset_from_columns). With missing = keep NaN in x is a cell
 * that is missing: all numbers of a categorical child are NaN, or none is. A missing cell is marginalised: its term of
 * log p(x|y,c,z,m) is left out of training, of ELBOs and of predictions, and the encoders are told its mean (a binary
 * child's 1/2, a categorical one's no level); its gradient is 0. cama_reconstruct and cama_counterfactual fill it in by
 * the model, with noise at its mean. cama_attack refuses such rows. Units and the linear effect of c are learned from
 * the cells that are there. In a and c NaN stays CAMA_E_DATA. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_dataset_from_columns_with(const cama_schema *schema, int64_t n, const float *x,
                                                           const float *a, const float *c, const int32_t *y,
                                                           int32_t copy, const cama_options *options,
                                                           cama_dataset **out);

/* How many numbers of x are missing: NaN in what cama_dataset_read gives. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_dataset_missing(const cama_dataset *dataset, int64_t *count);

/* Examples of a table from a CSV file, read with a schema made from another (or the same) file: columns are found by
 * name, in any order, and others are ignored. Without the target's column, or with an empty one, the dataset has no
 * labels; with option labels = partial single labels may be missing. path as for cama_schema_from_csv. Options "csv".
 * With missing = keep a child's cell, or its whole column, may be missing (cama_dataset_from_columns_with).
 * CAMA_E_DATA names line and column of a cell that is missing (option missing), no number or an extreme one (option
 * invalid), or a level or class that the schema does not know (option unknown). Each of these options is error, drop
 * (the row is left out) or flag (the row is kept, with made-up numbers where a cell was refused: cama_train and
 * cama_finetune refuse it, cama_attack too, and all its results are NaN; a refused label is only missing).
 * @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_from_csv(const char *path, const cama_schema *schema,
                                                  const cama_options *options, cama_dataset **out);

/* The same from a file's bytes in memory, as for cama_schema_from_csv_memory. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_dataset_from_csv_memory(const char *name, const void *data, int64_t size,
                                                         const cama_schema *schema, const cama_options *options,
                                                         cama_dataset **out);

/* Where rows [first, first+count) stand in their CSV file: row (count), the record's number from 1, the header,
 * comments and blank lines not counted; line (count), the line it begins on, from 1; flagged (count), 1 for a row that
 * was kept although a cell was refused, otherwise 0. Any output may be NULL. Slices and copies keep them. Rows that did
 * not come from a CSV file are 1, 2, ... with line 0. CAMA_E_ARGUMENT for rows that are none. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_dataset_rows(const cama_dataset *dataset, int64_t first, int64_t count, int64_t *row,
                                              int64_t *line, int32_t *flagged);

/* The records that were dropped or flagged when the dataset was read from its CSV file, in the file's order: how many,
 * and of the index-th its number and line, as above, the name of the column of its first cell that was refused, and
 * why: "missing", "invalid" or "unknown". Texts belong to the dataset. Any output may be NULL. Slices and copies have
 * none. CAMA_E_ARGUMENT for an index that is none. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_dataset_refused_count(const cama_dataset *dataset, int64_t *count);
CAMA_API CAMA_CHECK int32_t cama_dataset_refused(const cama_dataset *dataset, int64_t index, int64_t *row,
                                                 int64_t *line, const char **column, const char **reason);

/* The schema of a dataset or of a model, owned by it; NULL for images and vectors without one. @since 0.1 */
CAMA_API const cama_schema *cama_dataset_schema(const cama_dataset *dataset);
CAMA_API const cama_schema *cama_model_schema(const cama_model *model);

/* A copy of rows [first, first+count). @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_slice(const cama_dataset *dataset, int64_t first, int64_t count,
                                               cama_dataset **out);

/* A copy without its labels: what fine-tuning is given. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_without_labels(const cama_dataset *dataset, cama_dataset **out);

/* A manipulated copy (options "manipulate": shift by a range, rotation, zoom, noise, offset, scale); labels are kept. A
 * co-parent that is a parent too changes in a as it does in c. Example i is moved by a function of (seed, i) alone.
 * @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_manipulate(const cama_dataset *dataset, const cama_options *options,
                                                    cama_dataset **out);
CAMA_API void cama_dataset_free(cama_dataset *dataset);

/* Shape of a dataset. Any output pointer may be NULL; labelled is 1 if every row has a label, otherwise 0.
 * @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_shape(const cama_dataset *dataset, int64_t *n, int32_t *height, int32_t *width,
                                               int32_t *channels, int32_t *classes, int32_t *labelled);

/* Copy rows [first, first+count) out: x (count, D) or NULL, y (count) or NULL; y is -1 where only other rows have a
 * label (option labels = partial of "csv"). CAMA_E_ARGUMENT if y is asked of a dataset without labels. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_read(const cama_dataset *dataset, int64_t first, int64_t count, float *x,
                                              int32_t *y);

/* The same for parents and co-parents: a (count, A) or NULL, c (count, P) or NULL. CAMA_E_ARGUMENT if asked of a
 * dataset that has none. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_dataset_read_causes(const cama_dataset *dataset, int64_t first, int64_t count,
                                                     float *a, float *c);

/* ---- Models ----------------------------------------------------------------------------------------------------- */

/* A model with freshly drawn parameters (option seed). preset is "mnist", "cifar", "measurement" or
 * "measurement-sensors", or a discriminative baseline p(y|x,a,c) for the same verbs, "mnist-dnn", "mnist-cnn",
 * "measurement-dnn" or, since 0.2, the logistic regression "measurement-logistic" (no latents: cama_elbo is
 * log p(y|x,a,c), cama_finetune is TENT, the latents' functions refuse it). Every size, layer and likelihood can be
 * changed by options (docs/networks.md). CAMA_E_OPTION says which network cannot be built and why. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_model_create(const char *preset, const cama_options *options, cama_model **out);

/* A model for the variables of a schema: sizes of x, a, c and the classes are the schema's; each child is judged by the
 * likelihood of its kind (continuous: option likelihood, gaussian or student; binary: bernoulli; categorical: its
 * softmax). Options that set another size than the schema's are CAMA_E_OPTION. The model keeps a copy of the schema, in
 * its file too. preset is "measurement" (the paper's form), "measurement-sensors" (docs/model.md), or "measurement-dnn"
 * or "measurement-logistic" (discriminative baselines). @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_model_create_for(const char *preset, const cama_schema *schema,
                                                  const cama_options *options, cama_model **out);

/* Load and save: one safetensors file, tensors in PyTorch's shapes, everything else in its __metadata__. save replaces
 * an existing file atomically: after a failure the old one is as it was. load checks all sizes, names, shapes, values
 * and a checksum before it returns a model. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_model_load(const char *path, cama_model **out);
CAMA_API CAMA_CHECK int32_t cama_model_save(const cama_model *model, const char *path);

/* The same file in memory. save: with buffer NULL, *size becomes the bytes needed; otherwise *size is the room in
 * buffer and becomes the bytes written (CAMA_E_ARGUMENT if too small). @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_model_load_memory(const void *buffer, int64_t size, cama_model **out);
CAMA_API CAMA_CHECK int32_t cama_model_save_memory(const cama_model *model, void *buffer, int64_t *size);

/* All the checks of cama_model_load, but no model: parameters get no memory beside the file's own bytes, and nothing is
 * built from them. Any thread may call it. Errors as of load; CAMA_OK: it would be loaded. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_model_verify(const char *path);

CAMA_API CAMA_CHECK int32_t cama_model_clone(const cama_model *model, cama_model **out);
CAMA_API void cama_model_free(cama_model *model);

/* A number of the model by name: "height", "width", "channels", "x" (D), "a" (A), "c" (P), "classes", "z", "m",
 * "parameters" (how many), "q_m_trained", "standardised" and "discriminative" (0 or 1). CAMA_E_ARGUMENT for another
 * name. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_model_get_int(const cama_model *model, const char *name, int64_t *value);

/* A text of the model by name: "preset", "likelihood", the description of a network ("p_prior", "p_y", "p_z",
 * "p_m", "p_c", "p_merge", "q_m", "q_z", "dnn"; "" where the model has none), "summary" (one line for each network).
 * The text belongs to the model. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_model_get_text(const cama_model *model, const char *name, const char **value);

/* Names of the classes. A model with a schema has the schema's; to another, of images or vectors, set_class_names gives
 * names (classes), copied, different UTF-8 texts of 1 to 255 bytes, which its copies and its file keep. class_name:
 * *name is the class_index-th, owned by the model, or NULL where it has none; a const model may be asked by several
 * threads. CAMA_E_ARGUMENT for a model with a schema, for names or an index that cannot be; the model is then as
 * before. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_model_set_class_names(cama_model *model, const char *const *names);
CAMA_API CAMA_CHECK int32_t cama_model_class_name(const cama_model *model, int32_t class_index, const char **name);

/* Parameters by index and by name, in PyTorch's order: dense [out,in], conv [out,in,kh,kw], transposed conv
 * [in,out,kh,kw], bias [out]; names are NET.INDEX.weight and NET.INDEX.bias. shape has room for 4; the name belongs to
 * the model. read and write move all count numbers of a tensor; write needs finite values. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_model_parameter_count(const cama_model *model, int32_t *count);
CAMA_API CAMA_CHECK int32_t cama_model_parameter_describe(const cama_model *model, int32_t index, const char **name,
                                                          int32_t *dims, int64_t *shape, int64_t *count);
CAMA_API CAMA_CHECK int32_t cama_model_parameter_read(const cama_model *model, const char *name, int64_t count,
                                                      float *values);
CAMA_API CAMA_CHECK int32_t cama_model_parameter_write(cama_model *model, const char *name, int64_t count,
                                                       const float *values);

/* Set the log-prior over classes to the label frequencies of a labelled dataset (each class counted once more, so that
 * none is impossible). A new model has a uniform prior. CAMA_E_ARGUMENT for a model with parents, whose prior is its
 * network p(y|a), for a discriminative one, and for a dataset whose schema has another target or other classes.
 * @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_model_set_prior(cama_model *model, const cama_dataset *labelled);

/* ---- Training --------------------------------------------------------------------------------------------------- */

/* Adam on one model (options "optimizer"). The model must outlive the optimizer; between calls it may be read freely.
 * @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_optimizer_create(cama_model *model, const cama_options *options, cama_optimizer **out);
CAMA_API void cama_optimizer_free(cama_optimizer *optimizer);

/* Train by maximising
 *     E_clean ELBO(x,y,do(m=0))                                                       (Eq. 3; manipulated is NULL)
 *     lambda E_clean ELBO(x,y,do(m=0)) + (1-lambda) E_manipulated ELBO(x,y)           (Eq. 5)
 * or, with option m0 (a vector of M numbers), the last term as ELBO(x,y,do(m=m0)) for a known intervention. Both
 * datasets are labelled. Options "train". Calling again goes on from the parameters, moments and epochs reached;
 * learning rate schedule and warm-ups begin anew. Options epochs, batch and warmup that are not set follow from the
 * number of clean examples. Beside the ELBO of the clean examples, log p(y|x,do(m=0)) is maximised with weight
 * label_weight. With option validation a share of the clean examples is held out, training stops when `patience`
 * epochs in a row were no better on them, and the model ends in the best state. *report (NULL: not wanted) has the
 * keys "objective" (the mean objective above in each epoch), "label" (the same of log p(y|x), where it is trained),
 * "seconds", "examples_per_second", "steps", "epochs" (those run), "batch", "warmup", "outliers" (cells that option
 * outliers clipped), "converged" (0: the curve of log p(y|x), or else of the objective, still rose in the second
 * half of the run, or that had fewer than 8 epochs or hardly more steps than its warm-up: train longer; 1: it had
 * come to rest); with option validation also "validation", "validation_label", "validation_accuracy" (mean
 * ELBO(x,y,do(m=0)), mean log p(y|x) and accuracy of the examples held out, after each epoch) and "best_epoch"
 * (whose state the model ends in, from 1). On CAMA_E_CANCELLED and CAMA_E_NONFINITE the model holds the parameters
 * of the last good step; without one it is as before. @since 0.1; label_weight, validation and the keys of both
 * @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_train(cama_session *session, cama_optimizer *optimizer, const cama_dataset *clean,
                                       const cama_dataset *manipulated, const cama_options *options,
                                       cama_report **report);

/* Selective fine-tuning: a copy of source, adapted to the unlabelled examples of test by maximising
 *     alpha E_clean ELBO(x,y) + (1-alpha) E_test ELBO(x)                                             (Eq. 8)
 * over p_m and q_m alone; every other parameter of *adapted, and p(y) unless option class_shares says otherwise, has
 * the bits of source, which is not touched. clean is labelled (NULL only with alpha = 0); labels in test are ignored.
 * Stops, and goes back to the best state seen, when the clean objective falls or the predictions collapse to
 * few classes; with option agreement, by default of all but baselines and views whose q(m|x) was untrained, a second
 * run has to agree, of images only where predictions changed. To adapt further, pass the adapted model as source.
 * Options "finetune". *report (NULL: not wanted) has the keys "objective_before", "objective_after" (ELBO(x) on test),
 * "clean_before", "clean_after" (ELBO on held-out clean; NaN where clean is NULL), "clean_accuracy_before",
 * "clean_accuracy_after" (of the same), "changed" (share of the test examples whose predicted class is not the
 * source's), "disagreement" (share of them on which two runs differ, NaN of one run), "runs" (1 to 3),
 * "classes_before", "classes_after" (predicted share of each class, C values), "steps" (of the run that is returned),
 * "rolled_back" (0 or 1), "stopped" (0: after the last step, 1: the clean objective fell, 2: the predictions collapsed,
 * 3: the accuracy on held-out clean fell, 4: the shares of the predicted classes moved away from those of the clean
 * labels, 5: a second run, with other noise, came to other predictions, 6: only p(y) is another, and nothing was
 * adapted but, with option class_shares, p(y)), "outliers" (cells of both datasets that option outliers clipped),
 * "seconds"; of models with views also "views_before", "views_after", "views_spread_before" and "views_spread_after"
 * (mean and spread of the test images' views, in the units of cama_view_describe). A run that is rolled back to its
 * start gives a model that predicts as the source. CAMA_E_ARGUMENT if the model has M = 0.
 * Of a discriminative source it is TENT (Wang et al., ICLR 2021), with which the rest can be compared: in place of
 * ELBO(x) stands the negative entropy sum_c p(y_c|x) log p(y_c|x), in place of ELBO(x,y) log p(y|x), alpha is 0 unless
 * it is set, and a scale and a shift for each channel of the layers before the last are adapted, or the last layer
 * (option adapt); the adapted model has the layers of its source. Options of m and z, set for such a source, are
 * CAMA_E_ARGUMENT. @since 0.1; discriminative sources @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_finetune(cama_session *session, const cama_model *source, const cama_dataset *clean,
                                          const cama_dataset *test, const cama_options *options, cama_model **adapted,
                                          cama_report **report);

/* A value of a report: the index-th of key; count says how many a key has. CAMA_E_ARGUMENT for an unknown key or index.
 * @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_report_count(const cama_report *report, const char *key, int64_t *count);
CAMA_API CAMA_CHECK int32_t cama_report_get(const cama_report *report, const char *key, int64_t index, double *value);
CAMA_API void cama_report_free(cama_report *report);

/* ---- Streams: adaptation batch after batch ------------------------------------------------------------------------
 *
 * Where unlabelled batches keep coming, each step adapts to one of them (cama_finetune, Eq. 8; TENT of a discriminative
 * source) and predicts it. Option start says where adaptation begins: at the source (reset), at the model as the last
 * batch left it (keep), or at that, drawn back (drift): each adapted number is drift times the source's and 1 - drift
 * times its own. Where the model as it is explains the new batch worse than the source does,
 *     mean of ELBO(x; source) - ELBO(x; now) > tolerance standard errors of that mean,
 * the manipulation has changed, and adaptation begins at the source again. ELBO(x) is Eq. 7 at the means of q; of a
 * discriminative source the negative entropy of p(y|x) takes its place. docs/finetuning.md, "Streams". */

/* A stream that stands at its source, of which it keeps a copy. clean: labelled, as for cama_finetune, borrowed: it
 * must outlive the stream (NULL only where cama_finetune allows it). Options "stream"; finetune: options "finetune" of
 * each step, copied. Errors of cama_finetune about the source, its options and the clean examples. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_stream_create(const cama_model *source, const cama_dataset *clean,
                                               const cama_options *options, const cama_options *finetune,
                                               cama_stream **out);
CAMA_API void cama_stream_free(cama_stream *stream);

/* Adapt to the unlabelled examples of batch, and predict them with the adapted model: probabilities (n, C), or NULL;
 * predict: options "predict". A stream belongs to one thread at a time; a result depends on the batches so far and
 * the options, not on threads. *report (NULL: not wanted) has the keys of cama_finetune, whose "..._before" is the
 * model at which this step began, and "restart" (1: the manipulation changed, and the step began at the source),
 * "objective_source" and "objective_kept" (mean ELBO(x) of the batch, its first examples, by the source and by the
 * model as the batch found it), "batches" (adapted to since the source, this one included). After a failure and
 * after CAMA_E_CANCELLED the stream is as before the call. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_stream_step(cama_session *session, cama_stream *stream, const cama_dataset *batch,
                                             const cama_options *predict, float *probabilities,
                                             cama_report **report);

/* *out = a copy of the model as the last batch left it, or of the source before the first; the caller's, to be freed by
 * cama_model_free. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_stream_model(const cama_stream *stream, cama_model **out);

/* ---- Scores: one number for each example, in nats ---------------------------------------------------------------- */

/* values (n): ELBO(x,y), Eq. 4, with m ~ q(m|x). Options "score". CAMA_E_ARGUMENT without labels. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_elbo(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                                      const cama_options *options, double *values);

/* values (n): the intervention ELBO(x,y,do(m=m0)), Eq. 3; m0 (M), or NULL for m = 0. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_elbo_do(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                                         const float *m0, const cama_options *options, double *values);

/* values (n): ELBO(x) = log sum_c exp ELBO(x,y_c), Eq. 7: a lower bound of log p(x), low where x is unlike the training
 * data. Labels are ignored. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_elbo_marginal(cama_session *session, const cama_model *model,
                                               const cama_dataset *dataset, const cama_options *options,
                                               double *values);

/* ---- Prediction ------------------------------------------------------------------------------------------------- */

/* probabilities (n, C): p(y|x) by Bayes' rule, Eq. 6, with U samples of m ~ q(m|x) and K of z for each. m is 0
 * (do(m=0)) for a model whose q_m was never trained, unless option m says otherwise. A pure function of x, the model,
 * the options and the seed: it does not depend on the batch or on the number of threads. Options "predict".
 * @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_predict(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                                         const cama_options *options, float *probabilities);

/* A copy of dataset, attacked within a ball around x (options "attack"): FGSM or PGD against log p(y|x) of
 * cama_predict, or the Square Attack (Andriushchenko, Croce, Flammarion and Hein 2020), a search that needs predictions
 * alone and checks that gradients hide nothing. x enters as input of the encoders and as target of the likelihood, and
 * the gradient is the sum of both; it is that of the log-odds of y, which points the same way and does not vanish where
 * p(y|x) rounds to 1. Labels are needed. Of measurement data, x, the co-parents c or both are attacked (option of),
 * never the parents a, those among c included, and only continuous numbers: every other number, the labels and the
 * schema are as they were, to the bit.
 * Radius and steps are in units of x and c, or, for a model that has learned mean and scale (option standardise of
 * "model"), in standard deviations of each number; bounds and result are in the data's units. Options low and high
 * bound x where it is an image or a vector without a schema; measured numbers (those of c, of a schema, or of a model
 * that has learned mean and scale) have no bounds but those that are set, except in x of a Bernoulli likelihood.
 * Of a model with views the gradient is that under views drawn from q(m|x); square asks for the prediction over
 * proposed views itself. The result of a row depends on the row, its place in the dataset, the model, the options and
 * the seed, not on the other rows or the number of threads. It is a dataset like any other: to transfer an attack, give
 * it to another model of the same shape and classes.
 * CAMA_E_ARGUMENT if c is to be attacked and there is none. @since 0.1; square, restarts, redraw @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_attack(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                                        const cama_options *options, cama_dataset **out);

/* The same, and what the model makes of the result. *report has for each example (n values) "wrong_before", "success"
 * (1: another class than the label is predicted, before and after the attack), "odds_before", "odds_after" (of the
 * label: log p(y|x) - log(1 - p(y|x)), in nats), "distance" (from the clean example, in the ball's norm and unit) and
 * "restart" (the run that was kept, from 0); and "accuracy_before", "accuracy_after", "seconds". Predictions are those
 * of cama_predict with the attack's own samples, m_samples, noise and m, averaged over the seeds seed, seed + 1, ... as
 * option draws says; no class is pruned but by a model with views, as "predict" does by default. Out and report are the
 * caller's, to be freed by their _free functions. Errors as cama_attack; after one both are as they were.
 * @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_attack_report(cama_session *session, const cama_model *model,
                                               const cama_dataset *dataset, const cama_options *options,
                                               cama_dataset **out, cama_report **report);

/* ---- Latents and interventions ---------------------------------------------------------------------------------- */

/* Posterior means and log-variances: m_mu, m_lv (n, M) of q(m|x); z_mu, z_lv (n, Z) of q(z|x,y,m) with m at its
 * posterior mean (option m as in predict). y is the label, or the predicted class where there is none. Any output may
 * be NULL. Options "encode". @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_encode(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                                        const cama_options *options, float *m_mu, float *m_lv, float *z_mu,
                                        float *z_lv);

/* x_out (n, D): the mean of p(x|y,z,m) with z inferred from x, y the label or the predicted class, and m either as
 * inferred or under do(m=0) or do(m=m0): z is inferred with m as option infer_m says (auto, infer, zero), x is
 * generated with m as option m says (the same, zero, or the vector m0). Figure 9. Options "reconstruct". @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_reconstruct(cama_session *session, const cama_model *model,
                                             const cama_dataset *dataset, const cama_options *options, float *x_out);

/* x_out (n, D): means of p(x|y_i, c_i, z_i, do(m_i)): x under do(y), do(c), do(m), in the graph in which y, c, z and m
 * are all causes of x, and nothing leads from one to another: what setting one of c does to y or to others of c does
 * not come along. y (n) given; c (n, P) in the data's units, NULL only where the model has no co-parents; z (n, Z)
 * given or, if NULL, drawn from p(z); m (n, M) given or, if NULL, zero. Options "generate"; with draw = sample, x is
 * drawn from p(x|.) instead of its mean. CAMA_E_ARGUMENT if do(y) is confounded (cama_schema_confounder; option
 * unidentified); of c the caller asks there what it sets. @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_generate(cama_session *session, const cama_model *model, int64_t n, const int32_t *y,
                                          const float *c, const float *z, const float *m, const cama_options *options,
                                          float *x_out);

/* x_out (n, D): what x of each row would have been under do(y = y_new), do(c = c_new) or do(m = m_new), all else
 * equal. Abduction: z and m are inferred from the row as it is (y the label or the predicted class; options infer_m
 * and noise as for reconstruct); action: y_new (n), c_new (n, P), m_new (n, M), each NULL for "as it was"; prediction:
 * the mean of p(x|.), to which, with option residual = keep, each continuous number of x gets back its noise: what the
 * row had above its own mean, in units of the deviation that p(x|.) had then and has now. Probabilities for binary and
 * categorical children. Only x's own mechanism sees y_new, c_new and m_new: y stays as it was under c_new, also of a c
 * that is a parent of y, and so do the other co-parents. CAMA_E_ARGUMENT if do(y), or do() of a co-parent of which
 * c_new has another value than a row, is confounded (cama_schema_confounder; option unidentified). With all NULL and
 * residual = keep the continuous numbers are the row's own. Options "counterfactual". @since 0.1 */
CAMA_API CAMA_CHECK int32_t cama_counterfactual(cama_session *session, const cama_model *model,
                                                const cama_dataset *dataset, const int32_t *y_new, const float *c_new,
                                                const float *m_new, const cama_options *options, float *x_out);

/* ---- Views: how an image was seen --------------------------------------------------------------------------------
 *
 * In a model with option m_enters = view (presets "mnist-view", "cifar-view") m says how the image was seen: its
 * position, rotation, zoom, shear, contrast, brightness and blur, and the share of its pixels that are something else.
 * The image is explained by the mean of p(x|y,z) under that view; z and the class are inferred from the image with the
 * view undone. docs/views.md has the mathematics and what it reaches. */

/* The same model in the form with views: p(x|y,z,do(m=0)) and q(z|x,y) are those of source to rounding, and m begins
 * anew, as a view, with q(m|x) untrained. source: a generative model of images with a Bernoulli likelihood whose m
 * enters p_merge; it is not touched. Options "model": seed alone is used. CAMA_E_ARGUMENT or CAMA_E_OPTION for another
 * source. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_model_with_views(const cama_model *source, const cama_options *options,
                                                  cama_model **out);

/* The numbers that make up a view, by index from 0: how many; name and unit for people, and the value of an image that
 * is seen as it is. Outputs may be NULL; texts are the library's and last. CAMA_E_ARGUMENT for another index.
 * @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_view_count(int32_t *count);
CAMA_API CAMA_CHECK int32_t cama_view_describe(int32_t index, const char **name, const char **unit, double *none);

/* How each image was seen: mean (n, V) and deviation (n, V) of its V = cama_view_count numbers, in the units of
 * cama_view_describe; either may be NULL. The view is the best of those proposed (options "view"), the deviation that
 * of q(m|x). Labels are ignored. CAMA_E_ARGUMENT if the model has no views, or a q(m|x) that was never trained.
 * @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_views(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                                       const cama_options *options, float *mean, float *deviation);

/* The images with their views undone and contaminated pixels replaced, for any other classifier to read: a dataset of
 * the same size and labels. Options "view"; errors as cama_views. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_see(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                                     const cama_options *options, cama_dataset **seen);

/* probabilities (n, C): as cama_predict, with the classes read by `reader`, a discriminative model of the same x, a, c
 * and classes that was trained on clean data, from x with the manipulation undone: the causal model finds what was
 * done, the reader the class. Option reader_weight pools both. Images are read with their proposed views undone; with
 * m = zero the reader reads them as they are. Vectors and tables are read as they would have been under do(m=0): the
 * counterfactual of each row's continuous numbers, with m at its posterior mean and the class that the model predicts,
 * and missing cells as the model expects them; reader and model have equal weights by default, and the reader's falls
 * where the model does not explain the row (docs/sensors.md). With m = zero, or a q(m|x) that was never trained, such
 * rows are read as they are. Options "predict". CAMA_E_ARGUMENT if the model is one of images that has no views or an
 * untrained q(m|x), if it is discriminative, or if the reader does not fit. @since 0.2 */
CAMA_API CAMA_CHECK int32_t cama_predict_read(cama_session *session, const cama_model *model, const cama_model *reader,
                                              const cama_dataset *dataset, const cama_options *options,
                                              float *probabilities);

#ifdef __cplusplus
}
#endif

#endif /* CAMA_H */
