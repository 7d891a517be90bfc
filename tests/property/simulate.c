/* simulate: what is proved is true, and the truth is possible, in a world of which everything is known.
 *
 *     simulate                  some thousand conversations, as a test
 *     simulate FIRST COUNT      so many from a seed on, with figures
 *     simulate SEED             one of them, told
 *
 * A claim is "this side had entered that state by then", and for a proved step also "from that one".  False ones that
 * assumption A5 allows (a simultaneous open of which a SYN was missed) are counted apart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "tests/lib/tap.h"
#include "tests/property/textbook.h"
#include "tests/property/world.h"
#include "track/flow.h"
#include "track/tracker.h"

enum { RUNS = 6000, SEEDS_LISTED = 12, MOVES = 256 };

struct moves {
	struct {
		int64_t ns;
		enum tcp_state state;
	} move[MOVES];
	int count;
};

struct figures {
	uint64_t runs, segments, claims, unsound, by_a5;
	uint64_t sets, outside, outside_complete, sets_complete, set_size, set_size_complete;
	uint64_t listed[SEEDS_LISTED];
	int listed_count;
	double time[WORLD_KINDS], ours[WORLD_KINDS], textbook[WORLD_KINDS];
};

struct run {
	struct world world;
	uint64_t seed;
	struct tracker *tracker;
	struct textbook textbook;
	struct moves ours[SIDES], theirs[SIDES];
	struct figures *figures;
	int64_t first_ns;
	bool bad;
};

static void list_seed(struct run *r)
{
	struct figures *f = r->figures;

	r->bad = true;
	if (f->listed_count < SEEDS_LISTED && (!f->listed_count || f->listed[f->listed_count - 1] != r->seed))
		f->listed[f->listed_count++] = r->seed;
}

/* --- proofs -------------------------------------------------------------------------------------- */

/* The connection of the world that a flow is: by an initial sequence number, or else by its time.  (It may go on in a
 * later one, of which the tap missed the beginning.) */
static int connection_of(const struct run *r, const struct flow *flow)
{
	for (int side = 0; side < SIDES; side++) {
		const struct endpoint *e = &flow->endpoint[side];
		enum side true_side = e->port == 80 ? RESPONDER : INITIATOR;

		for (int i = 0; e->isn_seen && i < r->world.connections; i++)
			if (e->isn - r->world.isn[true_side][i] < WORLD_ISN_SPAN)
				return i;
	}
	int connection;
	world_state(&r->world, INITIATOR, flow->first_ns, &connection);
	return connection;
}

static bool entered(const struct world_path *path, const struct facts_step *step, int connection, enum tcp_state from)
{
	for (int i = 0; i < path->count && path->step[i].ns <= step->at; i++) {
		if (path->step[i].state != step->state ||
			(path->step[i].connection < connection && step->state != TCP_CLOSED))
			continue;
		enum tcp_state before = i ? path->step[i - 1].state : TCP_CLOSED;
		if (step->confirm || step->basis != BASIS_PROVED || before == from)
			return true;
	}
	/* a RST for no block: it never was anything else */
	return step->state == TCP_CLOSED && !path->count;
}

static void judge(struct run *r, const struct flow *flow, int side)
{
	struct facts_step steps[FACTS_STEPS];
	const struct endpoint *e = &flow->endpoint[side];
	enum side true_side = e->port == 80 ? RESPONDER : INITIATOR;
	const struct world_path *path = &r->world.path[true_side];
	int count = facts_history(&e->facts, steps), connection = connection_of(r, flow);
	enum tcp_state from = TCP_CLOSED;

	for (int i = 0; i < count; i++) {
		const struct facts_step *step = &steps[i];
		bool first = i == 0 || step->confirm;

		if (step->confirm || step->basis == BASIS_PROVED) {
			r->figures->claims++;
			if (!entered(path, step, connection, first ? step->state : from) &&
				!(first &&
					entered(path, &(struct facts_step){step->at, step->state, BASIS_PROVED, true},
						connection, from))) {
				bool a5 = r->world.simultaneous && r->world.syn_missed;

				r->figures->by_a5 += a5;
				r->figures->unsound += !a5;
				if (!a5 || r->world.told)
					list_seed(r);
				if (r->world.told)
					printf("# FALSE%s: the %s in %s by %.6f\n", a5 ? " (A5)" : "",
						side_words[true_side], state_words[step->state].name,
						(double)step->at / 1e9);
			}
		}
		if (!step->confirm) {
			struct moves *moves = &r->ours[true_side];

			if (moves->count < MOVES) {
				moves->move[moves->count].ns = step->at;
				moves->move[moves->count++].state = step->state;
			}
			from = step->state;
		}
		if (r->world.told)
			printf("# %12.6f  held: the %s %s %s, %s\n", (double)step->at / 1e9, side_words[true_side],
				step->confirm ? "had been in" : "is", state_words[step->state].name,
				step->confirm ? "proved" : basis_words[step->basis]);
	}
}

static void take_closed(void *context, const struct flow *flow)
{
	struct run *r = context;

	judge(r, flow, INITIATOR);
	judge(r, flow, RESPONDER);
}

/* --- possible states ----------------------------------------------------------------------------- */

static void weigh(struct run *r, const struct flow *flow, enum side side, int64_t t)
{
	const struct endpoint *e = &flow->endpoint[side];
	enum side true_side = e->port == 80 ? RESPONDER : INITIATOR;
	int connection, its = connection_of(r, flow);
	enum tcp_state truth = world_state(&r->world, true_side, t, &connection);
	uint16_t set = facts_possible(&e->facts, FACTS_ALL), narrow = facts_possible(&e->facts, flow_may(flow, side));
	struct figures *f = r->figures;

	if (its != connection) /* already in the next connection, or not yet in this one */
		return;
	f->sets++;
	f->set_size += (unsigned)__builtin_popcount(set);
	bool outside = !(set & 1 << truth);
	bool a5 = r->world.simultaneous && r->world.syn_missed;
	f->outside += outside && !a5;
	bool outside_narrow = false;
	if (r->world.kind != WORLD_CUT) { /* the tap has missed nothing */
		f->sets_complete++;
		f->set_size_complete += (unsigned)__builtin_popcount(narrow);
		outside_narrow = !(narrow & 1 << truth);
		f->outside_complete += outside_narrow;
	}
	if ((outside && !a5) || outside_narrow) {
		list_seed(r);
		if (r->world.told)
			printf("# OUTSIDE at %.6f: the %s is %s\n", (double)t / 1e9, side_words[true_side],
				state_words[truth].name);
	}
}

static void take_observed(void *context, const struct observation *o)
{
	struct run *r = context;

	weigh(r, o->flow, INITIATOR, o->t);
	weigh(r, o->flow, RESPONDER, o->t);
}

/* --- share of time ------------------------------------------------------------------------------- */

static int compare_moves(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;

	return (one > two) - (one < two);
}

/* Seconds of [from, to) in which the moves agree with the truth. */
static double agreement(const struct run *r, enum side side, const struct moves *moves, int64_t from, int64_t to)
{
	const struct world_path *path = &r->world.path[side];
	enum tcp_state truth = TCP_CLOSED, held = TCP_CLOSED;
	double good = 0;

	for (int i = 0, k = 0; from < to || i < path->count || k < moves->count;) {
		int64_t next = to;

		if (i < path->count && path->step[i].ns < next)
			next = path->step[i].ns;
		if (k < moves->count && moves->move[k].ns < next)
			next = moves->move[k].ns;
		if (next > from) {
			good += truth == held ? (double)(next - from) / 1e9 : 0;
			from = next;
		}
		if (next >= to)
			break;
		while (i < path->count && path->step[i].ns <= next)
			truth = path->step[i++].state;
		while (k < moves->count && moves->move[k].ns <= next)
			held = moves->move[k++].state;
	}
	return good;
}

/* --- a run --------------------------------------------------------------------------------------- */

static void take_segment(void *context, const struct segment *s)
{
	struct run *r = context;
	enum side side = s->source_port == 80 ? RESPONDER : INITIATOR;

	r->figures->segments++;
	if (r->first_ns == CLOCK_NONE)
		r->first_ns = s->time_ns;
	tracker_advance(r->tracker, s->time_ns);
	tracker_segment(r->tracker, s);
	textbook_segment(&r->textbook, side, s);
	for (int i = 0; i < SIDES; i++) {
		struct moves *moves = &r->theirs[i];
		enum tcp_state state = r->textbook.side[i].state;

		if (moves->count < MOVES && (!moves->count || moves->move[moves->count - 1].state != state)) {
			moves->move[moves->count].ns = s->time_ns;
			moves->move[moves->count++].state = state;
		}
	}
}

static bool play(uint64_t seed, struct figures *figures, bool told)
{
	struct run *r = mem_new(1, sizeof *r);
	struct tracker_options options = {
		.stack = stacks[STACK_LINUX], .max_connections = 64, .first_id = 1, .observed = take_observed};

	r->seed = seed;
	r->figures = figures;
	r->first_ns = CLOCK_NONE;
	r->world.tapped = take_segment;
	r->world.context = r;
	r->world.told = told;
	r->tracker = tracker_new(&options, take_closed, r);
	world_play(&r->world, seed);
	tracker_finish(r->tracker, r->world.end_ns);
	tracker_free(r->tracker);
	figures->runs++;
	for (int side = 0; side < SIDES && r->first_ns != CLOCK_NONE; side++) {
		double span = (double)(r->world.end_ns - r->first_ns) / 1e9;

		qsort(r->ours[side].move, (size_t)r->ours[side].count, sizeof r->ours[side].move[0], compare_moves);
		figures->time[r->world.kind] += span;
		figures->ours[r->world.kind] +=
			agreement(r, (enum side)side, &r->ours[side], r->first_ns, r->world.end_ns);
		figures->textbook[r->world.kind] +=
			agreement(r, (enum side)side, &r->theirs[side], r->first_ns, r->world.end_ns);
	}
	bool good = !r->bad;
	free(r);
	return good;
}

static void print_figures(const struct figures *f)
{
	static const char *const names[WORLD_KINDS] = {"clean", "loss", "capture loss"};

	printf("# %llu runs, %llu segments, %llu claims: %llu false, %llu false under A5\n",
		(unsigned long long)f->runs, (unsigned long long)f->segments, (unsigned long long)f->claims,
		(unsigned long long)f->unsound, (unsigned long long)f->by_a5);
	printf("# truth outside the set: %llu of %llu (mean size %.1f); complete captures, what may be: %llu of %llu "
	       "(%.1f)\n",
		(unsigned long long)f->outside, (unsigned long long)f->sets,
		(double)f->set_size / (double)(f->sets + !f->sets), (unsigned long long)f->outside_complete,
		(unsigned long long)f->sets_complete,
		(double)f->set_size_complete / (double)(f->sets_complete + !f->sets_complete));
	for (int i = 0; i < WORLD_KINDS; i++)
		printf("# %-13s held and true for %.1f %% of the time, textbook %.1f %%\n", names[i],
			100 * f->ours[i] / f->time[i], 100 * f->textbook[i] / f->time[i]);
	for (int i = 0; i < f->listed_count; i++)
		printf("# look at seed %llu\n", (unsigned long long)f->listed[i]);
}

int main(int argc, char **argv)
{
	struct figures figures = {0};
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1,
		 count = argc > 2 ? strtoull(argv[2], NULL, 10) : RUNS;

	if (argc == 2)
		return !play(first, &figures, true);
	for (uint64_t seed = first; seed < first + count; seed++)
		play(seed, &figures, false);
	print_figures(&figures);
	tap_ok(!figures.unsound, "no proof is false in %llu conversations: %llu", (unsigned long long)figures.runs,
		(unsigned long long)figures.unsound);
	tap_ok(figures.claims > 3 * figures.runs, "and there are proofs: %llu", (unsigned long long)figures.claims);
	/* A side that is proved gone and begins anew unseen is in a connection of which the set knows nothing; and a
	 * SYN that crosses the RST of the attempt before belongs to that one here. */
	tap_ok(figures.outside * 100000 <= figures.sets && figures.outside_complete * 100000 <= figures.sets_complete,
		"the truth is possible: outside %llu and %llu times", (unsigned long long)figures.outside,
		(unsigned long long)figures.outside_complete);
	for (int i = 0; i < WORLD_KINDS; i++)
		tap_ok(figures.ours[i] > figures.textbook[i],
			"what is held is true longer than the textbook's (class %d)", i);
	return tap_end();
}
