/* rst: see rst.h. */
#include "detect/rst.h"

static bool answered_fin(const struct endpoint *e, const struct endpoint *peer)
{
	return e->ack != OFFSET_NONE && peer->fin != OFFSET_NONE && e->ack > peer->fin;
}

bool rst_is_stray(const struct flow *flow)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];

	return answered_fin(i, r) && answered_fin(r, i);
}

bool rst_in_open(const struct flow *flow)
{
	return flow->endpoint[INITIATOR].facts.held & flow->endpoint[RESPONDER].facts.held & FACT_SYN_ACKED;
}

bool rst_is_exact(const struct observation *o)
{
	return o->seq != OFFSET_NONE && ((o->y->ack != OFFSET_NONE && o->seq == o->y->ack) || o->seq == o->x_nxt);
}

/* Without ACK, and soon enough after something of Y: a host without the connection answers at once. */
static bool is_prompt(const struct observation *o)
{
	return !o->has_ack && o->y->last_ns != CLOCK_NONE &&
	       clock_since(o->t, o->y->last_ns) <= timeout_ns(o->flow, o->side);
}

bool rst_answers_last(const struct observation *o)
{
	return is_prompt(o) && o->y->last_ctl & CTL_ACK && o->segment->seq == o->y->last_ack &&
	       (o->x_last_ns == CLOCK_NONE || o->y->last_ns >= o->x_last_ns);
}

bool rst_may_answer(const struct observation *o)
{
	bool acknowledged = o->seq != OFFSET_NONE && o->y->ack != OFFSET_NONE && o->seq <= o->y->ack &&
			    (o->x->iss == OFFSET_NONE || o->seq > o->x->iss);

	return rst_answers_last(o) || (is_prompt(o) && acknowledged);
}

/* --- who sent it ---------------------------------------------------------------------------------- */

bool rst_other_ttl(const struct observation *o)
{
	enum { NEAR = 2 }; /* routes change a little */
	int distance = o->segment->ttl - o->usual_ttl;

	return o->usual_ttl && (distance > NEAR || distance < -NEAR);
}

bool rst_other_ip_id(const struct observation *o)
{
	enum { STEP_MOST = 64 };
	uint16_t step = (uint16_t)(o->segment->ip_id - o->x->plain_ip_id);

	return o->ids_steady && o->segment->has_ip_id && o->segment->ip_id && (!step || step > STEP_MOST) &&
	       !rst_may_answer(o);
}

struct rst_look rst_look_of(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;
	int64_t expected = wire_number(x, y->ack);

	return (struct rst_look){
		.at = {o->t, o->segment->packet},
		.seq = o->segment->seq,
		.expected = expected == CLOCK_NONE ? wire_number(x, o->x_nxt) : expected,
		.ip_id = o->segment->ip_id,
		.last_ip_id = x->plain_ip_id,
		.ttl = o->segment->ttl,
		.usual_ttl = o->usual_ttl,
		.signs = (uint8_t)(rst_other_ttl(o) + rst_other_ip_id(o)),
		.inside = y->ack != OFFSET_NONE && o->seq > y->ack && o->seq < y->right_edge,
	};
}

/* A row that is there already becomes surer, without being counted again. */
static void make_surer(const struct look *l, enum anomaly kind, int side, enum confidence sure)
{
	struct detection *row = found_before(l, kind, side);

	if (row && sure > (enum confidence)row->confidence)
		row->confidence = (uint8_t)sure;
}

bool is_a_round_trip_later(const struct look *l, int64_t earlier_ns)
{
	int64_t round_trip = round_trip_ns(l->flow);

	return clock_since(l->now_ns, earlier_ns) > (round_trip ? round_trip : NS_PER_S);
}

void rst_note_alive(const struct look *l, enum side side, int signs)
{
	make_surer(l, ANOMALY_rst_ttl_mismatch, side, score(l, signs + 1));
	make_surer(l, ANOMALY_rst_ipid_mismatch, side, score(l, signs + 1));
}
