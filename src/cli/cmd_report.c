/* cmd_report: lastack report -o FILE.html: what happened, as a page. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/captures.h"
#include "cli/command.h"
#include "cli/run.h"
#include "pass_segments.h"
#include "report/report.h"
#include "source/source.h"
#include "store/store.h"

/* A page that is being made. */
struct making {
	const struct options *options;
	struct store *store;
	struct query_filter filter;
	struct report *report;
	struct captures *captures;
	/* of those with a ladder */
	struct detail *details[REPORT_LADDERS];
	struct segments_of segments[REPORT_LADDERS];
	int64_t capture_id[REPORT_LADDERS];
	int count;
};

/* --- ladders --------------------------------------------------------------------------------------- */

static bool load_detail(struct making *m, int64_t id, struct err *err)
{
	struct query_filter filter;
	struct anomaly_record row;
	struct conn_record record;

	query_filter_clear(&filter);
	filter.id = id;
	struct query *query = query_anomalies(m->store, &filter, err);
	if (!query)
		return false;
	struct detail *detail = detail_new();
	while (query_next_anomaly(query, &row, err))
		detail_anomaly(detail, &row);
	query_close(query);
	query = err->code == ERR_NONE ? query_connections(m->store, &filter, err) : NULL;
	if (!query || !query_next(query, &record, err)) {
		query_close(query);
		detail_free(detail);
		return err->code == ERR_NONE; /* another program has removed it meanwhile */
	}
	detail_connection(detail, &record);
	segments_of_record(&m->segments[m->count], &record, detail);
	m->capture_id[m->count] = record.capture_id;
	m->details[m->count++] = detail;
	query_close(query);
	return true;
}

/* Those that were read together with number `from` go first, in [0, n): reads their captures once for all. */
static int draw_together(struct making *m, int from)
{
	int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;
	struct err ignored;
	int to = from;

	for (int i = from; i < m->count; i++) {
		if (i > from && !captures_are_together(m->captures, m->capture_id[from], m->capture_id[i]))
			continue;
		struct segments_of segments = m->segments[i];
		int64_t capture_id = m->capture_id[i];
		m->segments[i] = m->segments[to];
		m->capture_id[i] = m->capture_id[to];
		m->segments[to] = segments;
		m->capture_id[to++] = capture_id;
		first_ns = segments.first_ns < first_ns ? segments.first_ns : first_ns;
		last_ns = segments.last_ns > last_ns ? segments.last_ns : last_ns;
	}
	struct source *source = captures_open(m->captures, m->capture_id[from], first_ns, last_ns);
	if (source)
		pass_segments(source, m->segments + from, (size_t)(to - from), detail_segment, &ignored);
	source_close(source);
	return to;
}

static bool draw_segments(struct making *m, struct err *err)
{
	const struct options *o = m->options;
	struct err damage;

	for (int i = 0; i < m->count && !o->pcap.count;)
		i = draw_together(m, i);
	if (!o->pcap.count || !m->count)
		return true;
	struct source *source = source_open(o->pcap.item, o->pcap.count, NULL, err);
	if (!source)
		return false;
	pass_segments(source, m->segments, (size_t)m->count, detail_segment, &damage);
	source_close(source);
	return true;
}

static bool draw_ladders(struct making *m, struct err *err)
{
	int wanted;
	const int64_t *ids = report_wanted(m->report, &wanted);
	bool good = true;

	for (int i = 0; i < wanted && good; i++)
		good = load_detail(m, ids[i], err);
	good = good && draw_segments(m, err);
	for (int i = 0; i < m->count; i++)
		report_detail(m->report, m->details[i]);
	return good;
}

/* --- figures and rows ------------------------------------------------------------------------------ */

static bool tell_connections(struct making *m, struct err *err)
{
	struct query_filter filter = m->filter;
	struct conn_record record;

	filter.limit = 0; /* of rows in the table: figures are of all */
	filter.codes = true;
	struct query *query = query_connections(m->store, &filter, err);
	if (!query)
		return false;
	while (query_next(query, &record, err))
		report_connection(m->report, &record, query_codes(query));
	query_close(query);
	return err->code == ERR_NONE;
}

static bool tell_anomalies(struct making *m, struct err *err)
{
	struct anomaly_overview overview;
	struct query_filter filter = m->filter;

	filter.limit = 0;
	bool good = query_overview(m->store, &filter, &overview, err);
	if (good)
		report_anomalies(m->report, &overview);
	query_overview_fini(&overview);
	return good;
}

static bool gather(struct making *m, struct err *err)
{
	err->code = ERR_NONE;
	m->captures = captures_load(m->store, err);
	return m->captures && query_captures(m->store, report_capture, m->report, err) &&
	       query_drops(m->store, report_drop, m->report, err) && tell_anomalies(m, err) &&
	       tell_connections(m, err) && draw_ladders(m, err);
}

/* --- the file -------------------------------------------------------------------------------------- */

/* Under another name first, where that can be: a page that was there before stays whole until this one is. */
static bool write_file(struct report *report, const char *path, struct err *err)
{
	struct strbuf part = {0};
	bool special = run_is_special(path);

	strbuf_addf(&part, "%s%s", path, special ? "" : ".part");
	FILE *out = fopen(part.text, "w");
	bool good = out;
	if (good) {
		report_write(report, out);
		good = !ferror(out);
		good = fclose(out) == 0 && good && (special || rename(part.text, path) == 0);
	}
	if (!good)
		err_set(err, ERR_FAILED, "%s: cannot be written: %s", path, strerror(errno));
	if (!good && out && !special)
		remove(part.text);
	strbuf_fini(&part);
	return good;
}

static bool make(struct making *m, struct err *err)
{
	const char *path = m->options->output;

	if (!gather(m, err))
		return false;
	if (strcmp(path, "-") != 0)
		return write_file(m->report, path, err);
	report_write(m->report, stdout);
	return true;
}

enum err_code cmd_report(const struct options *o, struct err *err)
{
	struct making making = {.options = o};
	struct strbuf chosen = {0};
	struct err close_err;
	bool good;

	if (o->operand_count || !o->output) {
		if (o->operand_count)
			err_set(err, ERR_USAGE, "'%s': no argument is expected (the file: -o FILE.html)",
				o->operands[0]);
		else
			err_set(err, ERR_USAGE, "report: into which file? (-o FILE.html)");
		return ERR_USAGE;
	}
	if (!options_filter(o, clock_wall_ns(), &making.filter, err))
		return err->code;
	making.store = store_open(options_database(o), STORE_READ, err);
	if (!making.store)
		return err->code;
	options_add_filters(o, &chosen);
	making.report = report_new(&(struct report_options){
		.database = options_database(o),
		.chosen = chosen.text ? chosen.text : "",
		.version = PACKAGE_VERSION,
		.made_ns = clock_wall_ns(),
		.rows = o->limit,
	});
	good = make(&making, err);
	report_free(making.report);
	captures_free(making.captures);
	store_close(making.store, &close_err);
	strbuf_fini(&chosen);
	return good ? ERR_NONE : err->code;
}
