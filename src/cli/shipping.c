/* shipping: see shipping.h. */
#define _GNU_SOURCE /* pipe2 */
#include "cli/shipping.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/run.h"
#include "confine/confine.h"
#include "ship/ship.h"
#include "store/store.h"

enum {
	LAST_S = 5, /* for what is left when the watch has ended */
	BACK_OFF_MOST_S = 60,
	LONG_S = 300, /* who ran so long begins again at once */
};

/* --- the other side: one process, one shipping ------------------------------------------------------ */

/* Of the process that ships and the one above it. */
static struct {
	int control, lines;
	int64_t until_ns; /* the end of the end; 0: the watch goes on */
} beside;

/* Whoever would read it may have gone. */
static void put(int pipe, const char *text, size_t length)
{
	while (write(pipe, text, length) < 0 && errno == EINTR)
		;
}

static void say(void *context, const char *line)
{
	struct strbuf text = {0};

	(void)context;
	strbuf_addf(&text, "%s\n", line);
	put(beside.lines, text.text, text.length);
	strbuf_fini(&text);
}

/* Has the watch ended?  Its end of the pipe is closed then. */
static bool has_ended(void)
{
	struct pollfd control = {.fd = beside.control, .events = 0};

	return poll(&control, 1, 0) > 0 && control.revents & (POLLHUP | POLLERR);
}

static bool stops(void)
{
	return beside.until_ns ? clock_monotonic_ns() > beside.until_ns : has_ended();
}

static bool confine_ship(const struct options *o, const char *database, const struct http *http, struct err *err)
{
	const char *read[] = {"/etc", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/lib/ssl",
		"/run/systemd/resolve", "/proc/self", o->ca_file, NULL};
	char *folder = run_folder_of(database);
	const char *write[] = {folder, NULL};
	struct strbuf what = {0};

	http_prepare(http);
	bool done = o->stay_root || confine(CONFINE_SHIP, &(struct confine_paths){read, write}, &what, err);
	strbuf_fini(&what);
	free(folder);
	return done;
}

/* Ships until the watch has ended, and then what is left. */
static bool ship_beside(const struct options *o, struct http *http, struct err *err)
{
	const char *database = options_database(o);
	struct ship_options how = {
		.http = http, .sensor = o->sensor, .follow = true, .every_ns = o->every_ns, .stops = stops, .say = say};
	struct ship_result result;
	struct store *store = store_open(database, STORE_SHIP, err);
	bool done = store && confine_ship(o, database, http, err) && ship(store, &how, &result, err);

	if (done) {
		beside.until_ns = clock_plus(clock_monotonic_ns(), LAST_S * NS_PER_S);
		how.follow = false;
		done = ship(store, &how, &result, err);
	}
	if (store)
		store_close(store, &(struct err){0});
	return done;
}

static _Noreturn void run_ship(const struct options *o, struct http *http)
{
	struct err err = {ERR_NONE, ""};
	bool done = ship_beside(o, http, &err);

	if (!done)
		say(NULL, err.text);
	_exit(done ? ERR_NONE : err.code == ERR_USAGE ? ERR_USAGE : ERR_FAILED);
}

/* --- the one between both ----------------------------------------------------------------------------- */

static void say_end(int status, int64_t wait_s)
{
	char line[100];

	snprintf(line, sizeof line, "shipping ended (%s %d) and begins again in %lld s",
		WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		(long long)wait_s);
	say(NULL, line);
}

static void nap(int64_t seconds)
{
	for (struct timespec left = {.tv_sec = 1}; seconds-- > 0 && !has_ended();)
		nanosleep(&left, NULL);
}

/* Begins it anew when it dies.  Where it cannot run at all, or the watch has ended, that is all. */
static void supervise(const struct options *o, struct http *http)
{
	int64_t wait_s = 1;
	int status = 0;

	do {
		int64_t begun_ns = clock_monotonic_ns();
		pid_t child = fork();

		if (!child)
			run_ship(o, http);
		while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		if (child > 0 && WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == ERR_USAGE))
			return;
		if (has_ended())
			return;
		if (clock_since(clock_monotonic_ns(), begun_ns) > LONG_S * NS_PER_S)
			wait_s = 1;
		say_end(status, wait_s);
		nap(wait_s);
		wait_s = wait_s * 2 > BACK_OFF_MOST_S ? BACK_OFF_MOST_S : wait_s * 2;
	} while (!has_ended());
}

static struct http *open_http(const struct options *o, struct err *err)
{
	return http_open(&(struct http_to){.option = "--ship-to",
				 .url = o->ship_to,
				 .password_file = o->password_file,
				 .ca_file = o->ca_file,
				 .most_s = SHIP_REQUEST_S,
				 .stops = stops},
		err);
}

/* The first line says whether the options can be: "" or why not. */
static _Noreturn void run_beside(const struct options *o)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1};
	struct err err = {ERR_NONE, ""};
	char go;

	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* who reads what the watch prints does not wait for this one */
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN); /* it ends with the watch */
	struct http *http = open_http(o, &err);
	say(NULL, err.text);
	if (!http)
		_exit(err.code);
	if (read(beside.control, &go, 1) == 1 && (o->stay_root || run_become_user(o, &err)))
		supervise(o, http);
	else if (err.code != ERR_NONE)
		say(NULL, err.text);
	http_close(http);
	_exit(err.code);
}

/* --- the watch's side ----------------------------------------------------------------------------------- */

static bool make_process(struct shipping *s, const struct options *o, struct err *err)
{
	int control[2], lines[2];

	if (pipe2(control, O_CLOEXEC))
		return err_set(err, ERR_FAILED, "--ship-to: %s", strerror(errno));
	if (pipe2(lines, O_CLOEXEC)) {
		close(control[0]);
		close(control[1]);
		return err_set(err, ERR_FAILED, "--ship-to: %s", strerror(errno));
	}
	pid_t child = fork();
	if (!child) {
		close(control[1]);
		close(lines[0]);
		beside.control = control[0];
		beside.lines = lines[1];
		run_beside(o);
	}
	close(control[0]);
	close(lines[1]);
	*s = (struct shipping){.runs = true, .control = control[1], .lines = lines[0]};
	return child > 0 || err_set(err, ERR_FAILED, "--ship-to: no process: %s", strerror(errno));
}

/* The first line it says; "" when all is well. */
static bool read_first(struct shipping *s, struct err *err)
{
	struct err said = {ERR_USAGE, ""};
	size_t length = 0;
	char c = '\0';

	while (read(s->lines, &c, 1) == 1 && c != '\n')
		if (length < sizeof said.text - 1)
			said.text[length++] = c;
	if (c == '\n' && !length)
		return true;
	*err = said;
	return false;
}

bool shipping_begin(struct shipping *s, const struct options *o, struct err *err)
{
	*s = (struct shipping){.runs = false};
	if (!o->ship_to)
		return true;
	if (o->rotate)
		return err_set(err, ERR_USAGE, "--ship-to: not with --rotate: a file that is left would not be sent");
	if (!make_process(s, o, err) || !read_first(s, err))
		return false;
	fcntl(s->lines, F_SETFL, O_NONBLOCK);
	return true;
}

void shipping_go(struct shipping *s)
{
	if (s->runs)
		put(s->control, "", 1);
}

void shipping_listen(struct shipping *s, void (*tell)(void *context, const char *line), void *context)
{
	char piece[512], *end;
	ssize_t got;

	while (s->runs && (got = read(s->lines, piece, sizeof piece)) >= 0) {
		strbuf_add_n(&s->partial, piece, (size_t)got);
		while (s->partial.length && (end = strchr(s->partial.text, '\n'))) {
			*end = '\0';
			tell(context, s->partial.text);
			char *rest = mem_copy(end + 1);
			strbuf_clear(&s->partial);
			strbuf_add(&s->partial, rest);
			free(rest);
		}
		if (!got) {
			s->runs = false;
			tell(context, "shipping has ended; what is not sent waits in the database");
		}
	}
}

void shipping_end(struct shipping *s)
{
	if (s->control > 0)
		close(s->control);
	if (s->lines > 0)
		close(s->lines);
	strbuf_fini(&s->partial);
	*s = (struct shipping){.runs = false};
}
