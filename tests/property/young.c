/* young: connections that begin young (track/young.h) come out as if none did.
 *
 * Simulated conversations, some with packets left out, several at a time, are tracked twice; rows and anomalies must be
 * the same.  The first that differ come back with their seed as an argument: tests/property/young 17. */
#include <stdlib.h>

#include "base/err.h"
#include "detect/detect.h"
#include "record/from_flow.h"
#include "tests/lib/rows.h"
#include "tests/lib/tap.h"
#include "tests/property/world.h"
#include "track/flow.h"
#include "track/tracker.h"

enum { RUNS = 1500, TOGETHER = 3, MOST = 64 };

struct tape {
	struct segment *segment;
	size_t count, room;
	uint64_t seed;
	int world;
};

struct listener {
	struct detect *detect;
	struct rows rows;
	struct record_texts texts;
	uint64_t young;
};

/* Every second time a twentieth is left out.  Each world has a network of its own: there its ports are free. */
static void record(void *context, const struct segment *s)
{
	struct tape *tape = context;

	if (tape->seed % 2 && world_number(tape->seed, tape->count) % 20 == 0)
		return;
	if (tape->count == tape->room) {
		tape->room = 2 * tape->room + 64;
		tape->segment = mem_grow(tape->segment, tape->room * sizeof *tape->segment);
	}
	tape->segment[tape->count] = *s;
	tape->segment[tape->count++].network = (uint32_t)tape->world;
}

static int by_time(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->network != y->network)
		return x->network < y->network ? -1 : 1;
	return (x->packet > y->packet) - (x->packet < y->packet);
}

static int64_t record_worlds(struct tape *tape)
{
	struct world *world = mem_new(1, sizeof *world);
	int64_t end_ns = 0;

	tape->count = 0;
	for (tape->world = 0; tape->world < TOGETHER; tape->world++) {
		*world = (struct world){.tapped = record, .context = tape};
		world_play(world, tape->seed * TOGETHER + (uint64_t)tape->world);
		if (world->end_ns > end_ns)
			end_ns = world->end_ns;
	}
	free(world);
	for (size_t i = 0; i < tape->count; i++)
		tape->segment[i].packet = i + 1; /* qsort keeps no order of its own */
	qsort(tape->segment, tape->count, sizeof *tape->segment, by_time);
	return end_ns;
}

static void take_anomaly(void *context, const struct anomaly_record *row)
{
	struct listener *l = context;

	rows_add_anomaly(&l->rows, row);
}

static void take_closed(void *context, const struct flow *flow)
{
	struct listener *l = context;
	struct detect_summary found;
	struct conn_record row;

	detect_end(l->detect, flow, &found);
	record_from_flow(flow, &row, &l->texts);
	record_anomalies(&row, found.count, found.worst);
	rows_add_record(&l->rows, &row);
	detect_rows(l->detect, flow, take_anomaly, l);
	detect_forget(l->detect, flow);
}

static void take_observed(void *context, const struct observation *o)
{
	struct listener *l = context;

	l->young += o->was_young;
	detect_segment(l->detect, o);
}

static void take_young(void *context, struct young *young)
{
	const struct listener *l = context;

	detect_young(l->detect, young);
}

static void take_looked(void *context, struct flow *flow, int64_t now_ns)
{
	const struct listener *l = context;

	detect_look(l->detect, flow, now_ns);
}

static void listen(struct listener *l, const struct tape *tape, tracker_young *young, int64_t end_ns)
{
	struct detect_options options = {.max_connections = MOST};

	l->rows = (struct rows){0};
	limits_init(&options.limits);
	l->detect = detect_new(&options);
	struct tracker *tracker = tracker_new(&(struct tracker_options){.stack = stacks[STACK_LINUX],
						      .max_connections = MOST,
						      .first_id = 1,
						      .observed = take_observed,
						      .young = young,
						      .looked = take_looked},
		take_closed, l);
	for (size_t i = 0; i < tape->count; i++) {
		tracker_advance(tracker, tape->segment[i].time_ns);
		tracker_segment(tracker, &tape->segment[i]);
	}
	tracker_finish(tracker, end_ns);
	detect_many(l->detect, take_anomaly, l);
	tracker_free(tracker);
	detect_free(l->detect);
	rows_sort(&l->rows);
}

/* Both ways; false: they differ. */
static bool compare(struct tape *tape, uint64_t *young)
{
	struct listener with = {0}, without = {0};
	struct strbuf why = {0};
	int64_t end_ns = record_worlds(tape);

	listen(&with, tape, take_young, end_ns);
	listen(&without, tape, NULL, end_ns);
	bool same = rows_same(&with.rows, &without.rows, &why);
	if (!same)
		printf("# seed %llu: %s\n", (unsigned long long)tape->seed, why.text);
	*young += with.young;
	strbuf_fini(&why);
	for (int i = 0; i < 2; i++) {
		struct listener *l = i ? &with : &without;

		rows_fini(&l->rows);
		record_texts_fini(&l->texts);
	}
	return same;
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : argc > 1 ? 1 : RUNS;
	uint64_t wrong = 0, segments = 0, young = 0;
	struct tape tape = {0};

	for (tape.seed = first; tape.seed < first + count; tape.seed++) {
		wrong += !compare(&tape, &young);
		segments += tape.count;
	}
	printf("# %llu segments, %llu of them kept young\n", (unsigned long long)segments, (unsigned long long)young);
	tap_ok(young > segments / 20 || argc > 1, "some segments are kept");
	tap_ok(!wrong, "both ways give the same rows: %llu conversations differ", (unsigned long long)wrong);
	free(tape.segment);
	return tap_end();
}
