/* zeek_side: see zeek_side.h. */
#include "track/zeek_side.h"

#include "base/clock.h"
#include "track/seq.h"

/* Letters that a side writes once; those of SYN, FIN and RST again when their number is another. */
enum {
	LETTER_SYN = 1, /* S and H share it */
	LETTER_FIN = 2,
	LETTER_RST = 4,
	LETTER_FIN_RST = 8,
	LETTER_FLAGS = 16,
	LETTER_DATA = 32,
	LETTER_ACK = 64,
};

/* In octets. */
enum {
	JUMP = 1 << 20,         /* numbers of SYN and RST, and an ACK of 0, are not believed across this */
	UNACKED_WINDOW = 16384, /* tcp_max_initial_window, tcp_max_above_hole_without_any_acks */
};

#define CLOSE_NS (5 * NS_PER_S) /* tcp_close_delay */

/* --- history ------------------------------------------------------------------------------------- */

bool zeek_is_originator(const struct zeek *z, const struct zeek_side *x)
{
	return x == &z->side[z->originator];
}

static void write_plain(struct zeek *z, char letter)
{
	if (z->history_length < ZEEK_HISTORY)
		z->history[z->history_length++] = letter;
}

static void write_letter(struct zeek *z, const struct zeek_side *x, char letter)
{
	write_plain(z, zeek_is_originator(z, x) ? letter : (char)(letter | 0x20));
}

/* The first time, the tenth, the hundredth... */
void zeek_write_scaled(struct zeek *z, const struct zeek_side *x, char letter, uint32_t count)
{
	uint32_t rest = count;

	while (rest && rest % 10 == 0)
		rest /= 10;
	if (rest == 1)
		write_letter(z, x, letter);
}

static bool is_first(struct zeek_side *x, uint8_t letter)
{
	bool first = !(x->written & letter);

	x->written |= letter;
	return first;
}

void zeek_turn(struct zeek *z)
{
	z->originator ^= 1;
	z->partial = false;
	write_plain(z, '^');
}

/* What began with a lone SYN+ACK and goes on is no scan: its sender is the responder.  The only letter that is
 * rewritten. */
static void turn_if_answered(struct zeek *z)
{
	if (z->history_length != 1 || z->history[0] != 'H')
		return;
	z->history_length = 0;
	zeek_turn(z);
	write_plain(z, 'h');
}

static void note_flags(struct zeek *z, struct zeek_side *x, const struct segment *s, uint32_t at)
{
	bool fin = s->ctl & CTL_FIN, rst = s->ctl & CTL_RST, syn = s->ctl & CTL_SYN;

	if (syn + fin + rst > 1) {
		if (is_first(x, fin && rst ? LETTER_FIN_RST : LETTER_FLAGS))
			write_letter(z, x, fin && rst ? 'I' : 'Q');
	} else if (syn) {
		if (is_first(x, LETTER_SYN) || x->syn_at != at)
			write_letter(z, x, s->ctl & CTL_ACK ? 'H' : 'S');
		x->syn_at = at;
	} else if (fin) {
		if (is_first(x, LETTER_FIN) || (uint32_t)x->fin != at + s->len)
			write_letter(z, x, 'F');
	} else if (rst) {
		if (is_first(x, LETTER_RST) || x->rst_at != at)
			write_letter(z, x, 'R');
		x->rst_at = at;
	}
}

void zeek_note_history(struct zeek *z, struct zeek_side *x, const struct segment *s, int64_t at)
{
	if (s->ctl & (CTL_SYN | CTL_FIN | CTL_RST)) {
		note_flags(z, x, s, (uint32_t)at);
		return;
	}
	if (!s->payload_len && !(s->ctl & CTL_ACK))
		return;
	if (is_first(x, s->payload_len ? LETTER_DATA : LETTER_ACK)) {
		turn_if_answered(z);
		write_letter(z, x, s->payload_len ? 'D' : 'A');
	}
}

/* --- numbers ------------------------------------------------------------------------------------- */

static int32_t distance_from(const struct zeek_side *x, int64_t known, uint32_t wire)
{
	return seq_distance(wire, x->start + (uint32_t)known);
}

/* The place of a wire number, nearest to a known one.  *before: it stands before the start.  Zeek takes a number more
 * than 2 GiB behind the start for one before it, until the 32 bits have wrapped for the first time. */
int64_t zeek_place(const struct zeek_side *x, int64_t known, uint32_t wire, bool *before)
{
	int64_t at = known + distance_from(x, known, wire);

	*before = at < 0 || (at > INT32_MAX && at + x->start <= UINT32_MAX);
	return at;
}

void zeek_start_over(struct zeek_side *x, uint32_t start, int64_t last)
{
	x->start = start;
	x->ack = 0;
	x->last = last;
}

/* `length`: SEG.LEN, but of a RST without its text. */
void zeek_begin_side(struct zeek_side *x, const struct segment *s, uint32_t length)
{
	bool syn = s->ctl & CTL_SYN;

	switch (x->state) {
	case ZEEK_INACTIVE:
		if (syn)
			zeek_start_over(x, s->seq, length);
		else
			zeek_start_over(x, s->seq - 1, 1);
		break;
	case ZEEK_SYN_SENT:
	case ZEEK_SYN_ACK_SENT:
		if (syn && s->seq != x->start)
			zeek_start_over(x, s->seq, length);
		break;
	case ZEEK_ESTABLISHED:
	case ZEEK_PARTIAL:
		if (syn)
			zeek_start_over(x, s->seq, length);
		break;
	case ZEEK_RESET:
		if (syn && x->before == ZEEK_INACTIVE)
			zeek_start_over(x, s->seq, length);
		break;
	default:
		break;
	}
}

void zeek_advance(struct zeek *z, struct zeek_side *x, const struct segment *s, uint32_t length)
{
	int32_t step = distance_from(x, x->last, s->seq + length);

	if (s->ctl & (CTL_SYN | CTL_RST) && (step > JUMP || step < -JUMP))
		return;
	if (s->ctl & CTL_FIN && x->last == 1)
		x->last += (uint32_t)step; /* only its SYN was seen: more than 2 GiB may lie between */
	else if (x->state == ZEEK_RESET)
		return;
	else if (step > 0)
		x->last += step;
	else if (s->payload_len)
		zeek_write_scaled(z, x, 'T', ++x->repeats);
}

int64_t zeek_raise_ack(struct zeek_side *y, const struct segment *s)
{
	bool before;

	if (!(s->ctl & CTL_ACK))
		return 0;
	if (y->state == ZEEK_INACTIVE) { /* what is acknowledged was never seen: y begins here, until it speaks */
		zeek_start_over(y, s->ack - 1, 0);
		return 1;
	}
	int64_t ack = zeek_place(y, y->ack, s->ack, &before);
	if (before)
		return 0;
	if (!(s->ctl & CTL_RST) && ack > y->ack && (s->ack || ack - y->ack <= JUMP))
		y->ack = ack;
	return ack;
}

static bool nothing_acked(const struct zeek_side *x)
{
	return x->ack == 0 || x->ack == 1;
}

int64_t zeek_size(const struct zeek_side *x, const struct zeek_side *y)
{
	int64_t size = x->last > x->ack ? x->last : x->ack;

	/* a half-open connection, discovered and aborted: its numbers are of another one */
	if (x->before == ZEEK_SYN_SENT && x->state == ZEEK_RESET && y->state == ZEEK_INACTIVE && !nothing_acked(x))
		return 0;
	size -= size != 0;                /* its SYN */
	size -= x->fin_seen && size != 0; /* its FIN */
	return size;
}

/* --- the stream ---------------------------------------------------------------------------------- */

static bool is_sound(const struct zeek_side *x)
{
	return x->state == ZEEK_ESTABLISHED || (x->state == ZEEK_CLOSED && x->before == ZEEK_ESTABLISHED);
}

static void note_gap(struct zeek *z, struct zeek_side *x, const struct zeek_side *y, int64_t length)
{
	if (length <= 0 || !is_sound(x) || !is_sound(y))
		return;
	z->missed += length;
	zeek_write_scaled(z, x, 'G', ++x->gaps);
}

void zeek_drop_ranges(struct zeek_side *x, struct zeek_room *room)
{
	if (x->above)
		pool_give(&room->ranges, x->above);
	x->above = NULL;
}

/* Octets before `end` are in order, or given up. */
static void deliver_to(struct zeek_side *x, int64_t end, struct zeek_room *room)
{
	x->delivered = end;
	if (!x->above)
		return;
	x->delivered = ranges_drop_below(x->above, end);
	if (!x->above->count)
		zeek_drop_ranges(x, room);
}

/* x sent [start, end). */
void zeek_take_payload(struct zeek *z, struct zeek_side *x, const struct zeek_side *y, int64_t start, int64_t end,
	struct zeek_room *room)
{
	if (x->skips || end <= x->ack || end <= x->delivered)
		return;
	if (start < x->ack)
		start = x->ack;
	if (start <= x->delivered) {
		deliver_to(x, end, room);
		return;
	}
	int64_t swallowed = 0;
	if (!x->above && !(x->above = pool_take(&room->ranges)))
		return;
	ranges_add(x->above, start, end, &swallowed);
	note_gap(z, x, y, swallowed);
	if (nothing_acked(x) && x->above->range[x->above->count - 1].end - x->delivered > UNACKED_WINDOW) {
		zeek_drop_ranges(x, room);
		x->skips = true;
	}
}

/* What is missing below `end` was acknowledged: it is not waited for any more. */
static void give_up_below(
	struct zeek *z, struct zeek_side *x, const struct zeek_side *y, int64_t end, struct zeek_room *room)
{
	int64_t at = x->delivered;

	if (z->partial && end <= 2)
		return; /* a keep-alive that began the capture */
	for (uint32_t i = 0; !x->skips && x->above && i < x->above->count && x->above->range[i].start < end; i++) {
		note_gap(z, x, y, x->above->range[i].start - at);
		at = x->above->range[i].end;
	}
	if (!x->skips && end > at)
		note_gap(z, x, y, end - at);
	deliver_to(x, end > at ? end : at, room);
}

/* --- end of stream and close --------------------------------------------------------------------- */

/* Is something of x still held, until y acknowledges it or a hole is filled? */
static bool holds(const struct zeek_side *x, const struct zeek_side *y)
{
	if (x->above)
		return true;
	if (nothing_acked(x) && zeek_size(x, y) > UNACKED_WINDOW)
		return false;
	return x->delivered > 1 && x->delivered > x->ack;
}

static bool is_pending(const struct zeek_side *x, const struct zeek_side *y)
{
	if (x->skips || x->last < x->delivered)
		return false;
	if (x->last - x->delivered > 1) /* a FIN takes one */
		return true;
	return x->state != ZEEK_RESET && holds(y, x);
}

void zeek_close_side(struct zeek *z, struct zeek_side *x, const struct zeek_side *y)
{
	z->deferred = is_pending(x, y);
	if (z->deferred || x->closed)
		return;
	x->closed = true;
	bool complete = x->state == ZEEK_RESET || y->closed || y->state == ZEEK_INACTIVE;
	if (complete && !z->closing) {
		z->closing = true;
		z->due_ns = clock_plus(z->last_ns, CLOSE_NS);
	}
}

/* A deferred close is tried again, once, by whichever side runs dry. */
void zeek_check_drained(struct zeek *z, struct zeek_side *x, const struct zeek_side *y)
{
	if (x->drained || !(x->fin_seen || x->state == ZEEK_CLOSED || x->state == ZEEK_RESET) || is_pending(x, y))
		return;
	x->drained = true;
	if (z->deferred)
		zeek_close_side(z, x, y);
	z->deferred = false;
}

/* y acknowledged x up to `ack`; before this segment up to `before`. */
void zeek_take_ack(struct zeek *z, struct zeek_side *x, const struct zeek_side *y, int64_t ack, int64_t before,
	struct zeek_room *room)
{
	int64_t most = x->fin_seen ? x->fin - 1 : INT64_MAX;

	if (ack > most)
		ack = most;
	if (ack <= before || ack <= 1)
		return;
	if (ack > x->delivered)
		give_up_below(z, x, y, ack, room);
	zeek_check_drained(z, x, y);
}
