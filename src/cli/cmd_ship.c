/* cmd_ship: lastack ship: a database's rows to ClickHouse. */
#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/run.h"
#include "ship/ship.h"
#include "view/units.h"

static bool stops(void)
{
	return run_stop != 0;
}

static void say(void *context, const char *line)
{
	(void)context;
	log_warning("%s", line);
}

static void summarise(const char *database, const char *place, const struct ship_result *r)
{
	log_note("%s: %lld rows in %lld batches, %.1f MiB, to %s", database, (long long)r->rows, (long long)r->batches,
		(double)r->bytes / (1 << 20), place);
	if (r->waiting)
		log_note("%lld%s rows wait", (long long)r->waiting, r->waiting >= SPOOL_COUNTED ? " or more" : "");
	if (r->dropped)
		log_note("%lld connections were removed before they were sent", (long long)r->dropped);
}

static enum err_code ship_to(const struct options *o, struct http *http, struct err *err)
{
	const char *database = options_database(o);
	struct ship_result result;
	struct store *store = store_open(database, STORE_SHIP, err);

	if (!store)
		return err->code;
	run_watch_signals();
	bool done = ship(store,
		&(struct ship_options){
			.http = http,
			.sensor = o->sensor,
			.batch = o->batch,
			.again = o->again,
			.follow = o->follows,
			.every_ns = o->every_ns,
			.stops = stops,
			.say = say,
		},
		&result, err);
	store_close(store, &(struct err){0});
	if (done || err->code != ERR_USAGE)
		summarise(database, http_place(http), &result);
	return done ? ERR_NONE : err->code;
}

enum err_code cmd_ship(const struct options *o, struct err *err)
{
	const struct http_to to = {
		.option = "--to",
		.url = o->to,
		.password_file = o->password_file,
		.ca_file = o->ca_file,
		.most_s = SHIP_REQUEST_S,
		.stops = stops,
	};

	if (!o->to) {
		err_set(err, ERR_USAGE, "ship: where to? (--to http://HOST:8123/DATABASE)");
		return ERR_USAGE;
	}
	if (o->once && o->follows) {
		err_set(err, ERR_USAGE, "--once and --follow: one of them");
		return ERR_USAGE;
	}
	struct http *http = http_open(&to, err);
	if (!http)
		return err->code;
	enum err_code code = ship_to(o, http, err);
	http_close(http);
	return code;
}
