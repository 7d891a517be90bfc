/* query: connections read back from the database, filtered, as records. */
#ifndef LASTACK_STORE_QUERY_H
#define LASTACK_STORE_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* Which connections.  The zero value with its *_set marks off means all of them; texts are borrowed. */
struct query_filter {
	bool host_set;
	struct addr host;   /* either side */
	unsigned host_bits; /* of the 128-bit form, addr_parse_prefix */
	int64_t port;       /* either side; 0: any */
	const char *state;  /* either side's state by name; NULL: any */
	const char *initiator_state, *responder_state;
	const char *outcome;
	const char *anomaly;     /* code */
	enum severity severity;  /* of an anomaly at the least; SEVERITY_INFO, the zero value: any, or none */
	bool open;               /* only those whose end was not seen: outcome open or capture-ended */
	int64_t since_ns;        /* last segment at or after; CLOCK_NONE: any */
	int64_t before_ns;       /* first segment before; CLOCK_NONE: any */
	int64_t min_duration_us; /* 0: any */
	const char *country;     /* of either side */
	int64_t asn;             /* of either side; 0: any */
	bool over;               /* none that is being watched: its row is going to change */
	int64_t id;              /* one connection; 0: any */
	int64_t above_id;        /* with a higher id */
	const char *ids;         /* these alone, a JSON array; NULL: as the two before say */
	int64_t first_capture;   /* captures with at least this id (those of this run); 0: any */
	int sort_column;         /* RECORD_COLUMN_...; -1: id */
	bool descending;
	const char *sensor; /* which one sent it, of a cluster; NULL: any */
	int64_t limit;      /* 0: none */
	bool codes;         /* query_codes is wanted */
	bool withdrawn;     /* anomalies that were withdrawn, too */
};

/* Every mark off, ascending by id. */
void query_filter_clear(struct query_filter *filter);

struct query;

/* Connections that fit.  NULL with *err when the database fails. */
struct query *query_connections(struct store *store, const struct query_filter *filter, struct err *err);

/* The next one into *record (geo columns included), which borrows from the query until the next call.  False at the
 * end, and with err->code set when the database failed. */
bool query_next(struct query *query, struct conn_record *record, struct err *err);
void query_close(struct query *query); /* accepts NULL */

/* The codes of the anomalies of the connection that was read last, joined by commas; NULL: none. */
const char *query_codes(const struct query *query);

/* Does it ask for connections by what only one of them has?  Their times and endpoints are no such thing. */
bool query_asks_for_one(const struct query_filter *filter);

/* Anomalies of connections that fit, and those of several connections unless query_asks_for_one; in order of time. */
struct query *query_anomalies(struct store *store, const struct query_filter *filter, struct err *err);
bool query_next_anomaly(struct query *query, struct anomaly_record *record, struct err *err); /* as query_next */

/* The same anomalies counted: the worst first, of one severity the most frequent first. */
struct anomaly_group {
	char severity[16], code[64];
	int64_t count, first_ns, last_ns;
	int64_t services;             /* different responders, by address and port */
	char service[ADDR_TEXT + 10]; /* that of most of them, or "" */
	int64_t at_service;           /* how many those are */
	char initiator[ADDR_TEXT];    /* who opened all of them; "": several did */
};
struct anomaly_overview {
	struct anomaly_group *groups;
	int count;
};
bool query_overview(
	struct store *store, const struct query_filter *filter, struct anomaly_overview *overview, struct err *err);
void query_overview_fini(struct anomaly_overview *overview); /* accepts the zero value */

/* How many connections fit. */
bool query_count(struct store *store, const struct query_filter *filter, int64_t *count, struct err *err);

/* How many connections per outcome there are in captures >= first_capture (0: all). */
bool query_count_outcomes(struct store *store, int64_t first_capture, int64_t counts[OUTCOMES], struct err *err);

/* The last row of table capture that is of an interface.  False when there is none. */
struct query_watch {
	char source[64];
	int64_t packets, kernel_drops, interface_drops;
};
bool query_last_watch(struct store *store, struct query_watch *watch);

/* Every row of table capture, in order of their ids.  The record borrows, as of query_next. */
typedef void query_take_capture(void *context, const struct capture_record *capture);
bool query_captures(struct store *store, query_take_capture *take, void *context, struct err *err);

/* Every row of table capture_drop, in order of time: packets that the capture lost since the row before. */
typedef void query_take_drop(void *context, int64_t time_ns, int64_t packets);
bool query_drops(struct store *store, query_take_drop *take, void *context, struct err *err);

/* Lowest and highest id of a connection; false when there is none. */
bool query_id_range(struct store *store, int64_t *lowest, int64_t *highest);

#endif
