/* report: what it is told (report.h). */
#include "report/report_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/html.h"
#include "view/svg.h"

struct report *report_new(const struct report_options *options)
{
	struct report *report = mem_new(1, sizeof *report);

	report->options = *options;
	report->captures.first_ns = report->captures.last_ns = report->captures.msl_ms = CLOCK_NONE;
	report->rows = rows_new(options->rows > 0 && options->rows < ROWS_MOST ? options->rows : ROWS_MOST);
	sums_init(&report->sums);
	return report;
}

void report_free(struct report *report)
{
	if (!report)
		return;
	strbuf_fini(&report->captures.names);
	strbuf_fini(&report->captures.filter);
	strbuf_fini(&report->captures.damaged_names);
	strbuf_fini(&report->anomalies);
	sums_fini(&report->sums);
	rows_free(report->rows);
	for (int i = 0; i < report->detail_count; i++)
		detail_free(report->details[i]);
	free(report->ends);
	free(report);
}

/* --- what it is told ------------------------------------------------------------------------------- */

static int64_t known(int64_t number)
{
	return number > 0 ? number : 0;
}

static void add_name(struct strbuf *names, int64_t count, const char *name)
{
	if (count > REPORT_CAPTURES)
		return;
	strbuf_add(names, names->length ? ", " : "");
	html_add(names, name && *name ? name : "?");
}

/* One filter, or one MSL, is told; of several it is said that they differ. */
static void take_filter(struct captures *all, const struct capture_record *c)
{
	struct strbuf filter = {0};

	html_add(&filter, c->filter && *c->filter ? c->filter : "none");
	if (all->count == 1)
		strbuf_add(&all->filter, filter.text);
	else if (strcmp(all->filter.text, filter.text) != 0)
		all->several_filters = true;
	if (all->count > 1 && all->msl_ms != c->msl_ms)
		all->several_msl = true;
	all->msl_ms = c->msl_ms;
	strbuf_fini(&filter);
}

void report_capture(void *context, const struct capture_record *c)
{
	struct report *report = context;
	struct captures *all = &report->captures;

	all->count++;
	if (c->first_ns != CLOCK_NONE && (all->first_ns == CLOCK_NONE || c->first_ns < all->first_ns))
		all->first_ns = c->first_ns;
	if (c->last_ns > all->last_ns)
		all->last_ns = c->last_ns;
	all->packets += known(c->packets);
	all->tcp += known(c->bucket_packets[0]);
	all->truncated += known(c->bucket_packets[3]);
	all->malformed += known(c->bucket_packets[4]);
	all->time_back += known(c->time_back);
	all->dropped += known(c->dropped_kernel) + known(c->dropped_interface);
	all->dropped_known |= c->dropped_kernel != CLOCK_NONE || c->dropped_interface != CLOCK_NONE;
	if (c->end_reason && !strcmp(c->end_reason, "damaged"))
		add_name(&all->damaged_names, ++all->damaged, c->source);
	take_filter(all, c);
	add_name(&all->names, all->count, c->source);
	report->ends = mem_grow(report->ends, (size_t)(report->end_count + 1) * sizeof *report->ends);
	report->ends[report->end_count++] = (struct end){c->id, c->last_ns};
}

void report_drop(void *context, int64_t time_ns, int64_t packets)
{
	struct report *report = context;

	if (report->drop_count < REPORT_DROPS && packets > 0)
		report->drops[report->drop_count++] = (struct chart_drop){time_ns, packets};
}

/* In order of their ids. */
static int64_t end_of(const struct report *report, int64_t capture_id)
{
	int64_t low = 0, high = report->end_count;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (report->ends[middle].capture_id < capture_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < report->end_count && report->ends[low].capture_id == capture_id ? report->ends[low].last_ns
										     : CLOCK_NONE;
}

void report_connection(struct report *report, const struct conn_record *record, const char *codes)
{
	sums_add(&report->sums, record, end_of(report, record->capture_id));
	rows_add(report->rows, record, codes);
}

const int64_t *report_wanted(struct report *report, int *count)
{
	report->wanted_count = rows_first(report->rows, report->wanted, REPORT_LADDERS);
	*count = report->wanted_count;
	return report->wanted;
}

void report_detail(struct report *report, struct detail *detail)
{
	assert(report->detail_count < REPORT_LADDERS);
	report->details[report->detail_count++] = detail;
}

/* --- anomalies ------------------------------------------------------------------------------------- */

void report_add_time(struct strbuf *out, int64_t ns)
{
	char text[CLOCK_TEXT];

	clock_print(ns, 0, text);
	text[strcspn(text, "Z")] = '\0';
	if (strlen(text) > 10 && text[10] == 'T')
		text[10] = ' ';
	strbuf_add(out, text);
}

static void add_group(struct strbuf *out, const struct anomaly_group *g)
{
	enum anomaly kind = anomaly_from_code(g->code);

	strbuf_add(out, "<tr><td class=\"nw\"><svg class=\"sv\" viewBox=\"0 0 10 10\" width=\"11\" height=\"11\">");
	svg_add_severity(out, 0, 0, 10, severity_from_word(g->severity));
	strbuf_add(out, "</svg>");
	html_add(out, g->severity);
	strbuf_add(out, "</td><td class=\"nw m\"><a href=\"#connections\" data-q=\"");
	html_add(out, g->code);
	strbuf_add(out, "\">");
	html_add(out, g->code);
	strbuf_add(out, "</a></td><td class=\"r\">");
	html_add_count(out, g->count);
	strbuf_add(out, "</td><td>");
	if (kind < ANOMALIES) {
		strbuf_add(out, "<b>");
		html_add(out, anomaly_kinds[kind].title);
		strbuf_add(out, "</b>: ");
		html_add(out, anomaly_kinds[kind].means);
		strbuf_add(out, "<br><span class=\"note\">");
		html_add(out, anomaly_kinds[kind].check);
		strbuf_add(out, "</span>");
	}
	strbuf_add(out, "</td><td class=\"m hs\">");
	html_add(out, *g->service ? g->service : g->initiator);
	if (g->services > 1) {
		strbuf_add(out, "<br><span class=\"note\">");
		html_add_count(out, g->at_service);
		strbuf_add(out, " there; ");
		html_add_count(out, g->services);
		strbuf_add(out, " services</span>");
	}
	strbuf_add(out, "</td><td class=\"r hs\">");
	rows_add_moment(out, g->first_ns);
	strbuf_add(out, "</td><td class=\"r hs\">");
	rows_add_moment(out, g->last_ns);
	strbuf_add(out, "</td></tr>\n");
}

void report_anomalies(struct report *report, const struct anomaly_overview *overview)
{
	for (int i = 0; i < overview->count; i++)
		add_group(&report->anomalies, &overview->groups[i]);
	report->anomaly_kinds += overview->count;
}
