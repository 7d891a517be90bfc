/* report_page: the slots of the page, and who fills them (report.h). */
#include <assert.h>
#include <string.h>

#include "base/html.h"
#include "base/sha256.h"
#include "report/page.h"
#include "report/report_internal.h"
#include "view/units.h"

static void add_share(struct strbuf *out, int64_t part, int64_t all)
{
	double share = all ? 100.0 * (double)part / (double)all : 0;

	strbuf_addf(out, part && share < .05 ? "%.3f\u202f%%" : "%.1f\u202f%%", share);
}

static void fill_title(struct report *report, struct strbuf *out)
{
	const struct captures *c = &report->captures;

	if (c->count == 1) {
		strbuf_add(out, c->names.text);
	} else if (c->count) {
		html_add_count(out, c->count);
		strbuf_add(out, " captures");
	} else {
		html_add(out, report->options.database);
	}
}

static void add_head(struct strbuf *out, const char *name, const char *class)
{
	strbuf_addf(out, "<div><dt>%s</dt><dd%s%s%s>", name, *class ? " class=\"" : "", class, *class ? "\"" : "");
}

static void fill_facts(struct report *report, struct strbuf *out)
{
	const struct captures *c = &report->captures;
	int64_t first = c->first_ns != CLOCK_NONE ? c->first_ns : report->sums.first_ns;
	int64_t last = c->last_ns != CLOCK_NONE ? c->last_ns : report->sums.last_ns;
	char span[CLOCK_TEXT];

	if (first != CLOCK_NONE && last != CLOCK_NONE) {
		add_head(out, "Time", "");
		report_add_time(out, first);
		strbuf_add(out, " to ");
		report_add_time(out, last);
		strbuf_addf(out, " UTC (%s)</dd></div>", clock_print_span(clock_since(last, first), span));
	}
	add_head(out, "Packets", "");
	html_add_count(out, c->packets);
	strbuf_add(out, " (");
	html_add_count(out, c->tcp);
	strbuf_add(out, " TCP)</dd></div>");
	add_head(out, "Connections", "");
	html_add_count(out, report->sums.connections);
	strbuf_add(out, "</dd></div>");
	add_head(out, "Lost by the capture", c->dropped ? "bad" : "");
	if (!c->dropped_known) {
		strbuf_add(out, "not known");
	} else {
		html_add_count(out, c->dropped);
		strbuf_add(out, " (");
		add_share(out, c->dropped, c->packets + c->dropped);
		strbuf_add(out, ")");
	}
	strbuf_add(out, "</dd></div>");
	add_head(out, "Capture filter", "m");
	strbuf_add(out, c->several_filters ? "several" : c->filter.length ? c->filter.text : "none");
	strbuf_add(out, "</dd></div>");
	add_head(out, "2MSL", "");
	if (c->several_msl || c->msl_ms == CLOCK_NONE || c->msl_ms < 0)
		strbuf_add(out, c->several_msl ? "several" : "\u2013");
	else
		strbuf_add(out, clock_print_span(clock_times(2, clock_times((int)NS_PER_MS, c->msl_ms)), span));
	strbuf_add(out, "</dd></div>");
	if (*report->options.chosen) {
		add_head(out, "Chosen", "m");
		html_add(out, report->options.chosen);
		strbuf_add(out, "</dd></div>");
	}
	if (c->count > 1) {
		add_head(out, "Captures", "");
		strbuf_add(out, c->names.text);
		strbuf_add(out, c->count > REPORT_CAPTURES ? ", \u2026</dd></div>" : "</dd></div>");
	}
}

static void add_finding(struct strbuf *out, int64_t count, const char *what)
{
	if (!count)
		return;
	strbuf_add(out, "<li>");
	html_add_count(out, count);
	strbuf_addf(out, " %s</li>\n", what);
}

/* Before any figure that it may have changed. */
static void fill_quality(struct report *report, struct strbuf *out)
{
	const struct captures *c = &report->captures;
	const struct sums *s = &report->sums;
	size_t before;

	strbuf_add(out, "<ul class=\"quality\">\n");
	before = out->length;
	add_finding(out, c->dropped,
		"packets were lost by the capture itself: what was sent then may be missing, and less is "
		"sure of connections that were open");
	if (c->damaged) {
		strbuf_add(out, "<li>damaged, read up to there: ");
		strbuf_add(out, c->damaged_names.text);
		strbuf_add(out, "</li>\n");
	}
	add_finding(out, c->truncated, "packets were cut by the snap length before the end of their headers");
	add_finding(out, c->malformed, "packets were malformed");
	add_finding(out, c->time_back, "packets have a time before that of the packet before them");
	add_finding(out, s->gap_possible,
		"connections have gaps: octets that were acknowledged and not captured, or packets "
		"lost meanwhile");
	add_finding(out, s->one_sided, "connections were captured in one direction only");
	add_finding(out, s->midstream, "connections had begun before the capture");
	add_finding(out, s->guessed, "connections: who opened it is a guess");
	add_finding(out, s->truncated, "connections have payload that was cut by the snap length");
	if (out->length == before)
		strbuf_add(out, c->dropped_known
					? "<li>no packet was lost by the capture, none was cut or damaged, and "
					  "nothing is missing from any connection</li>\n"
					: "<li>nothing is missing from any connection, no packet was cut or "
					  "damaged (whether any was lost, the files do not say)</li>\n");
	strbuf_add(out, "</ul>\n");
}

static void add_tile(struct strbuf *out, int64_t count, int64_t all, const char *name)
{
	strbuf_add(out, "<div class=\"tile\"><b>");
	html_add_count(out, count);
	strbuf_addf(out, "</b><span>%s</span><i>", name);
	if (all >= 0)
		add_share(out, count, all);
	strbuf_add(out, "</i>");
	if (all > 0)
		strbuf_addf(out,
			"<svg class=\"bar\" viewBox=\"0 0 100 3\" preserveAspectRatio=\"none\"><rect class=\"fc\" "
			"width=\"100\" height=\"3\"/><rect class=\"fo\" width=\"%.2f\" height=\"3\"/></svg>",
			100.0 * (double)count / (double)all);
	strbuf_add(out, "</div>\n");
}

static void fill_tiles(struct report *report, struct strbuf *out)
{
	struct sums *s = &report->sums;
	int64_t all = s->connections, median = sums_round_trip_us(s, 500), most = sums_round_trip_us(s, 950);
	char sent[SIDES][UNITS_TEXT];

	strbuf_add(out, "<div class=\"tile\"><b>");
	html_add_count(out, all);
	strbuf_addf(out, "</b><span>connections</span><i>%s / %s payload</i></div>\n",
		units_bytes(s->octets[INITIATOR], sent[INITIATOR]), units_bytes(s->octets[RESPONDER], sent[RESPONDER]));
	add_tile(out, s->outcomes[OUTCOME_CLOSED], all, "closed normally");
	add_tile(out, s->outcomes[OUTCOME_RESET] + s->outcomes[OUTCOME_HANDSHAKE_ABORTED], all, "reset");
	add_tile(out, s->outcomes[OUTCOME_REFUSED], all, "refused");
	add_tile(out, s->outcomes[OUTCOME_UNANSWERED] + s->outcomes[OUTCOME_HANDSHAKE_INCOMPLETE], all, "never opened");
	add_tile(out, s->outcomes[OUTCOME_OPEN] + s->outcomes[OUTCOME_CAPTURE_ENDED], all, "open at the end");
	add_tile(out, all - s->worst[SEVERITIES], all, "with anomalies");
	if (median == CLOCK_NONE) {
		strbuf_add(
			out, "<div class=\"tile\"><b>\u2013</b><span>handshake RTT</span><i>none was seen</i></div>\n");
		return;
	}
	strbuf_addf(out,
		"<div class=\"tile\"><b>%.1f <small>ms</small></b><span>median handshake RTT</span><i>95\u202f%% "
		"within "
		"%.1f ms</i></div>\n",
		(double)median / 1000, (double)most / 1000);
}

static void fill_outcomes(struct report *report, struct strbuf *out)
{
	for (int i = 0; i < OUTCOMES; i++) {
		int64_t count = report->sums.outcomes[i];

		if (!count)
			continue;
		strbuf_addf(out,
			"<tr><td class=\"nw\"><a href=\"#connections\" data-q=\"%s\">%s</a></td><td class=\"r\">",
			outcome_words[i].word, outcome_words[i].word);
		html_add_count(out, count);
		strbuf_add(out, "</td><td class=\"r\">");
		add_share(out, count, report->sums.connections);
		strbuf_add(out, "</td><td>");
		html_add(out, outcome_words[i].meaning);
		strbuf_add(out, "</td></tr>\n");
	}
}

static void fill_width(struct report *report, struct strbuf *out)
{
	char span[CLOCK_TEXT];

	strbuf_add(out, clock_print_span(report->sums.width_ns, span));
}

static void fill_key(struct report *report, struct strbuf *out)
{
	(void)report;
	chart_add_key(out);
}

static void fill_chart(struct report *report, struct strbuf *out)
{
	chart_add(out, &report->sums, report->drops, report->drop_count);
}

static void fill_with_anomalies(struct report *report, struct strbuf *out)
{
	html_add_count(out, report->sums.connections - report->sums.worst[SEVERITIES]);
	strbuf_add(out, " of ");
	html_add_count(out, report->sums.connections);
	strbuf_add(out, " connections have one or more");
}

static void fill_anomalies(struct report *report, struct strbuf *out)
{
	if (report->anomalies.length)
		strbuf_add_n(out, report->anomalies.text, report->anomalies.length);
	else
		strbuf_add(out, "<tr><td colspan=\"7\">none was found</td></tr>\n");
}

static bool has_ladder(const void *context, int64_t id)
{
	const struct report *report = context;

	for (int i = 0; i < report->wanted_count; i++)
		if (report->wanted[i] == id)
			return true;
	return false;
}

static void fill_rows(struct report *report, struct strbuf *out)
{
	rows_add_html(report->rows, out, has_ladder, report);
}

static void fill_count(struct report *report, struct strbuf *out)
{
	strbuf_add_int(out, rows_shown(report->rows));
}

/* As the script says it of later pages. */
static void fill_shown(struct report *report, struct strbuf *out)
{
	int64_t shown = rows_shown(report->rows), page = shown < ROWS_PAGE ? shown : ROWS_PAGE;

	if (page)
		strbuf_add(out, "1 to ");
	else
		strbuf_add(out, "none");
	if (page)
		html_add_count(out, page);
	strbuf_add(out, " of ");
	html_add_count(out, shown);
	if (shown < report->sums.connections) {
		strbuf_add(out, "; ");
		html_add_count(out, report->sums.connections);
		strbuf_add(out, " in all");
	}
}

/* What is not in the page, and where it is. */
static void fill_rest(struct report *report, struct strbuf *out)
{
	int64_t shown = rows_shown(report->rows), all = report->sums.connections;

	if (shown < all) {
		html_add_count(out, shown);
		strbuf_add(out, " of ");
		html_add_count(out, all);
		strbuf_add(out, " connections are in this table: those with the worst anomalies, then the first ones. "
				"All figures above count all of them. The rest: <code>lastack list -d ");
		html_add(out, report->options.database);
		strbuf_add(out, "</code>. ");
	}
	if (report->wanted_count < all) {
		strbuf_add(out, "Ladders of ");
		html_add_count(out, report->wanted_count);
		strbuf_add(out, " are here, those whose number is a link. Any other: <code>lastack show -d ");
		html_add(out, report->options.database);
		strbuf_add(out, " <span id=\"which\">NUMBER</span></code>.");
	}
}

static void fill_ladders(struct report *report, struct strbuf *out)
{
	for (int i = 0; i < report->detail_count; i++)
		detail_add(report->details[i], out, report->detail_count <= REPORT_SHOWN);
}

/* One picture of a state in each place of uncertainty. */
static void fill_patterns(struct report *report, struct strbuf *out)
{
	(void)report;
	for (int i = 0; i < TCP_STATES; i++)
		strbuf_addf(out,
			"<pattern id=\"h%s\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
			"patternTransform=\"rotate(45)\"><rect class=\"bp %s\" width=\"6\" height=\"6\"/><rect "
			"class=\"hx\" width=\"3.1\" height=\"6\"/></pattern>",
			state_words[i].code, state_words[i].code);
}

/* Is all of one day?  Then no table tells which. */
static void fill_days(struct report *report, struct strbuf *out)
{
	const struct sums *s = &report->sums;
	const int64_t day = 86400 * NS_PER_S;

	strbuf_add(out, s->first_ns != CLOCK_NONE && s->first_ns / day == s->last_ns / day ? "one-day" : "days");
}

static void fill_words(struct report *report, struct strbuf *out)
{
	strbuf_add(out, "{\n");
	rows_add_words(report->rows, out);
	strbuf_addf(out, ",\n\"all\":%lld,\"first\":%lld,\"last\":%lld,\"ladders\":[",
		(long long)report->sums.connections,
		(long long)(report->sums.first_ns == CLOCK_NONE ? 0 : report->sums.first_ns / NS_PER_MS),
		(long long)(report->sums.last_ns == CLOCK_NONE ? 0 : report->sums.last_ns / NS_PER_MS));
	for (int i = 0; i < report->wanted_count; i++)
		strbuf_addf(out, "%s%lld", i ? "," : "", (long long)report->wanted[i]);
	strbuf_add(out, "]\n}");
}

static void fill_packed(struct report *report, struct strbuf *out)
{
	rows_add_packed(report->rows, out);
}

static void fill_version(struct report *report, struct strbuf *out)
{
	html_add(out, report->options.version);
}

static void fill_made(struct report *report, struct strbuf *out)
{
	report_add_time(out, report->options.made_ns);
	strbuf_add(out, " UTC");
}

static const char *file(const char *name)
{
	const struct embedded *f = page_files;

	while (f->path && strcmp(strrchr(f->path, '/') + 1, name) != 0)
		f++;
	assert(f->path); /* a name that is not in the table is a bug */
	return f->text;
}

static void add_hash(struct strbuf *out, const char *text)
{
	char hash[SHA256_BASE64];

	strbuf_addf(out, "'sha256-%s'", sha256_base64(text, strlen(text), hash));
}

static void fill_style_hash(struct report *report, struct strbuf *out)
{
	(void)report;
	add_hash(out, file("report.css"));
}

static void fill_script_hash(struct report *report, struct strbuf *out)
{
	(void)report;
	add_hash(out, file("report.js"));
}

static void fill_style(struct report *report, struct strbuf *out)
{
	(void)report;
	strbuf_add(out, file("report.css"));
}

static void fill_script(struct report *report, struct strbuf *out)
{
	(void)report;
	strbuf_add(out, file("report.js"));
}

static const struct {
	const char *name;
	void (*fill)(struct report *report, struct strbuf *out);
} slots[] = {
	{"style-hash", fill_style_hash},
	{"script-hash", fill_script_hash},
	{"style", fill_style},
	{"script", fill_script},
	{"title", fill_title},
	{"facts", fill_facts},
	{"version", fill_version},
	{"made", fill_made},
	{"quality", fill_quality},
	{"tiles", fill_tiles},
	{"outcomes", fill_outcomes},
	{"width", fill_width},
	{"key", fill_key},
	{"chart", fill_chart},
	{"with-anomalies", fill_with_anomalies},
	{"anomalies", fill_anomalies},
	{"rows", fill_rows},
	{"count", fill_count},
	{"shown", fill_shown},
	{"rest", fill_rest},
	{"ladders", fill_ladders},
	{"patterns", fill_patterns},
	{"words", fill_words},
	{"packed", fill_packed},
	{"days", fill_days},
};

static void fill(struct report *report, const char *name, size_t length, struct strbuf *out)
{
	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
		if (strlen(slots[i].name) == length && !strncmp(slots[i].name, name, length)) {
			slots[i].fill(report, out);
			return;
		}
	assert(false); /* a slot that nobody fills is a bug */
}

void report_write(struct report *report, FILE *out)
{
	const char *at = file("report.html"), *slot;
	struct strbuf text = {0};

	for (; (slot = strstr(at, "{{")); at = strstr(slot, "}}") + 2) {
		strbuf_add_n(&text, at, (size_t)(slot - at));
		fill(report, slot + 2, (size_t)(strstr(slot, "}}") - slot) - 2, &text);
		strbuf_flush(&text, out);
	}
	strbuf_add(&text, at);
	strbuf_flush(&text, out);
	strbuf_fini(&text);
}
