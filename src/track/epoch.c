/* epoch: see epoch.h. */
#include "track/epoch.h"

static bool is_done(enum tcp_state state)
{
	return state == TCP_CLOSED || state == TCP_TIME_WAIT;
}

/* Would a TIME-WAIT let this SYN of x in?  Its number, or else its timestamp, is beyond all that x used before
 * (RFC 9293 3.10.7.4, RFC 6191 2). */
static bool is_beyond(const struct endpoint *x, const struct segment *s)
{
	bool newer = s->options & OPTION_TIMESTAMPS && x->has_val && seq_distance(s->ts_val, x->last_val) > 0;

	return newer || x->nxt == OFFSET_NONE || seq_distance(s->seq, unwrap_wire(&x->seq, x->nxt)) > 0;
}

/* A bare SYN with a number that is not the known one (RFC 9293 3.10.7.4, RFC 6191). */
static enum epoch epoch_of_syn(const struct flow *flow, enum side side, const struct segment *s)
{
	const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];

	if (x->isn_seen) {
		if (x->isn == s->seq)
			return EPOCH_SAME;
	} else if (!x->segments) {
		/* simultaneous open; or the first sign of a side that was silent so far */
		if (!flow->midstream || !y->segments)
			return EPOCH_SAME;
	} else if (seq_distance(s->seq, unwrap_wire(&x->seq, 0)) < 0 &&
		   seq_distance(s->seq, unwrap_wire(&x->seq, 0)) >= -65536) {
		return EPOCH_SAME; /* its SYN, captured behind what followed it */
	}
	enum tcp_state own = flow_state(flow, side), peer = flow_state(flow, side_other(side));
	if (peer == TCP_TIME_WAIT && !is_beyond(x, s))
		return EPOCH_PENDING;
	if (x->facts.held & FACT_GONE || is_done(own) || is_done(peer))
		return EPOCH_NEW;
	if (own == TCP_SYN_SENT || peer == TCP_SYN_SENT)
		return EPOCH_NEW;
	return EPOCH_PENDING;
}

static enum epoch epoch_of_syn_ack(const struct flow *flow, enum side side, const struct segment *s)
{
	const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];
	const struct segment *pending = flow->pending ? &flow->pending->syn : NULL;

	if (pending && pending->source_port == s->destination_port &&
		(s->ack == pending->seq + 1 || s->ack == pending->seq + 1 + pending->payload_len))
		return EPOCH_ANSWERED;
	if (flow_begins_anew(flow, side, s))
		return EPOCH_SAME;
	bool closing = (x->facts.held | y->facts.held) & (FACT_CLOSED | FACT_GONE);
	if (closing && endpoint_another_syn(x, s))
		return EPOCH_NEW;
	if (y->facts.must & FACT_SYN_ACKED)
		return EPOCH_SAME; /* proved open: a stray or a forgery */
	if (y->isn_seen)
		/* with Fast Open it may acknowledge text of the SYN; 64 KiB is more than a SYN can carry */
		return s->ack - y->isn - 1 <= 65535 ? EPOCH_SAME : EPOCH_NEW;
	return endpoint_another_syn(x, s) ? EPOCH_NEW : EPOCH_SAME;
}

/* Does a segment that is no SYN show that the SYN which waits was answered unseen?  Its sender goes on from its number,
 * or the peer acknowledges it, and the number is none of the old connection's. */
static bool goes_on(const struct flow *flow, enum side side, const struct segment *s)
{
	const struct pending *pending = flow->pending;

	if (!pending)
		return false;
	bool own = pending->syn.source_port == s->source_port && !addr_compare(&pending->syn.source, &s->source);
	if (!own && !(s->ctl & CTL_ACK))
		return false;
	const struct endpoint *old = &flow->endpoint[own ? side : side_other(side)];
	uint32_t number = own ? s->seq : s->ack, first = pending->syn.seq + 1;
	int32_t beyond_old =
		old->nxt == OFFSET_NONE ? INT32_MAX : seq_distance(number, unwrap_wire(&old->seq, old->nxt));
	return seq_distance(number, first) >= 0 && seq_distance(number, first) <= 65535 &&
	       (beyond_old > 65535 || beyond_old < -65535);
}

/* Is a wire number beyond the FIN of e and the place that the FIN takes?  There is nothing of this connection. */
static bool beyond_fin(const struct endpoint *e, uint32_t number)
{
	return e->fin != OFFSET_NONE && !e->fin_guessed && seq_distance(number, unwrap_wire(&e->seq, e->fin) + 1) > 0;
}

/* Octets right behind a sender's own FIN, with an acknowledgement of what the peer last sent: a broken TCP or a forger,
 * not another connection, whose numbers would fit neither way. */
static bool is_behind_fin(const struct endpoint *x, const struct endpoint *y, const struct segment *s)
{
	enum { NEAR = 65535 };

	if (!(s->ctl & CTL_ACK) || y->nxt == OFFSET_NONE)
		return false;
	int32_t behind = seq_distance(s->seq, unwrap_wire(&x->seq, x->fin));
	int32_t acked = seq_distance(s->ack, unwrap_wire(&y->seq, y->nxt));
	return behind >= 0 && behind <= NEAR && acked <= 0 && acked >= -NEAR;
}

enum epoch epoch_of(const struct flow *flow, enum side side, const struct segment *s)
{
	if (s->ctl & CTL_RST)
		return EPOCH_SAME;
	if (!(s->ctl & CTL_SYN) && goes_on(flow, side, s))
		return EPOCH_ANSWERED;
	if (!(s->ctl & CTL_SYN)) {
		/* the handshake of the next connection was missed */
		const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];
		bool next = (beyond_fin(x, s->seq + s->payload_len) && !is_behind_fin(x, y, s)) ||
			    (s->ctl & CTL_ACK && beyond_fin(y, s->ack));
		return next ? EPOCH_NEW : EPOCH_SAME;
	}
	return s->ctl & CTL_ACK ? epoch_of_syn_ack(flow, side, s) : epoch_of_syn(flow, side, s);
}

struct predecessor epoch_describe(const struct flow *flow, enum side side, const struct segment *first)
{
	struct predecessor before = {.seen = true,
		.beyond = is_beyond(&flow->endpoint[side], first),
		.last_ns = flow->last_ns,
		.time_wait_ends_ns = CLOCK_NONE};

	for (int i = 0; i < SIDES; i++) {
		const struct endpoint *e = &flow->endpoint[i];
		if (e->time_wait_ns == CLOCK_NONE || endpoint_time_wait_ends(e) <= before.time_wait_ends_ns)
			continue;
		before.time_wait_ends_ns = endpoint_time_wait_ends(e);
		before.by_sender = i == (int)side;
		before.proved = e->facts.proved[TCP_TIME_WAIT] != CLOCK_NONE;
	}
	return before;
}
