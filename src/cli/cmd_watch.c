/* cmd_watch: lastack watch: interfaces, for months. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/metrics.h"
#include "cli/run.h"
#include "cli/summary.h"
#include "confine/confine.h"
#include "enrich/geo.h"
#include "pipeline.h"
#include "source/source.h"
#include "store/store.h"

enum {
	SNAP_USUAL = 512,      /* link, tunnels, extension headers and options: no payload that matters */
	SNAP_MOST = 262144,    /* as libpcap */
	BUFFER_KIB = 65536,    /* a second of 100,000 packets, each in a slot of the snap length */
	BUFFER_MOST = 1 << 21, /* KiB */
	METRICS_S = 10,
	MEMORY_MIB = 256,
};

#define USER_USUAL "lastack"

struct watch {
	const struct options *o;
	struct pipeline_options p;
	struct run run;
	int64_t metrics_ns; /* when they were written last */
	bool metrics_failed;
};

static volatile sig_atomic_t wants_statistics, wants_geo;

static void take_wish(int signal_number)
{
	if (signal_number == SIGHUP)
		wants_geo = 1;
	else
		wants_statistics = 1;
}

static void watch_wishes(void)
{
	struct sigaction action = {.sa_handler = take_wish, .sa_flags = SA_RESTART};

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* --- while it runs -------------------------------------------------------------------------------- */

static void tell_news(void *context, const struct err *news)
{
	(void)context;
	if (news->code == ERR_NONE)
		log_warning("%s", news->text);
	else
		log_error(news);
}

static void print_statistics(const struct pipeline_result *r)
{
	log_warning(
		"%llu packets, %llu dropped, %llu connections (%llu held, %llu evicted, %llu of them without a row), "
		"%llu anomalies, %llu not stored",
		(unsigned long long)r->packets, (unsigned long long)r->dropped, (unsigned long long)r->connections,
		(unsigned long long)r->open, (unsigned long long)r->evicted, (unsigned long long)r->aggregated,
		(unsigned long long)r->found.begun, (unsigned long long)r->store_lost);
}

/* The old files stay in use where a new one cannot be opened. */
static void open_geo_anew(struct watch *w)
{
	struct pipeline_options newer = {.geo = NULL};
	struct run run = {.warnings = 0};

	run_open_geo(&run, w->o, &newer);
	run_warn(&run);
	if (run.warnings) {
		geo_free(newer.geo);
		return;
	}
	geo_free(w->p.geo);
	w->p.geo = newer.geo;
	log_warning("geo files opened anew");
}

static void write_metrics(struct watch *w, int64_t now_ns, const struct pipeline_result *r)
{
	struct err err;

	if (!w->o->metrics || now_ns - w->metrics_ns < METRICS_S * NS_PER_S)
		return;
	w->metrics_ns = now_ns;
	bool failed = !metrics_write(w->o->metrics, now_ns, r, &err);
	if (failed && !w->metrics_failed)
		log_error(&err);
	w->metrics_failed = failed;
}

static void take_second(void *context, int64_t now_ns, const struct pipeline_result *so_far)
{
	struct watch *w = context;

	write_metrics(w, now_ns, so_far);
	if (wants_statistics) {
		wants_statistics = 0;
		print_statistics(so_far);
	}
	if (wants_geo && w->o->geo.count)
		open_geo_anew(w);
	wants_geo = 0;
}

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

static bool take_memory(const struct options *o, const struct source_live *how, uint64_t *connections, struct err *err)
{
	uint64_t mib = o->memory_mib > 0 ? (uint64_t)o->memory_mib : MEMORY_MIB;
	uint64_t rings = (uint64_t)how->count * how->buffer_bytes, bytes = mib << 20;
	uint64_t fit = bytes > rings ? pipeline_connections(bytes - rings) : 0;

	if (!fit)
		return err_set(err, ERR_USAGE,
			"--max-memory %llu: leaves no room for connections beside rings of %llu MiB (more of it, or a "
			"smaller "
			"-B)",
			(unsigned long long)mib, (unsigned long long)rings >> 20);
	*connections =
		o->max_connections > 0 && (uint64_t)o->max_connections < fit ? (uint64_t)o->max_connections : fit;
	return true;
}

/* Who is watched is not who watches: what is not needed any more is given up before the first packet. */
static bool give_up_user(const struct options *o, struct err *err)
{
	const char *user = o->user;

	if (o->stay_root)
		return true;
	if (getuid() && user)
		return err_set(err, ERR_USAGE, "-Z %s: only root can become another user", user);
	if (!getuid() && !user && !confine_has_user(USER_USUAL))
		return err_set(err, ERR_USAGE,
			"watch: started as root, and there is no user %s to become (-Z USER, or --stay-root)",
			USER_USUAL);
	return confine_user(getuid() ? NULL : user ? user : USER_USUAL, err);
}

/* The folder that a path lies in; the caller's to free. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct strbuf folder = {0};

	if (!slash)
		strbuf_add(&folder, ".");
	else
		strbuf_add_n(&folder, path, slash == path ? 1 : (size_t)(slash - path));
	return folder.text;
}

static bool give_up_rest(const struct watch *w, const char *database, struct strbuf *what, struct err *err)
{
	const struct options *o = w->o;
	const char *read[OPTIONS_LIST + 4] = {"/sys/class/net", "/sys/devices", "/proc/self"};
	char *folders[] = {folder_of(database), o->metrics ? folder_of(o->metrics) : NULL, NULL};

	for (unsigned i = 0; i < o->geo.count; i++)
		read[3 + i] = o->geo.item[i];
	bool done = o->stay_root || confine(&(struct confine_paths){read, (const char *const *)folders}, what, err);
	if (o->stay_root)
		strbuf_add(what, "no sandbox");
	free(folders[0]);
	free(folders[1]);
	return done;
}

static void tell_start(const struct watch *w, const char *database, const char *confined)
{
	struct strbuf names = {0};

	for (unsigned i = 0; i < w->o->interfaces.count; i++)
		strbuf_addf(&names, "%s%s", i ? ", " : "", w->o->interfaces.item[i]);
	log_warning("watching %s, storing into %s (%s)", names.text, database, confined);
	strbuf_fini(&names);
}

static enum err_code watch(struct watch *w, const char *database, struct err *err)
{
	struct pipeline_result result;
	struct strbuf confined = {0};
	bool done = give_up_rest(w, database, &confined, err);

	if (done) {
		run_watch_signals();
		watch_wishes();
		tell_start(w, database, confined.text);
		done = pipeline_read(&w->p, &result, err);
	}
	strbuf_fini(&confined);
	if (!done)
		return err->code;
	if (w->o->metrics)
		metrics_write(w->o->metrics, result.last_ns, &result, &(struct err){0});
	summary_print(w->o->interfaces.item[0], database, &result);
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
	const char *database = options_database(o);
	struct source_live how;
	struct err close_err;
	enum err_code code = ERR_FAILED;

	w.p = (struct pipeline_options){
		.live = true,
		.until_ns = CLOCK_NONE,
		.keep_ns = o->keep_ns > 0 ? o->keep_ns : CLOCK_NONE,
		.most_bytes = o->database_mib > 0 ? o->database_mib << 20 : CLOCK_NONE,
		.news = tell_news,
		.second = take_second,
		.second_context = &w,
	};
	if (getuid() != geteuid() || getgid() != getegid()) {
		err_set(err, ERR_USAGE,
			"watch: refuses to run setuid (setcap cap_net_raw=ep lets it capture without root)");
		return ERR_USAGE;
	}
	if (run_begin(&w.run, o, &w.p, err) && take_source(o, w.p.filter, &how, err) &&
		take_memory(o, &how, &w.p.max_connections, err))
		w.p.source = source_open_live(&how, err);
	if (w.p.source && give_up_user(o, err))
		w.p.store = store_open(database, STORE_WRITE, err);
	if (w.p.store && store_interrupt(w.p.store, err)) {
		run_open_geo(&w.run, o, &w.p);
		run_warn(&w.run);
		code = watch(&w, database, err);
	}
	if (!store_close(w.p.store, &close_err) && code == ERR_NONE) {
		*err = close_err;
		code = ERR_FAILED;
	}
	source_close(w.p.source);
	run_end(&w.run, &w.p);
	return code == ERR_NONE ? ERR_NONE : err->code;
}
