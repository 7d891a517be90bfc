/* journal: the lines of a service on standard error: each begins with a time, so that it can be read without the
 * program, and no kind has more than JOURNAL_MOST in a second (reliability: O7). */
#ifndef LASTACK_CLI_JOURNAL_H
#define LASTACK_CLI_JOURNAL_H

#include <stdint.h>

enum { JOURNAL_MOST = 10, JOURNAL_KINDS = 128 };

/* The zero value is ready. */
struct journal {
	struct journal_kind {
		const char *kind;
		int64_t second;
		uint64_t lines, held; /* in that second; held: not printed */
	} kind[JOURNAL_KINDS];
	unsigned kinds;
};

/* "TIME TEXT".  now_ns: wall clock.  kind: static, told apart by its address; what comes behind JOURNAL_KINDS of them
 * is one kind. */
void journal_line(struct journal *journal, int64_t now_ns, int64_t time_ns, const char *kind, const char *text);

/* Now and then: "TIME KIND: repeated N times" for those that were held back in seconds that are over. */
void journal_tick(struct journal *journal, int64_t now_ns);

#endif
