/* told: see told.h. */
#include "track/told.h"

#include "track/flow.h"

enum { TOLD_LEAST_S = 1 }; /* of none is told sooner */

void told_init(struct told *t, uint64_t states[SIDES][TCP_STATES + 1])
{
	list_init(&t->changed);
	t->states = states;
}

void told_begin(struct told *t, struct flow *flow)
{
	for (int side = 0; side < SIDES; side++) {
		flow->counted[side] = TCP_UNKNOWN;
		t->states[side][TCP_UNKNOWN]++;
	}
}

void told_end(struct told *t, struct flow *flow)
{
	for (int side = 0; side < SIDES; side++)
		t->states[side][flow->counted[side]]--;
	if (flow->changed.next)
		list_remove(&flow->changed);
}

/* False: they are as they were. */
static bool count_states(struct told *t, struct flow *flow)
{
	bool moved = false;

	for (int side = 0; side < SIDES; side++) {
		const struct endpoint *e = &flow->endpoint[side];
		enum tcp_state state = e->segments || e->facts.held ? facts_current(&e->facts) : TCP_UNKNOWN;

		moved |= state != flow->counted[side];
		t->states[side][flow->counted[side]]--;
		t->states[side][state]++;
		flow->counted[side] = (uint8_t)state;
	}
	return moved;
}

static void wait_for_it(struct told *t, struct flow *flow)
{
	if (!flow->changed.next)
		list_append(&t->changed, &flow->changed);
}

void told_segment(struct told *t, struct flow *flow)
{
	count_states(t, flow);
	wait_for_it(t, flow);
}

void told_timer(struct told *t, struct flow *flow, bool timed_out)
{
	if (count_states(t, flow) || flow->timed_out != timed_out)
		wait_for_it(t, flow);
}

void told_anew(struct told *t, struct flow *flow)
{
	flow->told_ns = CLOCK_NONE;
	wait_for_it(t, flow);
}

static bool is_due(const struct flow *flow, int64_t now_ns, int64_t every_ns)
{
	int64_t last_ns = flow->told_ns == CLOCK_NONE ? flow->first_ns : flow->told_ns;
	int64_t since = clock_since(now_ns, last_ns);

	if (since >= every_ns || since < TOLD_LEAST_S * NS_PER_S)
		return since >= every_ns;
	return flow->told_ns == CLOCK_NONE || flow->told[INITIATOR] != flow_state(flow, INITIATOR) ||
	       flow->told[RESPONDER] != flow_state(flow, RESPONDER);
}

void told_changed(struct told *t, int64_t now_ns, int64_t every_ns, unsigned most, tracker_told *tell, void *context)
{
	const struct list *last = t->changed.prev;

	for (bool more = !list_empty(&t->changed); more && most; most--) {
		struct list *at = t->changed.next;
		struct flow *flow = LIST_ITEM(at, struct flow, changed);

		more = at != last;
		list_remove(at);
		if (!is_due(flow, now_ns, every_ns)) {
			list_append(&t->changed, at);
			continue;
		}
		flow->changed.next = NULL;
		if (!tell(context, flow)) {
			list_append(&t->changed, at);
			return;
		}
		flow->told_ns = now_ns;
		for (int side = 0; side < SIDES; side++)
			flow->told[side] = (uint8_t)flow_state(flow, (enum side)side);
	}
}
