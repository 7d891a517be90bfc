/* settled: what is kept of a connection that is over when there are too many to keep all of each.
 *
 * A closed connection is held for minutes, because its TIME-WAIT lasts so long and because what still comes of it must
 * not look like a new one.  Where thousands close in a second that would be nearly all of the memory.  So only some of
 * them are held whole; of the others, those that were silent longest first, the row is written, and an entry of this
 * kind stays: 64 octets that tell a segment of the next connection on the same ports from a late one of the old.  A
 * late one is counted, and changes nothing any more.
 *
 * The ends of a connection are indexed by address here, the lower one first, for its roles are forgotten. */
#ifndef LASTACK_TRACK_SETTLED_H
#define LASTACK_TRACK_SETTLED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "track/flow.h"

struct settled {
	uint64_t hash;             /* of the table: all 64 bits stand for the four-tuple; 0: it is none any more */
	int64_t last_ns;           /* its last segment */
	int64_t time_wait_ends_ns; /* CLOCK_NONE: there was none */
	struct settled_end {
		uint32_t isn;   /* on the wire */
		uint32_t next;  /* behind its FIN, on the wire */
		uint32_t val;   /* highest TSval */
		uint16_t place; /* of VLAN and network */
		bool isn_seen : 1, next_known : 1, has_val : 1;
		bool waits : 1, proved : 1; /* the last TIME-WAIT is its; that is proved */
	} end[2];
	uint32_t later;  /* number of the one that was settled next */
	uint8_t outcome; /* enum outcome */
};

/* Which end sent a segment: 0 or 1. */
int settled_sender(const struct segment *segment);

/* Fills an entry for a flow that is going to end. */
void settled_fill(struct settled *settled, const struct flow *flow);

/* How long it is kept. */
int64_t settled_until_ns(const struct settled *settled);

/* Could the segment be of the same pair of endpoints in the same VLANs and networks? */
bool settled_fits(const struct settled *settled, const struct segment *segment);

/* Does a segment begin another connection, or show that one has begun?  Else it is a late one. */
bool settled_begins_another(const struct settled *settled, const struct segment *segment);

/* What the connection that begins with `first` must know of this one; former: of its sender, of the other. */
void settled_describe(const struct settled *settled, const struct segment *first, struct predecessor *before,
	struct former former[2]);

#endif
