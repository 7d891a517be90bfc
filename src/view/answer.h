/* answer: the rows of an answer as a table, and what to do about it.
 *
 * Numbers are told as people read them on a terminal, and in full in a pipe, where the table stands alone: no title
 * above it, no advice below it. */
#ifndef LASTACK_VIEW_ANSWER_H
#define LASTACK_VIEW_ANSWER_H

#include "record/answer.h"
#include "view/grid.h"

struct answer_table;

/* Borrows columns and texts. */
struct answer_table *answer_table_open(FILE *out, const struct grid_style *style, const struct answer_column *columns,
	unsigned count, const struct answer_texts *texts);
void answer_table_row(struct answer_table *table, const struct answer_value *values);

/* Prints what is left, frees.  Returns how many rows there were. */
long answer_table_close(struct answer_table *table);

#endif
