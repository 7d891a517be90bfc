/* salad: hostile bytes.  Whatever comes in, decoding and tracking end, within their bounds, and say only what can be.
 *
 * Frames are random, or frames of a random conversation with bytes changed, cut, or lengths that lie. */
#include <stdlib.h>

#include "base/clock.h"
#include "decode/decode.h"
#include "record/from_flow.h"
#include "tests/lib/tap.h"
#include "tests/property/talk.h"
#include "track/tracker.h"

enum { ROUNDS = 1500, FRAMES = 60, MOST_CONNECTIONS = 40 };

struct watch {
	struct record_texts texts;
	uint64_t records, last_id, segments;
	bool legal, counted;
};

/* The timeline reads back to its end, in order of time, with states of the eleven. */
static bool timeline_is_legal(const char *timeline)
{
	struct timeline_step step;
	int64_t last = INT64_MIN;

	while (timeline_next(&timeline, &step)) {
		if (!step.confirm && step.offset_us < last)
			return false;
		if (!step.confirm)
			last = step.offset_us;
	}
	return !strcmp(timeline, "]") || !strcmp(timeline, "[]");
}

static void closed(void *context, const struct flow *flow)
{
	struct watch *w = context;
	struct conn_record record;

	record_from_flow(flow, &record, &w->texts);
	w->records++;
	w->legal = w->legal && timeline_is_legal(record.timeline) && outcome_from_word(record.outcome) != OUTCOMES;
	for (int side = 0; side < SIDES; side++) {
		w->legal = w->legal && (!record.state[side] || state_from_word(record.state[side]) != TCP_UNKNOWN) &&
			   record.bytes[side] >= 0 && record.missed_bytes[side] >= 0 &&
			   record.gap_bytes[side] >= record.missed_bytes[side] && record.segments[side] >= 0 &&
			   record.fast_retransmissions[side] + record.spurious_retransmissions[side] <=
				   record.retransmitted_segments[side];
		w->segments += (uint64_t)record.segments[side];
	}
	w->legal = w->legal && record.duration_us >= 0;
}

/* Changes a few bytes of the frame, or its length. */
static void spoil(struct wrap *w, uint64_t *random)
{
	size_t length = w->end - w->at;

	for (uint32_t changes = talk_random(random, 4); changes; changes--)
		w->room[w->at + talk_random(random, (uint32_t)length)] = (uint8_t)talk_random(random, 256);
	if (!talk_random(random, 4))
		w->end = w->at + talk_random(random, (uint32_t)length + 1);
}

static void scatter(struct wrap *w, uint64_t *random)
{
	w->at = WRAP_HEADROOM;
	w->end = w->at + talk_random(random, 400);
	for (size_t i = w->at; i < w->end; i++)
		w->room[i] = (uint8_t)talk_random(random, 256);
}

static void feed(struct decoder *decoder, struct tracker *tracker, struct watch *watch, const struct frame *frame)
{
	struct segment segment;
	enum decode_reason reason = decoder_frame(decoder, frame, &segment);

	watch->counted = watch->counted && reason < REASONS && decode_reason_bucket(reason) < BUCKETS;
	tracker_advance(tracker, frame->time_ns);
	if (reason == REASON_TCP)
		tracker_segment(tracker, &segment);
}

/* One salad.  False when something was said that cannot be. */
static bool toss(uint64_t seed, struct wrap *w, struct watch *watch)
{
	struct tracker_options options = {
		.stack = stacks[STACK_LINUX], .max_connections = MOST_CONNECTIONS, .first_id = 1};
	struct tracker *tracker = tracker_new(&options, closed, watch);
	struct decoder *decoder = decoder_new(seed % 2);
	uint64_t random = seed, links = 0;
	struct talk talk;

	while (wrap_links[links].name)
		links++;
	talk_make(&talk, seed);
	for (uint32_t i = 0; i < FRAMES; i++) {
		const struct wrap_link *link = &wrap_links[talk_random(&random, (uint32_t)links)];
		struct segment s =
			talk.scenario.steps[talk_random(&random, (uint32_t)talk.scenario.step_count)].segment;

		if (!talk_random(&random, 3))
			s.source_port = (uint16_t)talk_random(&random, 65536);
		if (!talk_random(&random, 3))
			s.ctl = (uint8_t)talk_random(&random, 256);
		if (talk_random(&random, 5))
			wrap_segment(w, link, &s);
		else
			scatter(w, &random);
		if (talk_random(&random, 2) && w->end > w->at)
			spoil(w, &random);
		/* times jump, also backwards, also absurdly */
		int64_t time_ns = talk_random(&random, 20) ? s.time_ns : (int64_t)(random << 1) / 2;
		uint32_t captured = (uint32_t)(w->end - w->at);
		uint8_t *exact = mem_new(captured + 1, 1); /* so that a sanitizer sees the byte behind the end */
		memcpy(exact, w->room + w->at, captured);
		struct frame frame = {.bytes = exact,
			.captured = captured,
			.length = captured + (talk_random(&random, 3) ? 0 : talk_random(&random, 2000)),
			.time_ns = time_ns,
			.number = i + 1,
			.link_type = link->link_type};
		feed(decoder, tracker, watch, &frame);
		free(exact);
	}
	uint64_t segments = tracker_stats(tracker)->segments, connections = tracker_stats(tracker)->connections;
	watch->counted = watch->counted && tracker_stats(tracker)->open <= MOST_CONNECTIONS;
	tracker_finish(tracker, seed % 3 ? CLOCK_NONE : INT64_MAX);
	watch->counted = watch->counted && watch->segments == segments && watch->records == connections;
	tracker_free(tracker);
	decoder_free(decoder);
	talk_fini(&talk);
	return watch->legal && watch->counted;
}

int main(int argc, char **argv)
{
	struct wrap *w = mem_new(1, sizeof *w);
	uint64_t illegal = 0, uncounted = 0, first = 1, last = ROUNDS;

	if (argc > 1)
		first = last = strtoull(argv[1], NULL, 10);
	for (uint64_t seed = first; seed <= last; seed++) {
		struct watch watch = {.legal = true, .counted = true};

		toss(seed, w, &watch);
		illegal = !watch.legal && !illegal ? seed : illegal;
		uncounted = !watch.counted && !uncounted ? seed : uncounted;
		record_texts_fini(&watch.texts);
	}
	free(w);
	if (!tap_ok(!illegal, "hostile bytes leave only states, outcomes and timelines that can be"))
		printf("# seed %llu\n", (unsigned long long)illegal);
	if (!tap_ok(!uncounted,
		    "every frame has one reason, every segment one connection, every connection one record"))
		printf("# seed %llu\n", (unsigned long long)uncounted);
	return tap_end();
}
