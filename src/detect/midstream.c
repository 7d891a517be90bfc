/* midstream: detectors of the capture itself: what it lacks, and what it has twice.
 *
 * None of this is a fault of the network.  It says how far the rest can be trusted; so each stands once for a
 * connection, and what any capture has at its beginning is only told of connections that say something. */
#include "detect/look.h"

/* What is told of a connection as a whole. */
static void date_whole(const struct look *l, struct detection *row)
{
	date_row(row, l->flow->first_ns, l->flow->first_packet);
	if (row)
		row->last_ns = l->flow->last_ns;
}

/* anomaly: capture-gap
 * tier:     1
 * on:       over
 * side:     sender
 * severity: notice
 * rule:     absence
 * rfc:      -
 * evidence: bytes octets that the capture lacks
 * evidence: seen_bytes octets of this side that it has
 * title:    the capture missed octets
 * seen:     the receiver acknowledged octets that are not in the capture
 * means:    the capture is incomplete here: what it lacks was sent and arrived.  Conclusions from what was not seen
 *           are weaker in this connection
 * check:    did the sensor drop packets (capture-drop)?  Does all traffic pass the tap, in both directions and on
 *           all paths?
 */
DETECTOR(capture_gap)
{
	for (enum side i = INITIATOR; i < SIDES; i++) {
		const struct stream *stream = &l->flow->endpoint[i].stream;
		int64_t missed = stream_is_whole(stream) ? 0 : stream_missed_bytes(stream);

		/* one octet alone is rather the place of a FIN, or of a keep-alive; what was never sent was not missed,
		 * and broken segments are in the capture */
		if (missed <= 1 || found_before(l, ANOMALY_ack_of_unsent, side_other(i)) ||
			found_before(l, ANOMALY_bad_checksum, i))
			continue;
		date_whole(l, found(l, ANOMALY_capture_gap, i, CONFIDENCE_LIKELY,
				      EVIDENCE(NUMBER("bytes", missed), NUMBER("seen_bytes", stream->fresh_bytes))));
	}
}

/* anomaly: one-sided-capture
 * tier:     1
 * on:       over
 * side:     the one that is lacking
 * severity: warning
 * rule:     absence
 * rfc:      -
 * option:   one-sided-min 5 how many segments of the other side must have been seen
 * evidence: segments segments of the side that was seen
 * evidence: acked_bytes octets of the lacking side that those acknowledge
 * title:    only one direction was captured
 * seen:     segments of one side that acknowledge what the other sends, and none of the other side
 * means:    the tap sees one direction of this path: an asymmetric route, or a mirror of one direction only.  States
 *           of the unseen side can only be deduced
 * check:    does it concern all connections of this capture (then the mirror port, or the cable of one direction) or
 *           those of some networks (then their routes)?
 */
DETECTOR(one_sided_capture)
{
	for (enum side i = INITIATOR; i < SIDES; i++) {
		const struct endpoint *y = &l->flow->endpoint[i], *x = &l->flow->endpoint[side_other(i)];

		/* offset 0 is the first number of Y that X acknowledged */
		if (y->segments || (int64_t)x->segments < limit(l, LIMIT_one_sided_min) || x->ack == OFFSET_NONE ||
			x->ack <= 0)
			continue;
		date_whole(l, found(l, ANOMALY_one_sided_capture, i, CONFIDENCE_LIKELY,
				      EVIDENCE(NUMBER("segments", x->segments), NUMBER("acked_bytes", x->ack))));
	}
}

/* Enough of it was seen to say something: more than a straggler. */
static bool says_something(const struct flow *flow)
{
	enum { LEAST = 3 };

	return flow->endpoint[INITIATOR].segments + flow->endpoint[RESPONDER].segments >= LEAST;
}

/* anomaly: midstream-start
 * tier:     2
 * on:       over
 * side:     neither
 * severity: info
 * rule:     absence
 * rfc:      -
 * evidence: segments segments that were seen
 * title:    its beginning was not captured
 * seen:     a connection whose first segment is no SYN
 * means:    it was open before the capture began, or its handshake was missed: options and numbers of the handshake
 *           are unknown, so windows may be larger than they look
 * check:    nothing, if it is among the first packets of the capture; else the capture loses packets, or the tap
 *           does not see all paths
 */
DETECTOR(midstream_start)
{
	const struct flow *flow = l->flow;

	if (!flow->midstream || !says_something(flow))
		return;
	date_whole(l, found(l, ANOMALY_midstream_start, NEITHER, CONFIDENCE_LIKELY,
			      EVIDENCE(NUMBER("segments",
				      flow->endpoint[INITIATOR].segments + flow->endpoint[RESPONDER].segments))));
}

/* Does it matter who is who: is anything said of one side? */
static bool names_a_role(const struct notes *notes)
{
	for (const struct detection *row = notes ? notes->found : NULL; row; row = row->next)
		if (row->seat != NEITHER && row->withdrawn_ns == CLOCK_NONE)
			return true;
	return false;
}

/* anomaly: role-guessed
 * tier:     2
 * on:       over
 * side:     neither
 * severity: info
 * rule:     absence
 * rfc:      RFC 6335 6
 * evidence: initiator_port port of the one that is taken for the initiator
 * evidence: responder_port port of the other
 * title:    who began it is a guess
 * seen:     anomalies of one side of a connection, but no SYN, and no port that tells which side is the service:
 *           whoever was seen first is called initiator
 * means:    initiator and responder may be the other way round, in all that is said of this connection
 * check:    compare with other connections of these two hosts: the port that stays the same is the service's
 */
DETECTOR(role_guessed)
{
	const struct flow *flow = l->flow;
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];

	if (flow->role_basis != ROLE_FIRST_PACKET || !names_a_role(flow->notes))
		return;
	date_whole(l, found(l, ANOMALY_role_guessed, NEITHER, CONFIDENCE_LIKELY,
			      EVIDENCE(NUMBER("initiator_port", i->port), NUMBER("responder_port", r->port))));
}

/* anomaly: duplicate-packet
 * tier:     2
 * on:       repeat
 * side:     sender
 * severity: info
 * rule:     fact
 * rfc:      -
 * evidence: ip_id IPv4 identification that both have
 * evidence: ttl hop limit of the second
 * evidence: usual_ttl hop limit of the first segment of this side
 * evidence: after_us time since the segment before
 * title:    captured twice
 * seen:     the same packet once more: same numbers, same content, same identification
 * means:    the mirror port gives it twice, on its way into a switch and out of it, or the network delivered it
 *           twice.  Such copies are counted apart and are no retransmissions
 * check:    a hop limit one less says that both sides of a router are mirrored.  Mirror one direction of each port
 *           only
 */
DETECTOR(duplicate_packet)
{
	const struct observation *o = l->o;
	const struct segment *s = o->segment;

	if (o->repeat != REPEAT_COPY && !o->copy)
		return;
	found(l, ANOMALY_duplicate_packet, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("ip_id", s->has_ip_id ? s->ip_id : CLOCK_NONE), NUMBER("ttl", s->ttl),
			NUMBER("usual_ttl", o->x->ttl), NUMBER("after_us", span_us(o->t, o->x_last_ns))));
}

/* anomaly: record-evicted
 * tier:     2
 * on:       over
 * side:     neither
 * severity: warning
 * rule:     fact
 * rfc:      -
 * evidence: segments segments seen until then
 * title:    given up for want of memory
 * seen:     more connections at once than --max-connections allows: this one was put away to make room
 * means:    what comes of it later appears as another connection, whose beginning is missing
 * check:    raise --max-connections, if memory allows; syn-flood says whether it was one
 */
DETECTOR(record_evicted)
{
	const struct flow *flow = l->flow;

	if (flow->end != END_EVICTED)
		return;
	date_whole(l, found(l, ANOMALY_record_evicted, NEITHER, CONFIDENCE_SURE,
			      EVIDENCE(NUMBER("segments",
				      flow->endpoint[INITIATOR].segments + flow->endpoint[RESPONDER].segments))));
}
