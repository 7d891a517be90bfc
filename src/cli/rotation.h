/* rotation: --rotate day: a database for each day (UTC), its date before the ending of its name. */
#ifndef LASTACK_CLI_ROTATION_H
#define LASTACK_CLI_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

enum { ROTATION_DAY = 11 }; /* "2026-11-23" */

struct rotation {
	struct strbuf database; /* as -d names it, made absolute: the sandbox does not ask for the working folder */
	char day[ROTATION_DAY]; /* whose file is open */
};

void rotation_begin(struct rotation *rotation, const char *database);
void rotation_fini(struct rotation *rotation); /* accepts the zero value */

/* Adds the name of the file for the day of a time: "lastack-2026-11-23.db" for "lastack.db". */
void rotation_name(const struct rotation *rotation, int64_t time_ns, struct strbuf *path);

/* Has another day begun than that of the file that is open?  Its file is taken to be the open one from now on. */
bool rotation_turns(struct rotation *rotation, int64_t now_ns);

/* Removes the files of days that ended more than keep_ns ago, up to a year back. */
void rotation_remove(const struct rotation *rotation, int64_t now_ns, int64_t keep_ns);

#endif
