/* proof: see proof.h. */
#include "track/proof.h"

static int64_t least_known(int64_t a, int64_t b)
{
	return a == OFFSET_NONE || (b != OFFSET_NONE && b < a) ? b : a;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t proof_data_edge(const struct endpoint *x)
{
	return most(x->data_end, x->fin_guessed ? OFFSET_NONE : x->fin);
}

static bool fin_seen(const struct endpoint *x)
{
	return x->fin != OFFSET_NONE && !x->fin_guessed;
}

bool proof_covers_fin(const struct observation *o)
{
	return o->has_ack && fin_seen(o->y) && o->ack > o->y->fin;
}

/* --- SYN ----------------------------------------------------------------------------------------- */

/* There is one block for a pair of ports: who takes part in a connection with another initial number has none of the
 * one before any more. */
static void prove_former_gone(struct endpoint *x, int64_t t)
{
	if (x->former.seen && x->isn_seen && x->isn != x->former.isn && x->facts.former_gone_ns == CLOCK_NONE)
		x->facts.former_gone_ns = t;
}

static void take_syn(const struct observation *o)
{
	struct endpoint *x = o->x;
	int64_t text = o->seq + 1 + o->segment->payload_len;

	if (x->iss == OFFSET_NONE) {
		x->iss = o->seq;
		x->data_end = text;
		x->syn_wnd = o->segment->wnd;
	}
	if (!x->syn.count || (o->has_ack && !x->syn_ack)) {
		x->syn_val = o->segment->ts_val;
		x->syn_id = o->segment->ip_id;
	}
	x->data_end = most(x->data_end, text);
	x->syn_end = most(x->syn_end, text);
	if (o->has_ack) {
		x->syn_ack = true;
		x->data_edge = most(x->data_edge, o->ack + o->segment->wnd);
		facts_prove(&x->facts, FACT_SENT_SYN | FACT_GOT_SYN, o->t);
		facts_prove(&o->y->facts, FACT_SENT_SYN, o->t);
		facts_claim(&x->facts, TCP_SYN_RECEIVED, o->t);
		prove_former_gone(x, o->t);
	} else {
		x->bare_syn = true;
		facts_prove(&x->facts, FACT_SENT_SYN, o->t);
		facts_claim(&x->facts, TCP_SYN_SENT, o->t);
	}
}

/* --- octets -------------------------------------------------------------------------------------- */

/* A window is scaled only if both SYNs offered it; unscaled it is a safe lower bound. */
static uint32_t least_window(const struct observation *o)
{
	bool scaled = o->x->window_scale < SCALE_UNKNOWN && o->y->window_scale < SCALE_UNKNOWN;

	return scaled ? (uint32_t)o->segment->wnd << o->x->window_scale : o->segment->wnd;
}

static void take_octets(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;
	const struct segment *s = o->segment;
	int64_t end = o->seq + o->syn + s->payload_len;

	x->nxt = most(x->nxt, o->end);
	if (!s->payload_len || o->syn)
		return;
	/* A single octet that was acknowledged already is a keep-alive, and may lie on the place of a FIN. */
	bool keepalive = s->payload_len == 1 && y->ack != OFFSET_NONE && end <= y->ack;
	if (!keepalive && end >= x->data_end) {
		x->data_end = end;
		x->data_ack = o->ack;
		if (o->has_ack)
			x->data_edge = most(x->data_edge, o->ack + least_window(o));
	}
	/* Octets of a SYN say nothing of the ACK that came with them; those beyond it do. */
	if (o->has_ack && x->plain == OFFSET_NONE)
		x->plain = most(o->seq, x->syn_end);
	if (x->fin_guessed && end > x->fin) {
		x->fin_guessed = false;
		x->fin = OFFSET_NONE;
	}
}

/* Y acknowledged what the tap never saw of X. */
static void take_unseen(struct endpoint *x, int64_t upto)
{
	x->nxt = most(x->nxt, upto);
}

/* --- ESTABLISHED --------------------------------------------------------------------------------- */

static void prove_established(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;
	const struct segment *s = o->segment;
	bool beyond_syn = y->iss != OFFSET_NONE && o->ack > y->iss;

	/* An ACK outside of a SYN: Y's SYN had been received. */
	if (y->iss == OFFSET_NONE || beyond_syn)
		facts_prove(&x->facts, FACT_GOT_SYN, o->t);
	if (beyond_syn)
		facts_prove(&y->facts, FACT_SENT_SYN, o->t);
	/* The third segment of the plain handshake.  In a simultaneous open X acknowledges a SYN while it is in
	 * SYN-RECEIVED: so no bare SYN of Y, no SYN+ACK of X; and the timestamp shows that the SYN+ACK was seen. */
	bool plain_open = x->bare_syn && !x->syn_ack && y->syn_ack && !y->bare_syn;
	bool echo_fits =
		!(s->options & OPTION_TIMESTAMPS) || !y->timestamps || seq_distance(s->ts_ecr, y->syn_val) >= 0;
	if (plain_open && beyond_syn && echo_fits) {
		facts_prove(&x->facts, FACT_SYN_ACKED, o->t);
		facts_claim(&x->facts, TCP_ESTABLISHED, o->t);
		prove_former_gone(x, o->t);
	}
	/* An octet of Y that came outside of a SYN brought an ACK, which is processed first. */
	if (y->plain != OFFSET_NONE && o->ack > y->plain)
		facts_prove(&x->facts, FACT_SYN_ACKED, o->t);
	/* Data before the handshake is over needs Fast Open, which a SYN without its option excludes (RFC 7413). */
	if (s->payload_len && !x->fast_open && !y->fast_open && (x->bare_syn || y->bare_syn))
		facts_prove(&x->facts, FACT_SYN_ACKED, o->t);
}

/* CLOSE in SYN-RECEIVED leads past ESTABLISHED to FIN-WAIT-1: a FIN that acknowledges data proves that its own SYN was
 * acknowledged, but not ESTABLISHED.  Payload does, or SND.NXT with no FIN before it. */
static void claim_established(const struct observation *o)
{
	struct endpoint *x = o->x;
	bool no_fin_yet = o->segment->payload_len || (!o->fin && o->seq == x->data_end && o->seq == x->nxt);

	if (o->has_ack && !o->syn && x->facts.must & FACT_SYN_ACKED && no_fin_yet)
		facts_claim(&x->facts, TCP_ESTABLISHED, o->t);
}

/* --- FIN ----------------------------------------------------------------------------------------- */

static void take_fin(const struct observation *o)
{
	struct endpoint *x = o->x;

	if (!fin_seen(x)) {
		x->fin = o->end - 1;
		x->fin_packet = o->segment->packet;
		x->fin_guessed = false;
		/* the unscaled window is a safe lower bound of the right edge */
		x->fin_edge = o->has_ack ? o->ack + o->segment->wnd : OFFSET_NONE;
		x->fin_low = o->has_ack ? o->ack : OFFSET_NONE;
	} else if (o->has_ack) {
		x->fin_low = least_known(x->fin_low, o->ack);
	}
	facts_prove(&x->facts, o->has_ack ? FACT_CLOSED : FACT_SENT_SYN, o->t);
}

/* --- the close: what ACK numbers, octets and timestamps order ------------------------------------ */

/* The windows that X announced, by the timestamps on them. */
static void note_edges(const struct observation *o)
{
	struct endpoint *x = o->x;
	int64_t edge = o->ack + least_window(o);
	uint32_t val = o->segment->ts_val;

	if (!(o->segment->options & OPTION_TIMESTAMPS) || !o->has_ack || o->syn)
		return;
	if (x->edge[0] == OFFSET_NONE || seq_distance(val, x->edge_val[0]) > 0) {
		x->edge[1] = x->edge[0];
		x->edge_val[1] = x->edge_val[0];
		x->edge[0] = edge;
		x->edge_val[0] = val;
	} else if (val == x->edge_val[0]) {
		x->edge[0] = most(x->edge[0], edge);
	}
}

/* No window holds a FIN of X at this offset back when it sends this segment: one that it has received reached further.
 * It has what carried the last octets it acknowledges; and everything that was sent before a timestamp that it echoes.
 */
static bool window_open(const struct observation *o, int64_t at)
{
	const struct endpoint *x = o->x, *y = o->y;
	int64_t edge = y->data_edge;

	if (x->iss != OFFSET_NONE && y->iss != OFFSET_NONE)
		edge = most(edge, x->iss + 1 + y->syn_wnd);
	if (edge > at && o->ack >= y->data_end)
		return true;
	return o->segment->options & OPTION_TIMESTAMPS && y->edge[1] != OFFSET_NONE && y->edge[1] > at &&
	       y->edge[0] > at && seq_distance(o->segment->ts_ecr, y->edge_val[1]) > 0;
}

/* The clock of the three-segment close: at quiet_ns X had sent nothing at or beyond some offset, and what it has sent
 * since is seen, up to quiet_end.  A pure ACK at SND.NXT starts it.  Octets that follow at once are sent for the first
 * time (no segment is sent again within a round trip), and start it anew behind them. */
static void note_quiet_clock(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;
	const struct segment *s = o->segment;

	if (o->pure && o->seq == x->data_end && o->seq == x->nxt) {
		if (!window_open(o, o->seq))
			return;
		x->quiet_ns = o->t;
		x->quiet_end = o->seq;
	} else if (s->payload_len && !o->syn && x->quiet_end != OFFSET_NONE && o->seq == x->quiet_end &&
		   o->seq == o->x_nxt && window_open(o, o->seq + s->payload_len)) {
		int64_t round_trip = x->rtt.least_ns == CLOCK_NONE || y->rtt.least_ns == CLOCK_NONE
					     ? 0
					     : x->rtt.least_ns + y->rtt.least_ns;

		if (!o->fin && o->t >= x->quiet_ns && o->t - x->quiet_ns < round_trip)
			x->quiet_ns = o->t;
		x->quiet_end = o->seq + s->payload_len;
	}
}

/* X acknowledges Y's FIN: it has received it.  Where its pure ACK also shows SND.NXT, with no FIN of its own before
 * it, its FIN at this very place will prove that it received Y's first.  A pure ACK alone does not: X may have been
 * closed with data still queued, or its FIN may have been missed. */
static void note_quiet(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (!o->pure || o->seq != x->data_end || o->seq != x->nxt)
		return;
	if (!proof_covers_fin(o))
		return;
	/* each copy of Y's FIN left X's window open and acknowledged all that X had sent: nothing held X's FIN back */
	if (x->quiet == OFFSET_NONE && y->fin_low != OFFSET_NONE && y->fin_low >= o->seq && y->fin_edge > o->seq)
		x->quiet = o->seq;
	x->ack_edge = least_known(x->ack_edge, o->seq);
}

/* LAST-ACK by the three-segment close: a first FIN that acknowledges Y's, so soon after SND.NXT was shown without
 * one that it cannot be the second copy of a FIN sent in FIN-WAIT-1. */
static bool three_segment_close(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;
	int64_t floor_ns;

	if (o->fin_again || !proof_covers_fin(o) || o->segment->payload_len || x->quiet_end != o->seq ||
		x->rtt.least_ns == CLOCK_NONE || y->rtt.least_ns == CLOCK_NONE)
		return false;
	floor_ns = 2 * (x->rtt.least_ns + y->rtt.least_ns) + 2 * NS_PER_MS;
	if (floor_ns > 150 * NS_PER_MS)
		floor_ns = 150 * NS_PER_MS;
	return o->t >= x->quiet_ns && o->t - x->quiet_ns < floor_ns && y->fin_low != OFFSET_NONE &&
	       y->fin_low >= o->seq && y->fin_edge > o->seq && (x->data_ack == OFFSET_NONE || x->data_ack <= y->fin);
}

static void prove_close_order(const struct observation *o)
{
	struct endpoint *x = o->x;

	if (!o->fin || x->facts.order || o->flow->doubtful)
		return;
	/* nothing was queued at `quiet`, so X was not closed then, and it had Y's FIN */
	if (x->quiet != OFFSET_NONE && x->quiet == o->end - 1) {
		x->facts.order = ORDER_FIN_FIRST;
	} else if (three_segment_close(o)) {
		x->facts.order = ORDER_FIN_FIRST;
		x->ack_edge = o->seq;
	}
}

/* The first TSval at which X was acknowledging Y's FIN.  Two segments of one clock tick can be told apart by
 * nothing, so only a FIN with a TSval of its own counts at equality. */
static void note_timestamps(const struct observation *o)
{
	struct endpoint *x = o->x;
	uint32_t val = o->segment->ts_val;

	if (!(o->segment->options & OPTION_TIMESTAMPS))
		return;
	bool newest = !x->has_val || seq_distance(val, x->last_val) > 0;
	if (proof_covers_fin(o) && !x->has_cover) {
		x->has_cover = true;
		x->cover_val = o->fin && newest ? val : val + 1;
	}
	if (newest)
		x->last_val = val;
	x->has_val = true;
}

/* X had received a segment of Y that acknowledged X's FIN, as this segment's TSecr shows. */
static bool echo_shows_fin_acked(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;
	const struct segment *s = o->segment;

	if (!(s->options & OPTION_TIMESTAMPS) || !s->ts_ecr || !y->has_cover || !fin_seen(x) || !o->has_ack)
		return false;
	int32_t ahead = seq_distance(s->ts_ecr, y->cover_val);
	return ahead > 0 || (ahead == 0 && proof_covers_fin(o));
}

static void prove_both_sides(const struct observation *o)
{
	struct endpoint *sides[2] = {o->x, o->y};

	if (o->flow->doubtful) /* octets of another connection order nothing */
		return;
	for (int i = 0; i < 2; i++) {
		struct endpoint *a = sides[i], *b = sides[!i];

		/* F first: closed while it acknowledged nothing of Y that could be a FIN.  "Covers no known FIN" is
		 * not enough: the last octet acknowledged may be a FIN that the tap missed. */
		if (a->closed_ack != OFFSET_NONE && !a->facts.order && a->closed_ack <= proof_data_edge(b))
			a->facts.order = ORDER_CLOSED_FIRST;
		/* an octet from which on Y's segments carried the ACK of X's FIN was received */
		if (fin_seen(a) && b->ack_edge != OFFSET_NONE && a->ack != OFFSET_NONE && a->ack > b->ack_edge)
			facts_prove(&a->facts, FACT_FIN_ACKED, o->t);
	}
	if (echo_shows_fin_acked(o))
		facts_prove(&o->x->facts, FACT_FIN_ACKED, o->t);
}

/* This very segment shows X's FIN acknowledged and Y's FIN not received.  (A proof by a later segment would not
 * count: Y's FIN may have come in between.) */
static bool shows_fin_wait_2(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;

	if (!o->has_ack || !(x->facts.must & FACT_FIN_ACKED) || !fin_seen(x) || o->ack > proof_data_edge(y) ||
		o->flow->doubtful)
		return false;
	bool by_octets = y->ack_edge != OFFSET_NONE && o->ack > y->ack_edge;
	bool by_echo = o->segment->options & OPTION_TIMESTAMPS && o->segment->ts_ecr && y->has_cover &&
		       seq_distance(o->segment->ts_ecr, y->cover_val) > 0;
	return by_octets || by_echo;
}

/* --- RST ----------------------------------------------------------------------------------------- */

/* X's own RST proves that it is gone, if it is the RST of this connection's block: at SND.NXT or at what Y had
 * acknowledged.  In SYN-SENT and SYN-RECEIVED a bad ACK is answered by a RST and the state stays (RFC 9293
 * 3.10.7.3, 3.10.7.4), so there only the number behind its SYN counts.  A TTL that X never used before is the mark of
 * somebody else's RST: that one is only presumed. */
static void prove_reset(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	bool exact = o->seq != OFFSET_NONE && (o->seq == x->nxt || (y->ack != OFFSET_NONE && o->seq == y->ack));

	if (!(x->facts.must & FACT_SYN_ACKED))
		exact = x->iss != OFFSET_NONE && o->seq == x->iss + 1;
	if (!exact || !(x->facts.must & FACT_SENT_SYN) || o->segment->ttl != x->ttl)
		return;
	facts_prove(&x->facts, FACT_GONE, o->t);
	facts_claim(&x->facts, TCP_CLOSED, o->t);
}

/* --- together ------------------------------------------------------------------------------------ */

/* States that follow from the facts proved: each as "has entered", which nothing later can make untrue. */
static void claim_states(struct endpoint *x, const struct endpoint *y, int64_t t)
{
	struct facts *f = &x->facts;
	uint8_t must = f->must;
	bool first = f->order == ORDER_CLOSED_FIRST, second = f->order == ORDER_FIN_FIRST;

	if (first && must & FACT_CLOSED)
		facts_claim(f, TCP_FIN_WAIT_1, t);
	if (second && must & FACT_GOT_FIN)
		facts_claim(f, TCP_CLOSE_WAIT, t);
	if (second && must & FACT_CLOSED)
		facts_claim(f, TCP_LAST_ACK, t);
	/* both orders known: X cannot have gone through CLOSING */
	if (first && must & FACT_FIN_ACKED && y->facts.order == ORDER_FIN_FIRST)
		facts_claim(f, TCP_FIN_WAIT_2, t);
	if (first && must & FACT_FIN_ACKED && must & FACT_GOT_FIN)
		facts_claim(f, TCP_TIME_WAIT, t);
}

void proof_segment(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;

	if (o->rst) {
		prove_reset(o);
		return;
	}
	if (o->syn)
		take_syn(o);
	take_octets(o);
	if (o->has_ack && !o->syn)
		prove_established(o);
	if (o->fin)
		take_fin(o);
	if (o->has_ack && fin_seen(x) && o->end > x->fin)
		x->closed_ack = least_known(x->closed_ack, o->ack);
	if (o->has_ack) {
		x->ack = most(x->ack, o->ack);
		x->right_edge = most(x->right_edge, o->window_edge);
		take_unseen(y, o->ack);
	}
	if (proof_covers_fin(o)) {
		facts_prove(&x->facts, FACT_GOT_FIN, o->t);
		facts_prove(&y->facts, FACT_CLOSED, o->t);
	}
	claim_established(o);
	note_edges(o);
	note_quiet_clock(o);
	note_quiet(o);
	prove_close_order(o);
	note_timestamps(o);
	/* its FIN is not acknowledged yet, ours is received: a FIN sent in CLOSING */
	if (o->fin && proof_covers_fin(o) && x->facts.order == ORDER_CLOSED_FIRST && o->end - 1 == x->fin &&
		!o->flow->doubtful)
		facts_claim(&x->facts, TCP_CLOSING, o->t);
	prove_both_sides(o);
	if (shows_fin_wait_2(o))
		facts_claim(&x->facts, TCP_FIN_WAIT_2, o->t);
	claim_states(x, y, o->t);
	claim_states(y, x, o->t);
}

void proof_steady(const struct observation *o)
{
	struct endpoint *x = o->x;

	take_octets(o);
	x->ack = most(x->ack, o->ack);
	x->right_edge = most(x->right_edge, o->window_edge);
	note_edges(o);
	note_quiet_clock(o);
	note_timestamps(o);
}
