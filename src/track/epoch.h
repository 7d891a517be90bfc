/* epoch: the same four-tuple again: where one connection ends and the next begins.
 *
 * A SYN with another number may begin a connection, or be an old one that wanders: a TIME-WAIT that does not let it in,
 * and a side that is open, answer it, and what they answer decides (RFC 9293 3.10.7.4, RFC 6191, RFC 5961 4).  Until
 * then it waits (tracker.c). */
#ifndef LASTACK_TRACK_EPOCH_H
#define LASTACK_TRACK_EPOCH_H

#include "track/flow.h"

enum epoch {
	EPOCH_SAME,    /* belongs to the connection that is there */
	EPOCH_NEW,     /* begins a new one */
	EPOCH_PENDING, /* a SYN that may: the answer decides */
	EPOCH_ANSWERED /* answers the pending SYN: that one began a new connection */
};

/* Of a segment of `side`, before it is taken in. */
enum epoch epoch_of(const struct flow *flow, enum side side, const struct segment *segment);

/* What the connection that begins with `first`, of `side`, must know of the one that it ends; its outcome is left out.
 */
struct predecessor epoch_describe(const struct flow *flow, enum side side, const struct segment *first);

#endif
