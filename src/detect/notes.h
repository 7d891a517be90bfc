/* notes: what detectors remember of a connection: the one part of a flow that they write.
 *
 * Made when the first of them has something to remember, so that a connection without any sign of trouble costs
 * nothing.  Each family has a struct of its own, with one for each side where it tells them apart. */
#ifndef LASTACK_DETECT_NOTES_H
#define LASTACK_DETECT_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/words.h"

enum { EVIDENCE_MOST = 12 };

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
	bool given;                         /* by detect_rows, once at least */
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

/* What a RST looked like, kept until something shows what became of it. */
struct rst_look {
	struct mark at;
	uint32_t seq;
	int64_t expected; /* wire number; CLOCK_NONE */
	uint16_t ip_id, last_ip_id;
	uint8_t ttl, usual_ttl;
	uint8_t signs; /* that somebody else sent it */
	bool inside;   /* of its receiver's window */
};

enum { LADDER_STEPS = 3 };

/* As the one in whose name RSTs come. */
struct reset_notes {
	struct mark rst; /* the one that was taken for the end */
	int64_t rst_seq; /* where it stood */
	int64_t goes_on; /* end of octets that it sent for the first time after that; 0: none */
	uint8_t rst_signs;
	struct rst_look odd;  /* one whose number does not fit */
	uint32_t odds;        /* how many, until it is known what became of them */
	struct mark provoker; /* its RST or SYN that a live receiver defies */
	int64_t provoker_ack; /* what the receiver had acknowledged by then */
	bool provoker_syn, old_syn;
	bool sure_syn; /* the SYN is a copy of the one that began this connection */
	struct mark unprovoked;
	int64_t burst_ns, ladder_ns; /* since when they are counted: */
	uint32_t burst;
	uint8_t steps, odd_steps;
	uint32_t step[LADDER_STEPS];
};

/* A number beyond what the other side allowed, or has sent, as far as was seen: its next segments tell whether that was
 * so, or the capture missed something. */
struct claim {
	int64_t end;  /* up to here it went */
	int64_t edge; /* up to here it was known to go */
	bool open;
	struct mark at;
};

struct window_notes {
	struct claim overrun; /* octets beyond the peer's window */
	struct claim unsent;  /* an acknowledgement of octets that the peer was not seen to send */
	/* of its window, while that is closed, or was the last time */
	struct mark closed;
	uint64_t peer_segments;    /* of the peer, when it was closed */
	int64_t closed_longest_ns; /* the evidence tells of this span */
	bool closed_counted;
	int64_t shrunk_edge; /* right edge of it that was taken back */
};

struct side_notes {
	struct close_notes close;
	struct reset_notes reset;
	struct window_notes window;
};

struct notes {
	struct detection *found; /* oldest first */
	struct detection **last;
	int64_t awake_ns; /* every segment until then is looked at */
	struct side_notes seat[SIDES];
};

#endif
