/* ask: the questions of store/question.h asked of a ClickHouse, where many sensors send their rows.
 *
 * A question has a statement for it in schema/clickhouse/questions/, with the columns of the one for SQLite.  As 18.16
 * has no parameters, values stand in the statement: numbers, addresses as addr_print writes them, and text that is
 * quoted.  What comes back is from outside: an answer that is not of the question's columns is an error. */
#ifndef LASTACK_SHIP_ASK_H
#define LASTACK_SHIP_ASK_H

#include <stdbool.h>

#include "base/err.h"
#include "record/answer.h"
#include "ship/http.h"
#include "store/question.h"

enum { ASK_REQUEST_S = 300 }; /* how long an answer may take */

struct ask_request {
	const struct question *question;
	const struct query_filter *filter; /* its sensor, host, port, since, before and limit count */
	const struct question_argument *argument;
};

/* The statement as it is sent.  False with *err: the question, or a network as host, is not for a cluster. */
bool ask_sql(const struct ask_request *request, struct strbuf *text, struct err *err);

/* Asks, and takes the whole answer (HTTP_ANSWER_MOST).  NULL with *err. */
struct ask;
struct ask *ask_open(struct http *http, const struct ask_request *request, struct err *err);

/* The next row, as answer_next.  Its texts are borrowed until ask_close. */
bool ask_next(struct ask *ask, struct answer_value values[ANSWER_COLUMNS], struct err *err);
void ask_close(struct ask *ask); /* accepts NULL */

#endif
