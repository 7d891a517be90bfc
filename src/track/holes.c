/* holes: see holes.h. */
#include "track/holes.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t common(const struct hole *hole, int64_t start, int64_t end)
{
	int64_t from = most(start, hole->start), to = least(end, hole_end(hole));

	return from < to ? to - from : 0;
}

int64_t hole_age_ns(const struct hole *hole, int64_t t)
{
	return (int64_t)((uint32_t)(t / NS_PER_US) - hole->since_us) * NS_PER_US;
}

static void remove_at(struct holes *holes, uint32_t at)
{
	holes->count--;
	memmove(&holes->hole[at], &holes->hole[at + 1], (holes->count - at) * sizeof *holes->hole);
}

/* Makes room: the smallest goes, because giving it up says the least that may be wrong. */
static void insert_at(struct holes *holes, uint32_t at, struct hole hole, struct hole *given_up)
{
	if (holes->count == HOLES_MAX) {
		uint32_t smallest = 0;

		for (uint32_t i = 1; i < HOLES_MAX; i++)
			if (holes->hole[i].length < holes->hole[smallest].length)
				smallest = i;
		if (hole.length < holes->hole[smallest].length) {
			*given_up = hole;
			return;
		}
		*given_up = holes->hole[smallest];
		remove_at(holes, smallest);
		at -= smallest < at;
	}
	memmove(&holes->hole[at + 1], &holes->hole[at], (holes->count - at) * sizeof *holes->hole);
	holes->hole[at] = hole;
	holes->count++;
}

void holes_add(struct holes *holes, int64_t start, int64_t end, int64_t t, struct hole *given_up)
{
	uint32_t at = holes->count;

	*given_up = (struct hole){0};
	if (end - start > UINT32_MAX) /* wire numbers tell no such distance: not reached */
		start = end - UINT32_MAX;
	while (at > 0 && holes->hole[at - 1].start > start)
		at--;
	uint32_t length = (uint32_t)(end - start);
	struct hole *before = at > 0 ? &holes->hole[at - 1] : NULL;
	if (before && hole_end(before) == start && before->length <= UINT32_MAX - length)
		before->length += length;
	else
		insert_at(holes, at, (struct hole){start, length, (uint32_t)(t / NS_PER_US)}, given_up);
}

int64_t holes_fill(struct holes *holes, int64_t start, int64_t end, struct hole *first, struct hole *given_up)
{
	int64_t filled = 0;

	*first = *given_up = (struct hole){0};
	for (uint32_t i = 0; i < holes->count && holes->hole[i].start < end;) {
		struct hole *hole = &holes->hole[i], was = *hole;
		int64_t octets = common(hole, start, end);

		if (!octets) {
			i++;
			continue;
		}
		if (!filled)
			*first = was;
		filled += octets;
		if (octets == was.length) {
			remove_at(holes, i);
		} else if (start <= was.start) { /* its front: nothing behind it can be touched */
			hole->start = end;
			hole->length = (uint32_t)(hole_end(&was) - end);
			break;
		} else {
			hole->length = (uint32_t)(start - was.start);
			i++;
			if (end < hole_end(&was)) {
				was.start = end;
				was.length = (uint32_t)(was.length - octets - hole->length);
				insert_at(holes, i, was, given_up);
				break;
			}
		}
	}
	return filled;
}

int64_t holes_octets(const struct holes *holes, int64_t start, int64_t end)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < holes->count; i++)
		sum += common(&holes->hole[i], start, end);
	return sum;
}
