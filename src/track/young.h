/* young: connections of which no more is kept than the segments that passed, in 48 octets each.
 *
 * Theory.  Most connections begin by the book: SYN, SYN+ACK, ACK, then octets in order.  What such segments mean for
 * both sides matters when something comes that is not by the book, or when the connection ends; until then it is
 * enough to have them.  So a connection begins young.  When a segment comes that is more than the next one in order (a
 * RST, a repetition, a gap, a long silence, the second FIN), or there are too many, it grows up: a flow is made, and
 * the segments that were kept are taken in one after the other, by the same functions and with the same results as if
 * that had been done when they passed.  There is one machine, and it has the lines of one flow in the caches while it
 * works, where it would have those of another one for each packet.
 *
 * What cannot wait is told at once: the steps of a handshake and the first FIN, to those who look at many connections
 * (detect/spread.h).  That its segments may be kept rests on this: while they are by the book, no timer of a state does
 * anything that another connection could notice (presume.h), and no other one begins between the same endpoints
 * (epoch.h).  One that closes is a matter of moments: after a second it grows up, and its timers are set. */
#ifndef LASTACK_TRACK_YOUNG_H
#define LASTACK_TRACK_YOUNG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/words.h"
#include "decode/segment.h"
#include "track/flow.h"

/* A segment without what is the same for all of its connection. */
struct young_segment {
	int64_t time_ns;
	uint64_t packet;
	uint32_t seq, ack, ts_val, ts_ecr;
	uint32_t digest;      /* of a SYN: its window scale */
	uint16_t payload_len; /* of a SYN: its MSS */
	uint16_t wnd, ip_id, ip_bytes;
	uint8_t ctl, ttl, options;
	bool from_responder : 1, has_ip_id : 1, good : 1, cut : 1;
};

/* What a segment is for a young connection. */
enum young_step {
	YOUNG_NONE, /* more than it may keep: it must grow up */
	YOUNG_SYN,
	YOUNG_SYN_ACK,
	YOUNG_THIRD, /* which is over with that */
	YOUNG_NEXT,
	YOUNG_FIN,     /* the first one */
	YOUNG_FIN_ACK, /* of the other side, which sends nothing else with it */
};

/* Whom it is held with, and for how long. */
enum young_class {
	YOUNG_HALF_OPEN, /* until the third segment of the handshake */
	YOUNG_OPEN,
	YOUNG_CLOSING, /* from the first FIN on */
	YOUNG_CLASSES,
};

/* The part that all have. */
struct young {
	/* a cache line of what tells whether a segment is one of it */
	uint64_t hash;
	struct addr ip[SIDES];
	uint16_t port[SIDES];
	uint32_t network, input;
	uint16_t vlan;
	uint8_t tunnel;
	uint8_t class; /* enum young_class */
	uint8_t count; /* segments */
	uint8_t step;  /* enum young_step: what the last one was */

	uint64_t id;
	struct list age; /* in the tracker's list of its class, least recently heard of first */
	struct watched watched;
	int64_t age_ns; /* when it was last moved to the end of that list */
};

/* One that nobody has answered: its SYN. */
struct young_attempt {
	struct young young;
	struct young_segment syn;
};

enum { YOUNG_SEGMENTS = 15 };

/* One that was answered.  Each has two segments at least. */
struct young_talk {
	struct young young;
	int64_t last_ns;
	struct {
		uint32_t nxt, ack; /* what it sends next; what it acknowledged */
		uint32_t val;      /* its last TSval */
	} side[SIDES];
	uint8_t closer; /* enum side: whose FIN it was */
	struct young_segment segment[YOUNG_SEGMENTS];
};

/* May a connection begin young with this segment? */
bool young_begins(const struct segment *segment);

/* *attempt is set, all of it but `age`. */
void young_begin(struct young_attempt *attempt, uint64_t id, uint64_t hash, const struct segment *segment);

/* What the segment is, which is one between its endpoints, and who sent it.  Room is not looked at. */
enum young_step young_step(const struct young *young, const struct segment *segment, enum side *side);

/* The attempt is answered by the segment: all of it moves to *talk, but `age`. */
void young_answer(struct young_talk *talk, struct young_attempt *attempt, const struct segment *segment);

/* Keeps one more: of fewer than YOUNG_SEGMENTS. */
void young_add(struct young_talk *talk, enum young_step step, enum side side, const struct segment *segment);

/* Its i-th segment as it was, without payload; gives who sent it. */
enum side young_segment(const struct young *young, unsigned i, struct segment *segment);

/* When it was last heard of. */
int64_t young_last_ns(const struct young *young);

/* When it grows up if it stays silent: it is waited for no longer (flow_removal_ns), or has not closed at once. */
int64_t young_due_ns(const struct young *young);

static inline bool young_is_attempt(const struct young *young)
{
	return young->count == 1;
}

#endif
