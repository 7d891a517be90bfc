/* time_wait: detectors of TIME-WAIT: how long it lasts, what restarts it, what ends it too soon (RFC 9293 3.6.1, RFC
 * 1337).
 *
 * X owns the TIME-WAIT, Y is its peer.  The end of a TIME-WAIT leaves no trace: silence says nothing, only an answer
 * does. */
#include "detect/look.h"

/* Did X close, and has it the FIN of Y, and Y its own?  Then what it is in, or was in, is TIME-WAIT. */
static bool owns_time_wait(const struct endpoint *x, const struct endpoint *y)
{
	return facts_held(&x->facts, FACT_CLOSED | FACT_FIN_ACKED | FACT_GOT_FIN) &&
	       x->facts.order != ORDER_FIN_FIRST && y->fin != OFFSET_NONE;
}

static bool has_answered(const struct endpoint *x, const struct endpoint *y)
{
	return x->ack != OFFSET_NONE && y->fin != OFFSET_NONE && x->ack > y->fin;
}

/* When it began, or began anew with the last copy of Y's FIN. */
static int64_t began_ns(const struct endpoint *x, const struct endpoint *y)
{
	int64_t began = x->facts.at[NUMBER_GOT_FIN];

	if (x->facts.at[NUMBER_FIN_ACKED] > began)
		began = x->facts.at[NUMBER_FIN_ACKED];
	return y->fin_copies.count > 1 && y->fin_copies.last > began ? y->fin_copies.last : began;
}

/* An ACK at the last numbers of the connection, as TIME-WAIT answers everything that is none of a new one. */
static bool is_last_ack(const struct observation *o)
{
	return o->acceptable && o->pure && o->seq == o->x->nxt && o->ack == o->y->fin + 1;
}

static enum confidence by_proof(const struct endpoint *x)
{
	return x->facts.proved[TCP_TIME_WAIT] != CLOCK_NONE ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
}

/* One more sign that the TIME-WAIT of the segment's sender holds on. */
static void lingers(const struct look *l, const char *reading, enum confidence sure, int64_t syn_seq)
{
	const struct endpoint *x = l->o->x, *y = l->o->y;
	const struct notes *notes = l->flow->notes;
	int64_t beyond = x->time_wait_beyond_ns, began = began_ns(x, y);
	struct detection *row = found(l, ANOMALY_lingering_time_wait, l->o->side, sure,
		EVIDENCE(WORD("reading", reading), NUMBER("began_ns", began),
			NUMBER("length_us", x->time_wait_length_ns / NS_PER_US),
			NUMBER("beyond_us", beyond ? beyond / NS_PER_US : CLOCK_NONE),
			NUMBER("restarts", notes ? notes_of(l, (struct notes *)notes, l->o->side)->close.restarts : 0),
			NUMBER("syn_seq", syn_seq), NUMBER("trigger_packet", y->last_packet)));

	if (row && row->count == 1)
		row->first_ns = began;
}

/* --- restarts ------------------------------------------------------------------------------------- */

/* Y's FIN comes again: remembered until X answers, or does not. */
static void note_fin_again(const struct look *l)
{
	const struct observation *o = l->o;
	struct notes *notes = look_notes(l);

	if (!notes)
		return;
	struct close_notes *owner = &notes_of(l, notes, side_other(o->side))->close;
	owner->restart = (struct mark){o->t, o->segment->packet};
	owner->unanswered++;
}

/* anomaly: time-wait-restart
 * tier:     1
 * on:       late
 * side:     owner of TIME-WAIT
 * severity: info
 * rule:     model
 * rfc:      RFC 9293 3.6.1, 3.10.7.4
 * evidence: restarts how often so far
 * evidence: fin_packet packet of the FIN that came again
 * evidence: ends_ns when TIME-WAIT ends now
 * title:    TIME-WAIT began anew
 * seen:     the peer's FIN again, and the acknowledgement of it again
 * means:    the last acknowledgement was lost once; the port is held for 2MSL from now on
 * check:    nothing, if it happens seldom; else look for loss on the path from the owner to its peer
 */
DETECTOR(time_wait_restart)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;

	if (o->fin_again && !o->duplicate && o->acceptable && owns_time_wait(y, x) && has_answered(y, x)) {
		note_fin_again(l);
		return;
	}
	if (!is_last_ack(o) || !owns_time_wait(x, y))
		return;
	struct notes *notes = l->flow->notes;
	struct close_notes *owner = notes ? &notes_of(l, notes, o->side)->close : NULL;
	/* a TIME-WAIT block answers although its first answer never passed: that was lost before the tap */
	bool lost = o->by_time_wait && y->fin_copies.count > 1 && (!owner || !owner->restarts);
	if (!(owner && owner->restart.packet) && !lost)
		return;
	if (!owner && (notes = look_notes(l)))
		owner = &notes_of(l, notes, o->side)->close;
	if (!owner)
		return;
	owner->restarts++;
	owner->unanswered = 0;
	int64_t fin_packet = (int64_t)(owner->restart.packet ? owner->restart.packet : y->last_packet);
	owner->restart = (struct mark){0, 0};
	found(l, ANOMALY_time_wait_restart, o->side, by_proof(x),
		EVIDENCE(NUMBER("restarts", owner->restarts), NUMBER("fin_packet", fin_packet),
			NUMBER("ends_ns", x->time_wait_ns == CLOCK_NONE ? CLOCK_NONE : endpoint_time_wait_ends(x))));
	if (owner->restarts >= limit(l, LIMIT_time_wait_restarts))
		lingers(l, "restarted often", by_proof(x), CLOCK_NONE);
}

/* anomaly: time-wait-silent
 * tier:     2
 * on:       ending
 * side:     owner of TIME-WAIT
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.10.7.4; RFC 1337 3
 * evidence: copies FINs in a row without an answer
 * evidence: age_us time since TIME-WAIT began
 * evidence: last_packet last packet of its owner
 * title:    TIME-WAIT does not answer
 * seen:     the owner acknowledged the peer's FIN once; now the FIN comes again and again, and nothing answers, though
 *           2MSL is not over
 * means:    TIME-WAIT was skipped, or ended by something, or what it sends is lost before the tap; the peer stays in
 *           LAST-ACK until it gives up
 * check:    on the owner: is TIME-WAIT shortened or limited (tcp_max_tw_buckets)? Does a firewall drop late packets?
 */
DETECTOR(time_wait_silent)
{
	enum { COPIES = 2 };

	for (enum side i = INITIATOR; i < SIDES; i++) {
		const enum side peer = side_other(i);
		const struct endpoint *x = &l->flow->endpoint[i], *y = &l->flow->endpoint[peer];
		struct notes *notes = l->flow->notes;
		const struct close_notes *owner = notes ? &notes_of(l, notes, i)->close : NULL;

		if (!owner || x->time_wait_ns == CLOCK_NONE || !has_answered(x, y))
			continue;
		if (owner->unanswered < COPIES) {
			withdraw(l, ANOMALY_time_wait_silent, i);
			continue;
		}
		if (clock_since(l->now_ns, y->fin_copies.last) <= timeout_ns(l->flow, peer) ||
			found_before(l, ANOMALY_time_wait_silent, i))
			continue;
		struct detection *row = found(l, ANOMALY_time_wait_silent, i, absence(l, i, x->last_ns),
			EVIDENCE(NUMBER("copies", owner->unanswered),
				NUMBER("age_us", span_us(l->now_ns, began_ns(x, y))),
				NUMBER("last_packet", x->last_packet)));
		if (row)
			row->packet = owner->restart.packet;
	}
}

/* --- longer than it should ------------------------------------------------------------------------ */

/* anomaly: lingering-time-wait
 * tier:     1
 * on:       late
 * side:     owner of TIME-WAIT
 * severity: notice
 * rule:     model
 * rfc:      RFC 9293 3.6.1, 3.10.7.4; RFC 6191 2
 * option:   time-wait-slack 3s how long after 2MSL (and a tenth of it) an answer still counts as in time
 * option:   time-wait-restarts 3 restarts of one TIME-WAIT that are worth a row
 * evidence: reading held beyond its end, refuses a new SYN, or restarted often
 * evidence: began_ns when TIME-WAIT began, or began anew
 * evidence: length_us how long it was expected to last
 * evidence: beyond_us how long after that it still answered
 * evidence: restarts how often it began anew
 * evidence: syn_seq sequence number of the SYN that was refused
 * evidence: trigger_packet the packet that was answered
 * title:    TIME-WAIT holds on
 * seen:     a closed connection still answers: longer than 2MSL, or a new SYN between the same ports, or again and
 *           again
 * means:    its owner keeps the pair of ports longer than expected, and connections between them fail or wait so long
 * check:    how long TIME-WAIT is set to last on the owner; let the side that has ports to spare close first; give the
 *           initiator more ports (ip_local_port_range), and timestamps
 */
DETECTOR(lingering_time_wait)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;
	const struct pending *pending = l->flow->pending;

	if (!is_last_ack(o) || !owns_time_wait(x, y))
		return;
	int64_t slack = limit(l, LIMIT_time_wait_slack), tenth = x->time_wait_length_ns / 10;
	bool refuses =
		pending && pending->syn.source_port == y->port && y->last_ctl == CTL_SYN && y->last_ns >= o->x_last_ns;
	if (refuses)
		lingers(l, "refuses a new SYN", CONFIDENCE_LIKELY, (int64_t)pending->syn.seq);
	else if (x->time_wait_beyond_ns > (slack > tenth ? slack : tenth) && x->time_wait_ns == o->t)
		lingers(l, "held beyond its end", CONFIDENCE_LIKELY, CLOCK_NONE);
}

/* --- shorter than it should ----------------------------------------------------------------------- */

/* anomaly: time-wait-short
 * tier:     2
 * on:       rst
 * side:     owner of TIME-WAIT
 * severity: notice
 * rule:     model
 * rfc:      RFC 9293 3.6.1, 3.10.7.1
 * evidence: age_us time since TIME-WAIT began
 * evidence: length_us how long it was expected to last
 * evidence: trigger_packet the packet that the RST answers
 * title:    TIME-WAIT ended early
 * seen:     a host that should be in TIME-WAIT answers a segment of the old connection with a RST from no connection
 * means:    its 2MSL is shorter than expected, or its TIME-WAIT was recycled; an old segment could reach a new
 *           connection
 * check:    the setting of 2MSL on this host; what is seen of it is used for its later connections
 */
DETECTOR(time_wait_short)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;
	bool answers = !o->has_ack && y->last_ctl & CTL_ACK && o->segment->seq == y->last_ack;

	if (!answers || !owns_time_wait(x, y) || !has_answered(x, y) || !x->time_wait_length_ns ||
		(o->x_last_ns != CLOCK_NONE && y->last_ns <= o->x_last_ns))
		return;
	int64_t age = clock_since(o->t, began_ns(x, y));
	if (age >= x->time_wait_length_ns)
		return;
	found(l, ANOMALY_time_wait_short, o->side, by_proof(x),
		EVIDENCE(NUMBER("age_us", age / NS_PER_US), NUMBER("length_us", x->time_wait_length_ns / NS_PER_US),
			NUMBER("trigger_packet", y->last_packet)));
}

/* anomaly: time-wait-assassinated
 * tier:     1
 * on:       late
 * side:     owner of TIME-WAIT
 * severity: warning
 * rule:     model
 * rfc:      RFC 1337 2, 3; RFC 9293 3.10.7.4
 * evidence: age_us time since TIME-WAIT began
 * evidence: stray_packet the old segment that came
 * evidence: ack_packet the owner's answer to it
 * evidence: rst_seq sequence number of the RST: what the answer acknowledged
 * title:    TIME-WAIT killed by a stray segment
 * seen:     an old segment reaches a host in TIME-WAIT, which acknowledges it; the peer, which has forgotten the
 *           connection, answers that with a RST
 * means:    if the host takes the RST (as RFC 1337 warns), its TIME-WAIT is over early, and old segments can disturb a
 *           new connection between the same ports
 * check:    net.ipv4.tcp_rfc1337 on a Linux owner; where the stray segment comes from (a delayed copy, a scanner)
 */
DETECTOR(time_wait_assassinated)
{
	enum { TOGETHER_S = 2 };
	const struct observation *o = l->o;
	const struct endpoint *x = o->y, *y = o->x; /* the RST is Y's */

	if (is_last_ack(o)) /* it goes on as before: the RST had no effect */
		withdraw(l, ANOMALY_time_wait_assassinated, o->side);
	if (!o->rst || !owns_time_wait(x, y))
		return;
	int64_t age = clock_since(o->t, began_ns(x, y));
	if (o->has_ack || x->last_ns == CLOCK_NONE || o->x_last_ns == CLOCK_NONE || x->last_ns < o->x_last_ns ||
		clock_since(o->t, o->x_last_ns) > TOGETHER_S * NS_PER_S || x->last_len || x->last_ctl != CTL_ACK ||
		o->segment->seq != x->last_ack || !has_answered(x, y) || age <= round_trip_ns(l->flow) ||
		(x->time_wait_length_ns && age > x->time_wait_length_ns))
		return;
	found(l, ANOMALY_time_wait_assassinated, side_other(o->side), by_proof(x),
		EVIDENCE(NUMBER("age_us", age / NS_PER_US), NUMBER("stray_packet", o->x_last_packet),
			NUMBER("ack_packet", x->last_packet), NUMBER("rst_seq", o->segment->seq)));
}
