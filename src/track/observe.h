/* observe: what one segment is, before anything is concluded from it: its place in the offsets of both sides, whether
 * it belongs to the connection at all, and whether it is a second copy of the same packet. */
#ifndef LASTACK_TRACK_OBSERVE_H
#define LASTACK_TRACK_OBSERVE_H

#include "track/flow.h"

enum { ID_RUN_LEAST = 2 }; /* identifications that count up so often in a row are believed (endpoint.id_run) */

/* Fills *o for a segment of `side`.  Borrows all three; of the flow it changes only what tells strange numbers. */
void observe(struct observation *o, struct flow *flow, enum side side, const struct segment *segment);

/* The same for one that may be steady (steady.h), of a flow in which all numbers are known. */
void observe_steady(struct observation *o, struct flow *flow, enum side side, const struct segment *segment);

/* Last of all: x remembers the segment, to know a copy of it. */
void observe_done(const struct observation *o);

#endif
