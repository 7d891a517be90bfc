/* ways: the ways in which a scenario is run, from its segments alone to the whole program. */
#ifndef LASTACK_TESTS_LIB_WAYS_H
#define LASTACK_TESTS_LIB_WAYS_H

#include "base/err.h"
#include "tests/lib/rows.h"
#include "tests/lib/scenario.h"

/* Its segments into the tracker. */
void way_segments(const struct scenario *scenario, struct rows *rows);

/* Its bytes as a capture file (left at `path`) through source, decode and track.  False with *err when the file
 * cannot be written or read. */
bool way_capture(const struct scenario *scenario, const char *path, struct rows *rows, struct err *err);

/* The same for files that are there; several are merged. */
bool way_capture_files(const char *const *paths, unsigned count, const struct stack *stack, const struct limits *limits,
	int64_t until_after_ns, struct rows *rows, struct err *err);

/* Its bytes as a capture file (left at `path`) through `PROGRAM read --format json`.  False with *err when the
 * program cannot be run, fails, or prints what is no JSON. */
bool way_program(
	const struct scenario *scenario, const char *program, const char *path, struct rows *rows, struct err *err);

/* `PROGRAM read` on a file that is there: once for its connections, once for its anomalies. */
struct program_run {
	const char *program, *path;
	const struct stack *stack;
	int64_t until_after_ns;
	const char *const *sets; /* as scenario.sets; NULL: none */
};
bool way_program_file(const struct program_run *p, struct rows *rows, struct err *err);

#endif
