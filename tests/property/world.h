/* world: two endpoints that follow RFC 9293, a path between them, and a tap somewhere on it, all from one seed.
 *
 * The endpoints open (also both at once), send, close at any moment, half-close, abort, crash, send again with back-off
 * until they give up, sit in TIME-WAIT, answer what they do not know by RST, and may begin again on the same ports. The
 * path loses, delays, reorders and repeats on either side of the tap, and the tap may miss segments.
 *
 * They keep the assumptions that proofs rest on (lastack-states.7), but for A5: an open may be simultaneous and a SYN
 * of it missed.  Windows are constant, some of them
 * narrow.  Not modelled: Fast Open. */
#ifndef LASTACK_TESTS_PROPERTY_WORLD_H
#define LASTACK_TESTS_PROPERTY_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/words.h"
#include "decode/segment.h"

enum world_kind {
	WORLD_CLEAN, /* nothing is lost, nothing overtakes */
	WORLD_LOSS,  /* of the path */
	WORLD_CUT,   /* of the path, and of the capture: 10 to 100 % of a direction */
	WORLD_KINDS,
};

enum { WORLD_PATH = 64, WORLD_ISN_SPAN = 2000000 };

/* One side's true history: states in order, with the connection (counted from 0) that each belongs to. */
struct world_path {
	struct {
		int64_t ns;
		enum tcp_state state;
		int connection;
	} step[WORLD_PATH];
	int count;
};

struct world {
	enum world_kind kind;
	bool simultaneous; /* both sides opened */
	bool syn_missed;   /* the tap did not record a SYN that was sent */
	struct world_path path[SIDES];
	uint32_t isn[SIDES][8]; /* of each connection; a block that is made anew takes a number up to the span beyond */
	int connections;
	int64_t end_ns;
	/* what the tap records, at its time; the world's own time is the same then */
	void (*tapped)(void *context, const struct segment *segment);
	void *context;
	bool told; /* print what happens */
};

/* Plays it from the beginning to the end. */
void world_play(struct world *world, uint64_t seed);

/* The i-th number of a seed: whatever is drawn for a packet comes out the same each time. */
uint64_t world_number(uint64_t seed, uint64_t i);

/* The true state of a side at a time, and during which connection. */
enum tcp_state world_state(const struct world *world, enum side side, int64_t ns, int *connection);

#endif
