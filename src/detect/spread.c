/* spread: the phases of a connection, and who is told when one begins or ends.  See spread.h. */
#include "detect/spread.h"

#include <stdlib.h>

#include "base/err.h"
#include "detect/many.h"

enum { SILENCE_S = 10, JUMP_S = 3600, STEP_S = 16 };

struct spread *spread_new(const struct limits *limits)
{
	struct spread *s = mem_new(1, sizeof *s);

	s->limits = *limits;
	s->now_ns = s->drop_ns = s->jump_ns = CLOCK_NONE;
	s->next_ns = INT64_MIN;
	s->unanswered = anomaly_from_code("keepalive-unanswered");
	wheel_init(&s->wheel);
	talkers_init(&s->services, sizeof(struct service), SERVICES_MOST);
	talkers_init(&s->probers, prober_bytes, PROBERS_MOST);
	talkers_init(&s->vertical, scan_entry_bytes, SCANS_MOST);
	talkers_init(&s->horizontal, scan_entry_bytes, SCANS_MOST);
	talkers_init(&s->pairs, sizeof(struct pair), PAIRS_MOST);
	talkers_init(&s->leaks, leak_bytes, LEAKS_MOST);
	talkers_init(&s->idles, idle_bytes, IDLES_MOST);
	many_init(s);
	return s;
}

size_t spread_bytes(void)
{
	return sizeof(struct spread) + MANY_ROWS_BYTES + SERVICES_MOST * sizeof(struct service) +
	       (size_t)PROBERS_MOST * prober_bytes + 2 * (size_t)SCANS_MOST * scan_entry_bytes +
	       PAIRS_MOST * sizeof(struct pair) + (size_t)LEAKS_MOST * leak_bytes + (size_t)IDLES_MOST * idle_bytes;
}

void spread_free(struct spread *s)
{
	if (!s)
		return;
	talkers_fini(&s->services);
	talkers_fini(&s->probers);
	talkers_fini(&s->vertical);
	talkers_fini(&s->horizontal);
	talkers_fini(&s->pairs);
	talkers_fini(&s->leaks);
	talkers_fini(&s->idles);
	many_fini(s);
	free(s);
}

struct parties many_parties(const struct flow *flow)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];

	return (struct parties){
		.ip = {i->ip, r->ip},
		.port = {i->port, r->port},
		.network = (uint16_t)(i->vlan != VLAN_UNSEEN ? i : r)->network,
		.ttl = i->ttl,
		.syn_ns = i->syn.first,
	};
}

static struct parties parties_of_young(const struct young *young)
{
	struct segment syn;

	young_segment(young, 0, &syn);
	return (struct parties){
		.ip = {syn.source, syn.destination},
		.port = {syn.source_port, syn.destination_port},
		.network = (uint16_t)syn.network,
		.ttl = syn.ttl,
		.syn_ns = syn.time_ns,
	};
}

struct talker_key many_service_key(const struct parties *p)
{
	return (struct talker_key){.a = p->ip[RESPONDER], .port = p->port[RESPONDER], .network = p->network};
}

struct talker_key many_pair_key(const struct parties *p)
{
	return (struct talker_key){
		.a = p->ip[INITIATOR], .b = p->ip[RESPONDER], .port = p->port[RESPONDER], .network = p->network};
}

/* --- phases --------------------------------------------------------------------------------------- */

static void set_timer(struct spread *s, struct watched *w, enum watch_phase phase, int64_t at_ns)
{
	w->phase = (uint8_t)phase;
	wheel_set(&s->wheel, &w->timer, at_ns);
}

static void leave_phase(struct spread *s, struct watched *w, enum watch_phase next)
{
	wheel_cancel(&s->wheel, &w->timer);
	w->phase = (uint8_t)next;
}

static void tell_attempt(struct spread *s, struct watched *w, const struct parties *parties, enum attempt how)
{
	bool late = w->phase == WATCH_OVERDUE;

	if (how == ATTEMPT_DONE) {
		s->handshakes++;
		w->marks |= MARK_DONE;
		ports_begin(s, w, parties);
	}
	open_attempt(s, w, parties, how, late);
	scan_attempt(s, w, parties, how);
}

static void tell_overdue(struct spread *s, struct watched *w)
{
	struct parties parties = w->young ? parties_of_young(LIST_ITEM(w, struct young, watched))
					  : many_parties(LIST_ITEM(w, struct flow, watched));

	tell_attempt(s, w, &parties, w->marks & MARK_ANSWERED ? ATTEMPT_HALF : ATTEMPT_SILENT);
}

static void on_timer(struct spread *s, struct watched *w)
{
	struct flow *flow =
		LIST_ITEM(w, struct flow, watched); /* in a phase of opening it may be a young one instead */
	/* it may lie up to a tick ahead */
	int64_t now = s->now_ns > w->timer.at_ns ? s->now_ns : w->timer.at_ns;

	switch ((enum watch_phase)w->phase) {
	case WATCH_OPENING:
		tell_overdue(s, w);
		w->phase = WATCH_OVERDUE;
		break;
	case WATCH_CLOSING:
		w->phase = WATCH_STUCK;
		leak_begin(s, flow);
		break;
	case WATCH_TIMEWAIT: {
		int64_t ends = endpoint_time_wait_ends(&flow->endpoint[INITIATOR]);

		if (flow->endpoint[INITIATOR].time_wait_ns != CLOCK_NONE && ends > now) {
			set_timer(s, w, WATCH_TIMEWAIT, ends); /* begun anew meanwhile */
			break;
		}
		ports_end(s, flow);
		w->phase = WATCH_NONE;
		break;
	}
	case WATCH_NONE:
	case WATCH_OVERDUE:
	case WATCH_STUCK:
		break;
	}
}

/* --- time ----------------------------------------------------------------------------------------- */

static void look_at_touched(struct spread *s)
{
	struct service *service;
	struct pair *pair;

	while ((service = talkers_next_dirty(&s->services)))
		open_look(s, service);
	scan_look(s);
	while ((pair = talkers_next_dirty(&s->pairs)))
		ports_look(s, pair);
}

/* Moves the clock within a second, or into the next one. */
static void move_to(struct spread *s, int64_t now_ns)
{
	struct wheel_timer *timer;

	int64_t second_ends = (s->second + 1) * NS_PER_S;

	if (now_ns >= second_ends) {
		s->now_ns = second_ends;
		look_at_touched(s);
	}
	s->now_ns = now_ns;
	s->second = now_ns / NS_PER_S;
	while ((timer = wheel_next_due(&s->wheel, now_ns)))
		on_timer(s, LIST_ITEM(timer, struct watched, timer));
	if (now_ns >= s->leak_ns) {
		leak_look(s);
		s->leak_ns = clock_plus(now_ns, many_slot_ns(s, LIMIT_leak_slot));
	}
}

/* What is due in a pause without packets is booked where it belongs: second by second at first, then as the leaks
 * are counted; a pause of hours in one step, but for its end. */
static void pass_pause(struct spread *s, int64_t now_ns)
{
	int64_t end = s->now_ns + STEP_S * NS_PER_S, slot = many_slot_ns(s, LIMIT_leak_slot);

	while (s->now_ns + NS_PER_S < now_ns && s->now_ns < end)
		move_to(s, s->now_ns + NS_PER_S);
	if (clock_since(now_ns, s->now_ns) / slot > STEP_S)
		move_to(s, now_ns - STEP_S * slot);
	while (s->now_ns < s->leak_ns && s->leak_ns < now_ns)
		move_to(s, s->leak_ns);
}

/* A jump of more than an hour waits until a second time agrees with it, as in the tracker. */
static bool is_agreed(struct spread *s, int64_t now_ns)
{
	const int64_t jump = JUMP_S * NS_PER_S;

	if (clock_since(now_ns, s->now_ns) <= jump)
		return true;
	bool agreed = s->jump_ns != CLOCK_NONE && now_ns >= s->jump_ns && clock_since(now_ns, s->jump_ns) <= jump;
	s->jump_ns = now_ns;
	return agreed;
}

void spread_settle(struct spread *s)
{
	if (s->now_ns != CLOCK_NONE)
		look_at_touched(s);
}

int64_t spread_next_ns(const struct spread *s)
{
	return s->next_ns;
}

void spread_wake(struct spread *s, int64_t now_ns)
{
	if (s->now_ns == CLOCK_NONE) {
		s->now_ns = now_ns;
		s->second = now_ns / NS_PER_S;
		s->leak_ns = clock_plus(now_ns, many_slot_ns(s, LIMIT_leak_slot));
		wheel_next_due(&s->wheel, now_ns);
	}
	if (now_ns > s->now_ns && is_agreed(s, now_ns)) {
		pass_pause(s, now_ns);
		move_to(s, now_ns);
	}
	s->next_ns = (s->second + 1) * NS_PER_S;
}

/* --- the handshake -------------------------------------------------------------------------------- */

static void begin_opening(struct spread *s, struct watched *w, int64_t now_ns)
{
	set_timer(s, w, WATCH_OPENING, clock_plus(now_ns, LOOK_AGAIN_S * NS_PER_S));
}

static void mark_answered(struct spread *s, struct watched *w)
{
	s->replies += !(w->marks & MARK_ANSWERED);
	w->marks |= MARK_ANSWERED;
}

static void end_opening(struct spread *s, struct watched *w, const struct parties *parties)
{
	tell_attempt(s, w, parties, ATTEMPT_DONE);
	leave_phase(s, w, WATCH_NONE);
}

static void on_syn(struct spread *s, const struct observation *o)
{
	struct watched *w = &o->flow->watched;

	if (!o->acceptable || o->duplicate || o->side != INITIATOR || w->marks & MARK_DONE)
		return;
	if (w->phase == WATCH_NONE && o->x->syns == 1 && !o->y->segments) {
		begin_opening(s, w, o->t);
		return;
	}
	if (w->phase != WATCH_OPENING && w->phase != WATCH_OVERDUE)
		return;
	/* with an answer before it, that was lost: the listener is not to blame */
	if (!(w->marks & (MARK_ANSWERED | MARK_REPEATED)))
		open_again(s, o->flow);
	w->marks |= MARK_REPEATED;
}

static void on_syn_ack(struct spread *s, const struct observation *o)
{
	struct watched *w = &o->flow->watched;

	if (!o->acceptable || o->duplicate || o->side != RESPONDER)
		return;
	/* it was acknowledged, and that was dropped */
	if (w->marks & MARK_DONE && !(w->marks & MARK_REPLIED) && o->flow->closing_ns == CLOCK_NONE)
		open_again(s, o->flow);
	if (w->marks & MARK_ANSWERED)
		w->marks |= MARK_REPLIED;
	mark_answered(s, w);
}

/* Does this segment show that the handshake is over, or that nothing comes of it? */
static void on_opening(struct spread *s, const struct observation *o)
{
	struct watched *w = &o->flow->watched;
	bool answered = w->marks & MARK_ANSWERED;
	struct parties parties;

	if (o->syn || !o->acceptable)
		return;
	if (o->rst) {
		enum attempt how = o->side == RESPONDER ? ATTEMPT_REFUSED : answered ? ATTEMPT_ABORTED : ATTEMPT_SILENT;

		s->replies += o->side == RESPONDER;
		if (o->side == RESPONDER && !o->flow->reset)
			return;
		parties = many_parties(o->flow);
		if (w->phase == WATCH_OPENING)
			tell_attempt(s, w, &parties, how);
		leave_phase(s, w, WATCH_NONE);
		return;
	}
	if (o->side == INITIATOR ? !o->has_ack : !(answered && o->segment->payload_len))
		return;
	parties = many_parties(o->flow);
	end_opening(s, w, &parties);
}

/* A connection that is older than the capture: whoever it belongs to knows that service. */
static void on_midstream(struct spread *s, const struct flow *flow)
{
	struct parties parties = many_parties(flow);
	struct talker_key key = many_pair_key(&parties);

	ports_know(s, &key);
}

/* --- the close ------------------------------------------------------------------------------------ */

/* A RST of the side that has not spoken since the silence.  One that comes of itself, with its sender's hop limit, is
 * its sender's own doing. */
static bool is_cut(const struct observation *o)
{
	int64_t spoke = o->flow->spoke_ns;
	bool provoked = o->t > spoke || o->y->last_ns == spoke;

	return (o->x_last_ns == CLOCK_NONE || o->x_last_ns < spoke) && (provoked || o->segment->ttl != o->x->ttl);
}

/* The first FIN or RST. */
static void begin_closing(
	struct spread *s, struct watched *w, const struct parties *parties, const struct closing *closing)
{
	w->marks |= MARK_CLOSED;
	s->closings++;
	if (!(w->marks & MARK_DONE))
		return;
	ports_close(w, parties, closing->time_ns);
	surge_close(s, parties, closing);
}

static void on_closing(struct spread *s, const struct observation *o)
{
	struct flow *flow = o->flow;

	if (flow->watched.marks & MARK_CLOSED || flow->closing_ns != o->t || !(o->fin || (o->rst && flow->reset)))
		return;
	s->gappy += stream_gap_bytes(&o->x->stream) > 0 || stream_gap_bytes(&o->y->stream) > 0;
	if (o->rst && flow->silence_ns && is_cut(o))
		idle_cut(s, flow);
	flow->silence_ns = 0;
	struct parties parties = many_parties(flow);
	struct closing closing = {.time_ns = o->t, .reset = o->rst, .by = o->side};
	for (int side = 0; side < SIDES; side++) {
		closing.segments += flow->endpoint[side].segments;
		closing.resent += flow->endpoint[side].repeats.retransmitted;
	}
	begin_closing(s, &flow->watched, &parties, &closing);
}

static bool has_closed(const struct endpoint *e)
{
	return e->fin != OFFSET_NONE || e->facts.held & FACT_GONE;
}

/* Its sender acknowledges the FIN of the other side, and has not closed. */
static bool begins_close_wait(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;

	return o->acceptable && !o->rst && y->fin != OFFSET_NONE && !y->fin_guessed && y->fin_copies.count &&
	       o->ack != OFFSET_NONE && o->ack > y->fin && !has_closed(x) && !(y->facts.held & FACT_GONE);
}

static void on_close_wait(struct spread *s, const struct observation *o)
{
	struct flow *flow = o->flow;
	struct watched *w = &flow->watched;
	bool over = has_closed(&flow->endpoint[INITIATOR]) && has_closed(&flow->endpoint[RESPONDER]);
	bool fresh = o->segment->payload_len && !o->repeat && !o->probe && !has_closed(o->x);

	if (!over && !fresh)
		return;
	if (w->phase == WATCH_STUCK)
		leak_end(s, flow);
	leave_phase(s, w, WATCH_NONE);
	if (!over) /* it still uses the connection */
		set_timer(s, w, WATCH_CLOSING, clock_plus(o->t, s->limits.value[LIMIT_close_wait]));
}

static void begin_close_wait(struct spread *s, const struct observation *o)
{
	struct watched *w = &o->flow->watched;

	if (w->phase == WATCH_NONE && begins_close_wait(o))
		set_timer(s, w, WATCH_CLOSING, clock_plus(o->t, s->limits.value[LIMIT_close_wait]));
}

static void on_late(struct spread *s, const struct observation *o)
{
	struct flow *flow = o->flow;
	struct watched *w = &flow->watched;

	if (w->phase == WATCH_CLOSING || w->phase == WATCH_STUCK)
		on_close_wait(s, o);
	else
		begin_close_wait(s, o);
	if (!w->pair || w->phase != WATCH_NONE)
		return;
	const struct endpoint *i = &flow->endpoint[INITIATOR];
	if (i->time_wait_ns != CLOCK_NONE) {
		w->phase = WATCH_TIMEWAIT;
		if (ports_wait(s, flow))
			set_timer(s, w, WATCH_TIMEWAIT, endpoint_time_wait_ends(i));
	} else if (facts_current(&i->facts) == TCP_CLOSED) {
		ports_end(s, flow);
	}
}

void spread_segment(struct spread *s, const struct observation *o)
{
	struct flow *flow = o->flow;

	if (o->syn && !o->rst && !o->fin) {
		if (o->has_ack)
			on_syn_ack(s, o);
		else
			on_syn(s, o);
		return;
	}
	if (flow->watched.phase == WATCH_OPENING || flow->watched.phase == WATCH_OVERDUE)
		on_opening(s, o);
	else if (flow->midstream && o->x->segments + o->y->segments == 1 && !o->rst)
		on_midstream(s, flow);
	if (flow->closing_ns == CLOCK_NONE)
		return;
	on_closing(s, o);
	on_late(s, o);
}

/* --- young connections ------------------------------------------------------------------------------ */

void spread_young(struct spread *s, struct young *young)
{
	struct watched *w = &young->watched;
	struct parties parties;

	switch ((enum young_step)young->step) {
	case YOUNG_SYN:
		begin_opening(s, w, young_last_ns(young));
		break;
	case YOUNG_SYN_ACK:
		mark_answered(s, w);
		break;
	case YOUNG_THIRD:
		parties = parties_of_young(young);
		end_opening(s, w, &parties);
		break;
	case YOUNG_FIN:
		parties = parties_of_young(young);
		begin_closing(
			s, w, &parties, &(struct closing){.time_ns = young_last_ns(young), .segments = young->count});
		break;
	case YOUNG_FIN_ACK: /* it waits for the close of the other side from now on: for longer than it is young */
	case YOUNG_NEXT:
	case YOUNG_NONE:
		break;
	}
}

void spread_grown(struct spread *s, const struct observation *o)
{
	if (o->flow->closing_ns != CLOCK_NONE)
		begin_close_wait(s, o);
}

/* --- silence -------------------------------------------------------------------------------------- */

void spread_look(struct spread *s, struct flow *flow, int64_t now_ns)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];

	if (flow->silence_ns && i->last_ns >= flow->spoke_ns && r->last_ns >= flow->spoke_ns) {
		idle_survived(s, flow);
		flow->silence_ns = 0;
	}
	if (flow->silence_ns || flow->closing_ns != CLOCK_NONE ||
		clock_since(now_ns, flow->last_ns) < SILENCE_S * NS_PER_S || !(r->facts.held & FACT_SYN_ACKED))
		return;
	flow->silence_ns = clock_since(now_ns, flow->last_ns);
	flow->spoke_ns = now_ns;
}

void spread_found(struct spread *s, struct flow *flow, enum anomaly kind, int64_t now_ns)
{
	(void)now_ns;
	if (kind != s->unanswered || kind == ANOMALIES || !flow->silence_ns)
		return;
	idle_cut(s, flow);
	flow->silence_ns = 0;
}

/* --- the end -------------------------------------------------------------------------------------- */

void spread_end(struct spread *s, struct flow *flow)
{
	if (flow->now_ns >= s->next_ns)
		spread_wake(s, flow->now_ns);
	if (flow->end == END_INPUT && !s->ended) {
		s->ended = true;
		spread_settle(s);
	}
	if (flow->watched.phase == WATCH_OPENING && flow->end != END_INPUT)
		tell_overdue(s, &flow->watched);
	if (flow->cut)
		capture_cut(s, flow);
	ports_end(s, flow);
	/* a connection that is given up for its age stays stuck for all that is known */
	if (flow->leak && (flow->end == END_SUPERSEDED || flow->end == END_OVER))
		leak_end(s, flow);
	leave_phase(s, &flow->watched, WATCH_NONE);
}
