/* cmd_show: lastack show ID. */
#include <stdlib.h>

#include "cli/command.h"
#include "store/store.h"
#include "view/story.h"

static bool not_there(struct store *store, const char *id, struct err *err)
{
	int64_t lowest, highest;

	if (!query_id_range(store, &lowest, &highest))
		return err_set(err, ERR_FAILED, "connection %s: %s has none (lastack read -d %s FILE)", id,
			store_path(store), store_path(store));
	return err_set(err, ERR_FAILED, "connection %s: not in %s (ids %lld to %lld; lastack list)", id,
		store_path(store), (long long)lowest, (long long)highest);
}

enum err_code cmd_show(const struct options *o, struct err *err)
{
	struct query_filter filter;
	struct conn_record record;
	char *end;

	if (o->operand_count != 1) {
		err_set(err, ERR_USAGE, "show: which connection? (lastack show 42; lastack list has the ids)");
		return ERR_USAGE;
	}
	query_filter_clear(&filter);
	filter.id = strtoll(o->operands[0], &end, 10);
	if (*end || filter.id <= 0) {
		err_set(err, ERR_USAGE, "connection '%s': not an id (a number; lastack list has them)", o->operands[0]);
		return ERR_USAGE;
	}
	struct store *store = store_open(options_database(o), STORE_READ, err);
	if (!store)
		return err->code;
	err->code = ERR_NONE;
	struct query *query = query_connections(store, &filter, err);
	bool found = query && query_next(query, &record, err);
	if (found)
		story_print(stdout, &record);
	else if (query && err->code == ERR_NONE)
		not_there(store, o->operands[0], err);
	query_close(query);
	struct err close_err;
	store_close(store, &close_err);
	return found ? ERR_NONE : err->code;
}
