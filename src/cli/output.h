/* output: connections from the database to standard output, in the format asked for. */
#ifndef LASTACK_CLI_OUTPUT_H
#define LASTACK_CLI_OUTPUT_H

#include "cli/options.h"
#include "record/answer.h"

enum output_format {
	OUTPUT_TABLE,
	OUTPUT_JSON,
	OUTPUT_CSV,
	OUTPUT_ZEEK,
	OUTPUT_TRANSITIONS,
	OUTPUT_ANOMALIES,
	OUTPUT_NONE,
	OUTPUT_FORMATS
};

/* The word of a format. */
const char *output_format_word(enum output_format format);

/* --format; false with *err when there is none of that name. */
bool output_parse(const char *word, enum output_format preset, enum output_format *format, struct err *err);

/* Prints what fits the filter; *count says how many that were. */
bool output_connections(struct store *store, const struct query_filter *filter, enum output_format format,
	enum term_color color, long *count, struct err *err);

/* The same in several pieces, in a format for machines: what fits each filter in turn.  NULL with *err: no such format.
 */
struct output;
struct output *output_open(enum output_format format, struct err *err);
bool output_add(struct output *output, struct store *store, const struct query_filter *filter, struct err *err);
void output_close(struct output *output); /* accepts NULL */

/* The same of anomalies, one by one: as a table, JSON or CSV.  *more: filter->limit left some out. */
bool output_anomalies(struct store *store, const struct query_filter *filter, enum output_format format,
	enum term_color color, long *count, bool *more, struct err *err);

/* Rows of an answer: a table, JSON or CSV. */
struct output_answer {
	enum output_format format;
	enum term_color color;
	struct answer_texts texts; /* of the table */
};

bool output_is_of_answers(enum output_format format);

/* --format and --color; false with *err when the format is another one. */
bool output_answer_parse(const struct options *options, struct output_answer *out, struct err *err);

struct output_rows;
struct output_rows *output_rows_open(
	const struct output_answer *out, const struct answer_column *columns, unsigned count);
void output_rows_add(struct output_rows *rows, const struct answer_value *values);
void output_rows_close(struct output_rows *rows);

#endif
