/* Connections that are kept young: what there is when there are too many of them. */
#include "base/clock.h"
#include "tests/lib/tap.h"
#include "track/flow.h"
#include "track/tracker.h"
#include "track/young.h"

enum { HELD = 1000, SYNS = 5000 };

struct closed {
	uint64_t count, evicted, idle, segments, last_id, third, room;
	bool in_order;
};

static void take_closed(void *context, const struct flow *flow)
{
	struct closed *closed = context;

	closed->count++;
	closed->evicted += flow->end == END_EVICTED;
	closed->idle += flow->end == END_IDLE;
	closed->in_order &= flow->id > closed->last_id;
	closed->last_id = flow->id;
	closed->segments += flow->endpoint[INITIATOR].segments + flow->endpoint[RESPONDER].segments;
}

static void take_young(void *context, struct young *young)
{
	struct closed *closed = context;

	closed->third += young->step == YOUNG_THIRD;
	if (young->count > closed->room)
		closed->room = young->count;
}

/* Between port `port` of one host and port 80 of another. */
static void feed(
	struct tracker *t, uint16_t port, bool back, uint8_t ctl, uint32_t seq, uint32_t ack, uint32_t len, int64_t ms)
{
	static const uint8_t client[4] = {192, 0, 2, 1}, server[4] = {192, 0, 2, 80};
	struct addr one = addr_from_v4(client), two = addr_from_v4(server);
	struct segment s = {
		.time_ns = ms * NS_PER_MS,
		.packet = 1,
		.source = back ? two : one,
		.destination = back ? one : two,
		.source_port = back ? 80 : port,
		.destination_port = back ? port : 80,
		.ctl = ctl,
		.seq = seq,
		.ack = ack,
		.payload_len = len,
		.len = len + !!(ctl & CTL_SYN),
		.wnd = 1000,
		.ttl = 64,
		.ip_bytes = 40 + len,
		.vlan = VLAN_NONE,
	};

	tracker_advance(t, s.time_ns);
	tracker_segment(t, &s);
}

static void open_at(struct tracker *t, uint16_t port, int64_t ms)
{
	feed(t, port, false, CTL_SYN, 100, 0, 0, ms);
	feed(t, port, true, CTL_SYN | CTL_ACK, 500, 101, 0, ms);
	feed(t, port, false, CTL_ACK, 101, 501, 0, ms);
}

static struct tracker *begin(struct closed *closed, uint64_t most)
{
	*closed = (struct closed){.in_order = true};
	return tracker_new(
		&(struct tracker_options){
			.stack = stacks[STACK_LINUX], .max_connections = most, .first_id = 1, .young = take_young},
		take_closed, closed);
}

static void flood(void)
{
	struct closed closed;
	struct tracker *t = begin(&closed, HELD);

	for (uint16_t i = 0; i < SYNS; i++)
		feed(t, i, false, CTL_SYN, i, 0, 0, i);
	tap_ok(closed.count == SYNS - HELD && closed.evicted == closed.count && closed.in_order,
		"of more than may be held the oldest are given up");
	tracker_finish(t, CLOCK_NONE);
	tap_ok(closed.count == SYNS && closed.segments == SYNS && closed.in_order,
		"in the end each has its segment, in order of their ids");
	tracker_free(t);
}

static void no_room(void)
{
	struct closed closed;
	struct tracker *t = begin(&closed, 8);

	for (uint16_t i = 0; i < 8; i++)
		open_at(t, i, 0);
	tap_equal_int((long long)closed.third, 2, "one in four that may be held has room to be young and open");
	for (uint32_t i = 0; i < 40; i++)
		feed(t, 0, false, CTL_ACK, 101 + 10 * i, 501, 10, 1);
	tap_equal_int((long long)closed.room, YOUNG_SEGMENTS, "with more segments than there is room for it grows up");
	tracker_grow_up(t);
	tap_ok(!closed.count && tracker_stats(t)->open == 8, "all may grow up at once");
	tracker_finish(t, CLOCK_NONE);
	tap_ok(closed.count == 8 && closed.segments == 8 * 3 + 40 && closed.in_order, "and no segment is lost");
	tracker_free(t);
}

static void silence(void)
{
	struct closed closed;
	struct tracker *t = begin(&closed, HELD);

	feed(t, 1, false, CTL_SYN, 100, 0, 0, 0);
	open_at(t, 2, 0);
	tracker_advance(t, (int64_t)(TIMEOUT_HALF_OPEN_MS - 100) * NS_PER_MS);
	tap_equal_int((long long)closed.count, 0, "a SYN is waited for");
	tracker_advance(t, (int64_t)(TIMEOUT_HALF_OPEN_MS + 100) * NS_PER_MS);
	tap_ok(closed.count == 1 && closed.idle == 1 && tracker_stats(t)->open == 1,
		"and given up when nothing comes for long, unlike what is open");
	tracker_free(t);
}

int main(void)
{
	flood();
	no_room();
	silence();
	return tap_end();
}
