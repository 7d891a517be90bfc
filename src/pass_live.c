/* pass_live: interfaces, until somebody says stop: packets as they come, and the house kept beside that. */
#include "base/clock.h"
#include "pass.h"
#include "source/source.h"
#include "store/store.h"
#include "track/tracker.h"

enum {
	TICK_MS = 100,         /* housekeeping */
	CHECKPOINT_S = 10,     /* a row of an open connection is no older, if anything changed */
	LAST_FRAMES = 1 << 17, /* taken in after the end was asked for */
	LOOKED_MOST = 4096,    /* changed connections that one tick looks at */
};

/* Rows of several connections together, and of the captures, as they are now. */
static void store_present(struct pass *pass, const char *host)
{
	struct store *store = pass->options->store;

	for (unsigned i = 0; i < pass->inputs; i++) {
		pass_describe_capture(pass, i, &pass->captures[i], host);
		pass_is_stored(pass, store_put_capture(store, &pass->captures[i], pass->err));
	}
	if (pass_is_stored(pass, store_drop_many(store, pass->err)))
		detect_many(pass->detect, pass_store_anomaly, pass);
}

/* All that has gathered goes to the disk.  What fails is said once, and tried again each second. */
static void move_rows(struct pass *pass)
{
	struct err err = {.code = ERR_NONE};
	bool done = store_commit(pass->options->store, &err);

	if (done) {
		pass->result->moved_ns = pass->second_ns;
		store_prune(pass->options->store,
			pass->options->keep_ns == CLOCK_NONE ? CLOCK_NONE : pass->second_ns - pass->options->keep_ns,
			pass->options->most_bytes);
	}
	if (done == !pass->store_waits)
		return;
	pass->store_waits = !done;
	if (done)
		err_set(&err, ERR_NONE, "%s: stored again; %llu connections found no room meanwhile",
			store_path(pass->options->store), (unsigned long long)pass->result->store_lost);
	if (pass->options->news)
		pass->options->news(pass->options->news_context, &err);
}

static void show_present(struct pass *pass)
{
	const struct pipeline_options *options = pass->options;

	pass->result->connections = tracker_stats(pass->tracker)->connections;
	pass->result->open = tracker_stats(pass->tracker)->open;
	pass->result->evicted = tracker_stats(pass->tracker)->evicted;
	pass->result->time_back = tracker_stats(pass->tracker)->time_back;
	pass->result->found = detect_stats(pass->detect);
	pass->result->dropped = 0;
	for (unsigned i = 0; i < pass->inputs; i++) {
		const struct source_input *in = source_input(pass->options->source, i);

		pass->result->dropped += in->drops + in->interface_drops;
	}
	if (options->second)
		options->second(options->second_context, pass->second_ns, pass->result);
}

/* Open connections become rows, losses are counted, and once a second all that is on the disk. */
static void keep_house(struct pass *pass, int64_t now_ns, const char *host)
{
	struct store *store = pass->options->store;

	if (now_ns - pass->tick_ns < TICK_MS * NS_PER_MS && now_ns >= pass->tick_ns)
		return;
	pass->tick_ns = now_ns;
	if (store)
		tracker_changed(pass->tracker, CHECKPOINT_S * NS_PER_S, LOOKED_MOST, pass_take_told);
	if (now_ns - pass->second_ns < NS_PER_S && now_ns >= pass->second_ns)
		return;
	pass->second_ns = now_ns;
	source_count(pass->options->source);
	pass_take_drops(pass, now_ns);
	if (store && now_ns - pass->present_ns >= CHECKPOINT_S * NS_PER_S) {
		pass->present_ns = now_ns;
		store_present(pass, host);
	}
	if (store && !pass->failed)
		move_rows(pass);
	show_present(pass);
}

void pass_watch(struct pass *pass, const char *host)
{
	const struct pipeline_options *options = pass->options;
	struct frame frame;
	struct err news;
	int left = LAST_FRAMES;

	while (!pass_limit_reached(pass) && !pass->failed) {
		enum source_status status = source_next(pass->options->source, &frame, &news);

		/* what waits in the rings is taken in, too */
		if (options->stop && *options->stop && (status == SOURCE_IDLE || left-- == 0)) {
			pass->result->stopped = true;
			return;
		}
		if (status == SOURCE_NEWS) {
			if (options->news)
				options->news(options->news_context, &news);
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
