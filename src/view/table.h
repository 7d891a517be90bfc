/* table: connections as a table for people.
 *
 * On a terminal: short states, times of day.  In a pipe: times and numbers in full, codes of anomalies instead of the
 * mark. */
#ifndef LASTACK_VIEW_TABLE_H
#define LASTACK_VIEW_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "record/record.h"
#include "view/grid.h"

struct table;

struct table *table_open(FILE *out, const struct grid_style *style);

/* codes: of its anomalies, joined by commas; NULL: none, or not asked for (a terminal does not show them). */
void table_record(struct table *table, const struct conn_record *record, const char *codes);

/* Prints what is left, and the footnote where there is one.  Returns how many rows were printed. */
long table_close(struct table *table);

#endif
