/* rtt: see rtt.h. */
#include "track/rtt.h"

enum { ROUND_TRIP_MOST_S = 120 }; /* the longest segment lifetime (RFC 9293 3.4.1): beyond it, it is no round trip */

static void take_sample(struct endpoint *e, int64_t rtt_ns)
{
	if (rtt_ns < 0 || rtt_ns > ROUND_TRIP_MOST_S * NS_PER_S)
		return;
	if (e->rtt_ns == CLOCK_NONE || rtt_ns < e->rtt_ns)
		e->rtt_ns = rtt_ns;
	if (!e->rtt_samples || rtt_ns > e->rtt_most_ns)
		e->rtt_most_ns = rtt_ns;
	e->rtt_sum_ns += rtt_ns;
	e->rtt_samples++;
}

/* Karn's rule: one sample in flight per direction, none from what was sent twice (RFC 6298 3). */
void rtt_segment(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (o->has_ack && y->sample_end != OFFSET_NONE && o->ack != OFFSET_NONE && o->ack >= y->sample_end) {
		take_sample(x, o->t - y->sample_ns);
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
void rtt_handshake(const struct observation *o)
{
	struct flow *flow = o->flow;

	if (o->syn && !o->has_ack && o->side == INITIATOR) {
		flow->syn_repeated |= flow->syn_ns != CLOCK_NONE;
		flow->syn_ns = o->t;
	} else if (o->syn && o->has_ack && o->side == RESPONDER) {
		flow->syn_ack_repeated |= flow->syn_ack_ns != CLOCK_NONE;
		if (flow->syn_ack_ns == CLOCK_NONE && flow->syn_ns != CLOCK_NONE && !flow->syn_repeated)
			take_sample(o->x, o->t - flow->syn_ns);
		if (flow->syn_ack_ns == CLOCK_NONE || flow->third_ns == CLOCK_NONE)
			flow->syn_ack_ns = o->t;
	} else if (!o->syn && !o->rst && o->has_ack && o->side == INITIATOR && flow->third_ns == CLOCK_NONE &&
		   flow->syn_ack_ns != CLOCK_NONE) {
		flow->third_ns = o->t;
		if (!flow->syn_ack_repeated)
			take_sample(o->x, o->t - flow->syn_ack_ns);
	}
}
