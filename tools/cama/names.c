/* names - class names of a schema or of a model of images. */
#include "names.h"

#include <stdio.h>

#include "fail.h"
#include "input.h"

void names_of(const cama_model *model, texts *out)
{
    const int64_t classes = model_number(model, "classes");
    *out = (texts){NULL, 0, 0};
    for (int64_t i = 0; i < classes; i++) {
        const char *name = NULL;
        char number[24];
        went(cama_model_class_name(model, (int32_t)i, &name));
        snprintf(number, sizeof number, "%lld", (long long)i);
        texts_add(out, name != NULL ? name : number);
    }
}

int32_t names_find(const texts *names, const char *name) { return (int32_t)texts_find(names, name); }
