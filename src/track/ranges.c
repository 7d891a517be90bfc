/* ranges: see ranges.h. */
#include "track/ranges.h"

#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void erase(struct ranges *ranges, uint32_t at, uint32_t n)
{
	ranges->count -= n;
	memmove(&ranges->range[at], &ranges->range[at + n], (ranges->count - at) * sizeof *ranges->range);
}

/* Joins the two neighbours with the smallest hole between them; returns its octets. */
static int64_t join_nearest(struct ranges *ranges)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i + 1 < ranges->count; i++)
		if (ranges->range[i + 1].start - ranges->range[i].end <
			ranges->range[best + 1].start - ranges->range[best].end)
			best = i;
	int64_t hole = ranges->range[best + 1].start - ranges->range[best].end;
	ranges->range[best].end = ranges->range[best + 1].end;
	erase(ranges, best + 1, 1);
	return hole;
}

int64_t ranges_covered(const struct ranges *ranges, int64_t start, int64_t end)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < ranges->count; i++)
		sum += most(0, least(end, ranges->range[i].end) - most(start, ranges->range[i].start));
	return sum;
}

int64_t ranges_add(struct ranges *ranges, int64_t start, int64_t end, int64_t *swallowed)
{
	uint32_t first = 0, last;

	if (end <= start)
		return 0;
	int64_t fresh = end - start - ranges_covered(ranges, start, end);
	while (first < ranges->count && ranges->range[first].end < start)
		first++;
	for (last = first; last < ranges->count && ranges->range[last].start <= end; last++) {
		start = least(start, ranges->range[last].start);
		end = most(end, ranges->range[last].end);
	}
	if (last > first) { /* it touches [first, last): one range takes their place */
		ranges->range[first] = (struct range){start, end};
		erase(ranges, first + 1, last - first - 1);
		return fresh;
	}
	if (ranges->count == RANGES_MAX) {
		*swallowed += join_nearest(ranges);
		ranges_add(ranges, start, end, swallowed);
		return fresh;
	}
	memmove(&ranges->range[first + 1], &ranges->range[first], (ranges->count - first) * sizeof *ranges->range);
	ranges->range[first] = (struct range){start, end};
	ranges->count++;
	return fresh;
}

int64_t ranges_drop_below(struct ranges *ranges, int64_t end)
{
	uint32_t n = 0;

	while (n < ranges->count && ranges->range[n].start <= end) {
		end = most(end, ranges->range[n].end);
		n++;
	}
	erase(ranges, 0, n);
	return end;
}
