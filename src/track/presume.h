/* presume: what a segment probably did to its receiver, and taking that back.
 *
 * Theory.  A segment of X that passes the tap at t is presumed processed by Y at t + d(Y), where d(Y), the one-way
 * delay from the tap to Y, is half of the shortest round trip tap -> Y -> tap.  Only facts that are not proved are
 * written here, and only here is one taken back: a segment that comes again although its answer had passed shows
 * that the answer did not arrive; one that goes on after its end shows that it had not ended.  With the fact its
 * place in the history goes too: the history is the best account with all evidence in (facts.h).
 *
 * Timers are the third kind of evidence: 2MSL, a repetition that stops, and a segment that is never repeated and so
 * must have been answered.  They speak only of what the clock of packets has reached. */
#ifndef LASTACK_TRACK_PRESUME_H
#define LASTACK_TRACK_PRESUME_H

#include "track/flow.h"

/* After proof_segment. */
void presume_segment(const struct observation *o);

/* The same for a steady segment (steady.h): nothing is to be presumed, or doubted. */
void presume_steady(const struct observation *o);

/* `side` began a new connection on the same ports at time t: it had nothing left of this one.  beyond: its SYN is one
 * that a TIME-WAIT lets in. */
void presume_superseded(struct flow *flow, enum side side, bool beyond, int64_t t);

/* Timers due by now_ns; when the next one is (INT64_MAX: none). */
void presume_timers(struct flow *flow, int64_t now_ns);
int64_t presume_next_timer(const struct flow *flow);

#endif
