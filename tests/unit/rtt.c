/* Round trips, as a table: each line is one segment, and the sample that it must give. */
#include "tests/lib/tap.h"
#include "track/rtt.h"

#include "base/clock.h"
#include "track/seq.h"

enum { NONE = -1 };

struct line {
	int64_t t;  /* ms */
	char what;  /* S: octets are sent, R: again, A: an acknowledgement; small: without timestamps */
	int64_t at; /* the end of the octets, or the ACK number */
	uint32_t stamp;
	int64_t sample; /* ms */
};

static void run(const char *name, const struct line *lines, size_t count)
{
	struct rtt rtt;

	rtt_init(&rtt);
	for (size_t i = 0; i < count; i++) {
		const struct line *l = &lines[i];
		bool stamped = l->what >= 'A' && l->what <= 'Z';
		int64_t got = CLOCK_NONE;

		if ((l->what | 0x20) == 'a')
			got = rtt_acknowledged(&rtt, l->at, l->t * NS_PER_MS, stamped ? &l->stamp : NULL);
		else
			rtt_sent(&rtt, l->at, l->t * NS_PER_MS, stamped ? &l->stamp : NULL, (l->what | 0x20) == 'r');
		got = got == CLOCK_NONE ? NONE : got / NS_PER_MS;
		if (!tap_ok(got == l->sample, "%s: %c %lld at %lld ms", name, l->what, (long long)l->at,
			    (long long)l->t))
			printf("# got %lld, wanted %lld\n", (long long)got, (long long)l->sample);
	}
}

#define RUN(name, ...)                                                                                                 \
	do {                                                                                                           \
		static const struct line lines[] = {__VA_ARGS__};                                                      \
		run(name, lines, sizeof lines / sizeof *lines);                                                        \
	} while (0)

int main(void)
{
	RUN("sent and acknowledged", {0, 's', 100, 0, NONE}, {5, 's', 200, 0, NONE}, {30, 'a', 100, 0, 30},
		{35, 'a', 200, 0, NONE});
	RUN("one range at a time", {0, 's', 100, 0, NONE}, {20, 'a', 99, 0, NONE}, {30, 'a', 200, 0, 30},
		{40, 's', 300, 0, NONE}, {60, 'a', 300, 0, 20});
	RUN("sent again: Karn's rule", {0, 's', 100, 0, NONE}, {200, 'r', 100, 0, NONE}, {230, 'a', 100, 0, NONE},
		{240, 's', 200, 0, NONE}, {270, 'a', 200, 0, 30});
	RUN("again with timestamps: the copy that is echoed", {0, 'S', 100, 10, NONE}, {200, 'R', 100, 210, NONE},
		{230, 'A', 100, 210, 30});
	RUN("again with timestamps: the first copy arrived", {0, 'S', 100, 10, NONE}, {200, 'R', 100, 210, NONE},
		{205, 'A', 100, 10, NONE});
	RUN("again within a tick of the timestamps", {0, 'S', 100, 10, NONE}, {3, 'R', 100, 10, NONE},
		{30, 'A', 100, 10, NONE});
	RUN("not again, the echo of an earlier segment", {0, 'S', 100, 10, NONE}, {40, 'A', 100, 5, 40});
	RUN("times that go back", {50, 's', 100, 0, NONE}, {40, 'a', 100, 0, NONE});

	struct rtt rtt;
	rtt_init(&rtt);
	rtt_sample(&rtt, 30);
	rtt_sample(&rtt, 10);
	rtt_sample(&rtt, 20);
	rtt_sample(&rtt, -1);
	rtt_sample(&rtt, 121 * NS_PER_S);
	tap_ok(rtt.samples == 3 && rtt.least_ns == 10 && rtt.most_ns == 30 && rtt.sum_ns == 60,
		"shortest, longest and sum; what can be no round trip is not counted");
	return tap_end();
}
