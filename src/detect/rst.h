/* rst: what a RST says by its numbers, and by what it looks like.  For reset.c and forged.c.
 *
 * X sends a RST, or somebody does in its name; Y receives it.  What a RST means is in its numbers.  A host without
 * the connection answers each segment with the ACK number of that as its own sequence number, and no ACK (RFC 9293
 * 3.10.7.1); a host that aborts sends RST and ACK at its next octet.  Who really sent it, no number tells for certain:
 * therefore the rows give all that a reader can judge by. */
#ifndef LASTACK_DETECT_RST_H
#define LASTACK_DETECT_RST_H

#include "detect/look.h"

/* --- its place ------------------------------------------------------------------------------------ */

/* The handshake was over. */
bool rst_in_open(const struct flow *flow);

/* Both have closed, and know that of each other: what comes now is stray. */
bool rst_is_stray(const struct flow *flow);

/* At what its receiver expects next, or at the highest octet that its sender was seen to reach. */
bool rst_is_exact(const struct observation *o);

/* As a host without the connection answers the last segment of Y. */
bool rst_answers_last(const struct observation *o);

/* It may be the answer of such a host to something that Y sent lately. */
bool rst_may_answer(const struct observation *o);

/* --- who sent it ---------------------------------------------------------------------------------- */

/* Its hop limit is none of X's. */
bool rst_other_ttl(const struct observation *o);

/* Its IPv4 identification is far from X's.  Where no connection stands behind a RST, its host may take it from another
 * counter, or send 0: no sign. */
bool rst_other_ip_id(const struct observation *o);

struct rst_look rst_look_of(const struct observation *o);

/* Is it now later than whatever was on its way then? */
bool is_a_round_trip_later(const struct look *l, int64_t earlier_ns);

/* X goes on after RSTs in its name: one more sign for those that are there. */
void rst_note_alive(const struct look *l, enum side side, int signs);

#endif
