/* stream: the octets of one direction: which were seen, which again, which never.  No payload is kept.
 *
 * Offsets are of the sender's sequence space (seq.h); SYN and FIN are no octets and never come here.
 *
 * Theory.  Everything between `first` and `high` has been sent: it was seen, or something behind it was seen, or it was
 * acknowledged.  What was not seen of it is a hole, until it is seen after all.  What a hole means is told by its place
 * alone: below `acked` the receiver has it, so the capture missed it; above, it was lost before the tap or missed, and
 * was not delivered as far as is known.  So a hole needs no history, and the counts are the same in whatever order
 * octets and acknowledgements came.  Octets below `first` were sent before the capture began; holes there are no gap.
 */
#ifndef LASTACK_TRACK_STREAM_H
#define LASTACK_TRACK_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "track/holes.h"

struct stream {
	int64_t contig;       /* every octet from `first` to here was seen or acknowledged: the in-order point */
	int64_t high;         /* end of what is known to be sent */
	int64_t high_ns;      /* when it was reached */
	int64_t fresh_bytes;  /* distinct octets seen */
	int64_t again_bytes;  /* octets seen before */
	int64_t first;        /* the octet behind the SYN; without SYN the first one known */
	int64_t low;          /* lowest octet seen, or `first` */
	int64_t acked;        /* the receiver has everything before it; OFFSET_NONE */
	int64_t missed_bytes; /* of holes given up: acknowledged */
	int64_t given_up;     /* of holes given up: not acknowledged then */
	uint32_t overflows;   /* how many holes were given up */
	bool known, from_syn; /* `first` is known; by the SYN */
	struct holes *holes;  /* borrowed; NULL: there is no room, each hole is given up at once */
};

/* What the octets of a segment are.  fresh + again is its length. */
struct arrival {
	int64_t fresh;       /* not seen before */
	int64_t filled;      /* of these: from holes */
	int64_t again;       /* seen before */
	int64_t hole_age_ns; /* with filled: for how long the lowest of these holes had been there */
	bool behind;         /* it starts below what is known to be sent */
};

/* The in-order point before any payload: behind the SYN, or the first number seen.  A SYN may come late. */
void stream_begin(struct stream *stream, int64_t offset, int64_t t, bool from_syn);

/* Its sender begins anew, with other numbers: what was counted stays, holes as what they are now. */
void stream_restart(struct stream *stream);

/* Payload [offset, offset + length), length > 0, at time t. */
struct arrival stream_accept(struct stream *stream, int64_t offset, int64_t length, int64_t t);

/* The sender has sent everything before `offset`: its SEQ says so (RFC 9293 3.4). */
void stream_passed(struct stream *stream, int64_t offset, int64_t t);

/* The receiver has everything before `offset`. */
void stream_acknowledged(struct stream *stream, int64_t offset, int64_t t);

/* There are no octets from `offset` on: a FIN stands there. */
void stream_end(struct stream *stream, int64_t offset);

/* No hole is there, nor was one given up: nearly always. */
static inline bool stream_is_whole(const struct stream *stream)
{
	return !stream->overflows && (!stream->holes || !stream->holes->count);
}

/* Octets that are acknowledged and were never seen: the capture missed them. */
int64_t stream_missed_bytes(const struct stream *stream);

/* Octets that were never seen: missed, or not delivered as far as is known.  An upper bound after an overflow. */
int64_t stream_gap_bytes(const struct stream *stream);

#endif
