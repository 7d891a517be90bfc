/* window: detectors of flow control, and of peers that answer no more.
 *
 * Three kinds of silence are kept apart.  A receiver whose window is 0 answers probes: it is there and does not read.
 * One that leaves keep-alives unanswered owed nothing else: peer or path are gone, or a firewall has forgotten the
 * connection.  One that leaves repeated octets unanswered was gone in the middle of a transfer.
 *
 * Theory.  A number beyond what was seen means one of two things: the capture lacks the segment that allowed it, or its
 * sender had no right to it.  The next segment of the other side decides, because neither SND.NXT nor the right edge of
 * a window ever goes back (RFC 9293 3.4, 3.8.6): it stands at or beyond the number if that was right. */
#include "detect/look.h"

/* Nothing more will come to this side: it may say what it likes. */
static bool needs_no_window(const struct endpoint *x, const struct endpoint *y)
{
	return y->fin != OFFSET_NONE && x->ack != OFFSET_NONE && x->ack >= y->fin;
}

/* It ended the connection itself, as who waits no longer does. */
static bool gave_up(const struct flow *flow, enum side side)
{
	return flow->reset && flow->reset_by == (uint8_t)side;
}

/* --- windows that are closed, or taken back ---------------------------------------------------------- */

/* The window of this side has been closed until now; the evidence is of the longest time. */
static void note_closed(const struct look *l, enum side side, int64_t since_ns, int64_t now_ns)
{
	const struct endpoint *x = &l->flow->endpoint[side], *y = &l->flow->endpoint[side_other(side)];
	struct notes *notes = look_notes(l);
	struct window_notes *mine = notes ? &notes_of(l, notes, side)->window : NULL;

	if (!mine || mine->closed.ns != since_ns)
		return;
	int64_t span = clock_since(now_ns, since_ns), probes = (int64_t)(y->segments - mine->peer_segments);
	int64_t waiting = y->nxt != OFFSET_NONE && x->ack != OFFSET_NONE && y->nxt > x->ack ? y->nxt - x->ack : 0;
	const struct evidence *evidence = EVIDENCE(NUMBER("closed_us", span / NS_PER_US), NUMBER("probes", probes),
		NUMBER("waiting_bytes", waiting), NUMBER("closed_packet", mine->closed.packet));
	struct detection *row = mine->closed_counted ? found_before(l, ANOMALY_zero_window, side) : NULL;

	if (!row)
		row = found(l, ANOMALY_zero_window, side, CONFIDENCE_SURE, evidence);
	mine->closed_counted = true;
	if (!row)
		return;
	if (row->count == 1)
		date_row(row, since_ns, mine->closed.packet);
	if (span > mine->closed_longest_ns) {
		tell(row, evidence);
		mine->closed_longest_ns = span;
	}
	/* it costs time only where somebody waits */
	if (span > limit(l, LIMIT_stall) && probes > 0 && y->fin == OFFSET_NONE)
		row->severity = SEVERITY_WARNING;
}

static void note_closing(const struct look *l)
{
	struct notes *notes = look_notes(l);

	if (!notes)
		return;
	struct window_notes *mine = &notes_of(l, notes, l->o->side)->window;
	mine->closed = (struct mark){l->o->t, l->o->segment->packet};
	mine->closed_counted = false;
	mine->peer_segments = l->o->y->segments;
}

/* anomaly: zero-window
 * tier:     1
 * on:       window, stalled
 * side:     receiver
 * severity: notice, warning when somebody waits for longer than `stall`
 * rule:     fact
 * rfc:      RFC 9293 3.8.6.1
 * option:   stall 5s how long a window may stay closed while the peer asks whether it is open again
 * evidence: closed_us for how long it was closed, the longest time
 * evidence: probes segments that the peer sent meanwhile, as a rule to ask whether it is open again
 * evidence: waiting_bytes octets sent and not acknowledged then
 * evidence: closed_packet packet that closed it
 * title:    the receiver takes nothing
 * seen:     a window of 0: the receiver asks its peer to stop
 * means:    the receiving program reads more slowly than the data comes; short and rare this is ordinary flow
 *           control, long or often the receiving host is the bottleneck, and not the network
 * check:    on that host: what is the program busy with?  ss -tnm shows its full receive buffer (Recv-Q)
 */
DETECTOR(zero_window)
{
	const struct observation *o = l->o;

	for (enum side i = INITIATOR; !o && i < SIDES; i++) {
		int64_t since = l->flow->endpoint[i].window_closed_ns;
		bool over = l->flow->end != END_NONE;

		if (since != CLOCK_NONE && (over || clock_since(l->now_ns, since) > limit(l, LIMIT_stall)))
			note_closed(l, i, since, over ? l->flow->last_ns : l->now_ns);
	}
	if (!o || o->rst || o->syn)
		return;
	if (o->opens)
		note_closed(l, o->side, o->closed_ns, o->t);
	else if (o->x->window_closed_ns == o->t && o->acceptable && o->has_ack)
		note_closing(l);
}

/* Both scales are known, so that windows are what they say. */
static bool knows_scales(const struct flow *flow)
{
	return flow->endpoint[INITIATOR].window_scale != SCALE_UNKNOWN &&
	       flow->endpoint[RESPONDER].window_scale != SCALE_UNKNOWN;
}

/* anomaly: window-shrunk
 * tier:     2
 * on:       window
 * side:     receiver
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.8.6; RFC 7323 2.4
 * evidence: bytes by how many octets it was taken back
 * evidence: edge_seq up to here the peer had been allowed to send
 * evidence: window what the window is now
 * title:    a window was taken back
 * seen:     the right edge of a window moved to the left: octets that were allowed before are not any more
 * means:    the receiver ran short of memory, or a device on the way rewrites windows; what was sent already may be
 *           dropped
 * check:    memory of the receiving host (ss -tm there; on Linux tcp_rmem and net.ipv4.tcp_mem), then devices that
 *           shape traffic by changing windows
 */
DETECTOR(window_shrunk)
{
	const struct observation *o = l->o;
	const struct endpoint *x = o->x;

	/* the newest acknowledgement, and not one that others have overtaken (RFC 9293 3.10.7.4: SND.WL1, SND.WL2) */
	if (!o->acceptable || o->rst || o->syn || o->repeat || o->copy || o->window_edge == OFFSET_NONE ||
		o->ack < x->ack || o->end < x->nxt || needs_no_window(x, o->y))
		return;
	bool older = o->segment->options & OPTION_TIMESTAMPS && seq_distance(o->segment->ts_val, x->last_val) < 0;
	int64_t bytes = x->right_edge - o->window_edge;
	/* rounding to the unit of the scale is none (RFC 7323 2.4) */
	if (older || x->window_scale >= SCALE_UNKNOWN || bytes < INT64_C(1) << x->window_scale)
		return;
	struct notes *notes = look_notes(l);
	if (!notes || notes_of(l, notes, o->side)->window.shrunk_edge == x->right_edge)
		return; /* still taken back */
	notes_of(l, notes, o->side)->window.shrunk_edge = x->right_edge;
	found(l, ANOMALY_window_shrunk, o->side, knows_scales(l->flow) ? CONFIDENCE_SURE : CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("bytes", bytes), NUMBER("edge_seq", wire_number(o->y, x->right_edge)),
			NUMBER("window", o->window)));
}

/* --- numbers beyond what was seen ---------------------------------------------------------------------- */

#define VERDICT_NS (3 * NS_PER_S) /* so long the other side is listened to */

static void claim(const struct look *l, struct claim *claim, int64_t end, int64_t edge)
{
	if (claim->open)
		return;
	*claim = (struct claim){.end = end, .edge = edge, .open = true, .at = {l->o->t, l->o->segment->packet}};
	look_awake(l, clock_plus(l->o->t, VERDICT_NS));
}

/* What the peer of this segment's sender has claimed, if that is still open and not too old. */
static struct claim *open_claim(const struct look *l, bool overrun)
{
	const struct observation *o = l->o;
	struct notes *notes = l->flow->notes;

	if (!notes || !o->acceptable || o->rst || o->syn || o->copy || o->ack == OFFSET_NONE)
		return NULL;
	struct window_notes *peer = &notes_of(l, notes, side_other(o->side))->window;
	struct claim *claim = overrun ? &peer->overrun : &peer->unsent;
	if (claim->open && clock_since(o->t, claim->at.ns) > VERDICT_NS)
		claim->open = false;
	return claim->open ? claim : NULL;
}

/* Lower where the capture lacks packets; the claim itself is no sign of that. */
static enum confidence believed(const struct look *l)
{
	return l->flow->midstream || l->flow->doubtful ? CONFIDENCE_UNSURE : CONFIDENCE_LIKELY;
}

/* anomaly: window-overrun
 * tier:     2
 * on:       beyond, awake
 * side:     sender
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.4, 3.8.6
 * evidence: bytes how far beyond the window
 * evidence: edge_seq up to here it was allowed to send
 * evidence: overrun_packet packet that went beyond
 * title:    sent beyond the window
 * seen:     octets that the receiver had not allowed; its next segment still does not
 * means:    a sender that ignores the window, or somebody else who sends in its name; the receiver drops these
 *           octets
 * check:    compare hop limit and IP identification of that packet with those before it.  Is there a window-shrunk of
 *           the receiver?  Then it was allowed once
 */
DETECTOR(window_overrun)
{
	const struct observation *o = l->o;
	struct claim *open = open_claim(l, true);

	if (open && (o->window_edge + 1 >= open->end || o->ack > open->edge + 1)) {
		open->open = false; /* it was allowed, or at least taken: the capture lacks what said so */
	} else if (open && o->ack >= o->x->ack && o->end >= o->x->nxt) {
		open->open = false;
		struct detection *row = found(l, ANOMALY_window_overrun, side_other(o->side), believed(l),
			EVIDENCE(NUMBER("bytes", open->end - open->edge),
				NUMBER("edge_seq", wire_number(o->y, open->edge)),
				NUMBER("overrun_packet", open->at.packet)));
		if (row && row->count == 1)
			date_row(row, open->at.ns, open->at.packet);
	}
	if (!o->acceptable || o->rst || o->syn || o->probe || !o->segment->payload_len || !knows_scales(l->flow) ||
		o->y->right_edge == OFFSET_NONE || o->end <= o->y->right_edge + 1)
		return;
	struct notes *notes = look_notes(l);
	if (notes)
		claim(l, &notes_of(l, notes, o->side)->window.overrun, o->end, o->y->right_edge);
}

/* anomaly: ack-of-unsent
 * tier:     2
 * on:       beyond, awake
 * side:     sender
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.10.7.4; RFC 5961 5
 * evidence: bytes octets that it acknowledges and that were never sent
 * evidence: sent_seq up to here the peer had sent
 * evidence: ack_packet packet with that acknowledgement
 * title:    an acknowledgement of what was not sent
 * seen:     an acknowledgement beyond all that its peer had sent; the peer's next segment stands where it was before
 * means:    a forged segment (an attempt to inject data must guess this number), or a device that keeps numbers of
 *           its own and has lost count
 * check:    compare hop limit and IP identification of that packet with others of its sender
 */
DETECTOR(ack_of_unsent)
{
	const struct observation *o = l->o;
	struct claim *open = open_claim(l, false);
	int64_t trip = o->x->rtt.least_ns == CLOCK_NONE ? 0 : o->x->rtt.least_ns;

	if (open && o->seq >= open->end) {
		open->open = false; /* it was sent: the capture lacks it */
	} else if (open && o->pure && o->seq == open->edge && o->seq + 1 < open->end &&
		   clock_since(o->t, open->at.ns) >= trip) {
		/* a segment without text carries SND.NXT */
		open->open = false;
		struct detection *row = found(l, ANOMALY_ack_of_unsent, side_other(o->side), believed(l),
			EVIDENCE(NUMBER("bytes", open->end - open->edge),
				NUMBER("sent_seq", wire_number(o->x, open->edge)),
				NUMBER("ack_packet", open->at.packet)));
		if (row && row->count == 1)
			date_row(row, open->at.ns, open->at.packet);
	}
	if (o->broken || o->rst || o->syn || o->ack == OFFSET_NONE || o->y_nxt == OFFSET_NONE || o->ack <= o->y_nxt + 1)
		return;
	struct notes *notes = look_notes(l);
	if (notes && o->y->facts.held & FACT_SYN_ACKED)
		claim(l, &notes_of(l, notes, o->side)->window.unsent, o->ack, o->y_nxt);
}

/* --- peers that answer no more ------------------------------------------------------------------------- */

/* Is X waiting for an answer of Y, for longer than any took before? */
static bool is_kept_waiting(const struct look *l, enum side side)
{
	const struct endpoint *x = &l->flow->endpoint[side], *y = &l->flow->endpoint[side_other(side)];
	bool open = x->facts.held & y->facts.held & FACT_SYN_ACKED;

	return open && y->segments && x->last_ns != CLOCK_NONE && y->last_ns != CLOCK_NONE && x->last_ns > y->last_ns &&
	       (gave_up(l->flow, side) || clock_since(l->now_ns, x->last_ns) > timeout_ns(l->flow, side));
}

/* anomaly: keepalive-unanswered
 * tier:     1
 * on:       stalled
 * side:     receiver
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.8.4
 * option:   keepalive-probes 3 so many keep-alives in a row must stay without an answer
 * evidence: probes how many did
 * evidence: silence_us since when nothing came of this side
 * evidence: last_packet last packet of this side
 * evidence: reset 1: their sender gave up by a RST
 * title:    keep-alives without an answer
 * seen:     one side asks whether the other is still there, several times, and nothing comes back
 * means:    the other host, or the path to it, is gone; or a firewall or NAT on the way has forgotten the connection
 * check:    does the silent host answer new connections?  Then a device between forgot this one: send keep-alives
 *           more often than its idle timeout
 */
DETECTOR(keepalive_unanswered)
{
	for (enum side i = INITIATOR; i < SIDES; i++) {
		const enum side peer = side_other(i);
		const struct endpoint *x = &l->flow->endpoint[i], *y = &l->flow->endpoint[peer];

		/* probes of a closed window ask something else */
		if (x->unanswered_probes < limit(l, LIMIT_keepalive_probes) || y->window_closed_ns != CLOCK_NONE ||
			!is_kept_waiting(l, i) || found_before(l, ANOMALY_keepalive_unanswered, peer))
			continue;
		struct detection *row = found(l, ANOMALY_keepalive_unanswered, peer, absence(l, peer, y->last_ns),
			EVIDENCE(NUMBER("probes", x->unanswered_probes),
				NUMBER("silence_us", span_us(l->now_ns, y->last_ns)),
				NUMBER("last_packet", y->last_packet),
				NUMBER("reset", gave_up(l->flow, i) ? 1 : CLOCK_NONE)));
		date_row(row, y->last_ns, y->last_packet);
	}
}

/* What does X want of Y that it does not get?  NULL: not enough of it. */
static const char *wish_of(const struct look *l, enum side side)
{
	const struct endpoint *x = &l->flow->endpoint[side], *y = &l->flow->endpoint[side_other(side)];
	int64_t copies = limit(l, LIMIT_vanish_copies);
	int64_t silence = clock_since(l->now_ns, x->last_ns), asked = clock_since(x->last_ns, y->last_ns);
	bool only_fin = x->fin != OFFSET_NONE && y->ack != OFFSET_NONE && y->ack >= x->fin;

	if (x->unanswered_copies >= copies && !only_fin)
		return "data";
	if (x->unanswered_probes < copies)
		return NULL;
	if (y->window_closed_ns != CLOCK_NONE)
		return "window";
	/* who only asks whether the peer is there: after a while it asks no more */
	return gave_up(l->flow, side) || clock_times(x->unanswered_probes, silence) > clock_times(2, asked)
		       ? "keep-alive"
		       : NULL;
}

/* It was none, if it is heard again. */
static void hear_again(const struct look *l, enum side side)
{
	const struct detection *row = found_before(l, ANOMALY_peer_vanished, side);

	if (row && l->flow->endpoint[side].last_ns > row->time_ns)
		withdraw(l, ANOMALY_peer_vanished, side);
}

/* anomaly: peer-vanished
 * tier:     1
 * on:       stalled, awake
 * side:     receiver
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.8.3; RFC 6298 5.5
 * option:   vanish-copies 3 so many copies or probes in a row must stay without an answer
 * evidence: waiting what its peer waits for: data that is to be acknowledged, window to be opened, keep-alive
 * evidence: copies how many copies or probes nothing answered
 * evidence: silence_us since when nothing came of this side
 * evidence: waiting_bytes octets sent and not acknowledged
 * evidence: last_packet last packet of this side
 * title:    the peer vanished
 * seen:     one side sends the same again and again, and from the other nothing comes any more
 * means:    the other host died or lost its network, or a device between dropped the connection without a word
 * check:    is the host up?  Do other connections of it stop at the same time (then the host or its link), or this
 *           one alone (then a firewall, NAT or load balancer between)?
 */
DETECTOR(peer_vanished)
{
	if (l->o) {
		hear_again(l, l->o->side);
		return;
	}
	for (enum side i = INITIATOR; i < SIDES; i++) {
		const enum side peer = side_other(i);
		const struct endpoint *x = &l->flow->endpoint[i], *y = &l->flow->endpoint[peer];
		const char *wish = is_kept_waiting(l, i) ? wish_of(l, i) : NULL;

		if (!wish || found_before(l, ANOMALY_peer_vanished, peer))
			continue;
		int64_t waiting = y->ack != OFFSET_NONE && x->nxt > y->ack ? x->nxt - y->ack : CLOCK_NONE;
		struct detection *row = found(l, ANOMALY_peer_vanished, peer, absence(l, peer, y->last_ns),
			EVIDENCE(WORD("waiting", wish), NUMBER("copies", x->unanswered_copies + x->unanswered_probes),
				NUMBER("silence_us", span_us(l->now_ns, y->last_ns)), NUMBER("waiting_bytes", waiting),
				NUMBER("last_packet", y->last_packet)));
		date_row(row, y->last_ns, y->last_packet);
		look_awake(l, INT64_MAX);
	}
}

/* anomaly: idle-long
 * tier:     2
 * on:       idle
 * side:     neither
 * severity: info
 * rule:     absence
 * rfc:      RFC 9293 3.8.4
 * option:   idle 2h how long nothing may pass
 * evidence: idle_us for how long nothing passed
 * evidence: last_packet the last packet before
 * title:    idle for long
 * seen:     an open connection on which nothing passed for hours
 * means:    forgotten, or kept for later; either way firewalls and NAT on the path may have dropped it, which shows
 *           when it is used again
 * check:    does the program need it?  If so, keep-alives below the idle timeout of the devices on the path
 */
DETECTOR(idle_long)
{
	const struct flow *flow = l->flow;
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];
	int64_t idle = clock_since(l->now_ns, flow->last_ns);

	if (idle < limit(l, LIMIT_idle) || flow->closing_ns != CLOCK_NONE ||
		!(i->facts.held & r->facts.held & FACT_SYN_ACKED) || (i->facts.held | r->facts.held) & FACT_GONE)
		return;
	struct detection *row = found(l, ANOMALY_idle_long, NEITHER, CONFIDENCE_LIKELY,
		EVIDENCE(NUMBER("idle_us", idle / NS_PER_US),
			NUMBER("last_packet", i->last_ns > r->last_ns ? i->last_packet : r->last_packet)));
	if (row && row->count == 1)
		row->first_ns = flow->last_ns;
}
