/* talk: random conversations, made from a seed, of which it is known which states each side was in.
 *
 * A talk is a scenario built by code: a handshake of one of several kinds, data both ways with segments sent again
 * and out of order, and one of several ends.  Everything that passes the tap arrives, unless it is sent again. */
#ifndef LASTACK_TESTS_PROPERTY_TALK_H
#define LASTACK_TESTS_PROPERTY_TALK_H

#include "tests/lib/scenario.h"

struct talk {
	struct scenario scenario;
	uint16_t entered[SIDES];    /* states that each side was in so far: 1 << enum tcp_state */
	uint16_t (*by_step)[SIDES]; /* the same at the moment when each step passed the tap */
	uint64_t random;
	int64_t now_ns, way_ns[SIDES]; /* tap to that side */
	uint32_t isn[SIDES], next[SIDES];
	bool timestamps;
	struct {
		uint32_t val;
		int64_t ns;
	} sent[SIDES][4]; /* the last timestamps of each side, newest first */
	uint16_t port;    /* of the initiator */
};

/* The next number of a talk's own source of randomness, below `below`. */
uint32_t talk_random(uint64_t *random, uint32_t below);

/* Fills an empty talk. */
void talk_make(struct talk *talk, uint64_t seed);

/* Another one into the same scenario, at the same time, from another port. */
void talk_join(struct talk *into, const struct talk *from);

void talk_fini(struct talk *talk);

#endif
