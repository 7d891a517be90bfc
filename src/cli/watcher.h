/* watcher: what a watch does beside its packets, ten times a second: lines of the journal, metrics, geo files that are
 * opened anew, the live view. */
#ifndef LASTACK_CLI_WATCHER_H
#define LASTACK_CLI_WATCHER_H

#include "cli/journal.h"
#include "cli/live_view.h"
#include "cli/options.h"
#include "cli/rotation.h"
#include "cli/shipping.h"
#include "pipeline.h"

struct watcher {
	const struct options *o;
	struct pipeline_options *p;  /* whose store and geo files it uses, and replaces */
	struct pipeline_watch hooks; /* for p->watch */
	struct journal journal;
	struct live_view *view; /* NULL: lines only */
	int64_t metrics_ns;     /* when they were written last */
	bool metrics_failed, quit, terminal_gone;
	int64_t told_ns; /* -v: when it was said how far it has come */
	const char *database;
	bool rotates; /* --rotate */
	struct rotation rotation;
	struct shipping *shipping; /* NULL: none */
};

/* Fills w->hooks and takes SIGUSR1 and SIGHUP.  Borrows all; database: as -d names it.  False with *err (ERR_USAGE). */
bool watcher_begin(
	struct watcher *w, const struct options *o, const char *database, struct pipeline_options *p, struct err *err);

/* The database to begin with: *path is the caller's to free. */
void watcher_database(struct watcher *w, struct strbuf *path);

/* A line, wherever lines go now. */
void watcher_say(struct watcher *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Gives the terminal back, writes the last metrics, and says how it came out. */
void watcher_end(struct watcher *w, const struct pipeline_result *result);

void watcher_fini(struct watcher *w); /* also without an end */

#endif
