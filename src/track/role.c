/* role: see role.h. */
#include "track/role.h"

enum side role_first(const struct segment *s, enum role_basis *basis)
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
	flow->turned = !flow->turned;
	flow->reset_by = flow->reset_by == INITIATOR ? RESPONDER : INITIATOR;
}

enum side role_settle(struct flow *flow, enum side side, const struct segment *s)
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
