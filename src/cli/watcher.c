/* watcher: see watcher.h. */
#include "cli/watcher.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "cli/metrics.h"
#include "cli/run.h"
#include "enrich/geo.h"
#include "store/store.h"
#include "view/evidence.h"
#include "view/term.h"

enum { METRICS_S = 10, TELL_S = 60 };

static volatile sig_atomic_t wants_statistics, wants_hangup;

static void take_wish(int signal_number)
{
	if (signal_number == SIGHUP)
		wants_hangup = 1;
	else
		wants_statistics = 1;
}

/* --- lines ---------------------------------------------------------------------------------------- */

static const char news_kind[] = "news";

/* While there is a screen, only a standard error that is another place has lines. */
static void print_line(struct watcher *w, int64_t time_ns, const char *kind, const char *text)
{
	if (!w->view || !term_is(stderr))
		journal_line(&w->journal, clock_wall_ns(), time_ns, kind, text);
}

void watcher_say(struct watcher *w, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	print_line(w, clock_wall_ns(), news_kind, text);
	if (w->view)
		live_view_news(w->view, clock_wall_ns(), text);
}

static void tell_news(void *context, const struct err *news)
{
	watcher_say(context, "%s", news->text);
}

/* "warning close-wait-stuck connection 63 10.0.3.9:40112 10.0.4.17:8080 responder, ..." */
static void tell_found(void *context, const struct anomaly_record *row)
{
	struct watcher *w = context;
	struct strbuf text = {0};
	char ip[ADDR_TEXT];

	if (w->view)
		live_view_anomaly(w->view, row);
	if (severity_from_word(row->severity) < SEVERITY_WARNING)
		return;
	strbuf_addf(&text, "%s %s", row->severity, row->code);
	if (row->connection_id != CLOCK_NONE) {
		strbuf_addf(&text, " connection %lld", (long long)row->connection_id);
		for (int side = 0; side < SIDES; side++)
			strbuf_addf(&text, addr_is_v4(&row->ip[side]) ? " %s:%u" : " [%s]:%u",
				addr_print(&row->ip[side], ip), row->port[side]);
	}
	strbuf_add_char(&text, ' ');
	if (row->side)
		strbuf_addf(&text, "%s, ", row->side);
	evidence_add(&text, row);
	print_line(w, row->time_ns, row->code, text.text);
	strbuf_fini(&text);
}

static void tell_statistics(struct watcher *w, const struct pipeline_result *r)
{
	watcher_say(w,
		"%llu packets, %llu dropped, %llu connections (%llu held, %llu evicted, %llu of them without a row), "
		"%llu anomalies, %llu not stored",
		(unsigned long long)r->packets, (unsigned long long)r->dropped, (unsigned long long)r->connections,
		(unsigned long long)r->open, (unsigned long long)r->evicted, (unsigned long long)r->aggregated,
		(unsigned long long)r->found.begun, (unsigned long long)r->store_lost);
}

/* --- now and then --------------------------------------------------------------------------------- */

/* The old files stay in use where a new one cannot be opened. */
static void open_geo_anew(struct watcher *w)
{
	struct pipeline_options newer = {.geo = NULL};
	struct run run = {.warnings = 0};

	run_open_geo(&run, w->o, &newer);
	for (unsigned i = 0; i < run.warnings; i++)
		watcher_say(w, "%s", run.warning[i].text);
	if (run.warnings) {
		geo_free(newer.geo);
		return;
	}
	geo_free(w->p->geo);
	w->p->geo = newer.geo;
	watcher_say(w, "geo files opened anew");
}

static void write_metrics(struct watcher *w, int64_t now_ns, const struct pipeline_result *r)
{
	struct err err;

	if (!w->o->metrics || clock_since(now_ns, w->metrics_ns) < METRICS_S * NS_PER_S)
		return;
	w->metrics_ns = now_ns;
	bool failed = !metrics_write(w->o->metrics, now_ns, r, w->p->store, &err);
	if (failed && !w->metrics_failed)
		watcher_say(w, "%s", err.text);
	w->metrics_failed = failed;
}

static void tell_shipping(void *context, const char *line)
{
	watcher_say(context, "%s", line);
}

static void tick(void *context, int64_t now_ns, const struct pipeline_result *so_far, const struct pass *pass)
{
	struct watcher *w = context;

	if (wants_statistics || (w->o->verbose && clock_since(now_ns, w->told_ns) >= TELL_S * NS_PER_S)) {
		if (wants_statistics || w->told_ns != CLOCK_NONE)
			tell_statistics(w, so_far);
		w->told_ns = now_ns;
		wants_statistics = 0;
	}
	if (wants_hangup && w->view && !term_is(stdout)) {
		w->terminal_gone = true;
		run_stop = SIGHUP;
	} else if (wants_hangup && w->o->geo.count) {
		open_geo_anew(w);
	}
	wants_hangup = 0;
	if (w->shipping)
		shipping_listen(w->shipping, tell_shipping, w);
	write_metrics(w, now_ns, so_far);
	journal_tick(&w->journal, clock_wall_ns());
	if (w->view && !w->terminal_gone && !live_view_tick(w->view, now_ns, so_far, pass, w->p->store)) {
		w->quit = true;
		run_stop = SIGTERM;
	}
}

/* What cannot be opened is tried again with the next day: until then the old one goes on. */
static struct store *next_store(void *context, int64_t now_ns)
{
	struct watcher *w = context;
	struct strbuf path = {0};
	struct err err;

	if (!w->rotates || !rotation_turns(&w->rotation, now_ns))
		return NULL;
	rotation_name(&w->rotation, now_ns, &path);
	struct store *store = store_open(path.text, STORE_WRITE, &err);
	if (store && !store_interrupt(store, &err)) {
		store_close(store, &(struct err){0});
		store = NULL;
	}
	if (store)
		w->p->store = store;
	watcher_say(w, store ? "storing in %s" : "%s", store ? path.text : err.text);
	if (store && w->hooks.keep_ns != CLOCK_NONE)
		rotation_remove(&w->rotation, now_ns, w->hooks.keep_ns);
	strbuf_fini(&path);
	return store;
}

/* --- its beginning and end ------------------------------------------------------------------------ */

bool watcher_begin(
	struct watcher *w, const struct options *o, const char *database, struct pipeline_options *p, struct err *err)
{
	struct sigaction action = {.sa_handler = take_wish, .sa_flags = SA_RESTART};

	*w = (struct watcher){.o = o, .p = p, .metrics_ns = CLOCK_NONE, .told_ns = CLOCK_NONE};
	w->hooks = (struct pipeline_watch){
		.keep_ns = o->keep_ns > 0 ? o->keep_ns : CLOCK_NONE,
		.most_bytes = o->database_mib > 0 ? o->database_mib << 20 : CLOCK_NONE,
		.context = w,
		.news = tell_news,
		.found = tell_found,
		.next_store = next_store,
		.tick = tick,
	};
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	w->rotates = o->rotate != NULL;
	w->database = database;
	if (w->rotates)
		rotation_begin(&w->rotation, database);
	if (o->metrics && run_is_special(o->metrics))
		return err_set(err, ERR_USAGE, "--metrics %s: a device, a pipe or a folder, and no file", o->metrics);
	return !w->rotates || !strcmp(o->rotate, "day") ||
	       err_set(err, ERR_USAGE, "--rotate '%s': not a period that is known (day)", o->rotate);
}

void watcher_database(struct watcher *w, struct strbuf *path)
{
	int64_t now_ns = clock_wall_ns();

	if (!w->rotates) {
		strbuf_add(path, w->database);
		return;
	}
	rotation_turns(&w->rotation, now_ns);
	rotation_name(&w->rotation, now_ns, path);
}

static const char *end_word(const struct watcher *w, const struct pipeline_result *r)
{
	if (w->quit)
		return "stopped by q";
	if (w->terminal_gone)
		return "stopped because the terminal is gone";
	if (r->stopped)
		return run_stop == SIGINT ? "stopped by SIGINT" : "stopped by SIGTERM";
	return r->damaged ? "stopped" : "stopped by -c";
}

void watcher_end(struct watcher *w, const struct pipeline_result *r)
{
	live_view_close(w->view);
	w->view = NULL;
	if (w->o->metrics)
		metrics_write(w->o->metrics, r->last_ns, r, w->p->store, &(struct err){0});
	journal_tick(&w->journal, clock_wall_ns() + NS_PER_S);
	watcher_say(w, "%s: %llu packets, %llu dropped, %llu connections stored, %llu lost", end_word(w, r),
		(unsigned long long)r->packets, (unsigned long long)r->dropped,
		(unsigned long long)(r->connections - r->aggregated - r->store_lost),
		(unsigned long long)r->store_lost);
}

void watcher_fini(struct watcher *w)
{
	live_view_close(w->view);
	rotation_fini(&w->rotation);
}
