/* zeek_log: the rows that Zeek's conn.log has for a connection, as the text of column conn_log, and back.
 *
 * Rows are separated by a semicolon, their fields by a comma, in the order of struct zeek_log_row. */
#ifndef LASTACK_RECORD_ZEEK_LOG_H
#define LASTACK_RECORD_ZEEK_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/words.h"

enum { ZEEK_LOG_WORD = 32 };

/* Arrays: Zeek's originator, responder. */
struct zeek_log_row {
	enum side side;    /* ours, of its originator */
	int64_t offset_ns; /* start, from first_ns of the connection */
	int64_t duration_us;
	const char *conn_state;
	const char *history; /* "": none */
	int64_t missed_bytes;
	int64_t bytes[SIDES], packets[SIDES], ip_bytes[SIDES];
};

void zeek_log_add(struct strbuf *text, const struct zeek_log_row *row);

/* Reads the next row.  *at starts at the text; false at its end, or where it is no such text.  The words of *row are
 * written to room. */
bool zeek_log_next(const char **at, struct zeek_log_row *row, char room[2][ZEEK_LOG_WORD]);

#endif
