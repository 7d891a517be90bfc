/* tracker: the clock, and where each segment belongs: to what is held, or to a connection that it begins.  See
 * tracker.h. */
#include "track/tracker.h"

#include <stdlib.h>

#include "base/err.h"
#include "track/epoch.h"
#include "track/flow.h"
#include "track/hosts.h"
#include "track/presume.h"
#include "track/role.h"
#include "track/tracker_internal.h"

#define CLOCK_JUMP_NS (INT64_C(3600) * NS_PER_S)
#define LOOK_NS NS_PER_S /* tracker_looked, at most so often */

enum {
	HOSTS_MOST = 65536, /* that have shown how long their TIME-WAIT lasts: 6 MB at the most */
	AHEAD = 4,          /* in the end so many are on their way from memory */
};

struct tracker *tracker_new(const struct tracker_options *options, tracker_closed *closed, void *context)
{
	struct tracker *t = mem_new(1, sizeof *t);

	t->options = *options;
	t->closed = closed;
	t->context = context;
	t->next_id = (uint64_t)options->first_id;
	if (!options->most_done)
		t->options.most_done = UINT64_MAX;
	t->jump_ns = CLOCK_NONE;
	hold_init(t);
	wheel_init(&t->wheel);
	told_init(&t->told, t->stats.states);
	t->hosts = hosts_new(HOSTS_MOST);
	return t;
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	hold_fini(t);
	hosts_free(t->hosts);
	free(t);
}

int64_t tracker_clock_ns(const struct tracker *t)
{
	return t->clock_ns;
}

const struct tracker_stats *tracker_stats(const struct tracker *t)
{
	return &t->stats;
}

/* --- time ---------------------------------------------------------------------------------------- */

static void arm(struct tracker *t, struct flow *flow, bool as_before)
{
	/* what is no more over than before is waited for longer with each segment */
	if (as_before && flow->class < FLOW_OVER && flow->timer.level >= 0 && flow->due_ns >= flow->timer.at_ns)
		return;
	int64_t next = flow_next_timer(flow);

	/* a timer that is set too early wakes for nothing and is set again: cheaper than moving it with each segment */
	if (flow->timer.level < 0 || next < flow->timer.at_ns)
		wheel_set(&t->wheel, &flow->timer, next);
}

static void run_timers(struct tracker *t)
{
	struct wheel_timer *timer;

	hold_drop_silent(t);
	while ((timer = wheel_next_due(&t->wheel, t->clock_ns))) {
		struct flow *flow = LIST_ITEM(timer, struct flow, timer);

		/* it may lie up to a tick ahead: what is due then fires now, dated by its own time */
		int64_t now = t->clock_ns > timer->at_ns ? t->clock_ns : timer->at_ns;
		bool timed_out = flow->timed_out;
		flow_timers(flow, now);
		if (t->options.tells_changes)
			told_timer(&t->told, flow, timed_out);
		if (flow_removal_ns(flow) <= now)
			hold_end(t, flow, flow_classify(flow) >= FLOW_OVER ? END_OVER : END_IDLE);
		else
			wheel_set(&t->wheel, &flow->timer, flow_next_timer(flow));
	}
}

void tracker_advance(struct tracker *t, int64_t time_ns)
{
	if (!t->started) {
		t->started = true;
		t->clock_ns = time_ns;
	}
	if (time_ns < t->clock_ns) {
		t->stats.time_back++;
		return;
	}
	if (clock_since(time_ns, t->clock_ns) > CLOCK_JUMP_NS) {
		bool agreed = t->jump_ns != CLOCK_NONE && time_ns >= t->jump_ns &&
			      clock_since(time_ns, t->jump_ns) <= CLOCK_JUMP_NS;
		t->jump_ns = time_ns;
		if (!agreed)
			return;
	}
	t->clock_ns = time_ns;
	run_timers(t);
}

/* --- one segment --------------------------------------------------------------------------------- */

/* Nothing begins or ends with it, and no timer runs (steady.h). */
static bool goes_on_steadily(const struct flow *flow, enum side side, const struct segment *s)
{
	return flow->steady[side] && !(s->ctl & (CTL_SYN | CTL_FIN | CTL_RST));
}

void tracker_feed(struct tracker *t, struct flow *flow, enum side side, const struct segment *s, bool was_young)
{
	struct observation o;

	if (!flow->transfer && (s->payload_len || !(s->ctl & (CTL_SYN | CTL_RST))))
		flow_give_transfer(flow, pool_take(&t->transfers));
	else if (flow->transfer && s->payload_len) /* wanted soon, and far from the flow */
		__builtin_prefetch(&flow->transfer[side].lately, 1);
	if (t->options.looked && clock_since(s->time_ns, flow->looked_ns) >= LOOK_NS) {
		flow->looked_ns = s->time_ns;
		t->options.looked(t->context, flow, s->time_ns);
	}
	if (!goes_on_steadily(flow, side, s))
		side = role_settle(flow, side, s);
	flow_segment(flow, side, s, &o);
	o.was_young = was_young;
	if (t->options.tells_changes)
		told_segment(&t->told, flow);
	if (t->options.observed)
		t->options.observed(t->context, &o);
	enum flow_class class = o.steady ? (enum flow_class)flow->class : flow_classify(flow);
	bool as_before = class == (enum flow_class)flow->class;
	hold_heard(t, flow, class, s->time_ns);
	if (!o.steady)
		arm(t, flow, as_before);
	hold_settle_some(t);
}

static void feed(struct tracker *t, struct flow *flow, enum side side, const struct segment *s)
{
	tracker_feed(t, flow, side, s, false);
}

/* The i-th copy of a SYN that waited.  The first and the last are known; those between are taken to be as late as the
 * one before the last, and like the last, but each a little older than the next. */
static struct segment copy_that_waited(const struct pending *pending, uint32_t i)
{
	struct segment copy = i ? pending->last : pending->syn;
	uint32_t follow = pending->copies - 1 - i;

	if (!i || !follow)
		return copy;
	copy.time_ns = pending->before_last_ns;
	copy.ts_val -= follow;
	if (copy.ip_id != pending->syn.ip_id)
		copy.ip_id -= (uint16_t)follow;
	return copy;
}

/* They belong to what it began, and not to the connection that they were counted with. */
static void feed_waited(struct tracker *t, struct flow *flow, const struct pending *pending)
{
	for (uint32_t i = 0; i < pending->copies; i++) {
		struct segment syn = copy_that_waited(pending, i);

		feed(t, flow, flow_sender(flow, &syn), &syn);
	}
}

/* The old connection ends, a new one begins with the SYN that waited, if one did. */
static struct flow *supersede(
	struct tracker *t, struct flow *flow, const struct segment *s, uint64_t hash, enum side *side)
{
	struct pending pending = {.copies = 0};
	const struct segment *first = s;

	if (flow->pending) {
		pending = *flow->pending;
		first = &pending.syn;
		*side = flow_sender(flow, first);
		flow_uncount(flow, *side, &pending);
	}
	struct predecessor before = epoch_describe(flow, *side, first);
	presume_superseded(flow, *side, before.beyond, first->time_ns);
	before.outcome = (uint8_t)flow_outcome(flow);
	const struct endpoint *peer = &flow->endpoint[side_other(*side)];
	const struct endpoint *own = &flow->endpoint[*side];
	struct former former[2] = {{own->isn, own->isn_seen}, {peer->isn, peer->isn_seen}};
	bool syn_waits = peer->bare_syn && !(peer->facts.must & FACT_GOT_SYN) && !(peer->facts.held & FACT_GONE);
	bool gone = flow->endpoint[INITIATOR].facts.must & flow->endpoint[RESPONDER].facts.must & FACT_GONE;
	struct zeek zeek = zeek_leave(&flow->zeek);
	hold_end(t, flow, END_SUPERSEDED);
	flow = hold_begin(t, first, hash, side);
	flow->before = before;
	flow->endpoint[INITIATOR].facts.follows = flow->endpoint[RESPONDER].facts.follows = !gone;
	/* a SYN of the peer that nothing answered is rather one of the new connection: a simultaneous open */
	flow->endpoint[side_other(*side)].bare_syn = syn_waits;
	flow->endpoint[*side].former = former[0];
	flow->endpoint[side_other(*side)].former = former[1];
	flow->zeek = zeek;
	if (!pending.copies)
		return flow;
	feed_waited(t, flow, &pending);
	*side = flow_sender(flow, s);
	return flow;
}

/* A connection after one of which little is kept. */
static struct flow *follow(
	struct tracker *t, struct settled *settled, const struct segment *s, uint64_t hash, enum side *side)
{
	struct predecessor before;
	struct former former[2];

	settled_describe(settled, s, &before, former);
	hold_forget_settled(t, settled);
	struct flow *flow = hold_begin(t, s, hash, side);
	flow->before = before;
	flow->endpoint[INITIATOR].facts.follows = flow->endpoint[RESPONDER].facts.follows = true;
	flow->endpoint[*side].former = former[0];
	flow->endpoint[side_other(*side)].former = former[1];
	return flow;
}

static int64_t distinct_octets(const struct flow *flow)
{
	return flow->endpoint[INITIATOR].stream.fresh_bytes + flow->endpoint[RESPONDER].stream.fresh_bytes;
}

/* No payload is kept: where somebody asks for it, these octets are a hole. */
static struct segment without_payload(const struct segment *s)
{
	struct segment kept = *s;

	kept.payload = NULL;
	kept.payload_captured = 0;
	return kept;
}

/* A SYN that may begin a new connection waits for its answer; only one does at a time.  False: another one does. */
static bool hold_syn(struct tracker *t, struct flow *flow, const struct segment *s)
{
	struct pending *pending = flow->pending;

	if (pending && pending->syn.seq == s->seq && pending->syn.source_port == s->source_port &&
		!addr_compare(&pending->syn.source, &s->source)) {
		pending->copies++;
		pending->before_last_ns = pending->last.time_ns;
		pending->last = without_payload(s);
		return true;
	}
	if (pending || !(pending = flow->pending = pool_take(&t->pendings)))
		return false;
	*pending = (struct pending){.copies = 1, .before_last_ns = s->time_ns, .flow_last_ns = flow->last_ns};
	pending->syn = pending->last = without_payload(s);
	return true;
}

/* Until then it is counted with the old connection. */
static void feed_held(struct tracker *t, struct flow *flow, enum side side, const struct segment *s)
{
	int64_t octets = distinct_octets(flow);

	bool held = hold_syn(t, flow, s);
	feed(t, flow, side, s);
	if (held)
		flow->pending->octets += distinct_octets(flow) - octets;
}

uint64_t tracker_expect(const struct tracker *t, const struct segment *s)
{
	uint64_t hash = flow_table_hash(&t->table, s);

	flow_table_expect(&t->table, hash);
	return hash;
}

void tracker_fetch(const struct tracker *t, uint64_t hash)
{
	flow_table_fetch(&t->table, hash);
}

void tracker_segment(struct tracker *t, const struct segment *s)
{
	tracker_expected(t, s, flow_table_hash(&t->table, s));
}

/* What is kept of the connections of the segment's endpoints decides about it.  True: there is no more to do. */
static bool taken_early(struct tracker *t, const struct segment *s, uint64_t hash, struct flow_found *found)
{
	if (found->young && (!found->flow || found->adopts)) {
		if (hold_go_on_young(t, found->young, s))
			return true;
		hold_grow_up(t, found->young);
		*found = flow_table_find(&t->table, s, hash);
	}
	if (found->flow)
		return false;
	if (found->settled && settled_until_ns(found->settled) <= s->time_ns) {
		hold_forget_settled(t, found->settled);
		found->settled = NULL;
	}
	if (!found->settled)
		return hold_begin_young(t, s, hash);
	if (settled_begins_another(found->settled, s))
		return false;
	t->stats.late++;
	return true;
}

void tracker_expected(struct tracker *t, const struct segment *s, uint64_t hash)
{
	struct flow_found found = flow_table_find(&t->table, s, hash);
	enum epoch epoch = EPOCH_SAME;

	t->stats.segments++;
	if (taken_early(t, s, hash, &found))
		return;
	struct flow *flow = found.flow;
	enum side side = found.side;
	if (!flow) {
		flow = found.settled ? follow(t, found.settled, s, hash, &side) : hold_begin(t, s, hash, &side);
	} else if (!goes_on_steadily(flow, side, s)) {
		flow_timers(flow, s->time_ns);
		epoch = epoch_of(flow, side, s);
	}
	zeek_segment(&flow->zeek, s, t->clock_ns > s->time_ns ? t->clock_ns : s->time_ns, &t->zeek_room);
	if (epoch == EPOCH_NEW && flow->pending && flow->pending->syn.seq != s->seq)
		hold_drop_pending(t, flow);
	if (epoch == EPOCH_NEW || epoch == EPOCH_ANSWERED)
		flow = supersede(t, flow, s, hash, &side);
	if (epoch == EPOCH_PENDING)
		feed_held(t, flow, side, s);
	else
		feed(t, flow, side, s);
}

void tracker_changed(struct tracker *t, int64_t every_ns, unsigned most, tracker_told *told)
{
	told_changed(&t->told, t->clock_ns, every_ns, most, told, t->context);
}

void tracker_tell_all(struct tracker *t)
{
	for (struct list *at = t->order.next; at != &t->order; at = at->next)
		told_anew(&t->told, LIST_ITEM(at, struct flow, order));
}

void tracker_each(const struct tracker *t, tracker_visit *visit, void *context)
{
	for (const struct list *at = t->order.next; at != &t->order; at = at->next)
		visit(context, LIST_ITEM(at, struct flow, order));
}

void tracker_finish(struct tracker *t, int64_t until_ns)
{
	if (until_ns > t->clock_ns && t->started)
		t->clock_ns = until_ns;
	run_timers(t);
	uint64_t open = t->stats.open;
	struct held *all = hold_all(t);
	for (uint64_t i = 0; i < open; i++) {
		if (i + AHEAD < open && all[i + AHEAD].is_young)
			flow_table_expect(&t->table, ((const struct young *)all[i + AHEAD].item)->hash);
		struct flow *flow = all[i].is_young ? hold_grow_up(t, all[i].item) : all[i].item;

		flow_timers(flow, t->clock_ns);
		hold_end(t, flow, END_INPUT);
	}
	free(all);
}
