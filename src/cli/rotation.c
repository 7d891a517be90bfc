/* rotation: see rotation.h. */
#include "cli/rotation.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define DAY_NS (INT64_C(86400) * NS_PER_S)

enum { DAYS_BACK = 366 };

static void day_of(int64_t time_ns, char day[ROTATION_DAY])
{
	char when[CLOCK_TEXT];

	clock_print(time_ns, 0, when);
	memcpy(day, when, ROTATION_DAY - 1);
	day[ROTATION_DAY - 1] = '\0';
}

void rotation_begin(struct rotation *r, const char *database)
{
	char folder[PATH_MAX];

	if (*database != '/' && getcwd(folder, sizeof folder))
		strbuf_addf(&r->database, "%s/", folder);
	strbuf_add(&r->database, database);
}

void rotation_fini(struct rotation *r)
{
	strbuf_fini(&r->database);
}

void rotation_name(const struct rotation *r, int64_t time_ns, struct strbuf *path)
{
	const char *database = r->database.text, *slash = strrchr(database, '/'), *name = slash ? slash + 1 : database;
	const char *ending = strrchr(name, '.');
	char day[ROTATION_DAY];

	if (!ending || ending == name)
		ending = name + strlen(name);
	day_of(time_ns, day);
	strbuf_add_n(path, database, (size_t)(ending - database));
	strbuf_addf(path, "-%s%s", day, ending);
}

bool rotation_turns(struct rotation *r, int64_t now_ns)
{
	char day[ROTATION_DAY];

	day_of(now_ns, day);
	/* a clock that was set back does not go back to an older file */
	if (strcmp(day, r->day) <= 0)
		return false;
	memcpy(r->day, day, sizeof day);
	return true;
}

void rotation_remove(const struct rotation *r, int64_t now_ns, int64_t keep_ns)
{
	static const char *const besides[] = {"", "-wal", "-shm"};
	struct strbuf path = {0};

	for (int day = 1; day <= DAYS_BACK; day++)
		for (size_t i = 0; i < sizeof besides / sizeof *besides; i++) {
			strbuf_clear(&path);
			rotation_name(r, clock_plus(now_ns, -keep_ns - day * DAY_NS), &path);
			strbuf_add(&path, besides[i]);
			unlink(path.text);
		}
	strbuf_fini(&path);
}
