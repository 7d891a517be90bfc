/* forged: detectors of RSTs and SYNs that somebody else may have sent in the name of a side (RFC 5961).
 *
 * X is the one in whose name they come, Y receives them.  No sign proves a forgery alone; they are counted. */
#include "detect/rst.h"

/* --- RSTs and SYNs that a live connection defies ---------------------------------------------------- */

static bool is_defiance(const struct look *l, const struct reset_notes *by)
{
	const struct observation *o = l->o;

	return by->provoker.packet && o->y->last_packet == by->provoker.packet && o->pure && !o->syn && !o->fin &&
	       o->seq == o->x_nxt && o->ack == by->provoker_ack &&
	       clock_since(o->t, by->provoker.ns) <= timeout_ns(l->flow, side_other(o->side));
}

/* The next segment of Y is looked at, whether it defies this one. */
static void note_provoker(const struct look *l, struct reset_notes *own)
{
	const struct observation *o = l->o;

	own->provoker = (struct mark){o->t, o->segment->packet};
	own->provoker_ack = o->y->ack;
	own->provoker_syn = o->syn;
	look_awake(l, clock_plus(o->t, timeout_ns(l->flow, o->side)));
}

/* A RST whose number did not fit, and the connection goes on. */
static void tell_odd(const struct look *l, enum side side, int more_signs)
{
	struct reset_notes *own = &notes_of(l, l->flow->notes, side)->reset;
	const struct rst_look *odd = &own->odd;

	if (!odd->at.packet)
		return;
	/* its number, that the connection goes on, and what else speaks for another sender */
	struct detection *row = found(l, odd->inside ? ANOMALY_rst_inexact : ANOMALY_rst_out_of_window, side,
		score(l, 2 + odd->signs + more_signs),
		EVIDENCE(NUMBER("seq", odd->seq), NUMBER("expected_seq", odd->expected), NUMBER("ttl", odd->ttl),
			NUMBER("usual_ttl", odd->usual_ttl ? odd->usual_ttl : CLOCK_NONE), NUMBER("ip_id", odd->ip_id),
			NUMBER("last_ip_id", odd->last_ip_id), NUMBER("alive_us", span_us(l->now_ns, odd->at.ns))));
	if (row && row->count == 1)
		date_row(row, odd->at.ns, odd->at.packet);
	if (row)
		row->count += own->odds - 1;
	rst_note_alive(l, side, odd->signs);
	own->odd.at = (struct mark){0, 0};
	own->odds = 0;
}

/* anomaly: challenge-ack
 * tier:     2
 * on:       awake
 * side:     receiver
 * severity: info
 * rule:     fact
 * rfc:      RFC 5961 3.2, 4.2; RFC 9293 3.10.7.4
 * evidence: provoked_by what it answers: a RST or a SYN
 * evidence: trigger_packet the packet that it answers
 * evidence: after_us how soon it came
 * evidence: seq where the receiver stands: the sequence number of its answer
 * evidence: ack what it expects next
 * title:    challenge ACK
 * seen:     an ACK without news, right behind a RST that stands inside the window but not at its edge, or a SYN in an
 *           open connection
 * means:    the receiver defends its connection as it should: a true peer would answer with a RST that fits
 * check:    who sent the RST or the SYN: rst-inexact, old-duplicate-syn or half-open of the same connection
 */
DETECTOR(challenge_ack)
{
	const struct observation *o = l->o;
	struct notes *notes = l->flow->notes;

	if (!notes || o->rst || !o->acceptable)
		return;
	const enum side sender = side_other(o->side);
	struct reset_notes *by = &notes_of(l, notes, sender)->reset;
	if (!is_defiance(l, by))
		return;
	bool closed = rst_is_stray(l->flow);
	const char *word = by->provoker_syn ? "SYN" : "RST";
	if (!closed)
		found(l, ANOMALY_challenge_ack, o->side, CONFIDENCE_LIKELY,
			EVIDENCE(WORD("provoked_by", word), NUMBER("trigger_packet", by->provoker.packet),
				NUMBER("after_us", span_us(o->t, by->provoker.ns)), NUMBER("seq", o->segment->seq),
				NUMBER("ack", o->segment->ack)));
	if (!by->provoker_syn)
		tell_odd(l, sender, 1);
	else if (by->old_syn)
		found(l, ANOMALY_old_duplicate_syn, sender, by->sure_syn ? CONFIDENCE_SURE : CONFIDENCE_LIKELY,
			EVIDENCE(NUMBER("syn_packet", by->provoker.packet), NUMBER("isn", o->y->last_seq),
				NUMBER("first_isn", o->y->isn_seen ? o->y->isn : CLOCK_NONE),
				NUMBER("answer_packet", o->segment->packet)));
	by->provoker = (struct mark){0, 0};
}

/* Older than what its sender has used since, by number or by timestamp (RFC 7323 5: that never goes back). */
static bool is_old_syn(const struct observation *o)
{
	const struct endpoint *x = o->x;
	const struct segment *s = o->segment;

	if (s->options & OPTION_TIMESTAMPS && x->has_val)
		return seq_distance(s->ts_val, x->last_val) <= 0;
	return o->x_nxt == OFFSET_NONE || seq_distance(s->seq, unwrap_wire(&x->seq, o->x_nxt)) <= 0;
}

/* anomaly: old-duplicate-syn
 * tier:     2
 * on:       syn
 * side:     sender
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.5.1, 3.10.7.4; RFC 5961 4.2
 * evidence: syn_packet packet of the SYN
 * evidence: isn its sequence number
 * evidence: first_isn that of the SYN which began this connection
 * evidence: answer_packet packet of the ACK that answered it
 * title:    old SYN in a connection
 * seen:     a SYN with a number, or a timestamp, that its sender has long passed; the peer answers with an ACK
 * means:    a copy that was delayed on the path, a host that was restarted, or somebody who probes blindly; the
 *           connection is not harmed
 * check:    nothing, if it stays one; its IP identification and hop limit tell whether it is a copy of the first SYN
 */
DETECTOR(old_duplicate_syn)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x, *y = o->y;
	bool again = x->isn_seen && x->isn == o->segment->seq && x->syns > 1;
	struct notes *notes;

	if (o->has_ack || o->copy || o->rst || o->broken || (!again && o->acceptable) || y->ack == OFFSET_NONE ||
		!rst_in_open(l->flow) || !(x->facts.must & FACT_GOT_SYN) || !(notes = look_notes(l)))
		return;
	struct reset_notes *own = &notes_of(l, notes, o->side)->reset;
	note_provoker(l, own);
	own->old_syn = again || is_old_syn(o);
	own->sure_syn = again;
}

/* --- RSTs that look forged -------------------------------------------------------------------------- */

/* Is its number none that its claimed sender can have meant: beyond all that it sent, or far below?  A host without the
 * connection answers with numbers that its peer acknowledged some time ago. */
static bool is_odd(const struct observation *o)
{
	enum { RECENT = 65535 };
	const struct endpoint *x = o->x, *y = o->y;

	if (o->seq == OFFSET_NONE || y->ack == OFFSET_NONE || o->x_nxt == OFFSET_NONE || rst_is_exact(o))
		return false;
	int64_t low = x->iss != OFFSET_NONE && y->ack - RECENT < x->iss + 1 ? x->iss + 1 : y->ack - RECENT;
	return o->seq < low || o->seq > y->ack;
}

/* A RST that does not fit is kept, and told once the connection is seen to go on: a true one, behind octets that the
 * capture lacks, would have ended it. */
static void note_odd(const struct look *l)
{
	const struct observation *o = l->o;
	struct notes *notes;

	if (!is_odd(o) || !rst_in_open(l->flow) || l->flow->reset || rst_is_stray(l->flow) || !(notes = look_notes(l)))
		return;
	struct reset_notes *own = &notes_of(l, notes, o->side)->reset;
	struct rst_look odd = rst_look_of(o);
	if (own->odd.at.packet && own->odd.inside != odd.inside)
		tell_odd(l, o->side, 0);
	if (!own->odds++)
		own->odd = odd;
	if (odd.inside)
		note_provoker(l, own);
}

/* anomaly: rst-inexact
 * tier:     3
 * on:       late
 * side:     claimed sender
 * severity: notice
 * rule:     score
 * rfc:      RFC 5961 3.2; RFC 9293 3.10.7.4
 * evidence: seq sequence number of the RST
 * evidence: expected_seq the number that its receiver waited for
 * evidence: ttl its hop limit
 * evidence: usual_ttl that of its claimed sender's segments
 * evidence: ip_id its IPv4 identification
 * evidence: last_ip_id that of its claimed sender's segment before
 * evidence: alive_us after this time the connection was seen to go on
 * title:    RST inside the window, not at its edge
 * seen:     a RST with a number that its receiver would accept data at, but not the next one; the connection goes on
 * means:    somebody guesses sequence numbers to cut the connection; a receiver after RFC 5961 is not impressed
 * check:    is there a challenge-ack? Then the host is protected. Hop limit and identification tell whether the RST
 *           came from the named side at all
 */
DETECTOR(rst_inexact)
{
	const struct observation *o = l->o;
	const struct notes *notes = l->flow->notes;

	if (o->rst && !o->copy && o->acceptable)
		note_odd(l);
	if (o->rst || o->syn || !o->acceptable || !notes)
		return;
	for (enum side side = INITIATOR; side < SIDES; side++) {
		const struct rst_look *odd = &notes_of(l, l->flow->notes, side)->reset.odd;

		if (odd->at.packet && is_a_round_trip_later(l, odd->at.ns))
			tell_odd(l, side, 0);
	}
}

/* anomaly: rst-out-of-window
 * tier:     3
 * on:       with rst-inexact
 * side:     claimed sender
 * severity: notice
 * rule:     score
 * rfc:      RFC 5961 3.2; RFC 9293 3.10.7.4
 * evidence: seq sequence number of the RST
 * evidence: expected_seq the number that its receiver waited for
 * evidence: ttl its hop limit
 * evidence: usual_ttl that of its claimed sender's segments
 * evidence: ip_id its IPv4 identification
 * evidence: last_ip_id that of its claimed sender's segment before
 * evidence: alive_us after this time the connection was seen to go on
 * title:    RST outside the window
 * seen:     a RST with a number far from all that was sent; the connection goes on
 * means:    a stray RST of an earlier connection between the same ports, or somebody who guesses blindly; every
 *           receiver drops it
 * check:    nothing, if it stays one; many from one direction are an attack: see rst-ladder
 */

/* anomaly: rst-ttl-mismatch
 * tier:     3
 * on:       rst
 * side:     claimed sender
 * severity: warning
 * rule:     score
 * rfc:      RFC 5961 1
 * evidence: ttl hop limit of the RST
 * evidence: usual_ttl that of its claimed sender's segments
 * evidence: seq sequence number of the RST
 * evidence: expected_seq the number that its receiver waited for
 * evidence: ip_id its IPv4 identification
 * evidence: last_ip_id that of its claimed sender's segment before
 * title:    RST from another distance
 * seen:     the hop limit of a RST differs by more than 2 from that of its sender's other segments
 * means:    a device on the path sent it; or the host sends RSTs with a hop limit of their own, as some systems do
 *           where no connection is left
 * check:    compare with a RST that the host is known to send (connect to a closed port); if those look alike it was
 *           the host, else usual hop limit minus this one says how far away the device is
 */
DETECTOR(rst_ttl_mismatch)
{
	const struct observation *o = l->o;

	if (o->copy || !o->acceptable || !rst_other_ttl(o) || rst_is_stray(l->flow))
		return;
	const struct rst_look look = rst_look_of(o);
	found(l, ANOMALY_rst_ttl_mismatch, o->side, score(l, look.signs),
		EVIDENCE(NUMBER("ttl", look.ttl), NUMBER("usual_ttl", look.usual_ttl), NUMBER("seq", look.seq),
			NUMBER("expected_seq", look.expected),
			NUMBER("ip_id", o->segment->has_ip_id ? look.ip_id : CLOCK_NONE),
			NUMBER("last_ip_id", o->segment->has_ip_id ? look.last_ip_id : CLOCK_NONE)));
}

/* anomaly: rst-ipid-mismatch
 * tier:     3
 * on:       rst
 * side:     claimed sender
 * severity: notice
 * rule:     score
 * rfc:      RFC 6864 4.1; RFC 5961 1
 * evidence: ip_id IPv4 identification of the RST
 * evidence: last_ip_id that of its claimed sender's segment before
 * evidence: ttl hop limit of the RST
 * evidence: usual_ttl that of its claimed sender's segments
 * evidence: seq sequence number of the RST
 * evidence: expected_seq the number that its receiver waited for
 * title:    RST out of the order of identifications
 * seen:     the sender counts its IPv4 identifications up, and that of the RST is far off
 * means:    perhaps another host sent it; alone it proves nothing, as systems number RSTs in other ways
 * check:    rst-ttl-mismatch of the same connection; whether the identifications go on afterwards where they were
 */
DETECTOR(rst_ipid_mismatch)
{
	const struct observation *o = l->o;

	if (o->copy || !o->acceptable || !rst_other_ip_id(o) || rst_is_stray(l->flow))
		return;
	const struct rst_look look = rst_look_of(o);
	found(l, ANOMALY_rst_ipid_mismatch, o->side, score(l, look.signs),
		EVIDENCE(NUMBER("ip_id", look.ip_id), NUMBER("last_ip_id", look.last_ip_id), NUMBER("ttl", look.ttl),
			NUMBER("usual_ttl", look.usual_ttl ? look.usual_ttl : CLOCK_NONE), NUMBER("seq", look.seq),
			NUMBER("expected_seq", look.expected)));
}

/* Counts RSTs of different numbers within a short time.  True: this one is a new step. */
static bool is_new_step(struct reset_notes *own, const struct observation *o)
{
	enum { LADDER_MS = 100 };

	if (!own->steps || clock_since(o->t, own->ladder_ns) > LADDER_MS * NS_PER_MS) {
		own->ladder_ns = o->t;
		own->steps = own->odd_steps = 0;
	}
	for (int i = 0; i < own->steps && i < LADDER_STEPS; i++)
		if (own->step[i] == o->segment->seq)
			return false;
	if (own->steps < LADDER_STEPS)
		own->step[own->steps] = o->segment->seq;
	if (own->steps < UINT8_MAX)
		own->steps++;
	if (is_odd(o) && own->odd_steps < UINT8_MAX)
		own->odd_steps++;
	return true;
}

/* anomaly: rst-ladder
 * tier:     3
 * on:       rst
 * side:     claimed sender
 * severity: alert
 * rule:     score
 * rfc:      RFC 5961 1.1, 3.2
 * evidence: steps RSTs with different numbers so far
 * evidence: first_seq sequence number of the first
 * evidence: last_seq that of the last
 * evidence: expected_seq the number that its receiver waits for
 * evidence: span_us in this time
 * evidence: ttl hop limit of the last
 * evidence: usual_ttl that of its claimed sender's segments
 * title:    ladder of RSTs
 * seen:     three or more RSTs within a tenth of a second, at different numbers that answer nothing
 * means:    somebody steps through the window to hit the right number: censorship devices and attackers do, hosts do
 *           not
 * check:    the hop limits of the RSTs: they are of the device that sends them; capture nearer to it
 */
DETECTOR(rst_ladder)
{
	enum { ODD_LEAST = 2 };
	const struct observation *o = l->o;
	struct notes *notes;

	if (o->copy || !o->acceptable || o->seq == OFFSET_NONE || !rst_in_open(l->flow) || rst_is_stray(l->flow) ||
		!(notes = look_notes(l)))
		return;
	struct reset_notes *own = &notes_of(l, notes, o->side)->reset;
	if (!is_new_step(own, o) || own->steps < LADDER_STEPS || own->odd_steps < ODD_LEAST)
		return;
	/* two numbers at least that its claimed sender cannot have meant */
	const struct rst_look look = rst_look_of(o);
	found(l, ANOMALY_rst_ladder, o->side, score(l, ODD_LEAST + look.signs),
		EVIDENCE(NUMBER("steps", own->steps), NUMBER("first_seq", own->step[0]), NUMBER("last_seq", look.seq),
			NUMBER("expected_seq", look.expected), NUMBER("span_us", span_us(o->t, own->ladder_ns)),
			NUMBER("ttl", look.ttl), NUMBER("usual_ttl", look.usual_ttl ? look.usual_ttl : CLOCK_NONE)));
}

/* anomaly: rst-both-ways
 * tier:     3
 * on:       rst
 * side:     neither
 * severity: warning
 * rule:     score
 * rfc:      RFC 5961 1
 * evidence: first_packet packet of the first RST
 * evidence: apart_us time between the two
 * evidence: first_signs how many signs say that somebody else sent the first
 * evidence: second_signs the same of the second
 * evidence: ttl hop limit of the second
 * evidence: usual_ttl that of its claimed sender's segments
 * title:    RSTs in both directions
 * seen:     RSTs of both sides within 10 ms, and neither answers anything: a RST is never answered by a RST
 * means:    a device between the hosts cut the connection at both ends; or, seldom, both programs ended at once
 * check:    firewalls and intrusion prevention on the path: their logs name the rule; the hop limits of both RSTs
 *           point at the same place
 */
DETECTOR(rst_both_ways)
{
	enum { TOGETHER_MS = 10 };
	const struct observation *o = l->o;
	struct notes *notes;

	if (o->copy || !o->acceptable || rst_may_answer(o) || !rst_in_open(l->flow) || rst_is_stray(l->flow) ||
		!(notes = look_notes(l)))
		return;
	struct reset_notes *own = &notes_of(l, notes, o->side)->reset;
	const struct reset_notes *other = &notes_of(l, notes, side_other(o->side))->reset;
	const struct rst_look look = rst_look_of(o);
	own->unprovoked = look.at;
	int64_t apart = clock_since(o->t, other->unprovoked.ns);
	if (!other->unprovoked.packet || apart > TOGETHER_MS * NS_PER_MS)
		return;
	found(l, ANOMALY_rst_both_ways, NEITHER, score(l, 1 + (look.signs || other->rst_signs)),
		EVIDENCE(NUMBER("first_packet", other->unprovoked.packet), NUMBER("apart_us", apart / NS_PER_US),
			NUMBER("first_signs", other->rst_signs), NUMBER("second_signs", look.signs),
			NUMBER("ttl", look.ttl), NUMBER("usual_ttl", look.usual_ttl ? look.usual_ttl : CLOCK_NONE)));
}
