/* segment: one TCP segment as it was on the wire, decoded.
 *
 * Names follow RFC 9293 3.3.1 (SEG.SEQ, SEG.ACK, SEG.LEN, SEG.WND) and 3.1 (control bits).  Valid during
 * the pass of its packet only: payload borrows from the frame.  Nothing here depends on earlier packets,
 * except that a reassembled datagram's segment carries the time and number of the fragment that completed it. */
#ifndef LASTACK_DECODE_SEGMENT_H
#define LASTACK_DECODE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* Control bits, RFC 9293 3.1. */
enum {
	CTL_FIN = 0x01,
	CTL_SYN = 0x02,
	CTL_RST = 0x04,
	CTL_PSH = 0x08,
	CTL_ACK = 0x10,
	CTL_URG = 0x20,
	CTL_ECE = 0x40,
	CTL_CWR = 0x80,
};

/* The innermost wrapping that IP travelled in.  Only VXLAN and Geneve name a network of their own
 * (segment.network); the ids of GTP-U, GRE and ERSPAN name one direction or one session. */
enum tunnel_kind {
	TUNNEL_NONE,
	TUNNEL_IPIP,   /* IPv4 in IPv4, RFC 2003 */
	TUNNEL_6IN4,   /* any other IP in IP, RFC 4213, RFC 2473 */
	TUNNEL_GRE,    /* RFC 2784, 2890 */
	TUNNEL_ERSPAN, /* types I to III */
	TUNNEL_VXLAN,  /* RFC 7348 and the GPE draft */
	TUNNEL_GENEVE, /* RFC 8926 */
	TUNNEL_GTPU,   /* 3GPP TS 29.281 */
	TUNNEL_TEREDO, /* RFC 4380 */
	TUNNEL_KINDS,
};

/* Plain words for them: "ipip", "6in4", ...; NULL for TUNNEL_NONE. */
extern const char *const tunnel_names[TUNNEL_KINDS];

enum { SACK_BLOCKS = 4, VLAN_NONE = 0xffff };

/* Which options are present (RFC 9293 3.2, RFC 7323, RFC 2018, RFC 7413). */
enum {
	OPTION_MSS = 1,
	OPTION_WINDOW_SCALE = 2,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 8,
	OPTION_TIMESTAMPS = 16,
	OPTION_FAST_OPEN = 32, /* kind 34, or the experiment 254 with F989 */
	OPTION_MALFORMED = 64, /* the list ended in a bad length; what stood before it counts */
	OPTION_CUT = 128,      /* the snap length cut the list */
};

enum checksum {
	CHECKSUM_UNCHECKED, /* not the whole segment was captured, or told not to look */
	CHECKSUM_GOOD,
	CHECKSUM_BAD,
};

struct segment {
	int64_t time_ns;
	uint64_t packet; /* frame.number */
	uint32_t input;  /* frame.input */

	struct addr source, destination;
	uint16_t source_port, destination_port;

	uint32_t seq, ack;    /* ack has a meaning only with CTL_ACK */
	uint32_t payload_len; /* octets, from the IP length, not from what was captured */
	uint32_t len;         /* SEG.LEN: payload, and SYN and FIN count one each */
	uint16_t wnd;         /* as sent, unscaled */
	uint16_t urgent;
	uint8_t ctl;

	uint8_t options;      /* OPTION_ bits */
	uint8_t window_scale; /* shift count as sent */
	uint16_t mss;
	uint32_t ts_val, ts_ecr;
	uint8_t sack_count;
	struct {
		uint32_t left, right;
	} sack[SACK_BLOCKS];

	uint8_t ttl;    /* hop limit in IPv6 */
	bool has_ip_id; /* IPv4 only */
	uint16_t ip_id;
	uint32_t ip_bytes; /* of the innermost IP datagram, headers included */
	bool ip_unstated;  /* the header says 0: a super-segment on its way to segmentation offload */
	bool ip_flawed; /* no host would take it as it is: longer than its frame; where checksums are verified, also an
			   IPv4 header whose own is wrong, and one that says 0 */
	uint8_t checksum; /* enum checksum */
	uint32_t digest;  /* of the payload, from its checksum; 0: no payload, or no checksum that is right */
	bool cut;         /* fewer payload octets captured than sent */

	uint16_t vlan;    /* innermost VLAN id below the first IP header, or VLAN_NONE */
	uint8_t tunnel;   /* enum tunnel_kind of the innermost tunnel */
	uint32_t network; /* virtual network: VXLAN or Geneve VNI + 1, else 0 */

	const uint8_t *payload;    /* borrowed */
	uint32_t payload_captured; /* octets at payload */
};

#endif
