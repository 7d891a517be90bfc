/* scenario_reader: what the parts of the scenario parser share.  For scenario*.c only. */
#ifndef LASTACK_TESTS_LIB_SCENARIO_READER_H
#define LASTACK_TESTS_LIB_SCENARIO_READER_H

#include "tests/lib/scenario.h"

enum { WORD = 1024 }; /* a whole timeline */

/* What the parser knows of one side of the section that it is in. */
struct party {
	struct addr ip;
	uint16_t port, vlan;
	uint32_t isn;
	uint32_t next; /* relative: one beyond the highest octet it sent */
	uint16_t ip_id;
	uint8_t ttl;
};

struct reader {
	struct scenario *scenario;
	struct err *err;
	unsigned line;
	const char *at; /* in the line */
	struct party party[SIDES];
	unsigned section;
	bool section_used, family6;
};

/* Fills reader.err: "NAME.seg:LINE: what is wrong".  Always returns false. */
bool reader_wrong(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The next word of the line; false at its end. */
bool reader_word(struct reader *r, char word[WORD]);

/* `what` is named in the error. */
bool reader_number(struct reader *r, const char *what, int64_t low, int64_t high, int64_t *value);
bool reader_side(struct reader *r, const char *what, enum side *side);

/* "I" or "R"? */
bool reader_side_of(const char *word, enum side *side);

/* The rest of a line that begins with a time: a segment. */
bool reader_segment(struct reader *r, int64_t time_ns);

/* The rest of a line that begins with `expect`. */
bool reader_expect(struct reader *r);

#endif
