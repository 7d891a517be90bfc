/* textbook: see textbook.h. */
#include "tests/property/textbook.h"

#include "track/seq.h"

static enum tcp_state after_ack_of_fin(enum tcp_state state)
{
	return state == TCP_FIN_WAIT_1 ? TCP_FIN_WAIT_2
	       : state == TCP_CLOSING  ? TCP_TIME_WAIT
	       : state == TCP_LAST_ACK ? TCP_CLOSED
				       : state;
}

static enum tcp_state after_fin_received(enum tcp_state state)
{
	return state == TCP_ESTABLISHED || state == TCP_SYN_RECEIVED ? TCP_CLOSE_WAIT
	       : state == TCP_FIN_WAIT_1                             ? TCP_CLOSING
	       : state == TCP_FIN_WAIT_2                             ? TCP_TIME_WAIT
								     : state;
}

static enum tcp_state after_fin_sent(enum tcp_state state)
{
	return state == TCP_ESTABLISHED || state == TCP_SYN_RECEIVED ? TCP_FIN_WAIT_1
	       : state == TCP_CLOSE_WAIT                             ? TCP_LAST_ACK
								     : state;
}

void textbook_segment(struct textbook *t, enum side side, const struct segment *s)
{
	enum tcp_state *x = &t->side[side].state, *y = &t->side[!side].state;

	if (s->ctl & CTL_RST) {
		*x = *y = TCP_CLOSED;
		return;
	}
	if (s->ctl & CTL_SYN) {
		t->side[side].fin_seen = false;
		if (!(s->ctl & CTL_ACK) || *y == TCP_CLOSED)
			t->side[!side].fin_seen = false;
		*x = s->ctl & CTL_ACK ? TCP_SYN_RECEIVED : TCP_SYN_SENT;
		if (s->ctl & CTL_ACK)
			*y = TCP_ESTABLISHED;
		t->begun = true;
		return;
	}
	if (!t->begun)
		*x = *y = TCP_ESTABLISHED;
	t->begun = true;
	if (s->ctl & CTL_ACK && *y == TCP_SYN_RECEIVED)
		*y = TCP_ESTABLISHED;
	if (s->ctl & CTL_ACK && t->side[!side].fin_seen && seq_distance(s->ack, t->side[!side].fin) > 0)
		*y = after_ack_of_fin(*y);
	if (!(s->ctl & CTL_FIN))
		return;
	*x = after_fin_sent(*x);
	*y = after_fin_received(*y);
	t->side[side].fin_seen = true;
	t->side[side].fin = s->seq + s->payload_len;
}
