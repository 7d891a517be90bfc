/* story: see story.h. */
#include "view/story.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "view/evidence.h"
#include "view/ladder.h"
#include "view/term.h"
#include "view/units.h"

/* What the story keeps of an anomaly. */
struct incident {
	char *code, *severity, *told;
};

struct story {
	FILE *out;
	struct grid_style style;
	const struct conn_record *record;
	struct ladder *ladder;
	bool has_segments;
	struct incident *incidents;
	int count;
};

struct story *story_new(FILE *out, const struct grid_style *style, bool unfold)
{
	struct story *story = mem_new(1, sizeof *story);

	story->out = out;
	story->style = *style;
	story->ladder = ladder_new(unfold);
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
	ladder_free(story->ladder);
	free(story);
}

void story_anomaly(struct story *story, const struct anomaly_record *row)
{
	struct strbuf text = {0};

	story->incidents = mem_grow(story->incidents, (size_t)(story->count + 1) * sizeof *story->incidents);
	struct incident *incident = &story->incidents[story->count++];
	incident->severity = mem_copy(row->severity);
	strbuf_add_safe(&text, *row->code ? row->code : "?");
	incident->code = mem_copy(text.text);
	strbuf_clear(&text);
	strbuf_add_safe(&text, row->severity);
	strbuf_add(&text, ", ");
	strbuf_add_safe(&text, row->confidence);
	strbuf_add(&text, ": ");
	evidence_add(&text, row);
	incident->told = mem_copy(text.text);
	strbuf_fini(&text);
	ladder_anomaly(story->ladder, row);
}

void story_connection(struct story *story, const struct conn_record *record)
{
	story->record = record;
	ladder_connection(story->ladder, record);
}

void story_segment(void *context, const struct seen_segment *segment)
{
	struct story *story = context;

	story->has_segments = true;
	ladder_segment(story->ladder, segment);
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

/* One more phrase of a line, or of the next where that is full.  Words come from a database: they are made safe. */
__attribute__((format(printf, 3, 4))) static void add_phrase(
	const struct story *story, struct strbuf *line, const char *format, ...)
{
	struct strbuf phrase = {0};
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	strbuf_add_safe(&phrase, text);
	const char *begin = line->length ? strrchr(line->text, '\n') : NULL;
	unsigned at = line->length ? term_columns(begin ? begin + 1 : line->text) : 0;
	bool full = story->style.width && at + 3 + term_columns(phrase.text) > story->style.width;
	strbuf_addf(line, "%s%s", !at ? "" : full ? "\n" : "   ", phrase.text);
	strbuf_fini(&phrase);
}

static void add_when_and_how_much(const struct story *story, struct strbuf *line)
{
	const struct conn_record *r = story->record;
	char when[CLOCK_TEXT], sent[2][UNITS_TEXT];

	add_phrase(story, line, "start %s", clock_print(r->first_ns, 3, when));
	add_phrase(story, line, "%s / %s", units_bytes(r->bytes[INITIATOR], sent[0]),
		units_bytes(r->bytes[RESPONDER], sent[1]));
	if (r->syn_rtt_us != CLOCK_NONE && r->ack_rtt_us != CLOCK_NONE)
		add_phrase(story, line, "RTT %.1f ms", (double)(r->syn_rtt_us + r->ack_rtt_us) / 1000);
	strbuf_add_char(line, '\n');
}

static void add_roles_and_end(const struct story *story, struct strbuf *line)
{
	const struct conn_record *r = story->record;
	bool learned = r->time_wait_basis && !strcmp(r->time_wait_basis, "learned");
	char when[CLOCK_TEXT];

	add_phrase(story, line, "roles from %s", r->role_basis ? r->role_basis : "-");
	if (r->first_closer)
		add_phrase(story, line, "first closer: %s", r->first_closer);
	if (r->reset_by)
		add_phrase(story, line, "reset by: %s", r->reset_by);
	if (r->time_wait_ends_ns != CLOCK_NONE)
		add_phrase(story, line, "TIME-WAIT until %s%s", time_of_day(r->time_wait_ends_ns, when),
			learned ? " (as the host showed)" : "");
	strbuf_add_char(line, '\n');
}

static void add_notes(const struct conn_record *r, struct strbuf *line)
{
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
			strbuf_addf(line, "note: %s\n", notes[i].word);
}

static void print_head(const struct story *story)
{
	const struct conn_record *r = story->record;
	struct strbuf line = {0}, end[SIDES] = {{0}};
	char span[CLOCK_TEXT];

	add_phrase(story, &line, "connection %lld", (long long)r->id);
	for (int side = 0; side < SIDES; side++)
		add_endpoint(&end[side], r, (enum side)side);
	add_phrase(story, &line, "%s %s %s", end[INITIATOR].text, term_arrow(), end[RESPONDER].text);
	add_phrase(story, &line, "%s", r->outcome ? r->outcome : "-");
	add_phrase(story, &line, "%s", clock_print_span(r->duration_us * NS_PER_US, span));
	strbuf_add_char(&line, '\n');
	add_when_and_how_much(story, &line);
	add_roles_and_end(story, &line);
	add_notes(r, &line);
	strbuf_flush(&line, story->out);
	strbuf_fini(&line);
	strbuf_fini(&end[INITIATOR]);
	strbuf_fini(&end[RESPONDER]);
}

/* Pairs of values, initiator and responder side by side.  What was counted and did not happen is left out. */
static void print_facts(FILE *out, const struct conn_record *r)
{
	static const struct {
		const char *name;
		int initiator; /* column; the responder's follows it */
		bool count;    /* told only when there was any */
	} facts[] = {
		{"segments", RECORD_COLUMN_initiator_segments, false},
		{"payload octets", RECORD_COLUMN_initiator_bytes, false},
		{"sent again", RECORD_COLUMN_initiator_retransmitted_segments, true},
		{"  at once, by ACKs", RECORD_COLUMN_initiator_fast_retransmissions, true},
		{"  needlessly", RECORD_COLUMN_initiator_spurious_retransmissions, true},
		{"out of order", RECORD_COLUMN_initiator_out_of_order_segments, true},
		{"never seen (octets)", RECORD_COLUMN_initiator_gap_bytes, true},
		{"zero windows", RECORD_COLUMN_initiator_zero_windows, true},
		{"MSS", RECORD_COLUMN_initiator_mss, false},
		{"window scale", RECORD_COLUMN_initiator_window_scale, false},
		{"TTL", RECORD_COLUMN_initiator_ttl, false},
		{"ISN", RECORD_COLUMN_initiator_isn, false},
	};
	struct record_value value[SIDES];

	fprintf(out, "\n%-20s %12s %12s\n", "", "INITIATOR", "RESPONDER");
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		bool known[SIDES], any = false;

		for (int side = 0; side < SIDES; side++) {
			known[side] = record_value(r, facts[i].initiator + side, &value[side]);
			any |= known[side] && (value[side].number || !facts[i].count);
		}
		if (!any)
			continue;
		fprintf(out, "%-20s", facts[i].name);
		for (int side = 0; side < SIDES; side++)
			if (known[side])
				fprintf(out, " %12lld", (long long)value[side].number);
			else
				fprintf(out, " %12s", "-");
		fputc('\n', out);
	}
}

/* --- anomalies ------------------------------------------------------------------------------------- */

static void add_mark(struct strbuf *line, const struct story *story, const struct incident *incident)
{
	const char *paint = term_begin(term_severity_paint(incident->severity), TCP_UNKNOWN, BASIS_PROVED);

	strbuf_addf(line, "%s%s %s%s", story->style.color ? paint : "", term_severity_mark(incident->severity),
		incident->code, story->style.color ? term_end : "");
}

/* Below the story: what each rests on. */
static void print_incidents(const struct story *story)
{
	const struct incident *worst = NULL;
	struct strbuf line = {0};
	unsigned width = 0, columns = story->style.width;

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

void story_print(struct story *story, const char *hint)
{
	print_head(story);
	print_facts(story->out, story->record);
	ladder_lay_out(story->ladder);
	fputc('\n', story->out);
	ladder_print(story->ladder, story->out, &story->style);
	if (hint && !story->has_segments)
		fprintf(story->out, "%s\n", hint);
	print_incidents(story);
}
