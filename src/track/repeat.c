/* repeat: see repeat.h. */
#include "track/repeat.h"

#include "track/flow.h"
#include "track/observe.h"

enum {
	COPY_MOST_US = 1000,       /* no sender repeats itself sooner */
	COPY_COUNTED_US = 1000000, /* the same for one whose ids count: they come round after 65,536 */
	DUPLICATES_FOR_LOSS = 3,   /* DupThresh of RFC 5681 3.2 and RFC 6675 2 */
	ID_NEAR = 4096,            /* ids further apart say nothing about order */
};
#define REORDER_NS (3 * NS_PER_MS)
#define REACTION_NS (20 * NS_PER_MS)          /* what a sender takes at most to answer, beyond the way: as Wireshark */
#define REACTION_UNKNOWN_NS (100 * NS_PER_MS) /* the same with the way, where that is not known */

/* --- what acknowledgements say ------------------------------------------------------------------- */

/* The receiver had these octets twice: then what Y sent again was needless (RFC 2883 5). */
static void take_needless(struct repeats *r, uint32_t left, uint32_t right)
{
	struct lately *lately = r->lately;

	for (int i = 0; lately && i < RESENT_SEGMENTS; i++) {
		struct resent *resent = &lately->resent[i];

		if (resent->seq == resent->end || seq_distance(resent->seq, right) >= 0 ||
			seq_distance(left, resent->end) >= 0)
			continue;
		r->spurious++;
		r->fast -= lately->fast_bits >> i & 1;
		resent->seq = resent->end;
	}
}

/* Returns whether a block tells more than was told before. */
static bool take_sack(const struct observation *o)
{
	const struct segment *s = o->segment;
	struct endpoint *x = o->x, *y = o->y;
	bool news = false;

	for (int i = 0; i < s->sack_count; i++) {
		uint32_t left = s->sack[i].left, right = s->sack[i].right;
		bool below = seq_distance(right, s->ack) <= 0;
		bool within = i == 0 && s->sack_count > 1 && seq_distance(left, s->sack[1].left) >= 0 &&
			      seq_distance(right, s->sack[1].right) <= 0;

		if (seq_distance(right, left) <= 0)
			continue;
		if (i == 0 && (below || within)) {
			take_needless(&y->repeats, left, right);
			continue;
		}
		int64_t edge = unwrap_offset(&y->seq, right);
		if (!below && y->nxt != OFFSET_NONE && edge <= y->nxt && edge > x->repeats.sacked) {
			x->repeats.sacked = edge;
			news = true;
		}
	}
	return news;
}

void repeat_acknowledgement(const struct observation *o)
{
	struct endpoint *x = o->x, *y = o->y;
	bool news = false;

	if (o->ack == OFFSET_NONE || o->rst)
		return;
	if (o->segment->sack_count && y->seq.known)
		news = take_sack(o);
	if (x->ack == OFFSET_NONE || o->ack != x->ack) {
		if (x->ack == OFFSET_NONE || o->ack > x->ack)
			x->repeats.duplicate_run = 0;
		return;
	}
	/* RFC 5681 2: no data, no SYN or FIN, the same number and window as before, and data outstanding; RFC 6675 2:
	 * SACK blocks with news count whatever the window */
	if (!o->pure || o->copy || o->probe || y->nxt == OFFSET_NONE || y->nxt <= o->ack)
		return;
	bool same_window = o->segment->wnd == x->last_wnd;
	x->repeats.duplicate_acks += same_window;
	x->repeats.duplicate_run += same_window || news;
}

/* --- what a segment is --------------------------------------------------------------------------- */

static const struct recent *find_recent(const struct lately *lately, const struct segment *s)
{
	for (int i = 0; lately && i < RECENT_SEGMENTS; i++)
		if (lately->recent[i].seq == s->seq && lately->recent[i].length == (uint16_t)s->payload_len &&
			lately->recent[i].length)
			return &lately->recent[i];
	return NULL;
}

static uint16_t mark_of(const struct segment *s)
{
	uint32_t mixed = (s->ack ^ (uint32_t)s->wnd << 16 ^ s->ctl) * 0x9e3779b1u;

	return (uint16_t)(mixed >> 16 ^ s->ip_id);
}

static void remember(struct lately *lately, const struct segment *s)
{
	if (!lately)
		return;
	lately->recent[lately->recent_next] = (struct recent){.seq = s->seq,
		.digest = s->digest,
		.time_us = (uint32_t)(s->time_ns / NS_PER_US),
		.length = (uint16_t)s->payload_len,
		.mark = mark_of(s)};
	lately->recent_next = (uint8_t)((lately->recent_next + 1) % RECENT_SEGMENTS);
}

/* The same packet, with others in between: as a mirror of two ports gives it. */
static bool is_copy(const struct endpoint *x, const struct recent *recent, const struct segment *s)
{
	uint32_t age_us = (uint32_t)(s->time_ns / NS_PER_US) - recent->time_us;

	return recent->mark == mark_of(s) && recent->digest == s->digest &&
	       age_us < (s->ip_id && x->id_run >= ID_RUN_LEAST ? COPY_COUNTED_US : COPY_MOST_US);
}

static int64_t known(int64_t rtt_ns)
{
	return rtt_ns == CLOCK_NONE ? 0 : rtt_ns;
}

/* Octets that were not seen before, behind others: late, or sent again for a copy that was lost before the tap? */
static bool is_late(const struct observation *o, int64_t since_ns)
{
	const struct segment *s = o->segment;
	const struct repeats *r = &o->x->repeats;

	if (r->has_high_val && s->options & OPTION_TIMESTAMPS && s->ts_val != r->high_val)
		return seq_distance(s->ts_val, r->high_val) < 0;
	int step = (int16_t)(s->ip_id - r->high_id);
	if (o->x->id_run >= ID_RUN_LEAST && s->has_ip_id && step && step > -ID_NEAR && step < ID_NEAR)
		return step < 0;
	int64_t round_trip = known(o->x->rtt.least_ns) + known(o->y->rtt.least_ns);
	return since_ns < (round_trip ? round_trip : REORDER_NS);
}

/* Why were these octets sent again? */
static enum repeat cause_of(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;
	struct repeats *r = &o->x->repeats;

	if (y->ack != OFFSET_NONE && o->end <= y->ack)
		return REPEAT_SPURIOUS;
	int64_t reaction = x->rtt.least_ns == CLOCK_NONE ? REACTION_UNKNOWN_NS
							 : x->rtt.least_ns + x->rtt.least_ns / 2 + REACTION_NS;
	bool prompted = y->last_ns != CLOCK_NONE && clock_since(o->t, y->last_ns) <= reaction;
	bool shown = y->repeats.duplicate_run >= DUPLICATES_FOR_LOSS || y->repeats.sacked > o->end;

	if (r->recovering && (o->seq >= r->recover || (y->ack != OFFSET_NONE && y->ack >= r->recover)))
		r->recovering = false;
	if (r->recovering) {
		r->by_timer |= !prompted;
		return r->by_timer ? REPEAT_TIMEOUT : REPEAT_FAST;
	}
	if (!shown && o->end == x->nxt && y->ack != OFFSET_NONE && o->seq > y->ack)
		return REPEAT_TIMEOUT; /* the tail alone, as a probe: no recovery begins (RFC 8985 7.3) */
	r->recovering = true;
	r->recover = x->nxt;
	r->by_timer = !shown || !prompted;
	return r->by_timer ? REPEAT_TIMEOUT : REPEAT_FAST;
}

static void remember_resent(struct lately *lately, const struct segment *s, bool fast)
{
	if (!lately)
		return;
	uint8_t at = lately->resent_next;
	lately->resent[at] = (struct resent){s->seq, s->seq + s->len};
	lately->fast_bits = (uint8_t)((lately->fast_bits & ~(1u << at)) | (unsigned)fast << at);
	lately->resent_next = (uint8_t)((at + 1) % RESENT_SEGMENTS);
}

static void count(const struct observation *o, enum repeat repeat)
{
	struct repeats *r = &o->x->repeats;

	switch (repeat) {
	case REPEAT_NONE:
	case REPEAT_WINDOW_PROBE:
		break;
	case REPEAT_KEEP_ALIVE:
		r->keepalives++;
		break;
	case REPEAT_COPY:
		r->copies++;
		break;
	case REPEAT_OUT_OF_ORDER:
		r->out_of_order++;
		break;
	case REPEAT_FAST:
	case REPEAT_TIMEOUT:
		remember_resent(r->lately, o->segment, repeat == REPEAT_FAST);
		r->fast += repeat == REPEAT_FAST;
		r->retransmitted++;
		break;
	case REPEAT_SPURIOUS:
		r->spurious++;
		r->retransmitted++;
		break;
	}
}

/* A SYN or a FIN without text takes a place in sequence space, and may come again like an octet. */
static enum repeat judge_empty(const struct observation *o)
{
	const struct endpoint *x = o->x;
	bool seen = o->syn ? x->iss != OFFSET_NONE : x->fin != OFFSET_NONE && !x->fin_guessed;

	if (o->probe)
		return o->y->segments && !o->y->last_wnd ? REPEAT_WINDOW_PROBE : REPEAT_KEEP_ALIVE;
	if (o->copy)
		return REPEAT_COPY;
	if (o->end == o->seq || x->nxt == OFFSET_NONE || o->end > x->nxt)
		return REPEAT_NONE;
	if (!seen && (o->syn || is_late(o, clock_since(o->t, x->stream.high_ns))))
		return REPEAT_OUT_OF_ORDER;
	return cause_of(o);
}

/* What the segment that reached the end of the stream looked like: a later one below is held against it. */
static void note_high(struct repeats *r, const struct segment *s)
{
	r->has_high_val = s->options & OPTION_TIMESTAMPS;
	r->high_val = s->ts_val;
	r->high_id = s->ip_id;
}

static enum repeat judge_payload(struct observation *o)
{
	const struct segment *s = o->segment;
	struct endpoint *x = o->x;
	struct repeats *r = &x->repeats;
	int64_t offset = o->seq + o->syn, high = x->stream.high, high_ns = x->stream.high_ns;
	struct arrival a = stream_accept(&x->stream, offset, s->payload_len, o->t);

	o->again = a.again;
	if (!a.behind) {
		remember(r->lately, s);
		note_high(r, s);
		return s->payload_len == 1 && o->y->segments && !o->y->last_wnd ? REPEAT_WINDOW_PROBE : REPEAT_NONE;
	}
	if (s->payload_len == 1 && o->y->segments && !o->y->last_wnd)
		return REPEAT_WINDOW_PROBE;
	const struct recent *recent = find_recent(r->lately, s);
	if (o->copy || (recent && is_copy(x, recent, s)))
		return REPEAT_COPY;
	o->conflict = recent && recent->digest && s->digest && recent->digest != s->digest;
	r->conflicts += o->conflict;
	remember(r->lately, s);
	enum repeat repeat;
	if (!a.again && is_late(o, a.filled ? a.hole_age_ns : clock_since(o->t, high_ns)))
		repeat = REPEAT_OUT_OF_ORDER;
	else if (a.again == 1 && a.fresh && offset == high - 1)
		repeat = REPEAT_NONE; /* the octet of a window probe, now with those behind it */
	else
		repeat = cause_of(o);
	if (repeat != REPEAT_OUT_OF_ORDER)
		r->repaired_bytes += a.filled;
	if (x->stream.high > high)
		note_high(r, s);
	return repeat;
}

void repeat_segment(struct observation *o)
{
	struct endpoint *x = o->x;
	uint32_t length = o->segment->payload_len;

	/* A broken one was sent, and most of its numbers are right; but it may not open a hole that is none. */
	bool broken_in_place =
		o->broken && length && x->stream.known && o->seq >= x->stream.first && o->seq <= x->stream.high;
	if (o->rst || (!o->acceptable && !broken_in_place))
		x->stream.fresh_bytes +=
			length; /* text in a RST (RFC 9293 3.5.3), or of nobody: no place in the stream */
	else if (!length)
		o->repeat = judge_empty(o);
	else if (o->probe && length == 1) {
		x->stream.again_bytes += length; /* a keep-alive's octet is garbage (RFC 9293 3.8.4) */
		o->repeat = judge_empty(o);
	} else
		o->repeat = judge_payload(o);
	count(o, o->repeat);
}

void repeat_steady(const struct observation *o)
{
	const struct segment *s = o->segment;
	struct endpoint *x = o->x;

	if (!s->payload_len)
		return;
	stream_accept(&x->stream, o->seq, s->payload_len, o->t);
	remember(x->repeats.lately, s);
	note_high(&x->repeats, s);
}
