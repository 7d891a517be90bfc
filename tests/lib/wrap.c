/* wrap: see wrap.h. */
#include "tests/lib/wrap.h"

#include <assert.h>
#include <string.h>

enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd, TYPE_ETHERNET = 0x6558 };
enum { VNI = 4711, VLAN_DEFAULT = 7, OUTER_TAG = 100 };
enum { PROTO_IPV6_FRAGMENT = 44 };

/* Layers from the outside in; the names are those of `layers` below. */
const struct wrap_link wrap_links[] = {
	{"ether", 1, "ether", TUNNEL_NONE, 0},
	{"vlan", 1, "ether vlan", TUNNEL_NONE, 0},
	{"qinq", 1, "ether tag88a8 vlan", TUNNEL_NONE, 0},
	{"qinq-9100", 1, "ether tag9100 vlan", TUNNEL_NONE, 0},
	{"sll", 113, "sll", TUNNEL_NONE, 0},
	{"sll2", 276, "sll2", TUNNEL_NONE, 0},
	{"raw", 101, "", TUNNEL_NONE, 0},
	{"null", 0, "null", TUNNEL_NONE, 0},
	{"loop", 108, "loop", TUNNEL_NONE, 0},
	{"ppp", 9, "ppp", TUNNEL_NONE, 0},
	{"pppoe", 1, "ether pppoe", TUNNEL_NONE, 0},
	{"mpls", 1, "ether mpls", TUNNEL_NONE, 0},
	{"wifi", 105, "wifi", TUNNEL_NONE, 0},
	{"radiotap", 127, "radiotap wifi", TUNNEL_NONE, 0},
	{"ipip", 1, "ether ip4", TUNNEL_IPIP, 0},
	{"6in4", 1, "ether ip4", TUNNEL_6IN4, 0},
	{"gre", 1, "ether ip4 gre", TUNNEL_GRE, 0},
	{"erspan", 1, "ether ip4 erspan ether", TUNNEL_ERSPAN, 0},
	{"vxlan", 1, "ether ip4 udp4789 vxlan ether", TUNNEL_VXLAN, VNI + 1},
	{"geneve", 1, "ether ip4 udp6081 geneve ether", TUNNEL_GENEVE, VNI + 1},
	{"gtpu", 1, "ether ip4 udp2152 gtpu", TUNNEL_GTPU, 0},
	{0},
};

const struct wrap_link *wrap_link_find(const char *name)
{
	for (const struct wrap_link *link = wrap_links; link->name; link++)
		if (!strcmp(link->name, name))
			return link;
	return NULL;
}

/* --- bytes --------------------------------------------------------------------------------------- */

static void put8(struct wrap *w, unsigned value)
{
	w->room[w->end++] = (uint8_t)value;
}

static void put16(struct wrap *w, unsigned value)
{
	put8(w, value >> 8);
	put8(w, value);
}

static void put32(struct wrap *w, uint32_t value)
{
	put16(w, value >> 16);
	put16(w, value & 0xffff);
}

/* Puts `length` bytes in front. */
static void front(struct wrap *w, const uint8_t *bytes, size_t length)
{
	assert(w->at >= length);
	w->at -= length;
	memcpy(w->room + w->at, bytes, length);
}

/* Puts the low `count` octets of a number in front, most significant first. */
static void front_number(struct wrap *w, uint64_t value, unsigned count)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)(value >> 8 * (count - 1 - i));
	front(w, bytes, count);
}

static void front_zeros(struct wrap *w, size_t count)
{
	static const uint8_t zeros[16];

	assert(count <= sizeof zeros);
	front(w, zeros, count);
}

/* --- TCP ----------------------------------------------------------------------------------------- */

uint8_t wrap_octet(uint32_t seq)
{
	return (uint8_t)('a' + seq % 26);
}

uint32_t wrap_tcp_header(const struct segment *s)
{
	uint32_t length = 0;

	length += s->options & OPTION_MSS ? 4 : 0;
	length += s->options & OPTION_SACK_PERMITTED ? 2 : 0;
	length += s->options & OPTION_TIMESTAMPS ? 10 : 0;
	length += s->options & OPTION_WINDOW_SCALE ? 3 : 0;
	length += s->options & OPTION_FAST_OPEN ? 10 : 0;
	length += s->options & OPTION_SACK ? 2 + 8U * s->sack_count : 0;
	return 20 + (length + 3) / 4 * 4;
}

static void put_options(struct wrap *w, const struct segment *s)
{
	if (s->options & OPTION_MSS) {
		put16(w, 0x0204);
		put16(w, s->mss);
	}
	if (s->options & OPTION_SACK_PERMITTED)
		put16(w, 0x0402);
	if (s->options & OPTION_TIMESTAMPS) {
		put16(w, 0x080a);
		put32(w, s->ts_val);
		put32(w, s->ts_ecr);
	}
	if (s->options & OPTION_WINDOW_SCALE) {
		put16(w, 0x0303);
		put8(w, s->window_scale);
	}
	if (s->options & OPTION_FAST_OPEN) { /* with a cookie of eight octets */
		put16(w, 0x220a);
		put32(w, 0xc0c0aaaa);
		put32(w, 0x01020304);
	}
	if (s->options & OPTION_SACK) {
		put16(w, 0x0500 + 2U + 8U * s->sack_count);
		for (int i = 0; i < s->sack_count; i++) {
			put32(w, s->sack[i].left);
			put32(w, s->sack[i].right);
		}
	}
}

static uint32_t sum_words(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t finish_sum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint16_t tcp_checksum(const struct wrap *w, const struct segment *s)
{
	bool v4 = addr_is_v4(&s->source);
	size_t skip = v4 ? 12 : 0, length = w->end - w->at;
	uint32_t sum = 6 + (uint32_t)length;

	sum = sum_words(s->source.octet + skip, 16 - skip, sum);
	sum = sum_words(s->destination.octet + skip, 16 - skip, sum);
	return finish_sum(sum_words(w->room + w->at, length, sum));
}

static void put_tcp(struct wrap *w, const struct segment *s)
{
	uint32_t header = wrap_tcp_header(s), seq = s->seq + !!(s->ctl & CTL_SYN);

	w->at = w->end = WRAP_HEADROOM;
	put16(w, s->source_port);
	put16(w, s->destination_port);
	put32(w, s->seq);
	put32(w, s->ctl & CTL_ACK ? s->ack : 0);
	put8(w, header / 4 << 4);
	put8(w, s->ctl);
	put16(w, s->wnd);
	put16(w, 0);
	put16(w, s->urgent);
	put_options(w, s);
	while (w->end - w->at < header)
		put8(w, 1);
	assert(s->payload_len < WRAP_PAYLOAD - 100);
	for (uint32_t i = 0; i < s->payload_len; i++)
		put8(w, (uint8_t)(wrap_octet(seq + i) + s->digest));
	unsigned sum = tcp_checksum(w, s) ^ (s->checksum == CHECKSUM_BAD ? 0x1234 : 0);
	w->room[w->at + 16] = (uint8_t)(sum >> 8);
	w->room[w->at + 17] = (uint8_t)sum;
	w->ip_proto = 6;
}

/* --- IP ------------------------------------------------------------------------------------------ */

uint32_t wrap_ip_header(const struct segment *s)
{
	return addr_is_v4(&s->source) ? 20 : 40;
}

/* more: more fragments follow; offset in octets. */
static void front_ip4(struct wrap *w, const uint8_t from[4], const uint8_t to[4], uint8_t ttl, uint16_t id, bool more,
	uint32_t offset)
{
	uint16_t length = (uint16_t)(w->end - w->at + 20);
	uint16_t place = (uint16_t)((more ? 0x2000 : 0) | offset / 8);

	front(w, to, 4);
	front(w, from, 4);
	front_number(w, 0, 2);
	front_number(w, w->ip_proto, 1);
	front_number(w, ttl, 1);
	front_number(w, more || offset ? place : 0x4000, 2);
	front_number(w, id, 2);
	front_number(w, length, 2);
	front_number(w, 0x4500, 2);
	uint16_t sum = finish_sum(sum_words(w->room + w->at, 20, 0));
	w->room[w->at + 10] = (uint8_t)(sum >> 8);
	w->room[w->at + 11] = (uint8_t)sum;
	w->next_type = TYPE_IPV4;
	w->ip_proto = 4;
}

static void front_ip6(struct wrap *w, const struct segment *s)
{
	size_t length = w->end - w->at;

	front(w, s->destination.octet, 16);
	front(w, s->source.octet, 16);
	front_number(w, s->ttl, 1);
	front_number(w, w->ip_proto, 1);
	front_number(w, length, 2);
	front_number(w, 0x60000000, 4);
	w->next_type = TYPE_IPV6;
	w->ip_proto = 41;
}

static void front_ip(struct wrap *w, const struct segment *s, bool more, uint32_t offset)
{
	if (addr_is_v4(&s->source)) {
		front_ip4(w, s->source.octet + 12, s->destination.octet + 12, s->ttl, s->ip_id, more, offset);
		return;
	}
	if (more || offset) { /* RFC 8200 4.5 */
		front_number(w, s->packet, 4);
		front_number(w, offset | more, 2);
		front_number(w, 0, 1);
		front_number(w, w->ip_proto, 1);
		w->ip_proto = PROTO_IPV6_FRAGMENT;
	}
	front_ip6(w, s);
}

/* --- layers above IP ----------------------------------------------------------------------------- */

static void layer_ether(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, w->next_type, 2);
	front_number(w, 0x020000000001, 6);
	front_number(w, 0x020000000002, 6);
	w->next_type = TYPE_ETHERNET;
}

static void layer_vlan(struct wrap *w, const struct segment *s)
{
	front_number(w, w->next_type, 2);
	front_number(w, s->vlan == VLAN_NONE ? VLAN_DEFAULT : s->vlan, 2);
	w->next_type = 0x8100;
}

static void layer_tag(struct wrap *w, uint16_t type)
{
	front_number(w, w->next_type, 2);
	front_number(w, OUTER_TAG, 2);
	w->next_type = type;
}

static void layer_tag88a8(struct wrap *w, const struct segment *s)
{
	(void)s;
	layer_tag(w, 0x88a8);
}

static void layer_tag9100(struct wrap *w, const struct segment *s)
{
	(void)s;
	layer_tag(w, 0x9100);
}

static void layer_mpls(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, 18 << 12 | 1 << 8 | 64, 4); /* bottom of the stack */
	front_number(w, 17 << 12 | 64, 4);
	w->next_type = 0x8847;
}

static unsigned ppp_protocol(const struct wrap *w)
{
	return w->next_type == TYPE_IPV6 ? 0x57 : 0x21;
}

static void layer_pppoe(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, ppp_protocol(w), 2);
	front_number(w, w->end - w->at, 2);
	front_number(w, 0x11000123, 4);
	w->next_type = 0x8864;
}

static void layer_ppp(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, ppp_protocol(w), 2);
	front_number(w, 0xff03, 2);
}

static void layer_sll(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, w->next_type, 2);
	front_number(w, 0, 2);
	front_number(w, 0x020000000001, 6);
	front_number(w, 6, 2);
	front_number(w, 1, 2);
	front_number(w, 0, 2);
}

static void layer_sll2(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, 0, 2);
	front_number(w, 0x020000000001, 6);
	front_number(w, 6, 1);
	front_number(w, 4, 1);
	front_number(w, 1, 2);
	front_number(w, 3, 4);
	front_number(w, 0, 2);
	front_number(w, w->next_type, 2);
}

/* The address family in the byte order of the host that captured: here a little-endian one. */
static void layer_null(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, w->next_type == TYPE_IPV6 ? 0x1e000000 : 0x02000000, 4);
}

static void layer_loop(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, w->next_type == TYPE_IPV6 ? 24 : 2, 4);
}

static void layer_wifi(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, w->next_type, 2);
	front_number(w, 0xaaaa03000000, 6); /* LLC and SNAP, RFC 1042 */
	front_number(w, 0x1000, 2);
	front_zeros(w, 6);
	front_zeros(w, 6);
	front_zeros(w, 6);
	front_number(w, 0, 2);
	front_number(w, 0x0801, 2); /* data, to the distribution system */
}

static void layer_radiotap(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, 0x0000080000000000, 8); /* version, pad, length (little-endian), nothing present */
}

static void layer_ip4(struct wrap *w, const struct segment *s)
{
	static const uint8_t here[4] = {203, 0, 113, 1}, there[4] = {203, 0, 113, 2};

	if (!w->ip_proto)
		w->ip_proto = w->next_type == TYPE_IPV6 ? 41 : 4;
	front_ip4(w, here, there, 250, (uint16_t)s->packet, false, 0);
}

static void layer_gre(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, w->next_type, 2);
	front_number(w, 0, 2);
	w->ip_proto = 47;
}

static void layer_erspan(struct wrap *w, const struct segment *s)
{
	front_number(w, 0, 4);
	front_number(w, 0x10070000 | 9, 4); /* type II */
	front_number(w, s->packet, 4);      /* GRE sequence number */
	front_number(w, 0x88be, 2);
	front_number(w, 0x1000, 2);
	w->ip_proto = 47;
}

static void front_udp(struct wrap *w, uint16_t port)
{
	uint16_t length = (uint16_t)(w->end - w->at + 8);

	front_number(w, 0, 2);
	front_number(w, length, 2);
	front_number(w, port, 2);
	front_number(w, port == 2152 ? port : 50001, 2);
	w->ip_proto = 17;
}

static void layer_udp4789(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_udp(w, 4789);
}

static void layer_udp6081(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_udp(w, 6081);
}

static void layer_udp2152(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_udp(w, 2152);
}

static void layer_vxlan(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, (uint64_t)8 << 56 | VNI << 8, 8);
}

static void layer_geneve(struct wrap *w, const struct segment *s)
{
	(void)s;
	front_number(w, VNI << 8, 4);
	front_number(w, w->next_type, 2);
	front_number(w, 0, 2);
}

static void layer_gtpu(struct wrap *w, const struct segment *s)
{
	uint16_t length = (uint16_t)(w->end - w->at);

	(void)s;
	front_number(w, 0x01020304, 4);
	front_number(w, length, 2);
	front_number(w, 0x30ff, 2);
}

static const struct {
	const char *name;
	void (*add)(struct wrap *w, const struct segment *s);
} layers[] = {
	{"ether", layer_ether},
	{"vlan", layer_vlan},
	{"tag88a8", layer_tag88a8},
	{"tag9100", layer_tag9100},
	{"mpls", layer_mpls},
	{"pppoe", layer_pppoe},
	{"ppp", layer_ppp},
	{"sll", layer_sll},
	{"sll2", layer_sll2},
	{"null", layer_null},
	{"loop", layer_loop},
	{"wifi", layer_wifi},
	{"radiotap", layer_radiotap},
	{"ip4", layer_ip4},
	{"gre", layer_gre},
	{"erspan", layer_erspan},
	{"udp4789", layer_udp4789},
	{"udp6081", layer_udp6081},
	{"udp2152", layer_udp2152},
	{"vxlan", layer_vxlan},
	{"geneve", layer_geneve},
	{"gtpu", layer_gtpu},
};

/* The layers of a list, the last first. */
static void add_layers(struct wrap *w, const char *list, const struct segment *s)
{
	size_t length = strcspn(list, " ");
	const char *rest = list + length + strspn(list + length, " ");

	if (*rest)
		add_layers(w, rest, s);
	for (size_t i = 0; length && i < sizeof layers / sizeof *layers; i++)
		if (strlen(layers[i].name) == length && !memcmp(layers[i].name, list, length))
			layers[i].add(w, s);
}

/* --- together ------------------------------------------------------------------------------------ */

static void finish(struct wrap *w, const struct wrap_link *link, const struct segment *s)
{
	enum { ETHERNET_LEAST = 60 }; /* shorter frames are padded on the wire */

	w->ip_proto = 0;
	add_layers(w, link->layers, s);
	while (link->link_type == 1 && w->end - w->at < ETHERNET_LEAST)
		put8(w, 0);
}

void wrap_segment(struct wrap *w, const struct wrap_link *link, const struct segment *s)
{
	put_tcp(w, s);
	front_ip(w, s, false, 0);
	finish(w, link, s);
}

void wrap_fragment(struct wrap *w, const struct wrap_link *link, const struct segment *s, uint32_t octets, bool rest)
{
	put_tcp(w, s);
	assert(octets % 8 == 0 && octets < w->end - w->at);
	if (rest)
		w->at += octets;
	else
		w->end = w->at + octets;
	front_ip(w, s, !rest, rest ? octets : 0);
	finish(w, link, s);
}
