/* handshake: detectors of the handshake, and of how a connection follows the one before it (RFC 9293 3.5).
 *
 * What a host answers when it knows of no connection has a form of its own: a RST with sequence number 0 to a SYN (RFC
 * 9293 3.10.7.1).  So a refusal is certain where that is seen; from numbers of a stream it might be an abort whose
 * SYN+ACK the capture lacks. */
#include "detect/look.h"

enum { COPY_LEAST_MS = 200 }; /* no timer repeats a SYN or SYN+ACK sooner (RFC 6298 2.1: a second at first) */

/* Another packet than the first copy of this SYN, or SYN+ACK, that passed: by its timestamp or IP identification.  So
 * its sender made it, and not the network. */
static bool is_another(const struct observation *o)
{
	const struct segment *s = o->segment;
	const struct endpoint *x = o->x;

	return (s->options & OPTION_TIMESTAMPS && x->timestamps && s->ts_val != x->syn_val) ||
	       (s->has_ip_id && s->ip_id != x->syn_id);
}

static bool is_again(const struct observation *o)
{
	const struct copies *syn = &o->x->syn;
	bool counted = !o->duplicate && syn->count > 1 && syn->last == o->t;

	return o->acceptable && !o->rst && !o->copy && (counted || is_another(o));
}

static int64_t copy_gap_ns(const struct observation *o)
{
	return o->duplicate ? clock_since(o->t, o->x->syn.last) : gap_ns(&o->x->syn);
}

/* So late that a timer may have sent it?  Counted from the first copy that passed: packets that the capture lacks can
 * only make that time shorter. */
static bool is_late(const struct observation *o)
{
	return clock_since(o->t, o->x->syn.first) >= COPY_LEAST_MS * NS_PER_MS;
}

/* That its sender made the copy.  The same identification is rather the same packet that has wandered. */
static enum confidence sender_made_it(const struct observation *o)
{
	if (is_another(o))
		return CONFIDENCE_SURE;
	return o->segment->has_ip_id && o->segment->ip_id ? CONFIDENCE_UNSURE : CONFIDENCE_LIKELY;
}

/* --- SYN ------------------------------------------------------------------------------------------ */

/* anomaly: syn-retransmission
 * tier:     1
 * on:       syn
 * side:     initiator
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.8.1; RFC 6298 5.7
 * evidence: copies how often the SYN has passed by then
 * evidence: gap_us time since the copy before
 * evidence: seq its sequence number
 * title:    SYN sent again
 * seen:     the same SYN once more, a timeout later
 * means:    the SYN or the answer was lost, or nobody answers; the connection opens a second or more late.  Some hosts
 *           also try again after a refusal
 * check:    synack-retransmission of the same connection says that the answers are lost; none at all, that the SYNs
 *           are, or that a firewall drops them
 */
DETECTOR(syn_retransmission)
{
	const struct observation *o = l->o;

	/* what seemed to end the attempt before may have been none of its host's: the SYN still comes again */
	bool after_end = o->x->syn.count == 1 && l->flow->before.seen && o->x->former.seen &&
			 o->x->former.isn == o->segment->seq;

	if (o->x->syn_ack || !((is_again(o) && is_late(o)) || after_end))
		return;
	enum confidence sure = after_end ? CONFIDENCE_LIKELY : sender_made_it(o);
	/* it has the answer already: a copy that wandered */
	if (o->x->facts.must & FACT_GOT_SYN && sure != CONFIDENCE_SURE)
		return;
	int64_t gap = after_end ? clock_since(o->t, l->flow->before.last_ns) : copy_gap_ns(o);
	found(l, ANOMALY_syn_retransmission, o->side, sure,
		EVIDENCE(NUMBER("copies", o->x->syn.count + (after_end || o->duplicate)),
			NUMBER("gap_us", gap / NS_PER_US), NUMBER("seq", o->segment->seq)));
}

/* anomaly: syn-unanswered
 * tier:     1
 * on:       opening
 * side:     responder
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.8.3, 3.10.7.3
 * option:   syn-timeout 3s how long after the last SYN an answer may take
 * evidence: syns how often the SYN has passed
 * evidence: span_us time from the first to the last
 * evidence: waited_us time since the last
 * title:    a SYN that nobody answers
 * seen:     a SYN, as a rule several times, and neither SYN+ACK nor RST
 * means:    a filter drops it, the host is down, its queue of waiting connections is full, or the answer takes another
 *           way
 * check:    does the host answer on other ports? One of them all: the host or the path; only this one: a filter or a
 *           full queue (listen-overflow). One-sided captures look alike: does the tap see this host send anything?
 */
DETECTOR(syn_unanswered)
{
	const struct endpoint *x = &l->flow->endpoint[INITIATOR], *y = &l->flow->endpoint[RESPONDER];
	int64_t wait = clock_times(2, gap_ns(&x->syn));

	if (!x->bare_syn || !x->syn.count)
		return;
	/* whoever goes on beyond the SYN has been answered */
	if (y->segments || x->facts.must & FACT_GOT_SYN || x->nxt > x->syn_end) {
		withdraw(l, ANOMALY_syn_unanswered, RESPONDER);
		return;
	}
	if (wait < limit(l, LIMIT_syn_timeout))
		wait = limit(l, LIMIT_syn_timeout);
	if (clock_since(l->now_ns, x->syn.last) < wait || found_before(l, ANOMALY_syn_unanswered, RESPONDER))
		return;
	struct detection *row = found(l, ANOMALY_syn_unanswered, RESPONDER, absence(l, RESPONDER, x->syn.first),
		EVIDENCE(NUMBER("syns", x->syn.count), NUMBER("span_us", span_us(x->syn.last, x->syn.first)),
			NUMBER("waited_us", span_us(l->now_ns, x->syn.last))));
	date_row(row, x->syn.first, l->flow->first_packet);
}

/* anomaly: syn-isn-changed
 * tier:     2
 * on:       first
 * side:     initiator
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.4.1
 * evidence: seq sequence number of this SYN
 * evidence: former_seq that of the one before
 * evidence: after_us time since that
 * title:    SYN with another number
 * seen:     a SYN that was not answered yet, and then one between the same ports with another initial number
 * means:    the program gave up and tried anew from the same port; or a middlebox changes the numbers
 * check:    compare hop limits and options of both SYNs: alike, it is a new attempt
 */
DETECTOR(syn_isn_changed)
{
	const struct observation *o = l->o;
	const struct predecessor *before = &l->flow->before;

	if (!o->syn || o->has_ack || !before->seen || before->outcome != OUTCOME_UNANSWERED || !o->x->former.seen ||
		o->x->former.isn == o->segment->seq)
		return;
	found(l, ANOMALY_syn_isn_changed, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("seq", o->segment->seq), NUMBER("former_seq", o->x->former.isn),
			NUMBER("after_us", span_us(o->t, before->last_ns))));
}

/* anomaly: bad-flags
 * tier:     2
 * on:       odd
 * side:     sender
 * severity: warning
 * rule:     fact
 * rfc:      RFC 9293 3.1
 * evidence: flags which control bits were set
 * evidence: seq sequence number
 * title:    control bits that make no sense
 * seen:     SYN with FIN, SYN with RST, FIN without ACK, or no bit at all
 * means:    a scanner that maps hosts by their answers, or a broken TCP
 * check:    does this sender do it to many ports or hosts (port-scan, host-sweep)?
 */
DETECTOR(bad_flags)
{
	static const char *const names[] = {
		"none", "FIN", "SYN", "SYN FIN", "RST", "RST FIN", "SYN RST", "SYN RST FIN"};
	const uint8_t ctl = l->o->segment->ctl;
	bool bad = ctl & CTL_SYN ? ctl & (CTL_FIN | CTL_RST) : !(ctl & (CTL_ACK | CTL_RST));

	if (!bad || l->o->broken)
		return;
	found(l, ANOMALY_bad_flags, l->o->side, CONFIDENCE_SURE,
		EVIDENCE(WORD("flags", names[ctl & (CTL_FIN | CTL_SYN | CTL_RST)]), NUMBER("seq", l->o->segment->seq)));
}

/* --- the answer ----------------------------------------------------------------------------------- */

/* anomaly: connection-refused
 * tier:     1
 * on:       rst
 * side:     responder
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.5.2, 3.10.7.1
 * evidence: delay_us time since the SYN
 * evidence: ttl hop limit of the RST
 * evidence: syns how often the SYN has passed
 * title:    connection refused
 * seen:     a RST in answer to a SYN
 * means:    nothing listens on this port, or a firewall rejects on the host's behalf
 * check:    is the service running, and bound to this address? A hop limit unlike the host's other segments: a
 *           firewall
 */
DETECTOR(connection_refused)
{
	const struct observation *o = l->o;
	const struct segment *s = o->segment;

	bool answers = o->has_ack && o->y->bare_syn && o->ack > o->y->iss && o->ack <= o->y->syn_end;
	bool refuses = l->flow->refused && l->flow->reset_by == (uint8_t)o->side;

	if (!answers || (s->seq && !refuses))
		return;
	found(l, ANOMALY_connection_refused, o->side, s->seq ? CONFIDENCE_LIKELY : CONFIDENCE_SURE,
		EVIDENCE(NUMBER("delay_us", span_us(o->t, o->y->syn.last)), NUMBER("ttl", s->ttl),
			NUMBER("syns", o->y->syn.count)));
}

/* anomaly: synack-retransmission
 * tier:     1
 * on:       synack
 * side:     responder
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.8.1
 * evidence: copies how often the SYN+ACK has passed by then
 * evidence: gap_us time since the copy before
 * title:    SYN+ACK sent again
 * seen:     the same SYN+ACK once more, a timeout later
 * means:    it, or the ACK of it, was lost, or the responder's queue of accepted connections is full
 * check:    with ACKs of the initiator in between: the queue (listen-overflow; somaxconn, backlog); without: the path
 */
DETECTOR(synack_retransmission)
{
	const struct observation *o = l->o;

	/* of who has sent a SYN, the first SYN+ACK is no copy of that: both opened at once.  One that answers a
	 * repeated SYN may follow soon */
	if (!o->syn_ack_again || !is_again(o) || !(is_late(o) || is_another(o)))
		return;
	found(l, ANOMALY_synack_retransmission, o->side, sender_made_it(o),
		EVIDENCE(NUMBER("copies", o->x->syn.count + o->duplicate),
			NUMBER("gap_us", copy_gap_ns(o) / NS_PER_US)));
}

/* anomaly: synack-isn-changed
 * tier:     2
 * on:       synack
 * side:     responder
 * severity: warning
 * rule:     fact
 * rfc:      RFC 9293 3.4.1
 * evidence: seq initial number of this SYN+ACK
 * evidence: former_seq that of the one before
 * title:    SYN+ACK with another number
 * seen:     two answers to one SYN with different initial numbers
 * means:    SYN cookies after a restart, a load balancer that asks two servers, or a forged answer
 * check:    compare hop limits, options and IP identifications of both; which one does the initiator acknowledge?
 */
DETECTOR(synack_isn_changed)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;
	const struct segment *s = o->segment;
	/* whether the first one was accepted meanwhile or not */
	bool another = o->anew || (x->syn_ack && x->isn_seen && x->isn != s->seq);
	bool same_syn = y->bare_syn && y->isn_seen && s->ack == y->isn + 1;

	if (o->rst || o->broken || x->bare_syn || !another || !same_syn)
		return;
	found(l, ANOMALY_synack_isn_changed, o->side, CONFIDENCE_SURE,
		EVIDENCE(NUMBER("seq", s->seq), NUMBER("former_seq", o->anew ? x->former.isn : x->isn)));
}

/* anomaly: synack-wrong-ack
 * tier:     2
 * on:       synack
 * side:     responder
 * severity: warning
 * rule:     fact
 * rfc:      RFC 9293 3.10.7.3
 * evidence: ack what it acknowledges
 * evidence: syn_seq initial number of the SYN
 * title:    SYN+ACK for another SYN
 * seen:     an answer that does not acknowledge the SYN that was sent
 * means:    a late answer to an earlier attempt, or a forged one; the initiator answers with a RST
 * check:    was there an earlier SYN with that number (port-reuse)? If not, who can send in the responder's name?
 */
DETECTOR(synack_wrong_ack)
{
	const struct observation *o = l->o;
	const struct segment *s = o->segment;
	const struct predecessor *before = &l->flow->before;
	bool here = o->y->bare_syn && o->y->isn_seen;
	/* a number that is far off is taken for another connection */
	bool apart = !o->y->segments && before->seen && before->outcome == OUTCOME_UNANSWERED && o->y->former.seen;
	uint32_t isn = here ? o->y->isn : o->y->former.isn;
	int64_t octets = here ? o->y->syn_end - o->y->iss : 1;

	if (o->rst || o->broken || !(here || apart) || o->y->facts.must & FACT_SYN_ACKED ||
		(seq_distance(s->ack, isn) >= 1 && seq_distance(s->ack, isn) <= octets))
		return;
	found(l, ANOMALY_synack_wrong_ack, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("ack", s->ack), NUMBER("syn_seq", isn)));
}

/* anomaly: synack-unsolicited
 * tier:     2
 * on:       opening
 * side:     responder
 * severity: notice
 * rule:     absence
 * rfc:      RFC 9293 3.10.7.1
 * evidence: capture_age_us for how long the capture was running when it passed
 * evidence: reset whether the initiator answered with a RST
 * evidence: synacks how often the SYN+ACK has passed
 * title:    SYN+ACK without SYN
 * seen:     an answer to a SYN that never passed, though the capture was running, and nobody acknowledges it
 * means:    somebody sends SYNs in this initiator's name, and the answers come here; or the SYNs take another way
 * check:    many of them from many hosts: backscatter of a flood elsewhere; from one: asymmetric routes
 */
DETECTOR(synack_unsolicited)
{
	enum { RUNNING_S = 10 };
	const struct flow *flow = l->flow;
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];
	int64_t waited = clock_since(l->now_ns, r->syn.first), age = capture_age_ns(l) - waited;

	if (!r->syn_ack || i->syns || r->bare_syn || flow->before.seen || r->syn.first != flow->first_ns ||
		age < RUNNING_S * NS_PER_S)
		return;
	/* whoever acknowledges it has sent a SYN, and who goes on was acknowledged: the capture lacks the rest */
	if (i->ack != OFFSET_NONE || r->facts.must & FACT_SYN_ACKED || r->nxt > r->syn_end) {
		withdraw(l, ANOMALY_synack_unsolicited, RESPONDER);
		return;
	}
	bool reset = flow->reset && flow->reset_by == INITIATOR;
	if ((!reset && waited < limit(l, LIMIT_handshake_timeout)) ||
		found_before(l, ANOMALY_synack_unsolicited, RESPONDER))
		return;
	struct detection *row = found(l, ANOMALY_synack_unsolicited, RESPONDER, absence(l, INITIATOR, r->syn.first),
		EVIDENCE(NUMBER("capture_age_us", age / NS_PER_US), WORD("reset", reset ? "yes" : "no"),
			NUMBER("synacks", r->syn.count)));
	date_row(row, r->syn.first, flow->first_packet);
}

/* anomaly: slow-handshake
 * tier:     2
 * on:       synack
 * side:     responder
 * severity: notice
 * rule:     fact
 * rfc:      -
 * option:   handshake-slow 1s how long a responder may take to answer a SYN
 * evidence: delay_us time from SYN to SYN+ACK
 * title:    slow to answer a SYN
 * seen:     the SYN+ACK comes late, and the SYN was sent only once
 * means:    a far path, or a responder (or a proxy before it) that is busy; a second, or three, and a little more:
 *           rather a first answer that was lost before the tap
 * check:    rtt_min_us of the responder: about as long, it is the path
 */
DETECTOR(slow_handshake)
{
	const struct observation *o = l->o;
	const struct copies *syn = &o->y->syn;

	if (o->rst || !o->acceptable || o->x->bare_syn || o->x->syn.count != 1 || syn->count != 1 ||
		clock_since(o->t, syn->first) <= limit(l, LIMIT_handshake_slow))
		return;
	found(l, ANOMALY_slow_handshake, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("delay_us", span_us(o->t, syn->first))));
}

/* --- the third segment ---------------------------------------------------------------------------- */

/* anomaly: handshake-incomplete
 * tier:     1
 * on:       opening
 * side:     initiator
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.5
 * option:   handshake-timeout 5s how long a handshake may stay unfinished after the first SYN+ACK
 * evidence: synacks how often the SYN+ACK has passed
 * evidence: acked whether an ACK of the initiator passed
 * evidence: waited_us time since the first SYN+ACK
 * title:    handshake not completed
 * seen:     a SYN+ACK, and no ACK; or ACKs, and still the SYN+ACK comes again
 * means:    without ACK: the initiator is gone, or its address was forged; with ACKs: the responder drops them, for
 *           its queue of accepted connections is full
 * check:    many of them at one service: syn-flood, or a program that does not accept (ss -ltn shows its queue)
 */
DETECTOR(handshake_incomplete)
{
	const struct endpoint *i = &l->flow->endpoint[INITIATOR], *r = &l->flow->endpoint[RESPONDER];

	if (!r->syn_ack || r->bare_syn || !i->segments)
		return;
	if (r->facts.must & FACT_SYN_ACKED) {
		withdraw(l, ANOMALY_handshake_incomplete, INITIATOR);
		return;
	}
	/* a SYN+ACK that comes again although the ACK of it passed: that came to nothing */
	bool acked = i->ack != OFFSET_NONE && i->ack > r->iss,
	     dropped = l->flow->third_ns != CLOCK_NONE && r->syn.last > l->flow->third_ns && r->syn.count > 1;
	if (l->flow->reset || (acked && !dropped) || l->flow->closing_ns != CLOCK_NONE ||
		clock_since(l->now_ns, r->syn.first) < limit(l, LIMIT_handshake_timeout) ||
		found_before(l, ANOMALY_handshake_incomplete, INITIATOR))
		return;
	/* The last ACK may have arrived: a connection that is open and silent looks the same.  And a responder that
	 * waits sends its SYN+ACK again (RFC 6298 5.4); unless it keeps nothing, as with SYN cookies. */
	bool may_be_open = i->last_ns > r->syn.last || r->syn.count == 1;
	enum confidence sure = may_be_open ? CONFIDENCE_UNSURE : absence(l, INITIATOR, r->syn.first);
	struct detection *row = found(l, ANOMALY_handshake_incomplete, INITIATOR, sure,
		EVIDENCE(NUMBER("synacks", r->syn.count), WORD("acked", acked ? "yes" : "no"),
			NUMBER("waited_us", span_us(l->now_ns, r->syn.first))));
	date_row(row, r->syn.first, l->flow->first_packet);
}

/* anomaly: handshake-aborted
 * tier:     1
 * on:       rst
 * side:     initiator
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.5.2, 3.10.7.1
 * evidence: delay_us time since the SYN+ACK
 * evidence: ttl hop limit of the RST
 * title:    handshake aborted
 * seen:     the initiator answers the SYN+ACK with a RST
 * means:    it has given up meanwhile, or never meant to connect: a half-open scan looks exactly so
 * check:    does this initiator do it to many ports or hosts (port-scan, host-sweep)?
 */
DETECTOR(handshake_aborted)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;

	if (!x->bare_syn || x->syn_ack || !y->syn_ack || y->bare_syn || x->ack != OFFSET_NONE || !l->flow->reset ||
		l->flow->reset_by != (uint8_t)o->side || o->seq != x->syn_end)
		return;
	found(l, ANOMALY_handshake_aborted, o->side, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("delay_us", span_us(o->t, y->syn.last)), NUMBER("ttl", o->segment->ttl)));
}

/* anomaly: simultaneous-open
 * tier:     2
 * on:       syn, synack
 * side:     neither
 * severity: info
 * rule:     fact
 * rfc:      RFC 9293 3.5
 * evidence: apart_us time between the two SYNs
 * title:    both opened at once
 * seen:     two SYNs that cross
 * means:    legal and rare: hole punching through NAT, or two peers that connect to each other from fixed ports
 * check:    nothing
 */
DETECTOR(simultaneous_open)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;
	struct detection *row = found_before(l, ANOMALY_simultaneous_open, NEITHER);

	int64_t apart = clock_since(x->syn.first, y->syn.first) + clock_since(y->syn.first, x->syn.first);
	/* a SYN+ACK of who has sent a SYN: only the peer's SYN brings that (RFC 9293 3.10.7.3), whatever seemed to end
	 * the attempt in between */
	bool sent = x->facts.proved[TCP_SYN_SENT] != CLOCK_NONE ||
		    (o->has_ack && x->former.seen && x->former.isn == o->segment->seq);
	if (o->acceptable && !o->rst && !sent) /* its SYN was an attempt of its own, with another number */
		withdraw(l, ANOMALY_simultaneous_open, NEITHER);
	if (!o->acceptable || o->rst || !sent || !(y->bare_syn || o->has_ack))
		return;
	enum confidence sure = o->has_ack ? CONFIDENCE_SURE : CONFIDENCE_LIKELY;
	if (row && sure > row->confidence)
		row->confidence = (uint8_t)sure;
	else if (!row)
		found(l, ANOMALY_simultaneous_open, NEITHER, sure,
			EVIDENCE(NUMBER("apart_us", y->syn.count ? apart / NS_PER_US : CLOCK_NONE)));
}

/* --- what follows --------------------------------------------------------------------------------- */

/* anomaly: open-no-data
 * tier:     2
 * on:       over
 * side:     neither
 * severity: info
 * rule:     fact
 * rfc:      -
 * evidence: open_us for how long it was open
 * title:    opened, and nothing said
 * seen:     a connection that was established and closed without one octet of data
 * means:    a health check, a scan that completes its handshakes, or a client that had nothing to ask
 * check:    who does it, and how regularly
 */
DETECTOR(open_no_data)
{
	const struct flow *flow = l->flow;
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];
	bool open = facts_held(&i->facts, FACT_SYN_ACKED) && facts_held(&r->facts, FACT_SYN_ACKED);

	bool ended = flow->reset || (i->facts.held & r->facts.held & FACT_CLOSED);

	if (!open || !ended || flow->midstream || flow->closing_ns == CLOCK_NONE || !i->segments || !r->segments ||
		i->iss == OFFSET_NONE || r->iss == OFFSET_NONE || !i->isn_seen || !r->isn_seen ||
		i->stream.high > i->iss + 1 || r->stream.high > r->iss + 1)
		return;
	/* the numbers of the FINs leave no room for an octet, seen or not */
	bool both = i->fin == i->iss + 1 && r->fin == r->iss + 1 && !i->fin_guessed && !r->fin_guessed;
	struct detection *row = found(l, ANOMALY_open_no_data, NEITHER, both ? CONFIDENCE_SURE : CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("open_us", span_us(flow->closing_ns, flow->first_ns))));
	date_row(row, flow->first_ns, flow->first_packet);
}

/* --- the same ports again ------------------------------------------------------------------------- */

/* Nothing of a connection that was refused, or never answered, holds anybody up. */
static bool has_held_up(const struct predecessor *before)
{
	return before->outcome != OUTCOME_UNANSWERED && before->outcome != OUTCOME_REFUSED;
}

/* Has the SYN of e, which has sent nothing else yet, been sent again, and not only doubled by the network? */
static bool is_sent_again(const struct endpoint *e)
{
	bool newer = e->has_val && seq_distance(e->last_val, e->syn_val) > 0;

	return e->syn.count > 1 && (newer || clock_since(e->syn.last, e->syn.first) >= COPY_LEAST_MS * NS_PER_MS);
}

/* anomaly: port-reuse
 * tier:     1
 * on:       synack
 * side:     initiator
 * severity: info
 * rule:     fact
 * rfc:      RFC 9293 3.6.1, 3.10.7.4; RFC 6191 2
 * option:   reuse-window 240s how long after the last connection between the same ports a new one counts (connections
 *           that are over are forgotten two minutes after their TIME-WAIT, so later than that is never seen)
 * evidence: before how the last connection ended
 * evidence: after_us time from its last segment to this SYN
 * evidence: seq initial number of this SYN
 * evidence: former_seq that of the last connection
 * title:    the same ports again
 * seen:     a new connection between ports that were in use a moment ago
 * means:    the initiator is busy and comes round its ports, or uses a fixed one; legal, but close to a conflict
 * check:    port-reuse-unsafe, port-reuse-delayed and port-exhaustion of the same hosts
 */
DETECTOR(port_reuse)
{
	const struct observation *o = l->o;
	const struct predecessor *before = &l->flow->before;
	const struct endpoint *i = &l->flow->endpoint[INITIATOR];

	if (o->rst || !o->acceptable || !before->seen || !i->syn.count || (i->former.seen && i->former.isn == i->isn) ||
		clock_since(i->syn.first, before->last_ns) > limit(l, LIMIT_reuse_window) ||
		found_before(l, ANOMALY_port_reuse, INITIATOR))
		return;
	const struct evidence after = NUMBER("after_us", span_us(i->syn.first, before->last_ns));
	/* where a former number is not known, there may have been no other connection, but half of this one */
	bool known = i->former.seen && l->flow->endpoint[RESPONDER].former.seen;
	found(l, ANOMALY_port_reuse, INITIATOR, known ? CONFIDENCE_SURE : CONFIDENCE_LIKELY,
		EVIDENCE(WORD("before", outcome_words[before->outcome].word), after, NUMBER("seq", i->isn),
			NUMBER("former_seq", i->former.seen ? (int64_t)i->former.isn : CLOCK_NONE)));
	if (before->time_wait_ends_ns != CLOCK_NONE && i->syn.last < before->time_wait_ends_ns && !before->beyond)
		found(l, ANOMALY_port_reuse_unsafe, INITIATOR, before->proved ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE,
			EVIDENCE(after, WORD("owner", before->by_sender ? "initiator" : "responder"),
				NUMBER("left_us", span_us(before->time_wait_ends_ns, i->syn.last))));
	if (o->side == RESPONDER && !o->x->bare_syn && has_held_up(before) && is_sent_again(i))
		found(l, ANOMALY_port_reuse_delayed, INITIATOR, CONFIDENCE_LIKELY,
			EVIDENCE(after, NUMBER("syns", i->syn.count), NUMBER("delay_us", span_us(o->t, i->syn.first))));
}

/* anomaly: port-reuse-unsafe
 * tier:     2
 * on:       with port-reuse
 * side:     initiator
 * severity: warning
 * rule:     model
 * rfc:      RFC 6191 2; RFC 9293 3.10.7.4; RFC 7323 5
 * evidence: after_us time from the last connection's last segment to this SYN
 * evidence: owner whose TIME-WAIT it was, by the roles of this connection
 * evidence: left_us how much of that was left
 * title:    ports used again too soon
 * seen:     a SYN that is accepted although TIME-WAIT should still hold the ports, with an initial number that is not
 *           beyond the old ones, and no newer timestamp
 * means:    a late segment of the old connection could be taken for one of the new
 * check:    timestamps on both hosts, initial numbers that grow (RFC 6528); is TIME-WAIT cut short there?
 */

/* anomaly: port-reuse-delayed
 * tier:     2
 * on:       with port-reuse
 * side:     initiator
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.5.1, 3.10.7.4
 * evidence: after_us time from the last connection's last segment to the first SYN
 * evidence: syns how often the SYN was sent
 * evidence: delay_us time from the first SYN to the answer
 * title:    a new connection had to wait for the old one
 * seen:     a SYN between ports that were in use, answered only when it had been sent again
 * means:    the responder still held the old connection (TIME-WAIT, or half-open) and let the new one in late
 * check:    lingering-time-wait or half-open of the connection before; let the initiator use more ports
 */
