/* repeat: what a segment is that repeats octets or stands out of its place, and why it came again.
 *
 * Decided in this order; the first that holds:
 *
 *   keep-alive     an octet below SND.NXT that is acknowledged, or none (RFC 9293 3.8.4; RFC 1122 4.2.3.6)
 *   window probe   one octet, or that same place, while the peer's window is 0 (RFC 9293 3.8.6.1)
 *   copy           the same packet once more: same numbers, same content, same IP id.  A mirror makes it within a
 *                  millisecond, in which no sender repeats (RFC 6298 2.4 asks for a second before it does); where the
 *                  ids of a sender count up, the same id is enough, because what is sent again gets a new one
 *   out of order   never seen, below what was sent before it, and not sent again: its timestamp (RFC 7323 5: it never
 *                  goes back) or its IP id is older than that of the octets that overtook it; else it came before the
 *                  sender could have heard of a hole, in less than a round trip (3 ms where none is known: Wireshark's
 *                  value, RFC 4737 names none)
 *   spurious       all of it was acknowledged before: it had arrived (RFC 3522, RFC 5682); or the receiver says so
 *                  later in a DSACK block (RFC 2883 4)
 *   fast           within a round trip of an acknowledgement that shows loss: the third duplicate (RFC 5681 3.2), SACK
 *                  blocks beyond it (RFC 6675 5, RFC 8985), or a partial one in the same recovery (RFC 6582 3.2)
 *   timeout        what is left: nothing but a timer made its sender repeat it (RFC 6298 5.4, or a tail loss probe of
 *                  RFC 8985 7), also all that follows while it makes up for that timeout
 *
 * Payload is not kept.  Of the last few segments a digest is; one that comes again with other content conflicts. */
#ifndef LASTACK_TRACK_REPEAT_H
#define LASTACK_TRACK_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

struct observation;

enum repeat {
	REPEAT_NONE,
	REPEAT_KEEP_ALIVE,
	REPEAT_WINDOW_PROBE,
	REPEAT_COPY,
	REPEAT_OUT_OF_ORDER,
	REPEAT_SPURIOUS,
	REPEAT_FAST,
	REPEAT_TIMEOUT,
};

enum { RECENT_SEGMENTS = 4, RESENT_SEGMENTS = 4 };

/* What one side sent lately.  Zero is empty. */
struct lately {
	/* the last segments with payload, to know a copy or other content; length 0: none */
	struct recent {
		uint32_t seq, digest; /* on the wire; segment.digest */
		uint32_t time_us;     /* low 32 bits */
		uint16_t length;
		uint16_t mark; /* of what a copy has in common beside its octets */
	} recent[RECENT_SEGMENTS];
	/* the last ones that were sent again for a loss: a DSACK may still call them needless */
	struct resent {
		uint32_t seq, end; /* on the wire; equal: none */
	} resent[RESENT_SEGMENTS];
	uint8_t fast_bits; /* which of `resent` were fast */
	uint8_t recent_next, resent_next;
};

/* What one side sent again, and what it told its peer about the peer's segments.  Zero is empty. */
struct repeats {
	struct lately *lately; /* borrowed; NULL: nothing is remembered */
	bool recovering;       /* octets below `recover` are being made up for */
	bool by_timer;         /* that began with a timeout */
	bool has_high_val;
	uint16_t high_id;       /* of the segment that reached stream.high: its IP id ... */
	uint32_t high_val;      /* ... and its TSval */
	int64_t recover;        /* an offset */
	int64_t sacked;         /* highest right edge in its SACK blocks, an offset of the peer; 0: none */
	uint32_t duplicate_run; /* duplicate ACKs since its ACK number last moved */

	/* counters for the record */
	uint32_t retransmitted; /* spurious, fast or timeout; of which: */
	uint32_t fast, spurious;
	uint32_t out_of_order, copies, conflicts, duplicate_acks, keepalives;
	int64_t repaired_bytes; /* octets lost before the tap that were seen when they were sent again */
};

/* Takes what an acknowledgement says of the peer's octets: duplicates, SACK, DSACK.  Before repeat_segment, and before
 * anything moves the sequence variables. */
void repeat_acknowledgement(const struct observation *o);

/* Accounts for the payload of a segment, and for a SYN or FIN that comes again; fills o->repeat, o->conflict. */
void repeat_segment(struct observation *o);

/* The same for a steady segment (steady.h): the next octets, or none. */
void repeat_steady(const struct observation *o);

#endif
