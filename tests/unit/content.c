/* content: which octets of a stream are there. */
#include "content/extents.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "tests/lib/tap.h"

/* The whole set, as "[0,3)[5,9)". */
static bool is(const struct extents *extents, const char *wanted)
{
	struct strbuf text = {0};

	strbuf_add(&text, "");
	for (size_t i = 0; i < extents->count; i++)
		strbuf_addf(
			&text, "[%lld,%lld)", (long long)extents->extent[i].start, (long long)extents->extent[i].end);
	bool same = !strcmp(text.text ? text.text : "", wanted);
	if (!same)
		printf("# %s, wanted %s\n", text.text, wanted);
	strbuf_fini(&text);
	return same;
}

/* What of [start, end) is absent, in the same form. */
static bool absent(const struct extents *extents, int64_t start, int64_t end, const char *wanted)
{
	struct extents parts = {0};
	int64_t stop;

	for (; extents_next_absent(extents, &start, end, &stop); start = stop)
		extents_add(&parts, start, stop);
	bool same = is(&parts, wanted);
	extents_fini(&parts);
	return same;
}

static void tables(void)
{
	struct extents e = {0};

	tap_ok(absent(&e, 0, 10, "[0,10)"), "of nothing everything is absent");
	extents_add(&e, 10, 20);
	tap_ok(is(&e, "[10,20)") && absent(&e, 0, 30, "[0,10)[20,30)"), "one range");
	extents_add(&e, 30, 40);
	tap_ok(is(&e, "[10,20)[30,40)") && absent(&e, 15, 35, "[20,30)"), "a second behind it");
	extents_add(&e, 0, 5);
	tap_ok(is(&e, "[0,5)[10,20)[30,40)"), "one before it");
	extents_add(&e, 20, 25);
	tap_ok(is(&e, "[0,5)[10,25)[30,40)"), "what touches is joined at the end");
	extents_add(&e, 28, 30);
	tap_ok(is(&e, "[0,5)[10,25)[28,40)"), "and at the beginning");
	extents_add(&e, 12, 18);
	tap_ok(is(&e, "[0,5)[10,25)[28,40)") && absent(&e, 12, 18, ""), "what is there changes nothing");
	extents_add(&e, 3, 29);
	tap_ok(is(&e, "[0,40)"), "one range may swallow several");
	extents_fini(&e);
}

/* The same as an array of marks says, whatever comes. */
static void random_sets(void)
{
	enum { SPAN = 200 };
	uint32_t state = 1;
	int wrong = 0;

	for (int round = 0; round < 300; round++) {
		struct extents e = {0};
		bool mark[SPAN] = {false};

		for (int i = 0; i < 40; i++) {
			state = state * 1664525 + 1013904223;
			int64_t start = state >> 8 & 127, end = start + 1 + (state >> 20 & 15), at = start, stop;
			while (extents_next_absent(&e, &at, end, &stop))
				for (; at < stop; at++) {
					wrong += mark[at];
					mark[at] = true;
				}
			for (int64_t k = start; k < end; k++)
				wrong += !mark[k];
			extents_add(&e, start, end);
			for (size_t k = 1; k < e.count; k++)
				wrong += e.extent[k].start <= e.extent[k - 1].end;
		}
		extents_fini(&e);
	}
	tap_equal_int(wrong, 0, "random ranges: what is absent is told once and no more, and ranges stay apart");
}

static void bounded(void)
{
	struct extents e = {0};
	bool good = true;

	for (int64_t i = 0; i < EXTENTS_MOST; i++)
		good = good && extents_add(&e, 2 * i, 2 * i + 1);
	tap_ok(good && !extents_add(&e, -5, -4), "a set that is full takes no more");
	tap_ok(extents_add(&e, 1, 2) && e.count == EXTENTS_MOST - 1, "but what joins two is welcome");
	extents_fini(&e);
}

int main(void)
{
	tables();
	random_sets();
	bounded();
	return tap_end();
}
