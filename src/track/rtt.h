/* rtt: round trips, tap -> endpoint -> tap, in ns.
 *
 * An acknowledgement of X that covers octets of Y times the way from the tap to X and back.  Which copy of octets that
 * were sent twice it answers cannot be told, so those give no sample (Karn's rule, RFC 6298 3). */
#ifndef LASTACK_TRACK_RTT_H
#define LASTACK_TRACK_RTT_H

#include "track/flow.h"

/* The two halves of the handshake, as the tap sees them; none from repeated segments. */
void rtt_handshake(const struct observation *o);

/* A sample from an acknowledgement, and the next segment to time: one is in flight for each direction. */
void rtt_segment(const struct observation *o);

#endif
