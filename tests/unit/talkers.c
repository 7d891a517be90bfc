/* talkers, sketch: tables and counts of many addresses, which nobody can make grow or forget at will. */
#include <stdlib.h>

#include "detect/sketch.h"
#include "detect/talkers.h"
#include "tests/lib/tap.h"

struct entry {
	struct talker talker;
	int value;
};

static struct talker_key key_of(uint32_t number)
{
	struct talker_key key = {.port = 80};

	memcpy(key.a.octet, &number, sizeof number);
	return key;
}

static struct entry *take(struct talkers *t, uint32_t number)
{
	struct talker_key key = key_of(number);

	return talkers_take(t, &key);
}

static struct entry *find(struct talkers *t, uint32_t number)
{
	struct talker_key key = key_of(number);

	return talkers_find(t, &key);
}

static void test_entries(void)
{
	struct talkers t;

	talkers_init(&t, sizeof(struct entry), 4);
	tap_ok(!find(&t, 1), "an empty table has nothing");
	take(&t, 1)->value = 11;
	take(&t, 2)->value = 22;
	tap_ok(find(&t, 1) && find(&t, 1)->value == 11 && find(&t, 2)->value == 22, "what was put in is found");
	tap_ok(!find(&t, 3), "and nothing else");
	take(&t, 3);
	take(&t, 4);
	take(&t, 1);
	take(&t, 5);
	tap_ok(!find(&t, 2) && find(&t, 1) && find(&t, 5), "who was touched longest ago gives room");
	tap_ok(!talkers_overflowed(&t), "newcomers that go are no loss");
	talkers_fini(&t);
}

static void test_priority(void)
{
	struct talkers t;

	talkers_init(&t, sizeof(struct entry), 4);
	talkers_hold(&take(&t, 1)->talker);
	talkers_keep(&t, &take(&t, 2)->talker);
	for (uint32_t n = 100; n < 10000; n++)
		take(&t, n);
	tap_ok(find(&t, 1) && find(&t, 2), "a flood of newcomers throws out newcomers alone");
	tap_ok(t.pool.taken == 4, "the table does not grow");
	talkers_keep(&t, &take(&t, 3)->talker);
	talkers_keep(&t, &take(&t, 4)->talker);
	take(&t, 5);
	tap_ok(!find(&t, 2) && talkers_overflowed(&t), "a kept one that must go is counted");
	for (uint32_t n = 3; n < 6; n++)
		talkers_hold(&take(&t, n)->talker);
	tap_ok(!take(&t, 6) && t.refused == 1, "while all are in use, there is no room, which is counted");
	talkers_release(&t, &find(&t, 4)->talker);
	tap_ok(take(&t, 6) && !find(&t, 4), "who is not used any more gives room");
	talkers_fini(&t);
}

static void test_marks(void)
{
	struct talkers t;
	struct entry *entry;
	int order = 0;

	talkers_init(&t, sizeof(struct entry), 4);
	for (uint32_t n = 1; n <= 4; n++) {
		entry = take(&t, n);
		entry->value = (int)n;
		talkers_mark(&t, &entry->talker);
		talkers_mark(&t, &entry->talker);
	}
	take(&t, 5); /* 1 goes, though it is marked */
	while ((entry = talkers_next_dirty(&t)))
		order = order * 10 + entry->value;
	tap_equal_int(order, 234, "each that was marked comes once, in order, unless it is gone");
	talkers_fini(&t);
}

/* Which entries are left after some traffic, as a number. */
static uint64_t survivors(void)
{
	struct talkers t;
	uint64_t left = 0;
	uint32_t n = 1;

	talkers_init(&t, sizeof(struct entry), 64);
	for (int i = 0; i < 5000; i++) {
		n = n * 1103515245 + 12345;
		struct entry *entry = take(&t, n >> 16 & 255);
		if (!(n >> 24 & 15))
			talkers_keep(&t, &entry->talker);
	}
	for (uint32_t i = 0; i < 256; i++)
		left = left * 31 + (find(&t, i) != NULL);
	talkers_fini(&t);
	return left;
}

/* Fills a sketch with so many things of two octets, some of them several times. */
static struct sketch fill(uint32_t first, uint32_t count)
{
	struct sketch sketch = {0};

	for (uint32_t i = 0; i < count; i++) {
		struct talker_key key = key_of(first + i);

		sketch_add(&sketch, &key.a, 0);
		if (i % 3 == 0)
			sketch_add(&sketch, &key.a, 0);
	}
	return sketch;
}

static void test_sketch(void)
{
	static const uint32_t counts[] = {1, 25, 100, 400, 1000, 5000, 100000, 2000000};
	struct sketch empty = {0};
	int error, bad = 0, above = 0;

	tap_equal_int(sketch_count(&empty, &error), 0, "an empty sketch has seen nothing");
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		for (uint32_t seed = 1; seed <= 20; seed++) {
			struct sketch sketch = fill(seed * 10000000, counts[i]);
			uint32_t count = sketch_count(&sketch, &error);
			double off = ((double)count - counts[i]) / counts[i] * 100;

			bad += (off < 0 ? -off : off) > 3.5 * error + 2;
			above += sketch_least(&sketch) > counts[i];
		}
	tap_ok(bad <= 1, "counts from 1 to 2,000,000 are right within what is said of the error");
	if (bad > 1)
		printf("# %d of 160 are not\n", bad);
	tap_equal_int(above, 0, "what there is at least is never too many");
	struct sketch a = fill(1, 300), b = fill(151, 300), c = fill(1, 450);
	sketch_join(&a, &b);
	tap_ok(!memcmp(&a, &c, sizeof a), "two sketches together are the sketch of all");
	a = fill(7, 30);
	tap_ok(sketch_reaches(&a, 20) && !sketch_reaches(&a, 31),
		"a small threshold is reached by what is there at least");
	a = fill(7, 5000);
	tap_ok(sketch_reaches(&a, 2000) && !sketch_reaches(&a, 9000), "a large one by the estimate, less its error");
}

int main(void)
{
	test_entries();
	test_priority();
	test_marks();
	tap_ok(survivors() == survivors(), "who stays does not depend on the key of the hash");
	test_sketch();
	return tap_end();
}
