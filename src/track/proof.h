/* proof: what a segment proves, about its sender above all.
 *
 * Theory.  A segment that X sent shows what X was and what X had received; that it arrives at Y shows nothing yet.
 * A rule may use only what delay, loss on either side of the tap, loss in the capture itself, reordering and
 * duplication cannot fake.  Assumed: (A1) a segment of X was sent by X; (A2) pure ACKs carry SEQ = SND.NXT,
 * except probes (SEQ < SND.NXT); (A3) RCV.NXT never goes back and is on every segment after the SYN; (A4) a FIN
 * with nothing queued before it leaves at once if the window is open; (A5) where the tap missed a SYN, the open
 * was not simultaneous; (A6) no FIN is repeated sooner than the smaller of 150 ms and two round trips; (A7) the
 * TSval of one host never goes back, and has ticked when a FIN is repeated.
 *
 * The strongest tool: octets order events.  If X acknowledges octet n of Y, X has processed every segment of Y
 * that was needed to reach n, with the acknowledgement numbers that they carried.
 *
 * Rules, with the counterexample that forces each condition, stand beside their code. */
#ifndef LASTACK_TRACK_PROOF_H
#define LASTACK_TRACK_PROOF_H

#include "track/flow.h"

/* Takes what the segment shows about its sender, and what it shows that its sender had received.  Moves the
 * sequence variables of both sides. */
void proof_segment(const struct observation *o);

/* The same for a steady segment (steady.h): all it can prove is proved. */
void proof_steady(const struct observation *o);

/* The highest offset that X's peer may acknowledge without having received X's FIN. */
int64_t proof_data_edge(const struct endpoint *x);

/* Does the segment acknowledge a FIN of Y that was seen? */
bool proof_covers_fin(const struct observation *o);

#endif
