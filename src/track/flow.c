/* flow: one segment's way through a flow: observed, counted, proved from, presumed from.  See flow.h. */
#include "track/flow.h"

#include <string.h>

#include "track/observe.h"
#include "track/presume.h"
#include "track/proof.h"
#include "track/repeat.h"
#include "track/role.h"
#include "track/rtt.h"
#include "track/steady.h"

static void endpoint_init(struct endpoint *e)
{
	facts_init(&e->facts);
	e->vlan = VLAN_UNSEEN;
	e->iss = e->nxt = e->ack = e->right_edge = e->fin = e->strange = OFFSET_NONE;
	e->data_end = e->data_ack = e->data_edge = e->syn_end = e->plain = e->fin_low = e->fin_edge = e->closed_ack =
		OFFSET_NONE;
	e->edge[0] = e->edge[1] = OFFSET_NONE;
	e->quiet = e->quiet_end = e->ack_edge = e->repeat_seq = e->repeat_end = OFFSET_NONE;
	e->first_octet_ns = e->window_closed_ns = CLOCK_NONE;
	e->quiet_ns = e->time_wait_ns = e->time_wait_was_ns = e->last_ns = CLOCK_NONE;
	e->window_scale = SCALE_UNKNOWN;
	rtt_init(&e->rtt);
}

void flow_init(struct flow *flow, const struct segment *s, uint64_t id, const struct stack *stack, struct hosts *hosts)
{
	enum role_basis basis;
	enum side side = role_first(s, &basis);

	endpoint_init(&flow->endpoint[INITIATOR]);
	endpoint_init(&flow->endpoint[RESPONDER]);
	struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];
	x->ip = s->source;
	x->port = s->source_port;
	y->ip = s->destination;
	y->port = s->destination_port;
	flow->id = id;
	flow->input = s->input;
	flow->first_packet = s->packet;
	flow->tunnel = s->tunnel;
	flow->role_basis = (uint8_t)basis;
	flow->first_ns = flow->last_ns = flow->now_ns = flow->looked_ns = s->time_ns;
	flow->stack = stack;
	flow->hosts = hosts;
	flow->due_ns = INT64_MAX;
	flow->closing_ns = flow->syn_rtt_ns = flow->ack_rtt_ns = flow->third_ns = CLOCK_NONE;
	flow->midstream = !(s->ctl & CTL_SYN);
	flow->told_ns = CLOCK_NONE;
	wheel_timer_init(&flow->timer);
	wheel_timer_init(&flow->watched.timer);
}

void flow_give_transfer(struct flow *flow, struct transfer *transfer)
{
	flow->transfer = transfer;
	for (int side = 0; transfer && side < SIDES; side++) {
		flow->endpoint[side].stream.holes = &transfer[side].holes;
		flow->endpoint[side].repeats.lately = &transfer[side].lately;
	}
}

static bool has_holes(const struct endpoint *e)
{
	return e->stream.holes && e->stream.holes->count;
}

size_t flow_copy_bytes(const struct flow *flow)
{
	size_t bytes = sizeof *flow + zeek_copy_bytes(&flow->zeek);

	for (int side = 0; side < SIDES; side++)
		bytes += has_holes(&flow->endpoint[side]) ? sizeof(struct holes) : 0;
	return bytes;
}

struct flow *flow_copy(const struct flow *flow, void *room)
{
	struct flow *copy = room;
	char *at = (char *)room + sizeof *flow;

	memcpy(copy, flow, sizeof *flow);
	copy->transfer = NULL;
	copy->notes = NULL;
	zeek_copy(&flow->zeek, &copy->zeek, at);
	at += zeek_copy_bytes(&flow->zeek);
	for (int side = 0; side < SIDES; side++) {
		struct stream *stream = &copy->endpoint[side].stream;

		copy->endpoint[side].repeats.lately = NULL;
		stream->holes = NULL;
		if (!has_holes(&flow->endpoint[side]))
			continue;
		stream->holes = memcpy(at, flow->endpoint[side].stream.holes, sizeof(struct holes));
		at += sizeof(struct holes);
	}
	return copy;
}

/* --- counting ------------------------------------------------------------------------------------ */

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
	if (!o->syn || !o->acceptable) /* another SYN's options belong to what it may begin */
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

static void count_segment(struct endpoint *x, const struct observation *o)
{
	const struct segment *s = o->segment;

	if (!s->wnd && !o->syn && !o->fin && !o->rst)
		x->zero_windows++;
	x->segments++;
	x->wire_bytes += s->ip_bytes;
	x->syns += o->syn;
	x->fins += o->fin;
	x->rsts += o->rst;
	x->good_checksums |= s->checksum == CHECKSUM_GOOD;
	if (!o->rst) {
		x->last_wnd = s->wnd;
		if (o->window > x->max_window)
			x->max_window = (uint32_t)o->window; /* at most 65535 << 14 (RFC 7323 2.3) */
	}
}

void flow_uncount(struct flow *flow, enum side side, const struct pending *pending)
{
	struct endpoint *x = &flow->endpoint[side];

	x->segments -= pending->copies;
	x->wire_bytes -= (uint64_t)pending->copies * pending->syn.ip_bytes;
	x->syns -= pending->copies;
	x->stream.fresh_bytes -= pending->octets;
	flow->last_ns = pending->flow_last_ns;
}

/* --- a responder that begins anew ---------------------------------------------------------------- */

bool endpoint_another_syn(const struct endpoint *x, const struct segment *s)
{
	if (x->isn_seen)
		return x->isn != s->seq;
	/* its SYN was not seen, only what came after that */
	int32_t distance = seq_distance(s->seq, unwrap_wire(&x->seq, 0));
	return x->seq.known && (distance >= 0 || distance < -65536);
}

bool flow_begins_anew(const struct flow *flow, enum side side, const struct segment *s)
{
	const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];

	if ((s->ctl & (CTL_SYN | CTL_ACK | CTL_RST)) != (CTL_SYN | CTL_ACK) || x->bare_syn || !x->seq.known ||
		!y->bare_syn || y->isn + 1 != s->ack || y->facts.must & FACT_GOT_SYN)
		return false;
	return endpoint_another_syn(x, s);
}

/* Forgets what rests on its sequence numbers; what was counted stays. */
static void begin_anew(struct endpoint *x, struct endpoint *y, int64_t t)
{
	facts_init(&x->facts);
	x->facts.follows = true;
	x->former = (struct former){x->isn, x->isn_seen};
	x->isn_seen = false;
	x->seq.known = x->syn_ack = x->fin_guessed = x->has_cover = false;
	x->iss = x->nxt = x->fin = x->strange = x->data_end = x->syn_end = x->plain = x->quiet = x->quiet_end =
		x->ack_edge = OFFSET_NONE;
	x->repeat_seq = x->repeat_end = OFFSET_NONE;
	stream_restart(&x->stream);
	x->repeats.recovering = false;
	y->repeats.sacked = 0;
	x->rtt.end = OFFSET_NONE;
	x->quiet_ns = CLOCK_NONE;
	x->syn = x->fin_copies = (struct copies){0};
	x->data_ack = x->data_edge = x->fin_low = x->fin_edge = x->closed_ack = OFFSET_NONE;
	x->edge[0] = x->edge[1] = y->edge[0] = y->edge[1] = OFFSET_NONE;
	y->ack = y->right_edge = y->data_ack = y->data_edge = y->fin_low = y->fin_edge = y->closed_ack = OFFSET_NONE;
	facts_withdraw(&y->facts, FACT_GOT_SYN, t);
}

/* Times of silence: of the connection, and of a receiver that lets nothing come. */
static void note_silence(struct flow *flow, struct observation *o)
{
	struct endpoint *x = o->x;

	if (o->t > flow->last_ns) {
		int64_t silence = clock_since(o->t, flow->last_ns);

		if (silence > flow->idle_ns)
			flow->idle_ns = silence;
		flow->last_ns = o->t;
	}
	if (o->segment->payload_len && !o->syn && x->first_octet_ns == CLOCK_NONE)
		x->first_octet_ns = o->t;
	if (o->rst || o->syn || !!o->segment->wnd == (x->window_closed_ns == CLOCK_NONE))
		return;
	if (x->window_closed_ns == CLOCK_NONE) {
		x->window_closed_ns = o->t;
	} else {
		o->opens = true;
		o->closed_ns = x->window_closed_ns;
		x->window_closed_sum_ns = clock_plus(x->window_closed_sum_ns, clock_since(o->t, x->window_closed_ns));
		x->window_closed_ns = CLOCK_NONE;
	}
}

/* What the segment's numbers say of both streams without being payload.  A FIN takes a place in sequence space, but is
 * no octet. */
static void move_edges(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	stream_passed(&x->stream, x->fin != OFFSET_NONE && o->seq > x->fin ? x->fin : o->seq, o->t);
	if (o->ack != OFFSET_NONE)
		stream_acknowledged(&y->stream, y->fin != OFFSET_NONE && o->ack > y->fin ? y->fin : o->ack, o->t);
	if (x->fin != OFFSET_NONE)
		stream_end(&x->stream, x->fin);
	if (y->fin != OFFSET_NONE)
		stream_end(&y->stream, y->fin);
}

/* --- one segment --------------------------------------------------------------------------------- */

void flow_segment(struct flow *flow, enum side side, const struct segment *s, struct observation *o)
{
	if (!steady_segment(flow, side, s, o))
		flow_segment_fully(flow, side, s, o);
}

void flow_segment_fully(struct flow *flow, enum side side, const struct segment *s, struct observation *o)
{
	flow_timers(flow, s->time_ns);
	bool anew = flow_begins_anew(flow, side, s);
	if (anew)
		begin_anew(&flow->endpoint[side], &flow->endpoint[side_other(side)], s->time_ns);
	observe(o, flow, side, s);
	o->anew = anew;
	struct endpoint *x = o->x;
	note_options(x, o);
	note_silence(flow, o);
	if (s->cut)
		flow->cut = true;
	if (o->acceptable && (o->fin || o->rst) && flow->closing_ns == CLOCK_NONE)
		flow->closing_ns = o->t;
	if (o->acceptable && !o->rst) {
		stream_begin(&x->stream, o->seq + o->syn, o->t, o->syn);
		repeat_acknowledgement(o);
		rtt_segment(o);
	}
	repeat_segment(o);
	count_segment(x, o);
	if (o->acceptable) {
		proof_segment(o);
		presume_segment(o);
		if (!o->rst) {
			unwrap_advance(&x->seq, o->end);
			if (o->ack != OFFSET_NONE)
				unwrap_advance(&o->y->seq, o->ack);
		}
		if (!o->rst)
			move_edges(o);
	}
	observe_done(o);
	steady_settle(flow);
	flow->due_ns = presume_next_timer(flow);
}

/* --- time and end -------------------------------------------------------------------------------- */

void flow_timers(struct flow *flow, int64_t now_ns)
{
	if (now_ns > flow->now_ns)
		flow->now_ns = now_ns;
	if (flow->now_ns < flow->due_ns)
		return;
	presume_timers(flow, flow->now_ns);
	flow->due_ns = presume_next_timer(flow);
}

uint8_t flow_may(const struct flow *flow, enum side side)
{
	const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];
	uint8_t may = FACT_SENT_SYN | FACT_CLOSED | FACT_GONE;

	if (flow->midstream || (x->facts.follows && !x->isn_seen)) /* what came before is not known */
		return FACTS_ALL;
	if (y->bare_syn || y->syn_ack)
		may |= FACT_GOT_SYN;
	if (y->ack != OFFSET_NONE && (x->iss == OFFSET_NONE || y->ack > x->iss))
		may |= FACT_SYN_ACKED;
	if (y->ack != OFFSET_NONE && x->fin != OFFSET_NONE && y->ack > x->fin)
		may |= FACT_FIN_ACKED;
	if (y->fin != OFFSET_NONE)
		may |= FACT_GOT_FIN;
	return may;
}

enum tcp_state flow_state(const struct flow *flow, enum side side)
{
	return facts_current(&flow->endpoint[side].facts);
}

static bool is_over(enum tcp_state state)
{
	return state == TCP_CLOSED || state == TCP_TIME_WAIT;
}

/* Has an acknowledgement of the peer's FIN passed? */
static bool acknowledges_fin(const struct flow *flow, enum side side)
{
	const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];

	return y->fin != OFFSET_NONE && !y->fin_guessed && x->ack != OFFSET_NONE && x->ack > y->fin;
}

static bool is_done(const struct flow *flow)
{
	return !flow->reset && acknowledges_fin(flow, INITIATOR) && acknowledges_fin(flow, RESPONDER);
}

enum flow_class flow_classify(const struct flow *flow)
{
	const struct facts *i = &flow->endpoint[INITIATOR].facts, *r = &flow->endpoint[RESPONDER].facts;

	/* cheap first: most segments belong to connections that are open */
	if (!((i->held | r->held) & (FACT_CLOSED | FACT_GONE)))
		return i->held & r->held & FACT_SYN_ACKED ? FLOW_LIVE : FLOW_HALF_OPEN;
	enum tcp_state initiator = flow_state(flow, INITIATOR), responder = flow_state(flow, RESPONDER);
	if (is_over(initiator) && is_over(responder))
		return is_done(flow) && (initiator == TCP_CLOSED || responder == TCP_CLOSED) ? FLOW_DONE : FLOW_OVER;
	return (i->held | r->held) & FACT_SYN_ACKED ? FLOW_LIVE : FLOW_HALF_OPEN;
}

int64_t flow_removal_ns(const struct flow *flow)
{
	static const int64_t wait_ms[FLOW_CLASSES] = {[FLOW_HALF_OPEN] = TIMEOUT_HALF_OPEN_MS,
		[FLOW_LIVE] = TIMEOUT_IDLE_MS,
		[FLOW_OVER] = TIMEOUT_OVER_MS,
		[FLOW_DONE] = TIMEOUT_OVER_MS};
	int64_t from = flow->last_ns;

	for (int i = 0; i < SIDES; i++) {
		const struct endpoint *e = &flow->endpoint[i];
		if (e->time_wait_ns != CLOCK_NONE && endpoint_time_wait_ends(e) > from)
			from = endpoint_time_wait_ends(e);
	}
	enum flow_class class = flow_classify(flow);
	int64_t wait = class == FLOW_HALF_OPEN && flow->midstream ? TIMEOUT_STRAY_MS : wait_ms[class];
	return clock_plus(from, wait * NS_PER_MS);
}

int64_t flow_next_timer(const struct flow *flow)
{
	int64_t removal = flow_removal_ns(flow);

	return flow->due_ns < removal ? flow->due_ns : removal;
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
