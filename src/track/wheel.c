/* wheel: see wheel.h. */
#include "track/wheel.h"

#include <assert.h>
#include <stddef.h>

static_assert(WHEEL_LEVELS * WHEEL_BITS + WHEEL_TICK_SHIFT >= 64, "every time has its place on the wheel");

/* Times may be negative (before 1970): ticks count from the start of int64_t. */
static uint64_t tick_of(int64_t ns)
{
	return ((uint64_t)ns ^ UINT64_C(1) << 63) >> WHEEL_TICK_SHIFT;
}

void wheel_init(struct wheel *wheel)
{
	*wheel = (struct wheel){0};
	for (int level = 0; level < WHEEL_LEVELS; level++)
		for (int slot = 0; slot < WHEEL_SLOTS; slot++)
			list_init(&wheel->slot[level][slot]);
	list_init(&wheel->due);
}

void wheel_timer_init(struct wheel_timer *timer)
{
	timer->level = -1;
}

static void unlink_timer(struct wheel *wheel, struct wheel_timer *timer)
{
	list_remove(&timer->link);
	if (timer->level < WHEEL_LEVELS && list_empty(&wheel->slot[timer->level][timer->slot]))
		wheel->used[timer->level] &= ~(UINT64_C(1) << timer->slot);
	timer->level = -1;
}

static void link_timer(struct wheel *wheel, struct wheel_timer *timer)
{
	uint64_t tick = tick_of(timer->at_ns);

	if (tick <= wheel->tick) {
		timer->level = WHEEL_LEVELS;
		list_append(&wheel->due, &timer->link);
		return;
	}
	int level = (63 - __builtin_clzll((tick ^ wheel->tick) | 1)) / WHEEL_BITS;
	timer->level = (int8_t)level;
	timer->slot = (uint8_t)(tick >> level * WHEEL_BITS & (WHEEL_SLOTS - 1));
	wheel->used[level] |= UINT64_C(1) << timer->slot;
	list_append(&wheel->slot[level][timer->slot], &timer->link);
}

void wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t at_ns)
{
	if (timer->level >= 0)
		unlink_timer(wheel, timer);
	timer->at_ns = at_ns;
	link_timer(wheel, timer);
}

void wheel_cancel(struct wheel *wheel, struct wheel_timer *timer)
{
	if (timer->level >= 0)
		unlink_timer(wheel, timer);
}

void wheel_timer_move(struct wheel_timer *to, struct wheel_timer *from)
{
	*to = *from;
	if (to->level >= 0)
		to->link.prev->next = to->link.next->prev = &to->link;
	wheel_timer_init(from);
}

/* The level and tick of the first slot in use; false when no timer is set. */
static bool first_used(const struct wheel *wheel, int *level, uint64_t *tick)
{
	for (*level = 0; *level < WHEEL_LEVELS; ++*level) {
		int shift = *level * WHEEL_BITS;
		unsigned here = (unsigned)(wheel->tick >> shift & (WHEEL_SLOTS - 1));
		uint64_t ahead = wheel->used[*level] >> here; /* slots behind `here` are empty by construction */

		if (ahead) {
			uint64_t slot = here + (unsigned)__builtin_ctzll(ahead);
			*tick = (wheel->tick >> shift >> WHEEL_BITS << WHEEL_BITS | slot) << shift;
			return true;
		}
	}
	return false;
}

struct wheel_timer *wheel_next_due(struct wheel *wheel, int64_t now_ns)
{
	uint64_t now = tick_of(now_ns), tick;
	int level;

	if (!wheel->started) {
		wheel->started = true;
		wheel->tick = now;
	}
	while (list_empty(&wheel->due)) {
		if (now <= wheel->tick)
			return NULL;
		/* every slot that starts by now is emptied before the clock passes it */
		if (!first_used(wheel, &level, &tick) || tick > now) {
			wheel->tick = now;
			return NULL;
		}
		wheel->tick = tick;
		unsigned slot = (unsigned)(tick >> level * WHEEL_BITS & (WHEEL_SLOTS - 1));
		struct list *head = &wheel->slot[level][slot];
		while (!list_empty(head)) {
			struct wheel_timer *timer = LIST_ITEM(head->next, struct wheel_timer, link);

			unlink_timer(wheel, timer);
			link_timer(wheel, timer);
		}
	}
	struct wheel_timer *timer = LIST_ITEM(wheel->due.next, struct wheel_timer, link);
	unlink_timer(wheel, timer);
	return timer;
}
