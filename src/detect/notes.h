/* notes: what detectors remember of a connection: the one part of a flow that they write.
 *
 * Made when the first of them has something to remember, so that a connection without any sign of trouble costs
 * nothing.  Each family has a struct of its own, with one for each side where it tells them apart. */
#ifndef LASTACK_DETECT_NOTES_H
#define LASTACK_DETECT_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/words.h"

enum { EVIDENCE_MOST = 10 };

/* One row in the making. */
struct detection {
	struct detection *next;
	int64_t time_ns, first_ns, last_ns, withdrawn_ns; /* as in struct anomaly_record */
	uint64_t packet;
	uint32_t count;
	uint16_t kind; /* enum anomaly */
	uint8_t seat;  /* of its side; SIDES: of neither (flow.turned) */
	uint8_t severity, confidence;
	uint8_t state[SIDES], basis[SIDES]; /* of both, by seat, when it was found */
	uint8_t items;
	uint16_t words; /* which items are words, a bit each */
	struct {
		const char *key;
		union {
			int64_t number;
			const char *word;
		};
	} item[EVIDENCE_MOST];
};

/* When something passed, and in which packet; the zero value: it did not. */
struct mark {
	int64_t ns;
	uint64_t packet;
};

/* A side's, by seat (notes_of). */
struct close_notes {
	/* as the owner of a TIME-WAIT */
	struct mark restart; /* the peer's FIN came again and is not answered yet */
	uint32_t restarts;   /* answered ones */
	uint32_t unanswered; /* the peer's FINs in a row that it did not answer, though it had answered one before */
};

struct side_notes {
	struct close_notes close;
};

struct notes {
	struct detection *found; /* oldest first */
	struct detection **last;
	int64_t awake_ns; /* every segment until then is looked at */
	struct side_notes seat[SIDES];
};

#endif
