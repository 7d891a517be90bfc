/* tracker: segments in, connections out.
 *
 * Owns the flow table, the timers and the clock, which is packet time and nothing else.  The same segments
 * always give the same connections, whatever the hash key. */
#ifndef LASTACK_TRACK_TRACKER_H
#define LASTACK_TRACK_TRACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/words.h"
#include "decode/segment.h"
#include "track/stack.h"

struct flow;
struct observation;
struct tracker;
struct young;

/* What it calls with each segment once that has been taken in, if anybody asked. */
typedef void tracker_observed(void *context, const struct observation *observation);

/* What it calls with each segment of a connection that is young when that passes (young.h), if anybody takes them.  It
 * is taken in, and observed, later: when the connection grows up. */
typedef void tracker_young(void *context, struct young *young);

/* What it calls before a segment is taken in, at most once a second for each connection, if anybody asked: how it
 * stands at that time. */
typedef void tracker_looked(void *context, struct flow *flow, int64_t now_ns);

struct tracker_options {
	struct stack stack;       /* the clocks of the hosts that are watched */
	uint64_t max_connections; /* flows held at once; beyond it one is given up by policy */
	int64_t first_id;         /* id of the first connection, then counting up */
	uint64_t most_done; /* of them that are over by the book: of more, little is kept (settled.h); 0: no limit */
	tracker_observed *observed; /* or NULL; its context is that of `closed` */
	tracker_young *young;       /* or NULL: no connection is kept young; the same */
	tracker_looked *looked;     /* or NULL; the same */
	bool tells_changes;         /* tracker_changed is going to be asked, and how many are in which state */
};

/* What it calls with each connection that is over (or given up); the flow is gone after it returns. */
typedef void tracker_closed(void *context, const struct flow *flow);

struct tracker *tracker_new(const struct tracker_options *options, tracker_closed *closed, void *context);

/* Memory that a connection may take, bytes, as a share of what all of them may.  young: they begin so. */
size_t tracker_connection_bytes(bool young);

void tracker_free(struct tracker *tracker); /* without reporting what is open; accepts NULL */

/* Moves the clock: timers due before time_ns fire.  Times that go back move nothing and are counted; a jump of
 * more than an hour waits until a second packet agrees with it (reliability: T2). */
void tracker_advance(struct tracker *tracker, int64_t time_ns);

/* One segment, after tracker_advance to its time. */
void tracker_segment(struct tracker *tracker, const struct segment *segment);

/* The same for segments of which several are known before the first is taken in: each is announced, then its connection
 * is fetched, then it is taken in, and trips to memory go side by side.  None of this but the last changes anything. */
uint64_t tracker_expect(const struct tracker *tracker, const struct segment *segment); /* gives its hash */
void tracker_fetch(const struct tracker *tracker, uint64_t hash);
void tracker_expected(struct tracker *tracker, const struct segment *segment, uint64_t hash);

/* What it calls with a connection that is open and has changed.  False: not now, it waits to be told of again. */
typedef bool tracker_told(void *context, const struct flow *flow);

/* Tells of open connections that changed since they were told of last, a second ago at least: never so far, in the
 * state of a side, or in anything, and that was `every_ns` ago.  `most` are looked at, the longest waiting first; the
 * others wait. */
void tracker_changed(struct tracker *tracker, int64_t every_ns, unsigned most, tracker_told *told);

/* All of them are to be told of, as if they never had been. */
void tracker_tell_all(struct tracker *tracker);

/* Shows each open connection, in order of their ids; where some are kept young, none of those. */
typedef void tracker_visit(void *context, const struct flow *flow);
void tracker_each(const struct tracker *tracker, tracker_visit *visit, void *context);

/* Every connection grows up now: what was observed of them is told before this returns. */
void tracker_grow_up(struct tracker *tracker);

/* End of input.  The clock runs on to until_ns (CLOCK_NONE: stays), then every connection is reported, in
 * order of its id. */
void tracker_finish(struct tracker *tracker, int64_t until_ns);

/* How far packet time has come. */
int64_t tracker_clock_ns(const struct tracker *tracker);

struct tracker_stats {
	uint64_t segments;    /* received by tracker_segment */
	uint64_t connections; /* begun */
	uint64_t open;        /* held now */
	uint64_t evicted;
	uint64_t settled;   /* connections of which little was kept, as they were over (settled.h) */
	uint64_t late;      /* segments of those that came later */
	uint64_t time_back; /* packets with a time before the clock */
	/* with tells_changes: sides of those held now, by their state; TCP_UNKNOWN: never heard of */
	uint64_t states[SIDES][TCP_STATES + 1];
};
const struct tracker_stats *tracker_stats(const struct tracker *tracker);

#endif
