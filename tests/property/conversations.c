/* conversations: what must not change a result, over many random conversations.
 *
 * Each property is tried on the same seeds; the first that breaks it is printed, and comes back with the seed as an
 * argument: tests/property/conversations 17. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/zeek_log.h"
#include "tests/lib/tap.h"
#include "tests/lib/ways.h"
#include "tests/property/talk.h"

enum { TALKS = 250, TALKS_BY_FILE = 40 };

static char file_one[] = "/tmp/lastack-property-XXXXXX", file_two[] = "/tmp/lastack-property-XXXXXX";
static uint64_t only_seed;

/* --- helpers ------------------------------------------------------------------------------------- */

/* Takes the lines that begin with this code out of the text. */
static void forget_code(struct strbuf *lines, const char *code)
{
	struct strbuf left = {0};

	for (const char *at = lines->text; at && *at;) {
		size_t length = strcspn(at, "\n") + 1;
		if (strncmp(at, code, strlen(code)) != 0)
			strbuf_add_n(&left, at, length);
		at += length;
	}
	strbuf_fini(lines);
	*lines = left;
}

/* Forgets the columns whose names end so, or the anomalies of this code. */
static void forget(struct rows *rows, const char *ending)
{
	forget_code(&rows->anomalies, ending);
	for (size_t i = 0; i < rows->count; i++)
		forget_code(&rows->row[i].anomalies, ending);
	for (size_t i = 0; i < rows->count; i++)
		for (int c = 0; c < RECORD_COLUMNS; c++) {
			const char *name = record_columns[c].name;
			size_t length = strlen(name), end = strlen(ending);

			if (length >= end && !strcmp(name + length - end, ending)) {
				free(rows->row[i].column[c]);
				rows->row[i].column[c] = NULL;
			}
		}
}

static const char *value(const struct row *row, const char *column)
{
	return row->column[record_column_find(column)];
}

static long long number(const struct row *row, const char *column)
{
	const char *text = value(row, column);

	return text ? strtoll(text, NULL, 10) : 0;
}

static struct scenario copy_of(const struct scenario *from)
{
	struct scenario to;

	scenario_init(&to, from->name);
	for (size_t i = 0; i < from->step_count; i++)
		scenario_add(&to, &from->steps[i]);
	return to;
}

/* A few conversations at once. */
static void make(struct talk *talk, uint64_t seed)
{
	talk_make(talk, seed);
	for (uint64_t more = seed % 3; more; more--) {
		struct talk another;

		talk_make(&another, seed * 1000 + more);
		if (another.port != talk->port)
			talk_join(talk, &another);
		talk_fini(&another);
	}
}

/* Runs the changed scenario, forgets what has to differ, and compares. */
static bool same_after(
	struct scenario *changed, const struct rows *before, const char *const *differs, struct strbuf *why)
{
	struct rows rows, wanted = {0};
	bool same;

	way_segments(changed, &rows);
	if (before->anomalies.text)
		strbuf_add(&wanted.anomalies, before->anomalies.text);
	for (size_t i = 0; i < before->count; i++) {
		wanted.row = mem_grow(wanted.row, (i + 1) * sizeof *wanted.row);
		wanted.row[i].anomalies = (struct strbuf){0};
		if (before->row[i].anomalies.text)
			strbuf_add(&wanted.row[i].anomalies, before->row[i].anomalies.text);
		for (int c = 0; c < RECORD_COLUMNS; c++) {
			const char *text = before->row[i].column[c];
			wanted.row[i].column[c] = text ? mem_copy(text) : NULL;
		}
		wanted.count++;
	}
	for (; *differs; differs++) {
		forget(&rows, *differs);
		forget(&wanted, *differs);
	}
	same = rows_same(&rows, &wanted, why);
	rows_fini(&rows);
	rows_fini(&wanted);
	return same;
}

/* --- properties: each gets a conversation and what came of it ------------------------------------ */

static bool hash_key(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	static const char *const none[] = {NULL};
	struct scenario again = copy_of(&t->scenario);
	bool same = same_after(&again, rows, none, why); /* each tracker has a random key */

	scenario_fini(&again);
	return same;
}

static bool numbers_shifted(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	static const char *const differs[] = {"_isn", NULL};
	bool same = true;

	/* so that the initial number, or the next ones, are the last before 2^32; never the same on both sides, which
	 * would mean something to Zeek */
	for (uint32_t gap = 0; same && gap < 1200; gap += 299) {
		struct scenario shifted = copy_of(&t->scenario);

		for (size_t i = 0; i < shifted.step_count; i++) {
			struct segment *s = &shifted.steps[i].segment;
			bool from_initiator = s->destination_port == 443;
			uint32_t by[SIDES] = {
				UINT32_MAX - gap - t->isn[INITIATOR], UINT32_MAX - 1 - gap / 2 - t->isn[RESPONDER]};

			s->seq += by[from_initiator ? INITIATOR : RESPONDER];
			if (s->ctl & CTL_ACK)
				s->ack += by[from_initiator ? RESPONDER : INITIATOR];
		}
		same = same_after(&shifted, rows, differs, why);
		scenario_fini(&shifted);
	}
	return same;
}

static bool times_shifted(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	static const char *const differs[] = {"_ns", NULL};
	struct scenario shifted = copy_of(&t->scenario);

	for (size_t i = 0; i < shifted.step_count; i++)
		shifted.steps[i].segment.time_ns -= 1000000007 * NS_PER_S;
	bool same = same_after(&shifted, rows, differs, why);
	scenario_fini(&shifted);
	return same;
}

static bool addresses_swapped(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	static const char *const differs[] = {"_ip", "community_id", NULL};
	struct scenario swapped = copy_of(&t->scenario);

	for (size_t i = 0; i < swapped.step_count; i++) {
		struct segment *s = &swapped.steps[i].segment;
		struct addr source = s->source;

		s->source = s->destination;
		s->destination = source;
	}
	bool same = same_after(&swapped, rows, differs, why);
	scenario_fini(&swapped);
	return same;
}

/* A mirror port that shows everything twice. */
static bool duplicates(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	static const char *const counted[] = {"initiator_bytes", "responder_bytes", "initiator_gap_bytes",
		"responder_gap_bytes", "outcome", "initiator_state", "responder_state"};
	struct scenario twice;
	struct rows after;
	bool same;

	scenario_init(&twice, "twice");
	for (size_t i = 0; i < 2 * t->scenario.step_count; i++) {
		struct scenario_step step = t->scenario.steps[i / 2];
		step.segment.time_ns += i % 2 ? 1000 : 0;
		scenario_add(&twice, &step);
	}
	way_segments(&twice, &after);
	same = after.count == rows->count;
	for (size_t i = 0; same && i < after.count; i++)
		for (size_t c = 0; c < sizeof counted / sizeof *counted; c++) {
			const char *x = value(&after.row[i], counted[c]), *y = value(&rows->row[i], counted[c]);
			if ((x || y) && (!x || !y || strcmp(x, y))) {
				strbuf_addf(why, "%s: %s, once %s\n", counted[c], x ? x : "-", y ? y : "-");
				same = false;
			}
		}
	rows_fini(&after);
	scenario_fini(&twice);
	return same;
}

/* Packets in all rows of Zeek's log for a connection. */
static long long zeek_packets(const struct row *row)
{
	const char *at = value(row, "conn_log");
	char room[2][ZEEK_LOG_WORD];
	struct zeek_log_row log;
	long long packets = 0;

	while (at && zeek_log_next(&at, &log, room))
		packets += log.packets[0] + log.packets[1];
	return packets;
}

/* Every segment is in exactly one connection, and in exactly one row of Zeek's log; ids count up from 1. */
static bool conservation(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	long long segments = 0, packets = 0;

	for (size_t i = 0; i < rows->count; i++) {
		packets += zeek_packets(&rows->row[i]);
		segments += number(&rows->row[i], "initiator_segments") + number(&rows->row[i], "responder_segments");
		if (number(&rows->row[i], "id") != (long long)i + 1)
			strbuf_addf(why, "connection %zu has id %s\n", i + 1, value(&rows->row[i], "id"));
	}
	if (segments != (long long)t->scenario.step_count)
		strbuf_addf(why, "%zu segments went in, %lld came out\n", t->scenario.step_count, segments);
	if (packets != segments)
		strbuf_addf(why, "%lld segments, %lld packets in Zeek's log\n", segments, packets);
	return !why->length;
}

static bool as_capture(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	struct rows decoded;
	struct err err;
	bool same = way_capture(&t->scenario, file_one, &decoded, &err);

	if (!same)
		strbuf_add(why, err.text);
	same = same && rows_same(&decoded, rows, why);
	rows_fini(&decoded);
	return same;
}

static bool two_files(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	const char *const files[] = {file_two, file_one}; /* in the wrong order: time puts it right */
	struct scenario part[2];
	struct rows merged = {0};
	struct err err;
	size_t middle = t->scenario.step_count / 2;

	for (int i = 0; i < 2; i++)
		scenario_init(&part[i], "part");
	for (size_t i = 0; i < t->scenario.step_count; i++)
		scenario_add(&part[i >= middle], &t->scenario.steps[i]);
	bool same = scenario_write(&part[0], file_one, &err) && scenario_write(&part[1], file_two, &err) &&
		    way_capture_files(files, 2, &t->scenario.stack, &t->scenario.limits, 0, &merged, &err);
	if (!same)
		strbuf_add(why, err.text);
	same = same && rows_same(&merged, rows, why);
	rows_fini(&merged);
	scenario_fini(&part[0]);
	scenario_fini(&part[1]);
	return same;
}

/* What the snap length cuts from payload changes nothing of ours (all checksums are right here). */
static bool snap_length(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	/* to Zeek, what was not captured whole was not captured */
	static const char *const differs[] = {"truncated", "history", "conn_log", "snaplen-cut", NULL};
	struct scenario cut = copy_of(&t->scenario);

	cut.snap_length = 80;
	bool same = same_after(&cut, rows, differs, why);
	scenario_fini(&cut);
	return same;
}

/* RFC 9293 3.3.2, figure 5, with the ends that need no segment; a start in the middle may be anywhere. */
static const uint16_t follows[TCP_STATES] = {
	[TCP_SYN_SENT] = 1 << TCP_SYN_RECEIVED | 1 << TCP_ESTABLISHED | 1 << TCP_CLOSED,
	[TCP_SYN_RECEIVED] = 1 << TCP_ESTABLISHED | 1 << TCP_FIN_WAIT_1 | 1 << TCP_CLOSED,
	[TCP_ESTABLISHED] = 1 << TCP_FIN_WAIT_1 | 1 << TCP_CLOSE_WAIT | 1 << TCP_CLOSED,
	[TCP_FIN_WAIT_1] = 1 << TCP_FIN_WAIT_2 | 1 << TCP_CLOSING | 1 << TCP_TIME_WAIT | 1 << TCP_CLOSED,
	[TCP_FIN_WAIT_2] = 1 << TCP_TIME_WAIT | 1 << TCP_CLOSED,
	[TCP_CLOSE_WAIT] = 1 << TCP_LAST_ACK | 1 << TCP_CLOSED,
	[TCP_CLOSING] = 1 << TCP_TIME_WAIT | 1 << TCP_CLOSED,
	[TCP_LAST_ACK] = 1 << TCP_CLOSED,
	[TCP_TIME_WAIT] = 1 << TCP_CLOSED,
};

static enum tcp_state next_state(const char **at, bool *proved)
{
	char word[40];
	size_t length;

	*at += strspn(*at, " ");
	length = strcspn(*at, " ");
	if (!length || length >= sizeof word)
		return TCP_UNKNOWN;
	memcpy(word, *at, length);
	*at += length;
	*proved = word[length - 1] != '?' && word[length - 1] != '*';
	word[length - !*proved] = '\0';
	return state_from_word(word);
}

static bool legal_paths(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	struct strbuf path = {0};

	(void)t;
	for (size_t i = 0; i < rows->count; i++)
		for (int side = 0; side < SIDES; side++) {
			bool proved;
			rows_path(&rows->row[i], (enum side)side, &path);
			const char *at = path.text;
			enum tcp_state from = next_state(&at, &proved), to;
			for (; from != TCP_UNKNOWN && (to = next_state(&at, &proved)) != TCP_UNKNOWN; from = to)
				if (!(follows[from] & 1 << to))
					strbuf_addf(why, "%s: %s follows %s in %s\n", side_words[side],
						state_words[to].name, state_words[from].name, path.text);
		}
	strbuf_fini(&path);
	return !why->length;
}

/* No state is called proved that the side had not been in, whatever the capture missed and wherever it ended. */
static void check_proved(const uint16_t entered[SIDES], const struct rows *rows, struct strbuf *why)
{
	struct strbuf path = {0};

	for (size_t i = 0; i < rows->count; i++)
		for (int side = 0; side < SIDES; side++) {
			enum side truly = number(&rows->row[i], "initiator_port") != 443 ? (enum side)side
					  : side == INITIATOR                            ? RESPONDER
											 : INITIATOR;
			enum tcp_state state;
			bool proved;
			rows_path(&rows->row[i], (enum side)side, &path);
			const char *at = path.text;
			while ((state = next_state(&at, &proved)) != TCP_UNKNOWN)
				if (proved && !(entered[truly] & 1 << state))
					strbuf_addf(why, "%s had not been in %s: %s\n", side_words[truly],
						state_words[state].name, path.text);
		}
	strbuf_fini(&path);
}

static bool missed_by_capture(const struct talk *t, const struct rows *rows, struct strbuf *why)
{
	struct talk one; /* alone: what is known of the states is known of it */

	(void)rows;
	talk_make(&one, t->random);
	for (uint32_t percent = 0; percent < 100 && !why->length; percent += 4) {
		struct scenario cut;
		struct rows left;
		size_t end = 1 + talk_random(&one.random, (uint32_t)one.scenario.step_count);

		scenario_init(&cut, "cut");
		for (size_t i = 0; i < end; i++)
			if (talk_random(&one.random, 100) >= percent)
				scenario_add(&cut, &one.scenario.steps[i]);
		way_segments(&cut, &left);
		check_proved(one.by_step[end - 1], &left, why);
		rows_fini(&left);
		scenario_fini(&cut);
	}
	talk_fini(&one);
	return !why->length;
}

static const struct {
	const char *name;
	bool (*holds)(const struct talk *t, const struct rows *rows, struct strbuf *why);
	uint64_t talks;
} properties[] = {
	{"every segment is in exactly one connection, and ids count up", conservation, TALKS},
	{"the key of the hash changes nothing", hash_key, TALKS},
	{"other initial numbers, up to and through 2^32, change nothing", numbers_shifted, TALKS},
	{"another time changes nothing", times_shifted, TALKS},
	{"which address is the lower one changes nothing", addresses_swapped, TALKS},
	{"everything captured twice adds no octet and moves no state", duplicates, TALKS},
	{"cut payload changes nothing", snap_length, TALKS},
	{"each side walks RFC 9293's diagram", legal_paths, TALKS},
	{"whatever the capture missed, wherever it ended, no state is proved that was not entered", missed_by_capture,
		TALKS},
	{"a capture file gives what its segments give", as_capture, TALKS_BY_FILE},
	{"two files are one", two_files, TALKS_BY_FILE},
};

/* The first seed that breaks a property, 0 when none does. */
static uint64_t try_all(
	bool (*holds)(const struct talk *, const struct rows *, struct strbuf *), uint64_t talks, struct strbuf *why)
{
	uint64_t first = only_seed ? only_seed : 1, last = only_seed ? only_seed : talks, broken = 0;

	for (uint64_t seed = first; seed <= last && !broken; seed++) {
		struct talk talk;
		struct rows rows;

		make(&talk, seed);
		way_segments(&talk.scenario, &rows);
		if (!holds(&talk, &rows, why))
			broken = seed;
		rows_fini(&rows);
		talk_fini(&talk);
	}
	return broken;
}

int main(int argc, char **argv)
{
	if (mkstemp(file_one) < 0 || mkstemp(file_two) < 0) {
		puts("Bail out! no temporary files");
		return 1;
	}
	only_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
		struct strbuf why = {0};
		uint64_t broken = try_all(properties[i].holds, properties[i].talks, &why);

		if (!tap_ok(!broken, "%s", properties[i].name))
			printf("# seed %llu: %s\n", (unsigned long long)broken, why.text ? why.text : "");
		strbuf_fini(&why);
	}
	unlink(file_one);
	unlink(file_two);
	return tap_end();
}
