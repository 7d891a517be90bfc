/* tracker: the flow table, the clock, what begins and what ends a flow.  See tracker.h. */
#include "track/tracker.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/pool.h"
#include "track/epoch.h"
#include "track/flow.h"
#include "track/flow_table.h"
#include "track/hosts.h"
#include "track/presume.h"
#include "track/role.h"
#include "track/told.h"

#define CLOCK_JUMP_NS (INT64_C(3600) * NS_PER_S)
#define HOSTS_MOST 65536     /* hosts that have shown how long their TIME-WAIT lasts: 6 MB at the most */
#define LOOK_NS NS_PER_S     /* tracker_looked, at most so often */
#define AGE_STEP_NS NS_PER_S /* a flow moves to the young end of its list at most so often */

struct tracker {
	struct tracker_options options;
	tracker_closed *closed;
	void *context;
	struct flow_table table;
	struct pool flows, transfers, pendings, settled;
	uint32_t settled_first, settled_last; /* numbers: the one that was settled longest ago, the newest */
	struct zeek_room zeek_room;
	struct wheel wheel;
	struct list age[FLOW_CLASSES]; /* least recently heard of first */
	struct list order;             /* by id */
	uint64_t half_open, done;      /* of those that are held */
	struct told told;
	int64_t clock_ns, jump_ns; /* jump_ns: a far time that waits for a second packet */
	bool started;
	uint64_t next_id;
	struct hosts *hosts;
	struct tracker_stats stats;
};

/* One connection in so many has a SYN that waits, one in so many may be half-open. */
enum { PENDING_SHARE = 16, HALF_OPEN_SHARE = 4 };

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
	pool_init(&t->flows, sizeof(struct flow), options->max_connections);
	pool_init(&t->transfers, SIDES * sizeof(struct transfer), options->max_connections);
	pool_init(&t->pendings, sizeof(struct pending), options->max_connections / PENDING_SHARE + 1);
	pool_init(&t->settled, sizeof(struct settled), options->max_connections);
	flow_table_init(&t->table, &t->flows, &t->settled);
	zeek_room_init(&t->zeek_room, options->max_connections);
	wheel_init(&t->wheel);
	for (int i = 0; i < FLOW_CLASSES; i++)
		list_init(&t->age[i]);
	list_init(&t->order);
	told_init(&t->told, t->stats.states);
	t->hosts = hosts_new(HOSTS_MOST);
	return t;
}

size_t tracker_connection_bytes(void)
{
	return sizeof(struct flow) + SIDES * sizeof(struct transfer) + sizeof(struct pending) / PENDING_SHARE +
	       sizeof(struct settled) + zeek_connection_bytes() + 2 * FLOW_TABLE_BYTES;
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	flow_table_fini(&t->table);
	pool_fini(&t->flows);
	pool_fini(&t->transfers);
	pool_fini(&t->pendings);
	pool_fini(&t->settled);
	hosts_free(t->hosts);
	zeek_room_fini(&t->zeek_room);
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

/* --- flows come and go --------------------------------------------------------------------------- */

static void drop_pending(struct tracker *t, struct flow *flow)
{
	if (flow->pending)
		pool_give(&t->pendings, flow->pending);
	flow->pending = NULL;
}

static void end_flow(struct tracker *t, struct flow *flow, enum flow_end end)
{
	flow->end = (uint8_t)end;
	drop_pending(t, flow);
	t->stats.evicted += end == END_EVICTED;
	t->closed(t->context, flow);
	zeek_fini(&flow->zeek, &t->zeek_room);
	wheel_cancel(&t->wheel, &flow->timer);
	flow_table_remove(&t->table, flow);
	t->half_open -= flow->class == FLOW_HALF_OPEN;
	t->done -= flow->class == FLOW_DONE;
	list_remove(&flow->age);
	list_remove(&flow->order);
	told_end(&t->told, flow);
	if (flow->transfer)
		pool_give(&t->transfers, flow->transfer);
	pool_give(&t->flows, flow);
	t->stats.open--;
}

static void forget_settled(struct tracker *t, struct settled *settled)
{
	flow_table_remove_settled(&t->table, settled);
	settled->hash = 0; /* its place is taken back when it is the oldest */
}

/* Takes back the oldest one, if it is none any more or `must` go. */
static bool drop_oldest_settled(struct tracker *t, bool must)
{
	struct settled *oldest = pool_item(&t->settled, t->settled_first);

	if (!t->settled.taken || (!must && oldest->hash && settled_until_ns(oldest) > t->clock_ns))
		return false;
	if (oldest->hash)
		forget_settled(t, oldest);
	t->settled_first = oldest->later;
	pool_give(&t->settled, oldest);
	return true;
}

/* The connection is over; all that is kept of it is what tells it from the next one. */
static void settle_flow(struct tracker *t, struct flow *flow)
{
	enum { DROPS = 2 }; /* so that old ones go sooner than new ones come */

	for (int i = 0; i < DROPS && drop_oldest_settled(t, t->settled.taken == t->settled.budget); i++)
		;
	struct settled *settled = pool_take_raw(&t->settled);
	if (settled)
		settled_fill(settled, flow);
	end_flow(t, flow, END_OVER);
	t->stats.settled++;
	if (!settled)
		return;
	uint32_t number = pool_number(&t->settled, settled);
	if (t->settled.taken == 1)
		t->settled_first = number;
	else
		((struct settled *)pool_item(&t->settled, t->settled_last))->later = number;
	t->settled_last = number;
	flow_table_add_settled(&t->table, settled);
}

static struct flow *oldest(const struct tracker *t, enum flow_class class)
{
	return LIST_ITEM(t->age[class].next, struct flow, age);
}

/* Memory is short.  Half-open ones go first, so that a flood of SYNs costs no established connection, but only while
 * they have more than their share: else it is a busy time, in which handshakes are what matters, and those that are
 * over can go, their TIME-WAIT not watched to its end.  Then those that were silent longest (reliability: S3). */
static void evict_one(struct tracker *t)
{
	static const enum flow_class flooded[] = {FLOW_HALF_OPEN, FLOW_DONE, FLOW_OVER, FLOW_LIVE},
				     busy[] = {FLOW_DONE, FLOW_OVER, FLOW_HALF_OPEN, FLOW_LIVE};
	const enum flow_class *policy = t->half_open > t->options.max_connections / HALF_OPEN_SHARE ? flooded : busy;

	while (list_empty(&t->age[*policy]))
		policy++;
	struct flow *flow = oldest(t, *policy);
	if (*policy >= FLOW_OVER)
		settle_flow(t, flow);
	else
		end_flow(t, flow, END_EVICTED);
}

static struct flow *begin_flow(struct tracker *t, const struct segment *s, uint64_t hash, enum side *side)
{
	struct flow *flow = pool_take(&t->flows);

	if (!flow) {
		evict_one(t);
		flow = pool_take(&t->flows);
		if (!flow)
			err_no_memory();
	}
	flow_init(flow, s, t->next_id++, &t->options.stack, t->hosts);
	flow->hash = hash;
	flow->age_ns = s->time_ns;
	flow->class = FLOW_HALF_OPEN;
	t->half_open++;
	flow_table_add(&t->table, flow);
	list_append(&t->order, &flow->order);
	list_append(&t->age[FLOW_HALF_OPEN], &flow->age);
	told_begin(&t->told, flow);
	t->stats.connections++;
	t->stats.open++;
	*side = !addr_compare(&flow->endpoint[INITIATOR].ip, &s->source) &&
				flow->endpoint[INITIATOR].port == s->source_port
			? INITIATOR
			: RESPONDER;
	return flow;
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

	while ((timer = wheel_next_due(&t->wheel, t->clock_ns))) {
		struct flow *flow = LIST_ITEM(timer, struct flow, timer);

		/* it may lie up to a tick ahead: what is due then fires now, dated by its own time */
		int64_t now = t->clock_ns > timer->at_ns ? t->clock_ns : timer->at_ns;
		bool timed_out = flow->timed_out;
		flow_timers(flow, now);
		if (t->options.tells_changes)
			told_timer(&t->told, flow, timed_out);
		if (flow_removal_ns(flow) <= now)
			end_flow(t, flow, flow_classify(flow) >= FLOW_OVER ? END_OVER : END_IDLE);
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

static void feed(struct tracker *t, struct flow *flow, enum side side, const struct segment *s)
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
	if (t->options.tells_changes)
		told_segment(&t->told, flow);
	if (t->options.observed)
		t->options.observed(t->context, &o);
	enum flow_class class = o.steady ? (enum flow_class)flow->class : flow_classify(flow);
	bool as_before = class == (enum flow_class)flow->class;
	if (!as_before || s->time_ns - flow->age_ns > AGE_STEP_NS) {
		list_remove(&flow->age);
		list_append(&t->age[class], &flow->age);
		t->half_open += class == FLOW_HALF_OPEN;
		t->half_open -= flow->class == FLOW_HALF_OPEN;
		t->done += class == FLOW_DONE;
		t->done -= flow->class == FLOW_DONE;
		flow->class = (uint8_t) class;
		flow->age_ns = s->time_ns;
	}
	if (!o.steady)
		arm(t, flow, as_before);
	if (t->done > t->options.most_done)
		settle_flow(t, oldest(t, FLOW_DONE));
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
static void feed_waited(struct tracker *t, struct flow *flow, const struct pending *pending, uint64_t hash)
{
	struct settled *none;
	enum side side;

	for (uint32_t i = 0; i < pending->copies; i++) {
		struct segment syn = copy_that_waited(pending, i);

		flow = flow_table_find(&t->table, &syn, hash, &side, &none);
		feed(t, flow, side, &syn);
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
		*side = addr_compare(&flow->endpoint[INITIATOR].ip, &first->source) ||
					flow->endpoint[INITIATOR].port != first->source_port
				? RESPONDER
				: INITIATOR;
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
	end_flow(t, flow, END_SUPERSEDED);
	flow = begin_flow(t, first, hash, side);
	flow->before = before;
	flow->endpoint[INITIATOR].facts.follows = flow->endpoint[RESPONDER].facts.follows = !gone;
	/* a SYN of the peer that nothing answered is rather one of the new connection: a simultaneous open */
	flow->endpoint[side_other(*side)].bare_syn = syn_waits;
	flow->endpoint[*side].former = former[0];
	flow->endpoint[side_other(*side)].former = former[1];
	flow->zeek = zeek;
	if (!pending.copies)
		return flow;
	feed_waited(t, flow, &pending, hash);
	struct settled *none;
	return flow_table_find(&t->table, s, hash, side, &none);
}

/* A connection after one of which little is kept. */
static struct flow *follow(
	struct tracker *t, struct settled *settled, const struct segment *s, uint64_t hash, enum side *side)
{
	struct predecessor before;
	struct former former[2];

	settled_describe(settled, s, &before, former);
	forget_settled(t, settled);
	struct flow *flow = begin_flow(t, s, hash, side);
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

void tracker_expected(struct tracker *t, const struct segment *s, uint64_t hash)
{
	struct settled *settled;
	enum side side;
	struct flow *flow = flow_table_find(&t->table, s, hash, &side, &settled);
	enum epoch epoch = EPOCH_SAME;

	t->stats.segments++;
	if (!flow && settled && settled_until_ns(settled) <= s->time_ns) {
		forget_settled(t, settled);
		settled = NULL;
	}
	if (!flow && settled && !settled_begins_another(settled, s)) {
		t->stats.late++;
		return;
	}
	if (!flow) {
		flow = settled ? follow(t, settled, s, hash, &side) : begin_flow(t, s, hash, &side);
	} else if (!goes_on_steadily(flow, side, s)) {
		flow_timers(flow, s->time_ns);
		epoch = epoch_of(flow, side, s);
	}
	zeek_segment(&flow->zeek, s, t->clock_ns > s->time_ns ? t->clock_ns : s->time_ns, &t->zeek_room);
	if (epoch == EPOCH_NEW && flow->pending && flow->pending->syn.seq != s->seq)
		drop_pending(t, flow);
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
	while (!list_empty(&t->order)) {
		struct flow *flow = LIST_ITEM(t->order.next, struct flow, order);

		flow_timers(flow, t->clock_ns);
		end_flow(t, flow, END_INPUT);
	}
}
