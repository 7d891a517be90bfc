/* flow: one segment's way through a flow: observed, counted, proved from, presumed from.  See flow.h. */
#include "track/flow.h"

#include <string.h>

#include "track/proof.h"
#include "track/presume.h"

static void endpoint_init(struct endpoint *e)
{
	facts_init(&e->facts);
	e->vlan = VLAN_UNSEEN;
	e->iss = e->nxt = e->ack = e->right_edge = e->fin = e->strange = OFFSET_NONE;
	e->data_end = e->data_ack = e->syn_end = e->plain = e->fin_low = e->fin_edge = e->closed_ack = OFFSET_NONE;
	e->quiet = e->ack_edge = e->repeat_seq = e->repeat_end = e->sample_end = OFFSET_NONE;
	e->quiet_ns = e->rtt_ns = e->time_wait_ns = e->last_ns = CLOCK_NONE;
	e->window_scale = SCALE_UNKNOWN;
}

/* --- roles --------------------------------------------------------------------------------------- */

/* The side of a segment that begins a flow: without a SYN, the first to speak is taken for the initiator. */
static enum side first_side(const struct segment *s, enum role_basis *basis)
{
	if (!(s->ctl & CTL_SYN) || s->ctl & CTL_RST) {
		*basis = ROLE_FIRST_PACKET;
		return INITIATOR;
	}
	*basis = s->ctl & CTL_ACK ? ROLE_SYN_ACK : ROLE_SYN;
	return s->ctl & CTL_ACK ? RESPONDER : INITIATOR;
}

static void exchange_roles(struct flow *flow)
{
	struct endpoint e = flow->endpoint[INITIATOR];

	flow->endpoint[INITIATOR] = flow->endpoint[RESPONDER];
	flow->endpoint[RESPONDER] = e;
	flow->reset_by = flow->reset_by == INITIATOR ? RESPONDER : INITIATOR;
	for (int i = 0; i < flow->history_length; i++)
		flow->history[i] ^= 0x20; /* upper case: initiator; lower case: responder */
}

enum side flow_settle_roles(struct flow *flow, enum side side, const struct segment *s)
{
	enum { SYSTEM_PORTS = 1024 }; /* RFC 6335 6 */
	enum role_basis basis = ROLE_FIRST_PACKET;
	enum side role = side;
	const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];

	if (s->ctl & CTL_SYN && !(s->ctl & CTL_RST)) {
		basis = s->ctl & CTL_ACK ? ROLE_SYN_ACK : ROLE_SYN;
		role = s->ctl & CTL_ACK ? RESPONDER : INITIATOR;
	} else if (!x->segments && y->segments &&
		   (s->source_port < SYSTEM_PORTS) != (s->destination_port < SYSTEM_PORTS)) {
		/* both have been seen now, so either may have begun: the one whose port is a service's did not */
		basis = ROLE_PORT;
		role = s->source_port < SYSTEM_PORTS ? RESPONDER : INITIATOR;
	}
	if (basis >= (enum role_basis)flow->role_basis)
		return side;
	flow->role_basis = (uint8_t)basis;
	if (side != role)
		exchange_roles(flow);
	return role;
}

void flow_init(struct flow *flow, const struct segment *s, uint64_t id, int64_t msl2_ns)
{
	enum role_basis basis;
	enum side side = first_side(s, &basis);

	memset(flow, 0, sizeof *flow);
	endpoint_init(&flow->endpoint[INITIATOR]);
	endpoint_init(&flow->endpoint[RESPONDER]);
	struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];
	x->ip = s->source;
	x->port = s->source_port;
	y->ip = s->destination;
	y->port = s->destination_port;
	flow->id = id;
	flow->input = s->input;
	flow->tunnel = s->tunnel;
	flow->role_basis = (uint8_t)basis;
	flow->first_ns = flow->last_ns = flow->now_ns = s->time_ns;
	flow->msl2_ns = msl2_ns;
	flow->closing_ns = flow->syn_ns = flow->syn_ack_ns = flow->third_ns = CLOCK_NONE;
	flow->midstream = !(s->ctl & CTL_SYN);
	wheel_timer_init(&flow->timer);
}

/* --- observation --------------------------------------------------------------------------------- */

/* In octets.  A scale counts only if both SYNs offered one (RFC 7323 2.2), and never on a SYN itself. */
static int64_t window_of(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;
	bool scaled = !o->syn && x->window_scale < SCALE_UNKNOWN && y->window_scale != SCALE_NONE;

	return scaled ? (int64_t)o->segment->wnd << x->window_scale : o->segment->wnd;
}

/* How far from the known edges a number may be and still belong to the connection: the largest window of its
 * receiver, 64 KiB at least, and all of what RFC 7323 allows where the scale is not known. */
static int64_t slack(const struct endpoint *receiver)
{
	int64_t window = (int64_t)receiver->max_window;

	if (receiver->window_scale == SCALE_UNKNOWN)
		return INT64_C(1) << 30;
	return window > 65535 ? window : 65535;
}

static bool sequence_fits(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;
	int64_t low, high;

	if (x->nxt == OFFSET_NONE || o->seq == OFFSET_NONE)
		return true;
	low = x->nxt;
	high = x->nxt > y->right_edge ? x->nxt : y->right_edge;
	return o->seq >= low - 2 * slack(y) && o->end <= high + slack(y);
}

static bool acknowledgement_fits(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;

	if (o->ack == OFFSET_NONE || y->nxt == OFFSET_NONE)
		return true;
	if (y->iss != OFFSET_NONE && o->ack < y->iss)
		return false;
	int64_t high = y->nxt > x->right_edge ? y->nxt : x->right_edge;
	return o->ack <= high + slack(x) && o->ack >= y->nxt - 4 * slack(x);
}

/* Could its claimed sender have sent it, and would its receiver look at it?  (RFC 9293 3.10.7.4, first check, with
 * the slack that a tap needs.)  Two segments in a row that agree with each other and with nothing before show that
 * the tap has missed more than a window. */
static bool is_acceptable(struct observation *o)
{
	struct endpoint *x = o->x;

	if (o->rst)
		return true; /* judged by its own rules: presume.c */
	/* A SYN of this connection is the one known, or stands before all that was seen. */
	if (o->syn &&
		(x->iss != OFFSET_NONE ? o->seq != x->iss : x->nxt != OFFSET_NONE && (o->seq >= 0 || o->seq < -65536)))
		return false;
	if (sequence_fits(o) && acknowledgement_fits(o)) {
		x->strange = OFFSET_NONE;
		return true;
	}
	bool again = x->strange != OFFSET_NONE && !o->syn && o->seq >= x->strange && o->seq - x->strange <= 65535;
	x->strange = o->end;
	return again && acknowledgement_fits(o);
}

/* The same packet captured twice, as mirror ports do: alike in all that is kept of the one before, and sooner than any
 * sender repeats.  Without an IP id a pure ACK may well be sent twice. */
static bool is_capture_copy(const struct endpoint *x, const struct segment *s)
{
	return x->last_ns != CLOCK_NONE && s->time_ns - x->last_ns < NS_PER_MS && x->last_seq == s->seq &&
	       x->last_ack == s->ack && x->last_len == s->len && x->last_ctl == s->ctl &&
	       (s->has_ip_id && s->ip_id ? x->last_ip_id == s->ip_id : s->len > 0);
}

static void remember_segment(struct endpoint *x, const struct segment *s)
{
	x->last_ns = s->time_ns;
	x->last_seq = s->seq;
	x->last_ack = s->ack;
	x->last_len = s->len;
	x->last_ctl = s->ctl;
	x->last_ip_id = s->ip_id;
}

static void observe(struct observation *o, struct flow *flow, enum side side, const struct segment *s)
{
	struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];

	*o = (struct observation){
		.segment = s,
		.flow = flow,
		.side = side,
		.x = x,
		.y = y,
		.t = s->time_ns,
		.syn = s->ctl & CTL_SYN,
		.fin = s->ctl & CTL_FIN,
		.rst = s->ctl & CTL_RST,
		.has_ack = s->ctl & CTL_ACK,
		.y_nxt = y->nxt,
	};
	/* a RST may carry numbers of its own (RFC 9293 3.5.2): it never defines an origin */
	o->seq = !o->rst || x->seq.known ? unwrap_offset(&x->seq, s->seq) : OFFSET_NONE;
	o->end = o->seq == OFFSET_NONE ? OFFSET_NONE : o->seq + s->len;
	o->ack = o->has_ack && (!o->rst || y->seq.known) ? unwrap_offset(&y->seq, s->ack) : OFFSET_NONE;
	o->window = window_of(o);
	o->window_edge = o->ack == OFFSET_NONE ? OFFSET_NONE : o->ack + o->window;
	o->pure = o->has_ack && !s->len && !o->rst;
	o->fin_again = o->fin && x->fin != OFFSET_NONE && !x->fin_guessed;
	o->probe = !o->syn && !o->fin && !o->rst && s->payload_len <= 1 && x->nxt != OFFSET_NONE &&
		   o->seq == x->nxt - 1 && y->ack != OFFSET_NONE && y->ack >= x->nxt - (x->fin != OFFSET_NONE);
	o->duplicate = is_capture_copy(x, s);
	if (s->options & OPTION_TIMESTAMPS && x->has_val && s->len && x->nxt != OFFSET_NONE && o->end <= x->nxt)
		o->duplicate |= seq_distance(s->ts_val, x->last_val) <= 0;
	/* A failed checksum: its receiver drops it.  When nothing of that side ever passes, it is the sensor's own
	 * offload and not the wire. */
	bool broken = s->checksum == CHECKSUM_BAD && x->good_checksums;
	o->acceptable = !broken && is_acceptable(o);
}

/* --- counting ------------------------------------------------------------------------------------ */

static void note_history(struct flow *flow, const struct observation *o)
{
	const struct segment *s = o->segment;
	char letter = o->syn ? (o->has_ack ? 'H' : 'S') : o->rst ? 'R' : o->fin ? 'F' : s->payload_len ? 'D' : 'A';

	if (o->side == RESPONDER)
		letter = (char)(letter | 0x20);
	if (flow->history_length < HISTORY_LETTERS && !memchr(flow->history, letter, flow->history_length))
		flow->history[flow->history_length++] = letter;
}

static void note_options(struct endpoint *x, const struct observation *o)
{
	const struct segment *s = o->segment;

	if (!x->segments) {
		x->ttl = s->ttl;
		x->vlan = s->vlan;
		x->network = s->network;
	}
	if (s->options & OPTION_TIMESTAMPS)
		x->timestamps = true;
	if (!o->syn)
		return;
	x->isn_seen = true;
	x->isn = s->seq;
	x->mss = s->options & OPTION_MSS ? s->mss : x->mss;
	x->sack = s->options & OPTION_SACK_PERMITTED;
	/* a shift above 14 is taken as 14 (RFC 7323 2.3) */
	x->window_scale = s->options & OPTION_WINDOW_SCALE ? (s->window_scale > 14 ? 14 : s->window_scale) : SCALE_NONE;
	if (s->options & OPTION_FAST_OPEN || s->payload_len)
		x->fast_open = true;
}

static void count_segment(struct endpoint *x, const struct endpoint *y, const struct observation *o)
{
	const struct segment *s = o->segment;

	/* RFC 5681 2: no data, no SYN or FIN, the same number and window as before, and data outstanding */
	if (o->pure && x->ack != OFFSET_NONE && o->ack == x->ack && s->wnd == x->last_wnd && y->nxt != OFFSET_NONE &&
		y->nxt > o->ack)
		x->duplicate_acks++;
	if (o->probe)
		x->keepalives++;
	if (!s->wnd && !o->syn && !o->fin && !o->rst)
		x->zero_windows++;
	x->segments++;
	x->wire_bytes += s->ip_bytes;
	x->syns += o->syn;
	x->fins += o->fin;
	x->rsts += o->rst;
	x->good_checksums += s->checksum == CHECKSUM_GOOD;
	x->bad_checksums += s->checksum == CHECKSUM_BAD;
	if (!o->rst) {
		x->last_wnd = s->wnd;
		if ((uint64_t)o->window > x->max_window)
			x->max_window = (uint64_t)o->window;
	}
}

void flow_uncount(struct flow *flow, enum side side, const struct segment *s)
{
	struct endpoint *x = &flow->endpoint[side];

	x->segments--;
	x->wire_bytes -= s->ip_bytes;
	x->syns--;
	x->stream.fresh_bytes -= s->payload_len; /* counted as new where it was put: see account_payload */
	flow->last_ns = flow->pending_last_ns;
}

static void account_payload(const struct observation *o)
{
	struct endpoint *x = o->x;
	uint32_t length = o->segment->payload_len;
	/* an octet filled in sooner than this was late, not sent again */
	int64_t reorder = 3 * NS_PER_MS;

	if (!length) {
		/* a SYN or a FIN takes a place in sequence space, and may be sent again like an octet */
		x->retransmitted += o->acceptable && o->end > o->seq && x->nxt != OFFSET_NONE && o->end <= x->nxt;
		return;
	}
	if (o->rst || !o->acceptable) {
		x->stream.fresh_bytes +=
			length; /* text in a RST (RFC 9293 3.5.3), or of nobody: no place in the stream */
		return;
	}
	if (o->probe && length == 1) { /* a keep-alive's garbage octet (RFC 9293 3.8.4) */
		x->stream.again_bytes += length;
		return;
	}
	switch (stream_accept(&x->stream, o->seq + o->syn, length, o->t, reorder)) {
	case STREAM_RETRANSMITTED:
		x->retransmitted++;
		break;
	case STREAM_OUT_OF_ORDER:
		x->out_of_order++;
		break;
	case STREAM_NEW:
		break;
	}
}

/* --- round trips --------------------------------------------------------------------------------- */

enum { ROUND_TRIP_MOST_S = 120 }; /* the longest segment lifetime (RFC 9293 3.4.1): beyond it, it is no round trip */

void endpoint_round_trip(struct endpoint *e, int64_t rtt_ns)
{
	if (rtt_ns < 0 || rtt_ns > ROUND_TRIP_MOST_S * NS_PER_S)
		return;
	if (e->rtt_ns == CLOCK_NONE || rtt_ns < e->rtt_ns)
		e->rtt_ns = rtt_ns;
	if (!e->rtt_samples || rtt_ns < e->rtt_least_ns)
		e->rtt_least_ns = rtt_ns;
	if (!e->rtt_samples || rtt_ns > e->rtt_most_ns)
		e->rtt_most_ns = rtt_ns;
	e->rtt_sum_ns += rtt_ns;
	e->rtt_samples++;
}

/* Karn's rule: one sample in flight per direction, none from what was sent twice (RFC 6298 3). */
static void time_round_trips(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (o->has_ack && y->sample_end != OFFSET_NONE && o->ack != OFFSET_NONE && o->ack >= y->sample_end) {
		endpoint_round_trip(x, o->t - y->sample_ns);
		y->sample_end = OFFSET_NONE;
	}
	if (!o->segment->payload_len || o->syn || o->rst)
		return;
	if (x->nxt != OFFSET_NONE && o->seq < x->nxt)
		x->sample_end = OFFSET_NONE; /* a repeat: whose acknowledgement comes next cannot be told */
	else if (x->sample_end == OFFSET_NONE) {
		x->sample_end = o->end;
		x->sample_ns = o->t;
	}
}

/* The two halves of the handshake, as the tap sees them; none from repeated segments. */
static void time_handshake(struct flow *flow, const struct observation *o)
{
	if (o->syn && !o->has_ack && o->side == INITIATOR) {
		flow->syn_repeated |= flow->syn_ns != CLOCK_NONE;
		flow->syn_ns = o->t;
	} else if (o->syn && o->has_ack && o->side == RESPONDER) {
		flow->syn_ack_repeated |= flow->syn_ack_ns != CLOCK_NONE;
		if (flow->syn_ack_ns == CLOCK_NONE && flow->syn_ns != CLOCK_NONE && !flow->syn_repeated)
			endpoint_round_trip(o->x, o->t - flow->syn_ns);
		if (flow->syn_ack_ns == CLOCK_NONE || flow->third_ns == CLOCK_NONE)
			flow->syn_ack_ns = o->t;
	} else if (!o->syn && !o->rst && o->has_ack && o->side == INITIATOR && flow->third_ns == CLOCK_NONE &&
		   flow->syn_ack_ns != CLOCK_NONE) {
		flow->third_ns = o->t;
		if (!flow->syn_ack_repeated)
			endpoint_round_trip(o->x, o->t - flow->syn_ack_ns);
	}
}

/* --- one segment --------------------------------------------------------------------------------- */

void flow_segment(struct flow *flow, enum side side, const struct segment *s)
{
	struct observation o;

	flow_timers(flow, s->time_ns);
	observe(&o, flow, side, s);
	struct endpoint *x = o.x;
	note_options(x, &o);
	count_segment(x, o.y, &o);
	note_history(flow, &o);
	if (s->time_ns > flow->last_ns)
		flow->last_ns = s->time_ns;
	if (s->cut)
		flow->cut = true;
	if (o.acceptable && (o.fin || o.rst) && flow->closing_ns == CLOCK_NONE)
		flow->closing_ns = o.t;
	account_payload(&o);
	if (o.acceptable) {
		if (!o.rst) {
			time_handshake(flow, &o);
			time_round_trips(&o);
			if (o.syn)
				stream_begin(&x->stream, o.seq + 1, o.t);
			else
				stream_begin(&x->stream, o.seq, o.t);
		}
		proof_segment(&o);
		presume_segment(&o);
		if (!o.rst) {
			unwrap_advance(&x->seq, o.end);
			if (o.ack != OFFSET_NONE)
				unwrap_advance(&o.y->seq, o.ack);
		}
		if (o.ack != OFFSET_NONE && !o.rst) {
			/* a FIN takes a place in sequence space, but is no octet of the stream */
			int64_t fin = o.y->fin;
			stream_acknowledged(&o.y->stream, fin != OFFSET_NONE && o.ack > fin ? fin : o.ack);
		}
	}
	remember_segment(x, s);
}

/* --- time and end -------------------------------------------------------------------------------- */

void flow_timers(struct flow *flow, int64_t now_ns)
{
	if (now_ns > flow->now_ns)
		flow->now_ns = now_ns;
	presume_timers(flow, flow->now_ns);
}

enum tcp_state flow_state(const struct flow *flow, enum side side)
{
	return facts_current(&flow->endpoint[side].facts);
}

static bool is_over(enum tcp_state state)
{
	return state == TCP_CLOSED || state == TCP_TIME_WAIT;
}

enum flow_class flow_classify(const struct flow *flow)
{
	const struct facts *i = &flow->endpoint[INITIATOR].facts, *r = &flow->endpoint[RESPONDER].facts;

	/* cheap first: most segments belong to connections that are open */
	if (!((i->held | r->held) & (FACT_CLOSED | FACT_GONE)))
		return i->held & r->held & FACT_SYN_ACKED ? FLOW_LIVE : FLOW_HALF_OPEN;
	if (is_over(flow_state(flow, INITIATOR)) && is_over(flow_state(flow, RESPONDER)))
		return FLOW_OVER;
	return (i->held | r->held) & FACT_SYN_ACKED ? FLOW_LIVE : FLOW_HALF_OPEN;
}

int64_t flow_removal_ns(const struct flow *flow)
{
	static const int64_t wait_ms[FLOW_CLASSES] = {
		[FLOW_HALF_OPEN] = TIMEOUT_HALF_OPEN_MS, [FLOW_LIVE] = TIMEOUT_IDLE_MS, [FLOW_OVER] = TIMEOUT_OVER_MS};
	int64_t from = flow->last_ns;

	for (int i = 0; i < SIDES; i++) {
		int64_t time_wait = flow->endpoint[i].time_wait_ns;
		if (time_wait != CLOCK_NONE && time_wait + flow->msl2_ns > from)
			from = time_wait + flow->msl2_ns;
	}
	enum flow_class class = flow_classify(flow);
	int64_t wait = class == FLOW_HALF_OPEN && flow->midstream ? TIMEOUT_STRAY_MS : wait_ms[class];
	return clock_plus(from, wait * NS_PER_MS);
}

int64_t flow_next_timer(const struct flow *flow)
{
	int64_t removal = flow_removal_ns(flow), next = presume_next_timer(flow);

	return next != CLOCK_NONE && next < removal ? next : removal;
}

enum outcome flow_outcome(const struct flow *flow)
{
	const struct facts *i = &flow->endpoint[INITIATOR].facts, *r = &flow->endpoint[RESPONDER].facts;
	uint8_t both = i->held & r->held, any = i->held | r->held;
	const uint8_t fins = FACT_CLOSED | FACT_GOT_FIN;

	if (flow->end == END_EVICTED)
		return OUTCOME_EVICTED;
	if (flow->refused)
		return OUTCOME_REFUSED;
	if (flow->reset)
		return flow->reset_early ? OUTCOME_HANDSHAKE_ABORTED : OUTCOME_RESET;
	if ((both & fins) == fins) {
		/* the second closer's FIN acknowledged: then both have ended as the book says */
		const struct facts *second = i->at[NUMBER_CLOSED] > r->at[NUMBER_CLOSED] ? i : r;
		return second->held & FACT_FIN_ACKED ? OUTCOME_CLOSED : OUTCOME_CLOSED_UNCONFIRMED;
	}
	if (both & FACT_CLOSED)
		return OUTCOME_CLOSED_UNCONFIRMED;
	if (any & FACT_CLOSED)
		return flow->timed_out && !(any & FACT_GOT_FIN) ? OUTCOME_VANISHED : OUTCOME_HALF_CLOSED;
	if (!flow->midstream && !(r->held & FACT_SENT_SYN))
		return OUTCOME_UNANSWERED;
	if (!flow->midstream && !(r->held & FACT_SYN_ACKED))
		return OUTCOME_HANDSHAKE_INCOMPLETE;
	if (flow->timed_out)
		return OUTCOME_VANISHED;
	if (flow->end == END_SUPERSEDED)
		return OUTCOME_SUPERSEDED;
	if (flow->end == END_IDLE)
		return OUTCOME_IDLE_TIMEOUT;
	return flow->end == END_INPUT ? OUTCOME_CAPTURE_ENDED : OUTCOME_OPEN;
}
