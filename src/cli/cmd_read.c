/* cmd_read: lastack read. */
#include <signal.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "cli/summary.h"
#include "content/files.h"
#include "pipeline.h"
#include "source/source.h"
#include "store/store.h"

static bool take_until(const struct options *o, struct pipeline_options *p, struct err *err)
{
	p->until_ns = CLOCK_NONE;
	if (!o->until)
		return true;
	bool good = *o->until == '+' ? clock_parse_span(o->until + 1, &p->until_after_ns)
				     : clock_parse(o->until, clock_wall_ns(), &p->until_ns);
	return good || err_set(err, ERR_USAGE, "--until '%s': not a time and not +SPAN (+60, +5m)", o->until);
}

/* --fail-on: counts what fits the filters.  What is found comes before what else would be said (so_far, in *err). */
static enum err_code fail_on(const struct options *o, struct store *store, const struct query_filter *asked,
	enum err_code so_far, struct err *err)
{
	struct query_filter filter = *asked;
	struct anomaly_overview found;
	struct strbuf text = {0};
	struct err why;
	enum severity least;

	if (!o->fail_on || !options_severity("fail-on", o->fail_on, &least, &why))
		return so_far;
	filter.limit = 0;
	if (least > filter.severity)
		filter.severity = least;
	if (!query_overview(store, &filter, &found, &why)) {
		*err = why;
		return why.code;
	}
	for (int i = 0; i < found.count && i < 3; i++)
		strbuf_addf(&text, "%s%lld %s", i ? ", " : "", (long long)found.groups[i].count, found.groups[i].code);
	if (found.count > 3)
		strbuf_addf(&text, " and %d more kinds", found.count - 3);
	if (found.count) {
		if (so_far != ERR_NONE)
			log_error(err);
		err_set(err, ERR_FOUND, "--fail-on %s: found %s (lastack explain %s)", o->fail_on, text.text,
			found.groups[0].code);
		so_far = ERR_FOUND;
	}
	strbuf_fini(&text);
	query_overview_fini(&found);
	return so_far;
}

static enum err_code read_and_print(const struct options *o, struct pipeline_options *p, enum output_format format,
	enum term_color color, struct query_filter *filter, struct err *err)
{
	struct pipeline_result result;
	struct progress progress;
	long printed = 0;

	progress_begin(&progress);
	p->progress = progress.wanted ? progress_show : NULL;
	p->progress_context = &progress;
	bool good = pipeline_read(p, &result, err);
	progress_end(&progress);
	if (!good)
		return err->code;
	filter->first_capture = result.first_capture;
	if (p->store && !output_connections(p->store, filter, format, color, &printed, err))
		return err->code;
	if (result.damaged) {
		*err = result.damage;
		return fail_on(o, p->store, filter, ERR_DAMAGED, err);
	}
	if (format == OUTPUT_TABLE || format == OUTPUT_NONE)
		summary_print(o->operand_count == 1 ? o->operands[0] : "all files", o->database, &result);
	if (o->verbose)
		summary_buckets(&result);
	if (result.stopped)
		log_warning("stopped by %s: %llu packets read, %llu connections%s",
			run_stop == SIGINT ? "SIGINT" : "SIGTERM", (unsigned long long)result.packets,
			(unsigned long long)result.connections, o->database ? " stored" : "");
	return fail_on(o, p->store, filter, ERR_NONE, err);
}

static bool close_streams(const char *folder, struct files *files, struct err *err)
{
	struct files_result result = {0};
	struct strbuf holes = {0};

	if (!files)
		return true;
	if (!files_close(files, &result, err))
		return false;
	if (result.holed)
		strbuf_addf(&holes, "; %llu of them lack %llu octets (index.json says where)",
			(unsigned long long)result.holed, (unsigned long long)result.missing);
	if (result.refused)
		strbuf_addf(&holes, "; %llu octets had no place in any", (unsigned long long)result.refused);
	log_note("%s: %llu files, %llu octets%s", folder, (unsigned long long)result.files,
		(unsigned long long)result.octets, holes.text ? holes.text : "");
	strbuf_fini(&holes);
	return true;
}

enum err_code cmd_read(const struct options *o, struct err *err)
{
	struct pipeline_options p = {
		.again = o->again,
	};
	struct run run = {.warnings = 0};
	struct files *files = NULL;
	struct octets_sink sink;
	struct query_filter filter;
	enum output_format format;
	enum term_color color;
	enum err_code code = ERR_FAILED;
	enum severity least;

	if (!o->operand_count) {
		err_set(err, ERR_USAGE, "read: which file? (lastack read capture.pcap; - is standard input)");
		return ERR_USAGE;
	}
	if (!output_parse(o->format, OUTPUT_TABLE, &format, err) || !options_color(o, &color, err) ||
		!options_filter(o, clock_wall_ns(), &filter, err) || !take_until(o, &p, err) ||
		!options_severity("fail-on", o->fail_on, &least, err) || !run_begin(&run, o, &p, err) ||
		!run_take_memory(o, 0, 0, &p, err))
		goto out;
	p.source = source_open(o->operands, o->operand_count, p.filter, err);
	if (!p.source)
		goto out;
	if (o->streams) {
		files = files_open(o->streams, err);
		if (!files)
			goto out;
		sink = files_sink(files);
		p.octets = &sink;
	}
	if (o->database || o->fail_on || format != OUTPUT_NONE) {
		p.store = store_open(o->database, o->database ? STORE_LOAD : STORE_MEMORY, err);
		if (!p.store)
			goto out;
	}
	run_open_geo(&run, o, &p);
	run_watch_signals();
	code = read_and_print(o, &p, format, color, &filter, err);
	struct err close_err;
	if (!close_streams(o->streams, files, &close_err) && code == ERR_NONE) {
		*err = close_err;
		code = err->code;
	}
	files = NULL;
	if (!store_close(p.store, &close_err) && (code == ERR_NONE || code == ERR_FOUND)) {
		*err = close_err;
		code = err->code;
	}
	if (code == ERR_NONE)
		run_warn(&run);
	err->code = code;
out:
	close_streams(o->streams, files, &(struct err){0});
	if (code != ERR_NONE && err->code != ERR_NONE)
		code = err->code;
	source_close(p.source);
	run_end(&run, &p);
	return code;
}
