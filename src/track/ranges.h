/* ranges: a set of half-open ranges of offsets, in order, apart from each other, and never more than a few.
 *
 * When a new range would be one too many, the two nearest neighbours are joined: the hole between them counts as
 * covered from then on, and its octets are told to the caller, who must not call them received. */
#ifndef LASTACK_TRACK_RANGES_H
#define LASTACK_TRACK_RANGES_H

#include <stdint.h>

enum { RANGES_MAX = 6 };

struct range {
	int64_t start, end; /* end exclusive; start < end */
};

struct ranges {
	uint32_t count;
	struct range range[RANGES_MAX];
};

/* Adds [start, end).  Returns how many of its octets were not in the set; *swallowed counts octets of holes that
 * were closed for want of room. */
int64_t ranges_add(struct ranges *ranges, int64_t start, int64_t end, int64_t *swallowed);

/* Octets of [start, end) that are in the set. */
int64_t ranges_covered(const struct ranges *ranges, int64_t start, int64_t end);

/* Takes away everything below `end`; returns the new front: `end`, or the end of the range that held it. */
int64_t ranges_drop_below(struct ranges *ranges, int64_t end);

#endif
