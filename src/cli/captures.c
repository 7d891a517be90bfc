/* captures: see captures.h. */
#include "cli/captures.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "source/source.h"

#define BYTES_MOST (INT64_C(512) << 20)
#define TOGETHER_NS NS_PER_S /* files of one run have their rows within moments */
enum { FILES_MOST = 64 };

struct capture {
	int64_t id, fingerprint, read_ns, first_ns, last_ns;
	char *source; /* NULL: no file */
};

struct captures {
	struct capture *capture; /* in order of their ids */
	unsigned count;
	const char *names[FILES_MOST]; /* of what is open */
};

static void take(void *context, const struct capture_record *record)
{
	struct captures *captures = context;
	bool is_file = record->kind && !strcmp(record->kind, "file") && record->source;

	captures->capture = mem_grow(captures->capture, (captures->count + 1) * sizeof *captures->capture);
	captures->capture[captures->count++] = (struct capture){.id = record->id,
		.fingerprint = record->fingerprint,
		.read_ns = record->read_ns,
		.first_ns = record->first_ns,
		.last_ns = record->last_ns,
		.source = is_file ? mem_copy(record->source) : NULL};
}

struct captures *captures_load(struct store *store, struct err *err)
{
	struct captures *captures = mem_new(1, sizeof *captures);

	if (query_captures(store, take, captures, err))
		return captures;
	captures_free(captures);
	return NULL;
}

void captures_free(struct captures *captures)
{
	if (!captures)
		return;
	for (unsigned i = 0; i < captures->count; i++)
		free(captures->capture[i].source);
	free(captures->capture);
	free(captures);
}

static const struct capture *find(const struct captures *captures, int64_t id)
{
	for (unsigned i = 0; i < captures->count; i++)
		if (captures->capture[i].id == id)
			return &captures->capture[i];
	return NULL;
}

static bool is_together(const struct capture *a, const struct capture *b)
{
	return a->source && b->source &&
	       clock_since(a->read_ns, b->read_ns) + clock_since(b->read_ns, a->read_ns) < TOGETHER_NS;
}

bool captures_are_together(const struct captures *captures, int64_t one_id, int64_t other_id)
{
	const struct capture *one = find(captures, one_id), *other = find(captures, other_id);

	return one && other && is_together(one, other);
}

/* A regular file only: a database may come from anybody, and a pipe would be waited for. */
static int64_t bytes_of(const char *path)
{
	struct stat status;

	return stat(path, &status) || !S_ISREG(status.st_mode) ? -1 : (int64_t)status.st_size;
}

/* Is each what it was when it was read? */
static bool are_unchanged(const struct source *source, const struct capture *const *files)
{
	for (unsigned i = 0; i < source_inputs(source); i++)
		if (files[i]->fingerprint == CLOCK_NONE ||
			source_input(source, i)->fingerprint != (uint64_t)files[i]->fingerprint)
			return false;
	return true;
}

struct source *captures_open(struct captures *captures, int64_t capture_id, int64_t first_ns, int64_t last_ns)
{
	const struct capture *base = find(captures, capture_id), *files[FILES_MOST];
	int64_t bytes = 0;
	unsigned count = 0;
	struct err ignored;

	for (unsigned i = 0; base && i < captures->count; i++) {
		const struct capture *c = &captures->capture[i];

		if (!is_together(base, c) || c->first_ns == CLOCK_NONE || c->first_ns > last_ns ||
			c->last_ns < first_ns)
			continue;
		int64_t size = bytes_of(c->source);
		bytes += size;
		if (size < 0 || bytes > BYTES_MOST || count == FILES_MOST)
			return NULL;
		captures->names[count] = c->source;
		files[count++] = c;
	}
	struct source *source = count ? source_open(captures->names, count, NULL, &ignored) : NULL;
	if (!source || are_unchanged(source, files))
		return source;
	source_close(source);
	return NULL;
}
