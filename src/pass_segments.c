/* pass_segments: see pass_segments.h. */
#include "pass_segments.h"

#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"
#include "pass.h"
#include "record/from_flow.h"
#include "source/source.h"
#include "track/flow.h"
#include "track/tracker.h"

enum {
	BEFORE_SECONDS = DECODE_FRAGMENT_SECONDS, /* the fragments of the first segment may be so much older */
	BEHIND_FRAMES = 10000,                    /* so many in a row behind the last segment: there are no more */
	FLOWS_EACH = 4,                           /* held at once, for each connection */
};

/* The ends of a connection in one order, whoever speaks: what it is found by. */
struct ends {
	uint8_t octet[36];
};

/* One that is wanted, while packets pass. */
struct wanted {
	struct ends ends;
	struct segments_of *of;
	struct unwrap unwrap[SIDES];
	uint64_t flow; /* by which id it goes here, once that is known */
	bool flow_known;
	int64_t last_packet; /* that was given, and its file */
	uint32_t last_input;
};

struct again {
	struct wanted *wanted; /* in the order of by_ends */
	size_t count;
	int64_t first_ns, last_ns; /* of all */
	seen_take *take;
};

void segments_of_record(struct segments_of *of, const struct conn_record *r, void *context)
{
	*of = (struct segments_of){
		.ip = {r->ip[INITIATOR], r->ip[RESPONDER]},
		.port = {(uint16_t)r->port[INITIATOR], (uint16_t)r->port[RESPONDER]},
		.first_ns = r->first_ns,
		.last_ns = r->last_ns,
		.isn = {r->isn[INITIATOR], r->isn[RESPONDER]},
		.context = context,
	};
}

/* --- which connection ------------------------------------------------------------------------------ */

static void put_end(uint8_t *at, const struct addr *ip, uint16_t port)
{
	memcpy(at, ip->octet, 16);
	at[16] = (uint8_t)(port >> 8);
	at[17] = (uint8_t)port;
}

static struct ends ends_of(const struct addr *a, uint16_t a_port, const struct addr *b, uint16_t b_port)
{
	int order = addr_compare(a, b);
	bool swap = order > 0 || (order == 0 && a_port > b_port);
	struct ends ends;

	put_end(ends.octet + (swap ? 18 : 0), a, a_port);
	put_end(ends.octet + (swap ? 0 : 18), b, b_port);
	return ends;
}

static int by_ends(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	int order = memcmp(x->ends.octet, y->ends.octet, sizeof x->ends.octet);

	return order ? order : (x->of->first_ns > y->of->first_ns) - (x->of->first_ns < y->of->first_ns);
}

/* The first one between the ends of the segment; NULL. */
static struct wanted *find(const struct again *again, const struct segment *s)
{
	struct ends ends = ends_of(&s->source, s->source_port, &s->destination, s->destination_port);
	size_t low = 0, high = again->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(again->wanted[middle].ends.octet, ends.octet, sizeof ends.octet) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < again->count && !memcmp(again->wanted[low].ends.octet, ends.octet, sizeof ends.octet);
	return found ? &again->wanted[low] : NULL;
}

/* The next one between the same ends; NULL. */
static struct wanted *next_of(const struct again *again, struct wanted *w)
{
	struct wanted *next = w + 1;

	return next < again->wanted + again->count && !memcmp(next->ends.octet, w->ends.octet, sizeof w->ends.octet)
		       ? next
		       : NULL;
}

static bool is_within(const struct wanted *w, int64_t t)
{
	return t >= w->of->first_ns && t <= w->of->last_ns;
}

/* --- its segments ---------------------------------------------------------------------------------- */

/* Who sent it, by the roles that the whole connection showed. */
static enum side side_of(const struct wanted *w, const struct observation *o)
{
	const struct segment *s = o->segment;

	for (int side = 0; side < SIDES; side++) {
		enum side peer = side_other((enum side)side);

		if (s->source_port == w->of->port[side] && s->destination_port == w->of->port[peer] &&
			!addr_compare(&s->source, &w->of->ip[side]) && !addr_compare(&s->destination, &w->of->ip[peer]))
			return (enum side)side;
	}
	return o->side;
}

/* A number as it is told: from the ISN, or from the first one that was seen, which is told as 1. */
static int64_t relative(struct unwrap *unwrap, uint32_t wire, bool moves)
{
	if (!unwrap->known)
		*unwrap = (struct unwrap){.wire = wire, .offset = 1, .known = true};
	int64_t offset = unwrap_offset(unwrap, wire);
	if (moves)
		unwrap_advance(unwrap, offset);
	return offset;
}

static void give(struct again *again, struct wanted *w, const struct observation *o)
{
	const struct segment *s = o->segment;
	bool moves = o->acceptable && !o->rst;
	struct seen_segment seen;

	seen_from_observation(o, &seen);
	/* a SYN that waited for its answer comes once more with the connection that it began */
	if (w->of->found && s->input == w->last_input && seen.packet <= w->last_packet)
		return;
	seen.side = side_of(w, o);
	if (!o->rst || w->unwrap[seen.side].known)
		seen.seq = relative(&w->unwrap[seen.side], s->seq, moves);
	if (o->has_ack && (!o->rst || w->unwrap[side_other(seen.side)].known))
		seen.ack = relative(&w->unwrap[side_other(seen.side)], s->ack, moves);
	w->last_packet = seen.packet;
	w->last_input = s->input;
	w->of->found++;
	again->take(w->of->context, &seen);
}

/* The same ends may be two flows at once, in two VLANs: once one has shown that it is meant, only that is. */
static void take_observed(void *context, const struct observation *o)
{
	struct again *again = context;

	for (struct wanted *w = find(again, o->segment); w; w = next_of(again, w)) {
		if (!is_within(w, o->t))
			continue;
		if (!w->flow_known && o->flow->first_ns == w->of->first_ns) {
			w->flow_known = true;
			w->flow = o->flow->id;
		}
		if (!w->flow_known || w->flow == o->flow->id)
			give(again, w, o);
	}
}

static void take_closed(void *context, const struct flow *flow)
{
	(void)context;
	(void)flow;
}

static bool is_wanted(const struct again *again, const struct segment *s)
{
	for (struct wanted *w = find(again, s); w; w = next_of(again, w))
		if (is_within(w, s->time_ns))
			return true;
	return false;
}

static void take_frame(
	const struct again *again, struct decoder *decoder, struct tracker *tracker, const struct frame *frame)
{
	struct segment segment;

	if (clock_plus(frame->time_ns, BEFORE_SECONDS * NS_PER_S) < again->first_ns ||
		decoder_frame(decoder, frame, &segment) != REASON_TCP || !is_wanted(again, &segment))
		return;
	tracker_advance(tracker, segment.time_ns);
	tracker_segment(tracker, &segment);
}

static void read_frames(struct again *again, struct source *source, struct decoder *decoder, struct tracker *tracker,
	struct err *damage)
{
	struct frame frame;
	struct err err;

	for (int behind = 0; behind < BEHIND_FRAMES;) {
		switch (source_next(source, &frame, &err)) {
		case SOURCE_FRAME:
			pass_limit_time(&frame);
			behind = frame.time_ns > again->last_ns ? behind + 1 : 0;
			take_frame(again, decoder, tracker, &frame);
			break;
		case SOURCE_DAMAGED:
			if (damage->code == ERR_NONE)
				*damage = err;
			break;
		case SOURCE_FILTERED:
			break;
		case SOURCE_IDLE:
		case SOURCE_NEWS: /* of interfaces only */
		case SOURCE_END:
			return;
		}
	}
}

static void begin(struct wanted *w, struct segments_of *of)
{
	*w = (struct wanted){
		.ends = ends_of(&of->ip[INITIATOR], of->port[INITIATOR], &of->ip[RESPONDER], of->port[RESPONDER]),
		.of = of};
	for (int side = 0; side < SIDES; side++)
		if (of->isn[side] != CLOCK_NONE)
			w->unwrap[side] = (struct unwrap){.wire = (uint32_t)of->isn[side], .known = true};
}

void pass_segments(struct source *source, struct segments_of *of, size_t count, seen_take *take, struct err *damage)
{
	struct again again = {.wanted = mem_new(count + 1, sizeof *again.wanted),
		.count = count,
		.first_ns = INT64_MAX,
		.last_ns = INT64_MIN,
		.take = take};

	damage->code = ERR_NONE;
	for (size_t i = 0; i < count; i++) {
		begin(&again.wanted[i], &of[i]);
		again.first_ns = of[i].first_ns < again.first_ns ? of[i].first_ns : again.first_ns;
		again.last_ns = of[i].last_ns > again.last_ns ? of[i].last_ns : again.last_ns;
	}
	qsort(again.wanted, count, sizeof *again.wanted, by_ends);
	struct decoder *decoder = decoder_new(true);
	struct tracker *tracker = tracker_new(
		&(struct tracker_options){
			.stack = stacks[STACK_LINUX],
			.max_connections = FLOWS_EACH * (uint64_t)(count + 1),
			.observed = take_observed,
			.first_id = 1,
		},
		take_closed, &again);
	read_frames(&again, source, decoder, tracker, damage);
	tracker_free(tracker);
	decoder_free(decoder);
	free(again.wanted);
}
