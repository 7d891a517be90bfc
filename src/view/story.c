/* story: see story.h. */
#include "view/story.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "view/evidence.h"
#include "view/term.h"
#include "view/units.h"

enum { STEPS = 64 };

/* What the story keeps of an anomaly. */
struct incident {
	int64_t time_ns;
	int side;          /* SIDES: of neither */
	enum anomaly kind; /* ANOMALIES: one that this program does not know */
	char *code, *severity, *told;
};

struct story {
	FILE *out;
	bool color;
	struct incident *incidents;
	int count;
};

struct story *story_new(FILE *out, bool color)
{
	struct story *story = mem_new(1, sizeof *story);

	story->out = out;
	story->color = color;
	return story;
}

void story_free(struct story *story)
{
	for (int i = 0; i < story->count; i++) {
		free(story->incidents[i].code);
		free(story->incidents[i].severity);
		free(story->incidents[i].told);
	}
	free(story->incidents);
	free(story);
}

void story_anomaly(struct story *story, const struct anomaly_record *row)
{
	struct strbuf text = {0};

	story->incidents = mem_grow(story->incidents, (size_t)(story->count + 1) * sizeof *story->incidents);
	struct incident *incident = &story->incidents[story->count++];
	*incident = (struct incident){.time_ns = row->time_ns, .side = SIDES, .kind = anomaly_from_code(row->code)};
	for (int side = 0; side < SIDES; side++)
		if (row->side && !strcmp(row->side, side_words[side]))
			incident->side = side;
	incident->severity = mem_copy(row->severity);
	strbuf_add_safe(&text, row->code);
	incident->code = mem_copy(text.text);
	strbuf_clear(&text);
	strbuf_add_safe(&text, row->severity);
	strbuf_add(&text, ", ");
	strbuf_add_safe(&text, row->confidence);
	strbuf_add(&text, ": ");
	evidence_add(&text, row);
	incident->told = mem_copy(text.text);
	strbuf_fini(&text);
}

static void add_endpoint(struct strbuf *text, const struct conn_record *r, enum side side)
{
	char ip[ADDR_TEXT];

	strbuf_addf(text, addr_is_v4(&r->ip[side]) ? "%s:%lld" : "[%s]:%lld", addr_print(&r->ip[side], ip),
		(long long)r->port[side]);
}

/* Time of day in UTC with milliseconds. */
static const char *time_of_day(int64_t ns, char text[CLOCK_TEXT])
{
	clock_print(ns, 3, text);
	return strlen(text) == 24 ? text + 11 : text;
}

static void print_head(FILE *out, const struct conn_record *r)
{
	struct strbuf line = {0};
	char when[CLOCK_TEXT], span[CLOCK_TEXT], sent[2][UNITS_TEXT];

	strbuf_addf(&line, "connection %lld   ", (long long)r->id);
	add_endpoint(&line, r, INITIATOR);
	strbuf_addf(&line, " %s ", term_arrow());
	add_endpoint(&line, r, RESPONDER);
	strbuf_addf(&line, "   %s   %s\n", r->outcome, clock_print_span(r->duration_us * NS_PER_US, span));
	clock_print(r->first_ns, 3, when);
	strbuf_addf(&line, "start %s   %s / %s", when, units_bytes(r->bytes[INITIATOR], sent[0]),
		units_bytes(r->bytes[RESPONDER], sent[1]));
	if (r->syn_rtt_us != CLOCK_NONE && r->ack_rtt_us != CLOCK_NONE)
		strbuf_addf(&line, "   RTT %.1f ms", (double)(r->syn_rtt_us + r->ack_rtt_us) / 1000);
	strbuf_addf(&line, "\nroles from %s", r->role_basis);
	if (r->first_closer)
		strbuf_addf(&line, "   first closer: %s", r->first_closer);
	if (r->reset_by)
		strbuf_addf(&line, "   reset by: %s", r->reset_by);
	if (r->time_wait_ends_ns != CLOCK_NONE)
		strbuf_addf(&line, "   TIME-WAIT until %s%s", time_of_day(r->time_wait_ends_ns, when),
			r->time_wait_basis && !strcmp(r->time_wait_basis, "learned") ? " (as the host showed)" : "");
	strbuf_add_char(&line, '\n');
	static const struct {
		size_t offset;
		const char *word;
	} notes[] = {
		{offsetof(struct conn_record, midstream), "its beginning was not seen"},
		{offsetof(struct conn_record, one_sided), "only one side was seen"},
		{offsetof(struct conn_record, gap_possible), "the capture missed some of it: octets that were "
							     "acknowledged and never seen, or packets lost meanwhile"},
		{offsetof(struct conn_record, truncated), "payload cut by the snap length"},
	};
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
		if (*(const int64_t *)((const char *)r + notes[i].offset))
			strbuf_addf(&line, "note: %s\n", notes[i].word);
	strbuf_flush(&line, out);
	strbuf_fini(&line);
}

/* Pairs of values, initiator and responder side by side. */
static void print_facts(FILE *out, const struct conn_record *r)
{
	static const struct {
		const char *name;
		int initiator; /* column; the responder's follows it */
	} facts[] = {
		{"segments", RECORD_COLUMN_initiator_segments},
		{"payload octets", RECORD_COLUMN_initiator_bytes},
		{"sent again", RECORD_COLUMN_initiator_retransmitted_segments},
		{"  at once, by ACKs", RECORD_COLUMN_initiator_fast_retransmissions},
		{"  needlessly", RECORD_COLUMN_initiator_spurious_retransmissions},
		{"out of order", RECORD_COLUMN_initiator_out_of_order_segments},
		{"never seen (octets)", RECORD_COLUMN_initiator_gap_bytes},
		{"zero windows", RECORD_COLUMN_initiator_zero_windows},
		{"MSS", RECORD_COLUMN_initiator_mss},
		{"window scale", RECORD_COLUMN_initiator_window_scale},
		{"TTL", RECORD_COLUMN_initiator_ttl},
		{"ISN", RECORD_COLUMN_initiator_isn},
	};
	struct record_value value;

	fprintf(out, "\n%-20s %15s %15s\n", "", "INITIATOR", "RESPONDER");
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		fprintf(out, "%-20s", facts[i].name);
		for (int side = 0; side < SIDES; side++)
			if (record_value(r, facts[i].initiator + side, &value))
				fprintf(out, " %15lld", (long long)value.number);
			else
				fprintf(out, " %15s", "-");
		fputc('\n', out);
	}
}

/* How a step is known; when it is confirmed at its own time, the state is proved and only where it came from is not. */
static void add_proof(struct strbuf *line, const struct timeline_step *steps, int count, int i)
{
	const char *word = steps[i].basis == BASIS_TIMER ? "by timer" : basis_words[steps[i].basis];
	char span[CLOCK_TEXT];

	for (int k = 0; k < count; k++) {
		if (!steps[k].confirm || steps[k].side != steps[i].side || steps[k].state != steps[i].state)
			continue;
		int64_t later = (steps[k].offset_us - steps[i].offset_us) * NS_PER_US;
		if (later < 0) /* of what went before */
			continue;
		if (later > 0)
			strbuf_addf(line, "%s, proved %s later", word, clock_print_span(later, span));
		else
			strbuf_add(line, basis_words[BASIS_PROVED]);
		return;
	}
	strbuf_add(line, word);
}

static int by_offset(const void *a, const void *b)
{
	int64_t one = ((const struct revision *)a)->offset_us, two = ((const struct revision *)b)->offset_us;

	return (one > two) - (one < two);
}

static void add_step(struct strbuf *line, int64_t offset_us, enum side side, const char *state)
{
	char offset[CLOCK_TEXT];

	snprintf(offset, sizeof offset, "%+.3f ms", (double)offset_us / 1000);
	strbuf_addf(line, "%14s  %-15s %-15s ", offset_us ? offset : "0", side == INITIATOR ? state : "",
		side == RESPONDER ? state : "");
}

/* A state that is not in the history any more stands in parentheses. */
static void add_revision(struct strbuf *line, const struct revision *revision)
{
	char span[CLOCK_TEXT], state[24];

	snprintf(state, sizeof state, "(%s)", state_words[revision->state].name);
	add_step(line, revision->offset_us, revision->side, state);
	strbuf_addf(line, "presumed, taken back %s later\n",
		clock_print_span((revision->back_us - revision->offset_us) * NS_PER_US, span));
}

/* --- anomalies ------------------------------------------------------------------------------------- */

static void add_mark(struct strbuf *line, const struct story *story, const struct incident *incident)
{
	const char *paint = term_begin(term_severity_paint(incident->severity), TCP_UNKNOWN, BASIS_PROVED);

	strbuf_addf(line, "%s%s %s%s", story->color ? paint : "", term_severity_mark(incident->severity),
		incident->code, story->color ? term_end : "");
}

/* Where it became known, on the side that it is about. */
static void add_incident(struct strbuf *line, const struct story *story, const struct incident *incident, int64_t us)
{
	enum { SIDE_COLUMNS = 16 };
	const char *title = incident->kind == ANOMALIES ? "" : anomaly_kinds[incident->kind].title;
	char offset[CLOCK_TEXT];
	unsigned used = 2 + term_columns(incident->code);

	snprintf(offset, sizeof offset, "%+.3f ms", (double)us / 1000);
	strbuf_addf(line, "%14s  ", us ? offset : "0");
	if (incident->side == RESPONDER) {
		strbuf_addf(line, "%*s", SIDE_COLUMNS, "");
		used += SIDE_COLUMNS;
	}
	add_mark(line, story, incident);
	for (; used < 2 * SIDE_COLUMNS - 2; used++)
		strbuf_add_char(line, ' ');
	strbuf_addf(line, "  %s\n", title);
}

/* Below the story: what each rests on. */
static void print_incidents(const struct story *story)
{
	const struct incident *worst = NULL;
	struct strbuf line = {0};
	unsigned width = 0, columns = term_width(story->out);

	for (int i = 0; i < story->count; i++)
		if (term_columns(story->incidents[i].code) > width)
			width = term_columns(story->incidents[i].code);
	for (int i = 0; i < story->count; i++) {
		const struct incident *incident = &story->incidents[i];

		strbuf_add(&line, i ? "" : "\n");
		add_mark(&line, story, incident);
		for (unsigned used = term_columns(incident->code); used < width; used++)
			strbuf_add_char(&line, ' ');
		strbuf_add(&line, "  ");
		term_add_wrapped(&line, incident->told, width + 4, width + 4, columns ? columns : UINT_MAX);
		if (!worst || severity_from_word(incident->severity) > severity_from_word(worst->severity))
			worst = incident;
	}
	if (worst)
		strbuf_addf(&line, "lastack explain %s tells what it means\n", worst->code);
	strbuf_flush(&line, story->out);
	strbuf_fini(&line);
}

/* --- the timeline ----------------------------------------------------------------------------------- */

/* What has been printed so far, of what stands between the steps. */
struct between {
	struct revision revisions[STEPS];
	int revision_count, revised;
	int incidents;
};

/* Everything before this time: states that were taken back, and anomalies. */
static void add_between(struct strbuf *line, const struct story *story, const struct conn_record *r, struct between *b,
	int64_t until_us)
{
	for (;;) {
		bool revision = b->revised < b->revision_count, incident = b->incidents < story->count;
		int64_t at = revision ? b->revisions[b->revised].offset_us : INT64_MAX;
		int64_t found =
			incident ? (story->incidents[b->incidents].time_ns - r->first_ns) / NS_PER_US : INT64_MAX;

		if (incident && found < at && found < until_us)
			add_incident(line, story, &story->incidents[b->incidents++], found);
		else if (revision && at < until_us)
			add_revision(line, &b->revisions[b->revised++]);
		else
			return;
	}
}

static void print_timeline(const struct story *story, const struct conn_record *r)
{
	struct timeline_step steps[STEPS];
	struct between between = {0};
	struct strbuf line = {0};
	const char *at = r->timeline, *back = r->revisions;
	int count = 0;

	while (at && count < STEPS && timeline_next(&at, &steps[count]))
		count++;
	while (back && between.revision_count < STEPS &&
		revision_next(&back, &between.revisions[between.revision_count]))
		between.revision_count++;
	qsort(between.revisions, (size_t)between.revision_count, sizeof *between.revisions, by_offset);
	fprintf(story->out, "\n%14s  %-15s %s\n", "TIME", "INITIATOR", "RESPONDER");
	if (!count)
		strbuf_add(&line, "             -  no state of either side is known\n");
	for (int i = 0; i < count; i++) {
		if (steps[i].confirm)
			continue;
		add_between(&line, story, r, &between, steps[i].offset_us);
		add_step(&line, steps[i].offset_us, steps[i].side, state_words[steps[i].state].name);
		add_proof(&line, steps, count, i);
		strbuf_add_char(&line, '\n');
	}
	add_between(&line, story, r, &between, INT64_MAX);
	strbuf_flush(&line, story->out);
	strbuf_fini(&line);
}

void story_print(struct story *story, const struct conn_record *record)
{
	print_head(story->out, record);
	print_facts(story->out, record);
	print_timeline(story, record);
	print_incidents(story);
}
