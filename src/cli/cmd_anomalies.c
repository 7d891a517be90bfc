/* cmd_anomalies: lastack anomalies: what went wrong, counted by kind or one by one. */
#include "base/log.h"
#include "cli/command.h"
#include "cli/output.h"
#include "store/store.h"
#include "view/anomalies.h"

/* Whoever asks for certain anomalies, or those of certain connections, wants to see each of them. */
static bool asks_for_each(const struct query_filter *f)
{
	return f->anomaly || f->host_set || f->port || f->limit || f->withdrawn || query_asks_for_one(f);
}

static bool print_overview(
	struct store *store, const struct query_filter *filter, enum term_color color, long *count, struct err *err)
{
	struct grid_style style = {term_width(stdout), term_use_color(stdout, color)};
	struct anomaly_overview overview;
	bool good = query_overview(store, filter, &overview, err);

	if (good)
		anomalies_overview(stdout, &style, &overview);
	*count = overview.count;
	query_overview_fini(&overview);
	return good;
}

/* Nothing found is an answer. */
static bool say_none(struct store *store, const struct query_filter *asked, struct err *err)
{
	struct query_filter filter = *asked;
	int64_t connections;

	filter.anomaly = NULL;
	filter.severity = SEVERITY_INFO;
	filter.limit = 0;
	if (!query_count(store, &filter, &connections, err))
		return false;
	log_note("no %s%s%s in %lld connection%s", asked->anomaly ? asked->anomaly : "anomalies",
		asked->severity == SEVERITY_INFO ? "" : " as severe as ",
		asked->severity == SEVERITY_INFO ? "" : severity_words[asked->severity], (long long)connections,
		connections == 1 ? "" : "s");
	return true;
}

static bool print(struct store *store, const struct query_filter *filter, enum output_format format,
	enum term_color color, struct err *err)
{
	bool each = asks_for_each(filter), more = false;
	long count = 0;

	if (format == OUTPUT_NONE)
		return true;
	if (format == OUTPUT_TABLE && !each) {
		if (!print_overview(store, filter, color, &count, err))
			return false;
	} else if (!output_anomalies(store, filter, format, color, &count, &more, err)) {
		return false;
	}
	if (more)
		log_note("the first %ld; there are more (--limit)", count);
	return count || format != OUTPUT_TABLE || say_none(store, filter, err);
}

enum err_code cmd_anomalies(const struct options *o, struct err *err)
{
	struct query_filter filter;
	enum output_format format;
	enum term_color color;
	struct err close_err;

	if (o->operand_count) {
		err_set(err, ERR_USAGE,
			anomaly_from_code(o->operands[0]) == ANOMALIES
				? "'%s': no argument is expected (filters are options: --anomaly, --host, ...)"
				: "'%s': no argument is expected (did you mean --anomaly %s?)",
			o->operands[0], o->operands[0]);
		return ERR_USAGE;
	}
	if (!output_parse(o->format, OUTPUT_TABLE, &format, err) || !options_color(o, &color, err) ||
		!options_filter(o, clock_wall_ns(), &filter, err))
		return err->code;
	if (format == OUTPUT_ZEEK || format == OUTPUT_TRANSITIONS) {
		err_set(err, ERR_USAGE, "--format %s: not of anomalies (table, json, csv or none)", o->format);
		return ERR_USAGE;
	}
	struct store *store = store_open(options_database(o), STORE_READ, err);
	if (!store)
		return err->code;
	err->code = ERR_NONE;
	bool good = print(store, &filter, format, color, err);
	store_close(store, &close_err);
	return good ? ERR_NONE : err->code;
}
