/* scenario: a TCP conversation written as lines that a person reads aloud, and what must be said of it.
 *
 * tests/scenario/README.md is the manual of the format.  A scenario is read once and run in two ways: its segments
 * go straight into the tracker, or its bytes as a capture file through the whole program (ways.h). */
#ifndef LASTACK_TESTS_LIB_SCENARIO_H
#define LASTACK_TESTS_LIB_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/anomaly.h"
#include "base/err.h"
#include "base/words.h"
#include "decode/segment.h"
#include "tests/lib/wrap.h"
#include "track/stack.h"

#define SCENARIO_START_NS INT64_C(1790000000000000000)

struct scenario_step {
	struct segment segment; /* payload is not filled in; digest 1: other octets than usual */
	unsigned connection;    /* which section of the file it stands in, from 0 */
	uint32_t fragment;      /* octets behind the IP header in the first of two fragments; 0: whole */
};

enum expect_kind {
	EXPECT_CONNECTIONS, /* how many there are */
	EXPECT_STATE,       /* the last state of a side */
	EXPECT_PATH,        /* all states of a side, in order */
	EXPECT_COLUMN,      /* the value of a column */
	EXPECT_ANOMALIES,   /* the codes of all that was found, in order; or none */
	EXPECT_ANOMALY,     /* one row of a code, and what it says */
	EXPECT_NO_ANOMALY,  /* no row of a code */
};

struct scenario_expect {
	enum expect_kind kind;
	unsigned line;
	unsigned connection; /* as of a step: the record with this place in order of id */
	enum side side;
	char *column; /* of EXPECT_COLUMN; the code of EXPECT_ANOMALY and EXPECT_NO_ANOMALY */
	char *wanted; /* as written */
};

enum { SCENARIO_SETS = 8 };

struct scenario {
	char *name; /* of the file, without folder and ending */
	struct scenario_step *steps;
	size_t step_count;
	struct scenario_expect *expects;
	size_t expect_count;
	unsigned connection_count; /* sections that have segments */
	const struct wrap_link *link;
	uint32_t snap_length;      /* 0: none */
	struct stack stack;        /* the clocks of the hosts: directives stack and msl */
	struct limits limits;      /* directive set */
	char *sets[SCENARIO_SETS]; /* the same as text; NULL behind the last */
	int64_t until_after_ns;    /* the clock runs on for so long; 0: does not */
};

/* Reads a file, or text that stands for one.  False with *err ("FILE:LINE: what is wrong"). */
bool scenario_read(const char *path, struct scenario *scenario, struct err *err);
bool scenario_parse(const char *name, const char *text, struct scenario *scenario, struct err *err);
void scenario_fini(struct scenario *scenario); /* accepts the zero value */

/* Adds a step to a scenario that is built by code; ip_bytes follows from the rest. */
void scenario_add(struct scenario *scenario, const struct scenario_step *step);

/* Sets len and ip_bytes from the rest. */
void scenario_fill_lengths(struct segment *segment);

/* An empty one, as a file without lines. */
void scenario_init(struct scenario *scenario, const char *name);

/* Writes a capture file (pcap, nanoseconds). */
bool scenario_write(const struct scenario *scenario, const char *path, struct err *err);

#endif
