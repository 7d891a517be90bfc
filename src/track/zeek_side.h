/* zeek_side: one side of a row of Zeek's (zeek.h): its letters, its numbers, its stream, and when its close counts.
 *
 * Only zeek.c includes this.  x is the side that is meant, y its peer. */
#ifndef LASTACK_TRACK_ZEEK_SIDE_H
#define LASTACK_TRACK_ZEEK_SIDE_H

#include "track/zeek.h"

/* --- history */

bool zeek_is_originator(const struct zeek *zeek, const struct zeek_side *x);

/* The letter, if this is its 1st, 10th, 100th, ... time. */
void zeek_write_scaled(struct zeek *zeek, const struct zeek_side *x, char letter, uint32_t count);

/* The letter of x's segment, which stands at this number.  May turn the roles. */
void zeek_note_history(struct zeek *zeek, struct zeek_side *x, const struct segment *segment, int64_t at);

/* Exchanges the roles, and says so in the history. */
void zeek_turn(struct zeek *zeek);

/* --- numbers */

/* The place of a wire number, nearest to a known one; *before: it stands before the start. */
int64_t zeek_place(const struct zeek_side *x, int64_t known, uint32_t wire, bool *before);

/* Nothing is known of x but its start, and the end of its first segment. */
void zeek_start_over(struct zeek_side *x, uint32_t start, int64_t last);

/* What a segment of x says of its start, before anything else is made of it.  length: SEG.LEN, but of a RST without its
 * text. */
void zeek_begin_side(struct zeek_side *x, const struct segment *segment, uint32_t length);

/* Moves the end of what x sent, or notes a repeat. */
void zeek_advance(struct zeek *zeek, struct zeek_side *x, const struct segment *segment, uint32_t length);

/* The segment's acknowledgement of y: raises y->ack, and returns its place; 0 without one, or where it has none. */
int64_t zeek_raise_ack(struct zeek_side *y, const struct segment *segment);

/* Octets sent, by sequence numbers. */
int64_t zeek_size(const struct zeek_side *x, const struct zeek_side *y);

/* --- stream and close */

/* x sent octets [start, end). */
void zeek_take_payload(struct zeek *zeek, struct zeek_side *x, const struct zeek_side *y, int64_t start, int64_t end,
	struct zeek_room *room);

/* y acknowledged x up to `ack`; before this segment up to `before`. */
void zeek_take_ack(struct zeek *zeek, struct zeek_side *x, const struct zeek_side *y, int64_t ack, int64_t before,
	struct zeek_room *room);

/* x sent a FIN or a RST: its close counts, or waits until nothing is pending. */
void zeek_close_side(struct zeek *zeek, struct zeek_side *x, const struct zeek_side *y);

/* Once nothing of x is pending behind its FIN or RST, a close that waits is tried again. */
void zeek_check_drained(struct zeek *zeek, struct zeek_side *x, const struct zeek_side *y);

/* Gives its ranges back. */
void zeek_drop_ranges(struct zeek_side *x, struct zeek_room *room);

#endif
