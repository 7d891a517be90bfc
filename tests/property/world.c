/* world: see world.h. */
#include "tests/property/world.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "track/seq.h"

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
	bool listens, crashed, opened;
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

static uint32_t below(struct play *p, uint32_t n)
{
	uint64_t z = (p->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ? (uint32_t)((z ^ z >> 31) % n) : 0;
}

static bool chance(struct play *p, uint32_t in_a_thousand)
{
	return below(p, 1000) < in_a_thousand;
}

static enum side other(enum side side)
{
	return side == INITIATOR ? RESPONDER : INITIATOR;
}

/* --- events -------------------------------------------------------------------------------------- */

static bool sooner(const struct event *a, const struct event *b)
{
	return a->ns != b->ns ? a->ns < b->ns : a->order < b->order;
}

static struct event *later(struct play *p, int64_t ns, enum event_kind kind, enum side side)
{
	static struct event dropped;

	if (p->count == EVENTS)
		return &dropped;
	int at = p->count++;
	struct event event = {.ns = p->now + ns, .order = p->order++, .kind = kind, .side = side};
	while (at && sooner(&event, &p->heap[(at - 1) / 2])) {
		p->heap[at] = p->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	p->heap[at] = event;
	return &p->heap[at];
}

static struct event next_event(struct play *p)
{
	struct event first = p->heap[0], last = p->heap[--p->count];
	int at = 0;

	for (int child = 1; child < p->count; child = 2 * at + 1) {
		if (child + 1 < p->count && sooner(&p->heap[child + 1], &p->heap[child]))
			child++;
		if (!sooner(&p->heap[child], &last))
			break;
		p->heap[at] = p->heap[child];
		at = child;
	}
	p->heap[at] = last;
	return first;
}

/* --- endpoints: RFC 9293 3.10 -------------------------------------------------------------------- */

static void enter(struct play *p, enum side side, enum tcp_state state)
{
	struct host *h = &p->host[side];
	struct world_path *path = &p->world->path[side];

	if (h->state == state)
		return;
	h->state = state;
	if (path->count < WORLD_PATH) {
		path->step[path->count].ns = p->now;
		path->step[path->count].state = state;
		path->step[path->count++].connection = p->world->connections - 1;
	}
	if (p->world->told)
		printf("# %12.6f  %s is %s\n", (double)p->now / 1e9, side_words[side], state_words[state].name);
	h->timer_life++;
	h->timer_runs = false;
	h->copies = 0;
	if (state == TCP_CLOSED) {
		h->life++;
		h->closed = h->peer_fin = h->ack_waits = false;
		h->holes = 0;
	}
	if (state == TCP_TIME_WAIT) {
		struct event *timer = later(p, TIME_WAIT_NS, EVENT_TIMER, side);
		timer->life = h->timer_life;
	}
}

static void put(struct play *p, enum side side, struct packet packet)
{
	struct host *h = &p->host[side];

	if (p->timestamps) {
		packet.ts_val = (uint32_t)(p->now / MS) + 1000 * (side + 1);
		packet.ts_ecr = packet.ctl & CTL_ACK ? h->ts_recent : 0;
	}
	if (packet.ctl & CTL_ACK)
		h->ack_waits = false;
	bool lost = chance(p, p->lost_before[side]);
	if (p->world->told)
		printf("# %12.6f  %s sends %s%s%s%s seq %u ack %u len %u%s\n", (double)p->now / 1e9, side_words[side],
			packet.ctl & CTL_SYN ? "S" : "", packet.ctl & CTL_FIN ? "F" : "",
			packet.ctl & CTL_RST ? "R" : "", packet.ctl & CTL_ACK ? "A" : "", packet.seq, packet.ack,
			packet.len, lost ? " (lost before the tap)" : "");
	for (int copies = 1 + chance(p, p->twice); copies && !lost; copies--)
		later(p, p->before[side] + below(p, (uint32_t)(p->jitter / 1000) + 1) * 1000, EVENT_TAP, side)->packet =
			packet;
	if (lost && packet.ctl & CTL_SYN)
		p->world->syn_missed = true;
}

static void put_ack(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	put(p, side, (struct packet){.ctl = CTL_ACK, .seq = h->nxt, .ack = h->got});
}

static void set_timer(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	h->timer_life++;
	h->timer_runs = true;
	later(p, h->timeout_ns << (h->copies < 5 ? h->copies : 5), EVENT_TIMER, side)->life = h->timer_life;
}

static bool sends_data(enum tcp_state state)
{
	return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT || state == TCP_FIN_WAIT_1 ||
	       state == TCP_LAST_ACK || state == TCP_CLOSING;
}

/* One segment of what is written, from `seq` on, with the FIN behind it when nothing else follows. */
static uint32_t put_data(struct play *p, enum side side, uint32_t seq)
{
	struct host *h = &p->host[side];
	uint32_t length = h->end - seq;

	if (seq_distance(h->end, seq) < 0)
		length = 0;
	if (length > 1000)
		length = 1000;
	bool fin = h->closed && seq + length == h->end && seq_distance(seq, h->end) <= 0;
	put(p, side,
		(struct packet){
			.ctl = (uint8_t)(CTL_ACK | (fin ? CTL_FIN : 0)), .seq = seq, .ack = h->got, .len = length});
	return seq + length + fin;
}

static bool has_more(const struct host *h)
{
	return seq_distance(h->end, h->nxt) > 0 || (h->closed && h->nxt == h->end);
}

static void send_new(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	while (sends_data(h->state) && has_more(h))
		h->nxt = put_data(p, side, h->nxt);
	if (h->nxt != h->una && !h->timer_runs)
		set_timer(p, side);
}

static void reset(struct play *p, enum side side, uint32_t seq)
{
	put(p, side, (struct packet){.ctl = CTL_RST, .seq = seq});
}

/* Each block has a number of its own (RFC 9293 3.4.1), and those of one connection lie together. */
static void begin_block(struct play *p, enum side side)
{
	struct host *h = &p->host[side];
	uint32_t base = p->world->isn[side][p->world->connections - 1];

	h->iss = h->una = h->blocks && h->base == base ? base + 100000 * h->blocks : base;
	h->blocks = h->base == base ? h->blocks + 1 : 1;
	h->base = base;
	h->nxt = h->end = h->iss + 1;
	h->closed = h->peer_fin = false;
	h->holes = 0;
}

static void send_syn(struct play *p, enum side side)
{
	struct host *h = &p->host[side];
	bool answer = h->state == TCP_SYN_RECEIVED;

	put(p, side,
		(struct packet){
			.ctl = (uint8_t)(CTL_SYN | (answer ? CTL_ACK : 0)), .seq = h->iss, .ack = answer ? h->got : 0});
	set_timer(p, side);
}

/* Moves RCV.NXT over what was received beyond it. */
static void take_octets(struct host *h, uint32_t start, uint32_t end)
{
	if (start != end && seq_distance(start, h->got) > 0 && h->holes < HOLES) {
		h->hole[h->holes][0] = start;
		h->hole[h->holes++][1] = end;
		return;
	}
	if (seq_distance(start, h->got) <= 0 && seq_distance(end, h->got) > 0)
		h->got = end;
	for (bool moved = true; moved;) {
		moved = false;
		for (int i = 0; i < h->holes; i++)
			if (seq_distance(h->hole[i][0], h->got) <= 0 && seq_distance(h->hole[i][1], h->got) > 0) {
				h->got = h->hole[i][1];
				moved = true;
			}
	}
}

static void take_fin(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	if (!h->peer_fin || h->got != h->peer_fin_at)
		return;
	h->got++;
	switch (h->state) {
	case TCP_ESTABLISHED:
		enter(p, side, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT_1:
		enter(p, side, TCP_CLOSING);
		if (h->nxt != h->una)
			set_timer(p, side);
		break;
	case TCP_FIN_WAIT_2:
		enter(p, side, TCP_TIME_WAIT);
		break;
	default:
		break;
	}
}

static void fin_acked(struct play *p, enum side side)
{
	switch (p->host[side].state) {
	case TCP_FIN_WAIT_1:
		enter(p, side, TCP_FIN_WAIT_2);
		break;
	case TCP_CLOSING:
		enter(p, side, TCP_TIME_WAIT);
		break;
	case TCP_LAST_ACK:
		enter(p, side, TCP_CLOSED);
		break;
	default:
		break;
	}
}

static void take_ack(struct play *p, enum side side, uint32_t ack)
{
	struct host *h = &p->host[side];

	if (seq_distance(ack, h->una) <= 0 || seq_distance(ack, h->nxt) > 0)
		return;
	h->una = ack;
	h->copies = 0;
	h->timer_life++;
	h->timer_runs = false;
	if (h->nxt != h->una)
		set_timer(p, side);
	if (h->closed && ack == h->end + 1)
		fin_acked(p, side);
}

/* CLOSED and LISTEN, 3.10.7.1 and .2 */
static void arrive_closed(struct play *p, enum side side, const struct packet *s)
{
	struct host *h = &p->host[side];

	if (s->ctl & CTL_RST)
		return;
	if (s->ctl & CTL_ACK) {
		reset(p, side, s->ack);
	} else if (s->ctl & CTL_SYN && h->listens && !h->crashed) {
		begin_block(p, side);
		h->got = s->seq + 1;
		enter(p, side, TCP_SYN_RECEIVED);
		send_syn(p, side);
	} else {
		put(p, side,
			(struct packet){.ctl = CTL_RST | CTL_ACK,
				.seq = 0,
				.ack = s->seq + s->len + !!(s->ctl & CTL_SYN) + !!(s->ctl & CTL_FIN)});
	}
}

/* 3.10.7.3 */
static void arrive_syn_sent(struct play *p, enum side side, const struct packet *s)
{
	struct host *h = &p->host[side];
	bool acceptable = s->ctl & CTL_ACK && s->ack == h->iss + 1;

	if (s->ctl & CTL_ACK && !acceptable) {
		if (!(s->ctl & CTL_RST))
			reset(p, side, s->ack);
		return;
	}
	if (s->ctl & CTL_RST) {
		if (acceptable)
			enter(p, side, TCP_CLOSED);
		return;
	}
	if (!(s->ctl & CTL_SYN))
		return;
	h->got = s->seq + 1;
	if (acceptable) {
		h->una = s->ack;
		enter(p, side, TCP_ESTABLISHED);
		put_ack(p, side);
		send_new(p, side);
	} else {
		enter(p, side, TCP_SYN_RECEIVED);
		send_syn(p, side);
	}
}

/* 3.10.7.4 */
static void arrive(struct play *p, enum side side, const struct packet *s)
{
	struct host *h = &p->host[side];
	uint32_t end = s->seq + s->len + !!(s->ctl & CTL_FIN) + !!(s->ctl & CTL_SYN);
	bool in_window = seq_distance(s->seq, h->got + 65535) < 0 &&
			 (end == s->seq ? seq_distance(s->seq, h->got) >= 0 : seq_distance(end, h->got) > 0);

	/* first check: the sequence number; a repeated FIN in TIME-WAIT, or a SYN+ACK, is answered all the same */
	if (!in_window) {
		if (s->ctl & CTL_RST)
			return;
		if (h->state == TCP_TIME_WAIT && s->ctl & CTL_FIN) {
			h->timer_life++;
			later(p, TIME_WAIT_NS, EVENT_TIMER, side)->life = h->timer_life;
		}
		if (h->state == TCP_TIME_WAIT && s->ctl == CTL_SYN && h->listens) {
			/* not beyond: see arrive_time_wait */
		}
		if (h->state == TCP_SYN_RECEIVED && s->ctl & CTL_SYN && s->seq + 1 == h->got) {
			if (s->ctl & CTL_ACK && s->ack == h->nxt) { /* simultaneous open: its SYN+ACK */
				h->una = s->ack;
				enter(p, side, TCP_ESTABLISHED);
				put_ack(p, side);
				send_new(p, side);
			} else if (!(s->ctl & CTL_ACK)) {
				put(p, side, (struct packet){.ctl = CTL_SYN | CTL_ACK, .seq = h->iss, .ack = h->got});
			}
			return;
		}
		put_ack(p, side);
		return;
	}
	if (s->ctl & CTL_RST) {
		if (s->seq == h->got)
			enter(p, side, TCP_CLOSED);
		else
			put_ack(p, side);
		return;
	}
	if (s->ctl & CTL_SYN) { /* RFC 5961 4 */
		put_ack(p, side);
		return;
	}
	if (!(s->ctl & CTL_ACK))
		return;
	if (h->state == TCP_SYN_RECEIVED) {
		if (seq_distance(s->ack, h->una) <= 0 || seq_distance(s->ack, h->nxt) > 0) {
			reset(p, side, s->ack);
			return;
		}
		enter(p, side, TCP_ESTABLISHED);
	}
	if (seq_distance(s->ack, h->nxt) > 0) {
		put_ack(p, side);
		return;
	}
	if (p->timestamps && seq_distance(s->seq, h->got) <= 0)
		h->ts_recent = s->ts_val;
	take_ack(p, side, s->ack);
	if (h->state == TCP_CLOSED)
		return;
	uint32_t before = h->got;
	if (s->len)
		take_octets(h, s->seq, s->seq + s->len);
	if (s->ctl & CTL_FIN) {
		h->peer_fin = true;
		h->peer_fin_at = s->seq + s->len;
	}
	take_fin(p, side);
	uint32_t sent = h->nxt;
	send_new(p, side);
	if (!s->len && !(s->ctl & CTL_FIN))
		return;
	if (sent != h->nxt)
		return; /* the answer carried the ACK */
	if (p->delayed_acks && h->got != before && !(s->ctl & CTL_FIN) && !h->holes && !h->ack_waits) {
		h->ack_waits = true;
		later(p, 40 * MS, EVENT_ACK, side)->life = h->life;
	} else {
		put_ack(p, side);
	}
}

/* A new SYN beyond the old numbers takes a TIME-WAIT over (3.10.7.4). */
static bool takes_over(const struct play *p, enum side side, const struct packet *s)
{
	const struct host *h = &p->host[side];

	return h->state == TCP_TIME_WAIT && s->ctl == CTL_SYN && h->listens && seq_distance(s->seq, h->got) > 0;
}

static void deliver(struct play *p, enum side side, const struct packet *s)
{
	struct host *h = &p->host[side];

	if (h->crashed && h->state != TCP_CLOSED)
		return;
	if (p->timestamps && s->ctl & CTL_SYN && (h->state == TCP_CLOSED || h->state == TCP_SYN_SENT))
		h->ts_recent = s->ts_val;
	if (takes_over(p, side, s))
		enter(p, side, TCP_CLOSED);
	if (h->state == TCP_CLOSED)
		arrive_closed(p, side, s);
	else if (h->state == TCP_SYN_SENT)
		arrive_syn_sent(p, side, s);
	else
		arrive(p, side, s);
}

/* --- timers and programs ------------------------------------------------------------------------- */

static void on_timer(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	h->timer_runs = false;
	if (h->crashed)
		return;
	if (h->state == TCP_TIME_WAIT || h->state == TCP_CLOSED) {
		enter(p, side, TCP_CLOSED);
		return;
	}
	if (h->nxt == h->una)
		return;
	if (++h->copies > h->copies_most) {
		enter(p, side, TCP_CLOSED);
		return;
	}
	if (h->state == TCP_SYN_SENT || h->state == TCP_SYN_RECEIVED) {
		send_syn(p, side);
	} else {
		put_data(p, side, h->una == h->iss ? h->iss + 1 : h->una);
		set_timer(p, side);
	}
}

static void on_close(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	if (h->crashed || h->closed)
		return;
	switch (h->state) {
	case TCP_SYN_SENT:
		enter(p, side, TCP_CLOSED);
		break;
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED:
		h->closed = true;
		enter(p, side, TCP_FIN_WAIT_1);
		send_new(p, side);
		break;
	case TCP_CLOSE_WAIT:
		h->closed = true;
		enter(p, side, TCP_LAST_ACK);
		send_new(p, side);
		break;
	default:
		break;
	}
}

static void on_write(struct play *p, enum side side, uint32_t octets)
{
	struct host *h = &p->host[side];

	if (h->crashed || h->closed || (h->state != TCP_ESTABLISHED && h->state != TCP_CLOSE_WAIT))
		return;
	h->end += octets;
	send_new(p, side);
}

static void on_abort(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	if (h->crashed || h->state == TCP_CLOSED || h->state == TCP_TIME_WAIT)
		return;
	if (h->state != TCP_SYN_SENT)
		reset(p, side, h->nxt);
	enter(p, side, TCP_CLOSED);
}

/* What the programs of one connection are going to do. */
static void plan(struct play *p)
{
	bool both = p->world->simultaneous;

	for (int side = 0; side < SIDES; side++) {
		int64_t at = 20 * MS + below(p, 400) * MS;

		for (uint32_t writes = below(p, 4); writes; writes--) {
			at += below(p, 300) * MS;
			later(p, at, EVENT_WRITE, (enum side)side)->amount = 1 + below(p, 3000);
		}
		if (chance(p, 850)) {
			at += below(p, chance(p, 300) ? 20 : 3000) * MS;
			later(p, chance(p, 60) ? below(p, 120) * MS : at, EVENT_CLOSE, (enum side)side);
		} else if (chance(p, 400)) {
			later(p, below(p, 3000) * MS, EVENT_ABORT, (enum side)side);
		}
		if (chance(p, 40))
			later(p, below(p, 4000) * MS, EVENT_CRASH, (enum side)side);
	}
	later(p, 0, EVENT_OPEN, INITIATOR);
	if (both)
		later(p, below(p, 60) * MS, EVENT_OPEN, RESPONDER);
}

static void on_open(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	if (h->state != TCP_CLOSED && !(side == INITIATOR && h->state == TCP_TIME_WAIT))
		return;
	h->crashed = false;
	if (h->state == TCP_TIME_WAIT)
		enter(p, side, TCP_CLOSED);
	begin_block(p, side);
	enter(p, side, TCP_SYN_SENT);
	send_syn(p, side);
}

/* --- the path ------------------------------------------------------------------------------------ */

static void at_tap(struct play *p, enum side side, const struct packet *s)
{
	bool missed = p->now < p->tap_from || chance(p, p->missed[side]), lost = chance(p, p->lost_after[side]);

	if (p->world->told)
		printf("# %12.6f      at the tap: %s%s%s%s of the %s, seq %u ack %u len %u%s%s\n", (double)p->now / 1e9,
			s->ctl & CTL_SYN ? "S" : "", s->ctl & CTL_FIN ? "F" : "", s->ctl & CTL_RST ? "R" : "",
			s->ctl & CTL_ACK ? "A" : "", side_words[side], s->seq, s->ack, s->len,
			missed ? " (missed)" : "", lost ? " (lost behind it)" : "");
	if (missed)
		p->world->syn_missed |= s->ctl & CTL_SYN;
	if (!missed) {
		static const uint8_t four[SIDES][4] = {{192, 0, 2, 10}, {198, 51, 100, 20}};
		struct segment segment = {
			.time_ns = p->now,
			.source = addr_from_v4(four[side]),
			.destination = addr_from_v4(four[other(side)]),
			.source_port = side == INITIATOR ? 40000 : 80,
			.destination_port = side == INITIATOR ? 80 : 40000,
			.seq = s->seq,
			.ack = s->ack,
			.payload_len = s->len,
			.len = s->len + !!(s->ctl & CTL_SYN) + !!(s->ctl & CTL_FIN),
			.wnd = 65535,
			.ctl = s->ctl,
			.options = p->timestamps && !(s->ctl & CTL_RST) ? OPTION_TIMESTAMPS : 0,
			.ts_val = s->ts_val,
			.ts_ecr = s->ts_ecr,
			.ttl = 64,
			.ip_bytes = 40 + s->len,
			.vlan = VLAN_NONE,
		};
		p->world->tapped(p->world->context, &segment);
	}
	if (lost)
		return;
	for (int copies = 1 + chance(p, p->twice); copies; copies--)
		later(p, p->after[side] + below(p, (uint32_t)(p->jitter / 1000) + 1) * 1000, EVENT_ARRIVE, side)
			->packet = *s;
}

static void handle(struct play *p, const struct event *e)
{
	struct host *h = &p->host[e->side];

	switch (e->kind) {
	case EVENT_TAP:
		at_tap(p, e->side, &e->packet);
		break;
	case EVENT_ARRIVE:
		deliver(p, other(e->side), &e->packet);
		break;
	case EVENT_TIMER:
		if (e->life == h->timer_life)
			on_timer(p, e->side);
		break;
	case EVENT_ACK:
		if (e->life == h->life && h->ack_waits && !h->crashed)
			put_ack(p, e->side);
		break;
	case EVENT_OPEN:
		on_open(p, e->side);
		break;
	case EVENT_WRITE:
		on_write(p, e->side, e->amount);
		break;
	case EVENT_CLOSE:
		on_close(p, e->side);
		break;
	case EVENT_ABORT:
		on_abort(p, e->side);
		break;
	case EVENT_CRASH:
		/* without a word: its block is gone, and its host is back before long */
		if (h->state != TCP_CLOSED && h->state != TCP_SYN_SENT) {
			enter(p, e->side, TCP_CLOSED);
			h->crashed = false;
		}
		break;
	}
}

static void make_path(struct play *p)
{
	struct world *w = p->world;

	w->kind = (enum world_kind)below(p, WORLD_KINDS);
	w->simultaneous = chance(p, 125);
	p->timestamps = chance(p, 500);
	p->delayed_acks = chance(p, 500);
	int64_t way = 1 + below(p, 25), share = below(p, 101);
	p->jitter = w->kind == WORLD_CLEAN ? 20000 : chance(p, 300) ? 20 * MS : 500000;
	for (int side = 0; side < SIDES; side++) {
		int64_t to_tap = way * MS * (side == INITIATOR ? share : 100 - share) / 100;

		p->before[side] = 20000 + to_tap;
		p->after[side] = 20000 + way * MS - to_tap;
		if (w->kind == WORLD_CLEAN)
			continue;
		p->lost_before[side] = chance(p, 500) ? below(p, 250) : 0;
		p->lost_after[side] = chance(p, 500) ? below(p, 250) : 0;
		if (w->kind == WORLD_CUT && chance(p, 700))
			p->missed[side] = chance(p, 100) ? 1000 : 100 + below(p, 600);
	}
	p->twice = w->kind == WORLD_CLEAN ? 0 : below(p, 60);
	if (w->kind == WORLD_CUT && chance(p, 150))
		p->tap_from = below(p, 1500) * MS;
	for (int side = 0; side < SIDES; side++) {
		struct host *h = &p->host[side];

		h->timeout_ns = 210 * MS + 2 * way * MS + 4 * p->jitter; /* A6: beyond two round trips and the jitter */
		h->copies_most = 2 + (int)below(p, 5);
		h->listens = side == RESPONDER && !w->simultaneous && !chance(p, 40);
		for (int i = 0; i < 8; i++)
			w->isn[side][i] =
				i ? w->isn[side][i - 1] + WORLD_ISN_SPAN + below(p, 1 << 20) : below(p, UINT32_MAX);
	}
}

void world_play(struct world *world, uint64_t seed)
{
	static struct play play;
	struct play *p = &play;

	memset(p, 0, sizeof *p);
	p->world = world;
	p->random = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
	memset(world->path, 0, sizeof world->path);
	world->simultaneous = world->syn_missed = false;
	make_path(p);
	p->host[INITIATOR].state = p->host[RESPONDER].state = TCP_CLOSED;
	p->now = NS_PER_S;
	p->tap_from += p->now;
	world->connections = 1;
	plan(p);
	for (int steps = 0; p->count && steps < STEPS_MOST; steps++) {
		struct event e = next_event(p);

		assert(e.ns >= p->now);
		p->now = e.ns;
		handle(p, &e);
		/* the ports again, once both sides are done with them, or while the responder is in TIME-WAIT */
		bool free = p->host[INITIATOR].state == TCP_CLOSED &&
			    (p->host[RESPONDER].state == TCP_CLOSED || p->host[RESPONDER].state == TCP_TIME_WAIT);
		if (free && p->count < 3 && world->connections < 3 && chance(p, 150)) {
			p->now += below(p, 5000) * MS + MS;
			for (int i = 0; i < p->count; i++) /* nothing of the old one is under way any more */
				if (p->heap[i].kind != EVENT_TIMER)
					free = false;
			if (free && (!p->count || p->heap[0].ns > p->now)) {
				world->connections++;
				plan(p);
			} else if (p->count && p->heap[0].ns < p->now) {
				p->now = e.ns;
			}
		}
	}
	world->end_ns = p->now;
}

enum tcp_state world_state(const struct world *world, enum side side, int64_t ns, int *connection)
{
	const struct world_path *path = &world->path[side];
	enum tcp_state state = TCP_CLOSED;

	*connection = 0;
	for (int i = 0; i < path->count && path->step[i].ns <= ns; i++) {
		state = path->step[i].state;
		*connection = path->step[i].connection;
	}
	return state;
}
