/* pcapng: our own bounds-checked reader (draft-ietf-opsawg-pcapng), because libpcap 1.10 stops at a file
 * whose interfaces differ in link type or snap length.
 *
 * Sections of either byte order, interfaces with their own link type, time resolution and offset, enhanced,
 * simple and obsolete packet blocks, and the statistics that say what was lost; every other block is passed
 * over.  Options are read from the body of their block only.  Memory: one block of at most BLOCK_MOST bytes
 * and the interfaces of one section. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "source/link.h"
#include "source/reader.h"

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,

	OPTION_END = 0,
	OPTION_IF_TIME_RESOLUTION = 9,
	OPTION_IF_TIME_OFFSET = 14,
	OPTION_PACKET_DROPS = 4,
	OPTION_STATISTICS_IF_DROPS = 5,
	OPTION_STATISTICS_OS_DROPS = 7,

	BLOCK_HEAD = 8,                /* type, length */
	BLOCK_LEAST = 12,              /* and length again */
	BLOCK_MOST = 16 * 1024 * 1024, /* of those that are read; others may be longer */
	INTERFACES_MOST = 65536,
	DECIMAL_MOST = 19,
	BINARY_MOST = 63, /* exponents whose units per second fit 64 bits */
};

static const uint32_t byte_order_magic = 0x1a2b3c4d;

struct interface {
	int link_type;
	uint32_t snap_length; /* 0 when unlimited */
	bool binary;          /* ticks of 2^-exponent seconds, else 10^-exponent */
	uint8_t exponent;
	int64_t offset_s;
	uint64_t drops_told; /* by its statistics so far */
	uint64_t drops_seen; /* summed over its packets */
};

struct pcapng {
	bool little;
	struct interface *interfaces; /* of this section */
	uint32_t interface_count, interface_room;
	uint64_t drops_before; /* of the sections that are over */
	int64_t last_ns;       /* simple packets have no time: they come with the last one */
};

struct block {
	uint32_t type;
	struct bytes body;
};

/* -- numbers in the byte order of the section -- */

static bool u16(const struct pcapng *ng, struct bytes *b, uint16_t *v)
{
	return ng->little ? bytes_u16_le(b, v) : bytes_u16(b, v);
}

static bool u32(const struct pcapng *ng, struct bytes *b, uint32_t *v)
{
	return ng->little ? bytes_u32_le(b, v) : bytes_u32(b, v);
}

static bool u64(const struct pcapng *ng, struct bytes *b, uint64_t *v)
{
	uint32_t first, second;
	struct bytes from = *b;

	if (!u32(ng, &from, &first) || !u32(ng, &from, &second))
		return false;
	*b = from;
	*v = ng->little ? (uint64_t)second << 32 | first : (uint64_t)first << 32 | second;
	return true;
}

/* The next option of a block, without its padding; false at the end of them. */
static bool option(const struct pcapng *ng, struct bytes *options, uint16_t *code, struct bytes *value)
{
	uint16_t length;

	if (!u16(ng, options, code) || !u16(ng, options, &length) || *code == OPTION_END)
		return false;
	if (!bytes_take(options, length, value))
		return false;
	bytes_skip(options, -(size_t)length & 3);
	return true;
}

/* -- time -- */

/* Ticks to nanoseconds; what an int64 cannot hold becomes its nearest value. */
static int64_t time_of(const struct interface *interface, uint64_t ticks)
{
	static const uint64_t tens[DECIMAL_MOST + 1] = {1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u,
		100000000u, 1000000000u, 10000000000u, 100000000000u, 1000000000000u, 10000000000000u, 100000000000000u,
		1000000000000000u, 10000000000000000u, 100000000000000000u, 1000000000000000000u,
		10000000000000000000u};
	const unsigned n = interface->exponent;
	uint64_t seconds, part;

	if (!interface->binary) {
		seconds = ticks / tens[n];
		part = ticks % tens[n];
		part = n <= 9 ? part * tens[9 - n] : part / tens[n - 9];
	} else {
		/* 34 bits of a fraction times 10^9 (30 bits) are the most that 64 bits hold. */
		const unsigned kept = n < 34 ? n : 34;
		seconds = ticks >> n;
		part = (ticks & ((UINT64_C(1) << n) - 1)) >> (n - kept);
		part = part * (uint64_t)NS_PER_S >> kept;
	}
	const int64_t most = INT64_MAX / NS_PER_S - 1;
	int64_t whole = seconds > (uint64_t)most ? most : (int64_t)seconds;
	if (__builtin_add_overflow(whole, interface->offset_s, &whole))
		whole = interface->offset_s < 0 ? -most : most;
	whole = whole > most ? most : whole < -most ? -most : whole;
	return whole * NS_PER_S + (int64_t)part;
}

/* -- blocks -- */

static bool is_read(uint32_t type)
{
	return type == BLOCK_INTERFACE || type == BLOCK_OLD_PACKET || type == BLOCK_SIMPLE_PACKET ||
	       type == BLOCK_STATISTICS || type == BLOCK_PACKET || type == BLOCK_SECTION;
}

/* Learns the byte order of the section whose block starts here: its body begins with the magic number. */
static bool learn_order(struct pcapng *ng, const uint8_t magic[4])
{
	struct bytes b = {magic, 4};
	uint32_t value;

	bytes_u32(&b, &value);
	ng->little = value != byte_order_magic;
	b = (struct bytes){magic, 4};
	return u32(ng, &b, &value) && value == byte_order_magic;
}

/* The rest of a block that will be read: its body and its second length.  `had`: bytes of it that were read before. */
static enum source_status read_body(
	struct reader *reader, struct block *block, size_t length, size_t had, struct err *err)
{
	const struct pcapng *ng = reader->format;
	uint32_t again;

	if (length > BLOCK_MOST)
		return reader_damaged(reader, err, "a block of %zu bytes", length + had);
	const uint8_t *bytes = stream_take(reader->stream, length);
	if (!bytes)
		return reader_cut(reader, err);
	block->body = (struct bytes){bytes, length - 4};
	struct bytes tail = {bytes + length - 4, 4};
	u32(ng, &tail, &again);
	if (again != length + had)
		return reader_damaged(
			reader, err, "a block's two lengths differ (%zu and %" PRIu32 ")", length + had, again);
	return SOURCE_FRAME;
}

/* A section says its byte order behind its length, and is read with it from its own head on. */
static enum source_status begin_section(struct reader *reader, struct err *err)
{
	struct pcapng *ng = reader->format;
	const uint8_t *magic = stream_take(reader->stream, 4);

	if (!magic)
		return reader_cut(reader, err);
	return learn_order(ng, magic) ? SOURCE_FRAME : reader_damaged(reader, err, "a section without a byte order");
}

/* The next block; its body is empty when it is of a type that is passed over, and begins behind the byte order of a
 * section. */
static enum source_status next_block(struct reader *reader, struct block *block, struct err *err)
{
	struct pcapng *ng = reader->format;
	const uint8_t *head = stream_take(reader->stream, BLOCK_HEAD);
	uint8_t kept[BLOCK_HEAD];
	uint32_t length, had = 0;

	if (!head && !stream_rest(reader->stream) && !stream_trouble(reader->stream))
		return reader_end(reader);
	if (!head)
		return reader_cut(reader, err);
	memcpy(kept, head, sizeof kept);
	struct bytes b = {kept, sizeof kept};
	u32(ng, &b, &block->type); /* a section's type reads the same in both orders */
	if (block->type == BLOCK_SECTION) {
		enum source_status status = begin_section(reader, err);

		if (status != SOURCE_FRAME)
			return status;
		had = 4;
	}
	u32(ng, &b, &length);
	if (length < BLOCK_LEAST + had || length % 4)
		return reader_damaged(reader, err, "a block of %" PRIu32 " bytes", length);
	had += BLOCK_HEAD;
	if (is_read(block->type))
		return read_body(reader, block, length - had, had, err);
	block->body.left = 0;
	return stream_skip(reader->stream, length - had) ? SOURCE_FRAME : reader_cut(reader, err);
}

/* -- what blocks say -- */

static uint64_t drops_of(const struct interface *interface)
{
	return interface->drops_told > interface->drops_seen ? interface->drops_told : interface->drops_seen;
}

static uint64_t drops_so_far(const struct pcapng *ng)
{
	uint64_t sum = ng->drops_before;

	for (uint32_t i = 0; i < ng->interface_count; i++)
		sum += drops_of(&ng->interfaces[i]);
	return sum;
}

static enum source_status read_section(struct reader *reader, struct bytes body, struct err *err)
{
	struct pcapng *ng = reader->format;
	uint16_t major, minor;

	if (!u16(ng, &body, &major) || !u16(ng, &body, &minor))
		return reader_damaged(reader, err, "a section without a version");
	/* 1.2 is what some writers put for 1.0. */
	if (major != 1 || (minor != 0 && minor != 2))
		return reader_damaged(reader, err, "pcapng version %u.%u is not known", major, minor);
	ng->drops_before = drops_so_far(ng);
	ng->interface_count = 0;
	return SOURCE_FRAME;
}

static void read_interface_options(const struct pcapng *ng, struct bytes options, struct interface *interface)
{
	struct bytes value;
	uint16_t code;
	uint64_t offset;
	uint8_t resolution;

	while (option(ng, &options, &code, &value))
		if (code == OPTION_IF_TIME_RESOLUTION && bytes_u8(&value, &resolution)) {
			interface->binary = resolution & 0x80;
			interface->exponent = resolution & 0x7f;
		} else if (code == OPTION_IF_TIME_OFFSET && u64(ng, &value, &offset)) {
			interface->offset_s = (int64_t)offset;
		}
}

static enum source_status read_interface(struct reader *reader, struct bytes body, struct err *err)
{
	struct pcapng *ng = reader->format;
	struct interface interface = {.exponent = 6};
	uint16_t link_type;

	if (!u16(ng, &body, &link_type) || !bytes_skip(&body, 2) || !u32(ng, &body, &interface.snap_length))
		return reader_damaged(reader, err, "an interface cut short");
	interface.link_type = link_from_file(link_type);
	read_interface_options(ng, body, &interface);
	if (interface.exponent > (interface.binary ? BINARY_MOST : DECIMAL_MOST))
		return reader_damaged(reader, err, "an interface's time unit is %s^-%u s",
			interface.binary ? "2" : "10", interface.exponent);
	if (ng->interface_count == INTERFACES_MOST)
		return reader_damaged(reader, err, "more than %d interfaces", INTERFACES_MOST);
	if (ng->interface_count == ng->interface_room) {
		ng->interface_room = ng->interface_room ? 2 * ng->interface_room : 4;
		ng->interfaces = mem_grow(ng->interfaces, ng->interface_room * sizeof interface);
	}
	ng->interfaces[ng->interface_count++] = interface;
	reader_note_link(reader, interface.link_type, interface.snap_length);
	return SOURCE_FRAME;
}

static struct interface *find_interface(const struct pcapng *ng, uint32_t number)
{
	return number < ng->interface_count ? &ng->interfaces[number] : NULL;
}

/* Statistics count from the start of the capture, so that the last block tells the sum. */
static enum source_status read_statistics(struct reader *reader, struct bytes body, struct err *err)
{
	struct pcapng *ng = reader->format;
	struct interface *interface;
	struct bytes value;
	uint32_t number;
	uint16_t code;
	uint64_t count, told = 0;

	if (!u32(ng, &body, &number) || !bytes_skip(&body, 8) || !(interface = find_interface(ng, number)))
		return reader_damaged(reader, err, "statistics of an interface that is not there");
	while (option(ng, &body, &code, &value))
		if ((code == OPTION_STATISTICS_IF_DROPS || code == OPTION_STATISTICS_OS_DROPS) &&
			u64(ng, &value, &count))
			told += count;
	if (told > interface->drops_told)
		interface->drops_told = told;
	reader->input.drops = drops_so_far(ng);
	return SOURCE_FRAME;
}

static void add_drops(struct reader *reader, struct interface *interface, uint64_t count)
{
	interface->drops_seen += count;
	reader->input.drops = drops_so_far(reader->format);
}

/* Fills the frame from what all packet blocks share. */
static enum source_status give(struct reader *reader, const struct interface *interface, struct bytes data,
	uint32_t length, struct frame *frame)
{
	const struct pcapng *ng = reader->format;

	*frame = (struct frame){
		.bytes = data.at,
		.captured = (uint32_t)data.left,
		.length = length,
		.time_ns = ng->last_ns,
		.number = ++reader->packets,
		.input = reader->index,
		.link_type = interface->link_type,
	};
	return SOURCE_FRAME;
}

/* The enhanced packet block, and the obsolete one, which differs in its first fields only. */
static enum source_status read_packet(
	struct reader *reader, const struct block *block, struct frame *frame, struct err *err)
{
	struct pcapng *ng = reader->format;
	struct bytes body = block->body, data, value;
	uint32_t number = 0, high, low, captured, length;
	uint16_t short_number = 0, drops = UINT16_MAX, code;
	uint64_t count;
	bool whole;

	if (block->type == BLOCK_PACKET) {
		whole = u32(ng, &body, &number);
	} else {
		whole = u16(ng, &body, &short_number) && u16(ng, &body, &drops);
		number = short_number;
	}
	if (!whole || !u32(ng, &body, &high) || !u32(ng, &body, &low) || !u32(ng, &body, &captured) ||
		!u32(ng, &body, &length) || !bytes_take(&body, captured, &data))
		return reader_damaged(reader, err, "longer than its block");

	struct interface *interface = find_interface(ng, number);
	if (!interface)
		return reader_damaged(reader, err, "from interface %" PRIu32 ", which is not there", number);
	bytes_skip(&body, -(size_t)captured & 3);
	while (body.left && option(ng, &body, &code, &value))
		if (code == OPTION_PACKET_DROPS && block->type == BLOCK_PACKET && u64(ng, &value, &count))
			add_drops(reader, interface, count);
	if (drops != UINT16_MAX && drops)
		add_drops(reader, interface, drops);
	ng->last_ns = time_of(interface, (uint64_t)high << 32 | low);
	return give(reader, interface, data, length, frame);
}

static enum source_status read_simple_packet(
	struct reader *reader, struct bytes body, struct frame *frame, struct err *err)
{
	struct pcapng *ng = reader->format;
	const struct interface *interface = find_interface(ng, 0);
	uint32_t length;

	if (!interface)
		return reader_damaged(reader, err, "from interface 0, which is not there");
	if (!u32(ng, &body, &length))
		return reader_damaged(reader, err, "longer than its block");
	/* Its captured length is not written: the least of these. */
	bytes_clip(&body, length);
	if (interface->snap_length)
		bytes_clip(&body, interface->snap_length);
	return give(reader, interface, body, length, frame);
}

/* Reads blocks up to and including one that holds a packet.  stop_at_interface: or an interface. */
static enum source_status advance(struct reader *reader, struct frame *frame, bool stop_at_interface, struct err *err)
{
	struct block block;

	for (;;) {
		enum source_status status = next_block(reader, &block, err);

		if (status != SOURCE_FRAME)
			return status;
		switch (block.type) {
		case BLOCK_PACKET:
		case BLOCK_OLD_PACKET:
			return read_packet(reader, &block, frame, err);
		case BLOCK_SIMPLE_PACKET:
			return read_simple_packet(reader, block.body, frame, err);
		case BLOCK_SECTION:
			status = read_section(reader, block.body, err);
			break;
		case BLOCK_INTERFACE:
			status = read_interface(reader, block.body, err);
			if (stop_at_interface)
				return status;
			break;
		case BLOCK_STATISTICS:
			status = read_statistics(reader, block.body, err);
			break;
		default:
			break;
		}
		if (status != SOURCE_FRAME)
			return status;
	}
}

static enum source_status pcapng_next(struct reader *reader, struct frame *frame, struct err *err)
{
	return advance(reader, frame, false, err);
}

static void pcapng_close(struct reader *reader)
{
	struct pcapng *ng = reader->format;

	free(ng->interfaces);
	free(ng);
}

/* Reads on to the first interface, so that a filter is checked before anything is printed. */
bool pcapng_open(struct reader *reader, struct err *err)
{
	struct pcapng *ng = mem_new(1, sizeof *ng);
	struct frame none;

	reader->format = ng;
	reader->close = pcapng_close;
	reader->next = pcapng_next;
	if (advance(reader, &none, true, err) != SOURCE_DAMAGED)
		return true;
	err->code = ERR_FAILED;
	return false;
}
