/* rows: the table of connections of a report.  The first page of it is HTML; all rows are packed for the script, which
 * shows, sorts and filters them.  Where there are too many, the ones with the worst anomalies stay. */
#ifndef LASTACK_REPORT_ROWS_H
#define LASTACK_REPORT_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "record/record.h"

enum {
	ROWS_MOST = 100000,   /* packed at the most */
	ROWS_BYTES = 9 << 20, /* and not beyond so many bytes */
	ROWS_PAGE = 100,      /* of the first page */
};

struct rows;

struct rows *rows_new(int64_t most);
void rows_free(struct rows *rows); /* accepts NULL */

/* codes: its anomalies, joined by commas; NULL: none. */
void rows_add(struct rows *rows, const struct conn_record *record, const char *codes);

/* Which connections are the most interesting: worst anomalies first, then in the order in which they came.  Fills at
 * most `room` ids and returns how many. */
int rows_first(const struct rows *rows, int64_t *ids, int room);

/* How many rows are packed. */
int64_t rows_shown(const struct rows *rows);

/* The first page as <tr> elements.  has_ladder: is there a ladder of it in the page?  many_days: times have their day.
 */
typedef bool rows_has_ladder(const void *context, int64_t id);
void rows_add_html(const struct rows *rows, struct strbuf *out, rows_has_ladder *has_ladder, const void *context);

/* A time as the tables have it: its day in an element of its own, which is hidden where all is of one day. */
void rows_add_moment(struct strbuf *out, int64_t ns);

/* What the script needs to read the packed rows, as members of a JSON object; and the rows, a line each. */
void rows_add_words(const struct rows *rows, struct strbuf *out);
void rows_add_packed(const struct rows *rows, struct strbuf *out);

#endif
