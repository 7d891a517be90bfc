/* seen: one segment of a connection as it passed the tap, as plain data: what a ladder draws of it. */
#ifndef LASTACK_RECORD_SEEN_H
#define LASTACK_RECORD_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/words.h"

/* What a segment is that repeats octets or stands out of its place (enum repeat of track/repeat.h). */
enum seen_repeat {
	SEEN_NEW,
	SEEN_KEEP_ALIVE,
	SEEN_WINDOW_PROBE,
	SEEN_COPY, /* the same packet, captured twice */
	SEEN_OUT_OF_ORDER,
	SEEN_SPURIOUS, /* sent again needlessly */
	SEEN_FAST,     /* sent again at once: acknowledgements showed that it was lost */
	SEEN_TIMEOUT,  /* sent again by a timer */
};

struct seen_segment {
	int64_t time_ns;
	int64_t packet; /* its number in its file */
	enum side side; /* its sender */
	bool syn, fin, rst, has_ack;
	bool broken;        /* its checksum is wrong: its receiver drops it */
	bool strange;       /* its numbers do not belong to the connection */
	bool closed_window; /* it announces a window of 0 */
	enum seen_repeat repeat;
	/* Relative to the ISN of each side, so that a SYN has 0 and the first octet 1; where no SYN was seen, 1 is the
	 * first number that was.  CLOCK_NONE: none. */
	int64_t seq, ack;
	int64_t length;       /* payload octets */
	int64_t again;        /* of them seen before */
	int64_t skipped;      /* octets right before it that had not been seen when it passed */
	int64_t acked_unseen; /* the same of the other side, right before `ack`: they were sent, and arrived */
};

/* Who takes the segments of one connection, in the order in which they passed. */
typedef void seen_take(void *context, const struct seen_segment *segment);

#endif
