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
	globfree(&found);
	unlink(capture);
	return tap_end();
}
