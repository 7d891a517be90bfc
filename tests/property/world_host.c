/* world_host: an endpoint that follows RFC 9293 section 3.10; see world.h. */
#include "tests/property/world_host.h"

#include <stdio.h>

#include "track/seq.h"

/* --- endpoints: RFC 9293 3.10 -------------------------------------------------------------------- */

void host_enter(struct play *p, enum side side, enum tcp_state state)
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
		struct event *timer = world_later(p, TIME_WAIT_NS, EVENT_TIMER, side);
		timer->life = h->timer_life;
	}
}

void host_ack(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	world_put(p, side, (struct packet){.ctl = CTL_ACK, .seq = h->nxt, .ack = h->got});
}

static void set_timer(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	h->timer_life++;
	h->timer_runs = true;
	world_later(p, h->timeout_ns << (h->copies < 5 ? h->copies : 5), EVENT_TIMER, side)->life = h->timer_life;
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
	uint32_t room = h->una + h->peer_window - seq;
	if (length > h->segment)
		length = h->segment;
	if (length > room)
		length = room;
	bool fin = h->closed && seq + length == h->end && seq_distance(seq, h->end) <= 0 && room > length;
	world_put(p, side,
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

	while (sends_data(h->state) && has_more(h) && h->nxt - h->una < h->peer_window)
		h->nxt = put_data(p, side, h->nxt);
	if (h->nxt != h->una && !h->timer_runs)
		set_timer(p, side);
}

static void reset(struct play *p, enum side side, uint32_t seq)
{
	world_put(p, side, (struct packet){.ctl = CTL_RST, .seq = seq});
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

	world_put(p, side,
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
		host_enter(p, side, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT_1:
		host_enter(p, side, TCP_CLOSING);
		if (h->nxt != h->una)
			set_timer(p, side);
		break;
	case TCP_FIN_WAIT_2:
		host_enter(p, side, TCP_TIME_WAIT);
		break;
	default:
		break;
	}
}

static void fin_acked(struct play *p, enum side side)
{
	switch (p->host[side].state) {
	case TCP_FIN_WAIT_1:
		host_enter(p, side, TCP_FIN_WAIT_2);
		break;
	case TCP_CLOSING:
		host_enter(p, side, TCP_TIME_WAIT);
		break;
	case TCP_LAST_ACK:
		host_enter(p, side, TCP_CLOSED);
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
	} else if (s->ctl & CTL_SYN && h->listens) {
		begin_block(p, side);
		h->got = s->seq + 1;
		host_enter(p, side, TCP_SYN_RECEIVED);
		send_syn(p, side);
	} else {
		world_put(p, side,
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
			host_enter(p, side, TCP_CLOSED);
		return;
	}
	if (!(s->ctl & CTL_SYN))
		return;
	h->got = s->seq + 1;
	if (acceptable) {
		h->una = s->ack;
		host_enter(p, side, TCP_ESTABLISHED);
		host_ack(p, side);
		send_new(p, side);
	} else {
		host_enter(p, side, TCP_SYN_RECEIVED);
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
			world_later(p, TIME_WAIT_NS, EVENT_TIMER, side)->life = h->timer_life;
		}
		if (h->state == TCP_SYN_RECEIVED && s->ctl & CTL_SYN && s->seq + 1 == h->got) {
			if (s->ctl & CTL_ACK && s->ack == h->nxt) { /* simultaneous open: its SYN+ACK */
				h->una = s->ack;
				host_enter(p, side, TCP_ESTABLISHED);
				host_ack(p, side);
				send_new(p, side);
			} else if (!(s->ctl & CTL_ACK)) {
				world_put(p, side,
					(struct packet){.ctl = CTL_SYN | CTL_ACK, .seq = h->iss, .ack = h->got});
			}
			return;
		}
		host_ack(p, side);
		return;
	}
	if (s->ctl & CTL_RST) {
		if (s->seq == h->got)
			host_enter(p, side, TCP_CLOSED);
		else
			host_ack(p, side);
		return;
	}
	if (s->ctl & CTL_SYN) { /* RFC 5961 4 */
		host_ack(p, side);
		return;
	}
	if (!(s->ctl & CTL_ACK))
		return;
	if (h->state == TCP_SYN_RECEIVED) {
		if (seq_distance(s->ack, h->una) <= 0 || seq_distance(s->ack, h->nxt) > 0) {
			reset(p, side, s->ack);
			return;
		}
		host_enter(p, side, TCP_ESTABLISHED);
	}
	if (seq_distance(s->ack, h->nxt) > 0) {
		host_ack(p, side);
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
		world_later(p, 40 * MS, EVENT_ACK, side)->life = h->life;
	} else {
		host_ack(p, side);
	}
}

/* A new SYN beyond the old numbers takes a TIME-WAIT over (3.10.7.4). */
static bool takes_over(const struct play *p, enum side side, const struct packet *s)
{
	const struct host *h = &p->host[side];

	return h->state == TCP_TIME_WAIT && s->ctl == CTL_SYN && h->listens && seq_distance(s->seq, h->got) > 0;
}

void host_deliver(struct play *p, enum side side, const struct packet *s)
{
	struct host *h = &p->host[side];

	if (p->timestamps && s->ctl & CTL_SYN && (h->state == TCP_CLOSED || h->state == TCP_SYN_SENT))
		h->ts_recent = s->ts_val;
	if (takes_over(p, side, s))
		host_enter(p, side, TCP_CLOSED);
	if (h->state == TCP_CLOSED)
		arrive_closed(p, side, s);
	else if (h->state == TCP_SYN_SENT)
		arrive_syn_sent(p, side, s);
	else
		arrive(p, side, s);
}

/* --- timers and programs ------------------------------------------------------------------------- */

void host_timer(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	h->timer_runs = false;
	if (h->state == TCP_TIME_WAIT || h->state == TCP_CLOSED) {
		host_enter(p, side, TCP_CLOSED);
		return;
	}
	if (h->nxt == h->una)
		return;
	if (++h->copies > h->copies_most) {
		host_enter(p, side, TCP_CLOSED);
		return;
	}
	if (h->state == TCP_SYN_SENT || h->state == TCP_SYN_RECEIVED) {
		send_syn(p, side);
	} else {
		put_data(p, side, h->una == h->iss ? h->iss + 1 : h->una);
		set_timer(p, side);
	}
}

void host_close(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	if (h->closed)
		return;
	switch (h->state) {
	case TCP_SYN_SENT:
		host_enter(p, side, TCP_CLOSED);
		break;
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED:
		h->closed = true;
		host_enter(p, side, TCP_FIN_WAIT_1);
		send_new(p, side);
		break;
	case TCP_CLOSE_WAIT:
		h->closed = true;
		host_enter(p, side, TCP_LAST_ACK);
		send_new(p, side);
		break;
	default:
		break;
	}
}

void host_write(struct play *p, enum side side, uint32_t octets)
{
	struct host *h = &p->host[side];

	if (h->closed || (h->state != TCP_ESTABLISHED && h->state != TCP_CLOSE_WAIT))
		return;
	h->end += octets;
	send_new(p, side);
}

void host_abort(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	if (h->state == TCP_CLOSED || h->state == TCP_TIME_WAIT)
		return;
	if (h->state != TCP_SYN_SENT)
		reset(p, side, h->nxt);
	host_enter(p, side, TCP_CLOSED);
}

void host_open(struct play *p, enum side side)
{
	struct host *h = &p->host[side];

	if (h->state != TCP_CLOSED && !(side == INITIATOR && h->state == TCP_TIME_WAIT))
		return;
	if (h->state == TCP_TIME_WAIT)
		host_enter(p, side, TCP_CLOSED);
	begin_block(p, side);
	host_enter(p, side, TCP_SYN_SENT);
	send_syn(p, side);
}
