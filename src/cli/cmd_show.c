/* cmd_show: lastack show ID. */
#include <stdlib.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/captures.h"
#include "content/follow.h"
#include "pass_segments.h"
#include "pipeline.h"
#include "source/source.h"
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

/* Reads the capture again for the octets of one connection. */
static bool follow(const char *file, const struct conn_record *r, struct err *err)
{
	struct follow_whom whom = {{r->ip[INITIATOR], r->ip[RESPONDER]},
		{(uint16_t)r->port[INITIATOR], (uint16_t)r->port[RESPONDER]}, r->first_ns, r->last_ns};
	struct follow *follow = follow_new(&whom);
	struct octets_sink sink = follow_sink(follow);
	struct pipeline_options options = {
		.source = source_open(&file, 1, NULL, err),
		.until_ns = CLOCK_NONE,
		.stack = stacks[STACK_LINUX],
		.verify_checksums = true,
		.max_connections = PIPELINE_CONNECTIONS,
		.octets = &sink,
	};
	struct pipeline_result result;

	limits_init(&options.limits);
	bool good = options.source && pipeline_read(&options, &result, err);

	if (good && !follow_print(follow, stdout) && r->bytes[INITIATOR] + r->bytes[RESPONDER] > 0)
		good = err_set(err, ERR_FAILED,
			"%s: no octet of connection %lld in it (was it read from another file?)", file,
			(long long)r->id);
	if (good && follow_left_out(follow))
		log_warning("%llu octets are left out: too many to hold (lastack read --streams writes them all)",
			(unsigned long long)follow_left_out(follow));
	if (good && result.damaged) {
		*err = result.damage;
		good = false;
	}
	source_close(options.source);
	follow_free(follow);
	return good;
}

/* The captures are read again for its segments: those of --pcap, or what it was read from where that is still there. */
static bool add_segments(const struct options *o, struct captures *captures, const struct conn_record *r,
	struct story *story, struct err *err)
{
	struct source *source = o->pcap.count ? source_open(o->pcap.item, o->pcap.count, NULL, err)
					      : captures_open(captures, r->capture_id, r->first_ns, r->last_ns);
	struct segments_of of;
	struct err damage = {ERR_NONE, ""};

	if (!source)
		return !o->pcap.count;
	segments_of_record(&of, r, story);
	pass_segments(source, &of, 1, story_segment, &damage);
	source_close(source);
	if (!o->pcap.count || of.found)
		return true;
	*err = damage;
	return damage.code == ERR_NONE
		       ? err_set(err, ERR_FAILED,
				 "%s: no segment of connection %lld in it (was it read from another file?)",
				 o->pcap.item[0], (long long)r->id)
		       : false;
}

/* With its anomalies.  record borrows from another query, which stays where it is. */
static bool tell(const struct options *o, struct store *store, const struct query_filter *filter,
	const struct conn_record *record, enum term_color color, struct err *err)
{
	struct query *query = query_anomalies(store, filter, err);
	struct grid_style style = {term_width(stdout), term_use_color(stdout, color)};
	struct anomaly_record row;

	if (!query)
		return false;
	struct story *story = story_new(stdout, &style, o->unfold);
	while (query_next_anomaly(query, &row, err))
		story_anomaly(story, &row);
	query_close(query);
	story_connection(story, record);
	struct captures *captures = err->code == ERR_NONE ? captures_load(store, err) : NULL;
	bool good = captures && add_segments(o, captures, record, story, err);
	if (good)
		story_print(story, "from the database alone: --pcap FILE draws every segment");
	captures_free(captures);
	story_free(story);
	return good;
}

enum err_code cmd_show(const struct options *o, struct err *err)
{
	struct query_filter filter;
	struct conn_record record;
	enum term_color color;
	char *end;

	if (!options_color(o, &color, err))
		return err->code;
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
	if (found && o->follow)
		found = follow(o->follow, &record, err);
	else if (found)
		found = tell(o, store, &filter, &record, color, err);
	else if (query && err->code == ERR_NONE)
		not_there(store, o->operands[0], err);
	query_close(query);
	struct err close_err;
	store_close(store, &close_err);
	return found ? ERR_NONE : err->code;
}
