/* role: who began a connection, and by what sign that is known.
 *
 * A bare SYN beats a SYN+ACK, that beats the ports, those beat the first packet.  Endpoints are indexed by role, so a
 * better sign than the one in use may exchange them, with all that they have counted. */
#ifndef LASTACK_TRACK_ROLE_H
#define LASTACK_TRACK_ROLE_H

#include "track/flow.h"

/* The side of a segment that begins a flow: without a SYN, the first to speak is taken for the initiator. */
enum side role_first(const struct segment *segment, enum role_basis *basis);

/* Decides anew when a segment of `side` brings a better sign.  Returns its side after that; call before
 * flow_segment. */
enum side role_settle(struct flow *flow, enum side side, const struct segment *segment);

#endif
