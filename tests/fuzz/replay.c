/* replay: runs a fuzz target over its seeds, or over the files named, without a fuzzing engine.  Prints TAP. */
#include <glob.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "tests/fuzz/target.h"
#include "tests/lib/tap.h"

enum { MOST = 1 << 20 };

static void replay(const char *path)
{
	const char *slash = strrchr(path, '/');
	FILE *file = fopen(path, "rb");
	uint8_t *room = mem_new(MOST, 1);
	size_t length = file ? fread(room, 1, MOST, file) : 0;

	/* a block of just this size, so that a sanitizer sees the byte behind the end */
	room = mem_grow(room, length ? length : 1);
	LLVMFuzzerTestOneInput(room, length);
	tap_ok(file, "%s", slash ? slash + 1 : path);
	if (file)
		fclose(file);
	free(room);
}

int main(int argc, char **argv)
{
	const char *source = getenv("srcdir");
	char pattern[4096];
	glob_t found = {0};

	snprintf(pattern, sizeof pattern, "%s/tests/fuzz/seeds/" FUZZ_SEEDS "/*", source ? source : ".");
	if (argc < 2 && glob(pattern, 0, NULL, &found))
		tap_ok(false, "%s: there are seeds", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++)
		replay(found.gl_pathv[i]);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	globfree(&found);
	return tap_end();
}
