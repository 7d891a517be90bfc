/* run: every scenario, each way.  Without arguments all of tests/scenario; else the files named.
 *
 * In the environment: `srcdir` as automake sets it; LASTACK, the program: without it that way is left out. */
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/tap.h"
#include "tests/lib/ways.h"

static void comment(const char *lines)
{
	while (lines && *lines) {
		size_t length = strcspn(lines, "\n");
		printf("# %.*s\n", (int)length, lines);
		lines += length + (lines[length] == '\n');
	}
}

/* "close/simultaneous" of ".../close/simultaneous.seg" */
static const char *title(const char *path)
{
	const char *start = path + strlen(path);
	int slashes = 0;

	while (start > path && !(start[-1] == '/' && ++slashes == 2))
		start--;
	return start;
}

/* --- what all scenarios together show ------------------------------------------------------------ */

static uint16_t entered[SIDES], left[SIDES]; /* 1 << enum tcp_state */
static uint32_t links;                       /* 1 << row of wrap_links */

static void note_path(const struct row *row, enum side side)
{
	struct strbuf path = {0};
	enum tcp_state from = TCP_UNKNOWN;
	char *word, *rest;

	rows_path(row, side, &path);
	for (word = strtok_r(path.text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		word[strcspn(word, "?*")] = '\0';
		enum tcp_state state = state_from_word(word);
		if (state == TCP_UNKNOWN)
			continue;
		entered[side] |= (uint16_t)(1U << state);
		if (from != TCP_UNKNOWN)
			left[side] |= (uint16_t)(1U << from);
		from = state;
	}
	strbuf_fini(&path);
}

static void note_coverage(const struct scenario *scenario, const struct rows *rows)
{
	links |= 1U << (scenario->link - wrap_links);
	for (size_t i = 0; i < rows->count; i++)
		for (int side = 0; side < SIDES; side++)
			note_path(&rows->row[i], (enum side)side);
}

/* LISTEN leaves no trace; CLOSED is left only for another connection. */
static void check_coverage(void)
{
	for (int side = 0; side < SIDES; side++)
		for (int state = 0; state < TCP_STATES; state++) {
			bool was = entered[side] & 1U << state, gone = left[side] & 1U << state;
			if (state != TCP_LISTEN && !tap_ok(was && (gone || state == TCP_CLOSED),
							   "some scenario shows the %s entering and leaving %s",
							   side_words[side], state_words[state].name))
				comment(was ? "it is never left" : "it is never entered");
		}
	for (int i = 0; wrap_links[i].name; i++)
		tap_ok(links & 1U << i, "some scenario has the link %s", wrap_links[i].name);
}

/* --- one scenario -------------------------------------------------------------------------------- */

static void run_one(const char *path, const char *program, const char *capture)
{
	static const char *const ways[] = {"segments", "capture", "program"};
	struct scenario scenario;
	struct rows rows[3] = {0};
	struct strbuf why = {0};
	struct err err = {0};

	if (!scenario_read(path, &scenario, &err)) {
		tap_ok(false, "%s can be read", path);
		comment(err.text);
		scenario_fini(&scenario);
		return;
	}
	for (int way = 0; way < (program ? 3 : 2); way++) {
		bool good = true;

		if (way == 0)
			way_segments(&scenario, &rows[0]);
		else if (way == 1)
			good = way_capture(&scenario, capture, &rows[1], &err);
		else
			good = way_program(&scenario, program, capture, &rows[2], &err);
		if (good) {
			bool met = rows_meet(&rows[way], &scenario, &why);
			good = rows_same(&rows[way], &rows[0], &why) && met;
		} else {
			strbuf_addf(&why, "%s\n", err.text);
		}
		if (!tap_ok(good, "%s: %s", title(path), ways[way]))
			comment(why.text);
		strbuf_clear(&why);
	}
	strbuf_fini(&why);
	note_coverage(&scenario, &rows[0]);
	for (int way = 0; way < 3; way++)
		rows_fini(&rows[way]);
	scenario_fini(&scenario);
}

int main(int argc, char **argv)
{
	const char *source = getenv("srcdir"), *program = getenv("LASTACK");
	char pattern[4096], capture[] = "/tmp/lastack-scenario-XXXXXX";
	glob_t found = {0};
	int handle = mkstemp(capture);

	if (handle < 0) {
		puts("Bail out! no temporary file");
		return 1;
	}
	close(handle);
	snprintf(pattern, sizeof pattern, "%s/tests/scenario/*/*.seg", source ? source : ".");
	if (argc < 2 && glob(pattern, 0, NULL, &found))
		tap_ok(false, "%s: there are scenarios", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++)
		run_one(found.gl_pathv[i], program, capture);
	for (int i = 1; i < argc; i++)
		run_one(argv[i], program, capture);
	if (argc < 2)
		check_coverage();
	globfree(&found);
	unlink(capture);
	return tap_end();
}
