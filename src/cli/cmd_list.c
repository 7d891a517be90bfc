/* cmd_list: lastack list and lastack export: what is in the database. */
#include <time.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/run.h"
#include "store/follow.h"
#include "store/store.h"

enum { EVERY_MS = 1000, NAP_MS = 100 };

static bool takes_no_operand(const struct options *o, struct err *err)
{
	return !o->operand_count ||
	       err_set(err, ERR_USAGE, "'%s': no argument is expected (filters are options: --host, --port, ...)",
		       o->operands[0]);
}

static enum err_code print_database(
	const struct options *o, enum output_format preset, bool newest_first, struct err *err)
{
	struct query_filter filter;
	enum output_format format;
	enum term_color color;
	long count = 0;

	if (!takes_no_operand(o, err) || !output_parse(o->format, preset, &format, err) ||
		!options_color(o, &color, err) || !options_filter(o, clock_wall_ns(), &filter, err))
		return err->code;
	if (!o->sort && newest_first)
		filter.descending = true;
	struct store *store = store_open(options_database(o), STORE_READ, err);
	if (!store)
		return err->code;
	struct err close_err;
	bool good = output_connections(store, &filter, format, color, &count, err);
	store_close(store, &close_err);
	if (!good)
		return err->code;
	if (!count && format == OUTPUT_TABLE)
		log_note("no such connections in %s", options_database(o));
	return ERR_NONE;
}

enum err_code cmd_list(const struct options *o, struct err *err)
{
	return print_database(o, OUTPUT_TABLE, true, err);
}

static void nap(int64_t span_ns)
{
	for (; !run_stop && span_ns > 0; span_ns -= NAP_MS * NS_PER_MS)
		nanosleep(&(struct timespec){.tv_nsec = NAP_MS * NS_PER_MS}, NULL);
}

/* Those that have ended since, then the new ones. */
static bool print_news(struct output *output, struct store *store, const struct query_filter *filter,
	struct follow *follow, struct err *err)
{
	struct query_filter ended = *filter, fresh = *filter;

	if (!follow_look(follow, store, err))
		return false;
	ended.ids = follow->ended.text;
	fresh.above_id = follow->above_id;
	fresh.over = true;
	return output_add(output, store, &ended, err) && output_add(output, store, &fresh, err) &&
	       follow_done(store, err);
}

static enum err_code follow_database(const struct options *o, struct err *err)
{
	int64_t every_ns = o->every_ns > 0 ? o->every_ns : EVERY_MS * NS_PER_MS;
	struct follow follow = {.seen_id = 0};
	struct query_filter filter;
	enum output_format format;

	if (o->sort || o->limit > 0) {
		err_set(err, ERR_USAGE, "--follow: each as it ends, without --sort and --limit");
		return ERR_USAGE;
	}
	if (!takes_no_operand(o, err) || !output_parse(o->format, OUTPUT_JSON, &format, err) ||
		!options_filter(o, clock_wall_ns(), &filter, err))
		return err->code;
	struct store *store = store_open(options_database(o), STORE_READ, err);
	struct output *output = store ? output_open(format, err) : NULL;
	bool done = output != NULL;
	run_watch_signals();
	while (done && !run_stop && !ferror(stdout)) {
		done = print_news(output, store, &filter, &follow, err);
		if (done)
			nap(every_ns);
	}
	output_close(output);
	if (store)
		store_close(store, &(struct err){0});
	follow_fini(&follow);
	return done ? ERR_NONE : err->code;
}

enum err_code cmd_export(const struct options *o, struct err *err)
{
	return o->follows ? follow_database(o, err) : print_database(o, OUTPUT_JSON, false, err);
}
