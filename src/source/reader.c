/* reader: see reader.h. */
#include "source/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"

/* The formats by their first four bytes, in the order of the file. */
static const struct format {
	uint8_t magic[4];
	bool (*open)(struct reader *, struct err *);
} formats[] = {
	{{0xa1, 0xb2, 0xc3, 0xd4}, classic_open}, /* microseconds */
	{{0xd4, 0xc3, 0xb2, 0xa1}, classic_open},
	{{0xa1, 0xb2, 0x3c, 0x4d}, classic_open}, /* nanoseconds */
	{{0x4d, 0x3c, 0xb2, 0xa1}, classic_open},
	{{0xa1, 0xb2, 0xcd, 0x34}, classic_open}, /* with more fields per packet ("modified") */
	{{0x34, 0xcd, 0xb2, 0xa1}, classic_open},
	{{0x0a, 0x0d, 0x0d, 0x0a}, pcapng_open},
};

const char *reader_name(const struct reader *reader)
{
	return strcmp(reader->input.name, "-") ? reader->input.name : "standard input";
}

/* notes.txt: not a capture file: starts with "Meeti" (pcap and pcapng can be read) */
static bool err_no_capture(const struct reader *reader, struct bytes head, struct err *err)
{
	const char *packing = stream_packing(reader->stream);
	struct strbuf shown = {0};
	uint8_t byte;

	if (!head.left)
		return err_set(err, ERR_FAILED, "%s: empty%s%s, no capture in it (capture again)", reader_name(reader),
			packing ? " inside " : "", packing ? packing : "");
	for (unsigned i = 0; i < 5 && bytes_u8(&head, &byte); i++)
		if (byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\')
			strbuf_add_char(&shown, (char)byte);
		else
			strbuf_addf(&shown, "\\x%02x", byte);
	err_set(err, ERR_FAILED, "%s: not a capture file%s%s: starts with \"%s\" (pcap and pcapng can be read)",
		reader_name(reader), packing ? " inside " : "", packing ? packing : "", shown.text);
	strbuf_fini(&shown);
	return false;
}

bool reader_open(struct reader *reader, const char *name, uint32_t index, bool many, struct err *err)
{
	*reader = (struct reader){.index = index, .input = {.name = name, .link_type = -1}};
	reader->stream = stream_open(&reader->input, many, err);
	if (!reader->stream)
		return false;

	const struct bytes head = stream_head(reader->stream);
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (head.left >= sizeof formats[i].magic && !memcmp(head.at, formats[i].magic, sizeof formats[i].magic))
			return formats[i].open(reader, err);
	return err_no_capture(reader, head, err);
}

void reader_close(struct reader *reader)
{
	if (reader->close)
		reader->close(reader);
	stream_close(reader->stream);
	*reader = (struct reader){0};
}

static enum source_status next_after_end(struct reader *reader, struct frame *frame, struct err *err)
{
	(void)reader, (void)frame, (void)err;
	return SOURCE_END;
}

enum source_status reader_end(struct reader *reader)
{
	reader->next = next_after_end;
	return SOURCE_END;
}

/* Adds how far it went and what to do, and puts the name in front. */
static enum source_status finish_damaged(struct reader *reader, struct err *err, const char *remedy)
{
	struct err cause = *err;

	reader->next = next_after_end;
	reader->input.damaged = true;
	err_set(err, ERR_DAMAGED, "%s: %s: %" PRIu64 " packet%s read (%s)", reader_name(reader), cause.text,
		reader->packets, reader->packets == 1 ? "" : "s", remedy);
	return SOURCE_DAMAGED;
}

enum source_status reader_cut(struct reader *reader, struct err *err)
{
	const char *trouble = stream_trouble(reader->stream), *packing = stream_packing(reader->stream);

	if (!trouble) {
		err_set(err, ERR_DAMAGED, "ends inside packet %" PRIu64, reader->packets + 1);
		return finish_damaged(reader, err, "copy it again if it was being written");
	}
	if (!packing) {
		err_set(err, ERR_DAMAGED, "cannot be read further at packet %" PRIu64 ": %s", reader->packets + 1,
			trouble);
		return finish_damaged(reader, err, "copy it again from where it was made");
	}
	/* libarchive keeps back what it had unpacked of its last block, 64 KiB of gzip; the format's own tool
	 * gives it. */
	char remedy[200];
	snprintf(
		remedy, sizeof remedy, "%s -dc %s | lastack read - gets a little further", packing, reader->input.name);
	err_set(err, ERR_DAMAGED, "cannot be unpacked further at packet %" PRIu64 ": %s", reader->packets + 1, trouble);
	return finish_damaged(reader, err, remedy);
}

enum source_status reader_damaged(struct reader *reader, struct err *err, const char *format, ...)
{
	char why[200];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	err_set(err, ERR_DAMAGED, "damaged at packet %" PRIu64 ": %s", reader->packets + 1, why);
	return finish_damaged(reader, err, "copy it again from where it was made");
}

void reader_note_link(struct reader *reader, int link_type, uint32_t snap_length)
{
	struct source_input *input = &reader->input;

	if (input->link_type < 0) {
		input->link_type = link_type;
		input->snap_length = snap_length;
	} else if (input->link_type != link_type) {
		input->several_link_types = true;
	}
}
