/* tcp: the TCP header (RFC 9293 3.1), its options and its checksum. */
#include <string.h>

#include "decode/walk.h"

/* Option kinds. */
enum {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WINDOW_SCALE = 3,
	KIND_SACK_PERMITTED = 4,
	KIND_SACK = 5,
	KIND_TIMESTAMPS = 8,
	KIND_FAST_OPEN = 34,
	KIND_EXPERIMENT = 254,
	EXPERIMENT_FAST_OPEN = 0xf989, /* RFC 7413 4.1.1, before kind 34 was assigned */
};

static void take_option(struct segment *s, uint8_t kind, struct bytes value)
{
	uint16_t mss, experiment;

	switch (kind) {
	case KIND_MSS:
		if (value.left == 2 && bytes_u16(&value, &mss)) {
			s->mss = mss;
			s->options |= OPTION_MSS;
		}
		break;
	case KIND_WINDOW_SCALE:
		if (value.left == 1 && bytes_u8(&value, &s->window_scale))
			s->options |= OPTION_WINDOW_SCALE;
		break;
	case KIND_SACK_PERMITTED:
		s->options |= OPTION_SACK_PERMITTED;
		break;
	case KIND_SACK:
		while (s->sack_count < SACK_BLOCKS && value.left >= 8) {
			bytes_u32(&value, &s->sack[s->sack_count].left);
			bytes_u32(&value, &s->sack[s->sack_count].right);
			s->sack_count++;
			s->options |= OPTION_SACK;
		}
		break;
	case KIND_TIMESTAMPS:
		if (value.left == 8) {
			bytes_u32(&value, &s->ts_val);
			bytes_u32(&value, &s->ts_ecr);
			s->options |= OPTION_TIMESTAMPS;
		}
		break;
	case KIND_FAST_OPEN:
		s->options |= OPTION_FAST_OPEN;
		break;
	case KIND_EXPERIMENT:
		if (bytes_u16(&value, &experiment) && experiment == EXPERIMENT_FAST_OPEN)
			s->options |= OPTION_FAST_OPEN;
		break;
	default:
		break;
	}
}

/* The list is at most 40 octets and every turn takes one, so it ends. */
static void take_options(struct segment *s, struct bytes b, bool cut)
{
	struct bytes value;
	uint8_t kind, length;

	/* what nearly every segment carries: two NOPs and the timestamps (RFC 7323 appendix A) */
	const uint32_t usual = KIND_NOP << 24 | KIND_NOP << 16 | KIND_TIMESTAMPS << 8 | 10;
	if (b.left == 12 && bytes_get_u32(&b, 0) == usual) {
		s->ts_val = bytes_get_u32(&b, 4);
		s->ts_ecr = bytes_get_u32(&b, 8);
		s->options |= OPTION_TIMESTAMPS;
		return;
	}
	while (bytes_u8(&b, &kind) && kind != KIND_END) {
		if (kind == KIND_NOP)
			continue;
		if (!bytes_u8(&b, &length) || length < 2 || !bytes_take(&b, length - 2u, &value)) {
			s->options |= cut ? OPTION_CUT : OPTION_MALFORMED;
			return;
		}
		take_option(s, kind, value);
	}
	if (cut)
		s->options |= OPTION_CUT;
}

/* The ones' complement sum (RFC 1071) of octets, as if in 16-bit words of network order. */
static uint64_t sum_words(const uint8_t *at, size_t left)
{
	uint64_t sum = 0, eight;
	uint32_t four;

	for (; left >= 8; at += 8, left -= 8) {
		memcpy(&eight, at, 8);
		sum += (eight & UINT32_MAX) + (eight >> 32);
	}
	if (left & 4) {
		memcpy(&four, at, 4);
		sum += four;
		at += 4;
	}
	if (left & 3) {
		uint8_t rest[4] = {at[0], left & 2 ? at[1] : 0, (left & 3) == 3 ? at[2] : 0, 0};

		memcpy(&four, rest, 4);
		sum += four;
	}
	return sum;
}

static bool is_whole(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

bool walk_sum_is_whole(const uint8_t *at, size_t length)
{
	return is_whole(sum_words(at, length));
}

static uint64_t sum_address(const struct addr *ip, bool v4)
{
	return v4 ? sum_words(ip->octet + 12, 4) : sum_words(ip->octet, 16);
}

/* With the pseudo header (RFC 9293 3.1, RFC 8200 8.1).  The sum comes out the same in either byte order. */
static enum checksum verify(struct segment *s, const uint8_t *at, size_t length, size_t header)
{
	const uint8_t pseudo[8] = {
		(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, 0, 0, 0, 6};
	bool v4 = addr_is_v4(&s->source);
	uint64_t text = length > header ? sum_words(at + header, length - header) : 0;
	uint64_t sum = text + sum_words(at, header) + sum_words(pseudo, sizeof pseudo);

	sum += sum_address(&s->source, v4) + sum_address(&s->destination, v4);
	/* the sum of the payload alone costs nothing more, and tells most changes of content */
	text = (text & UINT32_MAX) + (text >> 32);
	if (!is_whole(sum))
		return CHECKSUM_BAD;
	s->digest = (uint32_t)(text + (text >> 32));
	return CHECKSUM_GOOD;
}

enum decode_reason walk_tcp(struct walk *w)
{
	struct segment *s = w->segment;
	struct bytes whole = w->b, h, options;

	if (!bytes_take(&w->b, 20, &h))
		return walk_short(w, REASON_TCP_CUT, REASON_TCP_SHORT);
	uint32_t header = (h.at[12] >> 4) * 4u;
	uint64_t length = whole.left + w->missing;
	if (header < 20 || header > length)
		return REASON_TCP_OFFSET;

	s->source_port = bytes_get_u16(&h, 0);
	s->destination_port = bytes_get_u16(&h, 2);
	s->seq = bytes_get_u32(&h, 4);
	s->ack = bytes_get_u32(&h, 8);
	s->ctl = h.at[13];
	s->wnd = bytes_get_u16(&h, 14);
	s->urgent = bytes_get_u16(&h, 18);
	s->options = 0;
	s->sack_count = 0;
	options = w->b;
	bytes_clip(&options, header - 20);
	if (header > 20)
		take_options(s, options, options.left < header - 20);
	bytes_skip(&w->b, options.left);

	s->time_ns = w->frame->time_ns;
	s->packet = w->frame->number;
	s->input = w->frame->input;
	s->payload = w->b.at;
	s->payload_captured = (uint32_t)w->b.left;
	s->payload_len = (uint32_t)(length - header);
	s->len = s->payload_len + !!(s->ctl & CTL_SYN) + !!(s->ctl & CTL_FIN);
	s->cut = w->b.left < s->payload_len;
	s->checksum = CHECKSUM_UNCHECKED;
	s->digest = 0;
	if (w->verify_checksums && !w->missing && !w->overstated && !w->rewritten)
		s->checksum = (uint8_t)verify(s, whole.at, whole.left, header);
	return REASON_TCP;
}
