/* settled: see settled.h. */
#include "track/settled.h"

#include <assert.h>

#include "track/zeek.h"

static_assert(sizeof(struct settled) == 64, "as many as there may be, each counts");

enum { PLACE_ANY = 0xffff, NEAR = 65535 };

static uint16_t place_of(uint16_t vlan, uint32_t network)
{
	uint32_t mixed = (vlan ^ network << 12) * 0x9e3779b1u;
	uint16_t place = (uint16_t)(mixed >> 16);

	return place == PLACE_ANY ? 0 : place;
}

int settled_sender(const struct segment *s)
{
	return !zeek_is_lower(&s->source, s->source_port, &s->destination, s->destination_port);
}

static void fill_end(struct settled_end *end, const struct endpoint *e)
{
	end->isn_seen = e->isn_seen;
	end->isn = e->isn;
	end->next_known = e->nxt != OFFSET_NONE && e->seq.known;
	if (end->next_known)
		end->next = unwrap_wire(&e->seq, e->nxt);
	end->has_val = e->has_val;
	end->val = e->last_val;
	end->place = e->vlan == VLAN_UNSEEN ? PLACE_ANY : place_of(e->vlan, e->network);
}

void settled_fill(struct settled *settled, const struct flow *flow)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];
	int lower = !zeek_is_lower(&i->ip, i->port, &r->ip, r->port);

	*settled = (struct settled){.hash = flow->hash,
		.last_ns = flow->last_ns,
		.time_wait_ends_ns = CLOCK_NONE,
		.outcome = (uint8_t)flow_outcome(flow)};
	for (int side = 0; side < SIDES; side++) {
		const struct endpoint *e = &flow->endpoint[side];
		struct settled_end *end = &settled->end[side ^ lower];

		fill_end(end, e);
		if (e->time_wait_ns == CLOCK_NONE || endpoint_time_wait_ends(e) <= settled->time_wait_ends_ns)
			continue;
		settled->time_wait_ends_ns = endpoint_time_wait_ends(e);
		settled->end[side ^ !lower].waits = false;
		end->waits = true;
		end->proved = e->facts.proved[TCP_TIME_WAIT] != CLOCK_NONE;
	}
}

int64_t settled_until_ns(const struct settled *settled)
{
	int64_t from = settled->last_ns > settled->time_wait_ends_ns ? settled->last_ns : settled->time_wait_ends_ns;

	return clock_plus(from, TIMEOUT_OVER_MS * NS_PER_MS);
}

bool settled_fits(const struct settled *settled, const struct segment *s)
{
	int from = settled_sender(s);
	uint16_t place = place_of(s->vlan, s->network), own = settled->end[from].place;

	return own == place || (own == PLACE_ANY && settled->end[!from].place == place);
}

/* Is a number beyond all that its end has sent? */
static bool is_beyond(const struct settled_end *end, uint32_t number)
{
	return end->next_known && seq_distance(number, end->next) > 0;
}

bool settled_begins_another(const struct settled *settled, const struct segment *s)
{
	int from = settled_sender(s);
	const struct settled_end *x = &settled->end[from], *y = &settled->end[!from];

	if (s->ctl & CTL_RST)
		return false;
	if (s->ctl & CTL_SYN)
		return x->isn_seen ? x->isn != s->seq : x->next_known && seq_distance(s->seq, x->next) > 0;
	/* octets right behind the FIN of a broken TCP are of the old one */
	bool behind = s->ctl & CTL_ACK && y->next_known && x->next_known && seq_distance(s->seq, x->next) <= NEAR &&
		      seq_distance(s->ack, y->next) <= 0 && seq_distance(s->ack, y->next) >= -NEAR;
	return (is_beyond(x, s->seq + s->payload_len) && !behind) || (s->ctl & CTL_ACK && is_beyond(y, s->ack));
}

void settled_describe(
	const struct settled *settled, const struct segment *first, struct predecessor *before, struct former former[2])
{
	int from = settled_sender(first);
	const struct settled_end *x = &settled->end[from], *y = &settled->end[!from];
	bool newer = first->options & OPTION_TIMESTAMPS && x->has_val && seq_distance(first->ts_val, x->val) > 0;

	*before = (struct predecessor){
		.seen = true,
		.beyond = newer || !x->next_known || is_beyond(x, first->seq),
		.by_sender = x->waits,
		.proved = x->waits ? x->proved : y->proved,
		.outcome = settled->outcome,
		.last_ns = settled->last_ns,
		.time_wait_ends_ns = settled->time_wait_ends_ns,
	};
	former[0] = (struct former){x->isn, x->isn_seen};
	former[1] = (struct former){y->isn, y->isn_seen};
}
