/* stack: the clocks of the TCP implementations that are watched, as far as a tap must know them.
 *
 * What a timer says is never proved: the hosts may be set otherwise.  What one of them shows of its own TIME-WAIT
 * outranks the profile (hosts.h). */
#ifndef LASTACK_TRACK_STACK_H
#define LASTACK_TRACK_STACK_H

#include <stdint.h>

enum stack_kind {
#define STACK(id, word, time_wait_ms, least_timeout_ms, most_timeout_ms, syn_ack_copies, source) STACK_##id,
#include "track/stacks.def"
#undef STACK
	STACKS,
};

struct stack {
	const char *word;         /* "linux", ... */
	int64_t time_wait_ns;     /* 2MSL */
	int64_t least_timeout_ns; /* of a retransmission */
	int64_t most_timeout_ns;
	uint32_t syn_ack_copies; /* SYN+ACKs that are sent before a responder gives up */
	const char *source;
};

extern const struct stack stacks[STACKS];

/* By word, any case; NULL when there is none. */
const struct stack *stack_find(const char *word);

/* The profile with another MSL, ns; its own where that is negative. */
struct stack stack_with_msl(const struct stack *stack, int64_t msl_ns);

#endif
