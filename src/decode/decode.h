/* decode: bytes of a frame -> one TCP segment, or the reason why there is none.
 *
 * Walks link layer, VLAN and MPLS, IP, tunnels (at most DECODE_LAYERS of them) and the TCP header, always
 * inside the smaller of what was captured and what every enclosing layer allows.  No allocation for a packet
 * and no state but held fragments, which are bounded in bytes and age (reliability: D1 to D8).
 *
 * Every frame ends in exactly one reason, and every reason belongs to one bucket: reasons.def. */
#ifndef LASTACK_DECODE_DECODE_H
#define LASTACK_DECODE_DECODE_H

#include <stdbool.h>

#include "base/frame.h"
#include "decode/segment.h"

enum {
	DECODE_LAYERS = 8,               /* link and tunnel layers */
	DECODE_IPV6_HEADERS = 16,        /* extension headers of one IPv6 datagram */
	DECODE_FRAGMENT_BYTES = 4 << 20, /* held at once, all datagrams together */
	DECODE_FRAGMENT_SECONDS = 30,    /* a datagram's fragments are waited for this long in packet time */
};

/* Where a packet is counted: columns of table capture.  Their sum is the number of packets received. */
enum decode_bucket {
	BUCKET_TCP,
	BUCKET_NOT_TCP,
	BUCKET_FRAGMENT,  /* part of a datagram that is not complete (yet) */
	BUCKET_TRUNCATED, /* the snap length cut it before the end of the TCP header */
	BUCKET_MALFORMED,
	BUCKET_UNSUPPORTED_LINK,
	BUCKET_TOO_DEEP,
	BUCKET_FILTERED, /* the capture filter said no; counted by the pipeline */
	BUCKETS,
};

extern const char *const decode_bucket_names[BUCKETS]; /* column names: "tcp", "not_tcp", ... */

enum decode_reason {
#define REASON(id, bucket, text) REASON_##id,
#include "decode/reasons.def"
#undef REASON
	REASONS,
};

enum decode_bucket decode_reason_bucket(enum decode_reason reason);
const char *decode_reason_text(enum decode_reason reason); /* a few plain words, for -v */

struct decoder;

/* verify_checksums: look at TCP checksums where the whole segment was captured (option -K: false). */
struct decoder *decoder_new(bool verify_checksums);
void decoder_free(struct decoder *decoder); /* accepts NULL */

/* Fills *segment and returns REASON_TCP, or returns another reason and leaves *segment undefined. */
enum decode_reason decoder_frame(struct decoder *decoder, const struct frame *frame, struct segment *segment);

#endif
