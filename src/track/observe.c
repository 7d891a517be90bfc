/* observe: see observe.h. */
#include "track/observe.h"

/* In octets.  A scale counts only if both SYNs offered one (RFC 7323 2.2), and never on a SYN itself. */
static int64_t window_of(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;
	bool scaled = !o->syn && x->window_scale < SCALE_UNKNOWN && y->window_scale != SCALE_NONE;

	return scaled ? (int64_t)o->segment->wnd << x->window_scale : o->segment->wnd;
}

/* How far from the known edges a number may be and still belong to the connection: the largest window of its
 * receiver, 64 KiB at least, and all of what RFC 7323 allows where the scale is not known. */
static int64_t slack(const struct endpoint *receiver)
{
	int64_t window = (int64_t)receiver->max_window;

	if (receiver->window_scale == SCALE_UNKNOWN)
		return INT64_C(1) << 30;
	return window > 65535 ? window : 65535;
}

static bool sequence_fits(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;
	int64_t low, high;

	if (x->nxt == OFFSET_NONE || o->seq == OFFSET_NONE)
		return true;
	low = x->nxt;
	high = x->nxt > y->right_edge ? x->nxt : y->right_edge;
	return o->seq >= low - 2 * slack(y) && o->end <= high + slack(y);
}

static bool acknowledgement_fits(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;

	if (o->ack == OFFSET_NONE || y->nxt == OFFSET_NONE)
		return true;
	if (y->iss != OFFSET_NONE && o->ack < y->iss)
		return false;
	int64_t high = y->nxt > x->right_edge ? y->nxt : x->right_edge;
	/* the first answer to a SYN acknowledges that, and little else that was missed */
	int64_t room = !x->segments && y->bare_syn && y->nxt == y->syn_end ? 65535 : slack(x);
	return o->ack <= high + room && o->ack >= y->nxt - 4 * slack(x);
}

/* Could its claimed sender have sent it, and would its receiver look at it?  (RFC 9293 3.10.7.4, first check, with
 * the slack that a tap needs.)  Two segments in a row that agree with each other and with nothing before show that
 * the tap has missed more than a window. */
static bool is_acceptable(struct observation *o)
{
	struct endpoint *x = o->x;

	if (o->rst)
		return true; /* judged by its own rules: presume.c */
	/* A SYN of this connection is the one known, or stands before all that was seen. */
	if (o->syn &&
		(x->iss != OFFSET_NONE ? o->seq != x->iss : x->nxt != OFFSET_NONE && (o->seq >= 0 || o->seq < -65536)))
		return false;
	if (sequence_fits(o) && acknowledgement_fits(o)) {
		x->strange = OFFSET_NONE;
		return true;
	}
	bool again = x->strange != OFFSET_NONE && !o->syn && o->seq >= x->strange && o->seq - x->strange <= 65535;
	x->strange = o->end;
	return again && acknowledgement_fits(o);
}

static bool is_far(int64_t offset, int64_t edge, int64_t window)
{
	return offset != OFFSET_NONE && edge != OFFSET_NONE && (offset - edge > window || edge - offset > 2 * window);
}

/* Further ahead than a window or behind by two, where the largest is not known: the tap has missed as much, a segment
 * is very old, or it is of another connection. */
static bool leaps(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;
	int64_t most = 65535;

	if ((int64_t)x->max_window > most)
		most = (int64_t)x->max_window;
	if ((int64_t)y->max_window > most)
		most = (int64_t)y->max_window;
	return is_far(o->seq, x->nxt, most) || is_far(o->ack, y->nxt, most);
}

/* The same packet captured twice, as mirror ports do: alike in all that is kept of the one before, and sooner than any
 * sender repeats.  Without an IP id a pure ACK may well be sent twice, and a SYN+ACK in answer to two SYNs: a newer
 * timestamp tells. */
static bool is_capture_copy(const struct endpoint *x, const struct segment *s)
{
	if (x->last_ns == CLOCK_NONE || s->time_ns - x->last_ns >= NS_PER_MS || x->last_seq != s->seq ||
		x->last_ack != s->ack || x->last_len != s->len || x->last_ctl != s->ctl)
		return false;
	if (s->options & OPTION_TIMESTAMPS && x->has_val && seq_distance(s->ts_val, x->last_val) > 0)
		return false;
	return s->has_ip_id && s->ip_id ? x->last_ip_id == s->ip_id : s->len > 0;
}

/* A failed checksum: its receiver drops it.  When nothing of that side ever passes, it is the sensor's own offload and
 * not the wire; and so it is when there is more in it than a segment may carry (RFC 9293 3.7.1): the capturing host put
 * it together from several, which it had checked. */
static bool is_broken(const struct observation *o)
{
	enum { ETHERNET_MOST = 1460 }; /* where the receiver's option was not seen */

	return o->segment->checksum == CHECKSUM_BAD && o->x->good_checksums &&
	       o->segment->payload_len <= (o->y->mss ? o->y->mss : ETHERNET_MOST);
}

/* The IPv4 identification tells of segments that the tap never saw.  Linux counts it by socket, one for each segment
 * (RFC 6864 allows any value where fragmenting is forbidden), and sends 0 where no socket stands behind a segment any
 * more: what answers in TIME-WAIT.  Believed only of a sender that was seen to count. */
enum {
	IDS_SKIPPED_MOST = 16,
	MSS_LEAST = 536, /* of IPv4 where no option says more (RFC 9293 3.7.1) */
};

/* A segment that was cut into several on its way out took several. */
static bool took_several(const struct observation *o)
{
	return o->x->last_len > (o->y->mss ? o->y->mss : MSS_LEAST);
}

static void observe_identification(struct observation *o)
{
	const struct endpoint *x = o->x;
	const struct segment *s = o->segment;
	uint16_t skipped = (uint16_t)(s->ip_id - x->last_ip_id - 1);

	if (!s->has_ip_id || x->id_run < ID_RUN_LEAST)
		return;
	o->by_time_wait = !s->ip_id && x->last_ip_id != UINT16_MAX;
	if (skipped <= IDS_SKIPPED_MOST && x->id_straight >= ID_RUN_LEAST && !took_several(o))
		o->ids_skipped = skipped;
}

/* What a counter skips is not believed again before it has counted on: one of the whole host skips all the time. */
static void count_identifications(const struct observation *o)
{
	const struct segment *s = o->segment;
	struct endpoint *x = o->x;
	uint16_t step = (uint16_t)(s->ip_id - x->last_ip_id);

	if (!s->has_ip_id || step > IDS_SKIPPED_MOST + 1)
		x->id_run = x->id_straight = 0;
	else if (step == 1 && x->id_run < ID_RUN_LEAST)
		x->id_run++;
	if (step == 1 && x->id_straight < ID_RUN_LEAST)
		x->id_straight++;
	else if (step > 1 && !took_several(o))
		x->id_straight = 0;
}

/* What X's segments look like as a rule, RSTs left out: those are what is held against it.  A RST that somebody else
 * sent in X's name has gone another way, and does not know X's counter. */
enum {
	TTL_VOTES_LEAST = 4,
	TTL_VOTES_MOST = 16,
	ID_STEPS_LEAST = 8,
	ID_STEP_MOST = 64,
	ID_FRESH_S = 1, /* a counter of the whole host runs on while this connection is silent */
};

static void observe_habits(struct observation *o)
{
	const struct endpoint *x = o->x;

	if (x->ttl_votes >= TTL_VOTES_LEAST)
		o->usual_ttl = x->usual_ttl;
	o->ids_steady = x->id_steps >= ID_STEPS_LEAST && clock_since(o->t, x->last_ns) < ID_FRESH_S * NS_PER_S;
}

static void count_habits(struct endpoint *x, const struct segment *s)
{
	uint16_t step = (uint16_t)(s->ip_id - x->plain_ip_id);

	if (s->ctl & CTL_RST)
		return;
	if (s->ttl == x->usual_ttl) {
		if (x->ttl_votes < TTL_VOTES_MOST)
			x->ttl_votes++;
	} else if (x->ttl_votes) {
		x->ttl_votes--;
	} else {
		x->usual_ttl = s->ttl;
		x->ttl_votes = 1;
	}
	if (!s->has_ip_id || step > ID_STEP_MOST)
		x->id_steps = 0;
	else if (step && x->id_steps < ID_STEPS_LEAST)
		x->id_steps++;
	x->plain_ip_id = s->ip_id;
}

void observe_done(const struct observation *o)
{
	const struct segment *s = o->segment;
	struct endpoint *x = o->x;

	count_identifications(o);
	count_habits(x, s);
	x->last_ns = s->time_ns;
	x->last_packet = s->packet;
	x->last_seq = s->seq;
	x->last_ack = s->ack;
	x->last_len = s->len;
	x->last_ctl = s->ctl;
	x->last_ip_id = s->ip_id;
}

void observe_steady(struct observation *o, struct flow *flow, enum side side, const struct segment *s)
{
	struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];

	*o = (struct observation){
		.segment = s,
		.flow = flow,
		.side = side,
		.x = x,
		.y = y,
		.t = s->time_ns,
		.has_ack = true,
		.pure = !s->len,
		.x_nxt = x->nxt,
		.y_nxt = y->nxt,
		.x_last_ns = x->last_ns,
		.x_last_packet = x->last_packet,
		.seq = unwrap_offset(&x->seq, s->seq),
		.ack = unwrap_offset(&y->seq, s->ack),
		.steady = true,
		.acceptable = true,
	};
	o->end = o->seq + s->len;
	o->window = window_of(o);
	o->window_edge = o->ack + o->window;
}

void observe(struct observation *o, struct flow *flow, enum side side, const struct segment *s)
{
	struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];

	*o = (struct observation){
		.segment = s,
		.flow = flow,
		.side = side,
		.x = x,
		.y = y,
		.t = s->time_ns,
		.syn = s->ctl & CTL_SYN,
		.fin = s->ctl & CTL_FIN,
		.rst = s->ctl & CTL_RST,
		.has_ack = s->ctl & CTL_ACK,
		.x_nxt = x->nxt,
		.y_nxt = y->nxt,
		.x_last_ns = x->last_ns,
		.x_last_packet = x->last_packet,
	};
	bool x_known = x->seq.known, y_known = y->seq.known;
	/* a RST may carry numbers of its own (RFC 9293 3.5.2): it never defines an origin */
	o->seq = !o->rst || x->seq.known ? unwrap_offset(&x->seq, s->seq) : OFFSET_NONE;
	o->end = o->seq == OFFSET_NONE ? OFFSET_NONE : o->seq + s->len;
	o->ack = o->has_ack && (!o->rst || y->seq.known) ? unwrap_offset(&y->seq, s->ack) : OFFSET_NONE;
	o->window = window_of(o);
	o->window_edge = o->ack == OFFSET_NONE ? OFFSET_NONE : o->ack + o->window;
	o->pure = o->has_ack && !s->len && !o->rst;
	o->syn_ack_again = o->syn && x->syn_ack;
	o->fin_again = o->fin && x->fin != OFFSET_NONE && !x->fin_guessed;
	o->probe = !o->syn && !o->fin && !o->rst && s->payload_len <= 1 && x->nxt != OFFSET_NONE &&
		   o->seq == x->nxt - 1 && y->ack != OFFSET_NONE && y->ack >= x->nxt - (x->fin != OFFSET_NONE);
	o->duplicate = o->copy = is_capture_copy(x, s);
	observe_identification(o);
	if (o->rst)
		observe_habits(o);
	if (s->options & OPTION_TIMESTAMPS && x->has_val && s->len && x->nxt != OFFSET_NONE && o->end <= x->nxt)
		o->duplicate |= seq_distance(s->ts_val, x->last_val) <= 0;
	o->broken = is_broken(o);
	o->acceptable = !o->broken && is_acceptable(o);
	if (!o->rst && !o->syn && !o->broken && (!o->acceptable || leaps(o)))
		flow->doubtful = true;
	/* what does not belong defines no origin: an old segment may be the first that is seen of a side */
	x->seq.known = x->seq.known && (x_known || o->acceptable);
	y->seq.known = y->seq.known && (y_known || o->acceptable);
}
