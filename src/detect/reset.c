/* reset: detectors of what a RST did, and of what comes after it (RFC 9293 3.5.1 to 3.5.3).
 *
 * X sends the RST, Y receives it.  Each RST that Y takes for the end gets one name: connection-refused or
 * handshake-aborted in the handshake, fin-wait-2-expired long after X has closed, else one of those here. */
#include "detect/rst.h"

static bool answered_fin(const struct endpoint *e, const struct endpoint *peer)
{
	return e->ack != OFFSET_NONE && peer->fin != OFFSET_NONE && e->ack > peer->fin;
}

/* As a live connection aborts: at its next octet, and all that it sent before were data. */
static bool aborts_after_data(const struct observation *o)
{
	return o->has_ack && o->seq != OFFSET_NONE && o->seq == o->x->data_end && o->seq == o->x_nxt;
}

/* --- what an accepted RST did ---------------------------------------------------------------------- */

/* The SYN that waits for its answer is this side's: it wants a new connection, and has the old one no more. */
static bool wants_anew(const struct look *l, const struct endpoint *x)
{
	const struct pending *pending = l->flow->pending;

	return pending && pending->syn.source_port == x->port && !addr_compare(&pending->syn.source, &x->ip);
}

/* How long had X been silent when the segment came that it answers? */
static int64_t silence_ns(const struct observation *o)
{
	return o->x_last_ns == CLOCK_NONE ? 0 : clock_since(o->y->last_ns, o->x_last_ns);
}

/* One code names what a RST did.  The FIN of its sender is seen before all else: what follows that is the end of the
 * close.  Then, whether its sender still had the connection; then, whether it had its peer's FIN. */
static enum anomaly name_of(const struct look *l)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;

	if (x->fin != OFFSET_NONE)
		return ANOMALY_reset_after_fin;
	if (rst_answers_last(o) && (wants_anew(l, x) || silence_ns(o) >= limit(l, LIMIT_half_open_idle)))
		return ANOMALY_half_open;
	if (answered_fin(x, y))
		return ANOMALY_reset_after_fin;
	bool covers = o->ack != OFFSET_NONE && y->fin != OFFSET_NONE && o->ack > y->fin;
	if (covers || (rst_answers_last(o) && y->last_ctl & CTL_FIN))
		return ANOMALY_reset_instead_of_fin;
	return ANOMALY_connection_reset;
}

static const char *reading_of(const struct look *l)
{
	const struct observation *o = l->o;

	if (rst_answers_last(o))
		return wants_anew(l, o->x) ? "no connection: answers the answer to its new SYN"
					   : "no connection: answers a segment with that one's ACK number";
	if (o->has_ack)
		return o->seq == o->x_nxt ? "abort: at its next octet" : "abort: where its peer waits";
	return rst_may_answer(o) ? "no connection: answers an earlier segment"
				 : "without ACK, and answers nothing that was seen";
}

/* No packet that the capture may lack changes the name: data and nothing else went before, on both sides. */
static bool is_proved(const struct look *l, enum anomaly kind)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;
	bool peer_open = o->ack != OFFSET_NONE && y->data_end != OFFSET_NONE && o->ack <= y->data_end;

	if (l->flow->doubtful || rst_other_ttl(o) || rst_other_ip_id(o))
		return false;
	switch ((int)kind) {
	case ANOMALY_connection_reset:
		return aborts_after_data(o) && peer_open;
	case ANOMALY_reset_after_fin:
		if (x->fin != OFFSET_NONE)
			return !x->fin_guessed && o->has_ack && o->seq == x->fin + 1 && peer_open;
		return aborts_after_data(o) && !y->fin_guessed && o->ack == y->fin + 1;
	default:
		return false;
	}
}

static enum confidence how_sure(const struct look *l, enum anomaly kind)
{
	if (kind == ANOMALY_half_open && rst_other_ttl(l->o))
		return CONFIDENCE_UNSURE;
	return is_proved(l, kind) ? CONFIDENCE_SURE : CONFIDENCE_LIKELY;
}

static int64_t fin_packet_of(const struct observation *o)
{
	const struct endpoint *e = o->x->fin != OFFSET_NONE ? o->x : o->y;

	return e->fin != OFFSET_NONE && !e->fin_guessed ? (int64_t)e->fin_packet : CLOCK_NONE;
}

/* Octets of e, a FIN left out, that its peer had not acknowledged. */
static int64_t unacked(const struct endpoint *e, int64_t acked)
{
	int64_t end = e->fin != OFFSET_NONE ? e->fin : e->nxt;

	return end == OFFSET_NONE || acked == OFFSET_NONE ? CLOCK_NONE : end > acked ? end - acked : 0;
}

/* The evidence of all who name a RST: the same for each, so that they can be compared. */
static struct detection *name(const struct look *l, enum anomaly kind)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;
	const struct rst_look look = rst_look_of(o);
	bool has_id = o->segment->has_ip_id;

	return found(l, kind, o->side, how_sure(l, kind),
		EVIDENCE(WORD("reading", reading_of(l)), NUMBER("seq", look.seq), NUMBER("expected_seq", look.expected),
			NUMBER("ttl", look.ttl), NUMBER("usual_ttl", look.usual_ttl ? look.usual_ttl : CLOCK_NONE),
			NUMBER("ip_id", has_id ? look.ip_id : CLOCK_NONE),
			NUMBER("last_ip_id", has_id && o->x_last_ns != CLOCK_NONE ? look.last_ip_id : CLOCK_NONE),
			NUMBER("trigger_packet", rst_answers_last(o) ? (int64_t)y->last_packet : CLOCK_NONE),
			NUMBER("silence_us", span_us(o->t, o->x_last_ns)), NUMBER("own_unacked", unacked(x, y->ack)),
			NUMBER("peer_unacked", unacked(y, o->ack > x->ack ? o->ack : x->ack)),
			NUMBER("fin_packet", fin_packet_of(o))));
}

/* Another family has a better name for this very RST: it was asked before ("on: rst" goes before "on: late"). */
static bool is_named(const struct look *l)
{
	static const enum anomaly names[] = {
		ANOMALY_connection_refused, ANOMALY_handshake_aborted, ANOMALY_fin_wait_2_expired};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct detection *row = found_before(l, names[i], l->o->side);

		if (row && row->last_ns == l->now_ns)
			return true;
	}
	return false;
}

/* The first RST that its receiver takes for the end, or one of the other side that crosses it. */
static bool is_the_end(const struct look *l, const struct reset_notes *own, const struct reset_notes *other)
{
	const struct flow *flow = l->flow;
	const struct observation *o = l->o;
	bool first = flow->reset_by == (uint8_t)o->side;
	bool crosses = o->has_ack && other->rst.packet && !is_a_round_trip_later(l, other->rst.ns);
	bool of_handshake = flow->refused || (flow->reset_early && o->side == INITIATOR);

	return !own->rst.packet && (first || crosses) && !of_handshake && rst_is_exact(o) && !rst_is_stray(flow);
}

/* anomaly: connection-reset
 * tier:     1
 * on:       late
 * side:     sender
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.5.2, 3.5.3, 3.10.7.1; RFC 5961 3.2
 * evidence: reading what the numbers of the RST say of its sender
 * evidence: seq sequence number of the RST
 * evidence: expected_seq the number that its receiver waited for
 * evidence: ttl its hop limit
 * evidence: usual_ttl that of its sender's other segments
 * evidence: ip_id its IPv4 identification
 * evidence: last_ip_id that of its sender's segment before
 * evidence: trigger_packet the packet that the RST answers
 * evidence: silence_us how long its sender had been silent
 * evidence: own_unacked octets of its sender that were not acknowledged by then
 * evidence: peer_unacked octets of its receiver that it had not acknowledged
 * evidence: fin_packet a FIN of its peer that it did not have yet
 * title:    connection reset
 * seen:     a RST with the right number, in a connection that neither side had closed
 * means:    a program aborted or ended with data unread, its host had lost the connection, or a device on the path
 *           cut it: the reading, the hop limits and the identifications of the evidence say which
 * check:    the log of the program on the side that is named; if hop limit or identification do not fit it, the
 *           firewalls and load balancers between
 */
DETECTOR(connection_reset)
{
	const struct observation *o = l->o;
	struct notes *notes;

	if (!o->rst || o->copy || !o->acceptable || !l->flow->reset || !(notes = look_notes(l)))
		return;
	struct reset_notes *own = &notes_of(l, notes, o->side)->reset;
	if (!is_the_end(l, own, &notes_of(l, notes, side_other(o->side))->reset))
		return;
	own->rst = (struct mark){o->t, o->segment->packet};
	own->rst_seq = o->seq;
	own->rst_signs = rst_look_of(o).signs;
	own->goes_on = 0;
	if (is_named(l))
		return;
	enum anomaly kind = name_of(l);
	struct detection *row = name(l, kind);
	bool lost = o->x->fin != OFFSET_NONE && o->y->last_len && !(o->y->last_ctl & CTL_FIN) && rst_answers_last(o);
	if (row && kind == ANOMALY_reset_after_fin && lost)
		row->severity = SEVERITY_NOTICE;
	if (kind == ANOMALY_half_open)
		withdraw(l, ANOMALY_old_duplicate_syn, o->side);
}

/* anomaly: reset-after-fin
 * tier:     1
 * on:       with connection-reset
 * side:     sender
 * severity: info, notice where data of its peer was lost
 * rule:     fact
 * rfc:      RFC 9293 3.5.3, 3.6, 3.10.7.1
 * evidence: reading what the numbers of the RST say of its sender
 * evidence: seq sequence number of the RST
 * evidence: expected_seq the number that its receiver waited for
 * evidence: ttl its hop limit
 * evidence: usual_ttl that of its sender's other segments
 * evidence: ip_id its IPv4 identification
 * evidence: last_ip_id that of its sender's segment before
 * evidence: trigger_packet the packet that the RST answers
 * evidence: silence_us how long its sender had been silent
 * evidence: own_unacked octets of its sender that were not acknowledged by then
 * evidence: peer_unacked octets of its receiver that it had not acknowledged
 * evidence: fin_packet the FIN that went before: its own, else its peer's
 * title:    reset after a FIN
 * seen:     a RST of a side that had sent its FIN, or that had acknowledged its peer's and then did not send its own
 * means:    after its own FIN: the program had closed both directions and data still came for it, which is lost;
 *           after its peer's: the program ended the connection with data unread, or aborts where it should close
 * check:    if data was lost (peer_unacked), let that side read until its peer's FIN before it closes; else nothing
 */

/* anomaly: reset-instead-of-fin
 * tier:     2
 * on:       with connection-reset
 * side:     second closer
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.5.3, 3.6
 * evidence: reading what the numbers of the RST say of its sender
 * evidence: seq sequence number of the RST
 * evidence: expected_seq the number that its receiver waited for
 * evidence: ttl its hop limit
 * evidence: usual_ttl that of its sender's other segments
 * evidence: ip_id its IPv4 identification
 * evidence: last_ip_id that of its sender's segment before
 * evidence: trigger_packet the packet that the RST answers
 * evidence: silence_us how long its sender had been silent
 * evidence: own_unacked octets of its sender that were not acknowledged by then
 * evidence: peer_unacked octets of its receiver that it had not acknowledged
 * evidence: fin_packet the FIN that it answers
 * title:    FIN answered by RST
 * seen:     a FIN, and a RST as the first answer to it
 * means:    the second closer aborts instead of closing (SO_LINGER 0, data unread, the program was ended), so what was
 *           still to be sent is lost; many clients and health checks do so to save themselves TIME-WAIT
 * check:    nothing, if own_unacked and peer_unacked are 0; else the way in which the program of the second closer ends
 */

/* anomaly: half-open
 * tier:     1
 * on:       with connection-reset
 * side:     the one without state
 * severity: warning
 * rule:     fact
 * rfc:      RFC 9293 3.5.1, 3.10.7.1
 * option:   half-open-idle 1s how long a side must have been silent before its RST tells that it lost the connection
 * evidence: reading what the numbers of the RST say of its sender
 * evidence: seq sequence number of the RST
 * evidence: expected_seq the number that its receiver waited for
 * evidence: ttl its hop limit
 * evidence: usual_ttl that of its sender's other segments
 * evidence: ip_id its IPv4 identification
 * evidence: last_ip_id that of its sender's segment before
 * evidence: trigger_packet the packet that the RST answers
 * evidence: silence_us how long its sender had been silent
 * evidence: own_unacked octets of its sender that were not acknowledged by then
 * evidence: peer_unacked octets of its receiver that it had not acknowledged
 * evidence: fin_packet its peer's FIN, if one went before
 * title:    half-open connection
 * seen:     after a silence one side sends, or answers a new SYN as if the old connection stood, and the other replies
 *           with a RST from no connection
 * means:    that host was restarted, or it or a device before it had dropped the connection without a word
 * check:    was the host restarted? Else compare the silence with the idle timeouts of firewalls, NAT and load
 *           balancers on the path, and send keepalives more often than that
 */

/* --- what comes after it --------------------------------------------------------------------------- */

/* It did not end the connection after all. */
static void take_back(const struct look *l, enum side side)
{
	withdraw(l, ANOMALY_connection_reset, side);
	withdraw(l, ANOMALY_reset_after_fin, side);
	withdraw(l, ANOMALY_reset_instead_of_fin, side);
	withdraw(l, ANOMALY_half_open, side);
}

/* anomaly: segment-after-reset
 * tier:     2
 * on:       late
 * side:     sender
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.5.3; RFC 5961 3.2
 * evidence: after_us time since the RST
 * evidence: rst_packet packet of the RST
 * evidence: bytes octets of this segment
 * evidence: seq its sequence number
 * evidence: rst_seq that of the RST
 * title:    goes on after its own RST
 * seen:     data or a FIN from a side whose RST passed more than a round trip ago
 * means:    this side did not send that RST, or the segment is an old one that wandered
 * check:    rst-ignored, rst-ttl-mismatch and rst-ipid-mismatch of the same connection; look for a device that sends
 *           RSTs in the name of others
 */
DETECTOR(segment_after_reset)
{
	const struct observation *o = l->o;
	struct notes *notes = l->flow->notes;

	if (o->rst || o->syn || !notes || !o->acceptable || o->duplicate || !(o->segment->payload_len || o->fin))
		return;
	struct reset_notes *own = &notes_of(l, notes, o->side)->reset;
	if (!own->rst.packet || !is_a_round_trip_later(l, own->rst.ns))
		return;
	bool timed = o->x->rtt.samples && o->y->rtt.samples;
	if (o->segment->payload_len && o->end > o->x_nxt)
		own->goes_on = o->end;
	rst_note_alive(l, o->side, own->rst_signs);
	found(l, ANOMALY_segment_after_reset, o->side,
		timed && o->seq == own->rst_seq && o->end > o->x_nxt ? CONFIDENCE_SURE : CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("after_us", span_us(o->t, own->rst.ns)), NUMBER("rst_packet", own->rst.packet),
			NUMBER("bytes", o->segment->payload_len), NUMBER("seq", o->segment->seq),
			NUMBER("rst_seq", wire_number(o->x, own->rst_seq))));
}

/* anomaly: rst-ignored
 * tier:     3
 * on:       late
 * side:     claimed sender
 * severity: alert
 * rule:     score
 * rfc:      RFC 5961 3.2
 * evidence: signs how many signs say that somebody else sent the RST
 * evidence: rst_packet packet of the RST
 * evidence: rst_seq its sequence number
 * evidence: after_us time from the RST until new data of its sender was acknowledged
 * evidence: acked_bytes octets behind the place of the RST that were acknowledged by then
 * title:    RST that nobody obeyed
 * seen:     a RST with the right number; more than a round trip later its claimed sender sends new data in order, and
 *           the peer takes it
 * means:    somebody else sent the RST, and it reached neither host, or was dropped by it
 * check:    the other signs of the same connection (rst-ttl-mismatch, rst-ipid-mismatch, rst-ladder); which device on
 *           the path sends RSTs: the hop limit tells how far away it is
 */
DETECTOR(rst_ignored)
{
	const struct observation *o = l->o;
	struct notes *notes = l->flow->notes;

	if (o->rst || !notes || o->ack == OFFSET_NONE || !o->acceptable)
		return;
	const enum side sender = side_other(o->side);
	struct reset_notes *own = &notes_of(l, notes, sender)->reset;
	if (!own->rst.packet || !own->goes_on || o->ack <= own->rst_seq)
		return;
	/* that it goes on, and that its peer does */
	int signs = 2 + own->rst_signs;
	found(l, ANOMALY_rst_ignored, sender, score(l, signs),
		EVIDENCE(NUMBER("signs", signs), NUMBER("rst_packet", own->rst.packet),
			NUMBER("rst_seq", wire_number(o->y, own->rst_seq)),
			NUMBER("after_us", span_us(o->t, own->rst.ns)), NUMBER("acked_bytes", o->ack - own->rst_seq)));
	take_back(l, sender);
	own->rst = (struct mark){0, 0};
}

/* anomaly: reset-burst
 * tier:     2
 * on:       rst
 * side:     sender
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.5.2, 3.10.7.1
 * option:   reset-burst 10 RSTs within a second, in a connection that is over, that are worth a row
 * evidence: count RSTs within the second, so far
 * evidence: span_us in this time
 * evidence: trigger_packet the last packet of its peer
 * title:    burst of RSTs
 * seen:     many RSTs within a second, in a connection that is over already
 * means:    its peer goes on sending to a closed socket, and each segment is answered with a RST
 * check:    does the peer get the RSTs at all? Else a firewall drops them; and why it was in the middle of sending
 */
DETECTOR(reset_burst)
{
	const struct observation *o = l->o;
	struct notes *notes;

	if (o->copy || !o->acceptable || !(l->flow->reset || rst_is_stray(l->flow)) || !(notes = look_notes(l)))
		return;
	struct reset_notes *own = &notes_of(l, notes, o->side)->reset;
	if (!own->burst || clock_since(o->t, own->burst_ns) > NS_PER_S) {
		own->burst = 0;
		own->burst_ns = o->t;
	}
	if (++own->burst < limit(l, LIMIT_reset_burst))
		return;
	found(l, ANOMALY_reset_burst, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("count", own->burst), NUMBER("span_us", span_us(o->t, own->burst_ns)),
			NUMBER("trigger_packet", o->y->segments ? (int64_t)o->y->last_packet : CLOCK_NONE)));
}
