/* even: see even.h. */
#include "source/even.h"

#include <stdbool.h>

#include "base/clock.h"

enum {
	STEP_MS = 20,   /* the two clocks are read one after the other, and a process can be held up between them */
	AHEAD_MS = 250, /* a stamp that is later than now by more than this was made by another clock */
	BACK_MS = 500,  /* several interfaces are read one after the other, so stamps go back a little */
	FORMER_S = 10,  /* so long after a step there may be stamps of before it */
};

void even_begin(struct even *e, int64_t wall_ns, int64_t monotonic_ns)
{
	*e = (struct even){.apart_ns = wall_ns - monotonic_ns, .stepped_ns = CLOCK_NONE, .last_ns = CLOCK_NONE};
	even_tick(e, wall_ns, monotonic_ns);
}

void even_tick(struct even *e, int64_t wall_ns, int64_t monotonic_ns)
{
	int64_t step_ns = wall_ns - monotonic_ns - e->apart_ns, change_ns = step_ns - e->step_ns;

	e->monotonic_ns = monotonic_ns;
	e->now_ns = monotonic_ns + e->apart_ns;
	if (change_ns <= STEP_MS * NS_PER_MS && change_ns >= -STEP_MS * NS_PER_MS) {
		if (e->stepped_ns != CLOCK_NONE && monotonic_ns - e->stepped_ns > FORMER_S * NS_PER_S)
			e->stepped_ns = CLOCK_NONE;
		return;
	}
	e->former_ns = e->step_ns;
	e->step_ns = step_ns;
	e->stepped_ns = monotonic_ns;
}

static bool fits(const struct even *e, int64_t time_ns)
{
	return time_ns <= e->now_ns + AHEAD_MS * NS_PER_MS &&
	       (e->last_ns == CLOCK_NONE || time_ns >= e->last_ns - BACK_MS * NS_PER_MS);
}

int64_t even_time(struct even *e, int64_t stamp_ns)
{
	int64_t time_ns = stamp_ns - e->other_ns - e->step_ns, former_ns = stamp_ns - e->other_ns - e->former_ns;

	if (e->stepped_ns != CLOCK_NONE && fits(e, former_ns) && (!fits(e, time_ns) || former_ns > time_ns))
		time_ns = former_ns;
	if (!fits(e, time_ns)) {
		e->other_ns += time_ns - e->now_ns;
		time_ns = e->now_ns;
	}
	if (time_ns > e->last_ns)
		e->last_ns = time_ns;
	return time_ns;
}

int64_t even_settled(struct even *e, int64_t delay_ns)
{
	int64_t time_ns = e->now_ns - delay_ns;

	if (time_ns > e->last_ns)
		e->last_ns = time_ns;
	return e->last_ns;
}
