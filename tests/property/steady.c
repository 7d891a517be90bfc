/* steady: what the short way makes of a steady segment (track/steady.h) is what the full way makes of it.
 *
 * Conversations are simulated; some of their packets are left out.  Each segment that the short way takes goes the full
 * way through a copy of the same flow, and both must be alike to the last octet.  The first that differ come back with
 * their seed as an argument: tests/property/steady 17. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/lib/tap.h"
#include "tests/property/world.h"
#include "track/flow.h"
#include "track/hosts.h"
#include "track/role.h"
#include "track/steady.h"

enum { RUNS = 4000 };

/* A flow with all that belongs to it. */
struct whole {
	struct flow flow;
	struct transfer transfer[SIDES];
};

struct listener {
	struct whole one, two;
	struct hosts *hosts;
	uint64_t seed, segments, steady;
	uint64_t different; /* the number of the first segment; 0: none */
};

static void copy(struct whole *to, const struct whole *from)
{
	memcpy(to, from, sizeof *to);
	flow_give_transfer(&to->flow, to->transfer);
}

/* Borrowed pointers are the only thing that may differ. */
static bool alike(struct whole *a, struct whole *b)
{
	flow_give_transfer(&a->flow, b->transfer);
	bool same = !memcmp(a, b, sizeof *a);
	flow_give_transfer(&a->flow, a->transfer);
	return same;
}

static bool same_observation(const struct observation *a, const struct observation *b)
{
	return a->seq == b->seq && a->end == b->end && a->ack == b->ack && a->window_edge == b->window_edge &&
	       a->x_nxt == b->x_nxt && a->y_nxt == b->y_nxt && a->x_last_ns == b->x_last_ns && a->pure == b->pure &&
	       a->again == b->again && !b->repeat && !b->probe && !b->copy && !b->duplicate && !b->conflict &&
	       !b->opens && !b->broken && b->acceptable;
}

static void take(void *context, const struct segment *s)
{
	struct listener *l = context;
	struct flow *flow = &l->one.flow;
	struct observation short_way, full_way;

	if (l->seed % 2 && world_number(l->seed, l->segments) % 20 == 0)
		return;
	if (!l->segments++) {
		memset(&l->one, 0, sizeof l->one);
		flow_init(flow, s, 1, &stacks[STACK_LINUX], l->hosts);
		flow_give_transfer(flow, l->one.transfer);
	}
	enum side side = flow->endpoint[INITIATOR].port == s->source_port ? INITIATOR : RESPONDER;
	side = role_settle(flow, side, s);
	copy(&l->two, &l->one);
	if (!steady_segment(flow, side, s, &short_way)) {
		if (!alike(&l->one, &l->two) && !l->different)
			l->different = l->segments;
		flow_segment(flow, side, s, &full_way);
		return;
	}
	l->steady++;
	flow_segment_fully(&l->two.flow, side, s, &full_way);
	if ((!alike(&l->one, &l->two) || !same_observation(&short_way, &full_way)) && !l->different)
		l->different = l->segments;
}

static void play(uint64_t seed, struct listener *l)
{
	struct world *world = mem_new(1, sizeof *world);

	l->seed = seed;
	l->segments = l->different = 0;
	l->hosts = hosts_new(16);
	world->tapped = take;
	world->context = l;
	world_play(world, seed);
	hosts_free(l->hosts);
	free(world);
}

int main(int argc, char **argv)
{
	struct listener *l = mem_new(1, sizeof *l);
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : argc > 1 ? 1 : RUNS;
	uint64_t wrong = 0, segments = 0;

	for (uint64_t seed = first; seed < first + count; seed++) {
		play(seed, l);
		segments += l->segments;
		if (l->different && !wrong++)
			printf("# seed %llu, segment %llu\n", (unsigned long long)seed,
				(unsigned long long)l->different);
	}
	printf("# %llu segments, %llu of them steady\n", (unsigned long long)segments, (unsigned long long)l->steady);
	tap_ok(l->steady > segments / 20 || argc > 1, "some segments are steady");
	tap_ok(!wrong, "both ways give the same: %llu conversations differ", (unsigned long long)wrong);
	free(l);
	return tap_end();
}
