/* sequence: detectors of octets: what was sent again, what is missing, what is in dispute.
 *
 * Why something was sent again is decided in track/repeat.h; here it gets a name and a row.  A SYN or a FIN without
 * text that comes again has a code of its own (handshake.c, close.c).
 *
 * How sure.  That octets passed twice is a fact.  Why they did rests on acknowledgements that were seen, and so on
 * those that were not: a fast retransmission whose duplicate acknowledgements the capture lacks looks like one by a
 * timer, and so does a needless one whose acknowledgement it lacks. */
#include "detect/look.h"

/* --- sent again ----------------------------------------------------------------------------------- */

/* Payload of this side came again, for this reason. */
static bool repeats(const struct observation *o, enum repeat why)
{
	return o->repeat == why && o->segment->payload_len && !o->broken;
}

/* Time since its sender was last heard of. */
static int64_t pause_us(const struct observation *o)
{
	return span_us(o->t, o->x_last_ns);
}

/* anomaly: retransmission-timeout
 * tier:     1
 * on:       repeat
 * side:     sender
 * severity: notice
 * rule:     absence
 * rfc:      RFC 6298 5.4, 5.5; RFC 8985 7.3
 * evidence: seq its sequence number
 * evidence: bytes octets of payload
 * evidence: pause_us how long its sender had sent nothing before
 * evidence: acked_seq up to here the receiver had acknowledged
 * evidence: duplicate_acks duplicate acknowledgements before it; three would have been enough
 * title:    sent again after a timeout
 * seen:     octets once more that were not acknowledged, and no acknowledgements that show a loss
 * means:    the octets or the acknowledgement of them were lost, and only a timer found out: the transfer stood
 *           still for that long
 * check:    pause_us is what it cost.  Are many connections of the same path concerned?  Then look for loss there;
 *           if it is this one alone, at small transfers, whose last segments have none behind them that could show a
 *           loss
 */
DETECTOR(retransmission_timeout)
{
	const struct observation *o = l->o;

	if (!repeats(o, REPEAT_TIMEOUT))
		return;
	found(l, ANOMALY_retransmission_timeout, o->side, absence(l, side_other(o->side), o->x_last_ns),
		EVIDENCE(NUMBER("seq", o->segment->seq), NUMBER("bytes", o->segment->payload_len),
			NUMBER("pause_us", pause_us(o)), NUMBER("acked_seq", wire_number(o->x, o->y->ack)),
			NUMBER("duplicate_acks", o->y->repeats.duplicate_run)));
}

/* anomaly: retransmission-fast
 * tier:     2
 * on:       repeat
 * side:     sender
 * severity: info
 * rule:     fact
 * rfc:      RFC 5681 3.2; RFC 6675 5; RFC 8985
 * evidence: seq its sequence number
 * evidence: bytes octets of payload
 * evidence: acked_seq up to here the receiver had acknowledged
 * evidence: duplicate_acks duplicate acknowledgements before it
 * evidence: sacked_seq end of what the receiver says it has beyond (SACK)
 * title:    sent again at once
 * seen:     octets once more, right after acknowledgements that show a loss
 * means:    some segments were lost and made up for within a round trip; a few of them are how TCP finds its speed
 * check:    nothing for a few.  For many compare with the segments sent (retransmitted_segments): above one in a
 *           hundred a link on the path is overloaded or faulty
 */
DETECTOR(retransmission_fast)
{
	const struct observation *o = l->o;
	int64_t sacked = o->y->repeats.sacked;

	if (!repeats(o, REPEAT_FAST))
		return;
	found(l, ANOMALY_retransmission_fast, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("seq", o->segment->seq), NUMBER("bytes", o->segment->payload_len),
			NUMBER("acked_seq", wire_number(o->x, o->y->ack)),
			NUMBER("duplicate_acks", o->y->repeats.duplicate_run),
			NUMBER("sacked_seq", sacked > o->end ? wire_number(o->x, sacked) : CLOCK_NONE)));
}

/* Was it sent anew, and not delivered twice?  Only a timestamp proves that (RFC 7323 5). */
static bool is_sent_anew(const struct observation *o)
{
	return o->segment->options & OPTION_TIMESTAMPS && o->x->segments > 1 && !o->duplicate;
}

/* What only the receiver knew to be needless. */
static void note_reported(const struct look *l)
{
	for (enum side i = INITIATOR; i < SIDES; i++) {
		const struct endpoint *x = &l->flow->endpoint[i];
		bool bare = !x->stream.again_bytes; /* a SYN or FIN */

		if (!x->repeats.spurious || bare || found_before(l, ANOMALY_retransmission_spurious, i))
			continue;
		struct detection *row = found(l, ANOMALY_retransmission_spurious, i, CONFIDENCE_LIKELY,
			EVIDENCE(NUMBER("told", x->repeats.spurious)));
		date_row(row, x->first_octet_ns, l->flow->first_packet);
	}
}

/* anomaly: retransmission-spurious
 * tier:     2
 * on:       repeat, over
 * side:     sender
 * severity: info
 * rule:     fact
 * rfc:      RFC 3522 3; RFC 5682; RFC 2883 4
 * evidence: seq its sequence number
 * evidence: bytes octets of payload
 * evidence: pause_us how long its sender had sent nothing before
 * evidence: acked_seq up to here the receiver had acknowledged
 * evidence: told how many of them the receiver itself called needless later (DSACK)
 * title:    sent again without need
 * seen:     octets once more that the receiver had acknowledged before, or reported as received twice
 * means:    the acknowledgement was lost behind the tap, or came so late that its sender's timer was faster
 * check:    compare rtt_max_us with rtt_avg_us: far apart, a queue on the path fills now and then (bufferbloat) or a
 *           mobile link pauses
 */
DETECTOR(retransmission_spurious)
{
	const struct observation *o = l->o;

	if (!o)
		note_reported(l);
	if (!o || !repeats(o, REPEAT_SPURIOUS))
		return;
	bool sure = is_sent_anew(o) && o->again == o->segment->payload_len && o->again > 1;
	found(l, ANOMALY_retransmission_spurious, o->side, sure ? CONFIDENCE_SURE : CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("seq", o->segment->seq), NUMBER("bytes", o->segment->payload_len),
			NUMBER("pause_us", pause_us(o)), NUMBER("acked_seq", wire_number(o->x, o->y->ack))));
}

/* anomaly: out-of-order
 * tier:     2
 * on:       repeat
 * side:     sender
 * severity: info
 * rule:     absence
 * rfc:      RFC 4737 3; RFC 9293 3.10.7.4
 * evidence: seq its sequence number
 * evidence: bytes octets of payload
 * evidence: behind how far before the end of what had passed it begins
 * title:    out of order
 * seen:     octets behind others that were sent later, sooner than they could have been sent again
 * means:    packets overtake each other: several paths, several queues of one link, or a capture that merges two
 *           directions badly
 * check:    nothing for a few.  For many: does a device on the path spread one connection over several links, packet
 *           by packet?  They cause duplicate acknowledgements and needless retransmissions
 */
DETECTOR(out_of_order)
{
	const struct observation *o = l->o;

	if (!repeats(o, REPEAT_OUT_OF_ORDER))
		return;
	found(l, ANOMALY_out_of_order, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("seq", o->segment->seq), NUMBER("bytes", o->segment->payload_len),
			NUMBER("behind", o->x_nxt - o->seq)));
}

/* --- missing -------------------------------------------------------------------------------------- */

/* The capture ended before what is missing was overdue. */
static bool may_come_yet(const struct look *l, enum side side)
{
	return l->flow->end == END_INPUT && !l->flow->reset &&
	       clock_since(l->now_ns, l->flow->endpoint[side].stream.high_ns) <=
		       clock_times(2, timeout_ns(l->flow, side));
}

/* anomaly: sequence-hole
 * tier:     2
 * on:       over
 * side:     sender
 * severity: notice
 * rule:     absence
 * rfc:      RFC 9293 3.4, 3.8.1
 * evidence: bytes octets that are missing
 * evidence: acked_seq up to here the receiver has acknowledged
 * evidence: sent_seq end of what was sent
 * title:    octets that never arrived
 * seen:     octets were passed over that never passed the tap and were never acknowledged, until the connection
 *           ended
 * means:    they were lost before the tap and not sent again in time: the receiver never got them, nor what lies
 *           behind them
 * check:    who ended the connection, and why so early (outcome; connection-reset)?  Loss between the sender and the
 *           tap
 */
DETECTOR(sequence_hole)
{
	for (enum side i = INITIATOR; i < SIDES; i++) {
		const enum side peer = side_other(i);
		const struct endpoint *x = &l->flow->endpoint[i], *y = &l->flow->endpoint[peer];

		if (stream_is_whole(&x->stream) || !x->segments || !y->segments || may_come_yet(l, i))
			continue;
		int64_t bytes = stream_gap_bytes(&x->stream) - stream_missed_bytes(&x->stream);
		if (bytes <= 0)
			continue;
		struct detection *row = found(l, ANOMALY_sequence_hole, i, absence(l, peer, x->stream.high_ns),
			EVIDENCE(NUMBER("bytes", bytes), NUMBER("acked_seq", wire_number(x, y->ack)),
				NUMBER("sent_seq", wire_number(x, x->stream.high))));
		date_row(row, x->stream.high_ns, x->last_packet);
	}
}

/* anomaly: late-segment
 * tier:     2
 * on:       late
 * side:     sender
 * severity: info
 * rule:     fact
 * rfc:      RFC 9293 3.4.3
 * evidence: seq its sequence number
 * evidence: bytes octets of payload
 * evidence: late_us how long after its sender's FIN it passed
 * evidence: fin_packet packet of that FIN
 * title:    an old segment after the close
 * seen:     octets from before the FIN, after their sender knew that all of it was acknowledged
 * means:    a packet that wandered on the network while both sides closed; TIME-WAIT exists to catch these
 * check:    nothing, unless many come: then look for packets that a device holds back, or sends twice
 */
DETECTOR(late_segment)
{
	enum { MIRROR_MS = 1 }; /* a second copy made by the capture comes sooner */
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;

	if (!o->acceptable || !o->segment->payload_len || o->fin || o->rst || o->syn || o->probe)
		return;
	if (x->fin == OFFSET_NONE || x->fin_guessed || o->seq >= x->fin || y->ack == OFFSET_NONE || y->ack <= x->fin)
		return;
	/* its sender knows: it has no reason to send that again */
	if (!(x->facts.must & FACT_FIN_ACKED) || clock_since(o->t, x->fin_copies.first) <= MIRROR_MS * NS_PER_MS)
		return;
	found(l, ANOMALY_late_segment, o->side, CONFIDENCE_SURE,
		EVIDENCE(NUMBER("seq", o->segment->seq), NUMBER("bytes", o->segment->payload_len),
			NUMBER("late_us", span_us(o->t, x->fin_copies.first)), NUMBER("fin_packet", x->fin_packet)));
}

/* --- in dispute ----------------------------------------------------------------------------------- */

/* anomaly: overlap-conflict
 * tier:     3
 * on:       repeat
 * side:     sender
 * severity: alert
 * rule:     fact
 * rfc:      RFC 9293 3.4
 * evidence: seq its sequence number
 * evidence: bytes octets of payload
 * evidence: ttl hop limit of the second segment
 * evidence: usual_ttl hop limit of the first segment of this side
 * title:    the same octets with other content
 * seen:     two segments with the same place and length in the stream, both with right checksums, and different
 *           octets
 * means:    somebody injects data, or means to show an observer something else than the receiver; or a faulty device
 *           changes packets and makes their checksums anew
 * check:    compare the two packets: a hop limit or IP identification that does not fit says which one was injected.
 *           lastack show ID --follow FILE tells what the stream holds
 */
DETECTOR(overlap_conflict)
{
	const struct observation *o = l->o;

	if (!o->conflict || o->broken)
		return;
	found(l, ANOMALY_overlap_conflict, o->side, CONFIDENCE_SURE,
		EVIDENCE(NUMBER("seq", o->segment->seq), NUMBER("bytes", o->segment->payload_len),
			NUMBER("ttl", o->segment->ttl), NUMBER("usual_ttl", o->x->ttl)));
}

/* anomaly: bad-checksum
 * tier:     3
 * on:       odd, over
 * side:     sender
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.1
 * evidence: seq its sequence number, as it arrived
 * evidence: bytes octets of payload
 * evidence: acked whether the receiver acknowledged its octets, though they were not sent again
 * title:    wrong checksum
 * seen:     a segment whose TCP checksum is wrong, from a side whose checksums are right otherwise; all of it was
 *           captured
 * means:    the packet was damaged on its way, behind a device that made a new link checksum; its receiver drops it,
 *           and it must be sent again.  Unsure where the receiver acknowledged it all the same: then it was right on
 *           the wire, and the sensor's offload or who edited the capture made it wrong
 * check:    which device on the path is common to the connections that have it?  Its memory or an interface is
 *           faulty.  Where all packets of one side have it, the sensor itself sent them (offload) and this is not
 *           raised
 */
DETECTOR(bad_checksum)
{
	const struct observation *o = l->o;

	if (o && o->broken)
		found(l, ANOMALY_bad_checksum, o->side, CONFIDENCE_SURE,
			EVIDENCE(NUMBER("seq", o->segment->seq), NUMBER("bytes", o->segment->payload_len)));
	if (o)
		return;
	for (enum side i = INITIATOR; i < SIDES; i++) {
		struct detection *row = found_before(l, ANOMALY_bad_checksum, i);
		const struct endpoint *x = &l->flow->endpoint[i], *y = &l->flow->endpoint[side_other(i)];

		if (!row || x->stream.again_bytes || y->ack == OFFSET_NONE || y->ack < x->nxt)
			continue;
		row->confidence = CONFIDENCE_UNSURE;
		found_more(row, EVIDENCE(WORD("acked", "yes")));
	}
}
