/* pass_writer: rows are made and stored by a thread of its own, while the pass goes on.
 *
 * Of each connection that is over a copy crosses through a ring; when that is full the pass waits.  So what is stored
 * is what the pass would have stored, in the same order.  Until writer_end the store is the thread's alone. */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/ring.h"
#include "detect/detect.h"
#include "pass.h"
#include "track/flow.h"

enum { RING_BYTES = 4 << 20 };

struct writer {
	struct pass *pass;
	struct ring *ring;
	pthread_t thread;
};

/* In front of the copies. */
struct parcel {
	_Alignas(max_align_t) struct flow *flow;
	struct detect_summary found;
};

static void *write_rows(void *context)
{
	struct writer *writer = context;
	const struct parcel *parcel;

	while (!writer->pass->failed && (parcel = ring_take(writer->ring)))
		pass_store_flow(writer->pass, parcel->flow, &parcel->found);
	ring_stop(writer->ring);
	return NULL;
}

struct writer *writer_begin(struct pass *pass)
{
	struct writer *writer = mem_new(1, sizeof *writer);

	writer->pass = pass;
	writer->ring = ring_new(RING_BYTES);
	if (!pthread_create(&writer->thread, NULL, write_rows, writer))
		return writer;
	ring_free(writer->ring);
	free(writer);
	return NULL;
}

static size_t aligned(size_t bytes)
{
	return (bytes + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
}

void writer_take(struct writer *writer, const struct flow *flow, const struct detect_summary *found)
{
	size_t flow_bytes = aligned(flow_copy_bytes(flow));
	struct parcel *parcel = ring_room(writer->ring, sizeof *parcel + flow_bytes + detect_copy_bytes(flow));

	if (!parcel)
		return; /* it failed, and the pass is about to notice */
	char *room = (char *)(parcel + 1);
	parcel->found = *found;
	parcel->flow = flow_copy(flow, room);
	detect_copy(flow, parcel->flow, room + flow_bytes);
	ring_put(writer->ring);
}

void writer_end(struct writer *writer)
{
	if (!writer)
		return;
	ring_end(writer->ring);
	pthread_join(writer->thread, NULL);
	ring_free(writer->ring);
	free(writer);
}
