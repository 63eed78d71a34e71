/* model_file_layout - what stands in a model's file, for its writer and its reader: keys of the metadata and where
 * their values are in the spec, and the tensors beside the parameters. */
#ifndef CAMA_IO_MODEL_FILE_LAYOUT_H
#define CAMA_IO_MODEL_FILE_LAYOUT_H

#include "../model/model.h"

/* Keys whose values are fixed: they say what kind of file this is. */
enum { FILE_KINDS = 2 };
extern const char *const cama__file_kind[FILE_KINDS][2];

/* Keys of numbers in the spec. The limits keep the product of the sizes of x far inside int64_t. */
typedef struct {
    const char *key;
    size_t offset; /* of an int32_t in cama__spec */
    int32_t low, high;
} cama__file_number_row;
enum { FILE_NUMBERS = 12 };
extern const cama__file_number_row cama__file_number[FILE_NUMBERS];

/* Keys of "0" or "1". */
enum { Q_M_TRAINED, STANDARDISE, STANDARDISED, DISCRIMINATIVE, FILE_FLAGS };
extern const char *const cama__file_flag[FILE_FLAGS];

/* All keys in the order in which they are written, and NULL: the kinds, library_version, preset, numbers, likelihood,
 * networks (but c_linear, which is a number: it is there or not), flags, schema, class_names. The last two only where
 * the model has them. */
enum { FILE_KEYS = FILE_KINDS + 2 + FILE_NUMBERS + 1 + NET_COUNT - 1 + FILE_FLAGS + 2 };
void cama__file_keys(const char *keys[FILE_KEYS + 1]);

/* The tensors of a model beside its parameters, of one dimension each; a model that has none of a kind has count 0. */
enum { EXTRA_PRIOR, EXTRA_NU, EXTRA_CLIP, EXTRA_LOW, EXTRA_HIGH, EXTRA_MEAN, EXTRA_SCALE, EXTRAS };
extern const char *const cama__extra_name[EXTRAS];
typedef struct {
    int64_t count;
} cama__extra;
void cama__extras_list(const cama_model *model, bool standardised, cama__extra extras[EXTRAS]);
#endif
