/* link: everything below IP but 802.11. */
#include "decode/walk.h"

#define LINK_SHORT(w) walk_short(w, REASON_LINK_CUT, REASON_LINK_SHORT)

/* --- where a capture begins, and what an ethertype means ----------------------------------------- */

enum layer walk_first_layer(int link_type)
{
	/* LINKTYPE_ numbers of the pcap file formats; some hosts write their own DLT_ number for raw IP */
	static const struct {
		int link_type;
		enum layer layer;
	} first[] = {
		{1, LAYER_ETHERNET},
		{113, LAYER_SLL},
		{276, LAYER_SLL2},
		{101, LAYER_IP},
		{228, LAYER_IPV4},
		{229, LAYER_IPV6},
		{12, LAYER_IP},
		{14, LAYER_IP},
		{0, LAYER_NULL},
		{108, LAYER_NULL},
		{9, LAYER_PPP_HDLC},
		{50, LAYER_PPP_HDLC},
		{51, LAYER_PPPOE},
		{204, LAYER_PPP_DIRECTION},
		{166, LAYER_PPP_HDLC},
		{104, LAYER_CISCO_HDLC},
		{105, LAYER_WIFI},
		{127, LAYER_RADIOTAP},
		{119, LAYER_PRISM},
		{163, LAYER_AVS},
		{192, LAYER_PPI},
		{258, LAYER_PKTAP},
		{239, LAYER_NFLOG},
		{100, LAYER_LLC},
		{219, LAYER_MPLS},
	};

	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if (first[i].link_type == link_type)
			return first[i].layer;
	return LAYERS;
}

enum decode_reason walk_ethertype(struct walk *w)
{
	switch (w->type) {
	case 0x0800:
		return walk_to(w, LAYER_IPV4);
	case 0x86dd:
		return walk_to(w, LAYER_IPV6);
	case 0x8100: /* 802.1Q */
	case 0x88a8: /* 802.1ad */
	case 0x9100: /* QinQ before it was standard */
	case 0x9200:
	case 0x9300:
		return walk_to(w, LAYER_VLAN);
	case 0x8847: /* MPLS, RFC 5332 */
	case 0x8848:
		return walk_to(w, LAYER_MPLS);
	case 0x8864: /* PPPoE session, RFC 2516 */
		return walk_to(w, LAYER_PPPOE);
	case 0x880b:
		return walk_to(w, LAYER_PPP_HDLC);
	case 0x6558: /* transparent Ethernet bridging */
		return walk_to(w, LAYER_ETHERNET);
	case 0x8926: /* VN-Tag */
		return walk_to(w, LAYER_VN_TAG);
	case 0x894f: /* NSH, RFC 8300 */
		return walk_to(w, LAYER_NSH);
	case 0xdada: /* Marvell EtherType DSA */
		return walk_to(w, LAYER_EDSA);
	case 0x88be:
		return walk_to(w, LAYER_ERSPAN2);
	case 0x22eb:
		return walk_to(w, LAYER_ERSPAN3);
	case 0x0806:
		return REASON_ARP;
	default:
		if (w->type >= 0x600)
			return REASON_OTHER_LINK;
		walk_clip(w, w->type);
		return walk_to(w, LAYER_LLC); /* it is a length: IEEE 802.3 */
	}
}

/* --- Ethernet and its tags ----------------------------------------------------------------------- */

enum decode_reason walk_ethernet(struct walk *w)
{
	uint16_t type;

	if (!bytes_skip(&w->b, 12) || !bytes_u16(&w->b, &type))
		return LINK_SHORT(w);
	return walk_to_type(w, type);
}

enum decode_reason walk_vlan(struct walk *w)
{
	uint16_t tag, type;

	if (!bytes_u16(&w->b, &tag) || !bytes_u16(&w->b, &type))
		return LINK_SHORT(w);
	if (!w->ip_depth) /* inside a tunnel it is the tunnel that names the network */
		w->segment->vlan = tag & 0x0fff;
	return walk_to_type(w, type);
}

enum decode_reason walk_vn_tag(struct walk *w)
{
	uint16_t type;

	if (!bytes_skip(&w->b, 4) || !bytes_u16(&w->b, &type))
		return LINK_SHORT(w);
	return walk_to_type(w, type);
}

enum decode_reason walk_edsa(struct walk *w)
{
	uint16_t type;

	if (!bytes_skip(&w->b, 6) || !bytes_u16(&w->b, &type))
		return LINK_SHORT(w);
	return walk_to_type(w, type);
}

/* IEEE 802.2; with SNAP the protocol is an ethertype (RFC 1042) */
enum decode_reason walk_llc(struct walk *w)
{
	uint8_t dsap, ssap, control;
	uint16_t type;

	if (!bytes_u8(&w->b, &dsap) || !bytes_u8(&w->b, &ssap) || !bytes_u8(&w->b, &control))
		return LINK_SHORT(w);
	if (dsap == 0x06 && ssap == 0x06 && control == 0x03)
		return walk_to(w, LAYER_IPV4);
	if (dsap != 0xaa || ssap != 0xaa || control != 0x03)
		return REASON_OTHER_LINK;
	if (!bytes_skip(&w->b, 3) || !bytes_u16(&w->b, &type))
		return LINK_SHORT(w);
	return type >= 0x600 ? walk_to_type(w, type) : REASON_OTHER_LINK;
}

/* Labels down to the bottom of the stack; what follows is guessed from its first nibble, as routers do (RFC 4928). */
enum decode_reason walk_mpls(struct walk *w)
{
	enum { LABELS = 16 };
	uint32_t label;
	uint8_t first;

	for (int i = 0; i < LABELS; i++) {
		if (!bytes_u32(&w->b, &label))
			return LINK_SHORT(w);
		if (!(label & 0x100))
			continue;
		if (!bytes_peek_u8(&w->b, 0, &first))
			return LINK_SHORT(w);
		switch (first >> 4) {
		case 4:
			return walk_to(w, LAYER_IPV4);
		case 6:
			return walk_to(w, LAYER_IPV6);
		case 0: /* pseudowire control word, RFC 4385 */
			return bytes_skip(&w->b, 4) ? walk_to(w, LAYER_ETHERNET) : LINK_SHORT(w);
		default:
			return walk_to(w, LAYER_ETHERNET);
		}
	}
	return REASON_TOO_DEEP;
}

/* --- Linux cooked, loopback ---------------------------------------------------------------------- */

enum decode_reason walk_sll(struct walk *w)
{
	uint16_t type;

	if (!bytes_skip(&w->b, 14) || !bytes_u16(&w->b, &type))
		return LINK_SHORT(w);
	if (type == 0x0004)
		return walk_to(w, LAYER_LLC);
	return type < 0x600 ? REASON_OTHER_LINK : walk_to_type(w, type);
}

enum decode_reason walk_sll2(struct walk *w)
{
	uint16_t type;

	if (!bytes_u16(&w->b, &type) || !bytes_skip(&w->b, 18))
		return LINK_SHORT(w);
	if (type == 0x0004)
		return walk_to(w, LAYER_LLC);
	return type < 0x600 ? REASON_OTHER_LINK : walk_to_type(w, type);
}

/* The address family in the byte order of the host that wrote it: the order in which it is a small number. */
enum decode_reason walk_null(struct walk *w)
{
	uint32_t family;

	if (!bytes_u32(&w->b, &family))
		return LINK_SHORT(w);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2: /* AF_INET everywhere */
		return walk_to(w, LAYER_IPV4);
	case 10: /* AF_INET6: Linux, NetBSD and OpenBSD, FreeBSD, macOS */
	case 24:
	case 28:
	case 30:
		return walk_to(w, LAYER_IPV6);
	default:
		return REASON_OTHER_LINK;
	}
}

/* --- PPP and HDLC -------------------------------------------------------------------------------- */

enum decode_reason walk_ppp_direction(struct walk *w)
{
	return bytes_skip(&w->b, 1) ? walk_to(w, LAYER_PPP_HDLC) : LINK_SHORT(w);
}

/* Address and control (RFC 1662) may have been left out; Cisco HDLC is sent on the same links. */
enum decode_reason walk_ppp_hdlc(struct walk *w)
{
	uint8_t address, control;

	if (!bytes_peek_u8(&w->b, 0, &address) || !bytes_peek_u8(&w->b, 1, &control))
		return LINK_SHORT(w);
	if ((address == 0x0f || address == 0x8f) && control == 0x00)
		return walk_to(w, LAYER_CISCO_HDLC);
	if (address == 0xff && control == 0x03)
		bytes_skip(&w->b, 2);
	return walk_to(w, LAYER_PPP);
}

enum decode_reason walk_ppp(struct walk *w)
{
	uint8_t high, low;
	uint16_t protocol;

	if (!bytes_u8(&w->b, &high))
		return LINK_SHORT(w);
	protocol = high;
	if (!(high & 1)) { /* not compressed to one octet (RFC 1661 6.5) */
		if (!bytes_u8(&w->b, &low))
			return LINK_SHORT(w);
		protocol = (uint16_t)(high << 8 | low);
	}
	switch (protocol) {
	case 0x0021:
		return walk_to(w, LAYER_IPV4);
	case 0x0057:
		return walk_to(w, LAYER_IPV6);
	case 0x0281:
	case 0x0283:
		return walk_to(w, LAYER_MPLS);
	default:
		return REASON_OTHER_LINK;
	}
}

enum decode_reason walk_cisco_hdlc(struct walk *w)
{
	uint16_t type;

	if (!bytes_skip(&w->b, 2) || !bytes_u16(&w->b, &type))
		return LINK_SHORT(w);
	return type < 0x600 ? REASON_OTHER_LINK : walk_to_type(w, type);
}

enum decode_reason walk_pppoe(struct walk *w)
{
	uint16_t version_code, session, length;

	if (!bytes_u16(&w->b, &version_code) || !bytes_u16(&w->b, &session) || !bytes_u16(&w->b, &length))
		return LINK_SHORT(w);
	if (version_code != 0x1100) /* version 1, type 1, code 0: session data (RFC 2516 4) */
		return REASON_OTHER_LINK;
	walk_clip(w, length);
	return walk_to(w, LAYER_PPP);
}

/* --- captures that wrap others ------------------------------------------------------------------- */

/* Per-Packet Information: fields we do not need, then the frame of the link type that it names. */
enum decode_reason walk_ppi(struct walk *w)
{
	uint16_t flags, length;
	uint32_t link_type;

	if (!bytes_u16(&w->b, &flags) || !bytes_u16_le(&w->b, &length) || !bytes_u32_le(&w->b, &link_type))
		return LINK_SHORT(w);
	if (length < 8)
		return REASON_LINK_SHORT;
	if (!bytes_skip(&w->b, length - 8u))
		return LINK_SHORT(w);
	enum layer first = walk_first_layer((int)link_type);
	return first == LAYERS ? REASON_UNSUPPORTED_LINK : walk_to(w, first);
}

/* macOS: header length, record type, link type, all in the writer's (little-endian) order */
enum decode_reason walk_pktap(struct walk *w)
{
	uint32_t length, record, link_type;

	if (!bytes_u32_le(&w->b, &length) || !bytes_u32_le(&w->b, &record) || !bytes_u32_le(&w->b, &link_type))
		return LINK_SHORT(w);
	if (length < 12)
		return REASON_LINK_SHORT;
	if (!bytes_skip(&w->b, length - 12))
		return LINK_SHORT(w);
	enum layer first = walk_first_layer((int)link_type);
	return first == LAYERS ? REASON_UNSUPPORTED_LINK : walk_to(w, first);
}

/* Netfilter log: attributes, one of them the packet.  Their heads are in the order of the host that captured, in which
 * the type is a small number. */
enum decode_reason walk_nflog(struct walk *w)
{
	enum { ATTRIBUTES = 64, PAYLOAD = 9, SMALL = 0xff };
	uint16_t length, type;
	struct bytes value;

	if (!bytes_skip(&w->b, 4))
		return LINK_SHORT(w);
	for (int i = 0; i < ATTRIBUTES && w->b.left; i++) {
		if (!bytes_u16_le(&w->b, &length) || !bytes_u16_le(&w->b, &type))
			return LINK_SHORT(w);
		if ((type & 0x7fff) > SMALL) {
			length = __builtin_bswap16(length);
			type = __builtin_bswap16(type);
		}
		if (length < 4)
			return LINK_SHORT(w);
		if ((type & 0x7fff) == PAYLOAD) {
			walk_clip(w, length - 4u);
			return walk_to(w, LAYER_IP);
		}
		uint32_t padded = (length - 4u + 3u) & ~3u;
		if (!bytes_take(&w->b, padded, &value))
			return LINK_SHORT(w);
	}
	return REASON_OTHER_LINK;
}
