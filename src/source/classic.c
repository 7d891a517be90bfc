/* classic: pcap files, by our own bounds-checked reader (draft-ietf-opsawg-pcap): libpcap's makes two copies of each
 * packet through stdio, and takes as long for it as all of decoding does.
 *
 * It takes what libpcap takes: both byte orders, microseconds and nanoseconds, the "modified" variant with more fields
 * before each packet, and the versions before 2.4. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "source/link.h"
#include "source/reader.h"

enum { FILE_HEAD = 24, PACKET_HEAD = 16, PACKET_HEAD_MODIFIED = 24 };

struct classic {
	int link_type;
	uint32_t snap_length, most; /* bytes of a packet that are kept; that make sense */
	uint32_t head;              /* bytes before each packet */
	int64_t unit_ns;            /* of the fraction of a second */
	bool little;
	bool swapped, maybe_swapped; /* the length on the wire comes first; or does where it is the smaller one */
};

static uint32_t get_u32(const struct classic *classic, const struct bytes *piece, size_t offset)
{
	uint32_t value = bytes_get_u32(piece, offset);

	return classic->little ? __builtin_bswap32(value) : value;
}

static uint16_t get_u16(const struct classic *classic, const struct bytes *piece, size_t offset)
{
	uint16_t value = bytes_get_u16(piece, offset);

	return classic->little ? __builtin_bswap16(value) : value;
}

static enum source_status classic_stop(struct reader *reader, struct err *err)
{
	return stream_rest(reader->stream) || stream_trouble(reader->stream) ? reader_cut(reader, err)
									     : reader_end(reader);
}

static enum source_status classic_next(struct reader *reader, struct frame *frame, struct err *err)
{
	const struct classic *classic = reader->format;
	const struct bytes b = {stream_take(reader->stream, classic->head), classic->head};

	if (__builtin_expect(!b.at, 0))
		return classic_stop(reader, err);
	int64_t seconds = get_u32(classic, &b, 0), fraction_ns = get_u32(classic, &b, 4) * classic->unit_ns;
	uint32_t captured = get_u32(classic, &b, 8), length = get_u32(classic, &b, 12);
	if (__builtin_expect(classic->swapped || (classic->maybe_swapped && captured > length), 0)) {
		uint32_t first = captured;

		captured = length;
		length = first;
	}
	if (__builtin_expect(captured > classic->most, 0))
		return reader_damaged(reader, err, "a packet of %" PRIu32 " bytes", captured);
	const uint8_t *bytes = stream_take(reader->stream, captured);
	if (__builtin_expect(!bytes, 0))
		return reader_cut(reader, err);
	*frame = (struct frame){
		.bytes = bytes,
		.captured = captured < classic->snap_length ? captured : classic->snap_length,
		.length = length,
		/* a fraction that is none is left out: the packet keeps its whole second */
		.time_ns = seconds * NS_PER_S + (fraction_ns < NS_PER_S ? fraction_ns : 0),
		.number = ++reader->packets,
		.input = reader->index,
		.link_type = classic->link_type,
	};
	return SOURCE_FRAME;
}

static void classic_close(struct reader *reader)
{
	free(reader->format);
}

/* What is no IP may be larger: whole D-Bus messages, transfers over USB, debug dumps. */
static uint32_t packet_most(int link_type)
{
	enum { DBUS = 231, EBHSCR = 279, USB_LINUX = 189, USB_LINUX_MMAPPED = 220, USBPCAP = 249, USB_DARWIN = 266 };

	switch (link_type) {
	case EBHSCR:
		return 8 << 20;
	case DBUS:
	case USB_LINUX:
	case USB_LINUX_MMAPPED:
	case USBPCAP:
	case USB_DARWIN:
		return 128 << 20;
	default:
		return 256 << 10;
	}
}

/* Before version 2.3 the length on the wire came first; some writers of that one had not noticed. */
static bool note_version(struct classic *classic, uint16_t major, uint16_t minor)
{
	bool of_dg_ux = major == 543 && minor == 0;

	classic->swapped = of_dg_ux || minor < 3;
	classic->maybe_swapped = minor == 3;
	return of_dg_ux || (major == 2 && minor <= 4);
}

bool classic_open(struct reader *reader, struct err *err)
{
	enum { MAGIC_NANOSECONDS = 0xa1b23c4d, MAGIC_MODIFIED = 0xa1b2cd34, ETHERNET = 1, COOKED_HEAD = 14 };
	struct classic *classic = mem_new(1, sizeof *classic);
	const struct bytes b = {stream_take(reader->stream, FILE_HEAD), FILE_HEAD};

	reader->format = classic;
	reader->close = classic_close;
	reader->next = classic_next;
	if (!b.at)
		return err_set(err, ERR_FAILED,
			"%s: ends inside the file header (copy it again if it was being written)", reader_name(reader));
	classic->little = b.at[0] != 0xa1;
	uint32_t magic = get_u32(classic, &b, 0);
	uint16_t major = get_u16(classic, &b, 4), minor = get_u16(classic, &b, 6);
	if (!note_version(classic, major, minor))
		return err_set(err, ERR_FAILED,
			"%s: not readable: pcap version %u.%u is not known (copy it again from where it was made)",
			reader_name(reader), major, minor);
	classic->snap_length = get_u32(classic, &b, 16); /* before it a time zone and a precision that nobody sets */
	/* the upper half tells how long a frame check sequence is */
	classic->link_type = link_from_file((int)(get_u32(classic, &b, 20) & 0xffff));
	classic->unit_ns = magic == MAGIC_NANOSECONDS ? 1 : NS_PER_US;
	classic->head = magic == MAGIC_MODIFIED ? PACKET_HEAD_MODIFIED : PACKET_HEAD;
	classic->most = packet_most(classic->link_type);
	if (!classic->snap_length || classic->snap_length > INT32_MAX)
		classic->snap_length = classic->most;
	/* its writer may have put a made-up Ethernet header before each packet, and not have counted it */
	if (magic == MAGIC_MODIFIED && classic->link_type == ETHERNET)
		classic->snap_length += COOKED_HEAD;
	reader_note_link(reader, classic->link_type, classic->snap_length);
	return true;
}
