/* fuzz_tracker: bytes -> segments with times -> tracker and detectors -> records.
 *
 * Fourteen octets are one segment.  Numbers are small steps from where the sender's stream stands, so that an engine
 * finds real conversations quickly; a step may also be shifted far away.
 *
 *   who      side, which of four connections, options: 1, 2, 4 timestamps, window scale, SACK
 *   ctl      the control bits
 *   seq, ack 16 bits each: signed steps from the highest end of the sender and of its peer
 *   far      shifts of both steps, 4 bits each
 *   length   of the payload: 0 to 15 octets, times 1, 100, 1000, 4000
 *   time     mantissa 5 bits, exponent 2^(2 * 3 bits) ms; all ones: an absurd jump
 *   wnd      of the window, its high octet
 *   odd      checksum, TTL, cut, VLAN
 *   ts       val and ecr, one octet each; rest: the network */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "detect/detect.h"
#include "record/anomaly.h"
#include "record/from_flow.h"
#include "tests/fuzz/target.h"
#include "track/tracker.h"

enum { CONNECTIONS = 4, HELD = 3 }; /* one more than fits: eviction */

struct play {
	struct tracker *tracker;
	struct detect *detect;
	struct record_texts texts;
	uint64_t records, segments, found, rows;
	uint32_t end[CONNECTIONS][SIDES];
	int64_t now_ns;
};

static void observed(void *context, const struct observation *o)
{
	const struct play *play = context;

	detect_segment(play->detect, o);
}

static void young(void *context, struct young *connection)
{
	const struct play *play = context;

	detect_young(play->detect, connection);
}

static void looked(void *context, struct flow *flow, int64_t now_ns)
{
	const struct play *play = context;

	detect_look(play->detect, flow, now_ns);
}

static void take_row(void *context, const struct anomaly_record *row)
{
	struct play *play = context;
	size_t length = strlen(row->evidence);

	assert(length >= 2 && row->evidence[0] == '{' && row->evidence[length - 1] == '}');
	play->rows += row->withdrawn_ns == CLOCK_NONE;
}

static void closed(void *context, const struct flow *flow)
{
	struct play *play = context;
	struct conn_record record;
	struct timeline_step step;
	struct detect_summary found;

	detect_end(play->detect, flow, &found);
	play->found += found.count;
	detect_rows(play->detect, flow, take_row, play);
	detect_forget(play->detect, flow);

	record_from_flow(flow, &record, &play->texts);
	const char *at = record.timeline;
	int64_t last = INT64_MIN;
	while (timeline_next(&at, &step)) {
		assert(step.state < TCP_STATES);
		if (step.confirm)
			continue;
		assert(step.offset_us >= last);
		last = step.offset_us;
	}
	assert(!strcmp(at, "]") || !strcmp(at, "[]"));
	for (int side = 0; side < SIDES; side++) {
		assert(record.bytes[side] >= 0 && record.retransmitted_bytes[side] >= 0);
		assert(record.missed_bytes[side] >= 0 && record.missed_bytes[side] <= record.gap_bytes[side]);
		assert(record.repaired_bytes[side] >= 0 && record.window_closed_us[side] >= 0);
		assert(record.fast_retransmissions[side] + record.spurious_retransmissions[side] <=
			record.retransmitted_segments[side]);
		play->segments += (uint64_t)record.segments[side];
	}
	play->records++;
}

static void fill(struct segment *s, struct play *play, uint8_t who, const uint8_t octet[9], uint16_t seq, uint16_t ack)
{
	enum side side = who & 1 ? RESPONDER : INITIATOR, peer = side == INITIATOR ? RESPONDER : INITIATOR;
	unsigned connection = who >> 1 & 3;
	static const uint16_t lengths[4] = {1, 100, 1000, 4000};
	uint8_t far = octet[1], length = octet[2], odd = octet[5];

	s->source.octet[15] = (uint8_t)(1 + side);
	s->destination.octet[15] = (uint8_t)(1 + peer);
	s->source_port = (uint16_t)(side == INITIATOR ? 40000 + connection : 80);
	s->destination_port = (uint16_t)(side == INITIATOR ? 80 : 40000 + connection);
	s->ctl = octet[0];
	s->seq = play->end[connection][side] + ((uint32_t)(int32_t)(int16_t)seq << (far & 15));
	s->ack = play->end[connection][peer] + ((uint32_t)(int32_t)(int16_t)ack << (far >> 4));
	s->payload_len = (uint32_t)(length & 15) * lengths[length >> 4 & 3];
	s->len = s->payload_len + !!(s->ctl & CTL_SYN) + !!(s->ctl & CTL_FIN);
	s->wnd = (uint16_t)(octet[4] << 8);
	s->options = (uint8_t)((who & 8 ? OPTION_TIMESTAMPS : 0) | (who & 16 ? OPTION_WINDOW_SCALE : 0) |
			       (who & 32 ? OPTION_SACK_PERMITTED : 0) | (who & 64 ? OPTION_MSS : 0) |
			       (who & 128 ? OPTION_FAST_OPEN : 0));
	s->window_scale = far & 15;
	s->mss = 1460;
	s->checksum = odd & 3;
	s->cut = odd & 4;
	s->ttl = (uint8_t)(60 + (odd >> 3 & 3));
	s->vlan = odd & 32 ? 7 : VLAN_NONE;
	s->has_ip_id = odd & 64;
	s->ip_id = octet[8];
	s->ip_bytes = 40 + s->payload_len;
	s->ts_val = octet[6];
	s->ts_ecr = octet[7];
	s->network = octet[8] >> 6 == 3;
	uint32_t end = s->seq + s->len;
	if ((int32_t)(end - play->end[connection][side]) > 0)
		play->end[connection][side] = end;
}

static void advance(struct play *play, uint8_t time, uint64_t packet)
{
	int64_t step = (int64_t)(time >> 3) << 2 * (time & 7);

	if (time == 0xff)
		play->now_ns = play->now_ns > 0 ? INT64_MIN / 4 : INT64_MAX / 2;
	else
		play->now_ns = clock_plus(play->now_ns, (time & 0xf8) == 0xf8 ? -step : step * NS_PER_MS);
	tracker_advance(play->tracker, play->now_ns);
	detect_packet(play->detect, play->now_ns, packet);
}

/* Counts that few connections reach, so that what needs many of them is found as well. */
static struct limits low_limits(void)
{
	struct limits limits;

	limits_init(&limits);
	for (int i = 0; i < LIMITS; i++)
		if (!limit_kinds[i].span && limits.value[i] > 2)
			limits.value[i] = 2;
	return limits;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	struct tracker_options options = {.stack = stacks[STACK_LINUX],
		.max_connections = HELD,
		.first_id = 1,
		.observed = observed,
		.young = length % 2 ? young : NULL, /* as in files; as on interfaces */
		.looked = looked};
	struct play play = {.now_ns = 1790000000 * NS_PER_S};
	struct bytes bytes = {input, length};
	uint64_t given = 0;
	uint8_t who;
	uint16_t seq, ack;
	struct bytes rest;

	play.detect = detect_new(&(struct detect_options){low_limits(), HELD});
	play.tracker = tracker_new(&options, closed, &play);
	while (bytes_u8(&bytes, &who) && bytes_u16(&bytes, &seq) && bytes_u16(&bytes, &ack) &&
		bytes_take(&bytes, 9, &rest)) {
		struct segment s = {.time_ns = 0};
		uint8_t octet[9];

		for (int i = 0; i < 9; i++)
			bytes_u8(&rest, &octet[i]);
		fill(&s, &play, who, octet, seq, ack);
		advance(&play, octet[3], ++given);
		s.time_ns = play.now_ns;
		s.packet = given;
		tracker_segment(play.tracker, &s);
		assert(tracker_stats(play.tracker)->open <= HELD);
	}
	uint64_t connections = tracker_stats(play.tracker)->connections, late = tracker_stats(play.tracker)->late;
	tracker_finish(play.tracker, clock_plus(play.now_ns, 3600 * NS_PER_S));
	assert(play.segments + late == given && play.records == connections);
	assert(play.rows == play.found);
	detect_many(play.detect, take_row, &play);
	tracker_free(play.tracker);
	detect_free(play.detect);
	record_texts_fini(&play.texts);
	return 0;
}
