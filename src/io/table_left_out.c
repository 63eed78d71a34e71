/* table_left_out - the columns that a schema does not have, and why, so that a run on somebody's own table can say what
 * it did not read. */
#include <string.h>

#include "csv_names.h"
#include "table_parts.h"

static bool is_item(const cama__table *t, int64_t column)
{
    for (int64_t i = 0; i < t->count; i++) {
        if (t->item[i].column == column) return true;
    }
    return false;
}

/* Why a column is not in the schema. */
static const char *reason_of(const cama__table *t, const cama__csv_names *ignore, int64_t column)
{
    const char *name = t->csv.cell[column];
    const bool by_graph = *t->o->dag != '\0';
    return is_item(t, column)                                  ? "constant"
           : cama__csv_names_find(ignore, name) >= 0           ? "ignored"
           : by_graph && cama__graph_find(&t->graph, name) < 0 ? "not in the graph"
                                                               : "no role";
}

static bool is_left_out(const cama__table *t, const cama_schema *schema, int64_t column)
{
    return column != t->target && cama__schema_find(schema, t->csv.cell[column]) == NULL;
}

int32_t cama__table_left_out(const cama__table *t, cama_schema *schema)
{
    int32_t status = CAMA_OK, count = 0;
    cama__csv_names ignore = {.count = 0};
    for (int64_t i = 0; i < t->csv.columns; i++) count += is_left_out(t, schema, i);
    if (count == 0) goto out;
    TRY(cama__csv_names_read(t->o->ignore, "ignore", &ignore));
    TRY(cama__mem_new(&schema->left_out, count));
    for (int64_t i = 0; i < t->csv.columns; i++) {
        if (!is_left_out(t, schema, i)) continue;
        cama__left_out *made = &schema->left_out[schema->left_out_count];
        made->column = cama__mem_text(t->csv.cell[i]);
        TRY(cama__mem_got(made->column));
        made->reason = reason_of(t, &ignore, i);
        schema->left_out_count++;
    }
out:
    cama__csv_names_free(&ignore);
    return status;
}
