/* files: see files.h. */
#include "content/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/list.h"
#include "base/strbuf.h"
#include "content/extents.h"

enum { OPEN_MOST = 200, NAME_ROOM = 2 * ADDR_TEXT + 48 };
#define OFFSET_MOST (INT64_C(1) << 40) /* beyond a terabyte it is no stream but a forged number */

struct direction {
	struct list used; /* in files.used while its file is open */
	int fd;           /* -1: closed for now */
	bool made;
	uint64_t connection;
	struct extents extents;
	int64_t refused;
	char name[NAME_ROOM];
};

struct files {
	char *path;
	int folder;
	FILE *index;
	struct list used; /* open files, least recently used first */
	unsigned open;
	struct files_result result;
	struct strbuf line;
	struct err err;
	bool failed;
};

/* A folder without anything in it; why not, where it is none. */
static const char *why_not_empty(const char *path)
{
	DIR *dir = opendir(path);
	const char *why = dir ? NULL : strerror(errno);

	for (struct dirent *entry; !why && (entry = readdir(dir));)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			why = "not empty (name a new folder)";
	if (dir)
		closedir(dir);
	return why;
}

struct files *files_open(const char *path, struct err *err)
{
	struct files *files = NULL;
	int index = -1;

	if (mkdir(path, 0700) && errno != EEXIST) {
		err_set(err, ERR_FAILED, "--streams %s: %s", path, strerror(errno));
		return NULL;
	}
	const char *why = why_not_empty(path);
	if (why) {
		err_set(err, ERR_FAILED, "--streams %s: %s", path, why);
		return NULL;
	}
	files = mem_new(1, sizeof *files);
	list_init(&files->used);
	files->path = mem_copy(path);
	files->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->folder >= 0)
		index = openat(files->folder, "index.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (index >= 0)
		files->index = fdopen(index, "w");
	if (files->index)
		return files;
	err_set(err, ERR_FAILED, "--streams %s: %s", path, strerror(errno));
	if (index >= 0)
		close(index);
	if (files->folder >= 0)
		close(files->folder);
	free(files->path);
	free(files);
	return NULL;
}

static void fail(struct files *files, const char *name)
{
	if (!files->failed)
		err_set(&files->err, ERR_FAILED, "%s/%s: %s", files->path, name, strerror(errno));
	files->failed = true;
}

/* 9_192.0.2.11.40009-192.0.2.80.995: sorts by connection, and safe on every file system. */
static void make_name(struct direction *d, const struct octets *piece)
{
	char from[ADDR_TEXT], to[ADDR_TEXT];

	snprintf(d->name, sizeof d->name, "%llu_%s.%u-%s.%u", (unsigned long long)piece->connection,
		addr_print(piece->source, from), (unsigned)piece->source_port, addr_print(piece->destination, to),
		(unsigned)piece->destination_port);
	for (char *c = d->name; *c; c++)
		if (*c == ':')
			*c = '_';
}

static void close_file(struct files *files, struct direction *d)
{
	if (d->fd < 0)
		return;
	if (close(d->fd))
		fail(files, d->name);
	d->fd = -1;
	list_remove(&d->used);
	files->open--;
}

static void close_oldest(struct files *files)
{
	close_file(files, LIST_ITEM(files->used.next, struct direction, used));
}

static bool open_file(struct files *files, struct direction *d)
{
	if (d->fd >= 0) {
		list_remove(&d->used);
		list_append(&files->used, &d->used);
		return true;
	}
	int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (d->made ? 0 : O_CREAT | O_EXCL);
	if (files->open == OPEN_MOST)
		close_oldest(files);
	while ((d->fd = openat(files->folder, d->name, flags, 0600)) < 0 && (errno == EMFILE || errno == ENFILE) &&
		files->open)
		close_oldest(files);
	if (d->fd < 0) {
		fail(files, d->name);
		return false;
	}
	files->result.files += !d->made;
	d->made = true;
	list_append(&files->used, &d->used);
	files->open++;
	return true;
}

static bool write_at(struct files *files, struct direction *d, const uint8_t *text, size_t length, int64_t offset)
{
	while (length) {
		ssize_t written = pwrite(d->fd, text, length, offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			fail(files, d->name);
			return false;
		}
		text += written;
		length -= (size_t)written;
		offset += written;
	}
	return true;
}

static void take_piece(void *context, const struct octets *piece)
{
	struct files *files = context;
	struct direction *d = *piece->place;
	int64_t start = piece->offset, end = start + piece->captured, stop;

	if (files->failed)
		return;
	if (!d) {
		d = *piece->place = mem_new(1, sizeof *d);
		d->fd = -1;
		d->connection = piece->connection;
		make_name(d, piece);
	}
	if (start < 0 || end > OFFSET_MOST) {
		d->refused += piece->captured;
		return;
	}
	while (extents_next_absent(&d->extents, &start, end, &stop)) {
		if (!extents_add(&d->extents, start, stop)) {
			d->refused += end - start;
			return;
		}
		if (!open_file(files, d) ||
			!write_at(files, d, piece->text + (start - piece->offset), (size_t)(stop - start), start))
			return;
		files->result.octets += (uint64_t)(stop - start);
		start = stop;
	}
}

/* One line of the index, with every hole: [from, to) in octets of the file. */
static void describe(struct files *files, struct direction *d, const struct octets_end *end)
{
	struct strbuf *line = &files->line;
	int64_t at = 0, stop, last = end->length < OFFSET_MOST ? end->length : OFFSET_MOST, missing = 0;

	if (d->extents.count && d->extents.extent[d->extents.count - 1].end > last)
		last = d->extents.extent[d->extents.count - 1].end;
	strbuf_addf(line, "{\"connection\":%llu,\"side\":\"%s\",\"file\":", (unsigned long long)d->connection,
		side_words[end->side]);
	json_add_string(line, d->name);
	strbuf_add(line, ",\"holes\":[");
	for (; extents_next_absent(&d->extents, &at, last, &stop); at = stop) {
		strbuf_addf(line, "%s[%lld,%lld]", missing ? "," : "", (long long)at, (long long)stop);
		missing += stop - at;
	}
	strbuf_addf(line, "],\"octets\":%lld,\"missing\":%lld,\"refused\":%lld}\n", (long long)(last - missing),
		(long long)missing, (long long)d->refused);
	strbuf_flush(line, files->index);
	files->result.holed += missing > 0;
	files->result.missing += (uint64_t)missing;
	files->result.refused += (uint64_t)d->refused;
}

static void take_end(void *context, const struct octets_end *end)
{
	struct files *files = context;
	struct direction *d = end->place;

	if (!d)
		return;
	if (!files->failed)
		describe(files, d, end);
	close_file(files, d);
	extents_fini(&d->extents);
	free(d);
}

struct octets_sink files_sink(struct files *files)
{
	return (struct octets_sink){take_piece, take_end, files};
}

bool files_close(struct files *files, struct files_result *result, struct err *err)
{
	if (!files)
		return true;
	bool good = !ferror(files->index);
	if ((fclose(files->index) || !good) && !files->failed)
		fail(files, "index.json");
	close(files->folder);
	*result = files->result;
	good = !files->failed;
	if (!good)
		*err = files->err;
	strbuf_fini(&files->line);
	free(files->path);
	free(files);
	return good;
}
