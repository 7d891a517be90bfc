/* steady: the segments that most of a connection consists of: the next octets in order, or an acknowledgement of some,
 * while it is open and nothing is wrong.
 *
 * Theory (header prediction: Van Jacobson, "4BSD TCP header prediction", 1990, here for who looks on).  In a connection
 * whose sides are proved to be open, that has no hole, nothing sent again and nothing closed, such a segment can prove
 * nothing new, take nothing back and repeat nothing.  All it does is to move edges and counts.  Whether the connection
 * is so is found out by the full way, once; after that a glance at the segment is enough.  What steady segments do is
 * exactly what the full way would do: a test sends every segment both ways (tests/property/steady). */
#ifndef LASTACK_TRACK_STEADY_H
#define LASTACK_TRACK_STEADY_H

#include "track/flow.h"

/* Is it such a connection now, for what either side sends next?  Sets flow->steady. */
void steady_settle(struct flow *flow);

/* Takes a segment of `side` in, if it is such a one; *o says what it was.  False: it is not, and nothing was done. */
bool steady_segment(struct flow *flow, enum side side, const struct segment *segment, struct observation *o);

#endif
