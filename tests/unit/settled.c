/* Many connections: the table that finds them, and what is kept of those that are over when there are too many. */
#include "base/clock.h"
#include "tests/lib/tap.h"
#include "track/flow.h"
#include "track/tracker.h"

enum { MANY = 60000, PORT = 40000 };

struct closed {
	int count, over, superseded;
	bool followed, by_sender; /* the last one: after another, whose TIME-WAIT was that of who opens now */
	uint64_t segments;
};

static void take_closed(void *context, const struct flow *flow)
{
	struct closed *closed = context;

	closed->count++;
	closed->over += flow->end == END_OVER;
	closed->superseded += flow->end == END_SUPERSEDED;
	closed->followed = flow->before.seen;
	closed->by_sender = flow->before.by_sender;
	closed->segments += flow->endpoint[INITIATOR].segments + flow->endpoint[RESPONDER].segments;
}

/* A segment between port `port` of one host and port 80 of another. */
static struct segment segment_of(uint32_t port, bool back, uint8_t ctl, uint32_t seq, uint32_t ack, int64_t ms)
{
	static const uint8_t client[4] = {192, 0, 2, 1}, server[4] = {192, 0, 2, 80};
	struct addr one = addr_from_v4(client), two = addr_from_v4(server);

	one.octet[14] = (uint8_t)(port >> 16 & 0xffu);
	return (struct segment){
		.time_ns = ms * NS_PER_MS,
		.packet = 1,
		.source = back ? two : one,
		.destination = back ? one : two,
		.source_port = (uint16_t)(back ? 80u : port),
		.destination_port = (uint16_t)(back ? port : 80u),
		.ctl = ctl,
		.seq = seq,
		.ack = ack,
		.len = !!(ctl & CTL_SYN) + !!(ctl & CTL_FIN),
		.wnd = 1000,
		.ttl = 64,
		.ip_bytes = 40,
		.vlan = VLAN_NONE,
	};
}

static void feed(struct tracker *t, uint32_t port, bool back, uint8_t ctl, uint32_t seq, uint32_t ack, int64_t ms)
{
	struct segment s = segment_of(port, back, ctl, seq, ack, ms);

	tracker_advance(t, s.time_ns);
	tracker_segment(t, &s);
}

/* Opened, and closed by the one at `port`: seven segments, 10 ms. */
static void live(struct tracker *t, uint32_t port, uint32_t isn, int64_t ms)
{
	feed(t, port, false, CTL_SYN, isn, 0, ms);
	feed(t, port, true, CTL_SYN | CTL_ACK, 500, isn + 1, ms + 1);
	feed(t, port, false, CTL_ACK, isn + 1, 501, ms + 2);
	feed(t, port, false, CTL_FIN | CTL_ACK, isn + 1, 501, ms + 3);
	feed(t, port, true, CTL_ACK, 501, isn + 2, ms + 4);
	feed(t, port, true, CTL_FIN | CTL_ACK, 501, isn + 2, ms + 5);
	feed(t, port, false, CTL_ACK, isn + 2, 502, ms + 6);
}

static struct tracker *begin(struct closed *closed, uint64_t most_done)
{
	*closed = (struct closed){.count = 0};
	return tracker_new(&(struct tracker_options){.stack = stacks[STACK_LINUX],
				   .max_connections = 2 * MANY,
				   .first_id = 1,
				   .most_done = most_done},
		take_closed, closed);
}

static void many_flows(void)
{
	struct closed closed;
	struct tracker *t = begin(&closed, 0);

	for (uint32_t i = 0; i < MANY; i++)
		feed(t, i, false, CTL_SYN, i, 0, 1);
	for (uint32_t i = 0; i < MANY; i += 2)
		feed(t, i, true, CTL_RST | CTL_ACK, 0, i + 1, 2);
	for (uint32_t i = 1; i < MANY; i += 2)
		feed(t, i, false, CTL_SYN, i, 0, 1000);
	tap_equal_int((long long)tracker_stats(t)->connections, MANY, "each of 60,000 flows is found again");
	tracker_finish(t, CLOCK_NONE);
	tap_ok(closed.count == MANY && closed.segments == 2 * MANY, "and each has its two segments");
	tracker_free(t);
}

static void late_segments(void)
{
	struct closed closed;
	struct tracker *t = begin(&closed, 1);

	live(t, PORT, 1000, 0);
	live(t, PORT + 1, 1000, 10);
	tap_ok(closed.count == 1 && closed.over == 1, "of two that are over one is held whole");
	feed(t, PORT, true, CTL_FIN | CTL_ACK, 501, 1002, 300);
	feed(t, PORT, false, CTL_ACK, 1002, 502, 301);
	feed(t, PORT, false, CTL_RST, 1002, 0, 302);
	feed(t, PORT, false, CTL_SYN, 1000, 0, 303);
	tap_ok(tracker_stats(t)->late == 4 && tracker_stats(t)->connections == 2,
		"what comes late of the other is counted, and begins no connection");
	feed(t, PORT + 1, true, CTL_FIN | CTL_ACK, 501, 1002, 310);
	tap_equal_int((long long)tracker_stats(t)->late, 4, "the one that is held takes its own in");
	tracker_finish(t, CLOCK_NONE);
	tap_ok(closed.count == 2 && closed.segments == 15, "no segment is in two connections");
	tracker_free(t);
}

static void next_connections(void)
{
	struct closed closed;
	struct tracker *t = begin(&closed, 1);

	live(t, PORT, 1000, 0);
	live(t, PORT + 1, 1000, 10);
	feed(t, PORT, false, CTL_SYN, 900000, 0, 400);
	tap_equal_int((long long)tracker_stats(t)->connections, 3, "a SYN with another number begins a connection");
	tracker_finish(t, CLOCK_NONE);
	tap_ok(closed.count == 3 && closed.followed && closed.by_sender,
		"which knows of the one before it, and whose TIME-WAIT that left");
	tracker_free(t);

	t = begin(&closed, 1);
	live(t, PORT, 1000, 0);
	live(t, PORT + 1, 1000, 10);
	feed(t, PORT, true, CTL_ACK | CTL_PSH, 700000, 800000, 400);
	tap_equal_int((long long)tracker_stats(t)->connections, 3, "so do numbers beyond all of the old one");
	tracker_finish(t, CLOCK_NONE);
	tracker_free(t);

	t = begin(&closed, 1);
	live(t, PORT, 1000, 0);
	live(t, PORT + 1, 1000, 10);
	feed(t, PORT, true, CTL_FIN | CTL_ACK, 501, 1002, 1000000);
	tap_equal_int((long long)tracker_stats(t)->connections, 3, "after minutes it is forgotten");
	tracker_finish(t, CLOCK_NONE);
	tracker_free(t);
}

int main(void)
{
	many_flows();
	late_segments();
	next_connections();
	return tap_end();
}
