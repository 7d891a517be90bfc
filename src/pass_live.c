/* pass_live: interfaces, until somebody says stop: packets as they come, and the house kept beside that. */
#include <string.h>

#include "base/clock.h"
#include "pass.h"
#include "record/present.h"
#include "source/source.h"
#include "store/store.h"
#include "track/flow.h"
#include "track/tracker.h"

enum {
	TICK_MS = 100,         /* housekeeping */
	CHECKPOINT_S = 10,     /* a row of an open connection is no older, if anything changed */
	LAST_FRAMES = 1 << 17, /* taken in after the end was asked for */
	LAST_IDLES = 3,        /* idle moments after that: a block that the kernel has begun is handed over meanwhile */
	LOG_LARGE = 64 << 20,  /* bytes of the log: rows go to the disk only so often: */
	LOG_LARGE_S = 10,
	TOLD_TRIES = 2,     /* whoever ships holds the lock for a moment, which is not worth a line */
	LOOKED_MOST = 4096, /* changed connections that one tick looks at */
};

static void tell_news(const struct pass *pass, const struct err *news)
{
	const struct pipeline_watch *watch = pass->options->watch;

	if (watch->news)
		watch->news(watch->context, news);
}

/* Rows of several connections together, and of the captures, as they are now. */
static void store_present(struct pass *pass, const char *host)
{
	struct store *store = pass->store;

	for (unsigned i = 0; i < pass->inputs; i++) {
		pass_describe_capture(pass, i, &pass->captures[i], host);
		pass_is_stored(pass, store_put_capture(store, &pass->captures[i], pass->err));
	}
	if (pass_is_stored(pass, store_drop_many(store, pass->captures[0].id, pass->err)))
		detect_many(pass->detect, pass_store_anomaly, pass);
}

/* All that has gathered goes to the disk.  What fails is said once, and tried again each second: false. */
static bool move_rows(struct pass *pass)
{
	const struct pipeline_watch *watch = pass->options->watch;
	struct err err = {.code = ERR_NONE};

	/* a reader holds the log back: the same pages are written into it less often */
	if (store_log_bytes(pass->store) > LOG_LARGE &&
		pass->second_ns - pass->result->moved_ns < LOG_LARGE_S * NS_PER_S)
		return false;
	bool done = store_commit(pass->store, &err);

	if (done) {
		pass->result->moved_ns = pass->second_ns;
		store_prune(pass->store, watch->keep_ns == CLOCK_NONE ? CLOCK_NONE : pass->second_ns - watch->keep_ns,
			watch->most_bytes);
	}
	pass->store_tries = done ? 0 : pass->store_tries + 1;
	if (done == !pass->store_waits || (!done && pass->store_tries < TOLD_TRIES))
		return done;
	pass->store_waits = !done;
	if (done)
		err_set(&err, ERR_NONE, "%s: stored again; %llu connections found no room meanwhile",
			store_path(pass->store), (unsigned long long)pass->result->store_lost);
	tell_news(pass, &err);
	return done;
}

static void bring_up_to_date(struct pass *pass)
{
	const struct tracker_stats *stats = tracker_stats(pass->tracker);
	struct pipeline_result *r = pass->result;

	r->connections = stats->connections;
	r->open = stats->open;
	r->evicted = stats->evicted;
	r->time_back = stats->time_back;
	memcpy(r->held, stats->states, sizeof r->held);
	r->found = detect_stats(pass->detect);
	r->dropped = pass_dropped(pass);
}

/* All there is has just gone to the disk.  What is open goes on in the next database, where it gets new rows. */
static void turn_over(struct pass *pass, int64_t now_ns, const char *host)
{
	const struct pipeline_watch *watch = pass->options->watch;
	struct store *next = watch->next_store ? watch->next_store(watch->context, now_ns) : NULL;
	struct err err;

	if (!next)
		return;
	if (!pass_end_captures(pass, host, "next file"))
		tell_news(pass, pass->err);
	if (!store_close(pass->store, &err))
		tell_news(pass, &err);
	pass->store = next;
	pass->failed = !pass_begin_captures(pass, host) || !store_gather(next, PIPELINE_LOG_MIB << 20, pass->err);
	tracker_tell_all(pass->tracker);
}

static void do_each_second(struct pass *pass, int64_t now_ns, const char *host)
{
	struct store *store = pass->store;

	if (now_ns - pass->second_ns < NS_PER_S && now_ns >= pass->second_ns)
		return;
	pass->second_ns = now_ns;
	source_count(pass->options->source);
	pass_take_drops(pass, now_ns);
	if (store && now_ns - pass->present_ns >= CHECKPOINT_S * NS_PER_S) {
		pass->present_ns = now_ns;
		store_present(pass, host);
	}
	if (store && !pass->failed && move_rows(pass))
		turn_over(pass, now_ns, host);
}

/* Open connections become rows; once a second losses are counted, and all goes to the disk. */
static void keep_house(struct pass *pass, int64_t now_ns, const char *host)
{
	const struct pipeline_watch *watch = pass->options->watch;

	if (now_ns - pass->tick_ns < TICK_MS * NS_PER_MS && now_ns >= pass->tick_ns)
		return;
	pass->tick_ns = now_ns;
	if (pass->store)
		tracker_changed(pass->tracker, CHECKPOINT_S * NS_PER_S, LOOKED_MOST, pass_take_told);
	do_each_second(pass, now_ns, host);
	bring_up_to_date(pass);
	if (watch->tick)
		watch->tick(watch->context, now_ns, pass->result, pass);
}

void pass_watch(struct pass *pass, const char *host)
{
	const struct pipeline_options *options = pass->options;
	struct frame frame;
	struct err news;
	int left = LAST_FRAMES, idle = 0;

	while (!pass_limit_reached(pass) && !pass->failed) {
		enum source_status status = source_next(pass->options->source, &frame, &news);

		/* what waits in the rings is taken in, too */
		if (options->stop && *options->stop &&
			((status == SOURCE_IDLE && ++idle == LAST_IDLES) || left-- == 0)) {
			pass->result->stopped = true;
			return;
		}
		if (status == SOURCE_NEWS) {
			tell_news(pass, &news);
			continue;
		}
		if (status == SOURCE_END) {
			pass->result->damaged = true;
			pass->result->damage = news;
			return;
		}
		if (status == SOURCE_FRAME)
			pass_take_frame(pass, &frame);
		else
			tracker_advance(pass->tracker, frame.time_ns);
		keep_house(pass, frame.time_ns, host);
	}
}

/* --- who watches ---------------------------------------------------------------------------------- */

struct visit {
	pipeline_visit *visit;
	void *context;
};

static void visit_flow(void *context, const struct flow *flow)
{
	const struct visit *v = context;
	struct detect_summary found;
	struct present present;

	present_from_flow(flow, &present);
	detect_found(flow, &found);
	present.worst = found.worst;
	present.kind = found.kind;
	v->visit(v->context, &present);
}

void pipeline_each_open(const struct pass *pass, pipeline_visit *visit, void *context)
{
	tracker_each(pass->tracker, visit_flow, &(struct visit){visit, context});
}

struct search {
	uint64_t id;
	const struct flow *flow;
};

static void find_flow(void *context, const struct flow *flow)
{
	struct search *search = context;

	if (flow->id == search->id)
		search->flow = flow;
}

struct telling {
	const struct pass *pass;
	detect_row *row;
	void *context;
};

/* What is given here for the first time is news all the same. */
static void tell_row(void *context, const struct anomaly_record *row)
{
	const struct telling *telling = context;

	pass_announce(telling->pass, row);
	telling->row(telling->context, row);
}

bool pipeline_tell_open(const struct pass *pass, int64_t id, detect_row *row, pipeline_record *record, void *context)
{
	struct search search = {(uint64_t)id, NULL};
	struct record_texts texts = {.timeline = {0}};
	struct conn_record r;

	tracker_each(pass->tracker, find_flow, &search);
	if (!search.flow)
		return false;
	detect_rows(pass->detect, search.flow, tell_row, &(struct telling){pass, row, context});
	record_from_flow(search.flow, &r, &texts);
	record(context, &r);
	record_texts_fini(&texts);
	return true;
}
