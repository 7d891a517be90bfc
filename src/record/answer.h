/* answer: what a question gives: rows of plain values, and what each column of them is.
 *
 * A row is an array of values, one for each column, in their order; texts in it are borrowed from whoever made it,
 * until the next row. */
#ifndef LASTACK_RECORD_ANSWER_H
#define LASTACK_RECORD_ANSWER_H

#include <stdint.h>

/* What the values of a column are, and so how people see them. */
enum answer_kind {
	ANSWER_TEXT,
	ANSWER_NUMBER,
	ANSWER_REAL,
	ANSWER_ID,    /* of a connection */
	ANSWER_BYTES, /* octets */
	ANSWER_SPAN,  /* microseconds */
	ANSWER_TIME,  /* nanoseconds since the epoch */
	ANSWER_PERCENT,
	ANSWER_ENDPOINT, /* address:port, or an address */
	ANSWER_SEVERITY, /* its word */
	ANSWER_STATE,    /* its name */
	ANSWER_BASIS,    /* the word of how the state in the column before is known; people see it as that one's mark */
	ANSWER_HIDDEN,   /* for programs only */
};

struct answer_column {
	const char *name;    /* for programs */
	const char *heading; /* for people */
	enum answer_kind kind;
	unsigned leaves; /* as of struct grid_column: 1 leaves first, where a terminal is narrow; 0 stays */
	const char *meaning;
};

struct answer_value {
	enum { ANSWER_IS_NONE, ANSWER_IS_NUMBER, ANSWER_IS_REAL, ANSWER_IS_TEXT } is;
	int64_t number;
	double real;
	const char *text;
};

/* The most columns there can be. */
enum { ANSWER_COLUMNS = 24 };

/* What is said around a table of answers; NULL: nothing.  Several lines of one are parted by '\n'. */
struct answer_texts {
	const char *title; /* the question, above it */
	const char *note;  /* what marks and columns mean, below it */
	/* What to do about it, and commands that tell more.  {NAME} stands for the value of that column in the first
	 * row; a line with one that is not there is left out. */
	const char *next, *more;
};

#endif
