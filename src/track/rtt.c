/* rtt: see rtt.h. */
#include "track/rtt.h"

#include "track/flow.h"

enum { ROUND_TRIP_MOST_S = 120 };

void rtt_init(struct rtt *rtt)
{
	*rtt = (struct rtt){.least_ns = CLOCK_NONE, .end = OFFSET_NONE};
}

void rtt_sample(struct rtt *rtt, int64_t ns)
{
	if (ns < 0 || ns > ROUND_TRIP_MOST_S * NS_PER_S)
		return;
	if (!rtt->samples || ns < rtt->least_ns)
		rtt->least_ns = ns;
	if (!rtt->samples || ns > rtt->most_ns)
		rtt->most_ns = ns;
	rtt->sum_ns += ns;
	rtt->samples++;
}

void rtt_sent(struct rtt *rtt, int64_t end, int64_t t, const uint32_t *val, bool again)
{
	if (!again) {
		if (rtt->end != OFFSET_NONE)
			return;
		rtt->end = end;
		rtt->again = false;
	} else if (rtt->end == OFFSET_NONE) {
		return;
	} else if (!val || *val == rtt->val) { /* in one tick of its clock: the echo would not tell them apart */
		rtt->end = OFFSET_NONE;
		return;
	} else {
		rtt->again = true;
	}
	rtt->sent_ns = t;
	rtt->val = val ? *val : 0;
}

int64_t rtt_acknowledged(struct rtt *rtt, int64_t ack, int64_t t, const uint32_t *echo)
{
	if (rtt->end == OFFSET_NONE || ack < rtt->end)
		return CLOCK_NONE;
	rtt->end = OFFSET_NONE;
	if (rtt->again && !(echo && *echo == rtt->val))
		return CLOCK_NONE;
	return t < rtt->sent_ns ? CLOCK_NONE : clock_since(t, rtt->sent_ns);
}

bool rtt_times_bare_syn(const struct endpoint *e)
{
	return e->bare_syn && e->rtt.end != OFFSET_NONE && e->rtt.end == e->iss + 1;
}

void rtt_steady(const struct observation *o)
{
	const struct segment *s = o->segment;
	bool stamped = s->options & OPTION_TIMESTAMPS;

	int64_t ns = rtt_acknowledged(&o->y->rtt, o->ack, o->t, stamped ? &s->ts_ecr : NULL);
	if (ns != CLOCK_NONE)
		rtt_sample(&o->x->rtt, ns);
	if (s->payload_len)
		rtt_sent(&o->x->rtt, o->end, o->t, stamped ? &s->ts_val : NULL, false);
}

void rtt_segment(const struct observation *o)
{
	const struct segment *s = o->segment;
	struct endpoint *x = o->x, *y = o->y;
	struct flow *flow = o->flow;
	bool stamped = s->options & OPTION_TIMESTAMPS;

	if (o->ack != OFFSET_NONE) {
		bool of_syn = rtt_times_bare_syn(y);
		int64_t ns = rtt_acknowledged(&y->rtt, o->ack, o->t, stamped ? &s->ts_ecr : NULL);

		if (of_syn && !o->syn)
			ns = CLOCK_NONE; /* the SYN+ACK was missed, and this is later */
		/* a SYN is repeated after a second (RFC 6298 2.1): a later answer may be for a copy lost before it */
		if (ns != CLOCK_NONE && !(of_syn && ns >= NS_PER_S))
			rtt_sample(&x->rtt, ns);
		if (o->syn && o->side == RESPONDER && flow->syn_rtt_ns == CLOCK_NONE)
			flow->syn_rtt_ns = ns;
		if (!o->syn && o->side == INITIATOR && flow->third_ns == CLOCK_NONE && y->syn_ack) {
			flow->third_ns = o->t;
			flow->ack_rtt_ns = ns;
		}
	}
	if (!o->syn && rtt_times_bare_syn(x))
		x->rtt.end = OFFSET_NONE; /* it goes on, so it was answered: the same */
	if (o->syn && o->has_ack && rtt_times_bare_syn(x))
		return; /* simultaneous open: a SYN+ACK of the peer answers the SYN, not this (RFC 9293 3.5) */
	if (o->copy || (!o->syn && !o->fin && !s->payload_len))
		return;
	/* of a SYN the number alone: what it carries may be left unacknowledged (RFC 7413 4.2.2) */
	int64_t end = o->syn ? o->seq + 1 : o->end;
	rtt_sent(&x->rtt, end, o->t, stamped ? &s->ts_val : NULL, x->nxt != OFFSET_NONE && o->seq < x->nxt);
}
