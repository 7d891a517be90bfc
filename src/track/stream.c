/* stream: see stream.h. */
#include "track/stream.h"

void stream_begin(struct stream *stream, int64_t offset, int64_t t)
{
	if (stream->known)
		return;
	stream->known = true;
	stream->contig = stream->high = offset;
	stream->high_ns = t;
}

enum stream_kind stream_accept(struct stream *stream, int64_t offset, int64_t length, int64_t t, int64_t reorder_ns)
{
	int64_t end = offset + length, start = offset, swallowed = 0;
	enum stream_kind kind;

	stream_begin(stream, offset, t);
	bool behind = offset < stream->high;
	if (start < stream->contig)
		start = stream->contig;
	int64_t fresh = start < end ? ranges_add(&stream->above, start, end, &swallowed) : 0;
	stream->contig = ranges_drop_below(&stream->above, stream->contig);
	stream->gap_bytes += swallowed;
	stream->fresh_bytes += fresh;
	stream->again_bytes += length - fresh;
	if (!behind)
		kind = STREAM_NEW;
	else if (fresh == length && t - stream->high_ns < reorder_ns)
		kind = STREAM_OUT_OF_ORDER;
	else
		kind = STREAM_RETRANSMITTED;
	if (end > stream->high) {
		stream->high = end;
		stream->high_ns = t;
	}
	return kind;
}

void stream_acknowledged(struct stream *stream, int64_t offset)
{
	if (!stream->known || offset <= stream->contig)
		return;
	stream->gap_bytes += offset - stream->contig - ranges_covered(&stream->above, stream->contig, offset);
	stream->contig = ranges_drop_below(&stream->above, offset);
	if (stream->high < offset)
		stream->high = offset;
}
