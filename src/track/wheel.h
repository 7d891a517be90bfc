/* wheel: timers driven by packet time.
 *
 * A hierarchical timing wheel (Varghese and Lauck, 1987): seven levels of 64 slots, a tick of 2^23 ns (8.4 ms):
 * enough for every time that there is.  A
 * timer stands at the level where its tick and the present one first differ, and moves down as its time comes
 * near.  Setting and cancelling cost O(1); advancing costs what is due, however far the clock jumps, because a
 * bit per slot tells which are in use. */
#ifndef LASTACK_TRACK_WHEEL_H
#define LASTACK_TRACK_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

enum { WHEEL_LEVELS = 7, WHEEL_BITS = 6, WHEEL_SLOTS = 1 << WHEEL_BITS, WHEEL_TICK_SHIFT = 23 };

struct wheel {
	uint64_t tick; /* all before it has fired */
	bool started;
	uint64_t used[WHEEL_LEVELS]; /* a bit per slot */
	struct list slot[WHEEL_LEVELS][WHEEL_SLOTS];
	struct list due; /* fired, not taken yet */
};

struct wheel_timer {
	struct list link;
	int64_t at_ns;
	int8_t level; /* -1: not set; WHEEL_LEVELS: in the list of those due */
	uint8_t slot;
};

void wheel_init(struct wheel *wheel);
void wheel_timer_init(struct wheel_timer *timer);

/* Sets, or moves, a timer to fire once the clock is at or after at_ns (within a tick). */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t at_ns);
void wheel_cancel(struct wheel *wheel, struct wheel_timer *timer);

/* It goes on at another place in memory. */
void wheel_timer_move(struct wheel_timer *to, struct wheel_timer *from);

/* Moves the clock to now_ns (never back) and gives one timer that is due, unset, or NULL.  Call until NULL. */
struct wheel_timer *wheel_next_due(struct wheel *wheel, int64_t now_ns);

#endif
