/* world_host: what world.c and world_host.c share: events, hosts, and the play that they are in. */
#ifndef LASTACK_TESTS_PROPERTY_WORLD_HOST_H
#define LASTACK_TESTS_PROPERTY_WORLD_HOST_H

#include "base/clock.h"
#include "tests/property/world.h"

#define MS NS_PER_MS
#define TIME_WAIT_NS (60 * NS_PER_S)

enum { EVENTS = 1024, HOLES = 16, STEPS_MOST = 3000 };

enum event_kind {
	EVENT_TAP,
	EVENT_ARRIVE,
	EVENT_TIMER,
	EVENT_ACK,
	EVENT_OPEN,
	EVENT_WRITE,
	EVENT_CLOSE,
	EVENT_ABORT,
	EVENT_CRASH
};

/* What is on its way.  Numbers are of the wire. */
struct packet {
	uint8_t ctl;
	uint32_t seq, ack, len; /* len: octets of payload */
	uint32_t ts_val, ts_ecr;
};

struct event {
	int64_t ns;
	uint32_t order; /* among those of one instant */
	enum event_kind kind;
	enum side side; /* whose packet or timer */
	uint32_t life;  /* a timer of an earlier block is void */
	uint32_t amount;
	struct packet packet;
};

struct host {
	enum tcp_state state;
	bool listens;
	uint32_t life;               /* counts blocks that are gone */
	uint32_t base, blocks;       /* first number of this connection, blocks made in it */
	uint32_t iss, una, nxt, end; /* end: of what the program has written, on the wire */
	bool closed;                 /* the program has closed: a FIN follows what it has written */
	uint32_t got;                /* RCV.NXT */
	uint32_t hole[HOLES][2];     /* received beyond it */
	int holes;
	bool peer_fin;
	uint32_t peer_fin_at;
	int64_t timeout_ns;
	int copies, copies_most;
	uint32_t window, peer_window, segment; /* announced; the peer's; most octets of a segment */
	bool timer_runs, ack_waits;
	uint32_t timer_life; /* a timer that was stopped is void */
	uint32_t ts_recent;
};

struct play {
	struct world *world;
	uint64_t random;
	int64_t now;
	struct event heap[EVENTS];
	int count;
	uint32_t order;
	struct host host[SIDES];
	int64_t before[SIDES], after[SIDES]; /* of the segments of a side: to the tap, and on */
	int64_t jitter;
	uint32_t lost_before[SIDES], lost_after[SIDES], missed[SIDES], twice; /* in a thousand */
	bool timestamps, delayed_acks;
	int64_t tap_from;        /* the capture begins */
	int64_t recorded[SIDES]; /* the tap's clock does not go back */
	int64_t last_tap;
};

static inline uint32_t below(struct play *p, uint32_t n)
{
	uint64_t z = (p->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ? (uint32_t)((z ^ z >> 31) % n) : 0;
}

static inline bool chance(struct play *p, uint32_t in_a_thousand)
{
	return below(p, 1000) < in_a_thousand;
}

static inline enum side other(enum side side)
{
	return side == INITIATOR ? RESPONDER : INITIATOR;
}

/* world.c: an event after so many ns; fill in what it is about. */
struct event *world_later(struct play *p, int64_t ns, enum event_kind kind, enum side side);

/* world.c: a packet of `side` onto the path; numbers as given, timestamps added. */
void world_put(struct play *p, enum side side, struct packet packet);

/* world_host.c: a host enters a state, and that is written down. */
void host_enter(struct play *p, enum side side, enum tcp_state state);

/* world_host.c: what happens to a host: a packet arrives, a timer is due, its program does something. */
void host_ack(struct play *p, enum side side);
void host_deliver(struct play *p, enum side side, const struct packet *packet);
void host_timer(struct play *p, enum side side);
void host_open(struct play *p, enum side side);
void host_write(struct play *p, enum side side, uint32_t octets);
void host_close(struct play *p, enum side side);
void host_abort(struct play *p, enum side side);

#endif
