/* Holes and streams, as tables: after each call the next text lists all that is expected. */
#include "tests/lib/tap.h"
#include "track/stream.h"

#include "base/clock.h"
#include "track/seq.h"

/* --- holes --------------------------------------------------------------------------------------- */

static const char *print_holes(const struct holes *holes)
{
	static char text[400];
	char one[48];

	text[0] = '\0';
	for (uint32_t i = 0; i < holes->count; i++) {
		snprintf(one, sizeof one, "%s%lld-%lld", i ? " " : "", (long long)holes->hole[i].start,
			(long long)hole_end(&holes->hole[i]));
		strcat(text, one);
	}
	return text;
}

static void hole_sets(void)
{
	static const struct {
		char call; /* + add, - fill */
		int64_t start, end;
		int filled;
		const char *holes, *given_up;
	} table[] = {
		{'+', 100, 200, 0, "100-200", ""},
		{'+', 300, 400, 0, "100-200 300-400", ""},
		{'+', 400, 450, 0, "100-200 300-450", ""},
		{'-', 0, 100, 0, "100-200 300-450", ""},
		{'-', 200, 300, 0, "100-200 300-450", ""},
		{'-', 100, 120, 20, "120-200 300-450", ""},
		{'-', 180, 220, 20, "120-180 300-450", ""},
		{'-', 140, 160, 20, "120-140 160-180 300-450", ""},
		{'-', 130, 170, 20, "120-130 170-180 300-450", ""},
		{'-', 0, 1000, 170, "", ""},
		{'+', 10, 20, 0, "10-20", ""},
		{'+', 30, 40, 0, "10-20 30-40", ""},
		{'+', 50, 60, 0, "10-20 30-40 50-60", ""},
		{'+', 70, 75, 0, "10-20 30-40 50-60 70-75", ""},
		{'+', 90, 100, 0, "10-20 30-40 50-60 70-75 90-100", ""},
		{'+', 110, 120, 0, "10-20 30-40 50-60 70-75 90-100 110-120", ""},
		{'+', 130, 140, 0, "10-20 30-40 50-60 70-75 90-100 110-120 130-140", ""},
		{'+', 150, 190, 0, "10-20 30-40 50-60 70-75 90-100 110-120 130-140 150-190", ""},
		{'+', 200, 210, 0, "10-20 30-40 50-60 90-100 110-120 130-140 150-190 200-210", "70-75"},
		{'+', 220, 222, 0, "10-20 30-40 50-60 90-100 110-120 130-140 150-190 200-210", "220-222"},
		{'-', 160, 165, 5, "30-40 50-60 90-100 110-120 130-140 150-160 165-190 200-210", "10-20"},
	};
	struct holes holes = {0};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct holes before = {.count = 1};
		struct hole first;
		int64_t filled = 0;

		if (table[i].call == '+')
			holes_add(&holes, table[i].start, table[i].end, 0, &before.hole[0]);
		else
			filled = holes_fill(&holes, table[i].start, table[i].end, &first, &before.hole[0]);
		before.count = before.hole[0].length > 0;
		tap_ok(filled == table[i].filled && !strcmp(print_holes(&holes), table[i].holes) &&
				!strcmp(print_holes(&before), table[i].given_up),
			"holes: %c%lld-%lld leaves %s", table[i].call, (long long)table[i].start,
			(long long)table[i].end, table[i].holes);
		if (strcmp(print_holes(&holes), table[i].holes))
			printf("# got %s\n", print_holes(&holes));
	}
	struct hole old = {.start = 0, .length = 1, .since_us = UINT32_MAX - 4};
	tap_equal_int(hole_age_ns(&old, (INT64_C(1) << 32) * NS_PER_US), 5 * NS_PER_US,
		"the age of a hole survives the wrap of its clock");
}

/* --- streams ------------------------------------------------------------------------------------- */

static const char *print_stream(const struct stream *s)
{
	static char text[600];

	snprintf(text, sizeof text, "at %lld of %lld, fresh %lld again %lld, gap %lld missed %lld, holes %s",
		(long long)s->contig, (long long)s->high, (long long)s->fresh_bytes, (long long)s->again_bytes,
		(long long)stream_gap_bytes(s), (long long)stream_missed_bytes(s), print_holes(s->holes));
	return text;
}

struct call {
	char what; /* R: begins anew; S: the SYN is before a; B: begins at a; D: data a-b; P: SEQ a; A: ACK a; F: a FIN
		      at a */
	int64_t a, b;
	const char *expected;
};

static void run(const char *name, const struct call *calls, size_t count)
{
	struct holes holes = {0};
	struct stream s = {.holes = &holes};

	for (size_t i = 0; i < count; i++) {
		const struct call *c = &calls[i];

		switch (c->what) {
		case 'S':
		case 'B':
			stream_begin(&s, c->a, 0, c->what == 'S');
			break;
		case 'D':
			stream_accept(&s, c->a, c->b - c->a, 0);
			break;
		case 'P':
			stream_passed(&s, c->a, 0);
			break;
		case 'A':
			stream_acknowledged(&s, c->a, 0);
			break;
		case 'R':
			stream_restart(&s);
			break;
		case 'F':
			stream_end(&s, c->a);
			break;
		}
		if (!tap_ok(!strcmp(print_stream(&s), c->expected), "%s: %c %lld %lld", name, c->what, (long long)c->a,
			    (long long)c->b))
			printf("# got    %s\n# wanted %s\n", print_stream(&s), c->expected);
	}
}

#define RUN(name, ...)                                                                                                 \
	do {                                                                                                           \
		static const struct call calls[] = {__VA_ARGS__};                                                      \
		run(name, calls, sizeof calls / sizeof *calls);                                                        \
	} while (0)

static void streams(void)
{
	RUN("in order", {'S', 1, 0, "at 1 of 1, fresh 0 again 0, gap 0 missed 0, holes "},
		{'D', 1, 101, "at 101 of 101, fresh 100 again 0, gap 0 missed 0, holes "},
		{'D', 101, 201, "at 201 of 201, fresh 200 again 0, gap 0 missed 0, holes "},
		{'A', 201, 0, "at 201 of 201, fresh 200 again 0, gap 0 missed 0, holes "});
	RUN("again", {'S', 1, 0, "at 1 of 1, fresh 0 again 0, gap 0 missed 0, holes "},
		{'D', 1, 101, "at 101 of 101, fresh 100 again 0, gap 0 missed 0, holes "},
		{'D', 51, 151, "at 151 of 151, fresh 150 again 50, gap 0 missed 0, holes "},
		{'D', 1, 151, "at 151 of 151, fresh 150 again 200, gap 0 missed 0, holes "});
	RUN("a hole filled", {'S', 1, 0, "at 1 of 1, fresh 0 again 0, gap 0 missed 0, holes "},
		{'D', 101, 201, "at 1 of 201, fresh 100 again 0, gap 100 missed 0, holes 1-101"},
		{'D', 301, 401, "at 1 of 401, fresh 200 again 0, gap 200 missed 0, holes 1-101 201-301"},
		{'D', 1, 101, "at 201 of 401, fresh 300 again 0, gap 100 missed 0, holes 201-301"},
		{'D', 151, 351, "at 401 of 401, fresh 400 again 100, gap 0 missed 0, holes "});
	RUN("missed", {'S', 1, 0, "at 1 of 1, fresh 0 again 0, gap 0 missed 0, holes "},
		{'D', 101, 201, "at 1 of 201, fresh 100 again 0, gap 100 missed 0, holes 1-101"},
		{'A', 51, 0, "at 51 of 201, fresh 100 again 0, gap 100 missed 50, holes 1-101"},
		{'A', 201, 0, "at 201 of 201, fresh 100 again 0, gap 100 missed 100, holes 1-101"},
		{'A', 301, 0, "at 301 of 301, fresh 100 again 0, gap 200 missed 200, holes 1-101 201-301"},
		{'D', 201, 301, "at 301 of 301, fresh 200 again 0, gap 100 missed 100, holes 1-101"},
		{'A', 101, 0, "at 301 of 301, fresh 200 again 0, gap 100 missed 100, holes 1-101"});
	RUN("passed over", {'S', 1, 0, "at 1 of 1, fresh 0 again 0, gap 0 missed 0, holes "},
		{'P', 101, 0, "at 1 of 101, fresh 0 again 0, gap 100 missed 0, holes 1-101"},
		{'P', 201, 0, "at 1 of 201, fresh 0 again 0, gap 200 missed 0, holes 1-201"},
		{'P', 50, 0, "at 1 of 201, fresh 0 again 0, gap 200 missed 0, holes 1-201"},
		{'D', 1, 201, "at 201 of 201, fresh 200 again 0, gap 0 missed 0, holes "});
	RUN("a FIN that was taken for an octet", {'S', 1, 0, "at 1 of 1, fresh 0 again 0, gap 0 missed 0, holes "},
		{'D', 1, 101, "at 101 of 101, fresh 100 again 0, gap 0 missed 0, holes "},
		{'A', 102, 0, "at 102 of 102, fresh 100 again 0, gap 1 missed 1, holes 101-102"},
		{'F', 101, 0, "at 101 of 101, fresh 100 again 0, gap 0 missed 0, holes "},
		{'F', 51, 0, "at 101 of 101, fresh 100 again 0, gap 0 missed 0, holes "});
	RUN("begun anew", {'S', 1, 0, "at 1 of 1, fresh 0 again 0, gap 0 missed 0, holes "},
		{'D', 101, 201, "at 1 of 201, fresh 100 again 0, gap 100 missed 0, holes 1-101"},
		{'A', 51, 0, "at 51 of 201, fresh 100 again 0, gap 100 missed 50, holes 1-101"},
		{'R', 0, 0, "at 51 of 201, fresh 100 again 0, gap 100 missed 50, holes "},
		{'S', 1, 0, "at 1 of 1, fresh 100 again 0, gap 100 missed 50, holes "},
		{'D', 1, 101, "at 101 of 101, fresh 200 again 0, gap 100 missed 50, holes "});
	RUN("from the middle", {'B', 1000, 0, "at 1000 of 1000, fresh 0 again 0, gap 0 missed 0, holes "},
		{'D', 1000, 1100, "at 1100 of 1100, fresh 100 again 0, gap 0 missed 0, holes "},
		{'D', 800, 900, "at 1100 of 1100, fresh 200 again 0, gap 0 missed 0, holes 900-1000"},
		{'D', 850, 1050, "at 1100 of 1100, fresh 300 again 100, gap 0 missed 0, holes "},
		{'D', 700, 800, "at 1100 of 1100, fresh 400 again 100, gap 0 missed 0, holes "});
	RUN("the SYN captured late", {'D', 101, 201, "at 201 of 201, fresh 100 again 0, gap 0 missed 0, holes "},
		{'S', 1, 0, "at 1 of 201, fresh 100 again 0, gap 100 missed 0, holes 1-101"},
		{'D', 1, 101, "at 201 of 201, fresh 200 again 0, gap 0 missed 0, holes "},
		{'D', -99, 1, "at 201 of 201, fresh 200 again 100, gap 0 missed 0, holes "});
}

/* In whatever order pieces come, with whatever acknowledgements in between, the counts at the end are the same. */
static void orders(void)
{
	enum { PIECES = 6, PIECE = 100 };
	static const int64_t ends[] = {201, 401, 601};
	int wrong = 0;

	for (uint32_t seed = 1; seed <= 2000; seed++) {
		struct holes holes = {0};
		struct stream s = {.holes = &holes};
		uint32_t random = seed * 2654435761u;
		int left = 0, seen = 0;

		stream_begin(&s, 1, 0, true);
		for (int i = 0; i < 40; i++) {
			random = random * 1664525 + 1013904223;
			int piece = (int)(random >> 16) % PIECES;
			if (random >> 28 == 0)
				stream_acknowledged(&s, ends[piece % 3], 0);
			else if (piece != 2) { /* one never comes */
				stream_accept(&s, 1 + piece * PIECE, PIECE, 0);
				seen |= 1 << piece;
				left++;
			}
		}
		stream_acknowledged(&s, 1 + PIECES * PIECE, 0);
		int fresh = __builtin_popcount((unsigned)seen) * PIECE;
		wrong += s.fresh_bytes != fresh || s.again_bytes != left * PIECE - fresh ||
			 stream_missed_bytes(&s) != PIECES * PIECE - fresh || s.contig != 1 + PIECES * PIECE;
	}
	tap_equal_int(wrong, 0, "any order and repetition of pieces counts the same");
}

static void overflow(void)
{
	struct holes holes = {0};
	struct stream s = {.holes = &holes};

	stream_begin(&s, 1, 0, true);
	for (int i = 0; i < 40; i++) /* 40 holes of 10 octets, each before 10 that are seen */
		stream_accept(&s, 11 + 20 * i, 10, 0);
	tap_ok(s.overflows == 40 - HOLES_MAX && holes.count == HOLES_MAX, "holes beyond what fits are counted");
	tap_ok(stream_gap_bytes(&s) == 400 && s.fresh_bytes == 400, "and their octets stay a gap");
	for (int i = 0; i < 40; i++)
		stream_accept(&s, 1 + 20 * i, 10, 0);
	tap_ok(s.fresh_bytes + s.again_bytes == 800 && stream_gap_bytes(&s) == 10 * (40 - HOLES_MAX),
		"what fills a hole that was given up is counted as seen before, never twice as new");
	stream_acknowledged(&s, 801, 0);
	tap_equal_int(stream_missed_bytes(&s), 0, "and a gap of which it is not known is not called missed");

	struct stream none = {0}; /* no room at all */
	stream_begin(&none, 1, 0, true);
	stream_accept(&none, 101, 100, 0);
	stream_acknowledged(&none, 301, 0);
	stream_accept(&none, 1, 100, 0);
	tap_ok(none.fresh_bytes == 100 && none.again_bytes == 100 && stream_gap_bytes(&none) == 200 &&
			stream_missed_bytes(&none) == 100 && none.contig == 301 && none.overflows == 2,
		"without any room the same holds of every hole");
}

int main(void)
{
	hole_sets();
	streams();
	orders();
	overflow();
	return tap_end();
}
