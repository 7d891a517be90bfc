/* wrap: a struct segment becomes the bytes of a frame, from the TCP header outwards.
 *
 * The opposite of decode/, written from the standards and not from it, so that one checks the other.  Headers are
 * put in front of what is there already, innermost first; which ones, a row of `wrap_links` says. */
#ifndef LASTACK_TESTS_LIB_WRAP_H
#define LASTACK_TESTS_LIB_WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/segment.h"

enum { WRAP_HEADROOM = 512, WRAP_PAYLOAD = 65536 };

struct wrap {
	uint8_t room[WRAP_HEADROOM + WRAP_PAYLOAD];
	size_t at, end;     /* the frame is room[at..end) */
	uint16_t next_type; /* EtherType of what starts at `at` */
	uint8_t ip_proto;   /* IP protocol of what starts at `at`, while it is no IP header */
};

struct wrap_link {
	const char *name;
	int link_type;      /* LINKTYPE_ of the capture file */
	const char *layers; /* from the outside in, above the IP header of the segment */
	enum tunnel_kind tunnel;
	uint32_t network; /* as segment.network */
};

extern const struct wrap_link wrap_links[];

/* NULL when there is none of that name. */
const struct wrap_link *wrap_link_find(const char *name);

/* Length of the TCP header of s with its options, and of the IP header before it. */
uint32_t wrap_tcp_header(const struct segment *s);
uint32_t wrap_ip_header(const struct segment *s);

/* The octet of payload at sequence number `seq`: the same each time it is sent. */
uint8_t wrap_octet(uint32_t seq);

/* The whole frame.  A segment with checksum CHECKSUM_BAD gets a wrong one; one with a digest gets other octets of
 * payload than one without. */
void wrap_segment(struct wrap *w, const struct wrap_link *link, const struct segment *s);

/* One of two fragments of it (IPv4 and IPv6): the first `octets` of what follows the IP header (a multiple of 8),
 * or the rest. */
void wrap_fragment(struct wrap *w, const struct wrap_link *link, const struct segment *s, uint32_t octets, bool rest);

#endif
