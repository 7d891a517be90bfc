/* at: the connections of a past moment, with the states of both sides. */
#ifndef LASTACK_STORE_AT_H
#define LASTACK_STORE_AT_H

#include "record/moment.h"
#include "store/query.h"

/* What was captured around a time; CLOCK_NONE: nothing. */
struct at_span {
	int64_t first_ns; /* first packet of all */
	bool covered;     /* a capture went on at that time */
	int64_t before_ns,
		after_ns; /* last packet of the captures that ended before, first of those that began after */
};

/* False with *err when the database fails. */
bool at_span(struct store *store, int64_t at_ns, struct at_span *span, struct err *err);

/* Which connections of which moment. */
struct at_request {
	int64_t at_ns;
	int64_t watched_ns;            /* of captures that went on until then: at_ns, or the last packet before it */
	int64_t half_open_ns, idle_ns; /* for how long a silent connection is held to be there: track/timeouts.def */
	const struct query_filter *filter; /* host, port, and states (those of the moment) count */
	bool count;                        /* nobody asks who they are */
};

struct at_row {
	int64_t id, first_ns, last_ns;
	int64_t time_wait_ends_ns; /* CLOCK_NONE unless a side is in TIME-WAIT then */
	struct moment side[SIDES];
	/* not with `count`; borrowed until the next row */
	struct addr ip[SIDES];
	int64_t port[SIDES];
	const char *outcome; /* what became of it */
};

/* Connections that were there, in order of their first segments.  NULL with *err when the database fails. */
struct at *at_open(struct store *store, const struct at_request *request, struct err *err);
bool at_next(struct at *at, struct at_row *row, struct err *err); /* as query_next */
void at_close(struct at *at);                                     /* accepts NULL */

#endif
