/* moment: how the sides of a connection stood at some time, told from its timeline.
 *
 * The timeline is the best account with all evidence in, so a moment is told in hindsight: a state that was only
 * presumed then and proved by a later segment is said to be that. */
#ifndef LASTACK_RECORD_MOMENT_H
#define LASTACK_RECORD_MOMENT_H

#include "record/record.h"

struct moment {
	enum tcp_state state; /* TCP_UNKNOWN: nothing is known of this side by then */
	enum basis basis;     /* how that was known then */
	int64_t since_ns;     /* when it was entered; CLOCK_NONE: not known */
	int64_t proved_ns;    /* not proved then, but later: when; else CLOCK_NONE */
};

/* At at_ns, to the microsecond, which is what a timeline has. */
void moment_from_timeline(const char *timeline, int64_t first_ns, int64_t at_ns, struct moment sides[SIDES]);

/* A side that had come to rest by then, as the columns of its row have it; texts NULL: not known. */
struct moment moment_from_columns(const char *state, const char *basis, int64_t since_ns);

/* A TIME-WAIT that ended at ends_ns is over by its timer, where that was not seen. */
void moment_run_timer(struct moment *side, int64_t ends_ns, int64_t at_ns);

/* How it is known, in a word: of enum basis, or moment_proved_later for what was not proved then and is now. */
extern const char moment_proved_later[];
const char *moment_basis(const struct moment *side);

/* Is there anything left: a side that is neither CLOSED nor unknown? */
bool moment_is_there(const struct moment sides[SIDES]);

#endif
