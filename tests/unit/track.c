/* The small parts of track/: sequence numbers, ranges, the timer wheel. */
#include "tests/lib/tap.h"
#include "track/hosts.h"
#include "track/ranges.h"
#include "track/seq.h"
#include "track/stack.h"
#include "track/wheel.h"

#include "base/clock.h"

static void sequence_numbers(void)
{
	struct unwrap u = {0};

	tap_ok(seq_distance(1, 0xffffffff) == 2 && seq_distance(0xffffffff, 1) == -2,
		"distance is the nearer way round 2^32");
	unwrap_offset(&u, 0xfffffff0);
	tap_equal_int(unwrap_offset(&u, 0x10), 0x20, "offsets go on through the wrap");
	unwrap_advance(&u, 0x20);
	tap_equal_int(unwrap_offset(&u, 0xfffffff0), 0, "a number from before the wrap has its old offset");
	for (int i = 0; i < 8; i++) /* 8 x 1 GiB: twice round */
		unwrap_advance(&u, unwrap_offset(&u, u.wire + (1u << 30)));
	tap_equal_int(u.offset, 0x20 + (INT64_C(8) << 30), "offsets do not wrap");
	tap_equal_int(unwrap_wire(&u, u.offset), 0x10, "and map back to the wire");
}

static bool set_is(const struct ranges *r, const char *wanted)
{
	char got[200] = "", one[40];

	for (uint32_t i = 0; i < r->count; i++) {
		snprintf(one, sizeof one, "%s%lld-%lld", i ? " " : "", (long long)r->range[i].start,
			(long long)r->range[i].end);
		strncat(got, one, sizeof got - strlen(got) - 1);
	}
	if (!strcmp(got, wanted))
		return true;
	printf("# got %s, wanted %s\n", got, wanted);
	return false;
}

static void range_sets(void)
{
	struct ranges r = {0};
	int64_t swallowed = 0;

	tap_ok(ranges_add(&r, 10, 20, &swallowed) == 10 && set_is(&r, "10-20"), "the first range");
	tap_ok(ranges_add(&r, 10, 20, &swallowed) == 0 && set_is(&r, "10-20"), "the same again adds nothing");
	tap_ok(ranges_add(&r, 30, 40, &swallowed) == 10 && set_is(&r, "10-20 30-40"), "one behind a hole");
	tap_ok(ranges_add(&r, 20, 25, &swallowed) == 5 && set_is(&r, "10-25 30-40"), "neighbours join");
	tap_ok(ranges_add(&r, 5, 35, &swallowed) == 10 && set_is(&r, "5-40"),
		"an overlap counts what is new, and joins all it touches");
	tap_equal_int(ranges_covered(&r, 0, 10), 5, "covered counts the common octets");
	tap_equal_int(ranges_drop_below(&r, 7), 40, "the front moves to the end of the range that held it");
	tap_ok(set_is(&r, ""), "and the range is gone");
	tap_ok(ranges_add(&r, 9, 9, &swallowed) == 0 && !r.count, "an empty range is no range");
	for (int i = 0; i < RANGES_MAX; i++)
		ranges_add(&r, i * 10, i * 10 + 5 + (i == 2), &swallowed);
	ranges_add(&r, 1000, 1001, &swallowed);
	tap_ok(r.count == RANGES_MAX && swallowed == 4 && ranges_covered(&r, 20, 40) == 15,
		"one too many joins the nearest two, and tells the hole between them");
}

struct entry {
	struct wheel_timer timer;
	int64_t due;
};

static void timers(void)
{
	enum { COUNT = 500 };
	struct wheel wheel;
	struct wheel_timer *timer;
	static struct entry entries[COUNT];
	const int64_t start = INT64_C(1700000000) * NS_PER_S, tick = INT64_C(1) << WHEEL_TICK_SHIFT;
	uint64_t random = 42;
	int fired = 0, early = 0, late = 0;

	wheel_init(&wheel);
	wheel_next_due(&wheel, start);
	for (int i = 0; i < COUNT; i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		entries[i].due = start + (int64_t)(random >> 24 >> (random & 31)); /* all magnitudes: ns to years */
		wheel_timer_init(&entries[i].timer);
		wheel_set(&wheel, &entries[i].timer, entries[i].due);
	}
	int64_t now = start, before = start;
	for (int step = 0; step < 64 * 40; step++) {
		before = now;
		now += step % 40 == 39 ? INT64_C(1) << (step / 40 < 52 ? step / 40 : 52)
				       : 1 + (INT64_C(1) << step / 64);
		while ((timer = wheel_next_due(&wheel, now))) {
			struct entry *e = LIST_ITEM(timer, struct entry, timer);

			fired++;
			early += e->due > now + tick;
			late += e->due < before - tick && e->due > start;
		}
	}
	while (wheel_next_due(&wheel, INT64_MAX))
		fired++;
	tap_equal_int(fired, COUNT, "every timer fires, however the clock jumps");
	tap_ok(!early && !late, "within a tick of its time: %d early, %d late", early, late);

	wheel_set(&wheel, &entries[0].timer, INT64_MAX);
	wheel_cancel(&wheel, &entries[0].timer);
	tap_ok(!wheel_next_due(&wheel, INT64_MAX), "a cancelled timer does not fire");

	wheel_init(&wheel);
	wheel_next_due(&wheel, INT64_MIN + 1);
	wheel_set(&wheel, &entries[0].timer, -5 * NS_PER_S);
	wheel_set(&wheel, &entries[1].timer, INT64_MAX);
	tap_ok(!wheel_next_due(&wheel, -6 * NS_PER_S) && wheel_next_due(&wheel, 0) == &entries[0].timer &&
			!wheel_next_due(&wheel, 0),
		"times before 1970 and at the end of time have their place");
}

/* --- what hosts show of their TIME-WAIT ----------------------------------------------------------- */

static bool lasts(const struct hosts *hosts, const struct addr *ip, int64_t seconds, bool learned)
{
	bool is_learned;

	return hosts_time_wait(hosts, ip, 60 * NS_PER_S, &is_learned) == seconds * NS_PER_S && is_learned == learned;
}

static void hosts_shown(void)
{
	enum { CAPACITY = 16 };
	struct hosts *hosts = hosts_new(CAPACITY);
	struct addr ip[CAPACITY + 1];

	for (uint8_t i = 0; i <= CAPACITY; i++)
		ip[i] = addr_from_v4((const uint8_t[4]){192, 0, 2, i});
	tap_ok(lasts(hosts, &ip[0], 60, false), "a host that has shown nothing is as its stack");
	hosts_time_wait_lasted(hosts, &ip[0], 30 * NS_PER_S);
	hosts_time_wait_over(hosts, &ip[0], 90 * NS_PER_S);
	tap_ok(lasts(hosts, &ip[0], 60, false), "what fits the stack teaches nothing");
	hosts_time_wait_over(hosts, &ip[0], 45 * NS_PER_S);
	tap_ok(lasts(hosts, &ip[0], 45, true), "over before its time: shorter");
	hosts_time_wait_lasted(hosts, &ip[0], 100 * NS_PER_S);
	tap_ok(lasts(hosts, &ip[0], 100, true), "the newest of two that contradict each other counts");
	hosts_time_wait_over(hosts, &ip[0], 20 * NS_PER_S);
	tap_ok(lasts(hosts, &ip[0], 20, true), "in both directions");
	for (int i = 1; i <= CAPACITY; i++)
		hosts_time_wait_over(hosts, &ip[i], i * NS_PER_S);
	tap_ok(lasts(hosts, &ip[0], 60, false) && lasts(hosts, &ip[1], 1, true) &&
			lasts(hosts, &ip[CAPACITY], 16, true),
		"the one heard of longest ago is forgotten first");
	hosts_free(hosts);

	tap_ok(stack_find("Linux") == &stacks[STACK_LINUX] && !stack_find("linu") && !stack_find(""),
		"a profile is found by its whole name");
	struct stack stack = stack_with_msl(&stacks[STACK_RFC], 15 * NS_PER_S);
	tap_ok(stack.time_wait_ns == 30 * NS_PER_S && stack.least_timeout_ns == NS_PER_S,
		"another MSL changes nothing but TIME-WAIT");
}

int main(void)
{
	hosts_shown();
	sequence_numbers();
	range_sets();
	timers();
	return tap_end();
}
