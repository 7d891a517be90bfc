/* textbook: the machine that takes every segment which passes for delivered.  What lastack has to be better than. */
#ifndef LASTACK_TESTS_PROPERTY_TEXTBOOK_H
#define LASTACK_TESTS_PROPERTY_TEXTBOOK_H

#include <stdbool.h>

#include "base/words.h"
#include "decode/segment.h"

struct textbook {
	struct {
		enum tcp_state state;
		bool fin_seen;
		uint32_t fin; /* on the wire */
	} side[SIDES];
	bool begun;
};

/* Moves both sides for a segment of `side`; starts from the zero value. */
void textbook_segment(struct textbook *textbook, enum side side, const struct segment *segment);

#endif
