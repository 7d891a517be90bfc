/* zeek: what Zeek's conn.log would say of the segments between two endpoints.
 *
 * A rendering of its own: Zeek's machine is coarser than ours and departs from RFC 9293 on purpose, so nothing here is
 * derived from our states, and nothing of ours from these.  Its connections begin and end by its own rules too: one of
 * ours may be several rows of conn.log (a SYN repeated after five seconds, five silent minutes, a port used again), and
 * where ours ends and the next begins, Zeek's may go on.  So the machine belongs to the pair of endpoints: a flow that
 * supersedes another takes over what has begun (zeek_leave).
 *
 * Zeek's names are kept: the originator sent the first segment, unless a sign speaks against it.  Sides are not indexed
 * by that role but by endpoint, lower port first, so that a turn of roles moves nothing.
 *
 * Numbers of a side are octets from its start, the number of its SYN: a SYN takes 0, the first octet is 1. */
#ifndef LASTACK_TRACK_ZEEK_H
#define LASTACK_TRACK_ZEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "decode/segment.h"
#include "track/ranges.h"

enum zeek_state {
	ZEEK_INACTIVE,
	ZEEK_SYN_SENT,
	ZEEK_SYN_ACK_SENT,
	ZEEK_PARTIAL, /* spoke without a SYN */
	ZEEK_ESTABLISHED,
	ZEEK_CLOSED, /* sent a FIN */
	ZEEK_RESET,  /* sent a RST */
};

/* The words of column conn_state. */
enum zeek_conn_state {
#define ZEEK_CONN_STATE(word) ZEEK_##word,
#define ZEEK_CONN_STATES                                                                                               \
	ZEEK_CONN_STATE(S0)                                                                                            \
	ZEEK_CONN_STATE(S1)                                                                                            \
	ZEEK_CONN_STATE(SF)                                                                                            \
	ZEEK_CONN_STATE(REJ)                                                                                           \
	ZEEK_CONN_STATE(S2)                                                                                            \
	ZEEK_CONN_STATE(S3)                                                                                            \
	ZEEK_CONN_STATE(RSTO)                                                                                          \
	ZEEK_CONN_STATE(RSTR)                                                                                          \
	ZEEK_CONN_STATE(RSTOS0)                                                                                        \
	ZEEK_CONN_STATE(RSTRH)                                                                                         \
	ZEEK_CONN_STATE(SH)                                                                                            \
	ZEEK_CONN_STATE(SHR)                                                                                           \
	ZEEK_CONN_STATE(OTH)
	ZEEK_CONN_STATES
#undef ZEEK_CONN_STATE
};

extern const char *const zeek_conn_state_words[];

/* Letters kept; Zeek's text has no end, but only repeated SYN, FIN and RST with new numbers make it long. */
enum { ZEEK_HISTORY = 31 };

/* A row of conn.log.  Arrays: originator, responder. */
struct zeek_row {
	struct zeek_row *next; /* of rows that are over: the next newer one; of the newest: the oldest */
	int64_t start_ns, last_ns;
	int64_t bytes[2];    /* by sequence numbers */
	int64_t ip_bytes[2]; /* by the lengths in the IP headers */
	int64_t packets[2];
	int64_t missed;     /* octets acknowledged, never seen; both sides together */
	uint8_t conn_state; /* enum zeek_conn_state */
	bool lower;         /* the originator is the endpoint with the lower port (zeek_is_lower) */
	char history[ZEEK_HISTORY + 1];
};

struct zeek_side {
	int64_t last;          /* end of the last octet it sent, SYN and FIN included */
	int64_t ack;           /* highest that the peer acknowledged */
	int64_t delivered;     /* every octet before it was seen, or given up */
	struct ranges *above;  /* seen beyond it; NULL: nothing */
	int64_t fin;           /* end of its FIN; valid with fin_seen */
	uint32_t start;        /* on the wire */
	uint8_t state, before; /* enum zeek_state; the one before it */
	uint8_t written;       /* letters of its history that stand once: LETTER_ in zeek.c */
	bool fin_seen : 1;
	bool closed : 1;  /* its close was reported */
	bool drained : 1; /* it was told once that nothing of it is pending */
	bool skips : 1;   /* the reassembler gave up: nothing is delivered any more */
	uint32_t packets;
	uint32_t repeats, zero_windows; /* letters T, W */
	uint16_t gaps, broken;          /* letters G, C */
	uint32_t syn_at, rst_at;        /* where the last one stood */
	int64_t ip_bytes;
};

struct zeek {
	bool live;          /* a row has begun and is not over */
	bool left;          /* another flow goes on with it */
	uint8_t originator; /* which side */
	uint8_t patience;   /* how much silence ends it: index of zeek.c's table */
	bool closing : 1;   /* due_ns removes it, always; else: if it is still a mere attempt */
	bool deferred : 1;  /* a close waits until nothing is pending */
	bool partial : 1;   /* began without its SYN */
	uint8_t spoke;      /* bit of each side that was heard */
	uint8_t history_length;
	int64_t start_ns, last_ns;
	int64_t due_ns;           /* CLOCK_NONE: never */
	struct zeek_side side[2]; /* lower port first */
	int64_t missed;
	struct zeek_row *newest; /* of the rows that are over */
	char history[ZEEK_HISTORY];
};

/* Where rows that are over and ranges above holes come from: bounded, for all flows together.  When it is used up,
 * a row is lost, or a hole is not seen. */
struct zeek_room {
	struct pool rows, ranges;
};

void zeek_room_init(struct zeek_room *room, uint64_t connections);
size_t zeek_connection_bytes(void); /* for each of those connections */
void zeek_room_fini(struct zeek_room *room);

/* Is the first endpoint the one that stands first in side[]? */
bool zeek_is_lower(const struct addr *ip, uint16_t port, const struct addr *peer_ip, uint16_t peer_port);

/* One segment between the endpoints; now_ns: the clock, never before that of the segment before. */
void zeek_segment(struct zeek *zeek, const struct segment *segment, int64_t now_ns, struct zeek_room *room);

/* The row that has begun, for another flow to go on with; this one keeps the rows that are over. */
struct zeek zeek_leave(struct zeek *zeek);

/* For a copy of `zeek` in *copy: its rows that are over, in so many bytes at `room`; what else it points to is left
 * out. */
size_t zeek_copy_bytes(const struct zeek *zeek);
void zeek_copy(const struct zeek *zeek, struct zeek *copy, void *room);

/* Gives everything back. */
void zeek_fini(struct zeek *zeek, struct zeek_room *room);

/* The row that has begun, as it would be if it ended now.  False when there is none. */
bool zeek_current(const struct zeek *zeek, struct zeek_row *row);

#endif
