/* merge: see merge.h. */
#include "source/merge.h"

#include <stdlib.h>

struct merge {
	struct reader *readers;
	unsigned count;
	unsigned asked;     /* readers that gave their first frame, or had none */
	unsigned waiting;   /* heads in the heap */
	bool top_was_given; /* its reader is to be advanced first */
	struct frame heap[];
};

struct merge *merge_new(struct reader *readers, unsigned count)
{
	struct merge *merge = mem_new(1, sizeof *merge + count * sizeof merge->heap[0]);

	merge->readers = readers;
	merge->count = count;
	return merge;
}

void merge_free(struct merge *merge)
{
	free(merge);
}

static bool before(const struct frame *a, const struct frame *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->input < b->input;
}

static void sink(struct merge *merge, unsigned at)
{
	const struct frame moved = merge->heap[at];

	for (unsigned child; (child = 2 * at + 1) < merge->waiting; at = child) {
		if (child + 1 < merge->waiting && before(&merge->heap[child + 1], &merge->heap[child]))
			child++;
		if (!before(&merge->heap[child], &moved))
			break;
		merge->heap[at] = merge->heap[child];
	}
	merge->heap[at] = moved;
}

static void rise(struct merge *merge, unsigned at)
{
	const struct frame moved = merge->heap[at];

	for (; at && before(&moved, &merge->heap[(at - 1) / 2]); at = (at - 1) / 2)
		merge->heap[at] = merge->heap[(at - 1) / 2];
	merge->heap[at] = moved;
}

/* Puts the next frame of the reader whose frame was given in its place. */
static enum source_status replace_top(struct merge *merge, struct err *err)
{
	struct reader *reader = &merge->readers[merge->heap[0].input];
	enum source_status status = reader->next(reader, &merge->heap[0], err);

	merge->top_was_given = false;
	if (status != SOURCE_FRAME)
		merge->heap[0] = merge->heap[--merge->waiting];
	if (merge->waiting)
		sink(merge, 0);
	return status;
}

static enum source_status ask_next_reader(struct merge *merge, struct err *err)
{
	struct reader *reader = &merge->readers[merge->asked++];
	enum source_status status = reader->next(reader, &merge->heap[merge->waiting], err);

	if (status == SOURCE_FRAME)
		rise(merge, merge->waiting++);
	return status;
}

enum source_status merge_next(struct merge *merge, struct frame *frame, struct err *err)
{
	while (merge->asked < merge->count)
		if (ask_next_reader(merge, err) == SOURCE_DAMAGED)
			return SOURCE_DAMAGED;
	if (merge->top_was_given && replace_top(merge, err) == SOURCE_DAMAGED)
		return SOURCE_DAMAGED;
	if (!merge->waiting)
		return SOURCE_END;
	*frame = merge->heap[0];
	merge->top_was_given = true;
	return SOURCE_FRAME;
}
