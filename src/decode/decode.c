/* decode: the walk from layer to layer, and the tables of reasons and buckets.  See decode.h. */
#include "decode/decode.h"

#include <stdlib.h>

#include "base/err.h"
#include "decode/walk.h"

enum { ETHERNET_HEAD = 14 };

struct decoder {
	struct ip_frag *frag;
	bool verify_checksums;
};

const char *const decode_bucket_names[BUCKETS] = {
	[BUCKET_TCP] = "tcp",
	[BUCKET_NOT_TCP] = "not_tcp",
	[BUCKET_FRAGMENT] = "fragment",
	[BUCKET_TRUNCATED] = "truncated",
	[BUCKET_MALFORMED] = "malformed",
	[BUCKET_UNSUPPORTED_LINK] = "unsupported_link",
	[BUCKET_TOO_DEEP] = "too_deep",
	[BUCKET_FILTERED] = "filtered",
};

const char *const tunnel_names[TUNNEL_KINDS] = {
	[TUNNEL_IPIP] = "ipip",
	[TUNNEL_6IN4] = "6in4",
	[TUNNEL_GRE] = "gre",
	[TUNNEL_ERSPAN] = "erspan",
	[TUNNEL_VXLAN] = "vxlan",
	[TUNNEL_GENEVE] = "geneve",
	[TUNNEL_GTPU] = "gtp-u",
	[TUNNEL_TEREDO] = "teredo",
};

static const struct {
	enum decode_bucket bucket;
	const char *text;
} reasons[REASONS] = {
#define REASON(id, bucket, text) [REASON_##id] = {BUCKET_##bucket, text},
#include "decode/reasons.def"
#undef REASON
};

enum decode_bucket decode_reason_bucket(enum decode_reason reason)
{
	return reasons[reason].bucket;
}

const char *decode_reason_text(enum decode_reason reason)
{
	return reasons[reason].text;
}

struct decoder *decoder_new(bool verify_checksums)
{
	struct decoder *decoder = mem_new(1, sizeof *decoder);

	decoder->verify_checksums = verify_checksums;
	decoder->frag = ip_frag_new();
	return decoder;
}

void decoder_free(struct decoder *decoder)
{
	if (!decoder)
		return;
	ip_frag_free(decoder->frag);
	free(decoder);
}

/* Does the layer count against DECODE_LAYERS?  Headers that only say what follows do not, nor does the first IP. */
static const struct {
	walk_layer *walk;
	bool counts;
} layers[LAYERS] = {
	[LAYER_ETHERNET] = {walk_ethernet, true},
	[LAYER_ETHERTYPE] = {walk_ethertype, false},
	[LAYER_VLAN] = {walk_vlan, true},
	[LAYER_LLC] = {walk_llc, false},
	[LAYER_SLL] = {walk_sll, true},
	[LAYER_SLL2] = {walk_sll2, true},
	[LAYER_NULL] = {walk_null, true},
	[LAYER_PPP] = {walk_ppp, true},
	[LAYER_PPP_HDLC] = {walk_ppp_hdlc, false},
	[LAYER_PPP_DIRECTION] = {walk_ppp_direction, false},
	[LAYER_CISCO_HDLC] = {walk_cisco_hdlc, true},
	[LAYER_PPPOE] = {walk_pppoe, false},
	[LAYER_WIFI] = {walk_wifi, true},
	[LAYER_RADIOTAP] = {walk_radiotap, false},
	[LAYER_PRISM] = {walk_prism, false},
	[LAYER_AVS] = {walk_avs, false},
	[LAYER_PPI] = {walk_ppi, true},
	[LAYER_PKTAP] = {walk_pktap, true},
	[LAYER_NFLOG] = {walk_nflog, true},
	[LAYER_VN_TAG] = {walk_vn_tag, true},
	[LAYER_EDSA] = {walk_edsa, true},
	[LAYER_MPLS] = {walk_mpls, true},
	[LAYER_IP] = {walk_ip, false},
	[LAYER_IPV4] = {walk_ipv4, false},
	[LAYER_IPV6] = {walk_ipv6, false},
	[LAYER_PROTOCOL] = {walk_protocol, false},
	[LAYER_UDP] = {walk_udp, false},
	[LAYER_GRE] = {walk_gre, true},
	[LAYER_ERSPAN2] = {walk_erspan2, false},
	[LAYER_ERSPAN3] = {walk_erspan3, false},
	[LAYER_ETHERIP] = {walk_etherip, false},
	[LAYER_VXLAN] = {walk_vxlan, true},
	[LAYER_VXLAN_GPE] = {walk_vxlan_gpe, true},
	[LAYER_NSH] = {walk_nsh, true},
	[LAYER_GENEVE] = {walk_geneve, true},
	[LAYER_GTPU] = {walk_gtpu, true},
	[LAYER_TEREDO] = {walk_teredo, true},
	[LAYER_AYIYA] = {walk_ayiya, true},
	[LAYER_TCP] = {walk_tcp, false},
};

/* What nearly all frames begin with: Ethernet, and right behind it an IP header. */
static bool enter_usual(struct walk *w)
{
	if (w->next != LAYER_ETHERNET || w->b.left < ETHERNET_HEAD)
		return false;
	switch (bytes_get_u16(&w->b, ETHERNET_HEAD - 2)) {
	case 0x0800:
		w->next = LAYER_IPV4;
		break;
	case 0x86dd:
		w->next = LAYER_IPV6;
		break;
	default:
		return false;
	}
	w->depth = 1;
	return bytes_skip(&w->b, ETHERNET_HEAD);
}

/* The same walk as through the table, layer by layer, with the calls that it nearly always comes to. */
static enum decode_reason walk_usual(struct walk *w)
{
	enum decode_reason reason = w->next == LAYER_IPV4 ? walk_ipv4(w) : walk_ipv6(w);

	return reason == WALK_ON && w->next == LAYER_TCP ? walk_tcp(w) : reason;
}

enum decode_reason decoder_frame(struct decoder *decoder, const struct frame *frame, struct segment *segment)
{
	struct walk w = {
		.b = {frame->bytes, frame->captured},
		.missing = frame->length > frame->captured ? frame->length - frame->captured : 0,
		.next = walk_first_layer(frame->link_type),
		.verify_checksums = decoder->verify_checksums,
		.frag = decoder->frag,
		.frame = frame,
		.segment = segment,
	};
	enum decode_reason reason = WALK_ON;

	if (w.next == LAYERS)
		return REASON_UNSUPPORTED_LINK;
	segment->vlan = VLAN_NONE;
	segment->tunnel = TUNNEL_NONE;
	segment->network = 0;
	segment->ip_flawed = false;
	if (enter_usual(&w))
		reason = walk_usual(&w);
	while (reason == WALK_ON) {
		if (layers[w.next].counts && ++w.depth > DECODE_LAYERS)
			return REASON_TOO_DEEP;
		reason = layers[w.next].walk(&w);
	}
	return reason;
}
