/* extents: which octets of a stream are there: ranges in order and apart from each other. */
#ifndef LASTACK_CONTENT_EXTENTS_H
#define LASTACK_CONTENT_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct extent {
	int64_t start, end; /* end exclusive; start < end */
};

struct extents {
	struct extent *extent;
	size_t count, room;
};

enum { EXTENTS_MOST = 65536 }; /* in one set; a piece that would need one more is not taken */

void extents_fini(struct extents *extents); /* accepts the zero value */

/* The next part of [*start, end) that is not in the set yet: moves *start to it and sets *stop.  False: there is none.
 */
bool extents_next_absent(const struct extents *extents, int64_t *start, int64_t end, int64_t *stop);

/* Adds [start, end).  False: the set is full. */
bool extents_add(struct extents *extents, int64_t start, int64_t end);

#endif
