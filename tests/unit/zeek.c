/* zeek: what the scenarios of tests/scenario/zeek cannot show: bounds, and a row that goes over to another flow. */
#include "track/zeek.h"

#include "base/clock.h"
#include "tests/lib/tap.h"

static const struct addr host = {{[15] = 1}}, peer = {{[15] = 2}};

static void send(struct zeek *z, struct zeek_room *room, bool back, int64_t at_ns, uint8_t ctl, uint32_t seq,
	uint32_t ack, uint32_t length)
{
	struct segment s = {.time_ns = at_ns,
		.source = back ? peer : host,
		.destination = back ? host : peer,
		.source_port = back ? 4999 : 40000,
		.destination_port = back ? 40000 : 4999,
		.seq = seq,
		.ack = ack,
		.payload_len = length,
		.len = length + !!(ctl & CTL_SYN) + !!(ctl & CTL_FIN),
		.wnd = 1000,
		.ctl = ctl,
		.ip_bytes = 40 + length};

	zeek_segment(z, &s, at_ns, room);
}

static void shake_hands(struct zeek *z, struct zeek_room *room, int64_t at_ns)
{
	send(z, room, false, at_ns, CTL_SYN, 100, 0, 0);
	send(z, room, true, at_ns, CTL_SYN | CTL_ACK, 500, 101, 0);
	send(z, room, false, at_ns, CTL_ACK, 101, 501, 0);
}

static int count_rows(const struct zeek *z)
{
	const struct zeek_row *row = z->newest;
	int count = 0;

	for (; row; row = row->next == z->newest ? NULL : row->next)
		count++;
	return count;
}

static void test_history_has_an_end(void)
{
	struct zeek_room room;
	struct zeek z = {0};
	struct zeek_row row;

	zeek_room_init(&room, 0);
	shake_hands(&z, &room, 0);
	for (uint32_t i = 0; i < 100; i++)
		send(&z, &room, false, i, CTL_RST, 1000 + i, 0, 0);
	zeek_current(&z, &row);
	tap_equal_int((long long)strlen(row.history), ZEEK_HISTORY, "a history has an end");
	tap_equal_int(row.packets[0], 102, "what has no letter is counted all the same");
	zeek_fini(&z, &room);
	tap_equal_int((long long)(room.rows.taken + room.ranges.taken), 0, "everything is given back");
	zeek_room_fini(&room);
}

static void test_rows_are_bounded(void)
{
	struct zeek_room room;
	struct zeek z = {0};
	struct zeek_row row;
	int ordered = 0;

	zeek_room_init(&room, 0);
	for (int64_t i = 0; i < 100; i++)
		send(&z, &room, false, i * 10 * NS_PER_S, CTL_SYN, 100, 0, 0);
	tap_equal_int(count_rows(&z), 64, "rows that are over are kept as long as there is room");
	for (const struct zeek_row *at = z.newest->next; at != z.newest; at = at->next)
		ordered += at->start_ns < at->next->start_ns;
	tap_equal_int(ordered, 63, "in order of time, from the oldest");
	tap_ok(zeek_current(&z, &row) && row.start_ns == 990 * NS_PER_S, "the row that has begun is not among them");
	zeek_fini(&z, &room);
	tap_equal_int((long long)room.rows.taken, 0, "all of them are given back");
	zeek_room_fini(&room);
}

static void test_row_goes_on_elsewhere(void)
{
	struct zeek_room room;
	struct zeek first = {0}, second;
	struct zeek_row row;

	zeek_room_init(&room, 0);
	send(&first, &room, false, 0, CTL_SYN, 7, 0, 0);
	shake_hands(&first, &room, 10 * NS_PER_S);
	send(&first, &room, false, 10 * NS_PER_S, CTL_ACK, 201, 501, 100); /* behind a hole */
	second = zeek_leave(&first);
	tap_ok(first.left && count_rows(&first) == 1 && !second.newest, "what is over stays, what has begun leaves");
	zeek_fini(&first, &room);
	send(&second, &room, true, 11 * NS_PER_S, CTL_ACK, 501, 301, 0);
	tap_ok(zeek_current(&second, &row) && row.missed == 100 && row.bytes[0] == 200,
		"and goes on with all it had seen");
	zeek_fini(&second, &room);
	tap_equal_int((long long)(room.rows.taken + room.ranges.taken), 0, "nothing is given back twice or never");
	zeek_room_fini(&room);
}

/* Numbers near 2^32, and more octets than 32 bits can count. */
static void test_numbers_wrap(void)
{
	struct zeek_room room;
	struct zeek z = {0};
	struct zeek_row row;
	const uint32_t step = 1u << 20;
	uint32_t seq = UINT32_MAX;

	zeek_room_init(&room, 0);
	send(&z, &room, false, 0, CTL_SYN, seq, 0, 0);
	send(&z, &room, true, 0, CTL_SYN | CTL_ACK, 500, seq + 1, 0);
	seq++;
	for (int i = 0; i < 5000; i++, seq += step) {
		send(&z, &room, false, i, CTL_ACK, seq, 501, step);
		send(&z, &room, true, i, CTL_ACK, 501, seq + step, 0);
	}
	zeek_current(&z, &row);
	tap_ok(row.bytes[0] == INT64_C(5000) * step && !row.missed, "octets are counted beyond 32 bits");
	tap_equal_text(row.history, "ShDa", "and none of them is taken for a repeat");
	zeek_fini(&z, &room);
	zeek_room_fini(&room);
}

int main(void)
{
	test_history_has_an_end();
	test_rows_are_bounded();
	test_row_goes_on_elsewhere();
	test_numbers_wrap();
	return tap_end();
}
