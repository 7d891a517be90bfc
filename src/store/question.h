/* question: the questions of schema/questions/, one SQL file each: asked of a database, and kept in it as views.
 *
 * The table is made from the files by gen/questions.awk when the program is built, which says what a file looks like.
 * What stands in braces in a statement is filled in: {chosen} and {found} by a condition on the connection c or the
 * anomaly a, {limit} by how many rows are wanted; of a view by what lets everything pass. */
#ifndef LASTACK_STORE_QUESTION_H
#define LASTACK_STORE_QUESTION_H

#include "base/strbuf.h"
#include "record/answer.h"
#include "store/query.h"

struct question {
	const char *name;        /* "closewait-leaks" */
	const char *title;       /* the question itself */
	const char *answers;     /* what it tells */
	const char *argument;    /* "HOST", "TIME": bound as :HOST, :TIME; NULL: it takes none, and is a view */
	const char *argument_is; /* what that is */
	const struct answer_column *columns;
	unsigned column_count;
	const char *none;               /* what is said when there is no row */
	const char *note, *next, *more; /* struct answer_texts */
	const char *indexes;            /* those it wants, of schema/indexes, parted by blanks */
	const char *text;               /* the file, without its last semicolon */
	const char *cluster_text;       /* what asks the same of a ClickHouse; NULL: it is not asked there */
};

extern const struct question questions[];
extern const unsigned question_count;

/* By name; NULL when there is none. */
const struct question *question_find(const char *name);

/* Can it be narrowed, by host, port and time? */
bool question_narrows(const struct question *question);

/* The statement as of its view. */
void question_sql(const struct question *question, struct strbuf *text);

/* Adds the lines of a text whose parameters, :NAME or {NAME}, the filter has: its first one, as they have but one each.
 * filter NULL: it has none. */
void question_add_given(struct strbuf *text, const char *lines, const struct query_filter *filter);

/* An argument as it is bound: an address as text, or a time. */
struct question_argument {
	const char *text; /* NULL: it is the number */
	int64_t number;
};

/* Asks.  Of the filter host, port, since, before and limit count.  NULL with *err when the database fails. */
struct answer *question_ask(struct store *store, const struct question *question, const struct query_filter *filter,
	const struct question_argument *argument, struct err *err);

/* The next row.  False at the end, and with err->code set when the database failed. */
bool answer_next(struct answer *answer, struct answer_value values[ANSWER_COLUMNS], struct err *err);
void answer_close(struct answer *answer); /* accepts NULL */

#endif
