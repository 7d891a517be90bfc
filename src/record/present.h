/* present: an open connection as it is now, in few words: what a screen shows of it. */
#ifndef LASTACK_RECORD_PRESENT_H
#define LASTACK_RECORD_PRESENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/anomaly.h"
#include "base/words.h"

struct flow;

struct present {
	int64_t id;
	struct addr ip[SIDES];
	uint16_t port[SIDES];
	enum tcp_state state[SIDES]; /* TCP_UNKNOWN: never heard of */
	enum basis basis[SIDES];
	int64_t first_ns;
	int64_t since_ns;     /* when the later one of the two came into its state */
	int64_t closing_ns;   /* first FIN or RST; CLOCK_NONE */
	int64_t rtt_ns;       /* of the handshake; CLOCK_NONE */
	int64_t bytes[SIDES]; /* distinct octets of payload that each sent */
	bool reset;
	/* what was found of it so far: not of the flow, so left to the caller */
	enum severity worst; /* SEVERITIES: nothing */
	enum anomaly kind;   /* the newest of those */
};

/* Fills *present from a flow (from_flow.c). */
void present_from_flow(const struct flow *flow, struct present *present);

#endif
