/* young: see young.h. */
#include "track/young.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"

static_assert(sizeof(struct young_segment) == 48, "many are kept");
static_assert(sizeof(struct young_attempt) <= 192, "a flood leaves one for each SYN");
static_assert(offsetof(struct young, id) == 64, "a cache line tells whether a segment is one of it");

enum {
	SILENCE_S = 10, /* after that somebody looks before the next segment is taken in (detect/spread.h) */
	CLOSING_MS = 1000,
};

/* --- segments ------------------------------------------------------------------------------------- */

static void keep(struct young_segment *kept, const struct segment *s, bool from_responder)
{
	bool syn = s->ctl & CTL_SYN;

	*kept = (struct young_segment){
		.time_ns = s->time_ns,
		.packet = s->packet,
		.seq = s->seq,
		.ack = s->ack,
		.ts_val = s->ts_val,
		.ts_ecr = s->ts_ecr,
		.digest = syn ? s->window_scale : s->digest,
		.payload_len = syn ? s->mss : (uint16_t)s->payload_len,
		.wnd = s->wnd,
		.ip_id = s->ip_id,
		.ip_bytes = (uint16_t)s->ip_bytes,
		.ctl = s->ctl,
		.ttl = s->ttl,
		.options = s->options,
		.from_responder = from_responder,
		.has_ip_id = s->has_ip_id,
		.good = s->checksum == CHECKSUM_GOOD,
		.cut = s->cut,
	};
}

static const struct young_segment *kept_of(const struct young *young, unsigned i)
{
	return young_is_attempt(young) ? &((const struct young_attempt *)young)->syn
				       : &((const struct young_talk *)young)->segment[i];
}

enum side young_segment(const struct young *young, unsigned i, struct segment *s)
{
	const struct young_segment *kept = kept_of(young, i);
	enum side from = kept->from_responder ? RESPONDER : INITIATOR, to = side_other(from);
	bool syn = kept->ctl & CTL_SYN;

	*s = (struct segment){
		.time_ns = kept->time_ns,
		.packet = kept->packet,
		.input = young->input,
		.source = young->ip[from],
		.destination = young->ip[to],
		.source_port = young->port[from],
		.destination_port = young->port[to],
		.seq = kept->seq,
		.ack = kept->ack,
		.payload_len = syn ? 0 : kept->payload_len,
		.len = syn ? 1 : kept->payload_len + (kept->ctl & CTL_FIN ? 1u : 0u),
		.wnd = kept->wnd,
		.ctl = kept->ctl,
		.options = kept->options,
		.window_scale = syn ? (uint8_t)kept->digest : 0,
		.mss = syn ? kept->payload_len : 0,
		.ts_val = kept->ts_val,
		.ts_ecr = kept->ts_ecr,
		.ttl = kept->ttl,
		.has_ip_id = kept->has_ip_id,
		.ip_id = kept->ip_id,
		.ip_bytes = kept->ip_bytes,
		.checksum = kept->good ? CHECKSUM_GOOD : CHECKSUM_UNCHECKED,
		.digest = syn ? 0 : kept->digest,
		.cut = kept->cut,
		.vlan = young->vlan,
		.tunnel = young->tunnel,
		.network = young->network,
	};
	return from;
}

/* Can all of it be kept, and is there nothing odd about it? */
static bool is_plain(const struct segment *s)
{
	const uint8_t options = s->ctl & CTL_SYN
					? OPTION_MSS | OPTION_WINDOW_SCALE | OPTION_SACK_PERMITTED | OPTION_TIMESTAMPS
					: OPTION_TIMESTAMPS;

	return !(s->ctl & (CTL_RST | CTL_URG)) && !(s->options & ~options) && s->wnd && !s->urgent &&
	       s->payload_len <= UINT16_MAX && s->ip_bytes <= UINT16_MAX && s->checksum != CHECKSUM_BAD &&
	       !s->ip_unstated && !s->ip_flawed;
}

bool young_begins(const struct segment *s)
{
	return (s->ctl & (CTL_SYN | CTL_ACK | CTL_PSH | CTL_FIN)) == CTL_SYN && !s->payload_len && is_plain(s) &&
	       !(s->source_port == s->destination_port && addr_same(&s->source, &s->destination));
}

/* --- connections ---------------------------------------------------------------------------------- */

void young_begin(struct young_attempt *attempt, uint64_t id, uint64_t hash, const struct segment *s)
{
	attempt->young = (struct young){
		.hash = hash,
		.ip = {s->source, s->destination},
		.port = {s->source_port, s->destination_port},
		.network = s->network,
		.input = s->input,
		.vlan = s->vlan,
		.tunnel = s->tunnel,
		.class = YOUNG_HALF_OPEN,
		.count = 1,
		.step = YOUNG_SYN,
		.id = id,
		.watched = {.young = true},
		.age_ns = s->time_ns,
	};
	wheel_timer_init(&attempt->young.watched.timer);
	keep(&attempt->syn, s, false);
}

static enum young_step step_of_attempt(const struct young_segment *syn, const struct segment *s)
{
	const uint8_t bits = CTL_SYN | CTL_ACK | CTL_PSH | CTL_FIN;

	return (s->ctl & bits) == (CTL_SYN | CTL_ACK) && !s->payload_len && s->ack == syn->seq + 1 ? YOUNG_SYN_ACK
												   : YOUNG_NONE;
}

static enum young_step step_of_talk(const struct young_talk *talk, enum side side, const struct segment *s)
{
	enum side peer = side_other(side);
	uint32_t news = s->ack - talk->side[side].ack, outstanding = talk->side[peer].nxt - s->ack;

	if ((s->ctl & (CTL_SYN | CTL_ACK)) != CTL_ACK || s->seq != talk->side[side].nxt || s->payload_len == 1 ||
		(s->options & OPTION_TIMESTAMPS && seq_distance(s->ts_val, talk->side[side].val) < 0))
		return YOUNG_NONE;
	switch ((enum young_class)talk->young.class) {
	case YOUNG_HALF_OPEN:
		return side == INITIATOR && !outstanding && !(s->ctl & CTL_FIN) ? YOUNG_THIRD : YOUNG_NONE;
	case YOUNG_OPEN:
		/* it acknowledges something, or sends something, and nothing that is old, or was not sent */
		if (outstanding > UINT16_MAX || news > INT32_MAX || !(news || s->len))
			return YOUNG_NONE;
		return s->ctl & CTL_FIN ? YOUNG_FIN : YOUNG_NEXT;
	case YOUNG_CLOSING:
		return side != talk->closer && !outstanding && news && !s->len ? YOUNG_FIN_ACK : YOUNG_NONE;
	case YOUNG_CLASSES:
		break;
	}
	return YOUNG_NONE;
}

static enum side sender_of(const struct young *young, const struct segment *s)
{
	return s->source_port == young->port[INITIATOR] && s->destination_port == young->port[RESPONDER] &&
			       addr_same(&s->source, &young->ip[INITIATOR])
		       ? INITIATOR
		       : RESPONDER;
}

enum young_step young_step(const struct young *young, const struct segment *s, enum side *side)
{
	int64_t silence = s->time_ns - young_last_ns(young);

	*side = sender_of(young, s);
	if (!is_plain(s) || s->vlan != young->vlan || s->network != young->network || s->tunnel != young->tunnel ||
		s->input != young->input || silence < 0 || silence >= SILENCE_S * NS_PER_S)
		return YOUNG_NONE;
	if (!young_is_attempt(young))
		return step_of_talk((const struct young_talk *)young, *side, s);
	return *side == INITIATOR ? YOUNG_NONE : step_of_attempt(&((const struct young_attempt *)young)->syn, s);
}

static void note_edges(struct young_talk *talk, enum side side, const struct segment *s)
{
	talk->last_ns = s->time_ns;
	talk->side[side].nxt = s->seq + s->len;
	talk->side[side].ack = s->ack;
	if (s->options & OPTION_TIMESTAMPS)
		talk->side[side].val = s->ts_val;
}

void young_answer(struct young_talk *talk, struct young_attempt *attempt, const struct segment *s)
{
	struct segment syn;

	young_segment(&attempt->young, 0, &syn);
	talk->young = attempt->young;
	wheel_timer_move(&talk->young.watched.timer, &attempt->young.watched.timer);
	talk->segment[0] = attempt->syn;
	keep(&talk->segment[1], s, true);
	talk->young.count = 2;
	talk->young.step = YOUNG_SYN_ACK;
	talk->young.age_ns = s->time_ns;
	note_edges(talk, INITIATOR, &syn);
	talk->side[INITIATOR].ack = s->seq;
	note_edges(talk, RESPONDER, s);
}

void young_add(struct young_talk *talk, enum young_step step, enum side side, const struct segment *s)
{
	keep(&talk->segment[talk->young.count++], s, side == RESPONDER);
	talk->young.step = (uint8_t)step;
	note_edges(talk, side, s);
	if (step == YOUNG_THIRD)
		talk->young.class = YOUNG_OPEN;
	if (step != YOUNG_FIN)
		return;
	talk->young.class = YOUNG_CLOSING;
	talk->closer = (uint8_t)side;
}

int64_t young_last_ns(const struct young *young)
{
	return young_is_attempt(young) ? ((const struct young_attempt *)young)->syn.time_ns
				       : ((const struct young_talk *)young)->last_ns;
}

int64_t young_due_ns(const struct young *young)
{
	static const int64_t wait_ms[YOUNG_CLASSES] = {
		[YOUNG_HALF_OPEN] = TIMEOUT_HALF_OPEN_MS, [YOUNG_OPEN] = TIMEOUT_IDLE_MS, [YOUNG_CLOSING] = CLOSING_MS};

	return clock_plus(young_last_ns(young), wait_ms[young->class] * NS_PER_MS);
}
