/* table: connections as a table for people.
 *
 * On a terminal: short states, times of day, what gives way when columns run short.  In a pipe: nothing is cut,
 * times and numbers in full, anomaly names instead of the mark.  Column widths come from the first TABLE_SAMPLE
 * rows, so that output starts at once and stays in step. */
#ifndef LASTACK_VIEW_TABLE_H
#define LASTACK_VIEW_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "record/record.h"

enum { TABLE_SAMPLE = 1000 };

struct table;

struct table_style {
	unsigned width; /* columns of the terminal; 0: a pipe, the full form */
	bool color;
};

struct table *table_open(FILE *out, const struct table_style *style);
void table_record(struct table *table, const struct conn_record *record);

/* Prints what is left, and the footnote where there is one.  Returns how many rows were printed. */
long table_close(struct table *table);

#endif
