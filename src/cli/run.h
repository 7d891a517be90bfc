/* run: what `read` and `watch` share: their common options, signals, and files that may be wrong. */
#ifndef LASTACK_CLI_RUN_H
#define LASTACK_CLI_RUN_H

#include <signal.h>

#include "base/err.h"
#include "cli/options.h"
#include "pipeline.h"

#define WATCH_USER "lastack" /* whom watch becomes */

struct run {
	char *filter_text; /* of --filter-file */
	/* Files that cannot be used are a warning each, and the run goes on without them.  Kept until its end: a run
	 * that fails says one line and no more. */
	struct err warning[OPTIONS_LIST];
	unsigned warnings;
};

/* From options to the common part of *p: filter, limits, clocks of the hosts, where to stop.  False with *err. */
bool run_begin(struct run *run, const struct options *o, struct pipeline_options *p, struct err *err);

/* --max-memory, or `usual_mib` (0: no limit), less what else the run takes: how many connections may be held.  False
 * with *err (ERR_USAGE): too few. */
bool run_take_memory(
	const struct options *o, uint64_t usual_mib, uint64_t rings, struct pipeline_options *p, struct err *err);

/* Opens what --geo names.  What cannot be opened is left out, and a warning. */
void run_open_geo(struct run *run, const struct options *o, struct pipeline_options *p);

/* Prints the warnings. */
void run_warn(const struct run *run);

/* Gives back what the two above have taken. */
void run_end(struct run *run, struct pipeline_options *p);

/* Who is watched is not who watches: what is not needed any more is given up before the first packet, or connection. */
bool run_become_user(const struct options *o, struct err *err);

/* The folder that a path lies in; the caller's to free. */
char *run_folder_of(const char *path);

/* SIGINT and SIGTERM: the first asks for a clean end, the second ends at once.  0 until there was one. */
extern volatile sig_atomic_t run_stop;
void run_watch_signals(void);

/* A device, a pipe, a folder: what no file may be renamed to. */
bool run_is_special(const char *path);

#endif
