/* holes: the ranges of a stream that were passed over and have not been seen since.
 *
 * In order, none overlapping another, half-open, in offsets of the stream; never more than a few.  When one would be
 * too many, the smallest is given up: it is handed back to the caller, who must count it as never seen. */
#ifndef LASTACK_TRACK_HOLES_H
#define LASTACK_TRACK_HOLES_H

#include <stdint.h>

enum { HOLES_MAX = 8 };

struct hole {
	int64_t start;
	uint32_t length;   /* octets, > 0 */
	uint32_t since_us; /* when it arose: the low 32 bits of a time in us (hole_age_ns) */
};

struct holes {
	uint32_t count;
	struct hole hole[HOLES_MAX];
};

static inline int64_t hole_end(const struct hole *hole)
{
	return hole->start + hole->length;
}

/* How long a hole has been there at time t, in ns; wrong by 71 minutes for one that is older than that. */
int64_t hole_age_ns(const struct hole *hole, int64_t t);

/* Adds [start, end), which overlaps no other hole, arisen at time t; one that ends at `start` is made longer instead.
 * *given_up: what had to go for it (length 0: nothing). */
void holes_add(struct holes *holes, int64_t start, int64_t end, int64_t t, struct hole *given_up);

/* Takes [start, end) out of the set.  Returns how many octets of it were in the set; *first is the lowest hole of which
 * some were taken, as it was before.  A hole that is filled in its middle becomes two. */
int64_t holes_fill(struct holes *holes, int64_t start, int64_t end, struct hole *first, struct hole *given_up);

/* Octets of [start, end) that are in the set. */
int64_t holes_octets(const struct holes *holes, int64_t start, int64_t end);

#endif
