/* extents: see extents.h. */
#include "content/extents.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void extents_fini(struct extents *extents)
{
	free(extents->extent);
	*extents = (struct extents){0};
}

/* Index of the first extent that ends at or behind `at`. */
static size_t first_ending(const struct extents *extents, int64_t at)
{
	size_t low = 0, high = extents->count;

	/* nearly always the last one, or behind it */
	if (high && extents->extent[high - 1].end < at)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (extents->extent[middle].end < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool extents_next_absent(const struct extents *extents, int64_t *start, int64_t end, int64_t *stop)
{
	size_t i = first_ending(extents, *start);

	for (; i < extents->count && extents->extent[i].start <= *start; i++)
		if (extents->extent[i].end > *start)
			*start = extents->extent[i].end;
	if (*start >= end)
		return false;
	*stop = i < extents->count && extents->extent[i].start < end ? extents->extent[i].start : end;
	return true;
}

bool extents_add(struct extents *extents, int64_t start, int64_t end)
{
	size_t first = first_ending(extents, start), last = first;

	while (last < extents->count && extents->extent[last].start <= end)
		last++;
	if (first < last) {
		struct extent *into = &extents->extent[first];

		if (start < into->start)
			into->start = start;
		into->end = extents->extent[last - 1].end > end ? extents->extent[last - 1].end : end;
		memmove(into + 1, &extents->extent[last], (extents->count - last) * sizeof *into);
		extents->count -= last - first - 1;
		return true;
	}
	if (extents->count == EXTENTS_MOST)
		return false;
	if (extents->count == extents->room) {
		extents->room = extents->room ? 2 * extents->room : 4;
		extents->extent = mem_grow(extents->extent, extents->room * sizeof *extents->extent);
	}
	memmove(&extents->extent[first + 1], &extents->extent[first],
		(extents->count - first) * sizeof *extents->extent);
	extents->extent[first] = (struct extent){start, end};
	extents->count++;
	return true;
}
