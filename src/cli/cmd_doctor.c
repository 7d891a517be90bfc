/* cmd_doctor: lastack doctor: is everything there that the other commands need? */
#include "config.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/indexes.h"
#include "cli/run.h"
#include "confine/confine.h"
#include "enrich/geo.h"
#include "ship/http.h"
#include "source/source.h"
#include "store/index.h"
#include "store/spool.h"
#include "store/store.h"

/* One finding: a mark, what was looked at, what was found. */
static void say(bool good, const char *what, const char *found)
{
	printf("%-4s %-12s %s\n", good ? "ok" : "-", what, found);
}

static void say_text(bool good, const char *what, struct strbuf *found)
{
	say(good, what, found->length ? found->text : "none");
	strbuf_clear(found);
}

/* --- to watch interfaces --------------------------------------------------------------------------- */

static bool may_capture(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	return syscall(SYS_capget, &header, data) == 0 && data[0].effective & 1u << CAP_NET_RAW;
}

static void check_watch(void)
{
	struct strbuf found = {0};
	struct err err;

	source_list_interfaces(&found);
	say_text(found.length > 0, "interfaces", &found);
	if (may_capture())
		say(true, "capture", "permitted (CAP_NET_RAW)");
	else
		source_explain_permission("not permitted", &err), say(false, "capture", err.text);
	if (confine_has_user(WATCH_USER))
		say(true, "user", WATCH_USER ": watch becomes it when root starts it");
	else
		say(!may_capture() || getuid() != 0, "user",
			"there is no " WATCH_USER " for watch to become (useradd --system " WATCH_USER ", or -Z USER)");
	confine_describe(&found);
	say_text(true, "sandbox", &found);
	strbuf_fini(&found);
}

static void check_clock(void)
{
	struct timex clock = {.modes = 0};
	char when[CLOCK_TEXT], found[2 * CLOCK_TEXT];
	int64_t now_ns = clock_wall_ns();
	bool sane = now_ns > INT64_C(1700000000) * NS_PER_S, kept = adjtimex(&clock) != TIME_ERROR;

	snprintf(found, sizeof found, "%s%s", clock_print(now_ns, 0, when),
		!sane  ? ": cannot be right"
		: kept ? ", kept by a time server"
		       : ", kept by no time server");
	say(sane, "clock", found);
}

/* --- the database ---------------------------------------------------------------------------------- */

static void check_drops(struct store *store)
{
	struct query_watch watch;
	struct strbuf found = {0};

	if (!query_last_watch(store, &watch))
		return;
	int64_t drops = watch.kernel_drops + watch.interface_drops;
	strbuf_add_safe(&found, watch.source);
	strbuf_addf(&found, ": %lld of %lld packets lost by the kernel, %lld by the interface%s",
		(long long)watch.kernel_drops, (long long)(watch.packets + drops), (long long)watch.interface_drops,
		watch.kernel_drops ? " (a larger -B, or a filter, loses fewer)" : "");
	say_text(!drops, "drops", &found);
	strbuf_fini(&found);
}

/* What goes to a cluster, where it does. */
static void check_ship(struct store *store)
{
	struct strbuf found = {0};
	struct spool spool;

	if (!spool_look(store, SPOOL_COUNTED, &spool, &(struct err){0}) || !spool.begun)
		return;
	strbuf_add_safe(&found, spool.place);
	strbuf_add(&found, " as ");
	strbuf_add_safe(&found, spool.sensor);
	strbuf_addf(&found, ": %lld rows sent, %lld wait, %lld connections removed before they were sent",
		(long long)spool.rows, (long long)spool.waiting, (long long)spool.dropped);
	say_text(!spool.dropped, "ship", &found);
	strbuf_fini(&found);
}

static void check_database(const struct options *o)
{
	struct err err;
	struct strbuf found = {0};
	int64_t lowest, highest;
	bool written = store_is_written(options_database(o));
	struct store *store = store_open(options_database(o), STORE_READ, &err);

	if (!store) {
		say(false, "database", err.text);
		return;
	}
	if (!store_check(store, &err)) {
		say(false, "database", err.text);
	} else {
		strbuf_addf(&found, "%s: sound, schema %d", store_path(store), store_schema_version());
		if (query_id_range(store, &lowest, &highest))
			strbuf_addf(&found, ", connections %lld to %lld", (long long)lowest, (long long)highest);
		else
			strbuf_add(&found, ", empty");
		strbuf_add(&found, written ? ", a lastack writes to it now" : "");
		say_text(true, "database", &found);
		check_drops(store);
		check_ship(store);
	}
	strbuf_fini(&found);
	store_close(store, &err);
}

static void make_indexes(const struct options *o)
{
	struct strbuf found = {0};
	struct err why;
	unsigned made;
	int64_t begun_ns = clock_monotonic_ns();
	char span[CLOCK_TEXT];

	if (store_is_written(options_database(o))) {
		say(false, "indexes", "not made: a lastack writes to the database now");
	} else if (!indexes_make_all(options_database(o), &made, &why)) {
		say(false, "indexes", why.text);
	} else {
		strbuf_addf(&found, "%u for questions", store_index_count());
		if (made)
			strbuf_addf(&found, ", %u made in %s", made,
				clock_print_span(clock_monotonic_ns() - begun_ns, span));
		say_text(true, "indexes", &found);
	}
	strbuf_fini(&found);
}

enum err_code cmd_doctor(const struct options *o, struct err *err)
{
	(void)err;
	say(true, "lastack", PACKAGE_VERSION);
	say(true, "libpcap", source_library_version());
	say(true, "libarchive", source_unpack_version());
	say(true, "SQLite", store_library_version());
	say(true, "libmaxminddb", geo_library_version());
	say(true, "libcurl", http_library_version());
	check_clock();
	check_watch();
	check_database(o);
	if (o->index)
		make_indexes(o);
	for (unsigned i = 0; i < o->geo.count; i++) {
		struct geo *geo = geo_new();
		struct err why;

		if (geo_add(geo, o->geo.item[i], &why))
			say(true, "geo", o->geo.item[i]);
		else
			say(false, "geo", why.text);
		geo_free(geo);
	}
	return ERR_NONE;
}
