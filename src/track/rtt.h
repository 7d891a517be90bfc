/* rtt: round trips, tap -> endpoint -> tap, in ns.
 *
 * An acknowledgement by X of octets of Y times the way from the tap to X and back.  One range of Y's octets is timed at
 * a time (RFC 6298 3).  Which copy of octets that were sent twice is acknowledged cannot be told, so those give no
 * sample (Karn's rule, the same section), unless both ends use timestamps: the echo names the copy (RFC 7323 4).  SYN
 * and SYN+ACK are timed like octets: the two halves of the handshake. */
#ifndef LASTACK_TRACK_RTT_H
#define LASTACK_TRACK_RTT_H

#include <stdbool.h>
#include <stdint.h>

struct endpoint;
struct observation;

/* Samples of one side.  least_ns is CLOCK_NONE before the first. */
struct rtt {
	int64_t least_ns, most_ns, sum_ns;
	uint32_t samples;
	/* the octets of this side that are timed now: they give a sample of the other side */
	uint32_t val;    /* TSval of the copy that is timed */
	int64_t end;     /* up to here; OFFSET_NONE: nothing is timed */
	int64_t sent_ns; /* when that copy passed */
	bool again;      /* it is no longer the first copy: only the echo of `val` counts */
};

void rtt_init(struct rtt *rtt);

/* Octets up to `end` passed at time t, with a timestamp or without (val NULL); again: some of them were sent before. */
void rtt_sent(struct rtt *rtt, int64_t end, int64_t t, const uint32_t *val, bool again);

/* Everything before `ack` is acknowledged at time t, with an echo or without (NULL).  The round trip in ns; CLOCK_NONE
 * when none can be told. */
int64_t rtt_acknowledged(struct rtt *rtt, int64_t ack, int64_t t, const uint32_t *echo);

/* Takes a sample.  What is negative or longer than 120 s, the longest life of a segment (RFC 9293 3.4.1), is none. */
void rtt_sample(struct rtt *rtt, int64_t ns);

/* Is its bare SYN what is timed? */
bool rtt_times_bare_syn(const struct endpoint *endpoint);

/* All of this for a steady segment (steady.h): no SYN is timed, nothing comes again. */
void rtt_steady(const struct observation *o);

/* All of this for one acceptable segment that is no RST; the halves of the handshake go to the flow. */
void rtt_segment(const struct observation *o);

#endif
