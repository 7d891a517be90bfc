/* close: detectors of the close: FIN, its acknowledgement, and the states behind it (RFC 9293 3.6). */
#include "detect/look.h"

/* anomaly: fin-retransmission
 * tier:     1
 * on:       fin
 * side:     sender
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.8.1
 * evidence: copies how often the FIN has passed
 * evidence: gap_us time since the copy before
 * evidence: fin_seq its sequence number
 * title:    FIN sent again
 * seen:     the same FIN once more, later than a retransmission timeout
 * means:    the FIN or the acknowledgement of it was lost, or the peer is gone
 * check:    missing-final-ack and fin-unanswered of the same connection say which; else look for loss on the path
 */
DETECTOR(fin_retransmission)
{
	const struct observation *o = l->o;
	const struct copies *copies = &o->x->fin_copies;

	if (!o->fin_again || o->duplicate || !o->acceptable || copies->count < 2)
		return;
	found(l, ANOMALY_fin_retransmission, o->side, CONFIDENCE_SURE,
		EVIDENCE(NUMBER("copies", copies->count), NUMBER("gap_us", span_us(copies->last, copies->before_last)),
			NUMBER("fin_seq", wire_number(o->x, o->x->fin))));
}
