/* pass_segments: captures read again for the segments of some connections, which no database keeps.
 *
 * Only what passed between their ends in their time is tracked anew, so it costs little beyond reading the files. */
#ifndef LASTACK_PASS_SEGMENTS_H
#define LASTACK_PASS_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "record/record.h"
#include "record/seen.h"

struct source;

/* One connection, and who takes its segments. */
struct segments_of {
	struct addr ip[SIDES];
	uint16_t port[SIDES];
	int64_t first_ns, last_ns;
	int64_t isn[SIDES]; /* CLOCK_NONE: its SYN was not seen */
	void *context;
	int64_t found; /* out: how many were given */
};

/* Fills in everything but found, which is 0. */
void segments_of_record(struct segments_of *of, const struct conn_record *record, void *context);

/* Gives `take` the segments of each of them, with its context.  Reads the source up to the last that can be meant.
 * Damaged input ends that input, and *damage says so (ERR_NONE: none was). */
void pass_segments(struct source *source, struct segments_of *of, size_t count, seen_take *take, struct err *damage);

#endif
