/* even: one time that goes on evenly, from stamps of a clock that somebody may set.
 *
 * The kernel stamps packets by the wall clock, and they are read a little later.  What a stamp stands for is that stamp
 * less all steps of the clock since the start; how large these are is what the wall clock and the monotonic one have
 * come apart.  For a while after a step a stamp may be of before or after it: it is held to be what is nearer to now
 * (reliability: T1). */
#ifndef LASTACK_SOURCE_EVEN_H
#define LASTACK_SOURCE_EVEN_H

#include <stdint.h>

struct even {
	int64_t apart_ns;             /* wall less monotonic clock when it began */
	int64_t step_ns, former_ns;   /* by which the wall clock was set forward since; and until the last step */
	int64_t stepped_ns;           /* monotonic: when that was; CLOCK_NONE: not lately */
	int64_t other_ns;             /* what the clock of the stamps is ahead of the wall clock */
	int64_t now_ns, monotonic_ns; /* of the last tick */
	int64_t last_ns;              /* the latest time that was given; CLOCK_NONE before */
};

void even_begin(struct even *even, int64_t wall_ns, int64_t monotonic_ns);

/* What both clocks say now: before what is read at that time. */
void even_tick(struct even *even, int64_t wall_ns, int64_t monotonic_ns);

/* What a stamp that is read now stands for. */
int64_t even_time(struct even *even, int64_t stamp_ns);

/* The time when what was stamped can no longer come: that of now less a delay.  Never goes back. */
int64_t even_settled(struct even *even, int64_t delay_ns);

#endif
