/* cmd_list: lastack list and lastack export: what is in the database. */
#include "base/log.h"
#include "cli/command.h"
#include "cli/output.h"
#include "store/store.h"

static enum err_code print_database(
	const struct options *o, enum output_format preset, bool newest_first, struct err *err)
{
	struct query_filter filter;
	enum output_format format;
	enum term_color color;
	long count = 0;

	if (o->operand_count)
		return err_set(err, ERR_USAGE,
			       "'%s': no argument is expected (filters are options: --host, --port, ...)",
			       o->operands[0])
			       ? ERR_NONE
			       : ERR_USAGE;
	if (!output_parse(o->format, preset, &format, err) || !options_color(o, &color, err) ||
		!options_filter(o, clock_wall_ns(), &filter, err))
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

enum err_code cmd_export(const struct options *o, struct err *err)
{
	return print_database(o, OUTPUT_JSON, false, err);
}
