/* even: times go on evenly while somebody sets the clock. */
#include "source/even.h"

#include "base/clock.h"
#include "tests/lib/tap.h"

#define WALL INT64_C(1795399936000000000)
#define BOOT INT64_C(777000000000)
#define YEAR (INT64_C(365) * 86400 * NS_PER_S)

static struct even even;
static int64_t clock_ns, set_ns; /* time since the start; by how much the wall clock was set */

static void tick(void)
{
	even_tick(&even, WALL + clock_ns + set_ns, BOOT + clock_ns);
}

/* A packet stamped now and read `delay_ns` later, in which the clock is set forward by `step_ns`.  What it stands for,
 * counted from the start. */
static int64_t read_packet(int64_t delay_ns, int64_t step_ns)
{
	int64_t stamp = WALL + clock_ns + set_ns;

	clock_ns += delay_ns;
	set_ns += step_ns;
	tick();
	return even_time(&even, stamp) - WALL;
}

static void begin(void)
{
	clock_ns = set_ns = 0;
	even_begin(&even, WALL, BOOT);
}

static void test_steps(void)
{
	static const int64_t steps[] = {10 * YEAR, -20 * YEAR, 10 * YEAR, NS_PER_S, -NS_PER_S, 60 * NS_PER_S};
	bool right = true;

	begin();
	for (int i = 0; i < 1000; i++) {
		int64_t stamped = clock_ns += 7 * NS_PER_MS;
		right = right && read_packet(NS_PER_MS, 0) == stamped;
	}
	tap_ok(right, "stamps of a clock that nobody sets are what they say");
	for (int i = 0; i < 600; i++) {
		set_ns -= NS_PER_S;
		int64_t stamped = clock_ns += NS_PER_S;
		right = right && read_packet(NS_PER_MS, 0) == stamped;
	}
	tap_ok(right, "a clock set back by a second each second changes nothing");
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		int64_t stamped = clock_ns += 300 * NS_PER_MS;
		right = right && read_packet(90 * NS_PER_MS, steps[i]) == stamped;
		stamped = clock_ns += 3 * NS_PER_MS;
		right = right && read_packet(90 * NS_PER_MS, 0) == stamped;
		stamped = clock_ns += 20 * NS_PER_S;
		right = right && read_packet(90 * NS_PER_MS, 0) == stamped;
	}
	tap_ok(right, "nor does one set by seconds or years, before a packet is stamped or before it is read");
}

static void test_delay(void)
{
	begin();
	/* both were read two seconds after the start, though they passed at different times */
	clock_ns = 2 * NS_PER_S;
	tick();
	tap_equal_int(even_time(&even, WALL + 10 * NS_PER_MS) - WALL, 10 * NS_PER_MS, "packets that are read late");
	tap_equal_int(
		even_time(&even, WALL + 1500 * NS_PER_MS) - WALL, 1500 * NS_PER_MS, "keep the pauses between them");
	tap_equal_int(even_settled(&even, 200 * NS_PER_MS) - WALL, 1800 * NS_PER_MS,
		"without packets time goes on, a little behind");
	tap_equal_int(even_time(&even, WALL + 1850 * NS_PER_MS) - WALL, 1850 * NS_PER_MS,
		"so that what is on its way is not late");
	tap_equal_int(even_settled(&even, 200 * NS_PER_MS) - WALL, 1850 * NS_PER_MS, "and never goes back");
}

static void test_other_clock(void)
{
	const int64_t foreign = 50 * NS_PER_S + YEAR * 200;

	begin();
	clock_ns = NS_PER_S;
	tick();
	tap_equal_int(
		even_time(&even, foreign) - WALL, NS_PER_S, "stamps of a clock of their own are taken to be of now");
	clock_ns = 2 * NS_PER_S;
	tick();
	tap_equal_int(even_time(&even, foreign + 900 * NS_PER_MS) - WALL, 1900 * NS_PER_MS, "and then by that clock");
}

int main(void)
{
	test_steps();
	test_delay();
	test_other_clock();
	return tap_end();
}
