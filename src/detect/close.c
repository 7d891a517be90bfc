/* close: detectors of the close: FIN, its acknowledgement, and the states on the way to TIME-WAIT (RFC 9293 3.6).
 *
 * X closes first, Y second.  What makes a missing acknowledgement more than one that the tap did not see is that the
 * FIN comes again: its sender does not have the acknowledgement. */
#include "detect/look.h"

static bool fin_seen(const struct endpoint *e)
{
	return e->fin != OFFSET_NONE && !e->fin_guessed;
}

/* Has e, as it told itself, the FIN of its peer? */
static bool answered_fin(const struct endpoint *e, const struct endpoint *peer)
{
	return e->ack != OFFSET_NONE && peer->fin != OFFSET_NONE && e->ack > peer->fin;
}

/* Did e close after its peer: did each copy of its FIN acknowledge that of its peer? */
static bool is_second_closer(const struct endpoint *e, const struct endpoint *peer)
{
	return fin_seen(e) && fin_seen(peer) && e->fin_low != OFFSET_NONE && e->fin_low > peer->fin;
}

/* Some copy of each FIN does not acknowledge the other: each side closed before it had that. */
static bool closed_at_once(const struct flow *flow)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];

	return fin_seen(i) && fin_seen(r) && i->fin_low != OFFSET_NONE && r->fin_low != OFFSET_NONE &&
	       i->fin_low <= r->fin && r->fin_low <= i->fin;
}

/* The next copy is overdue: timeouts double (RFC 6298 5.5). */
static bool is_overdue(const struct look *l, enum side side)
{
	const struct copies *fin = &l->flow->endpoint[side].fin_copies;
	int64_t wait = timeout_ns(l->flow, side);

	if (clock_times(2, gap_ns(fin)) > wait)
		wait = clock_times(2, gap_ns(fin));
	return clock_since(l->now_ns, fin->last) > wait;
}

/* --- FIN ------------------------------------------------------------------------------------------ */

enum { FIN_COPY_MS = 200 }; /* no sender repeats a FIN sooner, unless its round trips allow it */

/* anomaly: fin-retransmission
 * tier:     1
 * on:       fin
 * side:     sender
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.8.1; RFC 6298 5.4
 * evidence: copies how often the FIN has passed by then
 * evidence: gap_us time since the copy before
 * evidence: fin_seq its sequence number
 * evidence: fin_packet packet of the first one
 * title:    FIN sent again
 * seen:     the same FIN once more, later than a round trip could explain
 * means:    the FIN, or the acknowledgement of it, was lost, or the peer is gone
 * check:    missing-final-ack, fin-unanswered or time-wait-restart of the same connection say which; without them look
 *           for loss on the path
 */
DETECTOR(fin_retransmission)
{
	const struct observation *o = l->o;
	const struct copies *fin = &o->x->fin_copies;
	int64_t least = clock_times(2, round_trip_ns(l->flow));

	if (!least || least > FIN_COPY_MS * NS_PER_MS)
		least = FIN_COPY_MS * NS_PER_MS;
	/* with the timestamp of what was sent before it may be a copy that the network made, and delayed */
	int64_t gap = o->duplicate ? clock_since(o->t, fin->last) : gap_ns(fin);
	if (!o->fin_again || o->copy || !o->acceptable || !fin->count || gap < least)
		return;
	found(l, ANOMALY_fin_retransmission, o->side, o->duplicate ? CONFIDENCE_LIKELY : CONFIDENCE_SURE,
		EVIDENCE(NUMBER("copies", fin->count + o->duplicate), NUMBER("gap_us", gap / NS_PER_US),
			NUMBER("fin_seq", wire_number(o->x, o->x->fin)), NUMBER("fin_packet", o->x->fin_packet)));
}

/* anomaly: fin-moved
 * tier:     2
 * on:       fin
 * side:     sender
 * severity: warning
 * rule:     fact
 * rfc:      RFC 9293 3.6
 * evidence: fin_seq where the first FIN stood
 * evidence: other_seq where this one stands
 * evidence: fin_packet packet of the first one
 * title:    FIN at two places
 * seen:     two FINs of one side with different sequence numbers
 * means:    one of them is forged, or its sender's TCP is broken: a stream has one end
 * check:    compare hop limits and IP identifications of the two packets; one that differs was not sent by this host
 */
DETECTOR(fin_moved)
{
	const struct observation *o = l->o;

	if (!o->acceptable || o->rst || o->syn || !fin_seen(o->x) || o->end - 1 == o->x->fin)
		return;
	found(l, ANOMALY_fin_moved, o->side, CONFIDENCE_SURE,
		EVIDENCE(NUMBER("fin_seq", wire_number(o->x, o->x->fin)),
			NUMBER("other_seq", wire_number(o->x, o->end - 1)), NUMBER("fin_packet", o->x->fin_packet)));
}

/* anomaly: data-after-fin
 * tier:     2
 * on:       late
 * side:     sender
 * severity: warning
 * rule:     fact
 * rfc:      RFC 9293 3.6
 * evidence: fin_seq sequence number of the FIN
 * evidence: bytes octets of this segment at or behind it
 * evidence: fin_packet packet of the FIN
 * title:    data behind the FIN
 * seen:     octets at or behind the place of the sender's own FIN
 * means:    a FIN says that nothing follows; a broken TCP, or somebody who forges segments to mislead an observer
 * check:    look at the octets (lastack show ID --follow FILE): does the receiver take them as part of the stream?
 */
DETECTOR(data_after_fin)
{
	const struct observation *o = l->o;
	uint32_t length = o->segment->payload_len;

	if (!o->acceptable || !length || o->rst || o->syn || o->fin || o->probe || !fin_seen(o->x) ||
		o->seq + length <= o->x->fin)
		return;
	int64_t beyond = o->seq + length - o->x->fin;
	found(l, ANOMALY_data_after_fin, o->side, CONFIDENCE_SURE,
		EVIDENCE(NUMBER("fin_seq", wire_number(o->x, o->x->fin)), NUMBER("bytes", beyond),
			NUMBER("fin_packet", o->x->fin_packet)));
}

/* anomaly: fin-lost-before-tap
 * tier:     2
 * on:       fin
 * side:     sender
 * severity: info
 * rule:     absence
 * rfc:      RFC 9293 3.8.1
 * evidence: copies how many went before, by the IP identifications that are missing
 * evidence: silence_us how long its sender had been silent
 * title:    an earlier copy of the FIN was lost before the tap
 * seen:     the first FIN that passes comes after a silence in which its sender used IP identifications
 * means:    it had closed earlier than the capture shows: what it sent then was lost on its way to the tap
 * check:    look for loss between this host and the tap; the times of its states are dated back accordingly
 */
DETECTOR(fin_lost_before_tap)
{
	const struct observation *o = l->o;
	int64_t silence = o->x_last_ns == CLOCK_NONE ? 0 : clock_since(o->t, o->x_last_ns);

	if (o->fin_again || o->duplicate || !o->acceptable || !o->ids_skipped || o->segment->payload_len ||
		o->seq != o->x_nxt || silence < l->flow->stack->least_timeout_ns)
		return;
	found(l, ANOMALY_fin_lost_before_tap, o->side, absence(l, o->side, o->x_last_ns),
		EVIDENCE(NUMBER("copies", o->ids_skipped), NUMBER("silence_us", silence / NS_PER_US)));
}

/* anomaly: fin-out-of-order
 * tier:     2
 * on:       late
 * side:     sender
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.10.7.4
 * evidence: fin_seq sequence number of the FIN
 * evidence: bytes octets that came behind it
 * evidence: late_us how long after the FIN
 * evidence: fin_packet packet of the FIN
 * title:    FIN ahead of data
 * seen:     octets from before the FIN that pass only after it
 * means:    the data was lost or delayed on its way; the receiver keeps the FIN until the hole is filled, and is not
 *           in CLOSE-WAIT before that
 * check:    retransmission-timeout of the same side says that the data was lost; else packets overtake each other on
 *           the path
 */
DETECTOR(fin_out_of_order)
{
	const struct observation *o = l->o;
	const struct copies *fin = &o->x->fin_copies;
	uint32_t length = o->segment->payload_len;

	if (!o->acceptable || !length || o->rst || o->probe || o->duplicate || !fin->count || o->t <= fin->first ||
		!fin_seen(o->x) || o->seq >= o->x->fin || o->y->ack == OFFSET_NONE || o->y->ack > o->seq)
		return;
	/* a repeat of what was seen before the FIN is none, unless its receiver shows that it still lacks it */
	bool lacked = o->repeat == REPEAT_OUT_OF_ORDER || o->y->last_ns > fin->first;
	if (!lacked)
		return;
	found(l, ANOMALY_fin_out_of_order, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("fin_seq", wire_number(o->x, o->x->fin)), NUMBER("bytes", length),
			NUMBER("late_us", span_us(o->t, fin->first)), NUMBER("fin_packet", o->x->fin_packet)));
}

/* anomaly: fin-unanswered
 * tier:     1
 * on:       ending
 * side:     receiver
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.6, 3.8.3
 * evidence: copies how often the FIN has passed
 * evidence: first_us time since the first of them
 * evidence: last_us time since the last
 * evidence: fin_packet packet of the first one
 * title:    a FIN that nobody answers
 * seen:     the FIN of the first closer, sent at least three times, and neither an acknowledgement nor a RST
 * means:    the peer, or the path to it, was gone when the connection was closed
 * check:    is the other host up? Does a firewall or NAT on the way forget connections sooner than these hosts do
 *           (compare with idle_max_us of the connection)?
 */
DETECTOR(fin_unanswered)
{
	enum { COPIES = 3 };

	for (enum side i = INITIATOR; i < SIDES; i++) {
		const enum side peer = side_other(i);
		const struct endpoint *x = &l->flow->endpoint[i], *y = &l->flow->endpoint[peer];
		const struct copies *fin = &x->fin_copies;

		if (!fin_seen(x) || fin_seen(y) || fin->count < COPIES)
			continue;
		if (answered_fin(y, x) || (l->flow->reset && l->flow->reset_by == peer)) {
			withdraw(l, ANOMALY_fin_unanswered, peer);
			continue;
		}
		if (!y->segments || (y->last_ns != CLOCK_NONE && y->last_ns > fin->first) || !is_overdue(l, i) ||
			found_before(l, ANOMALY_fin_unanswered, peer))
			continue;
		struct detection *row = found(l, ANOMALY_fin_unanswered, peer, absence(l, peer, fin->first),
			EVIDENCE(NUMBER("copies", fin->count), NUMBER("first_us", span_us(l->now_ns, fin->first)),
				NUMBER("last_us", span_us(l->now_ns, fin->last)), NUMBER("fin_packet", x->fin_packet)));
		date_row(row, fin->first, x->fin_packet);
	}
}

/* anomaly: simultaneous-close
 * tier:     1
 * on:       over
 * side:     neither
 * severity: info
 * rule:     fact
 * rfc:      RFC 9293 3.6
 * evidence: initiator_fin_packet packet of the initiator's FIN
 * evidence: responder_fin_packet packet of the responder's FIN
 * title:    both closed at once
 * seen:     two FINs that cross: neither acknowledges the other
 * means:    both programs closed before they heard of the other's close: both ends go through CLOSING to TIME-WAIT,
 *           legally
 * check:    nothing; remember that both hosts keep their port for 2MSL then
 */
DETECTOR(simultaneous_close)
{
	const struct endpoint *i = &l->flow->endpoint[INITIATOR], *r = &l->flow->endpoint[RESPONDER];

	if (!closed_at_once(l->flow))
		return;
	struct detection *row = found(l, ANOMALY_simultaneous_close, NEITHER, CONFIDENCE_SURE,
		EVIDENCE(NUMBER("initiator_fin_packet", i->fin_packet), NUMBER("responder_fin_packet", r->fin_packet)));
	date_row(row, l->flow->closing_ns, i->fin_packet < r->fin_packet ? i->fin_packet : r->fin_packet);
}

/* --- the last acknowledgement --------------------------------------------------------------------- */

/* Does the FIN of Y wait for the ACK of X, which has closed too: as the second closer, or after both closed at once? */
static bool waits_for_last_ack(const struct flow *flow, const struct endpoint *x, const struct endpoint *y)
{
	return fin_seen(y) && y->fin_copies.count && fin_seen(x) && x->segments &&
	       (is_second_closer(y, x) || closed_at_once(flow));
}

/* Why was Y's FIN never answered?  NULL: X has sent something since, so the FIN was not accepted, or a hole waits. */
static const char *reading_of(const struct look *l, enum side y_side)
{
	const struct endpoint *y = &l->flow->endpoint[y_side], *x = &l->flow->endpoint[side_other(y_side)];
	const struct copies *fin = &y->fin_copies;
	int64_t gap = gap_ns(fin), least = l->flow->stack->least_timeout_ns;

	if (x->last_ns != CLOCK_NONE && x->last_ns > fin->first && !closed_at_once(l->flow))
		return NULL;
	if (l->flow->reset && l->flow->reset_by == (uint8_t)y_side)
		return "peer-vanished";
	if (clock_since(l->now_ns, fin->last) > clock_times(2, gap > least ? gap : least))
		return "peer-vanished";
	return "peer-vanished or lost before the tap";
}

/* anomaly: missing-final-ack
 * tier:     1
 * on:       ending
 * side:     first closer
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.6, 3.10.7.4
 * option:   final-ack-repeats 1 how often the FIN must come again before its acknowledgement counts as missing
 * evidence: reading what it looks like: the peer vanished, or its acknowledgements were lost before the tap
 * evidence: copies how often the FIN has passed
 * evidence: fin_seq sequence number of the FIN
 * evidence: fin_packet packet of its first copy
 * evidence: first_us time from the first copy until now
 * evidence: last_us time from the last copy until now
 * evidence: acked_seq highest number that the first closer acknowledged
 * evidence: last_packet last packet of the first closer
 * title:    the last acknowledgement is missing
 * seen:     both sides have closed; the second closer sends its FIN again and again, and the first closer, which
 *           should acknowledge it from TIME-WAIT, never does
 * means:    the acknowledgement was lost on its way to the tap, or the first closer is gone; the other end stays in
 *           LAST-ACK until it gives up
 * check:    do packets of the first closer arrive at all (its last packet is told)? Is its host up, and does a
 *           firewall drop what comes after its own FIN?
 */
DETECTOR(missing_final_ack)
{
	for (enum side i = INITIATOR; i < SIDES; i++) {
		const enum side peer = side_other(i);
		const struct endpoint *x = &l->flow->endpoint[i], *y = &l->flow->endpoint[peer];
		const struct copies *fin = &y->fin_copies;

		if (!waits_for_last_ack(l->flow, x, y))
			continue;
		if (answered_fin(x, y)) {
			withdraw(l, ANOMALY_missing_final_ack, i);
			continue;
		}
		const char *reading = reading_of(l, peer);
		bool refused = l->flow->reset && l->flow->reset_by == i;
		if ((int64_t)fin->count <= limit(l, LIMIT_final_ack_repeats) || !reading || refused ||
			clock_since(l->now_ns, fin->last) <= timeout_ns(l->flow, peer) ||
			found_before(l, ANOMALY_missing_final_ack, i))
			continue;
		struct detection *row = found(l, ANOMALY_missing_final_ack, i, absence(l, i, fin->first),
			EVIDENCE(WORD("reading", reading), NUMBER("copies", fin->count),
				NUMBER("fin_seq", wire_number(y, y->fin)), NUMBER("fin_packet", y->fin_packet),
				NUMBER("first_us", span_us(l->now_ns, fin->first)),
				NUMBER("last_us", span_us(l->now_ns, fin->last)),
				NUMBER("acked_seq", wire_number(y, x->ack)), NUMBER("last_packet", x->last_packet)));
		date_row(row, fin->first, y->fin_packet);
	}
}

/* anomaly: final-ack-unseen
 * tier:     2
 * on:       ending
 * side:     first closer
 * severity: info
 * rule:     absence
 * rfc:      RFC 9293 3.6
 * evidence: fin_packet packet of the FIN
 * evidence: silence_us for how long it was not sent again
 * title:    the last acknowledgement was not captured
 * seen:     the second FIN, sent once and not again, and no acknowledgement of it
 * means:    it was answered, or its sender would have repeated it: the capture lacks the packet, or both hosts went
 *           away
 * check:    is the tap on the only path of the first closer's packets? Does the capture lose packets (capture-drop)?
 */
DETECTOR(final_ack_unseen)
{
	for (enum side i = INITIATOR; i < SIDES; i++) {
		const enum side peer = side_other(i);
		const struct endpoint *x = &l->flow->endpoint[i], *y = &l->flow->endpoint[peer];
		const struct copies *fin = &y->fin_copies;

		if (!waits_for_last_ack(l->flow, x, y))
			continue;
		if (answered_fin(x, y) || fin->count > 1) {
			withdraw(l, ANOMALY_final_ack_unseen, i);
			continue;
		}
		if (l->flow->reset || clock_since(l->now_ns, fin->last) <= clock_times(2, timeout_ns(l->flow, peer)) ||
			found_before(l, ANOMALY_final_ack_unseen, i))
			continue;
		struct detection *row = found(l, ANOMALY_final_ack_unseen, i, absence(l, i, fin->first),
			EVIDENCE(NUMBER("fin_packet", y->fin_packet),
				NUMBER("silence_us", span_us(l->now_ns, fin->last))));
		date_row(row, fin->first, y->fin_packet);
	}
}

/* --- half closed ---------------------------------------------------------------------------------- */

/* anomaly: half-close
 * tier:     2
 * on:       late
 * side:     first closer
 * severity: info
 * rule:     fact
 * rfc:      RFC 9293 3.6.1
 * evidence: bytes octets of the first segment after the close
 * evidence: after_us how long after the FIN it came
 * evidence: fin_packet packet of the FIN
 * title:    half-closed, and data still flows
 * seen:     one side has closed; the other has its FIN and goes on sending
 * means:    a one-way shutdown: legal, and some programs live by it
 * check:    nothing, unless a firewall on the way forgets half-closed connections early
 */
DETECTOR(half_close)
{
	const struct observation *o = l->o;

	if (!o->acceptable || !o->segment->payload_len || o->rst || o->probe || o->repeat || !fin_seen(o->y) ||
		o->ack == OFFSET_NONE || o->ack <= o->y->fin || o->y->facts.held & FACT_GONE)
		return;
	found(l, ANOMALY_half_close, side_other(o->side), CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("bytes", o->segment->payload_len),
			NUMBER("after_us", span_us(o->t, o->y->fin_copies.first)),
			NUMBER("fin_packet", o->y->fin_packet)));
}

/* anomaly: close-wait-stuck
 * tier:     1
 * on:       ending
 * side:     second closer
 * severity: warning
 * rule:     model
 * rfc:      RFC 9293 3.6.1
 * option:   close-wait 60s how long a side may stay in CLOSE-WAIT and send nothing new
 * evidence: age_us for how long it has been in CLOSE-WAIT
 * evidence: silence_us for how long it has sent nothing new
 * evidence: bytes octets that it has sent in all
 * evidence: fin_packet packet of the peer's FIN
 * title:    CLOSE-WAIT that does not end
 * seen:     the peer has closed and was acknowledged; this side neither closes nor sends data
 * means:    its program has not closed the socket: as a rule a leak, which ends with file descriptors running out
 * check:    on this host: ss -tnp state close-wait, then the program named there; close-wait-leak says whether it
 *           grows
 */
DETECTOR(close_wait_stuck)
{
	for (enum side i = INITIATOR; i < SIDES; i++) {
		const struct endpoint *y = &l->flow->endpoint[i], *x = &l->flow->endpoint[side_other(i)];
		int64_t since = y->facts.at[NUMBER_GOT_FIN], from = since;

		if (facts_current(&y->facts) != TCP_CLOSE_WAIT || !answered_fin(y, x))
			continue;
		if (y->stream.known && y->stream.high_ns > from)
			from = y->stream.high_ns;
		if (clock_since(l->now_ns, from) < limit(l, LIMIT_close_wait) ||
			found_before(l, ANOMALY_close_wait_stuck, i))
			continue;
		/* that it has the peer's FIN is proved; that it has not closed since is what would have been seen */
		enum confidence sure = absence(l, i, since);
		struct detection *row = found(l, ANOMALY_close_wait_stuck, i, sure,
			EVIDENCE(NUMBER("age_us", span_us(l->now_ns, since)),
				NUMBER("silence_us", span_us(l->now_ns, from)), NUMBER("bytes", y->stream.fresh_bytes),
				NUMBER("fin_packet", fin_seen(x) ? (int64_t)x->fin_packet : CLOCK_NONE)));
		date_row(row, since, fin_seen(x) ? x->fin_packet : l->flow->first_packet);
	}
}

/* anomaly: fin-wait-2-stuck
 * tier:     1
 * on:       late
 * side:     first closer
 * severity: notice
 * rule:     model
 * rfc:      RFC 9293 3.6
 * option:   fin-wait-2 60s how long a side may stay in FIN-WAIT-2 and still answer
 * evidence: age_us for how long it has been in FIN-WAIT-2
 * evidence: fin_packet packet of its FIN
 * title:    FIN-WAIT-2 that does not end
 * seen:     long after its FIN was acknowledged this side still answers, and the peer has not closed
 * means:    its program keeps the socket half-closed and waits; an orphaned socket would be gone by now
 * check:    why the peer does not close (close-wait-stuck of the same connection); whether the program means to wait
 *           for ever
 */
DETECTOR(fin_wait_2_stuck)
{
	const struct observation *o = l->o;
	enum basis basis;
	int64_t since;

	if (!o->acceptable || o->rst || facts_current(&o->x->facts) != TCP_FIN_WAIT_2)
		return;
	facts_now(&o->x->facts, &basis, &since);
	if (basis != BASIS_PROVED || clock_since(o->t, since) < limit(l, LIMIT_fin_wait_2))
		return;
	struct detection *row = found(l, ANOMALY_fin_wait_2_stuck, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("age_us", span_us(o->t, since)), NUMBER("fin_packet", o->x->fin_packet)));
	if (row)
		row->first_ns = since;
}

/* The RST of a host that has no block any more answers a segment with its ACK number (RFC 9293 3.10.7.1). */
static bool refuses_last(const struct observation *o)
{
	return o->rst && !o->has_ack && o->y->last_ns != CLOCK_NONE && o->y->last_ctl & CTL_ACK &&
	       o->segment->seq == o->y->last_ack && (o->x_last_ns == CLOCK_NONE || o->y->last_ns > o->x_last_ns);
}

/* anomaly: fin-wait-2-expired
 * tier:     1
 * on:       rst
 * side:     first closer
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.6, 3.10.7.1
 * evidence: age_us time since its FIN was acknowledged
 * evidence: trigger_packet the packet that the RST answers
 * evidence: trigger what that was: data, or the peer's FIN
 * evidence: fin_packet packet of its FIN
 * title:    FIN-WAIT-2 had expired
 * seen:     the first closer answers the peer's late data or FIN with a RST from no connection
 * means:    its system gave the closed socket up after a while (Linux: tcp_fin_timeout, 60 s), so the rest was lost
 * check:    make the peer close in time; or let the first closer read until the peer's FIN before it closes
 */
DETECTOR(fin_wait_2_expired)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;
	bool by_fin = y->last_ctl & CTL_FIN, by_data = y->last_len && !by_fin;

	if (!fin_seen(x) || !answered_fin(y, x) || answered_fin(x, y) || !refuses_last(o))
		return;
	/* an orphan is given up after a minute or so; what comes soon after the close is answered by the close itself
	 */
	enum { ORPHAN_S = 10 };
	int64_t since = x->facts.at[NUMBER_FIN_ACKED], least = limit(l, LIMIT_fin_wait_2);
	if (least > ORPHAN_S * NS_PER_S)
		least = ORPHAN_S * NS_PER_S;
	if (by_fin)
		least = NS_PER_S;
	if (!(by_fin || by_data) || !(x->facts.held & FACT_FIN_ACKED) || clock_since(y->last_ns, since) < least)
		return;
	found(l, ANOMALY_fin_wait_2_expired, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("age_us", span_us(o->t, since)), NUMBER("trigger_packet", y->last_packet),
			WORD("trigger", by_fin ? "FIN" : "data"), NUMBER("fin_packet", x->fin_packet)));
}
