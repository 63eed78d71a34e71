/* sheet - see sheet.h. Numbers that were read less an offset have all their digits behind it. */
#include "sheet.h"

#include <math.h>
#include <stdlib.h>

#include "writers/csv.h"
#include "fail.h"
#include "texts.h"

enum { DIGITS = 6, MANY_DIGITS = 15 };

/* Names of the numbers of x: the children's, one for each level of a categorical one. */
static void names_of_x(const cama_schema *schema, texts *out)
{
    int32_t count = 0;
    *out = (texts){NULL, 0, 0};
    went(cama_schema_sizes(schema, &count, NULL, NULL, NULL, NULL));
    for (int32_t i = 0; i < count; i++) {
        const char *name = NULL, *level_name = NULL;
        int32_t role = 0, kind = 0, levels = 0;
        went(cama_schema_variable(schema, i, &name, &role, &kind, &levels, NULL));
        for (int32_t level = 0; role == CAMA_ROLE_CHILD && level < levels; level++) {
            if (kind == CAMA_KIND_CATEGORICAL) went(cama_schema_level_name(schema, i, level, &level_name));
            char *heading = kind == CAMA_KIND_CATEGORICAL ? text_of("%s=%s", name, level_name) : text_of("%s", name);
            texts_add(out, heading);
            free(heading);
        }
    }
}

void sheet_begin(sheet *self)
{
    texts names;
    names_of_x(self->schema, &names);
    self->out = (json){self->file, 0, 0};
    if (self->as_json) {
        json_open(&self->out, NULL, '{');
        json_open(&self->out, "columns", '[');
        for (size_t i = 0; i < names.count; i++) json_text(&self->out, NULL, names.items[i]);
        json_close(&self->out, ']');
        if (self->moved != NULL) json_text(&self->out, "moved", self->moved);
        json_open(&self->out, "rows", '[');
    } else {
        fputs(self->by_row ? "row,class" : "class", self->file);
        if (self->moved != NULL) {
            fputc(',', self->file);
            csv_text(self->file, self->moved);
        }
        for (size_t i = 0; i < names.count; i++) {
            fputc(',', self->file);
            csv_text(self->file, names.items[i]);
        }
        fputc('\n', self->file);
    }
    texts_free(&names);
}

static void add_json(sheet *self, const answer *one)
{
    json *out = &self->out;
    json_open(out, NULL, '{');
    if (self->by_row) json_int(out, "row", one->row);
    json_text(out, "class", *one->class_name != '\0' ? one->class_name : NULL);
    if (self->moved != NULL) json_real(out, "value", one->value);
    json_open(out, "x", '[');
    for (int32_t i = 0; i < self->width; i++) json_real(out, NULL, (double)one->x[i] + self->offsets[i]);
    json_close(out, ']');
    json_close(out, '}');
}

static int digits_of(double offset) { return offset != 0 ? MANY_DIGITS : DIGITS; }

void sheet_add(sheet *self, const answer *one)
{
    if (self->as_json) {
        add_json(self, one);
        return;
    }
    if (self->by_row) fprintf(self->file, "%lld,", (long long)one->row);
    csv_text(self->file, one->class_name);
    if (self->moved != NULL) {
        fputc(',', self->file);
        csv_number(self->file, one->value, digits_of(one->offset));
    }
    for (int32_t i = 0; i < self->width; i++) {
        fputc(',', self->file);
        csv_number(self->file, (double)one->x[i] + self->offsets[i], digits_of(self->offsets[i]));
    }
    fputc('\n', self->file);
}

void sheet_end(sheet *self)
{
    if (!self->as_json) return;
    json_close(&self->out, ']');
    json_close(&self->out, '}');
}
