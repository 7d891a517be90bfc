/* source: see source.h.  One input is read straight through; several are merged by merge.c. */
#include "source/source.h"

#include <stdlib.h>
#include <string.h>

#include "source/filter.h"
#include "source/live.h"
#include "source/merge.h"
#include "source/reader.h"

enum { MANY = 8 }; /* from so many inputs on, each has a small buffer */

struct source {
	struct filter *filter; /* NULL when everything is wanted */
	struct merge *merge;   /* NULL with one input */
	struct live *live;     /* interfaces; NULL: files */
	unsigned count;
	struct reader reader[]; /* count of them */
};

static bool open_all(struct source *source, const char *const *names, struct err *err)
{
	bool standard_input = false;

	for (unsigned i = 0; i < source->count; i++) {
		struct reader *reader = &source->reader[i];

		if (!strcmp(names[i], "-")) {
			if (standard_input)
				return err_set(
					err, ERR_USAGE, "standard input: named twice (once is all it can be read)");
			standard_input = true;
		}
		if (!reader_open(reader, names[i], i, source->count >= MANY, err))
			return false;
		if (source->filter && reader->input.link_type >= 0 &&
			!filter_prepare(source->filter, reader->input.link_type, err))
			return false;
	}
	return true;
}

struct source *source_open(const char *const *names, unsigned count, const char *filter, struct err *err)
{
	struct source *source = mem_new(1, sizeof *source + count * sizeof source->reader[0]);

	source->count = count;
	source->filter = filter ? filter_new(filter) : NULL;
	if (!open_all(source, names, err)) {
		source_close(source);
		return NULL;
	}
	if (count != 1)
		source->merge = merge_new(source->reader, count);
	return source;
}

struct source *source_open_live(const struct source_live *how, struct err *err)
{
	struct source *source = mem_new(1, sizeof *source);

	source->live = live_new(how, err);
	if (source->live)
		return source;
	free(source);
	return NULL;
}

void source_count(struct source *source)
{
	if (source->live)
		live_count(source->live);
}

void source_close(struct source *source)
{
	if (!source)
		return;
	live_free(source->live);
	merge_free(source->merge);
	for (unsigned i = 0; i < source->count; i++)
		reader_close(&source->reader[i]);
	filter_free(source->filter);
	free(source);
}

/* A filter that does not fit the link type of a later interface ends that input: it would be half-read. */
static enum source_status apply_filter(struct source *source, const struct frame *frame, struct err *err)
{
	struct reader *reader = &source->reader[frame->input];
	bool match;

	if (filter_match(source->filter, frame, &match, err))
		return match ? SOURCE_FRAME : SOURCE_FILTERED;
	reader_end(reader);
	reader->input.damaged = true;
	err_context(err, "%s", reader_name(reader));
	return SOURCE_DAMAGED;
}

enum source_status source_next(struct source *source, struct frame *frame, struct err *err)
{
	if (source->live)
		return live_next(source->live, frame, err);
	enum source_status status = source->merge ? merge_next(source->merge, frame, err)
						  : source->reader[0].next(&source->reader[0], frame, err);

	return source->filter && status == SOURCE_FRAME ? apply_filter(source, frame, err) : status;
}

unsigned source_inputs(const struct source *source)
{
	return source->live ? live_inputs(source->live) : source->count;
}

const struct source_input *source_input(const struct source *source, unsigned index)
{
	return source->live ? live_input(source->live, index) : &source->reader[index].input;
}
