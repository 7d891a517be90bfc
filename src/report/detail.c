/* detail: see detail.h. */
#include "report/detail.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/html.h"
#include "view/evidence.h"
#include "view/ladder.h"
#include "view/svg.h"
#include "view/term.h"
#include "view/units.h"

struct detail {
	struct conn_record record;
	struct ladder *ladder;
	struct strbuf evidence; /* HTML */
	bool has_segments;
};

struct detail *detail_new(void)
{
	struct detail *detail = mem_new(1, sizeof *detail);

	detail->ladder = ladder_new(false);
	return detail;
}

void detail_free(struct detail *detail)
{
	if (!detail)
		return;
	record_fini(&detail->record);
	ladder_free(detail->ladder);
	strbuf_fini(&detail->evidence);
	free(detail);
}

int64_t detail_id(const struct detail *detail)
{
	return detail->record.id;
}

void detail_anomaly(struct detail *detail, const struct anomaly_record *row)
{
	enum severity severity = severity_from_word(row->severity);
	struct strbuf text = {0};

	ladder_anomaly(detail->ladder, row);
	strbuf_add(&detail->evidence,
		"<p class=\"ev\"><svg class=\"sv\" viewBox=\"0 0 10 10\" width=\"10\" height=\"10\">");
	svg_add_severity(&detail->evidence, 0, 0, 10, severity);
	strbuf_add(&detail->evidence, "</svg><code>");
	html_add(&detail->evidence, row->code);
	strbuf_add(&detail->evidence, "</code>, ");
	html_add(&detail->evidence, row->severity);
	strbuf_add(&detail->evidence, ", ");
	html_add(&detail->evidence, row->confidence);
	strbuf_add(&detail->evidence, "<br><span>");
	evidence_add(&text, row);
	html_add(&detail->evidence, text.text);
	strbuf_add(&detail->evidence, "</span></p>\n");
	strbuf_fini(&text);
}

void detail_connection(struct detail *detail, const struct conn_record *record)
{
	record_copy(&detail->record, record);
	ladder_connection(detail->ladder, &detail->record);
}

void detail_segment(void *context, const struct seen_segment *segment)
{
	struct detail *detail = context;

	detail->has_segments = true;
	ladder_segment(detail->ladder, segment);
}

/* --- HTML ------------------------------------------------------------------------------------------ */

static void add_fact(struct strbuf *out, const char *name, const char *value)
{
	if (!value)
		return;
	strbuf_addf(out, "<dt>%s</dt><dd>", name);
	html_add(out, value);
	strbuf_add(out, "</dd>");
}

static void add_facts(struct strbuf *out, const struct conn_record *r)
{
	char text[CLOCK_TEXT], trip[32];

	strbuf_add(out, "<div><h3>Facts</h3><dl class=\"kv\">");
	add_fact(out, "Start", term_time(r->first_ns, 3, text));
	add_fact(out, "Duration",
		clock_print_span(clock_times((int)NS_PER_US, r->duration_us > 0 ? r->duration_us : 0), text));
	add_fact(out, "Outcome", r->outcome);
	add_fact(out, "First closer", r->first_closer);
	add_fact(out, "Reset by", r->reset_by);
	add_fact(out, "Roles from", r->role_basis);
	if (r->syn_rtt_us >= 0 && r->ack_rtt_us >= 0) {
		snprintf(trip, sizeof trip, "%.1f ms", ((double)r->syn_rtt_us + (double)r->ack_rtt_us) / 1000);
		add_fact(out, "Handshake RTT", trip);
	}
	if (r->time_wait_ends_ns != CLOCK_NONE)
		add_fact(out, "TIME-WAIT until", term_time(r->time_wait_ends_ns, 3, text));
	add_fact(out, "Tunnel", r->tunnel);
	strbuf_add(out, "</dl></div>\n");
}

static void add_quality(struct strbuf *out, const struct conn_record *r)
{
	const struct {
		int64_t flag;
		const char *words;
	} notes[] = {
		{r->midstream, "Its beginning was not captured."},
		{r->one_sided, "Only one direction was captured."},
		{r->gap_possible, "Gap possible: the capture missed some of it, or lost packets meanwhile."},
		{r->truncated, "Payload was cut by the snap length."},
	};

	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
		if (notes[i].flag)
			strbuf_addf(out, "<p class=\"note\">%s</p>\n", notes[i].words);
}

static void add_sides(struct strbuf *out, const struct conn_record *r)
{
	static const struct {
		const char *name;
		int initiator; /* column; the responder's follows it */
		bool count;    /* told only where there was any */
	} facts[] = {
		{"segments", RECORD_COLUMN_initiator_segments, false},
		{"payload octets", RECORD_COLUMN_initiator_bytes, false},
		{"sent again", RECORD_COLUMN_initiator_retransmitted_segments, true},
		{"out of order", RECORD_COLUMN_initiator_out_of_order_segments, true},
		{"octets never seen", RECORD_COLUMN_initiator_gap_bytes, true},
		{"zero windows", RECORD_COLUMN_initiator_zero_windows, true},
		{"MSS", RECORD_COLUMN_initiator_mss, false},
		{"window scale", RECORD_COLUMN_initiator_window_scale, false},
		{"TTL", RECORD_COLUMN_initiator_ttl, false},
		{"ISN", RECORD_COLUMN_initiator_isn, false},
		{"country", RECORD_COLUMN_initiator_country, true},
		{"network", RECORD_COLUMN_initiator_organisation, true},
	};

	strbuf_add(out, "<div><h3>Each side</h3><table><tr><th></th><th class=\"r\">initiator</th><th "
			"class=\"r\">responder</th></tr>");
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		struct record_value value[SIDES];
		bool known[SIDES], any = false, is_text = record_columns[facts[i].initiator].kind == RECORD_TEXT;

		for (int side = 0; side < SIDES; side++) {
			known[side] = record_value(r, facts[i].initiator + side, &value[side]);
			any |= known[side] && (is_text || value[side].number || !facts[i].count);
		}
		if (!any)
			continue;
		strbuf_addf(out, "<tr><td>%s</td>", facts[i].name);
		for (int side = 0; side < SIDES; side++) {
			strbuf_add(out, "<td class=\"r\">");
			if (known[side] && is_text)
				html_add(out, value[side].text);
			else if (known[side])
				strbuf_add_int(out, value[side].number);
			else
				strbuf_add(out, "\u2013");
			strbuf_add(out, "</td>");
		}
		strbuf_add(out, "</tr>");
	}
	strbuf_add(out, "</table></div>\n");
}

static void add_title(struct strbuf *out, const struct conn_record *r)
{
	enum outcome outcome = r->outcome ? outcome_from_word(r->outcome) : OUTCOMES;
	char ip[ADDR_TEXT];

	strbuf_addf(out, "<div class=\"head\"><h2>Connection %lld <span class=\"m\">", (long long)r->id);
	for (int side = 0; side < SIDES; side++) {
		strbuf_addf(out, addr_is_v4(&r->ip[side]) ? "%s:%lld" : "[%s]:%lld", addr_print(&r->ip[side], ip),
			(long long)r->port[side]);
		strbuf_add(out, side == INITIATOR ? " \u2192 " : "");
	}
	strbuf_add(out, "</span></h2><p>");
	html_add(out, outcome < OUTCOMES ? outcome_words[outcome].meaning : r->outcome ? r->outcome : "");
	strbuf_add(out, "</p></div>\n");
}

void detail_add(struct detail *detail, struct strbuf *out, bool shown)
{
	const struct conn_record *r = &detail->record;

	ladder_lay_out(detail->ladder);
	strbuf_addf(out, "<section class=\"one%s\" id=\"c%lld\">\n", shown ? " on" : "", (long long)r->id);
	add_title(out, r);
	strbuf_add(out, "<div class=\"panel\"><div class=\"cols\"><div class=\"fig\">");
	ladder_add_svg(detail->ladder, out);
	if (!detail->has_segments)
		strbuf_add(out, "<p class=\"note\">From the database alone: what its history shows to have passed. "
				"The capture has every segment.</p>");
	strbuf_add(out, "</div>\n<aside>\n");
	add_facts(out, r);
	add_sides(out, r);
	if (detail->evidence.length) {
		strbuf_add(out, "<div><h3>Anomalies and their evidence</h3>\n");
		strbuf_add_n(out, detail->evidence.text, detail->evidence.length);
		strbuf_add(out, "</div>\n");
	}
	add_quality(out, r);
	strbuf_add(out, "</aside></div></div>\n</section>\n");
}
