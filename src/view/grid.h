/* grid: rows of cells as a table for people.
 *
 * On a terminal nothing is wider than it is: cells are cut, then columns leave, in a stated order.  In a pipe nothing
 * is cut and nothing leaves.  Widths come from the first GRID_SAMPLE rows, so that output starts at once and stays in
 * step.
 *
 *     struct grid *grid = grid_open(stdout, &style, columns, COLUMNS);
 *     for each row: for each column: grid_cell(grid, text); then grid_row(grid);
 *     grid_finish(grid); what stands below the table; grid_free(grid); */
#ifndef LASTACK_VIEW_GRID_H
#define LASTACK_VIEW_GRID_H

#include <stdbool.h>
#include <stdio.h>

#include "base/strbuf.h"

enum { GRID_SAMPLE = 1000, GRID_COLUMNS = 12 };

enum grid_cut {
	CUT_NEVER,
	CUT_ENDPOINT, /* in the middle of an address: its port stays */
	CUT_END,      /* at its end */
};

struct grid_column {
	const char *terminal, *pipe; /* headings; NULL: there is no such column there */
	bool right;                  /* numbers, on a terminal; a pipe's cells are all to the left */
	bool is_time;                /* clock_print with a blank for the T: the day goes where it is one for all */
	enum grid_cut cut;
	unsigned least;  /* no narrower than this */
	unsigned usual;  /* nor than this, where there is room: so that what is drawn again and again stands still */
	unsigned leaves; /* the first to leave is 1; 0: stays */
	bool breaks;     /* where a row goes on in a second line, if all that is not enough */
};

struct grid_style {
	unsigned width; /* columns of the terminal; 0: a pipe, the full form */
	bool color;
};

struct grid;

struct grid *grid_open(FILE *out, const struct grid_style *style, const struct grid_column *columns, unsigned count);

/* The next cell of the row; text may have colours where nothing is cut. */
void grid_cell(struct grid *grid, const char *text);

/* The row is complete. */
void grid_row(struct grid *grid);

/* Prints what is left.  Returns how many rows were printed. */
long grid_finish(struct grid *grid);

/* Behind grid_finish: was it printed? */
bool grid_shows(const struct grid *grid, unsigned column);

void grid_free(struct grid *grid);

#endif
