/* score: how far the states that lastack infers agree with those that the kernel was in.
 *
 *     score              the project's corpus, as TAP: no proof may be unsound, and no mean below what is held here
 *     score -v [FOLDER]  the table, and each path and each proof that is wrong; of any corpus of this format
 *
 * README.md says where the truth comes from.  What is counted, for each endpoint of which the capture holds a
 * segment, from the first of them to the end of the run:
 *
 *     path    were its states the true ones, in the true order?  Two kinds of true states may be left out: what is
 *             hidden (nothing recorded shows it) and what was over in 0.2 ms
 *     time    the share of the time during which the inferred state was the true one
 *     final   was the last state the true one?  Where the last moves are hidden, the state before them is right too
 *     proved  moves and confirmations that are told as proved
 *     sound   how many of them were so, by the time they are told for
 *
 * CLOSED and LISTEN are one state here: there is no connection. */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/words.h"
#include "decode/decode.h"
#include "record/from_flow.h"
#include "source/source.h"
#include "tests/lib/tap.h"
#include "track/tracker.h"

/* Means over the project's corpus, in percent: one point below what was measured when they were set. */
static const struct {
	double path, time, final;
} HELD = {.path = 96.0, .time = 92.7, .final = 96.0};

enum { TEXT = 120, LINE = 4096, META = 1 << 20 };
static const int64_t TRANSIENT_NS = 200 * NS_PER_US;    /* a state that lasts less need not be noticed */
static const int64_t FLIGHT_NS = 200 * NS_PER_MS;       /* no segment takes longer from its sender to the tap */
static const int64_t TRACED_ERROR_NS = 500 * NS_PER_US; /* of a date of the truth that names no error of its own */

/* A true move. */
struct move {
	int64_t time_ns, error_ns;
	enum tcp_state to;
	bool hidden;
};

/* An inferred one. */
struct claim {
	int64_t time_ns;
	enum tcp_state from, to;
	enum basis basis;
	bool confirm;
};

struct endpoint {
	struct addr ip[2]; /* its own, the peer's */
	int64_t port[2];
	int64_t seen_ns; /* first recorded segment of it or to it; CLOCK_NONE: none */
	struct move *moves;
	struct claim *claims;
	size_t move_count, claim_count;
};

struct run {
	char scenario[TEXT];
	int64_t end_ns;
	struct endpoint *endpoints;
	size_t count;
};

struct score {
	char scenario[TEXT];
	int endpoints, proved, sound;
	double path, time, final; /* sums over the endpoints; in the end percent of them */
};

static bool verbose;

/* Makes room for one more, zeroed, and gives its address. */
#define APPEND(array, count)                                                                                           \
	((array) = mem_grow((array), ((count) + 1) * sizeof *(array)), memset(&(array)[count], 0, sizeof *(array)),    \
		&(array)[(count)++])

/* --- reading the truth ---------------------------------------------------------------------------- */

/* The value of a key in a JSON text whose keys are told apart by their names alone; strings without quotes. */
static bool value_of(const char *json, const char *key, char value[TEXT])
{
	char quoted[40];
	snprintf(quoted, sizeof quoted, "\"%s\":", key);
	const char *at = strstr(json, quoted);

	if (!at)
		return false;
	at += strlen(quoted);
	at += strspn(at, " \"");
	size_t length = strcspn(at, "\",}\n");
	if (length >= TEXT)
		return false;
	memcpy(value, at, length);
	value[length] = '\0';
	return true;
}

static enum tcp_state one_closed(enum tcp_state state)
{
	return state == TCP_LISTEN ? TCP_CLOSED : state;
}

static struct endpoint *endpoint_of(
	struct run *run, const struct addr *own, int64_t own_port, const struct addr *peer, int64_t peer_port)
{
	for (size_t i = 0; i < run->count; i++) {
		struct endpoint *e = &run->endpoints[i];
		if (e->port[0] == own_port && e->port[1] == peer_port && !addr_compare(&e->ip[0], own) &&
			!addr_compare(&e->ip[1], peer))
			return e;
	}
	struct endpoint *e = APPEND(run->endpoints, run->count);
	*e = (struct endpoint){{*own, *peer}, {own_port, peer_port}, .seen_ns = CLOCK_NONE};
	return e;
}

static bool read_move(struct run *run, const char *line)
{
	char own[TEXT], peer[TEXT], own_port[TEXT], peer_port[TEXT], ts[TEXT], from[TEXT], to[TEXT], hidden[TEXT],
		error[TEXT];
	struct addr ip[2];
	struct move move = {.error_ns = TRACED_ERROR_NS};

	if (!value_of(line, "local_addr", own) || !addr_parse(own, &ip[0]) || !value_of(line, "remote_addr", peer) ||
		!addr_parse(peer, &ip[1]) || !value_of(line, "local_port", own_port) ||
		!value_of(line, "remote_port", peer_port) || !value_of(line, "ts", ts) ||
		!clock_parse(ts, 0, &move.time_ns) || !value_of(line, "from", from) || !value_of(line, "to", to) ||
		!value_of(line, "hidden", hidden))
		return false;
	if (value_of(line, "error", error) && !clock_parse_span(error, &move.error_ns))
		return false;
	move.to = one_closed(state_from_word(to));
	move.hidden = !strcmp(hidden, "true");
	if (move.to == TCP_UNKNOWN)
		return false;
	/* port 0: a listening socket; a state into itself: its timer begins anew */
	if (!strcmp(peer_port, "0") || !strcmp(from, to))
		return true;
	struct endpoint *e = endpoint_of(run, &ip[0], strtol(own_port, NULL, 10), &ip[1], strtol(peer_port, NULL, 10));
	*APPEND(e->moves, e->move_count) = move;
	return true;
}

/* BASE and an ending, opened. */
static FILE *open_beside(const char *base, const char *ending, struct err *err)
{
	struct strbuf path = {0};
	strbuf_addf(&path, "%s%s", base, ending);
	FILE *file = fopen(path.text, "r");

	if (!file)
		err_set(err, ERR_FAILED, "%s: %s", path.text, strerror(errno));
	strbuf_fini(&path);
	return file;
}

static bool read_meta(struct run *run, const char *base, struct err *err)
{
	FILE *file = open_beside(base, ".meta.json", err);
	if (!file)
		return false;
	char *meta = mem_new(1, META), end[TEXT];
	bool good = fread(meta, 1, META - 1, file) && value_of(meta, "scenario", run->scenario) &&
		    value_of(meta, "t_end", end) && clock_parse(end, 0, &run->end_ns);

	free(meta);
	fclose(file);
	return good || err_set(err, ERR_FAILED, "%s.meta.json: no scenario and t_end", base);
}

static bool read_truth(struct run *run, const char *base, struct err *err)
{
	char line[LINE];
	bool good = true;
	FILE *file = open_beside(base, ".truth.jsonl", err);

	if (!file)
		return false;
	for (int number = 1; good && fgets(line, sizeof line, file); number++)
		good = read_move(run, line) || err_set(err, ERR_FAILED, "%s.truth.jsonl:%d: no move", base, number);
	fclose(file);
	return good;
}

/* --- inferring ------------------------------------------------------------------------------------ */

/* Keeps claims in the order of their times; of equal ones, in that in which they are told. */
static void add_claim(struct endpoint *e, const struct claim *claim)
{
	APPEND(e->claims, e->claim_count);
	size_t i = e->claim_count - 1;
	for (; i > 0 && e->claims[i - 1].time_ns > claim->time_ns; i--)
		e->claims[i] = e->claims[i - 1];
	e->claims[i] = *claim;
}

struct collector {
	struct run *run;
	struct record_texts texts;
};

static void collect(void *context, const struct flow *flow)
{
	struct collector *c = context;
	struct conn_record record;
	struct timeline_step step;
	enum tcp_state now[SIDES];

	record_from_flow(flow, &record, &c->texts);
	now[INITIATOR] = now[RESPONDER] = record.midstream ? TCP_UNKNOWN : TCP_CLOSED;
	for (const char *at = record.timeline; at && timeline_next(&at, &step);) {
		enum side side = step.side, peer = side == INITIATOR ? RESPONDER : INITIATOR;
		struct endpoint *e =
			endpoint_of(c->run, &record.ip[side], record.port[side], &record.ip[peer], record.port[peer]);
		struct claim claim = {
			.time_ns = clock_plus(record.first_ns, step.offset_us * NS_PER_US),
			.from = one_closed(step.confirm ? step.state : now[side]),
			.to = one_closed(step.state),
			.basis = step.basis,
			.confirm = step.confirm,
		};
		add_claim(e, &claim);
		if (!step.confirm)
			now[side] = step.state;
	}
}

static void note_segment(struct run *run, const struct segment *s)
{
	struct endpoint *e = endpoint_of(run, &s->source, s->source_port, &s->destination, s->destination_port);
	if (e->seen_ns == CLOCK_NONE)
		e->seen_ns = s->time_ns;
	e = endpoint_of(run, &s->destination, s->destination_port, &s->source, s->source_port);
	if (e->seen_ns == CLOCK_NONE)
		e->seen_ns = s->time_ns;
}

/* Connections begin as those of files do. */
static void ignore_young(void *context, struct young *young)
{
	(void)context;
	(void)young;
}

static bool infer(struct run *run, const char *path, struct err *err)
{
	struct collector collector = {.run = run};
	struct tracker_options options = {
		.stack = stacks[STACK_LINUX], .max_connections = 100000, .first_id = 1, .young = ignore_young};
	struct source *source = source_open(&path, 1, NULL, err);
	struct frame frame;
	struct segment segment;
	enum source_status status;

	if (!source)
		return false;
	struct decoder *decoder = decoder_new(true);
	struct tracker *tracker = tracker_new(&options, collect, &collector);
	while ((status = source_next(source, &frame, err)) == SOURCE_FRAME) {
		tracker_advance(tracker, frame.time_ns);
		if (decoder_frame(decoder, &frame, &segment) != REASON_TCP)
			continue;
		note_segment(run, &segment);
		tracker_segment(tracker, &segment);
	}
	tracker_finish(tracker, run->end_ns);
	tracker_free(tracker);
	decoder_free(decoder);
	source_close(source);
	record_texts_fini(&collector.texts);
	return status == SOURCE_END;
}

/* --- measuring ------------------------------------------------------------------------------------ */

/* May move k be left out of a path? */
static bool optional(const struct endpoint *e, size_t k)
{
	return e->moves[k].hidden ||
	       (k + 1 < e->move_count && e->moves[k + 1].time_ns - e->moves[k].time_ns < TRANSIENT_NS);
}

/* What is asked of an endpoint, and what was said of it. */
struct path {
	enum tcp_state *wanted, *said;
	bool *optional;
	size_t wanted_count, said_count;
	size_t first; /* of the endpoint's moves: wanted[0] */
};

/* A tracker can know of the state in which a connection was when it came into sight, and of what happened while
 * the first segment was on its way; not of what was before. */
static struct path path_of(const struct endpoint *e, int64_t end_ns)
{
	struct path p = {
		.wanted = mem_new(e->move_count + 1, sizeof *p.wanted),
		.optional = mem_new(e->move_count + 1, sizeof *p.optional),
		.said = mem_new(e->claim_count + 1, sizeof *p.said),
	};
	int64_t sight_ns = e->seen_ns - FLIGHT_NS;
	enum tcp_state last = TCP_CLOSED;
	size_t at_sight = 0;

	while (p.first < e->move_count && e->moves[p.first].time_ns <= sight_ns)
		p.first++;
	if (p.first && e->moves[p.first - 1].to != TCP_CLOSED)
		p.first--;
	for (size_t k = p.first; k < e->move_count && e->moves[k].time_ns <= end_ns; k++) {
		p.optional[p.wanted_count] = optional(e, k);
		p.wanted[p.wanted_count++] = e->moves[k].to;
		if (e->moves[k].time_ns <= e->seen_ns)
			at_sight = p.wanted_count;
	}
	for (size_t k = 0; k < at_sight; k++)
		p.optional[k] = p.optional[k] || k + 1 < at_sight || p.wanted[k] == TCP_CLOSED;

	for (size_t i = 0; i < e->claim_count; i++) {
		const struct claim *c = &e->claims[i];
		if (c->confirm || c->time_ns > end_ns)
			continue;
		if (c->time_ns <= sight_ns) {
			p.said_count = 0; /* only the last one counts */
			last = TCP_CLOSED;
		}
		if (c->to != last)
			p.said[p.said_count++] = last = c->to;
	}
	return p;
}

/* Can what was said be had from what is wanted by leaving out optional states?  Equal states that one of those
 * separated are said as one.  reached[j]: everything said so far fits the first j wanted states. */
static bool path_fits(const struct path *p)
{
	bool *reached = mem_new(p->wanted_count + 1, 1), *next = mem_new(p->wanted_count + 1, 1);

	reached[0] = true;
	for (size_t i = 0; i <= p->said_count; i++) {
		for (size_t j = 0; j < p->wanted_count; j++)
			if (reached[j] && (p->optional[j] || (i && p->wanted[j] == p->said[i - 1])))
				reached[j + 1] = true;
		if (i == p->said_count)
			break;
		memset(next, 0, p->wanted_count + 1);
		for (size_t j = 0; j < p->wanted_count; j++)
			next[j + 1] = reached[j] && p->wanted[j] == p->said[i];
		memcpy(reached, next, p->wanted_count + 1);
	}
	bool fits = reached[p->wanted_count];
	free(reached);
	free(next);
	return fits;
}

static bool final_fits(const struct path *p, const struct endpoint *e)
{
	enum tcp_state said = p->said_count ? p->said[p->said_count - 1] : TCP_CLOSED;

	for (size_t k = p->wanted_count;; k--) {
		if (said == (k ? p->wanted[k - 1] : TCP_CLOSED))
			return true;
		if (!k || !e->moves[p->first + k - 1].hidden)
			return false;
	}
}

/* The share of the time from `from` to `to` in which both were in the same state. */
static double time_share(const struct endpoint *e, int64_t from_ns, int64_t to_ns)
{
	enum tcp_state really = TCP_CLOSED, said = TCP_CLOSED;
	int64_t now_ns = from_ns, same_ns = 0;
	size_t k = 0, i = 0;

	while (now_ns < to_ns) {
		for (; k < e->move_count && e->moves[k].time_ns <= now_ns; k++)
			really = e->moves[k].to;
		for (; i < e->claim_count && (e->claims[i].confirm || e->claims[i].time_ns <= now_ns); i++)
			if (!e->claims[i].confirm)
				said = e->claims[i].to;
		int64_t next_ns = to_ns;
		if (k < e->move_count && e->moves[k].time_ns < next_ns)
			next_ns = e->moves[k].time_ns;
		if (i < e->claim_count && e->claims[i].time_ns < next_ns)
			next_ns = e->claims[i].time_ns;
		same_ns += really == said ? next_ns - now_ns : 0;
		now_ns = next_ns;
	}
	return to_ns > from_ns ? (double)same_ns / (double)(to_ns - from_ns) : 1;
}

/* Had the endpoint really made this move by the time for which it is claimed?  *used counts the moves up to the last
 * one that an earlier proof stands for: a new move needs a later one. */
static bool claim_holds(const struct endpoint *e, const struct claim *c, bool told_before, size_t *used)
{
	size_t k = 0;

	while (k < e->move_count && e->moves[k].time_ns - e->moves[k].error_ns <= c->time_ns)
		k++;
	for (; k > (told_before ? 0 : *used); k--) {
		if (e->moves[k - 1].to != c->to)
			continue;
		size_t back = k - 1; /* the state before, past those that need not be noticed */
		while (back > 0 && e->moves[back - 1].to != c->from && optional(e, back - 1))
			back--;
		enum tcp_state came = back > 0 ? e->moves[back - 1].to : TCP_CLOSED;
		if (!told_before && *used && came != c->from && c->from != TCP_UNKNOWN)
			continue;
		*used = k > *used ? k : *used;
		return true;
	}
	return c->to == TCP_CLOSED && !e->move_count; /* refused: there never was a socket */
}

static void print_endpoint(const char *name, const struct endpoint *e)
{
	char own[ADDR_TEXT], peer[ADDR_TEXT];

	printf("# %s: %s port %" PRId64 ", peer %s port %" PRId64 "\n", name, addr_print(&e->ip[0], own), e->port[0],
		addr_print(&e->ip[1], peer), e->port[1]);
}

static void score_endpoint(struct score *score, const char *name, const struct endpoint *e, int64_t end_ns)
{
	struct path path = path_of(e, end_ns);
	bool fits = path_fits(&path);
	enum tcp_state now = TCP_UNKNOWN;
	size_t used = 0;

	score->endpoints++;
	score->path += fits;
	score->final += final_fits(&path, e);
	score->time += time_share(e, e->seen_ns, end_ns);
	if (verbose && !fits) {
		print_endpoint(name, e);
		printf("#     truth   ");
		for (size_t k = 0; k < path.wanted_count; k++)
			printf(" %s%s", state_words[path.wanted[k]].name, path.optional[k] ? "?" : "");
		printf("\n#     inferred");
		for (size_t i = 0; i < path.said_count; i++)
			printf(" %s", state_words[path.said[i]].name);
		printf("\n");
	}
	for (size_t i = 0; i < e->claim_count; i++) {
		const struct claim *c = &e->claims[i];
		bool told_before = c->confirm || c->to == now;
		if (!c->confirm)
			now = c->to;
		if (c->basis != BASIS_PROVED || c->time_ns > end_ns)
			continue;
		score->proved++;
		if (claim_holds(e, c, told_before, &used)) {
			score->sound++;
			continue;
		}
		print_endpoint(name, e);
		printf("#     unsound: %s proved at %" PRId64 ".%06" PRId64 "\n", state_words[c->to].name,
			c->time_ns / NS_PER_S, c->time_ns % NS_PER_S / NS_PER_US);
	}
	free(path.wanted);
	free(path.optional);
	free(path.said);
}

/* --- runs and scenarios --------------------------------------------------------------------------- */

static struct score *score_of(struct score **scores, size_t *count, const char *scenario)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp((*scores)[i].scenario, scenario))
			return &(*scores)[i];
	struct score *score = APPEND(*scores, *count);
	snprintf(score->scenario, sizeof score->scenario, "%s", scenario);
	return score;
}

static bool score_run(struct score **scores, size_t *count, const char *pcap, struct err *err)
{
	struct run run = {0};
	const char *slash = strrchr(pcap, '/'), *name = slash ? slash + 1 : pcap;
	char *base = mem_copy(pcap);

	base[strlen(base) - strlen(".pcap")] = '\0';
	bool good = read_meta(&run, base, err) && read_truth(&run, base, err) && infer(&run, pcap, err);
	struct score *score = good ? score_of(scores, count, run.scenario) : NULL;
	for (size_t i = 0; i < run.count; i++) {
		struct endpoint *e = &run.endpoints[i];
		if (good && e->seen_ns != CLOCK_NONE)
			score_endpoint(score, name, e, run.end_ns);
		free(e->moves);
		free(e->claims);
	}
	free(run.endpoints);
	free(base);
	return good;
}

static double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 100;
}

static struct score mean_of(const struct score *scores, size_t count)
{
	struct score mean = {.scenario = "mean of scenarios"};

	for (size_t i = 0; i < count; i++) {
		mean.path += scores[i].path / (double)count;
		mean.time += scores[i].time / (double)count;
		mean.final += scores[i].final / (double)count;
		mean.proved += scores[i].proved;
		mean.sound += scores[i].sound;
	}
	return mean;
}

static void print_row(const struct score *s)
{
	printf("# %-28s %6.1f %6.2f %6.1f %6d %6.1f\n", s->scenario, s->path, s->time, s->final, s->proved,
		percent(s->sound, s->proved));
}

int main(int argc, char **argv)
{
	struct strbuf pattern = {0};
	const char *srcdir = getenv("srcdir");
	struct score *scores = NULL;
	size_t count = 0;
	glob_t files;
	struct err err;

	verbose = argc > 1 && !strcmp(argv[1], "-v");
	if (argc > 3 || (argc > 1 && !verbose)) {
		fprintf(stderr, "usage: score [-v [FOLDER]]\n");
		return 2;
	}
	if (argc > 2)
		strbuf_addf(&pattern, "%s/*.pcap", argv[2]);
	else
		strbuf_addf(&pattern, "%s/tests/lab/corpus/*.pcap", srcdir ? srcdir : SOURCE_FOLDER);
	if (glob(pattern.text, 0, NULL, &files)) {
		fprintf(stderr, "score: no %s\n", pattern.text);
		return 1;
	}
	strbuf_fini(&pattern);
	for (size_t i = 0; i < files.gl_pathc; i++)
		if (!score_run(&scores, &count, files.gl_pathv[i], &err))
			tap_ok(false, "%s", err.text);
	globfree(&files);

	printf("# %-28s %6s %6s %6s %6s %6s\n", "percent", "path", "time", "final", "proved", "sound");
	for (size_t i = 0; i < count; i++) {
		struct score *s = &scores[i];
		s->path = percent(s->path, s->endpoints);
		s->time = percent(s->time, s->endpoints);
		s->final = percent(s->final, s->endpoints);
		print_row(s);
	}
	struct score mean = mean_of(scores, count);
	print_row(&mean);
	if (!verbose) {
		for (size_t i = 0; i < count; i++)
			tap_ok(scores[i].sound == scores[i].proved, "%s: what is proved was so", scores[i].scenario);
		tap_ok(mean.path >= HELD.path, "path: %.1f %% on average, at least %.1f", mean.path, HELD.path);
		tap_ok(mean.time >= HELD.time, "time: %.1f %% on average, at least %.1f", mean.time, HELD.time);
		tap_ok(mean.final >= HELD.final, "final: %.1f %% on average, at least %.1f", mean.final, HELD.final);
	}
	free(scores);
	return verbose ? tap_failed != 0 : tap_end();
}
