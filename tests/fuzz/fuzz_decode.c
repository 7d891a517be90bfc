/* fuzz_decode: bytes -> frames -> decoder.  The first octet chooses the link type; then come frames, each behind two
 * octets of length, so that fragments of one datagram can follow each other. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "decode/decode.h"
#include "tests/fuzz/target.h"

static const int link_types[] = {1, 0, 9, 50, 51, 101, 105, 108, 113, 127, 228, 229, 276, 12, 104, 147};

static void check(const struct segment *s)
{
	assert(s->len == s->payload_len + !!(s->ctl & CTL_SYN) + !!(s->ctl & CTL_FIN));
	assert(s->payload_captured <= s->payload_len || !s->payload_captured);
	assert(s->sack_count <= SACK_BLOCKS);
	for (uint32_t i = 0; i < s->payload_captured; i++) /* all of it can be read */
		assert(s->payload[i] <= 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	struct decoder *decoder = decoder_new(true);
	struct bytes bytes = {input, length}, part;
	struct frame frame = {.time_ns = 1790000000 * NS_PER_S};
	uint8_t link, extra;
	uint16_t size;

	if (!bytes_u8(&bytes, &link))
		link = 0;
	frame.link_type = link_types[link % (sizeof link_types / sizeof *link_types)];
	while (bytes_u16(&bytes, &size)) {
		struct segment segment;

		extra = (uint8_t)(size >> 12); /* octets that the snap length cut, in hundreds */
		size &= 0xfff;
		if (!bytes_take(&bytes, size < bytes.left ? size : bytes.left, &part))
			break;
		uint8_t *exact = mem_new(part.left + 1, 1);
		memcpy(exact, part.at, part.left);
		frame.bytes = exact;
		frame.captured = (uint32_t)part.left;
		frame.length = frame.captured + 100U * extra;
		frame.number++;
		frame.time_ns += NS_PER_MS;
		enum decode_reason reason = decoder_frame(decoder, &frame, &segment);
		assert(reason < REASONS && decode_reason_bucket(reason) < BUCKETS);
		if (reason == REASON_TCP)
			check(&segment);
		free(exact);
	}
	decoder_free(decoder);
	return 0;
}
