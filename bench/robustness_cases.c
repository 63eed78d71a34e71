/* robustness_cases - the list of cases: every manipulation fine-tuned on itself, fine-tuned on another, and fine-tuned
 * on few images or classes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "robustness.h"

enum { MOST = 96 };

static const char *const group_names[] = {"clean", "shifts", "geometry", "photometric", "other", "mixture"};

static test_case list[MOST];
static int filled;

static void add(const char *name, const char *group, const char *test, const char *tune, enum few few, int repeats)
{
    test_case one = {.group = group,
                     .test = manipulation_named(test),
                     .tune = manipulation_named(tune),
                     .few = few,
                     .repeats = repeats};
    snprintf(one.name, sizeof one.name, "%s", name);
    if (filled == MOST) give_up(name, "the list of cases is full");
    list[filled++] = one;
}

/* Tested on vertical.3, say, and fine-tuned on horizontal.3. */
static void add_others(void)
{
    add("vertical.3-by-horizontal.3", "transfer", "vertical.3", "horizontal.3", FEW_NOT, 1);
    add("horizontal.3-by-vertical.3", "transfer", "horizontal.3", "vertical.3", FEW_NOT, 1);
    add("vertical.3-by-mixture", "transfer", "vertical.3", "mixture", FEW_NOT, 1);
    add("horizontal.3-by-mixture", "transfer", "horizontal.3", "mixture", FEW_NOT, 1);
    add("rotation-by-mixture", "transfer", "rotation-bicubic", "mixture", FEW_NOT, 1);
    add("salt-pepper-by-mixture", "transfer", "salt-pepper", "mixture", FEW_NOT, 1);
}

static void add_few(const char *of)
{
    static const struct {
        const char *name;
        enum few few;
        int repeats;
    } kinds[] = {{"one-class", FEW_ONE_CLASS, 10},
                 {"three-classes", FEW_THREE_CLASSES, 10},
                 {"eight-images", FEW_EIGHT_IMAGES, 10},
                 {"one-image", FEW_ONE_IMAGE, 20}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char name[NAME];
        snprintf(name, sizeof name, "%s-%s", kinds[i].name, of);
        add(name, "few", of, of, kinds[i].few, kinds[i].repeats);
    }
}

const test_case *test_cases(int *count)
{
    if (filled == 0) {
        int all;
        const manipulation *each = manipulations(&all);
        for (int i = 0; i < all; i++)
            add(each[i].name, group_names[each[i].group], each[i].name, each[i].name, FEW_NOT, 1);
        add_others();
        add_few("vertical.2");
        add_few("salt-pepper");
    }
    *count = filled;
    return list;
}

static int is_word(const test_case *which, const char *word, size_t length)
{
    const char *const words[3] = {which->name, which->group, "all"};
    for (int i = 0; i < 3; i++)
        if (strlen(words[i]) == length && strncmp(words[i], word, length) == 0) return 1;
    return 0;
}

int is_chosen(const test_case *which, const char *text)
{
    for (;;) {
        const size_t length = strcspn(text, ",");
        if (is_word(which, text, length)) return 1;
        if (text[length] == '\0') return 0;
        text += length + 1;
    }
}

void check_chosen(const char *text)
{
    int count;
    const test_case *cases = test_cases(&count);
    for (;;) {
        const size_t length = strcspn(text, ",");
        int found = 0;
        for (int i = 0; i < count; i++) found = found || is_word(&cases[i], text, length);
        if (!found) give_up(text, "no case or group of this name; --list 1 lists them");
        if (text[length] == '\0') return;
        text += length + 1;
    }
}

/* Of class r in one-class; of r, r + 1 and r + 2 in three-classes. */
static int is_of_classes(const test_case *which, int repeat, int32_t label)
{
    const int away = (label - repeat % 10 + 10) % 10;
    return which->few == FEW_ONE_CLASS ? away == 0 : which->few == FEW_THREE_CLASSES ? away < 3 : 1;
}

int64_t choose_few(const test_case *which, const cama_dataset *test, int repeat, int64_t count, int64_t *places)
{
    const int64_t n = count_of(test);
    int64_t found = 0;
    int32_t *labels = malloc((size_t)n * sizeof *labels);
    if (labels == NULL) give_up("labels", "no memory");
    went(cama_dataset_read(test, 0, n, NULL, labels));
    if (which->few == FEW_EIGHT_IMAGES) count = 8;
    if (which->few == FEW_ONE_IMAGE) count = 1;
    const int64_t first = which->few == FEW_EIGHT_IMAGES || which->few == FEW_ONE_IMAGE ? repeat * count % n : 0;
    for (int64_t i = first; i < n && found < count; i++)
        if (is_of_classes(which, repeat, labels[i])) places[found++] = i;
    free(labels);
    return found;
}
