/* ip_frag: holds fragments until their datagram is whole (RFC 791 3.2, RFC 8200 4.5), within fixed bounds.
 *
 * At most IP_FRAG_DATAGRAMS at once, 64 KiB each, DECODE_FRAGMENT_SECONDS of packet time each; when one more comes,
 * the oldest is given up.  Nothing of a datagram is used before all of it is there, so no connection ever comes
 * from the octets of a later fragment (reliability: D7).  Fragments that overlap end an IPv6 datagram (RFC 5722);
 * in IPv4 the octets that came first stay. */
#ifndef LASTACK_DECODE_IP_FRAG_H
#define LASTACK_DECODE_IP_FRAG_H

#include "base/bytes.h"
#include "decode/decode.h"

enum {
	IP_FRAG_SIZE = 1 << 16,
	IP_FRAG_DATAGRAMS = DECODE_FRAGMENT_BYTES / IP_FRAG_SIZE,
	IP_FRAG_PIECES = 64, /* gaps and runs of one datagram at the most */
};

struct ip_frag;

struct ip_frag_piece {
	struct addr source, destination;
	uint32_t id, protocol;
	uint32_t offset, length; /* octets of the datagram's payload */
	bool more, v6;
};

struct ip_frag *ip_frag_new(void);
void ip_frag_free(struct ip_frag *frag); /* accepts NULL */

/* Takes one piece with its octets (at least piece->length).  REASONS: *whole is the complete payload, valid until the
 * next call; else why there is none. */
enum decode_reason ip_frag_add(struct ip_frag *frag, const struct ip_frag_piece *piece, const struct bytes *octets,
	int64_t time_ns, struct bytes *whole);

#endif
