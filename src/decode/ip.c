/* ip: IPv4 (RFC 791) and IPv6 (RFC 8200) headers, down to the protocol inside. */
#include "decode/walk.h"

#define IP_SHORT(w) walk_short(w, REASON_IP_CUT, REASON_IP_SHORT)

/* IP protocol numbers. */
enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_IGMP = 2,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_ESP = 50,
	PROTOCOL_AH = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_ETHERIP = 97,
	PROTOCOL_SCTP = 132,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_MPLS = 137,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
};

enum decode_reason walk_ip(struct walk *w)
{
	uint8_t first;

	if (!bytes_peek_u8(&w->b, 0, &first))
		return IP_SHORT(w);
	switch (first >> 4) {
	case 4:
		return walk_to(w, LAYER_IPV4);
	case 6:
		return walk_to(w, LAYER_IPV6);
	default:
		return REASON_IP_VERSION;
	}
}

/* An IP header inside another is a tunnel of its own, unless a tunnel header stood between them. */
static bool enter_ip(struct walk *w)
{
	w->ip_depth++;
	return w->ip_depth == 1 || ++w->depth <= DECODE_LAYERS;
}

/* Does a datagram of this length end inside its frame, whatever the layers between them say? */
static bool fits_frame(const struct walk *w, const uint8_t *at, uint64_t length)
{
	uint64_t before = (uint64_t)((uintptr_t)at - (uintptr_t)w->frame->bytes);

	return before <= w->frame->length && length <= w->frame->length - before;
}

static enum decode_reason take_fragment(struct walk *w, const struct ip_frag_piece *piece)
{
	if (w->missing || w->overstated) /* by the snap length, or by the frame itself */
		return REASON_FRAGMENT_CUT;
	struct bytes whole;
	enum decode_reason reason = ip_frag_add(w->frag, piece, &w->b, w->frame->time_ns, &whole);
	if (reason != WALK_ON)
		return reason;
	w->b = whole;
	/* the whole datagram has the other pieces' octets, and no fragment header (RFC 8200 4.5) */
	w->segment->ip_bytes += (uint32_t)(whole.left - piece->length) - (piece->v6 ? 8 : 0);
	return walk_to(w, LAYER_PROTOCOL);
}

enum decode_reason walk_ipv4(struct walk *w)
{
	enum { MORE_FRAGMENTS = 0x2000, OFFSET = 0x1fff };
	struct segment *s = w->segment;
	uint64_t available = w->b.left + w->missing;
	struct bytes h;

	if (!enter_ip(w))
		return REASON_TOO_DEEP;
	if (!bytes_take(&w->b, 20, &h))
		return IP_SHORT(w);
	uint8_t version_ihl = h.at[0];
	uint16_t length = (uint16_t)(h.at[2] << 8 | h.at[3]), fragment = (uint16_t)(h.at[6] << 8 | h.at[7]);
	uint32_t header = (version_ihl & 15u) * 4;
	if (version_ihl >> 4 != 4)
		return REASON_IP_VERSION;
	if (header < 20)
		return REASON_IP_LENGTH;
	/* 0: a super-segment on its way to segmentation offload; the frame has it all */
	uint32_t total = length ? length : (uint32_t)available;
	if (total < header)
		return REASON_IP_LENGTH;
	w->overstated = total > available;
	s->ip_unstated = !length;
	s->ip_flawed |= w->overstated && !fits_frame(w, h.at, total);
	if (w->verify_checksums && (!length || (w->b.left >= header - 20 && !walk_sum_is_whole(h.at, header))))
		s->ip_flawed = true;
	s->ip_bytes = total;
	s->ip_id = (uint16_t)(h.at[4] << 8 | h.at[5]);
	s->has_ip_id = true;
	s->ttl = h.at[8];
	w->type = h.at[9];
	s->source = addr_from_v4(h.at + 12);
	s->destination = addr_from_v4(h.at + 16);
	walk_clip(w, total - 20);
	if (header > 20 && !bytes_skip(&w->b, header - 20))
		return IP_SHORT(w);
	if (!(fragment & (MORE_FRAGMENTS | OFFSET)))
		return w->type == PROTOCOL_TCP ? walk_to(w, LAYER_TCP) : walk_to(w, LAYER_PROTOCOL);
	return take_fragment(w, &(struct ip_frag_piece){
					.source = s->source,
					.destination = s->destination,
					.id = s->ip_id,
					.protocol = w->type,
					.offset = (fragment & OFFSET) * 8u,
					.length = total - header,
					.more = fragment & MORE_FRAGMENTS,
				});
}

/* The length of a datagram above 65535 octets stands in a hop-by-hop option (RFC 2675). */
static bool jumbo_length(const struct bytes *options, uint32_t *length)
{
	enum { PAD1 = 0, JUMBO = 0xc2, OPTIONS = 32 };
	struct bytes b = *options, value;
	uint8_t kind, size;

	for (int i = 0; i < OPTIONS && bytes_u8(&b, &kind); i++) {
		if (kind == PAD1)
			continue;
		if (!bytes_u8(&b, &size) || !bytes_take(&b, size, &value))
			return false;
		if (kind == JUMBO && size == 4)
			return bytes_u32(&value, length);
	}
	return false;
}

static enum decode_reason ipv6_fragment(struct walk *w, bool *atomic)
{
	enum { MORE_FRAGMENTS = 1, OFFSET = 0xfff8 };
	struct segment *s = w->segment;
	uint8_t next;
	uint16_t offset;
	uint32_t id;

	if (!bytes_u8(&w->b, &next) || !bytes_skip(&w->b, 1) || !bytes_u16(&w->b, &offset) || !bytes_u32(&w->b, &id))
		return IP_SHORT(w);
	w->type = next;
	*atomic = !(offset & (MORE_FRAGMENTS | OFFSET)); /* RFC 6946: whole, in spite of the header */
	if (*atomic)
		return WALK_ON;
	return take_fragment(w, &(struct ip_frag_piece){
					.source = s->source,
					.destination = s->destination,
					.id = id,
					.protocol = w->type,
					.offset = offset & OFFSET,
					.length = (uint32_t)(w->b.left + w->missing),
					.more = offset & MORE_FRAGMENTS,
					.v6 = true,
				});
}

/* The extension header w->type at the front (RFC 8200 4); w->type becomes what follows it. */
static enum decode_reason ipv6_extension(struct walk *w, bool *atomic)
{
	uint8_t next, length;
	struct bytes body;

	if (w->type == PROTOCOL_FRAGMENT)
		return ipv6_fragment(w, atomic);
	if (!bytes_u8(&w->b, &next) || !bytes_u8(&w->b, &length))
		return IP_SHORT(w);
	size_t rest = w->type == PROTOCOL_AH ? (length + 2u) * 4 - 2 : (length + 1u) * 8 - 2;
	if (!bytes_take(&w->b, rest, &body))
		return IP_SHORT(w);
	/* a routing header, or a home address option, changes an address of the pseudo header (RFC 8200 8.1) */
	if (w->type == PROTOCOL_ROUTING || w->type == PROTOCOL_DESTINATION)
		w->rewritten = true;
	w->type = next;
	return WALK_ON;
}

enum decode_reason walk_ipv6(struct walk *w)
{
	struct segment *s = w->segment;
	uint64_t available = w->b.left + w->missing;
	struct bytes h;
	uint32_t jumbo;

	if (!enter_ip(w))
		return REASON_TOO_DEEP;
	if (!bytes_take(&w->b, 40, &h))
		return IP_SHORT(w);
	if (h.at[0] >> 4 != 6)
		return REASON_IP_VERSION;
	uint32_t length = (uint32_t)(h.at[4] << 8 | h.at[5]);
	s->ttl = h.at[7];
	s->has_ip_id = false;
	s->ip_id = 0;
	s->source = addr_from_v6(h.at + 8);
	s->destination = addr_from_v6(h.at + 24);
	w->type = h.at[6];
	if (!length && w->type == PROTOCOL_HOP_BY_HOP && w->b.left >= 8) {
		struct bytes options = {w->b.at + 2, w->b.left - 2};
		bytes_clip(&options, (w->b.at[1] + 1u) * 8 - 2);
		if (jumbo_length(&options, &jumbo))
			length = jumbo;
	}
	s->ip_unstated = !length;
	if (!length) /* a super-segment again (BIG TCP) */
		length = (uint32_t)(available - 40);
	w->overstated = length > available - 40;
	s->ip_flawed |= (w->verify_checksums && s->ip_unstated) || (w->overstated && !fits_frame(w, h.at, 40 + length));
	s->ip_bytes = 40 + length;
	walk_clip(w, length);
	for (int i = 0; i < DECODE_IPV6_HEADERS; i++) {
		bool whole = true;

		switch (w->type) {
		case PROTOCOL_TCP:
			return walk_to(w, LAYER_TCP);
		case PROTOCOL_HOP_BY_HOP:
		case PROTOCOL_ROUTING:
		case PROTOCOL_FRAGMENT:
		case PROTOCOL_DESTINATION:
		case PROTOCOL_AH:
		case PROTOCOL_MOBILITY:
		case PROTOCOL_HIP:
		case PROTOCOL_SHIM6: {
			enum decode_reason reason = ipv6_extension(w, &whole);
			if (reason != WALK_ON || !whole)
				return reason;
			break;
		}
		default:
			return walk_to(w, LAYER_PROTOCOL);
		}
	}
	return REASON_IPV6_CHAIN;
}

static enum decode_reason enter_ip_tunnel(struct walk *w, enum layer inner)
{
	w->segment->tunnel = inner == LAYER_IPV4 && addr_is_v4(&w->segment->source) ? TUNNEL_IPIP : TUNNEL_6IN4;
	return walk_to(w, inner);
}

enum decode_reason walk_protocol(struct walk *w)
{
	bool atomic;

	switch (w->type) {
	case PROTOCOL_TCP:
		return walk_to(w, LAYER_TCP);
	case PROTOCOL_UDP:
		return walk_to(w, LAYER_UDP);
	case PROTOCOL_IPV4:
		return enter_ip_tunnel(w, LAYER_IPV4);
	case PROTOCOL_IPV6:
		return enter_ip_tunnel(w, LAYER_IPV6);
	case PROTOCOL_GRE:
		return walk_to(w, LAYER_GRE);
	case PROTOCOL_ETHERIP:
		return walk_to(w, LAYER_ETHERIP);
	case PROTOCOL_MPLS:
		return walk_to(w, LAYER_MPLS);
	case PROTOCOL_AH: {
		enum decode_reason reason = ipv6_extension(w, &atomic);
		/* one AH header; another below it is nobody's */
		return reason != WALK_ON        ? reason
		       : w->type == PROTOCOL_AH ? REASON_OTHER_IP
						: walk_to(w, LAYER_PROTOCOL);
	}
	case PROTOCOL_DESTINATION: /* behind a reassembled IPv6 datagram */
	case PROTOCOL_ROUTING: {
		enum decode_reason reason =
			addr_is_v4(&w->segment->source) ? REASON_OTHER_IP : ipv6_extension(w, &atomic);
		return reason != WALK_ON            ? reason
		       : ++w->depth > DECODE_LAYERS ? REASON_TOO_DEEP
						    : walk_to(w, LAYER_PROTOCOL);
	}
	case PROTOCOL_ICMP:
		return REASON_ICMP;
	case PROTOCOL_ICMPV6:
		return REASON_ICMPV6;
	case PROTOCOL_IGMP:
		return REASON_IGMP;
	case PROTOCOL_SCTP:
		return REASON_SCTP;
	case PROTOCOL_ESP:
		return REASON_ESP;
	default:
		return REASON_OTHER_IP;
	}
}
