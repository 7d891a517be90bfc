/* tracker_hold: how connections come, grow up, are heard of, and go; whatever is held of them.  See
 * tracker_internal.h. */
#include "track/tracker_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "track/flow.h"
#include "track/hosts.h"

#define AGE_STEP_NS NS_PER_S /* a connection moves to the end of its list at most so often */

/* One connection in so many has a SYN that waits, one in so many may be half-open, one in so many young and answered.
 */
enum { PENDING_SHARE = 16, HALF_OPEN_SHARE = 4, TALK_SHARE = 4 };

void hold_init(struct tracker *t)
{
	uint64_t most = t->options.max_connections, young = t->options.young ? most : 0;

	pool_init(&t->flows, sizeof(struct flow), most);
	pool_init(&t->transfers, SIDES * sizeof(struct transfer), most);
	pool_init(&t->pendings, sizeof(struct pending), most / PENDING_SHARE + 1);
	pool_init(&t->settled, sizeof(struct settled), most);
	pool_init(&t->attempts, sizeof(struct young_attempt), young);
	pool_init(&t->talks, sizeof(struct young_talk), young / TALK_SHARE);
	flow_table_init(&t->table, (const struct pool *const[ENTRY_KINDS]){[ENTRY_FLOW] = &t->flows,
					   [ENTRY_SETTLED] = &t->settled,
					   [ENTRY_ATTEMPT] = &t->attempts,
					   [ENTRY_TALK] = &t->talks});
	zeek_room_init(&t->zeek_room, most);
	for (int i = 0; i < FLOW_CLASSES; i++)
		list_init(&t->age[i]);
	for (int i = 0; i < YOUNG_CLASSES; i++) {
		list_init(&t->young[i]);
		t->young_due_ns[i] = INT64_MIN;
	}
	list_init(&t->order);
}

void hold_fini(struct tracker *t)
{
	flow_table_fini(&t->table);
	pool_fini(&t->flows);
	pool_fini(&t->transfers);
	pool_fini(&t->pendings);
	pool_fini(&t->settled);
	pool_fini(&t->attempts);
	pool_fini(&t->talks);
	zeek_room_fini(&t->zeek_room);
}

size_t tracker_connection_bytes(bool young)
{
	size_t young_bytes = sizeof(struct young_attempt) + sizeof(struct young_talk) / TALK_SHARE;

	return (young ? young_bytes : 0) + sizeof(struct flow) + SIDES * sizeof(struct transfer) +
	       sizeof(struct pending) / PENDING_SHARE + sizeof(struct settled) + zeek_connection_bytes() +
	       2 * FLOW_TABLE_BYTES;
}

/* --- going ---------------------------------------------------------------------------------------- */

void hold_drop_pending(struct tracker *t, struct flow *flow)
{
	if (flow->pending)
		pool_give(&t->pendings, flow->pending);
	flow->pending = NULL;
}

void hold_end(struct tracker *t, struct flow *flow, enum flow_end end)
{
	flow->end = (uint8_t)end;
	hold_drop_pending(t, flow);
	t->stats.evicted += end == END_EVICTED;
	t->closed(t->context, flow);
	zeek_fini(&flow->zeek, &t->zeek_room);
	wheel_cancel(&t->wheel, &flow->timer);
	flow_table_remove(&t->table, flow->hash, ENTRY_FLOW, flow);
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

void hold_forget_settled(struct tracker *t, struct settled *settled)
{
	flow_table_remove(&t->table, settled->hash, ENTRY_SETTLED, settled);
	settled->hash = 0; /* its place is taken back when it is the oldest */
}

/* Takes back the oldest one, if it is none any more or `must` go. */
static bool drop_oldest_settled(struct tracker *t, bool must)
{
	struct settled *oldest = pool_item(&t->settled, t->settled_first);

	if (!t->settled.taken || (!must && oldest->hash && settled_until_ns(oldest) > t->clock_ns))
		return false;
	if (oldest->hash)
		hold_forget_settled(t, oldest);
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
	hold_end(t, flow, END_OVER);
	t->stats.settled++;
	if (!settled)
		return;
	uint32_t number = pool_number(&t->settled, settled);
	if (t->settled.taken == 1)
		t->settled_first = number;
	else
		((struct settled *)pool_item(&t->settled, t->settled_last))->later = number;
	t->settled_last = number;
	flow_table_add(&t->table, settled->hash, ENTRY_SETTLED, settled);
}

static struct flow *oldest(const struct tracker *t, enum flow_class class)
{
	return list_empty(&t->age[class]) ? NULL : LIST_ITEM(t->age[class].next, struct flow, age);
}

static struct young *oldest_young(const struct tracker *t, int class)
{
	return list_empty(&t->young[class]) ? NULL : LIST_ITEM(t->young[class].next, struct young, age);
}

/* As a flow it would be of that class. */
static struct young *oldest_young_like(const struct tracker *t, enum flow_class class)
{
	if (class == FLOW_HALF_OPEN)
		return oldest_young(t, YOUNG_HALF_OPEN);
	if (class != FLOW_LIVE)
		return NULL;
	struct young *open = oldest_young(t, YOUNG_OPEN);
	return open ? open : oldest_young(t, YOUNG_CLOSING);
}

void hold_settle_some(struct tracker *t)
{
	if (t->done > t->options.most_done)
		settle_flow(t, oldest(t, FLOW_DONE));
}

/* In a flood one after the other is given up: the next one's bucket is on its way meanwhile. */
static void expect_next(const struct tracker *t, const struct young *young)
{
	if (young->age.next != &t->young[young->class])
		flow_table_expect(&t->table, LIST_ITEM(young->age.next, struct young, age)->hash);
}

/* Memory is short.  Half-open ones go first, so that a flood of SYNs costs no established connection, but only while
 * they have more than their share: else it is a busy time, in which handshakes are what matters, and those that are
 * over can go, their TIME-WAIT not watched to its end.  Then those that were silent longest (reliability: S3). */
static void evict_one(struct tracker *t)
{
	static const enum flow_class flooded[] = {FLOW_HALF_OPEN, FLOW_DONE, FLOW_OVER, FLOW_LIVE},
				     busy[] = {FLOW_DONE, FLOW_OVER, FLOW_HALF_OPEN, FLOW_LIVE};
	const enum flow_class *policy = t->half_open > t->options.max_connections / HALF_OPEN_SHARE ? flooded : busy;

	while (!oldest(t, *policy) && !oldest_young_like(t, *policy))
		policy++;
	struct flow *flow = oldest(t, *policy);
	struct young *young = oldest_young_like(t, *policy);
	if (young && (!flow || young->age_ns < flow->age_ns)) {
		expect_next(t, young);
		flow = hold_grow_up(t, young);
	}
	if (*policy >= FLOW_OVER)
		settle_flow(t, flow);
	else
		hold_end(t, flow, END_EVICTED);
}

/* --- coming --------------------------------------------------------------------------------------- */

/* One more is going to be held. */
static uint64_t count_one(struct tracker *t)
{
	if (t->stats.open >= t->options.max_connections)
		evict_one(t);
	t->stats.connections++;
	t->stats.open++;
	t->half_open++;
	return t->next_id++;
}

/* There are never more than it has room for, but the system may have no memory left. */
static struct flow *take_flow(struct tracker *t)
{
	struct flow *flow = pool_take(&t->flows);

	for (enum flow_class class = FLOW_CLASSES; !flow && class -- > 0;)
		if (oldest(t, class)) {
			hold_end(t, oldest(t, class), END_EVICTED);
			flow = pool_take(&t->flows);
		}
	if (!flow)
		err_no_memory();
	return flow;
}

static void begin(struct tracker *t, struct flow *flow, const struct segment *s, uint64_t id, uint64_t hash)
{
	flow_init(flow, s, id, &t->options.stack, t->hosts);
	flow->hash = hash;
	flow->age_ns = s->time_ns;
	flow->class = FLOW_HALF_OPEN;
	list_append(&t->order, &flow->order);
	list_append(&t->age[FLOW_HALF_OPEN], &flow->age);
	told_begin(&t->told, flow);
}

struct flow *hold_begin(struct tracker *t, const struct segment *s, uint64_t hash, enum side *side)
{
	uint64_t id = count_one(t);
	struct flow *flow = take_flow(t);

	begin(t, flow, s, id, hash);
	flow_table_add(&t->table, hash, ENTRY_FLOW, flow);
	*side = flow_sender(flow, s);
	return flow;
}

void hold_heard(struct tracker *t, struct flow *flow, enum flow_class class, int64_t time_ns)
{
	if (class == (enum flow_class)flow->class && time_ns - flow->age_ns <= AGE_STEP_NS)
		return;
	list_remove(&flow->age);
	list_append(&t->age[class], &flow->age);
	t->half_open += class == FLOW_HALF_OPEN;
	t->half_open -= flow->class == FLOW_HALF_OPEN;
	t->done += class == FLOW_DONE;
	t->done -= flow->class == FLOW_DONE;
	flow->class = (uint8_t) class;
	flow->age_ns = time_ns;
}

/* --- young ones ----------------------------------------------------------------------------------- */

bool hold_begin_young(struct tracker *t, const struct segment *s, uint64_t hash)
{
	if (!t->options.young || t->clock_ns != s->time_ns || !young_begins(s))
		return false;
	uint64_t id = count_one(t);
	struct young_attempt *attempt = pool_take_raw(&t->attempts);
	if (!attempt)
		err_no_memory();
	struct young *young = &attempt->young;
	young_begin(attempt, id, hash, s);
	list_append(&t->young[YOUNG_HALF_OPEN], &young->age);
	flow_table_add(&t->table, hash, ENTRY_ATTEMPT, attempt);
	t->options.young(t->context, young);
	return true;
}

static struct young *answer(struct tracker *t, struct young *young, const struct segment *s)
{
	struct young_attempt *attempt = (struct young_attempt *)young;
	struct young_talk *talk = pool_take_raw(&t->talks);

	if (!talk)
		return NULL;
	list_remove(&young->age);
	young_answer(talk, attempt, s);
	flow_table_replace(&t->table, young->hash, ENTRY_ATTEMPT, attempt, ENTRY_TALK, talk);
	pool_give(&t->attempts, attempt);
	list_append(&t->young[YOUNG_HALF_OPEN], &talk->young.age);
	return &talk->young;
}

bool hold_go_on_young(struct tracker *t, struct young *young, const struct segment *s)
{
	enum side side;
	enum young_step step = t->clock_ns == s->time_ns ? young_step(young, s, &side) : YOUNG_NONE;
	uint8_t class = young->class;

	if (step == YOUNG_NONE || young->count == YOUNG_SEGMENTS)
		return false;
	if (step == YOUNG_SYN_ACK) {
		young = answer(t, young, s);
		if (!young)
			return false;
	} else {
		young_add((struct young_talk *)young, step, side, s);
	}
	t->half_open -= step == YOUNG_THIRD;
	if (young->class != class || step == YOUNG_FIN_ACK || s->time_ns - young->age_ns > AGE_STEP_NS) {
		list_remove(&young->age);
		list_append(&t->young[young->class], &young->age);
		young->age_ns = s->time_ns;
	}
	t->options.young(t->context, young);
	return true;
}

struct flow *hold_grow_up(struct tracker *t, struct young *young)
{
	struct flow *flow = take_flow(t);
	enum entry_kind kind = young_is_attempt(young) ? ENTRY_ATTEMPT : ENTRY_TALK;
	struct segment s;

	young_segment(young, 0, &s);
	begin(t, flow, &s, young->id, young->hash);
	flow->watched = young->watched;
	flow->watched.young = false;
	wheel_timer_move(&flow->watched.timer, &young->watched.timer);
	t->half_open += young->class != YOUNG_HALF_OPEN; /* as it begins again */
	list_remove(&young->age);
	flow_table_replace(&t->table, young->hash, kind, young, ENTRY_FLOW, flow);
	for (unsigned i = 0; i < young->count; i++) {
		enum side side = young_segment(young, i, &s);

		if (i)
			flow_timers(flow, s.time_ns);
		zeek_segment(&flow->zeek, &s, s.time_ns, &t->zeek_room);
		tracker_feed(t, flow, side, &s, true);
	}
	pool_give(kind == ENTRY_ATTEMPT ? &t->attempts : &t->talks, young);
	if (flow_next_timer(flow) <= t->clock_ns)
		flow_timers(flow, t->clock_ns);
	return flow;
}

/* Those of a class stand in the order in which they are due; those that are open nearly so, but for days. */
void hold_drop_silent(struct tracker *t)
{
	for (int i = 0; i < YOUNG_CLASSES; i++)
		while (t->clock_ns >= t->young_due_ns[i]) {
			struct young *young = oldest_young(t, i);

			if (!young)
				break;
			t->young_due_ns[i] = young_due_ns(young);
			if (t->clock_ns >= t->young_due_ns[i])
				hold_grow_up(t, young); /* where it is over, its timer is due, then */
		}
}

void tracker_grow_up(struct tracker *t)
{
	for (int i = 0; i < YOUNG_CLASSES; i++)
		while (oldest_young(t, i))
			hold_grow_up(t, oldest_young(t, i));
}

/* --- all of them ---------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static uint64_t add_held(struct held *all, uint64_t count, uint64_t id, bool is_young, void *item)
{
	all[count] = (struct held){id & HELD_IDS, is_young, item};
	return count + 1;
}

struct held *hold_all(const struct tracker *t)
{
	struct held *all = mem_new(t->stats.open + 1, sizeof *all);
	uint64_t count = 0;

	for (const struct list *at = t->order.next; at != &t->order; at = at->next) {
		struct flow *flow = LIST_ITEM(at, struct flow, order);

		count = add_held(all, count, flow->id, false, flow);
	}
	for (int i = 0; i < YOUNG_CLASSES; i++)
		for (const struct list *at = t->young[i].next; at != &t->young[i]; at = at->next) {
			struct young *young = LIST_ITEM(at, struct young, age);

			count = add_held(all, count, young->id, true, young);
		}
	assert(count == t->stats.open);
	if (t->options.young) /* else they stand in order */
		qsort(all, count, sizeof *all, by_id);
	return all;
}
