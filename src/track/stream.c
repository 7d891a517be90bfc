/* stream: see stream.h. */
#include "track/stream.h"

#include "track/seq.h"

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The in-order point: the first hole that is not acknowledged. */
static void settle(struct stream *stream)
{
	int64_t least = most(stream->acked, stream->first);

	stream->contig = stream->high;
	for (uint32_t i = 0; stream->holes && i < stream->holes->count; i++)
		if (hole_end(&stream->holes->hole[i]) > least) {
			stream->contig = most(stream->holes->hole[i].start, least);
			return;
		}
}

/* A hole for which there is no room: what it is now, it is for ever. */
static void count_given_up(struct stream *stream, const struct hole *hole)
{
	int64_t start = most(hole->start, stream->first), end = hole_end(hole);

	if (!hole->length)
		return;
	stream->overflows++;
	if (start >= end)
		return;
	int64_t open = most(start, stream->acked);
	if (open > end)
		open = end;
	stream->missed_bytes += open - start;
	stream->given_up += end - open;
}

static void add_hole(struct stream *stream, int64_t start, int64_t end, int64_t t)
{
	struct hole given_up = {.start = start, .length = (uint32_t)(end - start)};

	if (stream->holes)
		holes_add(stream->holes, start, end, t, &given_up);
	count_given_up(stream, &given_up);
}

static int64_t octets_of_holes(const struct stream *stream, int64_t start, int64_t end)
{
	return stream->holes ? holes_octets(stream->holes, start, end) : 0;
}

static int64_t fill_holes(struct stream *stream, int64_t start, int64_t end, struct hole *first)
{
	struct hole given_up;

	if (!stream->holes)
		return 0;
	int64_t filled = holes_fill(stream->holes, start, end, first, &given_up);
	count_given_up(stream, &given_up);
	return filled;
}

void stream_begin(struct stream *stream, int64_t offset, int64_t t, bool from_syn)
{
	if (!stream->known) {
		stream->known = true;
		stream->contig = stream->high = stream->first = stream->low = offset;
		stream->acked = OFFSET_NONE;
		stream->high_ns = t;
	} else if (from_syn && !stream->from_syn && offset <= stream->first) {
		if (offset < stream->low)
			add_hole(stream, offset, stream->low, t);
		stream->low = offset < stream->low ? offset : stream->low;
		stream->first = offset;
		settle(stream);
	}
	stream->from_syn |= from_syn;
}

void stream_restart(struct stream *stream)
{
	for (uint32_t i = 0; stream->holes && i < stream->holes->count; i++)
		count_given_up(stream, &stream->holes->hole[i]);
	if (stream->holes)
		stream->holes->count = 0;
	stream->known = stream->from_syn = false;
}

/* Octets below all that was seen: of a connection that was there before the capture, or captured out of order. */
static int64_t accept_below(struct stream *stream, int64_t offset, int64_t end, int64_t t)
{
	int64_t fresh = (end < stream->low ? end : stream->low) - offset;

	if (stream->from_syn || offset >= stream->low)
		return 0; /* nothing stands before the SYN */
	if (end < stream->low)
		add_hole(stream, end, stream->low, t);
	stream->low = offset;
	return fresh;
}

struct arrival stream_accept(struct stream *stream, int64_t offset, int64_t length, int64_t t)
{
	int64_t end = offset + length;

	if (stream->known && offset == stream->high) { /* nearly always */
		if (stream->contig == stream->high)
			stream->contig = end;
		stream->high = end;
		stream->high_ns = t;
		stream->fresh_bytes += length;
		return (struct arrival){.fresh = length};
	}
	stream_begin(stream, offset, t, false);
	struct arrival a = {.behind = offset < stream->high};
	struct hole hole;
	a.fresh = accept_below(stream, offset, end, t);
	a.filled = fill_holes(stream, offset, end, &hole);
	a.fresh += a.filled;
	if (a.filled)
		a.hole_age_ns = hole_age_ns(&hole, t);
	if (end > stream->high) {
		a.fresh += end - most(offset, stream->high);
		stream_passed(stream, offset, t);
		stream->high = end;
		stream->high_ns = t;
	}
	a.again = length - a.fresh;
	stream->fresh_bytes += a.fresh;
	stream->again_bytes += a.again;
	settle(stream);
	return a;
}

void stream_passed(struct stream *stream, int64_t offset, int64_t t)
{
	if (!stream->known || offset <= stream->high)
		return;
	add_hole(stream, stream->high, offset, t);
	stream->high = offset;
	stream->high_ns = t;
	settle(stream);
}

void stream_acknowledged(struct stream *stream, int64_t offset, int64_t t)
{
	if (!stream->known || offset <= stream->acked)
		return;
	stream->acked = offset;
	if (offset > stream->high)
		stream_passed(stream, offset, t);
	else if (stream->contig < offset)
		settle(stream);
}

void stream_end(struct stream *stream, int64_t offset)
{
	struct hole first;

	if (!stream->known || offset >= stream->high || offset < stream->first)
		return;
	/* numbers behind the FIN were passed over by mistake: the FIN's own place, as a rule */
	if (octets_of_holes(stream, offset, stream->high) < stream->high - offset)
		return;
	fill_holes(stream, offset, stream->high, &first);
	stream->high = offset;
	if (stream->acked > offset)
		stream->acked = offset;
	settle(stream);
}

int64_t stream_missed_bytes(const struct stream *stream)
{
	return stream->missed_bytes + octets_of_holes(stream, stream->first, stream->acked);
}

int64_t stream_gap_bytes(const struct stream *stream)
{
	return stream->missed_bytes + stream->given_up + octets_of_holes(stream, stream->first, stream->high);
}
