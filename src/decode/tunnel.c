/* tunnel: what carries IP inside IP or UDP. */
#include "decode/walk.h"

#define TUNNEL_SHORT(w) walk_short(w, REASON_TUNNEL_CUT, REASON_TUNNEL_SHORT)

/* Ports by which a tunnel is known.  What comes to them without that tunnel's header is plain UDP. */
enum decode_reason walk_udp(struct walk *w)
{
	static const struct {
		uint16_t port;
		bool either; /* either end may have it; else the destination */
		enum layer layer;
	} tunnels[] = {
		{4789, false, LAYER_VXLAN},
		{8472, false, LAYER_VXLAN},
		{4790, false, LAYER_VXLAN_GPE},
		{6081, false, LAYER_GENEVE},
		{2152, true, LAYER_GTPU},
		{3544, true, LAYER_TEREDO},
		{5072, true, LAYER_AYIYA},
		{6635, false, LAYER_MPLS},
		{4754, false, LAYER_GRE},
	};
	uint16_t from, to;

	if (!bytes_u16(&w->b, &from) || !bytes_u16(&w->b, &to) || !bytes_skip(&w->b, 4))
		return REASON_UDP;
	for (size_t i = 0; i < sizeof tunnels / sizeof *tunnels; i++)
		if (to == tunnels[i].port || (tunnels[i].either && from == tunnels[i].port))
			return walk_to(w, tunnels[i].layer);
	return REASON_UDP;
}

static void enter(struct walk *w, enum tunnel_kind kind, uint32_t network)
{
	w->segment->tunnel = (uint8_t)kind;
	w->segment->network = network;
}

/* RFC 2784, 2890; version 1 is RFC 2637 */
enum decode_reason walk_gre(struct walk *w)
{
	enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACK = 0x0080, VERSION = 0x0007 };
	uint16_t flags, type;

	if (!bytes_u16(&w->b, &flags) || !bytes_u16(&w->b, &type))
		return TUNNEL_SHORT(w);
	if ((flags & VERSION) > 1 || flags & ROUTING)
		return REASON_OTHER_IP;
	size_t options = (flags & CHECKSUM ? 4u : 0) + (flags & KEY ? 4u : 0) + (flags & SEQUENCE ? 4u : 0);
	if ((flags & VERSION) == 1 && flags & ACK)
		options += 4;
	if (!bytes_skip(&w->b, options))
		return TUNNEL_SHORT(w);
	enter(w, TUNNEL_GRE, 0);
	if (type == 0x88be) { /* ERSPAN: type II has a sequence number, type I has not, nor a header of its own */
		enter(w, TUNNEL_ERSPAN, 0);
		return walk_to(w, flags & SEQUENCE ? LAYER_ERSPAN2 : LAYER_ETHERNET);
	}
	if ((type >= 0x8200 && type <= 0x8210) || type == 0x9000) /* Aruba access points */
		return walk_to(w, LAYER_WIFI);
	if (type < 0x600)
		return REASON_OTHER_IP;
	return walk_to_type(w, type);
}

enum decode_reason walk_erspan2(struct walk *w)
{
	enter(w, TUNNEL_ERSPAN, 0);
	return bytes_skip(&w->b, 8) ? walk_to(w, LAYER_ETHERNET) : TUNNEL_SHORT(w);
}

enum decode_reason walk_erspan3(struct walk *w)
{
	enum { SUBHEADER = 1, FRAME_TYPE = 0x7c00, FRAME_IP = 2 << 10 };
	uint16_t flags;

	enter(w, TUNNEL_ERSPAN, 0);
	if (!bytes_skip(&w->b, 10) || !bytes_u16(&w->b, &flags))
		return TUNNEL_SHORT(w);
	if (flags & SUBHEADER && !bytes_skip(&w->b, 8))
		return TUNNEL_SHORT(w);
	return walk_to(w, (flags & FRAME_TYPE) == FRAME_IP ? LAYER_IP : LAYER_ETHERNET);
}

enum decode_reason walk_etherip(struct walk *w) /* RFC 3378 */
{
	return bytes_skip(&w->b, 2) ? walk_to(w, LAYER_ETHERNET) : TUNNEL_SHORT(w);
}

enum decode_reason walk_vxlan(struct walk *w) /* RFC 7348 */
{
	enum { HAS_VNI = 0x08 };
	uint32_t flags, vni;

	if (!bytes_u32(&w->b, &flags) || !bytes_u32(&w->b, &vni))
		return TUNNEL_SHORT(w);
	if (!(flags >> 24 & HAS_VNI))
		return REASON_UDP;
	enter(w, TUNNEL_VXLAN, (vni >> 8) + 1);
	return walk_to(w, LAYER_ETHERNET);
}

/* What VXLAN-GPE and NSH call the next protocol. */
static enum decode_reason next_protocol(struct walk *w, uint32_t protocol)
{
	switch (protocol) {
	case 1:
		return walk_to(w, LAYER_IPV4);
	case 2:
		return walk_to(w, LAYER_IPV6);
	case 3:
		return walk_to(w, LAYER_ETHERNET);
	case 4:
		return walk_to(w, LAYER_NSH);
	case 5:
		return walk_to(w, LAYER_MPLS);
	default:
		return REASON_OTHER_IP;
	}
}

enum decode_reason walk_vxlan_gpe(struct walk *w) /* draft-ietf-nvo3-vxlan-gpe */
{
	enum { HAS_PROTOCOL = 0x04 };
	uint32_t flags, vni;

	if (!bytes_u32(&w->b, &flags) || !bytes_u32(&w->b, &vni))
		return TUNNEL_SHORT(w);
	enter(w, TUNNEL_VXLAN, (vni >> 8) + 1);
	return flags >> 24 & HAS_PROTOCOL ? next_protocol(w, flags & 0xff) : walk_to(w, LAYER_ETHERNET);
}

enum decode_reason walk_nsh(struct walk *w) /* RFC 8300: length in words of four octets */
{
	uint32_t base;

	if (!bytes_u32(&w->b, &base))
		return TUNNEL_SHORT(w);
	uint32_t words = base >> 16 & 0x3f;
	if (words < 2)
		return REASON_TUNNEL_SHORT;
	return bytes_skip(&w->b, words * 4 - 4) ? next_protocol(w, base & 0xff) : TUNNEL_SHORT(w);
}

enum decode_reason walk_geneve(struct walk *w) /* RFC 8926 */
{
	uint8_t version_length, flags;
	uint16_t type;
	uint32_t vni;

	if (!bytes_u8(&w->b, &version_length) || !bytes_u8(&w->b, &flags) || !bytes_u16(&w->b, &type) ||
		!bytes_u32(&w->b, &vni))
		return TUNNEL_SHORT(w);
	if (version_length >> 6)
		return REASON_UDP;
	if (!bytes_skip(&w->b, (version_length & 0x3fu) * 4))
		return TUNNEL_SHORT(w);
	enter(w, TUNNEL_GENEVE, (vni >> 8) + 1);
	return type < 0x600 ? REASON_OTHER_IP : walk_to_type(w, type);
}

/* 3GPP TS 29.281: user data only.  Its tunnel ids name one direction each, so they are no part of the key. */
enum decode_reason walk_gtpu(struct walk *w)
{
	enum {
		VERSION_1 = 0x30,
		VERSION_MASK = 0xf0,
		OPTIONAL = 0x07,
		EXTENSION = 0x04,
		USER_DATA = 255,
		EXTENSIONS = 8
	};
	uint8_t flags, kind, next, words, first;
	uint16_t length;

	if (!bytes_u8(&w->b, &flags) || !bytes_u8(&w->b, &kind) || !bytes_u16(&w->b, &length) || !bytes_skip(&w->b, 4))
		return w->missing ? REASON_TUNNEL_CUT : REASON_UDP;
	if ((flags & VERSION_MASK) != VERSION_1 || kind != USER_DATA)
		return REASON_UDP;
	if (flags & OPTIONAL) {
		if (!bytes_skip(&w->b, 3) || !bytes_u8(&w->b, &next))
			return TUNNEL_SHORT(w);
		for (int i = 0; flags & EXTENSION && next; i++) {
			if (i == EXTENSIONS)
				return REASON_TOO_DEEP;
			if (!bytes_u8(&w->b, &words) || !words || !bytes_skip(&w->b, words * 4u - 2) ||
				!bytes_u8(&w->b, &next))
				return TUNNEL_SHORT(w);
		}
	}
	if (!bytes_peek_u8(&w->b, 0, &first))
		return TUNNEL_SHORT(w);
	if (first >> 4 != 4 && first >> 4 != 6)
		return REASON_UDP;
	enter(w, TUNNEL_GTPU, 0);
	return walk_to(w, LAYER_IP);
}

enum decode_reason walk_teredo(struct walk *w) /* RFC 4380 5.1.1 */
{
	uint8_t high, low, id, value;

	if (!bytes_peek_u8(&w->b, 0, &high) || !bytes_peek_u8(&w->b, 1, &low))
		return w->missing ? REASON_TUNNEL_CUT : REASON_UDP;
	if (high == 0 && low == 1) { /* authentication: identifiers, nonce, confirmation */
		if (!bytes_skip(&w->b, 2) || !bytes_u8(&w->b, &id) || !bytes_u8(&w->b, &value) ||
			!bytes_skip(&w->b, (size_t)id + value + 9))
			return TUNNEL_SHORT(w);
		if (!bytes_peek_u8(&w->b, 0, &high) || !bytes_peek_u8(&w->b, 1, &low))
			return TUNNEL_SHORT(w);
	}
	if (high == 0 && low == 0) { /* origin indication */
		if (!bytes_skip(&w->b, 8))
			return TUNNEL_SHORT(w);
		if (!bytes_peek_u8(&w->b, 0, &high))
			return TUNNEL_SHORT(w);
	}
	if (high >> 4 != 6)
		return REASON_UDP;
	enter(w, TUNNEL_TEREDO, 0);
	return walk_to(w, LAYER_IPV6);
}

enum decode_reason walk_ayiya(struct walk *w) /* draft-massar-v6ops-ayiya */
{
	uint8_t identity, signature, operation, next;

	if (!bytes_u8(&w->b, &identity) || !bytes_u8(&w->b, &signature) || !bytes_u8(&w->b, &operation) ||
		!bytes_u8(&w->b, &next))
		return w->missing ? REASON_TUNNEL_CUT : REASON_UDP;
	if ((operation & 0x0f) != 1 || next != 41) /* forward, IPv6 */
		return REASON_UDP;
	if (!bytes_skip(&w->b, 4 + (1u << (identity >> 4)) + (signature >> 4) * 4u))
		return TUNNEL_SHORT(w);
	enter(w, TUNNEL_6IN4, 0);
	return walk_to(w, LAYER_IPV6);
}
