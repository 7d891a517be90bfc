/* stream: see stream.h.
 *
 * raw bytes -> [libarchive] -> a buffer, of which pieces are given without being copied. */
#include "config.h" /* large files */

#include "source/source.h"
#include "source/stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/near.h"

enum {
	HEAD = 16,
	BUFFER = 256 * 1024,
	BUFFER_OF_MANY = 32 * 1024,
	PACKED = 64 * 1024,        /* what libarchive is fed at a time */
	PRINT_FIRST = 1024 * 1024, /* how much of a file makes its fingerprint */
	PRINT_LAST = 64 * 1024,
};

/* The first bytes, read to see what they are and then given again. */
struct head {
	uint8_t byte[HEAD];
	size_t length, given;
};

struct stream {
	struct source_input *input;
	int fd;
	struct head raw, inside;
	struct archive *archive; /* NULL when not compressed */
	const char *packing;
	uint8_t *packed;
	uint8_t *buffer;
	size_t room, at, filled; /* of the buffer: its size, what is taken, what is there */
	bool ended;
	char trouble[200];
};

static const struct packing {
	const char *name, *magic;
	size_t length;
	int (*support)(struct archive *);
} packings[] = {
	{"gzip", "\x1f\x8b", 2, archive_read_support_filter_gzip},
	{"zstd", "\x28\xb5\x2f\xfd", 4, archive_read_support_filter_zstd},
	{"xz",
		"\xfd"
		"7zXZ\0",
		6, archive_read_support_filter_xz},
	{"bzip2", "BZh", 3, archive_read_support_filter_bzip2},
	{"lz4", "\x04\x22\x4d\x18", 4, archive_read_support_filter_lz4},
};

static bool is_stdin(const struct source_input *input)
{
	return !strcmp(input->name, "-");
}

static const char *shown_name(const struct source_input *input)
{
	return is_stdin(input) ? "standard input" : input->name;
}

/* -- reading -- */

static size_t head_give(struct head *head, void *to, size_t length)
{
	size_t n = head->length - head->given;

	if (n > length)
		n = length;
	memcpy(to, head->byte + head->given, n);
	head->given += n;
	return n;
}

static ssize_t raw_read(struct stream *stream, void *to, size_t length)
{
	size_t again = head_give(&stream->raw, to, length);
	if (again)
		return (ssize_t)again;

	ssize_t n;
	do
		n = read(stream->fd, to, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		snprintf(stream->trouble, sizeof stream->trouble, "%s", strerror(errno));
	else
		stream->input->read_bytes += (uint64_t)n;
	return n;
}

static la_ssize_t feed(struct archive *archive, void *cookie, const void **block)
{
	struct stream *stream = cookie;

	*block = stream->packed;
	ssize_t n = raw_read(stream, stream->packed, PACKED);
	if (n < 0)
		archive_set_error(archive, errno, "%s", stream->trouble);
	return n;
}

static void keep_trouble(struct stream *stream)
{
	const char *why = archive_error_string(stream->archive);

	if (!stream->trouble[0])
		snprintf(stream->trouble, sizeof stream->trouble, "%s", why ? why : "damaged");
}

/* Reads what is inside. */
static ssize_t inside_read(struct stream *stream, void *to, size_t length)
{
	size_t again = head_give(&stream->inside, to, length);
	if (again)
		return (ssize_t)again;
	if (!stream->archive)
		return raw_read(stream, to, length);

	la_ssize_t n = archive_read_data(stream->archive, to, length);
	if (n < 0)
		keep_trouble(stream);
	return n < 0 ? -1 : n;
}

/* Fills *head at the end only: what it holds already is what the next read gives. */
static void fill_head(struct stream *stream, struct head *head, ssize_t (*from)(struct stream *, void *, size_t))
{
	struct head filled = {.length = 0};

	while (filled.length < HEAD) {
		ssize_t n = from(stream, filled.byte + filled.length, HEAD - filled.length);
		if (n <= 0)
			break;
		filled.length += (size_t)n;
	}
	*head = filled;
}

/* -- opening -- */

/* "edge.pcap: no such file (did you mean edge.pcapng?)": a file of the same folder, when one is near. */
static void err_no_file(const char *name, struct err *err)
{
	const char *slash = strrchr(name, '/');
	int folder_length = slash ? (int)(slash - name) + 1 : 0;
	struct near near = near_begin(name + folder_length);
	char folder[4096];

	snprintf(folder, sizeof folder, "%.*s", folder_length ? folder_length : 1, folder_length ? name : ".");
	DIR *dir = opendir(folder);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_type != DT_DIR)
			near_offer(&near, entry->d_name);
	if (dir)
		closedir(dir);
	if (near.word[0])
		err_set(err, ERR_FAILED, "%s: no such file (did you mean %.*s%s?)", name, folder_length, name,
			near.word);
	else
		err_set(err, ERR_FAILED, "%s: no such file (ls%s%s shows what is there)", name,
			folder_length ? " " : "", folder_length ? folder : "");
}

static void err_cannot_open(const char *name, int why, struct err *err)
{
	if (why == ENOENT || why == ENOTDIR)
		err_no_file(name, err);
	else if (why == EACCES || why == EPERM)
		err_set(err, ERR_FAILED, "%s: no permission to read it (ls -l %s; sudo may help)", name, name);
	else if (why == EMFILE)
		err_set(err, ERR_FAILED, "%s: too many files at once (ulimit -n 65536, then again)", name);
	else
		err_set(err, ERR_FAILED, "%s: cannot be opened: %s", name, strerror(why));
}

/* Of size, first and last bytes: the same for the same file under any name, and quick for a large one. */
static uint64_t fingerprint(int fd, uint64_t size)
{
	static const struct hash_key key = {UINT64_C(0x6c61737461636b20), UINT64_C(0x66696e6765727072)};
	uint8_t *block = mem_new(1, PRINT_FIRST);
	ssize_t first = pread(fd, block, PRINT_FIRST, 0);
	uint64_t words[3] = {size, hash_bytes(&key, block, first > 0 ? (size_t)first : 0)};

	if (size > PRINT_FIRST) {
		ssize_t last = pread(fd, block, PRINT_LAST, (off_t)(size - PRINT_LAST));
		words[2] = hash_bytes(&key, block, last > 0 ? (size_t)last : 0);
	}
	free(block);
	uint64_t print = hash_words(&key, words, 3);
	return print ? print : 1;
}

static bool open_raw(struct stream *stream, struct err *err)
{
	struct source_input *input = stream->input;
	const char *name = shown_name(input);
	struct stat facts;

	stream->fd = is_stdin(input) ? dup(STDIN_FILENO) : open(input->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (stream->fd < 0 || fstat(stream->fd, &facts)) {
		err_cannot_open(name, errno, err);
		return false;
	}
	if (S_ISDIR(facts.st_mode))
		return err_set(err, ERR_FAILED, "%s: a folder, not a capture file (lastack read %s/* takes all in it)",
			name, name);
	if (isatty(stream->fd))
		return err_set(err, ERR_FAILED, "%s: a terminal, not a capture (tcpdump -w - | lastack read -)", name);
	if (S_ISREG(facts.st_mode) && lseek(stream->fd, 0, SEEK_CUR) == 0) {
		input->file_bytes = (uint64_t)facts.st_size;
		input->fingerprint = fingerprint(stream->fd, input->file_bytes);
		posix_fadvise(stream->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	return true;
}

static bool open_packed(struct stream *stream, const struct packing *packing, struct err *err)
{
	struct archive_entry *entry;
	struct archive *archive = stream->archive = archive_read_new();

	if (!archive)
		err_no_memory();
	stream->packing = packing->name;
	stream->packed = mem_new(1, PACKED);
	/* ARCHIVE_WARN would mean that another program is to unpack. */
	if (packing->support(archive) != ARCHIVE_OK)
		return err_set(err, ERR_FAILED,
			"%s: compressed with %s, which this libarchive cannot unpack (%s -dc %s | "
			"lastack read -)",
			shown_name(stream->input), packing->name, packing->name, stream->input->name);
	archive_read_support_format_raw(archive);
	archive_read_support_format_empty(archive);
	int status = archive_read_open2(archive, stream, NULL, feed, NULL, NULL);
	if (status == ARCHIVE_OK)
		status = archive_read_next_header(archive, &entry);
	if (status == ARCHIVE_OK)
		fill_head(stream, &stream->inside, inside_read);
	else if (status != ARCHIVE_EOF)
		keep_trouble(stream);
	return !stream->trouble[0] ||
	       err_set(err, ERR_FAILED, "%s: cannot be unpacked: %s (copy it again from where it was made)",
		       shown_name(stream->input), stream->trouble);
}

static bool open_inside(struct stream *stream, struct err *err)
{
	fill_head(stream, &stream->raw, raw_read);
	if (stream->trouble[0])
		return err_set(err, ERR_FAILED, "%s: cannot be read: %s", shown_name(stream->input), stream->trouble);
	for (size_t i = 0; i < sizeof packings / sizeof packings[0]; i++)
		if (stream->raw.length >= packings[i].length &&
			!memcmp(stream->raw.byte, packings[i].magic, packings[i].length))
			return open_packed(stream, &packings[i], err);
	return true;
}

struct stream *stream_open(struct source_input *input, bool many, struct err *err)
{
	struct stream *stream = mem_new(1, sizeof *stream);

	stream->input = input;
	stream->fd = -1;
	if (!open_raw(stream, err) || !open_inside(stream, err)) {
		stream_close(stream);
		return NULL;
	}
	stream->room = many ? BUFFER_OF_MANY : BUFFER;
	stream->buffer = mem_new(1, stream->room);
	return stream;
}

void stream_close(struct stream *stream)
{
	if (!stream)
		return;
	if (stream->archive)
		archive_read_free(stream->archive);
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->packed);
	free(stream->buffer);
	free(stream);
}

struct bytes stream_head(const struct stream *stream)
{
	const struct head *head = stream->archive ? &stream->inside : &stream->raw;

	return (struct bytes){head->byte, head->length};
}

/* -- taking -- */

/* Reads on until there are `wanted` bytes, if there are so many.  The buffer grows with what has come, not with what a
 * length claims. */
static void fill(struct stream *stream, size_t wanted)
{
	stream->filled -= stream->at;
	memmove(stream->buffer, stream->buffer + stream->at, stream->filled);
	stream->at = 0;
	while (stream->filled < wanted && !stream->ended) {
		if (stream->filled == stream->room) {
			stream->room *= 2;
			stream->buffer = mem_grow(stream->buffer, stream->room);
		}
		ssize_t n = inside_read(stream, stream->buffer + stream->filled, stream->room - stream->filled);
		stream->ended = n <= 0;
		stream->filled += n > 0 ? (size_t)n : 0;
	}
}

const uint8_t *stream_take(struct stream *stream, size_t length)
{
	if (__builtin_expect(stream->filled - stream->at < length, 0)) {
		fill(stream, length);
		if (stream->filled < length)
			return NULL;
	}
	const uint8_t *piece = stream->buffer + stream->at;
	stream->at += length;
	return piece;
}

size_t stream_rest(const struct stream *stream)
{
	return stream->filled - stream->at;
}

bool stream_skip(struct stream *stream, uint64_t length)
{
	enum { STEP = 4096 };

	for (; length > STEP; length -= STEP)
		if (!stream_take(stream, STEP))
			return false;
	return stream_take(stream, (size_t)length) != NULL;
}

const char *stream_packing(const struct stream *stream)
{
	return stream->packing;
}

const char *stream_trouble(const struct stream *stream)
{
	return stream->trouble[0] ? stream->trouble : NULL;
}

const char *source_unpack_version(void)
{
	return archive_version_string();
}
