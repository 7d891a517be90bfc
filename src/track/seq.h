/* seq: sequence numbers.  On the wire they are 32 bits and wrap (RFC 9293 3.4); in here they are 64-bit
 * offsets of one connection that never do.  The only place that compares wire numbers. */
#ifndef LASTACK_TRACK_SEQ_H
#define LASTACK_TRACK_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* a - b modulo 2^32, as the nearer way round: negative when a is before b. */
static inline int32_t seq_distance(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* "Not known yet", for offsets. */
#define OFFSET_NONE INT64_MIN

/* Maps wire numbers of one side to offsets.  The first number seen defines the origin: offset 0 is the SYN when
 * the SYN was seen first, else the first octet seen. */
struct unwrap {
	uint32_t wire;  /* a wire number ... */
	int64_t offset; /* ... and its offset: the highest so far */
	bool known;
};

/* The offset of a wire number, nearest to the highest seen (within 2 GiB either way); moves nothing once known. */
static inline int64_t unwrap_offset(struct unwrap *u, uint32_t wire)
{
	if (!u->known)
		*u = (struct unwrap){.wire = wire, .offset = 0, .known = true};
	return u->offset + seq_distance(wire, u->wire);
}

/* Tells that the offset (from unwrap_offset) is believed: later numbers are taken relative to it. */
static inline void unwrap_advance(struct unwrap *u, int64_t offset)
{
	if (offset > u->offset) {
		u->wire += (uint32_t)(offset - u->offset);
		u->offset = offset;
	}
}

/* The wire number of an offset. */
static inline uint32_t unwrap_wire(const struct unwrap *u, int64_t offset)
{
	return u->wire + (uint32_t)(offset - u->offset);
}

#endif
