/* flow: one connection in memory: a key, two endpoints, and what is known of them.
 *
 * Life of a flow: made by the first segment of its four-tuple (tracker.c), or by a SYN that begins a new
 * connection between the same ports; fed by flow_segment; woken by its timer; handed to the tracker's `closed`
 * function once both ends are gone for a while, when it is superseded, evicted, idle for too long, or at the end
 * of input.  Fixed size: nothing in it grows with traffic.
 *
 * Endpoints are indexed by role: endpoint[INITIATOR], endpoint[RESPONDER].  Where roles were guessed and a better
 * sign comes, the two are exchanged, with all they have counted (role.h). */
#ifndef LASTACK_TRACK_FLOW_H
#define LASTACK_TRACK_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/list.h"
#include "base/words.h"
#include "decode/segment.h"
#include "track/facts.h"
#include "track/repeat.h"
#include "track/rtt.h"
#include "track/seq.h"
#include "track/stack.h"
#include "track/stream.h"
#include "track/wheel.h"
#include "track/zeek.h"

/* Times at which copies of one segment (a SYN, a SYN+ACK, a FIN) passed the tap. */
struct copies {
	int64_t first, last, before_last; /* ns */
	uint32_t count;
};

/* The number of its SYN in the connection before this one, on the same ports; where that was seen. */
struct former {
	uint32_t isn;
	bool seen;
};

/* One side.  Offsets are of its own sequence space unless said otherwise; OFFSET_NONE is "not known".
 * X is this endpoint, Y its peer.
 *
 * In order of heat: what nearly every segment reads or writes stands first, because a busy table is bound by the
 * cache lines that each packet touches; what only the handshake, the close, or the end looks at stands behind. */
struct endpoint {
	struct addr ip;
	uint16_t port;
	uint16_t vlan;    /* of its segments; VLAN_UNSEEN before the first */
	uint32_t network; /* of its segments, as segment.network */

	/* --- sequence variables.  RCV.NXT of X, as it told it, is `ack`: an offset of Y's space = SND.UNA of Y. */
	struct unwrap seq;
	int64_t nxt;                    /* highest end seen, or acknowledged by Y */
	int64_t ack;                    /* highest acknowledgement number it sent (Y's space) */
	int64_t right_edge;             /* highest ack + window it announced (Y's space) */
	int64_t iss;                    /* of its SYN */
	int64_t fin;                    /* of its FIN */
	int64_t strange;                /* end of the last segment that was far from all that is known */
	int64_t data_end;               /* end of the highest octet seen that cannot be a FIN */
	int64_t data_ack;               /* ACK number (Y's space) on the segment that reached data_end */
	int64_t data_edge;              /* right edge (Y's space) that its octets announced at least */
	int64_t plain;                  /* first octet seen outside of a SYN */
	int64_t quiet_ns, quiet_end;    /* at that time it had sent no FIN yet; up to there no window holds one back */
	int64_t repeat_seq, repeat_end; /* the segment at its edge that is repeated */
	int64_t repeat_ns;              /* when its last copy passed */
	int64_t repeat_gap_ns;          /* between its last two copies; 0: sent once */
	int64_t time_wait_ns;           /* start or last restart of its TIME-WAIT; CLOCK_NONE */
	int64_t time_wait_was_ns;       /* its start before a restart that the host has not shown yet; CLOCK_NONE */
	int64_t time_wait_length_ns;    /* how long that lasts, by the stack or as its host showed */
	int64_t time_wait_beyond_ns;    /* how long after that it still answered, the last time it did; 0: never */
	int64_t last_ns;                /* its last segment; CLOCK_NONE: none.  What that looked like: */
	uint64_t last_packet;
	uint32_t last_seq, last_ack, last_len;
	uint16_t last_ip_id;
	uint16_t last_wnd; /* as sent */
	uint16_t syn_wnd;  /* on its SYN */
	uint8_t last_ctl;
	uint8_t id_straight;  /* the same, none skipped */
	uint8_t id_run;       /* its IPv4 identifications count up by one: so many times in a row */
	uint8_t window_scale; /* SCALE_NONE: no option, SCALE_UNKNOWN: its SYN was not seen */
	uint8_t unanswered;   /* its segments that ask for an answer, since Y last sent anything; of which: */
	uint8_t unanswered_copies, unanswered_probes; /* sent again; keep-alives and window probes */
	bool fin_guessed;       /* FIN not seen: Y acknowledged one octet that was never sent as data */
	bool bare_syn, syn_ack; /* it sent a SYN without ACK; a SYN with ACK */
	bool fast_open;         /* option or payload on its SYN: data may come before the handshake is over */
	bool has_val, has_cover, timestamps;
	uint32_t last_val;   /* highest TSval */
	uint32_t max_window; /* largest announced, octets */
	uint64_t segments, wire_bytes;

	/* what its segments look like, RSTs left out (observe.c) */
	uint8_t usual_ttl, ttl_votes; /* hop limit of most; how much that prevails */
	uint8_t id_steps;             /* IPv4 identifications go up by little: so many times in a row */
	uint16_t plain_ip_id;         /* of the last one */

	bool good_checksums;      /* some checksum of it was right */
	int64_t window_closed_ns; /* since when it announces a window of 0; CLOCK_NONE: it does not */
	struct rtt rtt;
	struct stream stream;
	struct repeats repeats;
	int64_t first_octet_ns;       /* its first payload outside of a SYN; CLOCK_NONE */
	int64_t window_closed_sum_ns; /* how long it did before */
	struct facts facts;

	/* --- what proofs of the handshake and the close rest on (proof.c) */
	int64_t syn_end;     /* end of the text on its SYN; OFFSET_NONE without SYN */
	uint64_t fin_packet; /* in which its FIN passed first */
	int64_t fin_low;     /* lowest ACK number (Y's space) on a copy of its FIN */
	int64_t fin_edge;    /* right edge (Y's space) that the first copy of its FIN announced */
	int64_t closed_ack;  /* lowest ACK number on a segment that it sent after it was closed */
	int64_t quiet;       /* SND.NXT at which it acknowledged Y's FIN without having sent its own */
	int64_t ack_edge;    /* all its octets from here on carried the ACK of Y's FIN */
	uint32_t syn_val;    /* TSval of the first copy of its SYN, or SYN+ACK; valid with timestamps */
	uint16_t syn_id;     /* IPv4 identification of that */
	/* the right edge (Y's space) that its last segments announced at least, of its newest TSval and of the one
	 * before */
	int64_t edge[2];
	uint32_t edge_val[2];
	uint32_t cover_val; /* a TSecr of Y at or after this shows that Y has its ACK of Y's FIN */

	/* --- what presumptions rest on (presume.c) */
	struct copies syn, fin_copies; /* syn: of SYN or SYN+ACK */

	/* --- counters and facts for the record */
	uint32_t zero_windows;
	uint32_t syns, fins, rsts;
	uint32_t isn; /* on the wire */
	struct former former;
	uint16_t mss; /* 0: no option */
	bool sack, isn_seen;
	void *place;            /* of who takes its payload (tracker.h); NULL */
	bool time_wait_learned; /* its length is what the host showed (hosts.h) */
	uint8_t ttl;
};

enum {
	VLAN_UNSEEN = 0xfffe,
	SCALE_NONE = 0xff,
	SCALE_UNKNOWN = 0xfe,
};

enum {
#define TIMEOUT(name, milliseconds, why) TIMEOUT_##name##_MS = milliseconds,
#include "track/timeouts.def"
#undef TIMEOUT
};

enum flow_class {
	FLOW_HALF_OPEN, /* only one side spoke, or the handshake is not over */
	FLOW_LIVE,
	FLOW_OVER, /* both ends closed or in TIME-WAIT */
	FLOW_DONE, /* so by the book: each has acknowledged the other's FIN, one is CLOSED; nothing is to be expected */
	FLOW_CLASSES,
};

enum flow_end {
	END_NONE,
	END_SUPERSEDED,
	END_EVICTED,
	END_OVER, /* both ends are gone, and stayed so */
	END_IDLE,
	END_INPUT, /* the capture ended */
};

/* The connection before this one, on the same ports, as it ended with this one's SYN. */
struct predecessor {
	bool seen;
	bool beyond;               /* this one's SYN is one that a TIME-WAIT lets in (RFC 9293 3.10.7.4, RFC 6191 2) */
	bool by_sender;            /* the TIME-WAIT was that of who sent this SYN */
	bool proved;               /* and that it was in it is proved */
	uint8_t outcome;           /* enum outcome */
	int64_t last_ns;           /* its last segment */
	int64_t time_wait_ends_ns; /* when that would have ended; CLOCK_NONE: there was none */
};

/* A SYN that waits for its answer, counted with the old connection until that comes. */
struct pending {
	struct segment syn, last; /* the first copy, the last one */
	int64_t before_last_ns;   /* of the copy before that */
	uint32_t copies;          /* passed so far */
	int64_t flow_last_ns;     /* flow.last_ns before the first */
	int64_t octets;           /* of their payload, counted as distinct there */
};

struct hosts;

/* What a side needs once its connection gets beyond the SYN.  Apart from it, so that a flood of them costs less. */
struct transfer {
	struct holes holes;
	struct lately lately;
};

/* What is kept of it by who looks at many connections together (detect/spread.h). */
struct watched {
	struct wheel_timer timer; /* when its phase ends */
	void *pair;               /* an entry that it is counted in; NULL */
	uint8_t phase, marks;
	bool young; /* it is that of a young connection (young.h), not of a flow */
};

struct flow {
	/* --- table and time */
	uint64_t hash;
	uint64_t id;
	struct transfer *transfer; /* of both sides; NULL: not yet, or no memory (flow_give_transfer) */
	int64_t first_ns, last_ns;
	int64_t now_ns;    /* clock when it was last looked at */
	int64_t due_ns;    /* before that no timer of a state can do anything; INT64_MAX: never */
	int64_t age_ns;    /* when it was last moved to the end of its list */
	int64_t looked_ns; /* when it was last looked at for what is missing (tracker_looked) */
	void *notes;       /* of who looks; NULL */
	struct wheel_timer timer;
	const struct stack *stack; /* the clocks of its hosts, as far as they have not shown other ones: */
	struct hosts *hosts;
	int64_t third_ns;        /* of the handshake's third segment; CLOCK_NONE */
	int64_t closing_ns;      /* first FIN or RST; CLOCK_NONE */
	struct pending *pending; /* a SYN that may begin a new connection: the answer decides */
	uint8_t class;           /* enum flow_class */
	uint8_t role_basis;      /* enum role_basis */
	uint8_t end;             /* enum flow_end */
	uint8_t tunnel;
	bool turned; /* its roles are the other way round than it began with */
	bool midstream, cut;
	bool steady[SIDES]; /* its segments may be steady ones (steady.h) */
	bool doubtful; /* numbers passed that fit badly: it may be two connections, the start of the second missed */
	struct watched watched;
	struct zeek zeek; /* fed by tracker.c */

	struct endpoint endpoint[SIDES];

	/* --- story */
	struct list age;        /* in the tracker's list of its class, least recently heard of first */
	struct list order;      /* all flows in order of id */
	struct list changed;    /* in the tracker's list of those that changed since told_ns; next NULL: it is not */
	int64_t told_ns;        /* when it was told of last (tracker_changed); CLOCK_NONE: never */
	uint8_t told[SIDES];    /* enum tcp_state of both then */
	uint8_t counted[SIDES]; /* and as tracker_stats counts them */
	uint32_t input;         /* of the first segment: its file, its packet */
	uint64_t first_packet;
	int64_t syn_rtt_ns; /* SYN to SYN+ACK; CLOCK_NONE: not known, or which copy was answered cannot be told */
	int64_t ack_rtt_ns; /* SYN+ACK to the third segment; the same */
	int64_t idle_ns;    /* longest time between two segments */
	struct predecessor before;
	bool refused;       /* a RST answered the SYN */
	bool reset;         /* a RST ended it; reset_by says whose */
	uint8_t reset_by;   /* enum side */
	bool reset_early;   /* before the responder was established */
	bool timed_out;     /* a side gave up repeating itself */
	int64_t silence_ns; /* by who looks at many: how long it was silent, when nobody has answered since; 0 */
	int64_t spoke_ns;   /* when that ended */
	void *leak;         /* an entry that it is counted in; NULL */
};

/* What one segment meant, filled stage by stage and read by everyone after (craft: "interpret once"). */
struct observation {
	const struct segment *segment;
	struct flow *flow;
	enum side side;         /* its sender */
	struct endpoint *x, *y; /* sender, receiver */
	int64_t t;
	int64_t seq, end;     /* offsets of x: start, start + SEG.LEN */
	int64_t ack;          /* offset of y; OFFSET_NONE without ACK */
	int64_t x_nxt, y_nxt; /* x->nxt, y->nxt before this segment */
	int64_t x_last_ns;    /* x->last_ns, x->last_packet before it */
	uint64_t x_last_packet;
	int64_t window;      /* announced, octets */
	int64_t window_edge; /* ack + window; y's space */
	int64_t closed_ns;   /* with opens: since when x had announced a window of 0 */
	int64_t again;       /* octets of its payload that were seen before */
	bool syn, fin, rst, has_ack;
	bool pure;            /* an ACK and nothing else */
	bool fin_again;       /* its FIN was seen before */
	uint16_t ids_skipped; /* identifications that x used on segments which the tap did not see */
	bool was_young;       /* it passed earlier, and was kept until now (young.h) */
	bool by_time_wait;    /* not sent by the socket that sent what came before: a TIME-WAIT block answers */
	bool copy;            /* the packet before it once more, captured twice */
	bool syn_ack_again;   /* x had sent a SYN+ACK before it */
	bool anew;            /* a SYN+ACK with another number than the one before: its sender begins anew */
	bool duplicate; /* a second copy of the same packet, made by the network or the capture, not by its sender */
	bool probe;     /* keep-alive or window probe: at or below nxt - 1, no news */
	bool conflict;  /* it repeats octets with other content */
	bool opens;     /* the first window of x that is not 0 after some that were */
	enum repeat repeat; /* what it repeats, and why; filled by repeat_segment */
	bool broken;        /* its checksum is wrong: its receiver drops it */
	bool steady;        /* one of those that change nothing but edges and counts (steady.h) */
	bool acceptable;    /* may move states (RFC 9293 3.10.7.4, with slack for a tap) */

	/* of a RST: what its sender's other segments look like */
	uint8_t usual_ttl; /* 0: not known */
	bool ids_steady;   /* the next identification is known to be near */
};

/* A zeroed flow for the segment that begins it; roles by its flags and ports.  Borrows stack and hosts. */
void flow_init(
	struct flow *flow, const struct segment *segment, uint64_t id, const struct stack *stack, struct hosts *hosts);

/* Lends it room for SIDES transfers, zeroed, which the caller takes back when the flow ends. */
void flow_give_transfer(struct flow *flow, struct transfer *transfer);

/* A copy of a flow for who only looks at it, with all that it points to but what its timers and lists need, and notes:
 * in so many bytes at `room`, which is aligned for any type. */
size_t flow_copy_bytes(const struct flow *flow);
struct flow *flow_copy(const struct flow *flow, void *room);

/* One segment of `side`.  Updates everything; no allocation.  *o: what it meant. */
void flow_segment(struct flow *flow, enum side side, const struct segment *segment, struct observation *o);

/* Is the number of this SYN of x another one than that of its SYN before? */
bool endpoint_another_syn(const struct endpoint *x, const struct segment *syn);

/* The same, the full way whatever the segment is: a steady one comes out the same (steady.h). */
void flow_segment_fully(struct flow *flow, enum side side, const struct segment *segment, struct observation *o);

/* Does this SYN+ACK of `side` answer the same SYN with another number?  The responder had given up, or was restarted,
 * and met a repeated SYN.  As long as nothing of the initiator acknowledges the first number, the newest answer counts:
 * flow_segment then forgets what rests on the old numbers. */
bool flow_begins_anew(const struct flow *flow, enum side side, const struct segment *segment);

/* Timers of both sides up to now_ns. */
void flow_timers(struct flow *flow, int64_t now_ns);

/* The next time at which a timer could do something, its removal among them. */
int64_t flow_next_timer(const struct flow *flow);

/* When the TIME-WAIT of a side that is in it ends. */
static inline int64_t endpoint_time_wait_ends(const struct endpoint *e)
{
	return e->time_wait_ns + e->time_wait_length_ns;
}

/* When a flow that stays silent is no longer waited for (timeouts.def). */
int64_t flow_removal_ns(const struct flow *flow);

/* Takes back what counting a SYN of `side` and its copies added: they turned out to begin another connection. */
void flow_uncount(struct flow *flow, enum side side, const struct pending *pending);

/* What can have happened to a side if the capture has missed nothing: what it needed has passed.  That it closed, or is
 * gone, needs nothing that passes. */
uint8_t flow_may(const struct flow *flow, enum side side);

/* The presumed state of a side now. */
enum tcp_state flow_state(const struct flow *flow, enum side side);
enum flow_class flow_classify(const struct flow *flow);

/* How it ended, or stands: the first line of outcomes.def that holds. */
enum outcome flow_outcome(const struct flow *flow);

/* Who sent a segment that is one between its endpoints. */
static inline enum side flow_sender(const struct flow *flow, const struct segment *s)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR];

	return i->port == s->source_port && addr_same(&i->ip, &s->source) ? INITIATOR : RESPONDER;
}

static inline enum side side_other(enum side side)
{
	return side == INITIATOR ? RESPONDER : INITIATOR;
}

#endif
