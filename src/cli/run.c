/* run: see run.h. */
#include "cli/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/near.h"
#include "base/strbuf.h"
#include "confine/confine.h"
#include "enrich/geo.h"
#include "view/screen.h"

enum { MSL_MOST_SECONDS = 3600, FILTER_BYTES = 65536 };

volatile sig_atomic_t run_stop;

static void take_signal(int signal_number)
{
	if (run_stop) {
		screen_abandon();
		_exit(128 + signal_number);
	}
	run_stop = signal_number;
}

void run_watch_signals(void)
{
	struct sigaction action = {.sa_handler = take_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* The text of --filter-file; *text is the caller's to free. */
static bool read_filter(const char *path, char **text, struct err *err)
{
	FILE *file = fopen(path, "r");

	if (!file)
		return err_set(err, ERR_FAILED, "%s: %s", path, strerror(errno));
	*text = mem_new(FILTER_BYTES, 1);
	size_t length = fread(*text, 1, FILTER_BYTES - 1, file);
	bool good = !ferror(file) && feof(file);
	fclose(file);
	(*text)[length] = '\0';
	return good || err_set(err, ERR_FAILED, "%s: cannot be read, or longer than 64 KiB", path);
}

/* --stack and --msl: the clocks of the hosts. */
static bool take_stack(const struct options *o, struct pipeline_options *p, struct err *err)
{
	const struct stack *stack = o->stack ? stack_find(o->stack) : &stacks[STACK_LINUX];

	if (!stack) {
		struct near near = near_begin(o->stack);
		for (int i = 0; i < STACKS; i++)
			near_offer(&near, stacks[i].word);
		return near.word[0] ? err_set(err, ERR_USAGE, "--stack '%s': no such profile (did you mean '%s'?)",
					      o->stack, near.word)
				    : err_set(err, ERR_USAGE,
					      "--stack '%s': no such profile (linux, windows, bsd or rfc)", o->stack);
	}
	if (o->msl_ns > MSL_MOST_SECONDS * NS_PER_S)
		return err_set(err, ERR_USAGE, "--msl: at most %d seconds (RFC 9293 says 120)", MSL_MOST_SECONDS);
	p->stack = stack_with_msl(stack, o->msl_ns);
	return true;
}

/* --set: the thresholds of the detectors. */
static bool take_limits(const struct options *o, struct pipeline_options *p, struct err *err)
{
	limits_init(&p->limits);
	for (unsigned i = 0; i < o->set.count; i++)
		if (!limits_set(&p->limits, o->set.item[i], err))
			return false;
	return true;
}

bool run_begin(struct run *run, const struct options *o, struct pipeline_options *p, struct err *err)
{
	if (!take_stack(o, p, err) || !take_limits(o, p, err) ||
		(o->filter_file && !read_filter(o->filter_file, &run->filter_text, err)))
		return false;
	p->filter = run->filter_text ? run->filter_text : o->filter;
	p->packet_limit = o->count > 0 ? (uint64_t)o->count : 0;
	p->verify_checksums = !o->no_checksums;
	p->max_connections = o->max_connections > 0 ? (uint64_t)o->max_connections : PIPELINE_CONNECTIONS;
	p->stop = &run_stop;
	return true;
}

bool run_take_memory(
	const struct options *o, uint64_t usual_mib, uint64_t rings, struct pipeline_options *p, struct err *err)
{
	uint64_t mib = o->memory_mib > 0 ? (uint64_t)o->memory_mib : usual_mib, bytes = mib << 20;
	uint64_t fit = bytes > rings ? pipeline_connections(bytes - rings, p->watch) : 0;

	if (!mib)
		return true;
	if (!fit)
		return err_set(err, ERR_USAGE, "--max-memory %llu: leaves no room for connections%s (give more)",
			(unsigned long long)mib, rings ? " beside the rings of -B" : "");
	if (o->max_connections <= 0 || (uint64_t)o->max_connections > fit)
		p->max_connections = fit;
	return true;
}

void run_open_geo(struct run *run, const struct options *o, struct pipeline_options *p)
{
	if (!o->geo.count)
		return;
	p->geo = geo_new();
	for (unsigned i = 0; i < o->geo.count; i++)
		if (!geo_add(p->geo, o->geo.item[i], &run->warning[run->warnings]))
			run->warnings++;
	if (run->warnings < o->geo.count)
		return;
	geo_free(p->geo);
	p->geo = NULL;
}

void run_warn(const struct run *run)
{
	for (unsigned i = 0; i < run->warnings; i++)
		log_error(&run->warning[i]);
}

void run_end(struct run *run, struct pipeline_options *p)
{
	geo_free(p->geo);
	free(run->filter_text);
}

char *run_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct strbuf folder = {0};

	if (!slash)
		strbuf_add(&folder, ".");
	else
		strbuf_add_n(&folder, path, slash == path ? 1 : (size_t)(slash - path));
	return folder.text;
}

bool run_become_user(const struct options *o, struct err *err)
{
	const char *user = o->user;

	if (getuid() && user)
		return err_set(err, ERR_USAGE, "-Z %s: only root can become another user", user);
	if (!getuid() && !user && !confine_has_user(WATCH_USER))
		return err_set(err, ERR_USAGE,
			"watch: started as root, and there is no user %s to become (useradd --system %s, or -Z USER)",
			WATCH_USER, WATCH_USER);
	return confine_user(getuid() ? NULL : user ? user : WATCH_USER, err);
}

bool run_is_special(const char *path)
{
	struct stat status;

	return !stat(path, &status) && !S_ISREG(status.st_mode);
}
