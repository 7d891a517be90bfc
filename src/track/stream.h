/* stream: one direction's octets: which were seen, which again, which never.  No payload is kept.
 *
 * Offsets are of the sender's sequence space (seq.h); SYN and FIN are not payload and never come here. */
#ifndef LASTACK_TRACK_STREAM_H
#define LASTACK_TRACK_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "track/ranges.h"

struct stream {
	int64_t contig;      /* every octet before it was seen, acknowledged, or given up */
	int64_t high;        /* highest end seen */
	int64_t high_ns;     /* when it was reached */
	int64_t fresh_bytes; /* distinct octets seen */
	int64_t again_bytes; /* octets seen before */
	int64_t gap_bytes;   /* acknowledged, never seen */
	bool known;          /* anything seen or acknowledged yet */
	struct ranges above; /* seen beyond contig */
};

enum stream_kind {
	STREAM_NEW,           /* at the end of what was seen, or beyond it */
	STREAM_OUT_OF_ORDER,  /* fills a hole sooner than any retransmission could */
	STREAM_RETRANSMITTED, /* octets seen before, or a hole filled so late that they were sent again */
};

/* The in-order point before any payload: behind the SYN, or the first octet seen. */
void stream_begin(struct stream *stream, int64_t offset, int64_t t);

/* Payload [offset, offset + length), length > 0, at time t.  A hole that is filled within reorder_ns of the
 * arrival of the octet behind it is put down to reordering (3 ms is Wireshark's default; RFC 4737 names none). */
enum stream_kind stream_accept(struct stream *stream, int64_t offset, int64_t length, int64_t t, int64_t reorder_ns);

/* The peer acknowledged everything before `offset`: what is missing there was delivered but not captured. */
void stream_acknowledged(struct stream *stream, int64_t offset);

#endif
