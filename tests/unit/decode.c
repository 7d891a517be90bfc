/* The decoder: every link type and tunnel, every place at which a frame can be cut, fragments, options, depth. */
#include "decode/decode.h"

#include <stdlib.h>

#include "base/clock.h"
#include "tests/lib/tap.h"
#include "tests/lib/wrap.h"

static struct segment sample(bool v6)
{
	struct segment s = {
		.source_port = 40000,
		.destination_port = 443,
		.seq = 0xfffffff0,
		.ack = 77,
		.ctl = CTL_ACK | CTL_PSH,
		.wnd = 5000,
		.payload_len = 40,
		.len = 40,
		.ttl = 61,
		.vlan = VLAN_NONE,
		.options = OPTION_TIMESTAMPS,
		.ts_val = 1000,
		.ts_ecr = 900,
		.has_ip_id = !v6,
		.ip_id = v6 ? 0 : 4711,
		.checksum = CHECKSUM_GOOD,
	};

	addr_parse(v6 ? "2001:db8::1" : "192.0.2.1", &s.source);
	addr_parse(v6 ? "2001:db8::2" : "192.0.2.2", &s.destination);
	s.ip_bytes = wrap_ip_header(&s) + wrap_tcp_header(&s) + s.payload_len;
	return s;
}

static struct frame frame_of(const struct wrap *w, const struct wrap_link *link, int64_t time_ns)
{
	uint32_t length = (uint32_t)(w->end - w->at);

	return (struct frame){w->room + w->at, length, length, time_ns, 1, 0, link->link_type};
}

static bool same(const struct segment *a, const struct segment *b)
{
	return !addr_compare(&a->source, &b->source) && !addr_compare(&a->destination, &b->destination) &&
	       a->source_port == b->source_port && a->destination_port == b->destination_port && a->seq == b->seq &&
	       a->ack == b->ack && a->ctl == b->ctl && a->wnd == b->wnd && a->payload_len == b->payload_len &&
	       a->len == b->len && a->ttl == b->ttl && a->options == b->options && a->ts_val == b->ts_val &&
	       a->ts_ecr == b->ts_ecr && a->ip_bytes == b->ip_bytes && a->checksum == b->checksum;
}

static void links(struct decoder *d, struct wrap *w)
{
	for (const struct wrap_link *link = wrap_links; link->name; link++)
		for (int v6 = 0; v6 < 2; v6++) {
			struct segment want = sample(v6), got;

			wrap_segment(w, link, &want);
			struct frame frame = frame_of(w, link, 0);
			enum decode_reason reason = decoder_frame(d, &frame, &got);
			enum tunnel_kind tunnel = link->tunnel;

			if (tunnel == TUNNEL_IPIP ||
				tunnel == TUNNEL_6IN4) /* over IPv4: which of them, the inside says */
				tunnel = v6 ? TUNNEL_6IN4 : TUNNEL_IPIP;
			tap_ok(reason == REASON_TCP && same(&got, &want) && got.tunnel == tunnel &&
					got.network == link->network,
				"%s, IPv%d: the segment that went in comes out (%s)", link->name, v6 ? 6 : 4,
				decode_reason_text(reason));
		}
}

/* Cut by the snap length, and cut on the wire. */
static void cuts(struct decoder *d, struct wrap *w)
{
	for (const struct wrap_link *link = wrap_links; link->name; link++) {
		struct segment want = sample(false), got;
		unsigned wrong_snap = 0, wrong_wire = 0;

		wrap_segment(w, link, &want);
		struct frame whole = frame_of(w, link, 0);
		for (uint32_t length = 0; length < whole.length; length++) {
			/* a copy of exactly that size, so that a sanitizer sees each octet read beyond it */
			uint8_t *octets = malloc(length ? length : 1);
			struct frame cut = whole;

			memcpy(octets, whole.bytes, length);
			cut.bytes = octets;
			cut.captured = length;
			enum decode_reason reason = decoder_frame(d, &cut, &got);
			enum decode_bucket bucket = decode_reason_bucket(reason);
			/* of a link layer that ends in a trailer, the last octets are none of TCP's */
			bool good =
				bucket == BUCKET_TRUNCATED || bucket == BUCKET_NOT_TCP ||
				(bucket == BUCKET_TCP && got.seq == want.seq && got.payload_len == want.payload_len &&
					(got.payload_captured < want.payload_len) == got.cut);
			wrong_snap += !good;
			cut.length = length;
			reason = decoder_frame(d, &cut, &got);
			bucket = decode_reason_bucket(reason);
			good = bucket == BUCKET_MALFORMED || bucket == BUCKET_TRUNCATED || bucket == BUCKET_NOT_TCP ||
			       bucket == BUCKET_TCP;
			wrong_wire += !good;
			free(octets);
		}
		tap_ok(!wrong_snap, "%s: cut by the snap length anywhere, it is truncated or keeps its payload length",
			link->name);
		tap_ok(!wrong_wire, "%s: too short on the wire anywhere, it is in one bucket", link->name);
	}
}

static enum decode_reason fragment(struct decoder *d, struct wrap *w, const struct segment *s, uint32_t at, bool rest,
	int64_t t, struct segment *got)
{
	const struct wrap_link *link = wrap_link_find("ether");

	wrap_fragment(w, link, s, at, rest);
	struct frame frame = frame_of(w, link, t);
	return decoder_frame(d, &frame, got);
}

static void fragments(struct wrap *w)
{
	struct segment s[2] = {sample(false), sample(true)}, got;

	for (int v6 = 0; v6 < 2; v6++) {
		struct decoder *d = decoder_new(true);
		const char *ip = v6 ? "IPv6" : "IPv4";

		tap_ok(fragment(d, w, &s[v6], 16, false, 0, &got) == REASON_FRAGMENT_HELD &&
				fragment(d, w, &s[v6], 16, true, 0, &got) == REASON_TCP && same(&got, &s[v6]),
			"%s: two fragments in order are one segment, at the second", ip);
		tap_ok(fragment(d, w, &s[v6], 16, true, 0, &got) == REASON_FRAGMENT_HELD &&
				fragment(d, w, &s[v6], 16, false, 0, &got) == REASON_TCP && same(&got, &s[v6]),
			"%s: in reverse, too", ip);
		tap_ok(fragment(d, w, &s[v6], 32, false, 0, &got) == REASON_FRAGMENT_HELD &&
				fragment(d, w, &s[v6], 32, false, 0, &got) == REASON_FRAGMENT_HELD &&
				fragment(d, w, &s[v6], 32, true, 0, &got) == REASON_TCP,
			"%s: a fragment that comes twice changes nothing", ip);
		tap_ok(fragment(d, w, &s[v6], 16, true, 0, &got) == REASON_FRAGMENT_HELD &&
				fragment(d, w, &s[v6], 16, false, (DECODE_FRAGMENT_SECONDS + 1) * NS_PER_S, &got) ==
					REASON_FRAGMENT_HELD,
			"%s: the first one is not waited for longer than its time", ip);
		wrap_fragment(w, wrap_link_find("ether"), &s[v6], 32, false);
		uint8_t *octets = malloc(w->end - w->at - 8);
		struct frame cut = frame_of(w, wrap_link_find("ether"), 0);
		memcpy(octets, cut.bytes, cut.length -= 8);
		cut.captured = cut.length;
		cut.bytes = octets;
		tap_ok(decoder_frame(d, &cut, &got) == REASON_FRAGMENT_CUT,
			"%s: a fragment that says it is longer than its frame is not used", ip);
		free(octets);
		enum decode_reason overlap;
		fragment(d, w, &s[v6], 32, false, INT64_C(100) * NS_PER_S, &got);
		overlap = fragment(d, w, &s[v6], 16, true, INT64_C(100) * NS_PER_S, &got);
		tap_ok(v6 ? overlap == REASON_FRAGMENT_OVERLAP : overlap == REASON_TCP, "%s: fragments that overlap %s",
			ip, v6 ? "end the datagram (RFC 5722)" : "leave what came first");
		decoder_free(d);
	}
}

/* IPv4 in IPv4 in IPv4 ... with a TCP header at the bottom. */
static void depth(struct decoder *d)
{
	enum { IP = 20, MOST = 40 };
	static uint8_t octets[MOST * IP + 20];
	struct segment got;

	for (int ips = 1; ips <= MOST; ips++) {
		size_t length = (size_t)ips * IP + 20;

		memset(octets, 0, sizeof octets);
		for (int i = 0; i < ips; i++) {
			uint8_t *h = octets + i * IP;
			size_t total = length - (size_t)i * IP;

			h[0] = 0x45;
			h[2] = (uint8_t)(total >> 8);
			h[3] = (uint8_t)total;
			h[9] = i == ips - 1 ? 6 : 4;
		}
		octets[ips * IP + 12] = 0x50;
		struct frame frame = {octets, (uint32_t)length, (uint32_t)length, 0, 1, 0, 101};
		enum decode_reason reason = decoder_frame(d, &frame, &got);
		if (ips == 1 || ips == DECODE_LAYERS + 1 || ips == DECODE_LAYERS + 2 || ips == MOST)
			tap_ok(reason == (ips <= DECODE_LAYERS + 1 ? REASON_TCP : REASON_TOO_DEEP), "%d IP headers: %s",
				ips, decode_reason_text(reason));
	}
}

/* A raw IPv4 segment whose options are the octets given. */
static enum decode_reason with_options(struct decoder *d, const uint8_t *options, size_t length, struct segment *got)
{
	uint8_t octets[20 + 60] = {0x45, [2] = 0, [8] = 64, [9] = 6};
	size_t header = 20 + (length + 3) / 4 * 4;

	octets[3] = (uint8_t)(20 + header);
	octets[20 + 12] = (uint8_t)(header / 4 << 4);
	memcpy(octets + 40, options, length);
	struct frame frame = {octets, (uint32_t)(20 + header), (uint32_t)(20 + header), 0, 1, 0, 101};
	return decoder_frame(d, &frame, got);
}

static void options(struct decoder *d)
{
	struct segment got;
	static const uint8_t all[] = {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8, 1, 3, 3, 7};
	static const uint8_t zero_length[] = {2, 4, 1, 0, 3, 0, 3, 3};
	static const uint8_t overlong[] = {3, 3, 9, 8, 200, 1, 1, 1};
	static const uint8_t ended[] = {0, 3, 3, 9};
	static const uint8_t fast_open[] = {34, 2, 254, 4, 0xf9, 0x89, 1, 1};
	static const uint8_t sack[] = {1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 6};

	tap_ok(with_options(d, all, sizeof all, &got) == REASON_TCP && got.mss == 1460 && got.window_scale == 7 &&
			got.ts_val == 9 && got.ts_ecr == 8 &&
			got.options == (OPTION_MSS | OPTION_SACK_PERMITTED | OPTION_TIMESTAMPS | OPTION_WINDOW_SCALE),
		"the options of a SYN");
	tap_ok(with_options(d, zero_length, sizeof zero_length, &got) == REASON_TCP &&
			got.options == (OPTION_MSS | OPTION_MALFORMED),
		"a length of zero ends the list, and what stood before it counts");
	tap_ok(with_options(d, overlong, sizeof overlong, &got) == REASON_TCP &&
			got.options == (OPTION_WINDOW_SCALE | OPTION_MALFORMED) && got.window_scale == 9,
		"so does a length beyond the header");
	tap_ok(with_options(d, ended, sizeof ended, &got) == REASON_TCP && !got.options,
		"what stands behind the end is padding");
	tap_ok(with_options(d, fast_open, sizeof fast_open, &got) == REASON_TCP && got.options == OPTION_FAST_OPEN,
		"Fast Open in its own kind and as the experiment");
	tap_ok(with_options(d, sack, sizeof sack, &got) == REASON_TCP && got.sack_count == 2 && got.sack[1].left == 5 &&
			got.sack[1].right == 6,
		"SACK blocks");
}

/* What a strict receiver drops before TCP. */
static void flawed_headers(struct decoder *d, struct wrap *w)
{
	const struct wrap_link *raw = wrap_link_find("raw"), *pppoe = wrap_link_find("pppoe");
	struct decoder *trusting = decoder_new(false);
	struct segment s = sample(false), got;

	wrap_segment(w, raw, &s);
	struct frame frame = frame_of(w, raw, 0);
	tap_ok(decoder_frame(d, &frame, &got) == REASON_TCP && !got.ip_flawed && !got.ip_unstated, "a sound IP header");
	w->room[w->at + 10] ^= 1;
	tap_ok(decoder_frame(d, &frame, &got) == REASON_TCP && got.ip_flawed, "one whose checksum is wrong");
	tap_ok(decoder_frame(trusting, &frame, &got) == REASON_TCP && !got.ip_flawed, "unless told not to look");

	wrap_segment(w, raw, &s);
	w->room[w->at + 2] = w->room[w->at + 3] = 0;
	tap_ok(decoder_frame(d, &frame, &got) == REASON_TCP && got.ip_flawed && got.ip_unstated,
		"one without a length");
	tap_ok(decoder_frame(trusting, &frame, &got) == REASON_TCP && !got.ip_flawed && got.ip_unstated,
		"which is offload where checksums are not looked at");

	wrap_segment(w, raw, &s);
	frame.captured = frame.length -= 8;
	tap_ok(decoder_frame(trusting, &frame, &got) == REASON_TCP && got.ip_flawed,
		"one that is longer than its frame");
	frame.length += 8;
	tap_ok(decoder_frame(d, &frame, &got) == REASON_TCP && !got.ip_flawed, "what the snap length cuts is no flaw");

	wrap_segment(w, pppoe, &s);
	frame = frame_of(w, pppoe, 0);
	w->room[w->at + 19] -= 8;
	tap_ok(decoder_frame(d, &frame, &got) == REASON_TCP && !got.ip_flawed,
		"nor is a PPPoE length that is too small");
	decoder_free(trusting);
}

/* It tells contents apart, and does not depend on anything but them. */
static void digests(struct decoder *d, struct wrap *w)
{
	const struct wrap_link *raw = wrap_link_find("raw");
	struct decoder *trusting = decoder_new(false);
	struct segment s = sample(false), first, again;

	wrap_segment(w, raw, &s);
	struct frame frame = frame_of(w, raw, 0);
	decoder_frame(d, &frame, &first);
	s.ack++;
	s.wnd++;
	wrap_segment(w, raw, &s);
	frame = frame_of(w, raw, 0);
	tap_ok(decoder_frame(d, &frame, &again) == REASON_TCP && first.digest && again.digest == first.digest,
		"the digest is of the payload alone");
	s.digest = 1;
	wrap_segment(w, raw, &s);
	frame = frame_of(w, raw, 0);
	tap_ok(decoder_frame(d, &frame, &again) == REASON_TCP && again.digest && again.digest != first.digest,
		"and another one for other octets");
	w->room[w->end - 1] ^= 4;
	tap_ok(decoder_frame(d, &frame, &again) == REASON_TCP && again.checksum == CHECKSUM_BAD && !again.digest,
		"and none of octets that arrived damaged");
	w->room[w->end - 1] ^= 4;
	tap_ok(decoder_frame(trusting, &frame, &again) == REASON_TCP && !again.digest,
		"there is none where checksums are not looked at");
	frame.captured--;
	tap_ok(decoder_frame(d, &frame, &again) == REASON_TCP && !again.digest, "nor of payload that was cut");
	decoder_free(trusting);
}

static void oddities(struct decoder *d, struct wrap *w)
{
	const struct wrap_link *ether = wrap_link_find("ether"), *raw = wrap_link_find("raw");
	struct segment s = sample(false), got;

	wrap_segment(w, ether, &s);
	memset(w->room + w->end, 0xee, 60);
	struct frame frame = frame_of(w, ether, 0);
	frame.captured = frame.length += 6;
	tap_ok(decoder_frame(d, &frame, &got) == REASON_TCP && got.payload_len == s.payload_len,
		"padding of the frame is no payload");

	wrap_segment(w, raw, &s);
	w->room[w->at + 2] = w->room[w->at + 3] = 0;
	frame = frame_of(w, raw, 0);
	tap_ok(decoder_frame(d, &frame, &got) == REASON_TCP && got.payload_len == s.payload_len &&
			got.ip_bytes == s.ip_bytes,
		"a total length of zero is a super-segment: the frame has its length");

	wrap_segment(w, raw, &s);
	frame = frame_of(w, raw, 0);
	frame.captured = frame.length -= 8;
	tap_ok(decoder_frame(d, &frame, &got) == REASON_TCP && got.payload_len == s.payload_len - 8,
		"a total length beyond the frame is not believed");

	s.checksum = CHECKSUM_BAD;
	wrap_segment(w, raw, &s);
	frame = frame_of(w, raw, 0);
	tap_ok(decoder_frame(d, &frame, &got) == REASON_TCP && got.checksum == CHECKSUM_BAD,
		"a wrong checksum is told");
	struct decoder *blind = decoder_new(false);
	tap_ok(decoder_frame(blind, &frame, &got) == REASON_TCP && got.checksum == CHECKSUM_UNCHECKED,
		"unless nobody wants to know");
	decoder_free(blind);

	w->room[w->at + 9] = 1;
	frame = frame_of(w, raw, 0);
	tap_ok(decoder_frame(d, &frame, &got) == REASON_ICMP, "what ICMP quotes is no segment");
	w->room[w->at] = 0x55;
	tap_ok(decoder_frame(d, &frame, &got) == REASON_IP_VERSION, "IP is version 4 or 6");
	frame.link_type = 12345;
	tap_ok(decoder_frame(d, &frame, &got) == REASON_UNSUPPORTED_LINK, "a link type that nobody knows");
	frame.link_type = 1;
	frame.captured = frame.length = 0;
	tap_ok(decoder_frame(d, &frame, &got) == REASON_LINK_SHORT, "nothing at all");
}

int main(void)
{
	struct decoder *d = decoder_new(true);
	struct wrap *w = calloc(1, sizeof *w);

	links(d, w);
	cuts(d, w);
	fragments(w);
	depth(d);
	options(d);
	oddities(d, w);
	digests(d, w);
	flawed_headers(d, w);
	free(w);
	decoder_free(d);
	return tap_end();
}
