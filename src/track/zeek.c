/* zeek: see zeek.h.  The order of work within a segment and the rules are Zeek's, with its default settings; the names
 * of its settings stand in comments. */
#include "track/zeek.h"

#include <string.h>

#include "base/clock.h"
#include "track/zeek_side.h"

#define ATTEMPT_NS (5 * NS_PER_S) /* tcp_attempt_delay */
#define LINGER_NS (5 * NS_PER_S)  /* tcp_connection_linger */
#define EXPIRY_FIRST_NS (5 * NS_PER_S)
#define EXPIRY_NEXT_NS (6 * NS_PER_S) /* tcp_session_timer */

enum { PATIENCE_BEGUN, PATIENCE_OPEN, PATIENCE_LONG };
static const int64_t patience_ns[] = {
	[PATIENCE_BEGUN] = 60 * NS_PER_S, [PATIENCE_OPEN] = 300 * NS_PER_S, [PATIENCE_LONG] = 3600 * NS_PER_S};

#define ZEEK_CONN_STATE(word) [ZEEK_##word] = #word,
const char *const zeek_conn_state_words[] = {ZEEK_CONN_STATES};
#undef ZEEK_CONN_STATE

/* One connection in so many needs either. */
enum { ROOM_SHARE = 4 };

void zeek_room_init(struct zeek_room *room, uint64_t connections)
{
	pool_init(&room->rows, sizeof(struct zeek_row), connections / ROOM_SHARE + 64);
	pool_init(&room->ranges, sizeof(struct ranges), connections / ROOM_SHARE + 64);
}

size_t zeek_connection_bytes(void)
{
	return (sizeof(struct zeek_row) + sizeof(struct ranges)) / ROOM_SHARE;
}

void zeek_room_fini(struct zeek_room *room)
{
	pool_fini(&room->rows);
	pool_fini(&room->ranges);
}

bool zeek_is_lower(const struct addr *ip, uint16_t port, const struct addr *peer_ip, uint16_t peer_port)
{
	return port != peer_port ? port < peer_port : addr_compare(ip, peer_ip) < 0;
}

/* likely_server_ports */
static bool is_service_port(uint16_t port)
{
	static const uint16_t ports[] = {21, 22, 25, 53, 79, 80, 81, 88, 135, 139, 143, 389, 443, 445, 465, 502, 514,
		563, 585, 587, 614, 631, 636, 989, 990, 992, 993, 995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389,
		5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000};

	for (unsigned i = 0; i < sizeof ports / sizeof *ports; i++)
		if (ports[i] >= port)
			return ports[i] == port;
	return false;
}

/* --- the state machine --------------------------------------------------------------------------- */

static bool in_handshake(enum zeek_state state)
{
	return state == ZEEK_INACTIVE || state == ZEEK_SYN_SENT || state == ZEEK_SYN_ACK_SENT;
}

static void set_state(struct zeek *z, struct zeek_side *x, const struct zeek_side *y, enum zeek_state state)
{
	if (x->state == state)
		return;
	if (!in_handshake(state) && in_handshake((enum zeek_state)x->state) && in_handshake((enum zeek_state)y->state))
		z->patience = PATIENCE_OPEN;
	x->before = x->state;
	x->state = (uint8_t)state;
}

/* A SYN of the responder: both sides are established by it alone.  A service that people sit at may be silent for
 * longer (port_inactivity_timeouts). */
static void establish(struct zeek *z, struct zeek_side *x, struct zeek_side *y, const struct segment *s)
{
	if (!(s->ctl & CTL_ACK) && y->state == ZEEK_SYN_ACK_SENT) {
		/* captured in the wrong order: this is the SYN (is_reuse has looked at its number) */
		zeek_turn(z);
		set_state(z, y, x, ZEEK_ESTABLISHED);
	}
	uint16_t port = s->source_port;
	if (y->state == ZEEK_INACTIVE && is_service_port(s->destination_port) && !is_service_port(port))
		port = s->destination_port;
	if (y->state == ZEEK_SYN_SENT)
		set_state(z, y, x, ZEEK_ESTABLISHED);
	set_state(z, x, y, ZEEK_ESTABLISHED);
	if (y->state != ZEEK_PARTIAL && (port == 21 || port == 22 || port == 23 || port == 513))
		z->patience = PATIENCE_LONG;
}

static bool move_inactive(struct zeek *z, struct zeek_side *x, struct zeek_side *y, const struct segment *s)
{
	if (s->ctl & CTL_SYN) {
		if (zeek_is_originator(z, x)) {
			set_state(z, x, y, s->ctl & CTL_ACK ? ZEEK_SYN_ACK_SENT : ZEEK_SYN_SENT);
			z->due_ns = clock_plus(s->time_ns, ATTEMPT_NS);
		} else {
			establish(z, x, y, s);
		}
	}
	if (s->ctl & CTL_FIN)
		set_state(z, x, y, ZEEK_CLOSED);
	if (s->ctl & CTL_RST)
		set_state(z, x, y, ZEEK_RESET);
	if (s->ctl & (CTL_FIN | CTL_RST))
		return true;
	if (x->state != ZEEK_INACTIVE)
		return false;
	if (!zeek_is_originator(z, x) && !s->payload_len && y->state == ZEEK_SYN_SENT)
		return false; /* some acknowledge a SYN before they answer it */
	if (s->ctl & CTL_ACK && y->state == ZEEK_ESTABLISHED) {
		set_state(z, x, y, ZEEK_ESTABLISHED); /* only its SYN is missing */
		z->partial = false;
	} else {
		set_state(z, x, y, ZEEK_PARTIAL);
	}
	return false;
}

/* Moves the sender x; true when it has closed. */
static bool move(struct zeek *z, struct zeek_side *x, struct zeek_side *y, const struct segment *s)
{
	bool fin = s->ctl & CTL_FIN, rst = s->ctl & CTL_RST;

	switch (x->state) {
	case ZEEK_INACTIVE:
		return move_inactive(z, x, y, s);
	case ZEEK_SYN_SENT:
	case ZEEK_SYN_ACK_SENT:
		if (fin)
			set_state(z, x, y, ZEEK_CLOSED);
		if (rst)
			set_state(z, x, y, ZEEK_RESET);
		return fin || rst;
	case ZEEK_ESTABLISHED:
	case ZEEK_PARTIAL:
		if ((s->ctl & (CTL_SYN | CTL_ACK)) == CTL_SYN && x->state == ZEEK_PARTIAL && y->state == ZEEK_INACTIVE)
			set_state(z, x, y, ZEEK_SYN_SENT);
		if (fin && !rst) {
			set_state(z, x, y, ZEEK_CLOSED);
			if (y->state == ZEEK_RESET && y->before == ZEEK_CLOSED)
				set_state(z, y, x, ZEEK_CLOSED); /* FIN, then RST: it ended well after all */
		}
		if (rst)
			set_state(z, x, y, ZEEK_RESET);
		return fin || rst;
	case ZEEK_CLOSED:
		if (!rst || y->state == ZEEK_CLOSED)
			return false;
		set_state(z, x, y, ZEEK_RESET);
		return !x->closed;
	default:
		return false;
	}
}

/* --- rows begin and end -------------------------------------------------------------------------- */

static void begin_row(struct zeek *z, const struct segment *s, unsigned from)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};
	struct zeek_row *newest = z->newest;

	*z = (struct zeek){.live = true,
		.originator = (uint8_t)from,
		.start_ns = s->time_ns,
		.last_ns = s->time_ns,
		.due_ns = CLOCK_NONE,
		.newest = newest};
	z->side[0].delivered = z->side[1].delivered = 1;
	bool syn = s->ctl & CTL_SYN;
	if ((syn && !(s->ctl & CTL_ACK)) || !is_service_port(s->source_port))
		return;
	if (is_service_port(s->destination_port) && (syn || s->source_port >= s->destination_port))
		return;
	if (!addr_is_v4(&s->destination) || memcmp(s->destination.octet + 12, broadcast, 4) != 0)
		zeek_turn(z);
}

/* The row joins those that are over. */
static void end_row(struct zeek *z, struct zeek_room *room)
{
	struct zeek_row *row = pool_take(&room->rows);

	if (row) {
		zeek_current(z, row);
		row->next = z->newest ? z->newest->next : row;
		if (z->newest)
			z->newest->next = row;
		z->newest = row;
	}
	for (int i = 0; i < 2; i++)
		zeek_drop_ranges(&z->side[i], room);
	z->live = false;
}

/* Does a look at the connection every six seconds find it done, and silent for more than five, before now_ns?  The
 * rhythm is Zeek's when packets of whatever connection come all the time. */
static bool is_expired(const struct zeek *z, int64_t now_ns)
{
	const struct zeek_side *a = &z->side[0], *b = &z->side[1];
	bool silent = a->state == ZEEK_INACTIVE || b->state == ZEEK_INACTIVE;
	bool done = a->state == ZEEK_INACTIVE && b->state == ZEEK_INACTIVE;

	if (a->closed || b->closed)
		done |= (a->closed && b->closed) || silent || a->state == ZEEK_RESET || b->state == ZEEK_RESET;
	if (!done)
		return false;
	int64_t at = clock_plus(z->start_ns, EXPIRY_FIRST_NS), from = clock_plus(z->last_ns, LINGER_NS);
	if (at <= from)
		at = clock_plus(at, (clock_since(from, at) / EXPIRY_NEXT_NS + 1) * EXPIRY_NEXT_NS);
	return at <= now_ns;
}

/* Was it removed before now_ns?  Nothing that a timer looks at changes between two segments of the pair, so it is
 * enough to ask when the next one comes. */
static bool is_over(const struct zeek *z, int64_t now_ns)
{
	const struct zeek_side *x = &z->side[z->originator], *y = &z->side[!z->originator];
	int64_t silent_ns = clock_since(now_ns, z->last_ns);

	if (z->due_ns != CLOCK_NONE && z->due_ns <= now_ns) {
		if (z->closing)
			return true;
		if ((x->state == ZEEK_SYN_SENT || x->state == ZEEK_SYN_ACK_SENT) && y->state == ZEEK_INACTIVE)
			return true;
	}
	if (silent_ns <= LINGER_NS)
		return false; /* nothing else is quicker: so it is with nearly all segments */
	return silent_ns >= patience_ns[z->patience] || is_expired(z, now_ns);
}

/* Does a SYN begin another connection of the same pair? */
static bool is_reuse(const struct zeek *z, const struct segment *s)
{
	const struct zeek_side *originator = &z->side[z->originator], *responder = &z->side[!z->originator];
	bool answer = s->ctl & CTL_ACK;

	if (!(s->ctl & CTL_SYN) || (answer && originator->state != ZEEK_INACTIVE))
		return false;
	if (originator->closed || responder->closed)
		return true;
	if (s->seq == (answer ? responder : originator)->start)
		return false;
	/* the SYN, captured behind its answer */
	return answer || originator->state != ZEEK_SYN_ACK_SENT || responder->state != ZEEK_INACTIVE ||
	       s->seq != responder->start;
}

static enum zeek_conn_state conn_state_of(const struct zeek *z)
{
	const struct zeek_side *o = &z->side[z->originator], *r = &z->side[!z->originator];
	bool o_absent = o->state == ZEEK_INACTIVE || o->state == ZEEK_PARTIAL;
	bool r_absent = r->state == ZEEK_INACTIVE || r->state == ZEEK_PARTIAL;

	if (r->state == ZEEK_RESET) {
		if (o->state == ZEEK_SYN_SENT || o->state == ZEEK_SYN_ACK_SENT ||
			(o->state == ZEEK_RESET && !zeek_size(o, r) && !zeek_size(r, o)))
			return ZEEK_REJ;
		return o_absent ? ZEEK_RSTRH : ZEEK_RSTR;
	}
	if (o->state == ZEEK_RESET) {
		size_t at = z->history_length && z->history[0] == '^';

		if (!r_absent)
			return ZEEK_RSTO;
		if (at >= z->history_length || z->history[at] != 'S')
			return ZEEK_OTH;
		while (++at < z->history_length && !strchr("HAFGIQ", z->history[at]))
			if (z->history[at] == 'R')
				return ZEEK_RSTOS0;
		return ZEEK_OTH;
	}
	if (o->state == ZEEK_CLOSED)
		return r->state == ZEEK_CLOSED ? ZEEK_SF : r_absent ? ZEEK_SH : ZEEK_S2;
	if (r->state == ZEEK_CLOSED)
		return o_absent ? ZEEK_SHR : ZEEK_S3;
	if (o->state == ZEEK_SYN_SENT && r->state == ZEEK_INACTIVE)
		return ZEEK_S0;
	return o->state == ZEEK_ESTABLISHED && r->state == ZEEK_ESTABLISHED ? ZEEK_S1 : ZEEK_OTH;
}

bool zeek_current(const struct zeek *z, struct zeek_row *row)
{
	if (!z->live)
		return false;
	*row = (struct zeek_row){.start_ns = z->start_ns,
		.last_ns = z->last_ns,
		.missed = z->missed,
		.conn_state = (uint8_t)conn_state_of(z),
		.lower = !z->originator};
	for (int i = 0; i < 2; i++) {
		const struct zeek_side *x = &z->side[z->originator ^ i];

		row->bytes[i] = zeek_size(x, &z->side[z->originator ^ !i]);
		row->ip_bytes[i] = x->ip_bytes;
		row->packets[i] = x->packets;
	}
	memcpy(row->history, z->history, z->history_length);
	return true;
}

struct zeek zeek_leave(struct zeek *z)
{
	struct zeek rest = *z;

	rest.newest = NULL;
	z->left = z->live;
	z->side[0].above = z->side[1].above = NULL;
	return rest;
}

size_t zeek_copy_bytes(const struct zeek *z)
{
	size_t rows = 0;

	for (const struct zeek_row *at = z->newest; at; at = at->next == z->newest ? NULL : at->next)
		rows++;
	return rows * sizeof(struct zeek_row);
}

void zeek_copy(const struct zeek *z, struct zeek *copy, void *room)
{
	struct zeek_row *rows = room;
	size_t count = 0;

	/* oldest first, the newest last, which points to the oldest */
	for (const struct zeek_row *at = z->newest ? z->newest->next : NULL; at;
		at = at == z->newest ? NULL : at->next) {
		rows[count] = *at;
		rows[count].next = &rows[count + 1];
		count++;
	}
	copy->side[0].above = copy->side[1].above = NULL;
	copy->newest = count ? &rows[count - 1] : NULL;
	if (count)
		copy->newest->next = rows;
}

void zeek_fini(struct zeek *z, struct zeek_room *room)
{
	for (int i = 0; i < 2; i++)
		zeek_drop_ranges(&z->side[i], room);
	while (z->newest) {
		struct zeek_row *oldest = z->newest->next;

		if (oldest == z->newest)
			z->newest = NULL;
		else
			z->newest->next = oldest->next;
		pool_give(&room->rows, oldest);
	}
	z->live = false;
}

/* --- one segment --------------------------------------------------------------------------------- */

/* began without its SYN: what the first segment of each side shows */
static void note_beginning(struct zeek *z, unsigned from, const struct segment *s)
{
	bool first = !(z->spoke & 1u << from);

	if (first && from == z->originator)
		z->partial = (s->ctl & (CTL_SYN | CTL_ACK)) != CTL_SYN;
	else if (first && !z->partial)
		z->partial = !(s->ctl & CTL_SYN);
}

/* As the header says: under offload the IPv4 length is 0, and the IPv6 one leaves its own header. */
static uint32_t stated_ip_bytes(const struct segment *s)
{
	if (!s->ip_unstated)
		return s->ip_bytes;
	return addr_is_v4(&s->source) ? 0 : 40;
}

/* What most segments are: octets, or an acknowledgement, between sides that are open and were heard lately. */
static bool is_usual(const struct zeek *z, const struct zeek_side *x, const struct zeek_side *y,
	const struct segment *s, int64_t now_ns)
{
	return z->live && x->state == ZEEK_ESTABLISHED && y->state == ZEEK_ESTABLISHED && !x->fin_seen &&
	       !(s->ctl & (CTL_SYN | CTL_FIN | CTL_RST)) && s->wnd && s->checksum != CHECKSUM_BAD && !s->ip_flawed &&
	       now_ns - z->last_ns <= LINGER_NS && now_ns >= z->last_ns && !z->closing;
}

static void take_usual(
	struct zeek *z, struct zeek_side *x, struct zeek_side *y, const struct segment *s, struct zeek_room *room)
{
	bool unplaced;
	int64_t at = zeek_place(x, x->last, s->seq, &unplaced);

	zeek_note_history(z, x, s, at);
	z->last_ns = s->time_ns;
	int64_t acked = y->ack, ack = zeek_raise_ack(y, s);
	zeek_advance(z, x, s, s->len);
	zeek_take_ack(z, y, x, ack, acked, room);
	if (s->payload_len && !s->cut && !unplaced)
		zeek_take_payload(z, x, y, at, at + s->payload_len, room);
	x->packets++;
	x->ip_bytes += stated_ip_bytes(s);
}

void zeek_segment(struct zeek *z, const struct segment *s, int64_t now_ns, struct zeek_room *room)
{
	unsigned from = !zeek_is_lower(&s->source, s->source_port, &s->destination, s->destination_port);
	struct zeek_side *x = &z->side[from], *y = &z->side[!from];
	uint32_t length = s->ctl & CTL_RST ? s->len - s->payload_len : s->len;
	bool unplaced;

	if (is_usual(z, x, y, s, now_ns)) {
		take_usual(z, x, y, s, room);
		return;
	}
	if (s->ip_flawed)
		return; /* Zeek drops it before TCP */
	if (z->live && (is_over(z, now_ns) || is_reuse(z, s)))
		end_row(z, room);
	if (!z->live)
		begin_row(z, s, from);
	if (s->checksum == CHECKSUM_BAD) {
		zeek_write_scaled(z, x, 'C', ++x->broken);
		return;
	}
	note_beginning(z, from, s);
	zeek_begin_side(x, s, length);
	int64_t at = zeek_place(x, x->last, s->seq, &unplaced);
	zeek_note_history(z, x, s, at);
	if (!s->wnd && !(s->ctl & CTL_RST) && y->state != ZEEK_CLOSED && x->state != ZEEK_RESET)
		zeek_write_scaled(z, x, 'W', ++x->zero_windows);
	if (!x->closed || !y->closed)
		z->last_ns = s->time_ns;
	if (s->ctl & CTL_FIN) {
		x->fin_seen = true;
		x->fin = at + length;
	}
	int64_t acked = y->ack, ack = zeek_raise_ack(y, s);
	zeek_advance(z, x, s, length);
	bool closes = move(z, x, y, s);
	z->spoke |= (uint8_t)(1u << from);
	zeek_take_ack(z, y, x, ack, acked, room);
	if (s->payload_len && !s->cut && !(s->ctl & CTL_RST) && !unplaced) {
		int64_t start = at + !!(s->ctl & CTL_SYN);

		zeek_take_payload(z, x, y, start, start + s->payload_len, room);
	}
	zeek_check_drained(z, x, y);
	if (closes)
		zeek_close_side(z, x, y);
	x->packets++;
	x->ip_bytes += stated_ip_bytes(s);
}
