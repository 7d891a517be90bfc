/* tracker: the flow table, the clock, what begins and what ends a flow.  See tracker.h. */
#include "track/tracker.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/pool.h"
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
	struct pool flows, transfers, pendings;
	struct zeek_room zeek_room;
	struct wheel wheel;
	struct list age[FLOW_CLASSES]; /* least recently heard of first */
	struct list order;             /* by id */
	uint64_t half_open;            /* of those that are open */
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
	t->jump_ns = CLOCK_NONE;
	pool_init(&t->flows, sizeof(struct flow), options->max_connections);
	flow_table_init(&t->table, &t->flows);
	pool_init(&t->transfers, SIDES * sizeof(struct transfer), options->max_connections);
	pool_init(&t->pendings, sizeof(struct pending), options->max_connections / PENDING_SHARE + 1);
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
	       zeek_connection_bytes() + FLOW_TABLE_BYTES;
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	flow_table_fini(&t->table);
	pool_fini(&t->flows);
	pool_fini(&t->transfers);
	pool_fini(&t->pendings);
	hosts_free(t->hosts);
	zeek_room_fini(&t->zeek_room);
	free(t);
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
	list_remove(&flow->age);
	list_remove(&flow->order);
	told_end(&t->told, flow);
	if (flow->transfer)
		pool_give(&t->transfers, flow->transfer);
	pool_give(&t->flows, flow);
	t->stats.open--;
}

/* Memory is short.  Half-open ones go first, so that a flood of SYNs costs no established connection, but only while
 * they have more than their share: else it is a busy time, in which handshakes are what matters, and those that are
 * over can go, their TIME-WAIT not watched to its end.  Then those that were silent longest (reliability: S3). */
static void evict_one(struct tracker *t)
{
	static const enum flow_class flooded[] = {FLOW_HALF_OPEN, FLOW_OVER, FLOW_LIVE},
				     busy[] = {FLOW_OVER, FLOW_HALF_OPEN, FLOW_LIVE};
	const enum flow_class *policy = t->half_open > t->options.max_connections / HALF_OPEN_SHARE ? flooded : busy;

	for (int i = 0; i < FLOW_CLASSES; i++)
		if (!list_empty(&t->age[policy[i]])) {
			end_flow(t, LIST_ITEM(t->age[policy[i]].next, struct flow, age),
				policy[i] == FLOW_OVER ? END_OVER : END_EVICTED);
			return;
		}
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

static void arm(struct tracker *t, struct flow *flow)
{
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
			end_flow(t, flow, flow_classify(flow) == FLOW_OVER ? END_OVER : END_IDLE);
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

/* --- the same four-tuple again ------------------------------------------------------------------- */

enum epoch {
	EPOCH_SAME,    /* belongs to the connection that is there */
	EPOCH_NEW,     /* begins a new one */
	EPOCH_PENDING, /* a SYN that may: the answer decides */
	EPOCH_ANSWERED /* answers the pending SYN: that one began a new connection */
};

static bool is_done(enum tcp_state state)
{
	return state == TCP_CLOSED || state == TCP_TIME_WAIT;
}

/* Would a TIME-WAIT let this SYN of x in?  Its number, or else its timestamp, is beyond all that x used before
 * (RFC 9293 3.10.7.4, RFC 6191 2). */
static bool is_beyond(const struct endpoint *x, const struct segment *s)
{
	bool newer = s->options & OPTION_TIMESTAMPS && x->has_val && seq_distance(s->ts_val, x->last_val) > 0;

	return newer || x->nxt == OFFSET_NONE || seq_distance(s->seq, unwrap_wire(&x->seq, x->nxt)) > 0;
}

/* A bare SYN with a number that is not the known one (RFC 9293 3.10.7.4, RFC 6191). */
static enum epoch epoch_of_syn(const struct flow *flow, enum side side, const struct segment *s)
{
	const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];

	if (x->isn_seen) {
		if (x->isn == s->seq)
			return EPOCH_SAME;
	} else if (!x->segments) {
		/* simultaneous open; or the first sign of a side that was silent so far */
		if (!flow->midstream || !y->segments)
			return EPOCH_SAME;
	} else if (seq_distance(s->seq, unwrap_wire(&x->seq, 0)) < 0 &&
		   seq_distance(s->seq, unwrap_wire(&x->seq, 0)) >= -65536) {
		return EPOCH_SAME; /* its SYN, captured behind what followed it */
	}
	enum tcp_state own = flow_state(flow, side), peer = flow_state(flow, side_other(side));
	if (peer == TCP_TIME_WAIT && !is_beyond(x, s))
		return EPOCH_PENDING;
	if (x->facts.held & FACT_GONE || is_done(own) || is_done(peer))
		return EPOCH_NEW;
	if (own == TCP_SYN_SENT || peer == TCP_SYN_SENT)
		return EPOCH_NEW;
	return EPOCH_PENDING;
}

static enum epoch epoch_of_syn_ack(const struct flow *flow, enum side side, const struct segment *s)
{
	const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];
	const struct segment *pending = flow->pending ? &flow->pending->syn : NULL;

	if (pending && pending->source_port == s->destination_port &&
		(s->ack == pending->seq + 1 || s->ack == pending->seq + 1 + pending->payload_len))
		return EPOCH_ANSWERED;
	if (flow_begins_anew(flow, side, s))
		return EPOCH_SAME;
	bool closing = (x->facts.held | y->facts.held) & (FACT_CLOSED | FACT_GONE);
	if (closing && endpoint_another_syn(x, s))
		return EPOCH_NEW;
	if (y->facts.must & FACT_SYN_ACKED)
		return EPOCH_SAME; /* proved open: a stray or a forgery */
	if (y->isn_seen)
		/* with Fast Open it may acknowledge text of the SYN; 64 KiB is more than a SYN can carry */
		return s->ack - y->isn - 1 <= 65535 ? EPOCH_SAME : EPOCH_NEW;
	return endpoint_another_syn(x, s) ? EPOCH_NEW : EPOCH_SAME;
}

/* Does a segment that is no SYN show that the SYN which waits was answered unseen?  Its sender goes on from its number,
 * or the peer acknowledges it, and the number is none of the old connection's. */
static bool goes_on(const struct flow *flow, enum side side, const struct segment *s)
{
	const struct pending *pending = flow->pending;

	if (!pending)
		return false;
	bool own = pending->syn.source_port == s->source_port && !addr_compare(&pending->syn.source, &s->source);
	if (!own && !(s->ctl & CTL_ACK))
		return false;
	const struct endpoint *old = &flow->endpoint[own ? side : side_other(side)];
	uint32_t number = own ? s->seq : s->ack, first = pending->syn.seq + 1;
	int32_t beyond_old =
		old->nxt == OFFSET_NONE ? INT32_MAX : seq_distance(number, unwrap_wire(&old->seq, old->nxt));
	return seq_distance(number, first) >= 0 && seq_distance(number, first) <= 65535 &&
	       (beyond_old > 65535 || beyond_old < -65535);
}

/* Is a wire number beyond the FIN of e and the place that the FIN takes?  There is nothing of this connection. */
static bool beyond_fin(const struct endpoint *e, uint32_t number)
{
	return e->fin != OFFSET_NONE && !e->fin_guessed && seq_distance(number, unwrap_wire(&e->seq, e->fin) + 1) > 0;
}

/* Octets right behind a sender's own FIN, with an acknowledgement of what the peer last sent: a broken TCP or a forger,
 * not another connection, whose numbers would fit neither way. */
static bool is_behind_fin(const struct endpoint *x, const struct endpoint *y, const struct segment *s)
{
	enum { NEAR = 65535 };

	if (!(s->ctl & CTL_ACK) || y->nxt == OFFSET_NONE)
		return false;
	int32_t behind = seq_distance(s->seq, unwrap_wire(&x->seq, x->fin));
	int32_t acked = seq_distance(s->ack, unwrap_wire(&y->seq, y->nxt));
	return behind >= 0 && behind <= NEAR && acked <= 0 && acked >= -NEAR;
}

static enum epoch epoch_of(const struct flow *flow, enum side side, const struct segment *s)
{
	if (s->ctl & CTL_RST)
		return EPOCH_SAME;
	if (!(s->ctl & CTL_SYN) && goes_on(flow, side, s))
		return EPOCH_ANSWERED;
	if (!(s->ctl & CTL_SYN)) {
		/* the handshake of the next connection was missed */
		const struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];
		bool next = (beyond_fin(x, s->seq + s->payload_len) && !is_behind_fin(x, y, s)) ||
			    (s->ctl & CTL_ACK && beyond_fin(y, s->ack));
		return next ? EPOCH_NEW : EPOCH_SAME;
	}
	return s->ctl & CTL_ACK ? epoch_of_syn_ack(flow, side, s) : epoch_of_syn(flow, side, s);
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
	if (class != (enum flow_class)flow->class || s->time_ns - flow->age_ns > AGE_STEP_NS) {
		list_remove(&flow->age);
		list_append(&t->age[class], &flow->age);
		t->half_open += class == FLOW_HALF_OPEN;
		t->half_open -= flow->class == FLOW_HALF_OPEN;
		flow->class = (uint8_t) class;
		flow->age_ns = s->time_ns;
	}
	if (!o.steady) /* else it is silent for later than before, if anything */
		arm(t, flow);
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
	enum side side;

	for (uint32_t i = 0; i < pending->copies; i++) {
		struct segment syn = copy_that_waited(pending, i);

		flow = flow_table_find(&t->table, &syn, hash, &side);
		feed(t, flow, side, &syn);
	}
}

/* What the connection that begins with `first` must know of the one that it ends. */
static struct predecessor describe_end(const struct flow *flow, enum side side, const struct segment *first)
{
	struct predecessor before = {.seen = true,
		.beyond = is_beyond(&flow->endpoint[side], first),
		.last_ns = flow->last_ns,
		.time_wait_ends_ns = CLOCK_NONE};

	for (int i = 0; i < SIDES; i++) {
		const struct endpoint *e = &flow->endpoint[i];
		if (e->time_wait_ns == CLOCK_NONE || endpoint_time_wait_ends(e) <= before.time_wait_ends_ns)
			continue;
		before.time_wait_ends_ns = endpoint_time_wait_ends(e);
		before.by_sender = i == (int)side;
		before.proved = e->facts.proved[TCP_TIME_WAIT] != CLOCK_NONE;
	}
	return before;
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
	struct predecessor before = describe_end(flow, *side, first);
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
	return flow_table_find(&t->table, s, hash, side);
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
	enum side side;
	struct flow *flow = flow_table_find(&t->table, s, hash, &side);
	enum epoch epoch = EPOCH_SAME;

	t->stats.segments++;
	if (!flow) {
		flow = begin_flow(t, s, hash, &side);
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
