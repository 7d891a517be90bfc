/* walk: one packet's way down through its layers.  Private to decode/.
 *
 * A layer is a function that reads its own header and says what comes next.  decode.c calls one after another; no
 * layer calls another, so nesting is a counter and not a stack. */
#ifndef LASTACK_DECODE_WALK_H
#define LASTACK_DECODE_WALK_H

#include "base/bytes.h"
#include "decode/decode.h"
#include "decode/ip_frag.h"

/* What comes next.  The order is that of the table in decode.c. */
enum layer {
	LAYER_ETHERNET,
	LAYER_ETHERTYPE, /* walk.type holds it */
	LAYER_VLAN,
	LAYER_LLC,
	LAYER_SLL,
	LAYER_SLL2,
	LAYER_NULL,
	LAYER_PPP,
	LAYER_PPP_HDLC,
	LAYER_PPP_DIRECTION,
	LAYER_CISCO_HDLC,
	LAYER_PPPOE,
	LAYER_WIFI,
	LAYER_RADIOTAP,
	LAYER_PRISM,
	LAYER_AVS,
	LAYER_PPI,
	LAYER_PKTAP,
	LAYER_NFLOG,
	LAYER_VN_TAG,
	LAYER_EDSA,
	LAYER_MPLS,
	LAYER_IP, /* version 4 or 6, as its first nibble says */
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_PROTOCOL, /* walk.type holds the IP protocol number */
	LAYER_UDP,
	LAYER_GRE,
	LAYER_ERSPAN2,
	LAYER_ERSPAN3,
	LAYER_ETHERIP,
	LAYER_VXLAN,
	LAYER_VXLAN_GPE,
	LAYER_NSH,
	LAYER_GENEVE,
	LAYER_GTPU,
	LAYER_TEREDO,
	LAYER_AYIYA,
	LAYER_TCP,
	LAYERS,
};

/* A layer is done and walk.next says what follows. */
#define WALK_ON REASONS

struct walk {
	struct bytes b;   /* what is left of the layer, captured */
	uint64_t missing; /* octets of it that were on the wire but not captured */
	enum layer next;
	uint32_t type;     /* ethertype or IP protocol of what comes next */
	unsigned depth;    /* link and tunnel layers so far */
	unsigned ip_depth; /* IP headers so far */
	bool overstated;   /* the IP header claims more octets than its frame has */
	bool rewritten;    /* a routing or home address header: the pseudo header is not the one summed */
	bool verify_checksums;
	struct ip_frag *frag;
	const struct frame *frame;
	struct segment *segment;
};

typedef enum decode_reason walk_layer(struct walk *w);

walk_layer walk_ethernet, walk_ethertype, walk_vlan, walk_llc, walk_sll, walk_sll2, walk_null, walk_ppp, walk_ppp_hdlc,
	walk_ppp_direction, walk_cisco_hdlc, walk_pppoe, walk_wifi, walk_radiotap, walk_prism, walk_avs, walk_ppi,
	walk_pktap, walk_nflog, walk_vn_tag, walk_edsa, walk_mpls; /* link.c, wifi.c */
walk_layer walk_ip, walk_ipv4, walk_ipv6, walk_protocol;           /* ip.c */
walk_layer walk_udp, walk_gre, walk_erspan2, walk_erspan3, walk_etherip, walk_vxlan, walk_vxlan_gpe, walk_nsh,
	walk_geneve, walk_gtpu, walk_teredo, walk_ayiya; /* tunnel.c */
walk_layer walk_tcp;                                     /* tcp.c */

/* Do octets that hold their own checksum (RFC 1071) add up, as an IPv4 header does? */
bool walk_sum_is_whole(const uint8_t *at, size_t length);

/* The first layer of a link type (LINKTYPE_ value); LAYERS when it is not supported. */
enum layer walk_first_layer(int link_type);

static inline enum decode_reason walk_to(struct walk *w, enum layer next)
{
	w->next = next;
	return WALK_ON;
}

static inline enum decode_reason walk_to_type(struct walk *w, uint32_t ethertype)
{
	w->type = ethertype;
	return walk_to(w, LAYER_ETHERTYPE);
}

/* A read failed: was it the snap length, or is the packet itself too short? */
static inline enum decode_reason walk_short(const struct walk *w, enum decode_reason cut, enum decode_reason malformed)
{
	return w->missing ? cut : malformed;
}

/* The layer says itself that it has `length` more octets.  The smaller of that and what the layers around it leave is
 * believed (reliability: D1). */
static inline void walk_clip(struct walk *w, uint64_t length)
{
	if (length >= w->b.left + w->missing)
		return;
	if (length <= w->b.left) {
		w->b.left = (size_t)length;
		w->missing = 0;
	} else {
		w->missing = length - w->b.left;
	}
}

#endif
