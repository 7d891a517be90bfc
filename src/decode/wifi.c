/* wifi: IEEE 802.11 and the capture headers before it. */
#include "decode/walk.h"

#define LINK_SHORT(w) walk_short(w, REASON_LINK_CUT, REASON_LINK_SHORT)

/* Frame control as a little-endian number. */
enum {
	FRAME_TYPE = 0x000c,
	FRAME_TYPE_DATA = 0x0008,
	FRAME_NO_DATA = 0x0040, /* null functions */
	FRAME_QOS = 0x0080,
	FRAME_TO_DS = 0x0100,
	FRAME_FROM_DS = 0x0200,
	FRAME_PROTECTED = 0x4000,
	FRAME_ORDER = 0x8000, /* with QoS: an HT control field follows */
	QOS_AMSDU = 0x0080,
};

static enum decode_reason wifi_frame(struct walk *w, bool padded)
{
	uint16_t control, qos = 0;
	size_t length = 24;

	if (!bytes_u16_le(&w->b, &control))
		return LINK_SHORT(w);
	if ((control & FRAME_TYPE) != FRAME_TYPE_DATA || control & FRAME_NO_DATA)
		return REASON_WIFI_OTHER;
	if ((control & (FRAME_TO_DS | FRAME_FROM_DS)) == (FRAME_TO_DS | FRAME_FROM_DS))
		length += 6; /* a fourth address */
	if (!bytes_skip(&w->b, length - 2))
		return LINK_SHORT(w);
	if (control & FRAME_QOS) {
		if (!bytes_u16_le(&w->b, &qos))
			return LINK_SHORT(w);
		length += 2;
		if (control & FRAME_ORDER) {
			if (!bytes_skip(&w->b, 4))
				return LINK_SHORT(w);
			length += 4;
		}
	}
	if (control & FRAME_PROTECTED)
		return REASON_WIFI_PROTECTED;
	if (padded && !bytes_skip(&w->b, -length & 3))
		return LINK_SHORT(w);
	if (qos & QOS_AMSDU) { /* of several frames in one, the first: destination, source, length, LLC */
		uint16_t part;

		if (!bytes_skip(&w->b, 12) || !bytes_u16(&w->b, &part))
			return LINK_SHORT(w);
		walk_clip(w, part);
	}
	return walk_to(w, LAYER_LLC);
}

enum decode_reason walk_wifi(struct walk *w)
{
	return wifi_frame(w, false);
}

/* Its flags tell of a frame check sequence behind the frame and of padding behind the header. */
enum decode_reason walk_radiotap(struct walk *w)
{
	const uint32_t MORE = UINT32_C(1) << 31;
	enum { TSFT = 1, FLAGS = 2, FLAG_FCS = 0x10, FLAG_PAD = 0x20, WORDS = 16 };
	uint16_t version, length;
	uint32_t present, more;
	uint8_t flags = 0;
	struct bytes header;

	if (!bytes_u16(&w->b, &version) || !bytes_u16_le(&w->b, &length))
		return LINK_SHORT(w);
	if (length < 8)
		return REASON_LINK_SHORT;
	if (!bytes_take(&w->b, length - 4u, &header))
		return LINK_SHORT(w);
	size_t at = 4; /* from the start of the radiotap header: fields are aligned to it */
	if (!bytes_u32_le(&header, &present))
		return REASON_LINK_SHORT;
	at += 4;
	more = present;
	for (int i = 0; more & MORE && i < WORDS; i++, at += 4)
		if (!bytes_u32_le(&header, &more))
			return REASON_LINK_SHORT;
	if (present & FLAGS) {
		if (present & TSFT && !bytes_skip(&header, (-at & 7) + 8))
			return REASON_LINK_SHORT;
		if (!bytes_u8(&header, &flags))
			return REASON_LINK_SHORT;
	}
	if (flags & FLAG_FCS && w->b.left + w->missing >= 4)
		walk_clip(w, w->b.left + w->missing - 4);
	return wifi_frame(w, flags & FLAG_PAD);
}

enum decode_reason walk_prism(struct walk *w)
{
	uint32_t code, length;

	if (!bytes_u32(&w->b, &code) || !bytes_u32_le(&w->b, &length))
		return LINK_SHORT(w);
	if (length > 0xffff)
		length = __builtin_bswap32(length);
	if (length < 8)
		return REASON_LINK_SHORT;
	return bytes_skip(&w->b, length - 8) ? walk_to(w, LAYER_WIFI) : LINK_SHORT(w);
}

enum decode_reason walk_avs(struct walk *w)
{
	uint32_t version, length;

	if (!bytes_u32(&w->b, &version) || !bytes_u32(&w->b, &length))
		return LINK_SHORT(w);
	if (length < 8)
		return REASON_LINK_SHORT;
	return bytes_skip(&w->b, length - 8) ? walk_to(w, LAYER_WIFI) : LINK_SHORT(w);
}
