/* cmd_doctor: lastack doctor: is everything there that the other commands need? */
#include "config.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/command.h"
#include "enrich/geo.h"
#include "source/source.h"
#include "store/store.h"

/* One finding: a mark, what was looked at, what was found. */
static void say(bool good, const char *what, const char *found)
{
	printf("%-4s %-12s %s\n", good ? "ok" : "-", what, found);
}

static bool may_capture(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	return syscall(SYS_capget, &header, data) == 0 && data[0].effective & 1u << CAP_NET_RAW;
}

static void check_database(const struct options *o)
{
	struct err err;
	char found[sizeof err.text];
	int64_t lowest, highest;
	struct store *store = store_open(options_database(o), STORE_READ, &err);

	if (!store) {
		say(false, "database", err.text);
		return;
	}
	if (!store_check(store, &err))
		say(false, "database", err.text);
	else if (!query_id_range(store, &lowest, &highest))
		say(true, "database", "sound, and empty");
	else {
		snprintf(found, sizeof found, "%s: sound, connections %lld to %lld", store_path(store),
			(long long)lowest, (long long)highest);
		say(true, "database", found);
	}
	store_close(store, &err);
}

enum err_code cmd_doctor(const struct options *o, struct err *err)
{
	char when[CLOCK_TEXT];

	(void)err;
	say(true, "lastack", PACKAGE_VERSION);
	say(true, "libpcap", source_library_version());
	say(true, "libarchive", source_unpack_version());
	say(true, "SQLite", store_library_version());
	say(true, "libmaxminddb", geo_library_version());
	say(clock_wall_ns() > INT64_C(1700000000) * NS_PER_S, "clock", clock_print(clock_wall_ns(), 0, when));
	say(may_capture(), "capture",
		may_capture() ? "permitted (CAP_NET_RAW)" : "not permitted; reading files needs no permission");
	check_database(o);
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
