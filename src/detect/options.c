/* options: detectors of TCP options, and of Fast Open. */
#include "detect/look.h"

/* anomaly: fast-open
 * tier:     2
 * on:       syn, synack
 * side:     initiator
 * severity: info
 * rule:     fact
 * rfc:      RFC 7413 2, 4
 * evidence: bytes octets on the SYN
 * evidence: accepted whether the SYN+ACK acknowledges them
 * title:    Fast Open
 * seen:     a SYN with data, or with the Fast Open option
 * means:    data before the handshake is over: saves a round trip; without an agreement it is a probe
 * check:    accepted "no": the responder does not know the cookie, and the data is sent again
 */
DETECTOR(fast_open)
{
	const struct observation *o = l->o;
	const struct segment *s = o->segment;

	if (!o->acceptable || o->rst)
		return;
	if (!o->has_ack && (s->payload_len || s->options & OPTION_FAST_OPEN)) {
		if (!found_before(l, ANOMALY_fast_open, o->side))
			found(l, ANOMALY_fast_open, o->side, CONFIDENCE_SURE,
				EVIDENCE(NUMBER("bytes", s->payload_len)));
	} else if (o->has_ack && o->y->syn_end > o->y->iss + 1 && o->x->syn.count == 1) {
		found_more(found_before(l, ANOMALY_fast_open, side_other(o->side)),
			EVIDENCE(WORD("accepted", o->ack >= o->y->syn_end ? "yes" : "no")));
	}
}

/* anomaly: option-unoffered
 * tier:     2
 * on:       synack
 * side:     responder
 * severity: notice
 * rule:     fact
 * rfc:      RFC 7323 1.3, 2.2, 3.2; RFC 2018 2
 * evidence: option which one
 * title:    an option that was not offered
 * seen:     a SYN+ACK with window scale, SACK or timestamps that the SYN had not
 * means:    a middlebox edits options on one side of the tap: the two ends may disagree about the window
 * check:    capture on both sides of firewalls and load balancers, and compare the two SYNs
 */
DETECTOR(option_unoffered)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;
	const char *option = NULL;

	if (!o->acceptable || o->rst || !y->bare_syn || !y->isn_seen || x->bare_syn)
		return;
	if (x->window_scale < SCALE_UNKNOWN && y->window_scale == SCALE_NONE)
		option = "window scale";
	else if (x->sack && !y->sack)
		option = "SACK permitted";
	else if (x->timestamps && !y->timestamps)
		option = "timestamps";
	if (option)
		found(l, ANOMALY_option_unoffered, o->side, CONFIDENCE_LIKELY, EVIDENCE(WORD("option", option)));
}

/* anomaly: timestamp-backwards
 * tier:     2
 * on:       odd
 * side:     sender
 * severity: notice
 * rule:     fact
 * rfc:      RFC 7323 5.2, 5.3
 * evidence: value timestamp of this segment
 * evidence: highest the highest one before it
 * title:    timestamps go back
 * seen:     new data with an older timestamp than what was sent before it
 * means:    several hosts behind one address, or a middlebox that mixes streams; its receiver drops the segment (PAWS)
 * check:    is there NAT or a load balancer in front of this host? Then do its servers share a clock offset?
 */
DETECTOR(timestamp_backwards)
{
	const struct observation *o = l->o;
	const struct segment *s = o->segment;

	if (!o->acceptable || o->rst || o->syn || o->duplicate || !s->payload_len || o->x_nxt == OFFSET_NONE ||
		o->seq != o->x_nxt || !(s->options & OPTION_TIMESTAMPS) || !o->x->has_val ||
		seq_distance(s->ts_val, o->x->last_val) >= 0)
		return;
	/* a late segment looks so too, where the capture lacks those that overtook it */
	found(l, ANOMALY_timestamp_backwards, o->side, has_gap(l, o->side) ? CONFIDENCE_UNSURE : CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("value", s->ts_val), NUMBER("highest", o->x->last_val)));
}
