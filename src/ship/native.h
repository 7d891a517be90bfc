/* native: rows as a block of ClickHouse's format Native (https://clickhouse.com/docs/interfaces/formats/Native): column
 * by column, each with its name and type.
 *
 * It costs both ends less than JSONEachRow or RowBinary (tests/bench/ship), and says what it holds, so that a table of
 * other types refuses it where RowBinary would be misread.  Types are those of the table, as it tells them. */
#ifndef LASTACK_SHIP_NATIVE_H
#define LASTACK_SHIP_NATIVE_H

#include <stdint.h>

#include "base/strbuf.h"
#include "store/spool.h"

struct native;

struct native *native_new(void);
void native_free(struct native *native); /* accepts NULL */

/* One more column: integers, floats, String, and Nullable of them.  A type that is none of these is sent as String,
 * which newer servers convert. */
void native_column(struct native *native, const char *name, const char *type);

/* A row: its values in the order of the columns, one call each.  What is NULL is 0 or "" in a type that has no NULL; a
 * number that does not fit is the nearest that does. */
void native_put(struct native *native, struct spool_value value);

int64_t native_rows(const struct native *native);

/* Adds the block, and begins an empty one. */
void native_write(struct native *native, struct strbuf *out);

#endif
