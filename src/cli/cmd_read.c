/* cmd_read: lastack read. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/near.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "content/files.h"
#include "enrich/geo.h"
#include "pipeline.h"
#include "store/store.h"

enum { MSL_MOST_SECONDS = 3600, FILTER_BYTES = 65536 };

static volatile sig_atomic_t stop_signal;

/* The first asks for a clean end, the second ends at once. */
static void take_signal(int signal_number)
{
	if (stop_signal)
		_exit(128 + signal_number);
	stop_signal = signal_number;
}

static void watch_signals(void)
{
	struct sigaction action = {.sa_handler = take_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* The text of --filter-file; *text is the caller's to free. */
static bool read_filter(const char *path, char **text, struct err *err)
{
	FILE *file = fopen(path, "r");

	if (!file)
		return err_set(err, ERR_FAILED, "%s: %s", path, strerror(errno));
	*text = mem_new(FILTER_BYTES, 1);
	size_t length = fread(*text, 1, FILTER_BYTES - 1, file);
	bool good = !ferror(file) && feof(file);
	fclose(file);
	(*text)[length] = '\0';
	return good || err_set(err, ERR_FAILED, "%s: cannot be read, or longer than 64 KiB", path);
}

static bool take_until(const struct options *o, struct pipeline_options *p, struct err *err)
{
	p->until_ns = CLOCK_NONE;
	if (!o->until)
		return true;
	bool good = *o->until == '+' ? clock_parse_span(o->until + 1, &p->until_after_ns)
				     : clock_parse(o->until, clock_wall_ns(), &p->until_ns);
	return good || err_set(err, ERR_USAGE, "--until '%s': not a time and not +SPAN (+60, +5m)", o->until);
}

/* Files that cannot be used are a warning each, and the run goes on without them.  Kept until its end: a run that fails
 * says one line and no more. */
struct warnings {
	struct err err[OPTIONS_LIST];
	unsigned count;
};

static struct geo *open_geo(const struct options *o, struct warnings *warnings)
{
	struct geo *geo = geo_new();

	for (unsigned i = 0; i < o->geo.count; i++)
		if (!geo_add(geo, o->geo.item[i], &warnings->err[warnings->count]))
			warnings->count++;
	if (warnings->count < o->geo.count)
		return geo;
	geo_free(geo);
	return NULL;
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
			stop_signal == SIGINT ? "SIGINT" : "SIGTERM", (unsigned long long)result.packets,
			(unsigned long long)result.connections, o->database ? " stored" : "");
	return fail_on(o, p->store, filter, ERR_NONE, err);
}

/* --stack and --msl: the clocks of the hosts. */
static bool take_stack(const struct options *o, struct pipeline_options *p, struct err *err)
{
	const struct stack *stack = o->stack ? stack_find(o->stack) : &stacks[STACK_LINUX];

	if (!stack) {
		struct near near = near_begin(o->stack);
		for (int i = 0; i < STACKS; i++)
			near_offer(&near, stacks[i].word);
		return near.word[0] ? err_set(err, ERR_USAGE, "--stack '%s': no such profile (did you mean '%s'?)",
					      o->stack, near.word)
				    : err_set(err, ERR_USAGE,
					      "--stack '%s': no such profile (linux, windows, bsd or rfc)", o->stack);
	}
	if (o->msl_ns > MSL_MOST_SECONDS * NS_PER_S)
		return err_set(err, ERR_USAGE, "--msl: at most %d seconds (RFC 9293 says 120)", MSL_MOST_SECONDS);
	p->stack = stack_with_msl(stack, o->msl_ns);
	return true;
}

/* --set: the thresholds of the detectors. */
static bool take_limits(const struct options *o, struct pipeline_options *p, struct err *err)
{
	limits_init(&p->limits);
	for (unsigned i = 0; i < o->set.count; i++)
		if (!limits_set(&p->limits, o->set.item[i], err))
			return false;
	return true;
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
		.files = o->operands,
		.file_count = o->operand_count,
		.filter = o->filter,
		.packet_limit = o->count > 0 ? (uint64_t)o->count : 0,
		.verify_checksums = !o->no_checksums,
		.max_connections = o->max_connections > 0 ? (uint64_t)o->max_connections : PIPELINE_CONNECTIONS,
		.again = o->again,
		.stop = &stop_signal,
	};
	struct warnings warnings = {.count = 0};
	struct files *files = NULL;
	struct octets_sink sink;
	struct query_filter filter;
	enum output_format format;
	enum term_color color;
	char *filter_text = NULL;
	enum err_code code = ERR_FAILED;
	enum severity least;

	if (!o->operand_count) {
		err_set(err, ERR_USAGE, "read: which file? (lastack read capture.pcap; - is standard input)");
		return ERR_USAGE;
	}
	if (!output_parse(o->format, OUTPUT_TABLE, &format, err) || !options_color(o, &color, err) ||
		!options_filter(o, clock_wall_ns(), &filter, err) || !take_stack(o, &p, err) ||
		!take_until(o, &p, err) || !take_limits(o, &p, err) ||
		!options_severity("fail-on", o->fail_on, &least, err) ||
		(o->filter_file && !read_filter(o->filter_file, &filter_text, err)))
		goto out;
	if (filter_text)
		p.filter = filter_text;
	if (o->streams) {
		files = files_open(o->streams, err);
		if (!files)
			goto out;
		sink = files_sink(files);
		p.octets = &sink;
	}
	if (o->database || o->fail_on || format != OUTPUT_NONE) {
		p.store = store_open(o->database, o->database ? STORE_WRITE : STORE_MEMORY, err);
		if (!p.store)
			goto out;
	}
	if (o->geo.count)
		p.geo = open_geo(o, &warnings);
	watch_signals();
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
	for (unsigned i = 0; code == ERR_NONE && i < warnings.count; i++)
		log_error(&warnings.err[i]);
	err->code = code;
out:
	close_streams(o->streams, files, &(struct err){0});
	if (code != ERR_NONE && err->code != ERR_NONE)
		code = err->code;
	geo_free(p.geo);
	free(filter_text);
	return code;
}
