/* measurement_synthetic - Part 1: the process's rows as datasets, their shifts, and the same with children that are
 * declared co-parents by mistake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measurement.h"
#include "measurement_process.h"

enum { TRAIN_ROWS = 16000, TEST_ROWS = 3000, CLEAN_ROWS = 2000, MOST_AMOUNTS = 8, SHIFTED = 4 };
enum { TRAIN_SEED = 11, TEST_SEED = 12, CLEAN_SEED = 13 };

/* One kind of shift: c through the mechanism (columns of c from the first on), or columns of x after it. */
typedef struct {
    shift_axis axis;
    const char *kind; /* of cama_dataset_manipulate; NULL: c is shifted and x follows */
    int columns;
    double amounts[MOST_AMOUNTS]; /* ends with 0 */
} shift_test;

#define DEVIATIONS "shift (standard deviations)"

static const shift_test tests[SHIFT_TESTS] = {
    {{"c_half", "C: 4 of 8 co-parents", DEVIATIONS, 0}, NULL, CO_PARENTS / 2, {-3, -2, -1, 1, 2, 3}},
    {{"c_all", "C: all 8 co-parents", DEVIATIONS, 0}, NULL, CO_PARENTS, {-3, -2, -1, 1, 2, 3}},
    {{"x_offset", "X: 4 of 16 children moved", DEVIATIONS, 0}, "offset", SHIFTED, {-3, -2, -1, 1, 2, 3}},
    {{"x_scale", "X: 4 of 16 children scaled", "factor", 1}, "scale", SHIFTED, {-0.75, -0.5, -0.25, 0.5, 1, 1.5}},
};

enum { X_OFFSET = 2 }; /* the test that the mis-specified graphs are put to */

/* Children that are declared co-parents, the first 1, 2 or 4 of these: every other one is among those that shift. */
static const int declared[] = {3, 4, 2, 5};

static const struct {
    int moved;
    const char *key, *title;
} mistakes[] = {
    {0, "synthetic", "Synthetic process"},
    {1, "mis1", "1 child declared co-parent"},
    {2, "mis2", "2 children declared co-parents"},
    {4, "mis4", "4 children declared co-parents"},
};

enum { MISTAKES = sizeof mistakes / sizeof mistakes[0] };

const shift_axis *synthetic_axis(int group) { return &tests[group].axis; }

/* ---- Rows as datasets -------------------------------------------------------------------------------------------- */

static int is_moved(int child, int moved)
{
    for (int i = 0; i < moved; i++)
        if (declared[i] == child) return 1;
    return 0;
}

static void add_variables(cama_schema *schema, const char *letter, int count, int32_t role, int moved, int want)
{
    char name[16];
    for (int i = 0; i < count; i++) {
        if (is_moved(i, moved) != want) continue;
        snprintf(name, sizeof name, "%s_%d", letter, i + 1);
        went(cama_schema_add(schema, name, role, CAMA_KIND_CONTINUOUS, 0, NULL));
    }
}

static cama_schema *declare(int moved)
{
    cama_schema *schema = NULL;
    went(cama_schema_create("y", CLASSES, NULL, &schema));
    add_variables(schema, "a", PARENTS, CAMA_ROLE_PARENT, 0, 0);
    add_variables(schema, "c", CO_PARENTS, CAMA_ROLE_CO_PARENT, 0, 0);
    add_variables(schema, "x", CHILDREN, CAMA_ROLE_CO_PARENT, moved, 1);
    add_variables(schema, "x", CHILDREN, CAMA_ROLE_CHILD, moved, 0);
    return schema;
}

/* The columns of children that are moved or not, behind `at` other ones: from (n, CHILDREN) to (n, width). */
static void deal(const float *from, int64_t n, int moved, int want, float *to, int width, int at)
{
    for (int64_t row = 0; row < n; row++) {
        int place = at;
        for (int i = 0; i < CHILDREN; i++)
            if (is_moved(i, moved) == want) to[row * width + place++] = from[row * CHILDREN + i];
    }
}

/* The rows under a graph in which that many children are declared co-parents. */
static void dataset_of(const sample *rows, int moved, cama_dataset **out)
{
    const int width = CHILDREN - moved, c_width = CO_PARENTS + moved;
    float *x = malloc((size_t)rows->n * (size_t)width * sizeof *x);
    float *c = malloc((size_t)rows->n * (size_t)c_width * sizeof *c);
    if (x == NULL || c == NULL) give_up("synthetic rows", "no memory");
    deal(rows->x, rows->n, moved, 0, x, width, 0);
    deal(rows->x, rows->n, moved, 1, c, c_width, CO_PARENTS);
    for (int64_t i = 0; i < rows->n; i++) memcpy(c + i * c_width, rows->c + i * CO_PARENTS, CO_PARENTS * sizeof *c);
    cama_schema *schema = declare(moved);
    went(cama_dataset_from_columns(schema, rows->n, x, rows->a, c, rows->y, 1, out));
    cama_schema_free(schema);
    free(c);
    free(x);
}

/* ---- Shifts ------------------------------------------------------------------------------------------------------ */

/* x of the rows is manipulated by the library, as measurements would be after they were made. */
static void shift_children(sample *rows, const shift_test *test, double amount)
{
    float moved[CHILDREN];
    cama_dataset *before = NULL, *after = NULL;
    cama_options *options = NULL;
    for (int i = 0; i < test->columns; i++) moved[i] = (float)i;
    dataset_of(rows, 0, &before);
    went(cama_options_create("manipulate", &options));
    went(cama_options_set_text(options, "kind", test->kind));
    went(cama_options_set_text(options, "of", "x"));
    went(cama_options_set_real(options, "amount", amount));
    went(cama_options_set_vector(options, "columns", moved, test->columns));
    went(cama_dataset_manipulate(before, options, &after));
    went(cama_dataset_read(after, 0, rows->n, rows->x, NULL));
    cama_options_free(options);
    cama_dataset_free(after);
    cama_dataset_free(before);
}

static sample shifted(const shift_test *test, double amount)
{
    double shift[CO_PARENTS] = {0};
    if (test->kind == NULL)
        for (int i = 0; i < test->columns; i++) shift[i] = amount;
    sample rows = sample_draw(TEST_ROWS, TEST_SEED, shift);
    if (test->kind != NULL && amount != 0) shift_children(&rows, test, amount);
    return rows;
}

/* Half of the rows to adapt to, the other half to be scored. */
static void add_condition(study *work, int group, double amount, int moved)
{
    char name[NAME];
    const shift_test *test = group == UNSHIFTED ? &tests[0] : &tests[group];
    cama_dataset *whole = NULL;
    sample rows = shifted(test, amount);
    const int64_t half = rows.n / 2;
    snprintf(name, sizeof name, "%s %+g", test->axis.key, amount);
    condition *row = study_add(work, group == UNSHIFTED ? "unshifted" : name, group, test->axis.neutral + amount);
    dataset_of(&rows, moved, &whole);
    rows_slice(whole, 0, half, &row->adapt);
    rows_slice(whole, half, rows.n - half, &row->score);
    rows_unlabelled(&row->adapt);
    cama_dataset_free(whole);
    sample_free(&rows);
}

static void add_test(study *work, int group, int moved)
{
    for (int i = 0; i < MOST_AMOUNTS && tests[group].amounts[i] != 0; i++)
        add_condition(work, group, tests[group].amounts[i], moved);
}

static void add_clean(study *work, int moved)
{
    sample rows = sample_draw(TRAIN_ROWS, TRAIN_SEED, NULL);
    dataset_of(&rows, moved, &work->train);
    sample_free(&rows);
    rows = sample_draw(CLEAN_ROWS, CLEAN_SEED, NULL);
    dataset_of(&rows, moved, &work->clean);
    sample_free(&rows);
}

int run_synthetic(lab *self)
{
    for (int i = 0; i < (int)MISTAKES; i++) {
        const int moved = mistakes[i].moved;
        const uint32_t compared = TREATMENT(DNN) | TREATMENT(PAPER) | TREATMENT(PAPER_TUNED);
        const uint32_t made = TREATMENT(CAMA) | TREATMENT(TUNED) | (moved == 0 ? compared : 0) | self->also;
        study *work = study_begin(self, mistakes[i].key, mistakes[i].title, made, self->set.synthetic_seeds);
        add_clean(work, moved);
        add_condition(work, UNSHIFTED, 0, moved);
        for (int group = 0; group < SHIFT_TESTS; group++)
            if (moved == 0 || group == X_OFFSET) add_test(work, group, moved);
        if (!study_run(self, work)) return 0;
        if (!self->quiet) print_study(work);
    }
    return 1;
}
