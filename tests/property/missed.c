/* missed: no anomaly is called sure that is none in the whole capture.
 *
 * Each simulated conversation is looked at whole, and then several times with packets taken out of the capture: what is
 * sure then must be there, sure or not, in the whole one too.  The first that breaks it comes back with its seed as an
 * argument: tests/property/missed 17. */
#include <stdlib.h>

#include "base/err.h"
#include "detect/detect.h"
#include "tests/lib/tap.h"
#include "tests/property/world.h"
#include "track/flow.h"
#include "track/tracker.h"

enum { RUNS = 5000, CUTS = 6, SEATS = SIDES + 1, SERVICE = 80 };

struct tape {
	struct segment *segment;
	size_t count, room;
};

/* What was found: for each code and whose it is (by port, for roles may be guessed; or neither's), how sure at best. */
struct findings {
	bool there[ANOMALIES][SEATS], sure[ANOMALIES][SEATS];
};

struct listener {
	bool told;
	struct detect *detect;
	struct findings *findings;
};

static void record(void *context, const struct segment *s)
{
	struct tape *tape = context;

	if (tape->count == tape->room) {
		tape->room = 2 * tape->room + 64;
		tape->segment = mem_grow(tape->segment, tape->room * sizeof *tape->segment);
	}
	tape->segment[tape->count++] = *s;
}

static void take_row(void *context, const struct anomaly_record *row)
{
	struct listener *l = context;
	enum anomaly kind = anomaly_from_code(row->code);
	int seat = SIDES;

	if (l->told)
		printf("# connection %lld: %s of the %s, %s: %s\n", (long long)row->connection_id, row->code,
			row->side ? row->side : "connection", row->confidence, row->evidence);
	if (row->withdrawn_ns != CLOCK_NONE || kind == ANOMALIES)
		return;
	for (int side = 0; row->side && side < SIDES; side++)
		if (!strcmp(row->side, side_words[side]))
			seat = row->port[side] == SERVICE ? RESPONDER : INITIATOR;
	l->findings->there[kind][seat] = true;
	l->findings->sure[kind][seat] |= !strcmp(row->confidence, confidence_words[CONFIDENCE_SURE]);
}

static void take_closed(void *context, const struct flow *flow)
{
	struct listener *l = context;
	struct detect_summary ignored;

	detect_end(l->detect, flow, &ignored);
	detect_rows(l->detect, flow, take_row, l);
	detect_forget(l->detect, flow);
}

static void take_observed(void *context, const struct observation *o)
{
	const struct listener *l = context;

	detect_segment(l->detect, o);
}

static void take_looked(void *context, struct flow *flow, int64_t now_ns)
{
	const struct listener *l = context;

	detect_look(l->detect, flow, now_ns);
}

/* cut 0: all of it; 1 to CUTS: without a tenth, every second time a third, of its packets. */
static void listen(
	const struct tape *tape, uint64_t seed, int cut, int64_t end_ns, bool told, struct findings *findings)
{
	struct detect_options options = {.max_connections = 64};
	struct listener l = {.told = told, .findings = findings};

	*findings = (struct findings){0};
	if (told)
		printf("# cut %d\n", cut);
	limits_init(&options.limits);
	l.detect = detect_new(&options);
	struct tracker *tracker = tracker_new(&(struct tracker_options){.stack = stacks[STACK_LINUX],
						      .max_connections = 64,
						      .first_id = 1,
						      .observed = take_observed,
						      .looked = take_looked},
		take_closed, &l);
	for (size_t i = 0; i < tape->count; i++) {
		if (cut && world_number(seed * CUTS + (uint64_t)cut, i) % (cut % 2 ? 10 : 3) == 0)
			continue;
		tracker_advance(tracker, tape->segment[i].time_ns);
		tracker_segment(tracker, &tape->segment[i]);
	}
	tracker_finish(tracker, end_ns);
	tracker_free(tracker);
	detect_free(l.detect);
}

struct figures {
	unsigned long long runs, found, sure, wrong;
	unsigned long long wrong_of[ANOMALIES], first_seed[ANOMALIES];
};

/* Which of two that open at once is the initiator depends on what is seen of their SYNs. */
static bool is_there(const struct findings *whole, int kind, int seat, bool simultaneous)
{
	return whole->there[kind][seat] ||
	       (simultaneous && (whole->there[kind][INITIATOR] || whole->there[kind][RESPONDER]));
}

static void compare(
	const struct findings *whole, const struct findings *cut, uint64_t seed, bool simultaneous, struct figures *f)
{
	for (int kind = 0; kind < ANOMALIES; kind++)
		for (int seat = 0; seat < SEATS; seat++) {
			f->sure += cut->sure[kind][seat];
			if (!cut->sure[kind][seat] || is_there(whole, kind, seat, simultaneous))
				continue;
			if (!f->wrong_of[kind]++)
				f->first_seed[kind] = seed;
			f->wrong++;
		}
}

static void play(uint64_t seed, struct figures *f, bool told)
{
	struct tape tape = {0};
	struct world *world = mem_new(1, sizeof *world);
	struct findings whole, cut;

	world->tapped = record;
	world->context = &tape;
	world->told = told;
	world_play(world, seed);
	if (world->kind != WORLD_CUT) { /* of that the whole is not known */
		listen(&tape, seed, 0, world->end_ns, told, &whole);
		for (int kind = 0; kind < ANOMALIES; kind++)
			for (int seat = 0; seat < SEATS; seat++)
				f->found += whole.there[kind][seat];
		for (int i = 1; i <= CUTS; i++) {
			listen(&tape, seed, i, world->end_ns, told, &cut);
			compare(&whole, &cut, seed, world->simultaneous, f);
		}
		f->runs++;
	}
	free(tape.segment);
	free(world);
}

int main(int argc, char **argv)
{
	struct figures figures = {0};
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, count = argc > 2   ? strtoull(argv[2], NULL, 10)
									     : argc > 1 ? 1
											: RUNS;

	for (uint64_t seed = first; seed < first + count; seed++)
		play(seed, &figures, argc == 2);
	printf("# %llu conversations, %llu rows; from less, %llu sure ones\n", figures.runs, figures.found,
		figures.sure);
	for (int kind = 0; kind < ANOMALIES; kind++)
		if (figures.wrong_of[kind])
			printf("# %s: %llu, seed %llu\n", anomaly_kinds[kind].code, figures.wrong_of[kind],
				figures.first_seed[kind]);
	tap_ok(figures.sure > figures.runs / 4 || argc > 1, "there are sure ones");
	tap_ok(!figures.wrong, "what is sure from less is there in all: %llu wrong", figures.wrong);
	return tap_end();
}
