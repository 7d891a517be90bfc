/* answer: rows of an answer for programs: as JSON, an object and line each, or as CSV. */
#ifndef LASTACK_EXPORT_ANSWER_H
#define LASTACK_EXPORT_ANSWER_H

#include "base/strbuf.h"
#include "record/answer.h"

void answer_json_add(
	struct strbuf *line, const struct answer_column *columns, unsigned count, const struct answer_value *values);

/* The line of names, and one of values. */
void answer_csv_head(struct strbuf *line, const struct answer_column *columns, unsigned count);
void answer_csv_add(struct strbuf *line, unsigned count, const struct answer_value *values);

#endif
