/* repeat: what the octets of a segment are: new, sent again, or out of their place. */
#ifndef LASTACK_TRACK_REPEAT_H
#define LASTACK_TRACK_REPEAT_H

#include "track/flow.h"

/* Accounts for the payload of a segment, and for its SYN or FIN when that comes again. */
void repeat_segment(const struct observation *o);

#endif
