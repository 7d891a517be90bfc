/* presume: see presume.h. */
#include "track/presume.h"

#include "track/hosts.h"
#include "track/proof.h"

enum {
	FIN_COPIES_UNANSWERED = 4, /* so many copies without any answer: the FIN was never received */
	INITIAL_TIMEOUT_MS = 1000, /* RFC 6298 2.1 */
	UNANSWERED = 3,            /* so many segments that ask for an answer got none: the path is cut */
};

static bool held(const struct endpoint *e, uint8_t set)
{
	return facts_held(&e->facts, set);
}

static bool proved(const struct endpoint *e, uint8_t set)
{
	return (e->facts.must & set) == set;
}

/* Round trip tap -> e -> tap, 0 while unknown. */
static int64_t round_trip(const struct endpoint *e)
{
	return e->rtt.least_ns == CLOCK_NONE ? 0 : e->rtt.least_ns;
}

/* When e has what passes the tap at t: always later. */
static int64_t arrival(const struct endpoint *e, int64_t t)
{
	int64_t delay = round_trip(e) / 2;

	return t + (delay > NS_PER_US ? delay : NS_PER_US);
}

static void note_copy(struct copies *copies, int64_t t)
{
	if (!copies->count++)
		copies->first = t;
	copies->before_last = copies->count > 1 ? copies->last : t;
	copies->last = t;
}

/* The copy that an answer at `t` by `e` is for: the last one that e can have received by then.  A quarter of the
 * shortest round trip so far allows for its being a poor sample of the path; an answer to the copy before would be late
 * by a whole retransmission timeout. */
static int64_t answered_copy(const struct copies *copies, const struct endpoint *e, int64_t t)
{
	return t - copies->last >= round_trip(e) / 4 ? copies->last : copies->before_last;
}

/* Dates a fact of e, of which the answer at t is the proof, at the arrival of the copy that was answered. */
static void date_receipt(struct endpoint *e, enum fact_number fact, const struct copies *copies, int64_t t)
{
	int64_t copy = answered_copy(copies, e, t), at = arrival(e, copy);

	if (round_trip(e) > t - copy)
		at = copy + (t - copy) / 2;
	e->facts.at[fact] = at;
}

/* --- the handshake ------------------------------------------------------------------------------- */

/* X sends its SYN+ACK again sooner than any retransmission timeout (RFC 6298 2.1: 1 s before the first round trip is
 * known), and no SYN of Y asked for it.  So a timer did, and the one before was the answer to a SYN: X had sent
 * another at least that timeout ago, which was lost before the tap, and had the SYN that came before it. */
static void date_unseen_answer(const struct observation *o, int64_t copy_before)
{
	const int64_t timeout = INITIAL_TIMEOUT_MS * NS_PER_MS * 9 / 10;
	struct endpoint *x = o->x, *y = o->y;

	if (o->t - copy_before >= timeout || y->syn.last > copy_before || x->bare_syn || y->syn.count < 2)
		return;
	int64_t syn = o->t - y->syn.before_last >= timeout ? y->syn.before_last : y->syn.first;
	int64_t at = arrival(x, syn);
	if (o->t - syn >= timeout && at < x->facts.at[NUMBER_GOT_SYN])
		x->facts.at[NUMBER_GOT_SYN] = x->facts.at[NUMBER_SENT_SYN] = at;
}

static void presume_from_syn(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	int64_t copy_before = x->syn.last;

	if (!o->duplicate)
		note_copy(&x->syn, o->t);
	if (!o->has_ack) {
		/* sent again: the SYN+ACK that had passed was lost behind the tap, unless the two crossed */
		if (held(x, FACT_GOT_SYN) && !proved(x, FACT_GOT_SYN) &&
			o->t - x->facts.at[NUMBER_GOT_SYN] >= round_trip(x))
			facts_withdraw(&x->facts, FACT_GOT_SYN, o->t);
		/* simultaneous open: the SYNs cross.  A listening side is presumed nothing: refused and filtered ports
		 * never enter */
		if (y->bare_syn) {
			facts_presume(&y->facts, FACT_GOT_SYN, arrival(y, o->t), BASIS_PRESUMED);
			int64_t other = arrival(x, y->syn.last);
			facts_presume(&x->facts, FACT_GOT_SYN, other > o->t ? other : o->t + NS_PER_US, BASIS_PRESUMED);
		}
		return;
	}
	if (x->syn.count == 1 && !x->bare_syn && y->syn.count) {
		/* passive open: the answer dates the arrival of the SYN, half way between the two; an answer that comes
		 * after a whole timeout is a copy of one that was lost before the tap */
		int64_t syn = answered_copy(&y->syn, x, o->t), at = syn + (o->t - syn) / 2;
		if (o->t - syn >= INITIAL_TIMEOUT_MS * NS_PER_MS)
			at = arrival(x, syn);
		x->facts.at[NUMBER_GOT_SYN] = x->facts.at[NUMBER_SENT_SYN] = at;
	}
	if (x->syn.count > 1 && !o->duplicate)
		date_unseen_answer(o, copy_before);
	if (x->syn.count > 1 && held(x, FACT_SYN_ACKED) && !proved(x, FACT_SYN_ACKED) && !o->duplicate &&
		o->t - x->facts.at[NUMBER_SYN_ACKED] >= round_trip(x))
		facts_withdraw(&x->facts, FACT_SYN_ACKED, o->t);
	/* no answer to the earlier copy was seen: it is this one that arrives */
	if (!proved(y, FACT_GOT_SYN) && held(y, FACT_GOT_SYN))
		facts_withdraw(&y->facts, y->bare_syn && !x->bare_syn ? FACT_GOT_SYN : FACT_SYN_ACKED, o->t);
	if (o->ack != OFFSET_NONE && (y->iss == OFFSET_NONE || o->ack > y->iss))
		facts_presume(&y->facts, FACT_GOT_SYN | FACT_SYN_ACKED, arrival(y, o->t), BASIS_PRESUMED);
}

/* An ACK of Y's SYN. */
static void presume_syn_acked(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;
	bool first = x->bare_syn && !x->syn_ack && y->syn_ack && !y->bare_syn && o->flow->third_ns == o->t;

	/* The initiator's first ACK dates its ESTABLISHED: until now the delay to it was not known. */
	if (first && proved(x, FACT_GOT_SYN) && y->syn.count) {
		date_receipt(x, NUMBER_GOT_SYN, &y->syn, o->t);
		if (held(x, FACT_SYN_ACKED))
			x->facts.at[NUMBER_SYN_ACKED] = x->facts.at[NUMBER_GOT_SYN];
	}
	/* Y was never seen: half way between X's SYN and its ACK it answered */
	if (!y->segments && x->bare_syn && !y->facts.held) {
		facts_presume(&y->facts, FACT_GOT_SYN, o->t - (o->t - x->syn.last) / 2, BASIS_PRESUMED);
		y->iss = o->ack - 1;
	}
	/* X goes on beyond its SYN+ACK: that was acknowledged, though the tap saw no ACK of it */
	if (x->syn_ack && (o->segment->payload_len || o->fin || !y->segments))
		facts_presume(&x->facts, FACT_SYN_ACKED, o->t, BASIS_PRESUMED);
	/* the SYN+ACK was missed: both came with it, unless Y's own SYN tells of a simultaneous open */
	if (x->bare_syn && !x->syn_ack && !y->bare_syn && proved(x, FACT_GOT_SYN))
		facts_presume(&x->facts, FACT_SYN_ACKED, x->facts.at[NUMBER_GOT_SYN], BASIS_PRESUMED);
	if (!held(y, FACT_SENT_SYN) || held(y, FACT_SYN_ACKED) || (y->iss != OFFSET_NONE && o->ack <= y->iss))
		return;
	/* A full accept queue, or deferred accept, drops ACKs: each that is followed by another SYN+ACK came to
	 * nothing. A series that goes on to its usual end was never answered; one that stops earlier was. */
	if (y->syn.count < o->flow->stack->syn_ack_copies || o->segment->payload_len)
		facts_presume(&y->facts, FACT_SYN_ACKED, arrival(y, o->t), BASIS_PRESUMED);
}

/* A connection whose beginning was not seen: both are at least ESTABLISHED. */
static void presume_midstream(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (o->syn || !o->has_ack)
		return;
	if (!x->bare_syn && !x->syn_ack)
		facts_presume(&x->facts, FACT_SYN_ACKED, o->t, BASIS_PRESUMED);
	if (!y->facts.held)
		facts_presume(&y->facts, FACT_SYN_ACKED, o->t, BASIS_PRESUMED);
}

/* --- the close ----------------------------------------------------------------------------------- */

static bool answered_fin(const struct endpoint *x, const struct endpoint *y)
{
	return y->ack != OFFSET_NONE && y->ack > x->fin;
}

/* 2MSL starts anew with each repeated FIN (RFC 9293 3.10.7.4). */
static void restart_time_wait(struct endpoint *e, int64_t t)
{
	if (e->time_wait_was_ns == CLOCK_NONE)
		e->time_wait_was_ns = e->time_wait_ns;
	e->time_wait_ns = t;
}

/* X was silent for longer than a retransmission timeout and had nothing to acknowledge; then it sends a bare FIN and
 * has used identifications in between.  They were copies of this FIN, lost before the tap: with each the timeout
 * doubled (RFC 6298 5.5). */
static void date_unseen_fin(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;
	int64_t timeout = o->flow->stack->least_timeout_ns + round_trip(x) + round_trip(y), at = o->t;

	if (!o->ids_skipped || o->segment->payload_len || x->last_ns == CLOCK_NONE || x->last_ack != o->segment->ack)
		return;
	for (int i = 0; i < o->ids_skipped; i++, timeout *= 2)
		at -= timeout;
	if (at > x->last_ns && at < x->facts.at[NUMBER_CLOSED])
		x->facts.at[NUMBER_CLOSED] = at;
}

/* X's FIN, or the octets that were missing before it, reach Y. */
static void presume_fin_received(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (o->fin && !o->fin_again)
		date_unseen_fin(o);
	if (o->fin && (!o->duplicate || !o->fin_again))
		note_copy(&x->fin_copies, o->t);
	if (o->fin_again && !o->duplicate) {
		/* its ACK had passed: it was lost behind the tap */
		if (held(x, FACT_FIN_ACKED) && !proved(x, FACT_FIN_ACKED) &&
			o->t - x->facts.at[NUMBER_FIN_ACKED] >= round_trip(x))
			facts_withdraw(&x->facts, FACT_FIN_ACKED, o->t);
		if (!answered_fin(x, y))
			facts_withdraw(&y->facts, FACT_GOT_FIN, o->t); /* it is this copy that arrives, if any */
		else if (y->time_wait_ns != CLOCK_NONE)
			restart_time_wait(y, arrival(y, o->t));
	}
	if (x->fin == OFFSET_NONE || x->fin_guessed || x->stream.contig < x->fin || proved(y, FACT_GOT_FIN))
		return;
	/* octets before the FIN are sent again, and Y lacks them: a FIN behind a hole waits until that is filled */
	if (o->segment->payload_len && o->seq < x->fin && !o->fin && !o->duplicate && y->ack != OFFSET_NONE &&
		y->ack <= o->seq && facts_withdraw(&y->facts, FACT_GOT_FIN, o->t)) {
		x->fin_copies.before_last = x->fin_copies.last;
		x->fin_copies.last = o->t;
	}
	if (!o->fin && held(y, FACT_GOT_FIN))
		return;
	if (x->fin_copies.count < FIN_COPIES_UNANSWERED || answered_fin(x, y))
		facts_presume(&y->facts, FACT_GOT_FIN, arrival(y, o->t), BASIS_PRESUMED);
}

/* X acknowledges below Y's FIN although it was presumed to have it for longer than a round trip: it has not. */
static void doubt_fin_received(const struct observation *o)
{
	struct endpoint *x = o->x;

	if (!held(x, FACT_GOT_FIN) || !o->has_ack || o->y->fin == OFFSET_NONE || o->ack > o->y->fin || o->duplicate)
		return;
	if (o->t - x->facts.at[NUMBER_GOT_FIN] > round_trip(x) * 3 / 2 + NS_PER_MS)
		facts_withdraw(&x->facts, FACT_GOT_FIN, o->t);
}

/* Y acknowledges exactly one octet beyond all that X was seen to send, and X sends nothing there: X's FIN was
 * missed.  One octet of data looks the same, so it stays a presumption, taken back when data shows up there. */
static void guess_fin(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (y->fin_guessed && o->ack > y->fin + 1) {
		y->fin_guessed = false;
		y->fin = OFFSET_NONE;
		facts_withdraw(&y->facts, FACT_CLOSED, o->t);
		facts_withdraw(&x->facts, FACT_GOT_FIN, o->t);
	}
	if (o->syn || y->fin != OFFSET_NONE || o->y_nxt == OFFSET_NONE || o->ack != o->y_nxt + 1 ||
		!held(y, FACT_SYN_ACKED))
		return;
	y->fin = o->ack - 1;
	y->fin_guessed = true;
	/* received before this segment, sent before that, and after all that was seen of Y */
	int64_t got = o->t - round_trip(x) / 2 - NS_PER_US, sent = got - round_trip(x) / 2 - NS_PER_US;
	if (y->last_ns != CLOCK_NONE && sent < y->last_ns)
		sent = y->last_ns;
	facts_presume(&y->facts, FACT_CLOSED, sent, BASIS_PRESUMED);
	facts_presume(&x->facts, FACT_GOT_FIN, got > sent ? got : sent, BASIS_PRESUMED);
}

/* Of a side that was never seen: X goes on beyond its own FIN, so that was acknowledged. */
static void presume_unseen_ack(const struct observation *o)
{
	struct endpoint *x = o->x;

	if (!o->y->segments && o->pure && x->fin != OFFSET_NONE && !x->fin_guessed && o->seq == x->fin + 1)
		facts_presume(&x->facts, FACT_FIN_ACKED, o->t - 2 * NS_PER_US, BASIS_PRESUMED);
}

/* X acknowledges Y's FIN, seen or guessed. */
static void presume_fin_acked(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (y->fin == OFFSET_NONE || o->ack <= y->fin)
		return;
	facts_presume(&y->facts, FACT_FIN_ACKED, arrival(y, o->t), BASIS_PRESUMED);
	/* the proof dates the receipt */
	if (!proved(x, FACT_GOT_FIN) || !y->fin_copies.count)
		return;
	/* X was in TIME-WAIT already, and only Y's FIN can have brought it there: X's own was not acknowledged before
	 * it.  So the first copy arrived, and what answered it was lost before the tap. */
	if (o->by_time_wait && held(x, FACT_FIN_ACKED) && x->facts.at[NUMBER_FIN_ACKED] >= y->fin_copies.first) {
		x->facts.at[NUMBER_GOT_FIN] = arrival(x, y->fin_copies.first);
		x->time_wait_ns = arrival(x, y->fin_copies.last);
	} else if (x->facts.at[NUMBER_GOT_FIN] == o->t)
		date_receipt(x, NUMBER_GOT_FIN, &y->fin_copies, o->t);
	/* each copy of Y's FIN carried the ACK of X's: that is taken first */
	if (y->fin_low != OFFSET_NONE && x->fin != OFFSET_NONE && y->fin_low > x->fin && held(x, FACT_FIN_ACKED) &&
		x->facts.at[NUMBER_FIN_ACKED] > x->facts.at[NUMBER_GOT_FIN])
		x->facts.at[NUMBER_FIN_ACKED] = x->facts.at[NUMBER_GOT_FIN];
}

/* --- RST ----------------------------------------------------------------------------------------- */

enum { TIME_WAIT_LEAST_S = 1 }; /* what ends sooner was cut short, and is no length that a host is set to */

static void learn_time_wait_over(const struct flow *flow, const struct endpoint *e, int64_t t)
{
	int64_t start = e->time_wait_was_ns != CLOCK_NONE ? e->time_wait_was_ns : e->time_wait_ns;

	if (t - start >= TIME_WAIT_LEAST_S * NS_PER_S)
		hosts_time_wait_over(flow->hosts, &e->ip, t - start);
}

static void presume_reset(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;
	struct flow *flow = o->flow;

	if (held(y, FACT_GONE))
		return;
	if (y->bare_syn && !held(y, FACT_GOT_SYN)) {
		/* SYN-SENT: only a RST that acknowledges the SYN counts (RFC 9293 3.10.7.3) */
		if (o->ack == OFFSET_NONE || o->ack <= y->iss || o->ack > y->nxt)
			return;
		flow->refused = !x->facts.held;
		flow->reset_early = true;
	} else {
		/* exact: at what Y expects; only then it resets, else it brings a challenge ACK (RFC 5961 3.2) */
		bool exact = o->seq != OFFSET_NONE && ((y->ack != OFFSET_NONE && o->seq == y->ack) || o->seq == x->nxt);
		if (!exact || !y->facts.held)
			return;
		flow->reset_early = !held(&flow->endpoint[RESPONDER], FACT_SYN_ACKED);
	}
	if (!flow->reset) {
		flow->reset = true;
		flow->reset_by = (uint8_t)o->side;
	}
	/* a TIME-WAIT answers by ACK; who answers by RST had none any more */
	if (x->time_wait_ns != CLOCK_NONE && y->last_ns > x->last_ns)
		learn_time_wait_over(flow, x, o->t);
	/* never acknowledged the SYN+ACK: it had given up before that came */
	if (x->bare_syn && !proved(x, FACT_GOT_SYN))
		facts_withdraw(&x->facts, FACT_GOT_SYN, o->t);
	if (x->facts.held)
		facts_presume(&x->facts, FACT_GONE, o->t, BASIS_PRESUMED);
	/* whoever has answered nothing for so long is not reached by this one either */
	if (x->unanswered < UNANSWERED)
		facts_presume(&y->facts, FACT_GONE, arrival(y, o->t), BASIS_PRESUMED);
}

void presume_superseded(struct flow *flow, enum side side, bool beyond, int64_t t)
{
	struct facts *facts = &flow->endpoint[side].facts;
	struct endpoint *peer = &flow->endpoint[side_other(side)];

	if (facts->held & FACT_GONE && facts->at[NUMBER_GONE] > t)
		facts->at[NUMBER_GONE] = t;
	facts_presume(facts, FACT_GONE, t, BASIS_PRESUMED);
	if (peer->time_wait_ns == CLOCK_NONE)
		return;
	/* a TIME-WAIT that lets the new connection in ends with its SYN (RFC 9293 3.10.7.4, RFC 6191); one that would
	 * not have let it in was over */
	if (!beyond)
		learn_time_wait_over(flow, peer, t);
	facts_presume(&peer->facts, FACT_GONE, t, BASIS_PRESUMED);
}

/* X goes on after it was presumed gone: the RST was lost, forged or not acceptable, or the timer was wrong. */
static void doubt_gone(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (!held(x, FACT_GONE) || proved(x, FACT_GONE) || o->duplicate || o->t - x->facts.at[NUMBER_GONE] < 0)
		return;
	bool by_timer = x->facts.timed & FACT_GONE;
	int64_t gone = x->facts.at[NUMBER_GONE];
	facts_withdraw(&x->facts, FACT_GONE, o->t);
	if (!proved(y, FACT_GONE) && o->flow->reset) {
		o->flow->reset = o->flow->refused = o->flow->reset_early = false;
		if (!(y->facts.timed & FACT_GONE) && o->flow->reset_by != (uint8_t)o->side)
			facts_withdraw(&y->facts, FACT_GONE, o->t);
	}
	o->flow->timed_out = false;
	if (facts_current(&x->facts) == TCP_TIME_WAIT) {
		if (by_timer) {
			x->time_wait_beyond_ns = clock_since(o->t, gone);
			hosts_time_wait_lasted(
				o->flow->hosts, &x->ip, clock_since(o->t, gone - x->time_wait_length_ns));
		}
		x->time_wait_ns = o->t;
	}
}

/* --- repetition ---------------------------------------------------------------------------------- */

/* The clock of what X repeats: the same segment at its edge, until it is acknowledged or X moves on. */
static void note_repetition(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (o->ack != OFFSET_NONE && o->ack >= y->repeat_end && (held(y, FACT_SYN_ACKED) || !y->syn_ack)) {
		y->repeat_end = OFFSET_NONE;
		y->repeat_gap_ns = 0;
	}
	if (o->end == o->seq || o->duplicate)
		return;
	if (o->seq == x->repeat_seq && o->end == x->repeat_end) {
		int64_t gap = clock_since(o->t, x->repeat_ns), most = o->flow->stack->most_timeout_ns;
		x->repeat_gap_ns = gap < most ? gap : most;
	} else {
		x->repeat_gap_ns = 0;
	}
	x->repeat_seq = o->seq;
	x->repeat_end = o->end;
	x->repeat_ns = o->t;
}

/* --- together ------------------------------------------------------------------------------------ */

static void note_time_wait(const struct flow *flow, struct endpoint *e)
{
	enum basis basis;
	int64_t since;

	if (!held(e, FACT_CLOSED | FACT_FIN_ACKED | FACT_GOT_FIN) && e->time_wait_ns == CLOCK_NONE)
		return;
	if (facts_current(&e->facts) != TCP_TIME_WAIT) {
		e->time_wait_ns = CLOCK_NONE;
	} else if (e->time_wait_ns == CLOCK_NONE) {
		facts_now(&e->facts, &basis, &since);
		e->time_wait_ns = since;
		e->time_wait_length_ns =
			hosts_time_wait(flow->hosts, &e->ip, flow->stack->time_wait_ns, &e->time_wait_learned);
	}
}

static void add_one(uint8_t *count)
{
	if (*count < UINT8_MAX)
		++*count;
}

/* X asks for an answer. */
static void note_unanswered(const struct observation *o)
{
	struct endpoint *x = o->x;

	if (!o->probe && o->end == o->seq)
		return;
	add_one(&x->unanswered);
	if (o->repeat >= REPEAT_SPURIOUS)
		add_one(&x->unanswered_copies);
	else if (!o->copy && (o->repeat == REPEAT_KEEP_ALIVE || o->repeat == REPEAT_WINDOW_PROBE))
		add_one(&x->unanswered_probes);
}

void presume_segment(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	y->unanswered = y->unanswered_copies = y->unanswered_probes = 0;
	if (!o->rst)
		x->time_wait_was_ns = CLOCK_NONE;
	if (o->rst) {
		presume_reset(o);
	} else {
		note_unanswered(o);
		if (!o->syn)
			doubt_gone(o);
		if (o->syn)
			presume_from_syn(o);
		if (o->flow->midstream)
			presume_midstream(o);
		if (o->has_ack && !o->syn)
			presume_syn_acked(o);
		doubt_fin_received(o);
		if (o->has_ack) {
			presume_unseen_ack(o);
			guess_fin(o);
			presume_fin_acked(o);
		}
		presume_fin_received(o);
		note_repetition(o);
	}
	note_time_wait(o->flow, x);
	note_time_wait(o->flow, y);
}

void presume_steady(const struct observation *o)
{
	struct endpoint *y = o->y;

	y->unanswered = y->unanswered_copies = y->unanswered_probes = 0;
	note_unanswered(o);
	note_repetition(o);
}

/* --- timers -------------------------------------------------------------------------------------- */

static bool repeats_something(const struct endpoint *e)
{
	return e->repeat_gap_ns > 0 && !held(e, FACT_GONE) && e->facts.held;
}

/* Retransmission timeouts double (RFC 6298 5.5), so the next copy is due after twice the last interval at most.  An
 * interval below the least RTO in use was a fast retransmission or a probe. */
static int64_t next_copy_after_ns(const struct flow *flow, const struct endpoint *e)
{
	int64_t least = flow->stack->least_timeout_ns;

	return 2 * (e->repeat_gap_ns > least ? e->repeat_gap_ns : least);
}

/* When a repetition counts as given up: the next copy is overdue by three tenths of that. */
static int64_t give_up_ns(const struct flow *flow, const struct endpoint *e)
{
	return e->repeat_ns + next_copy_after_ns(flow, e) * 13 / 10;
}

/* A FIN that is sent once and not repeated was answered, though no ACK of it was seen. */
static bool waits_for_fin_ack(const struct endpoint *e)
{
	return e->fin_copies.count == 1 && held(e, FACT_CLOSED) && !held(e, FACT_FIN_ACKED) && !held(e, FACT_GONE);
}

/* By when it would have been: the least retransmission timeout three times over, for what a poor round trip adds to it
 * (RFC 6298 2.2: three times the first sample). */
static int64_t fin_answered_ns(const struct flow *flow, const struct endpoint *e, const struct endpoint *peer)
{
	return e->fin_copies.first + 3 * flow->stack->least_timeout_ns + 4 * (round_trip(e) + round_trip(peer));
}

void presume_timers(struct flow *flow, int64_t now_ns)
{
	for (int i = 0; i < SIDES; i++) {
		struct endpoint *e = &flow->endpoint[i], *peer = &flow->endpoint[!i];

		if (waits_for_fin_ack(e) && now_ns >= fin_answered_ns(flow, e, peer)) {
			int64_t at = e->fin_copies.first;
			facts_presume(&peer->facts, FACT_GOT_FIN, arrival(peer, at), BASIS_TIMER);
			facts_presume(
				&e->facts, FACT_FIN_ACKED, at + round_trip(peer) + round_trip(e) / 2, BASIS_TIMER);
			note_time_wait(flow, e);
			note_time_wait(flow, peer);
		}
		if (repeats_something(e) && now_ns >= give_up_ns(flow, e)) {
			facts_presume(&e->facts, FACT_GONE, e->repeat_ns + next_copy_after_ns(flow, e), BASIS_TIMER);
			flow->timed_out = true;
			note_time_wait(flow, e);
		}
		if (e->time_wait_ns != CLOCK_NONE && now_ns >= endpoint_time_wait_ends(e)) {
			facts_presume(&e->facts, FACT_GONE, endpoint_time_wait_ends(e), BASIS_TIMER);
			note_time_wait(flow, e);
		}
	}
}

static void sooner(int64_t *next, int64_t t)
{
	if (t < *next)
		*next = t;
}

int64_t presume_next_timer(const struct flow *flow)
{
	int64_t next = INT64_MAX;

	for (int i = 0; i < SIDES; i++) {
		const struct endpoint *e = &flow->endpoint[i];

		if (e->time_wait_ns != CLOCK_NONE)
			sooner(&next, endpoint_time_wait_ends(e));
		if (repeats_something(e))
			sooner(&next, give_up_ns(flow, e));
		if (waits_for_fin_ack(e))
			sooner(&next, fin_answered_ns(flow, e, &flow->endpoint[!i]));
	}
	return next;
}
