/* table_costume - cells that are numbers to whoever wrote them and texts to a parser: "12%", "1,234.5", "28,7",
 * "1.5D+01", "3 kg", "$5", "0x1F", "1/2", "12:30". */
#ifndef CAMA_IO_TABLE_COSTUME_H
#define CAMA_IO_TABLE_COSTUME_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *prefix, *suffix; /* what stands around the number, without signs and spaces; in the cell */
    int64_t prefix_size, suffix_size;
    bool apart; /* the suffix is a unit by itself: behind a space, or no letter */
    bool otherwise; /* a hexadecimal number, a fraction or a time of day, with nothing around it */
    bool comma; /* the number has one comma and nothing else in it: it may be a decimal comma */
} cama__costume;

/* Whether a text is digits, with whatever divides thousands and decimals, and an exponent or none, between a prefix
 * without letters and a suffix without digits; or a hexadecimal number, a fraction or a time of day. */
bool cama__costume_read(const char *text, cama__costume *out);
/* Whether both have the same prefix and suffix, or each a unit: "3 kg" and "500 g" do, "1st" and "2nd" do not; or both
 * none, as "12:30" and "0x1F". */
bool cama__costume_same(const cama__costume *a, const cama__costume *b);

#endif
