/* cmd_watch: lastack watch: interfaces, for months. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/run.h"
#include "cli/shipping.h"
#include "cli/summary.h"
#include "cli/watcher.h"
#include "confine/confine.h"
#include "pipeline.h"
#include "source/source.h"
#include "store/store.h"
#include "view/term.h"

enum {
	SNAP_USUAL = 512,      /* link, tunnels, extension headers and options: no payload that matters */
	SNAP_MOST = 262144,    /* as libpcap */
	BUFFER_KIB = 65536,    /* a second of 100,000 packets, each in a slot of the snap length */
	BUFFER_MOST = 1 << 21, /* KiB */
	MEMORY_MIB = 256,
};

struct watch {
	const struct options *o;
	struct pipeline_options p;
	struct run run;
	struct watcher watcher;
	struct shipping shipping;
};

/* --- before it runs ------------------------------------------------------------------------------- */

static bool take_source(const struct options *o, const char *filter, struct source_live *how, struct err *err)
{
	if (!o->interfaces.count)
		return err_set(err, ERR_USAGE, "watch: which interface? (-i NAME; -i any stands for all)");
	if (o->snap_length > SNAP_MOST)
		return err_set(err, ERR_USAGE, "--snapshot-length: at most %d bytes", SNAP_MOST);
	if (o->buffer_kib > BUFFER_MOST)
		return err_set(err, ERR_USAGE, "--buffer-size: at most %d KiB", BUFFER_MOST);
	*how = (struct source_live){
		.interfaces = o->interfaces.item,
		.count = o->interfaces.count,
		.filter = filter,
		.snap_length = o->snap_length > 0 ? (uint32_t)o->snap_length : SNAP_USUAL,
		.buffer_bytes = (uint32_t)(o->buffer_kib > 0 ? o->buffer_kib : BUFFER_KIB) * 1024,
		.promiscuous = !o->not_promiscuous,
		.opens_again = o->stay_root,
	};
	return true;
}

/* As that user.  The folder is what people forget. */
static bool open_database(struct watch *w, const char *database, bool was_root, struct err *err)
{
	char *folder = run_folder_of(database);
	const char *user = w->o->user ? w->o->user : WATCH_USER;

	w->p.store = store_open(database, STORE_WRITE, err);
	if (!w->p.store && was_root && !w->o->stay_root && access(folder, W_OK) && errno == EACCES)
		err_set(err, ERR_FAILED,
			"%s: user %s may not write into this folder (-d FILE in one that is theirs: sudo install -d -o "
			"%s "
			"-m 700 /var/lib/lastack)",
			database, user, user);
	free(folder);
	return w->p.store != NULL;
}

static bool give_up_rest(const struct watch *w, const char *database, struct strbuf *what, struct err *err)
{
	const struct options *o = w->o;
	const char *read[OPTIONS_LIST + 4] = {"/sys/class/net", "/sys/devices", "/proc/self"};
	char *folders[] = {run_folder_of(database), o->metrics ? run_folder_of(o->metrics) : NULL, NULL};

	for (unsigned i = 0; i < o->geo.count; i++)
		read[3 + i] = o->geo.item[i];
	bool done = o->stay_root ||
		    confine(CONFINE_WATCH, &(struct confine_paths){read, (const char *const *)folders}, what, err);
	if (o->stay_root)
		strbuf_add(what, "no sandbox");
	free(folders[0]);
	free(folders[1]);
	return done;
}

/* A screen where there is a terminal at both ends; else lines. */
static bool open_view(struct watch *w, const char *interfaces, const char *database, struct err *err)
{
	enum term_color color;

	if (!options_color(w->o, &color, err))
		return false;
	if (w->o->no_tui || !term_is(stdout) || !term_is(stdin))
		return true;
	w->watcher.view = live_view_open(interfaces, database, term_use_color(stdout, color), err);
	return w->watcher.view != NULL;
}

static enum err_code watch(struct watch *w, const char *database, struct err *err)
{
	struct pipeline_result result;
	struct strbuf confined = {0}, interfaces = {0};
	char span[CLOCK_TEXT];

	for (unsigned i = 0; i < w->o->interfaces.count; i++)
		strbuf_addf(&interfaces, "%s%s", i ? ", " : "", w->o->interfaces.item[i]);
	run_watch_signals();
	bool done = open_view(w, interfaces.text, database, err) && give_up_rest(w, database, &confined, err);
	if (done) {
		watcher_say(&w->watcher, "watching %s, storing in %s, 2MSL %s, %s", interfaces.text, database,
			clock_print_span(w->p.stack.time_wait_ns, span), confined.text);
		done = pipeline_read(&w->p, &result, err);
	}
	if (done)
		watcher_end(&w->watcher, &result);
	strbuf_fini(&confined);
	strbuf_fini(&interfaces);
	if (!done)
		return err->code;
	if (w->o->verbose)
		summary_buckets(&result);
	if (!result.damaged)
		return ERR_NONE;
	*err = result.damage;
	return ERR_FAILED;
}

enum err_code cmd_watch(const struct options *o, struct err *err)
{
	struct watch w = {.o = o};
	struct strbuf database = {0};
	struct source_live how;
	struct err close_err;
	enum err_code code = ERR_FAILED;
	bool was_root = !getuid();

	w.p = (struct pipeline_options){.until_ns = CLOCK_NONE, .watch = &w.watcher.hooks};
	if (getuid() != geteuid() || getgid() != getegid()) {
		err_set(err, ERR_USAGE,
			"watch: refuses to run setuid (setcap cap_net_raw=ep lets it capture without root)");
		return ERR_USAGE;
	}
	if (watcher_begin(&w.watcher, o, options_database(o), &w.p, err) && shipping_begin(&w.shipping, o, err) &&
		run_begin(&w.run, o, &w.p, err) && take_source(o, w.p.filter, &how, err) &&
		run_take_memory(o, MEMORY_MIB, (uint64_t)how.count * how.buffer_bytes, &w.p, err))
		w.p.source = source_open_live(&how, err);
	watcher_database(&w.watcher, &database);
	if (w.p.source && (o->stay_root || run_become_user(o, err)) &&
		open_database(&w, database.text, was_root, err) && store_interrupt(w.p.store, err)) {
		run_open_geo(&w.run, o, &w.p);
		run_warn(&w.run);
		w.watcher.shipping = &w.shipping;
		shipping_go(&w.shipping);
		code = watch(&w, database.text, err);
	}
	if (!store_close(w.p.store, &close_err) && code == ERR_NONE) {
		*err = close_err;
		code = ERR_FAILED;
	}
	shipping_end(&w.shipping);
	source_close(w.p.source);
	watcher_fini(&w.watcher);
	run_end(&w.run, &w.p);
	strbuf_fini(&database);
	return code == ERR_NONE ? ERR_NONE : err->code;
}
